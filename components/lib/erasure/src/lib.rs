//! The steps of an erasure (decision 7).
//!
//! The statement that closed the account wrote the journal; from then on each step can be taken by anybody who can reach what it is
//! about, twice or at the same time, in any order, after any crash: a step deletes until there is nothing left and is then ticked off.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{erasure::Step, retention};
use jiff::Timestamp;
use serde_json::json;
use store::{
    Database, Error,
    accounts::erasures::{self, OpenStep},
    briefs, dataset, files,
};
use uuid::Uuid;
use web::{log, notify::Notifier};

/// Rows of one batch: what a role's statement timeout is far above.
const BATCH: i32 = 1_000;
/// Steps that are looked up at once.
const STEPS: i32 = 10_000;

/// Takes the steps for which it has what they need, and leaves the others to who has.
#[derive(Clone)]
pub struct Runner {
    /// The journal and the metadata.
    pub accounts: Database,
    /// Encrypted briefs.
    pub briefs: Database,
    /// Encrypted files.
    pub files: Database,
    /// The training dataset, for `lifecycle` only (promise a63).
    pub dataset: Option<Database>,
    /// For the contact at Brevo.
    pub notifier: Option<Notifier>,
    /// For the customer at Stripe; `lifecycle` has it where the operator takes payments.
    pub stripe: Option<Arc<stripe::Client>>,
}

impl Runner {
    /// Takes the open steps of one erasure, or of all, whose time has come, and begins none once the budget is used up; how many were
    /// ticked off. A step that fails does not keep the others from being taken, and stays open.
    ///
    /// # Errors
    /// Where the journal cannot be read, or after the last step if one failed.
    pub async fn run(&self, erasure: Option<Uuid>, budget: Duration) -> Result<i64, Error> {
        let started = Instant::now();
        let (mut done, mut failed) = (0, None);
        for open in erasures::open_steps(&self.accounts, web::now(), erasure, STEPS).await? {
            if started.elapsed() >= budget {
                break;
            }
            let (erasure, step) = (open.erasure, open.step);
            match self.take(open).await {
                Ok(true) => done += 1,
                Ok(false) => {}
                Err(error) => {
                    log::event("erasure-step-failed", json!({ "erasure": erasure, "step": step.name() }));
                    log::failure("erasure-step", &error);
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(done), Err)
    }

    /// How many steps [`Runner::run`] would take now, over all erasures.
    ///
    /// # Errors
    /// Where the journal cannot be read.
    pub async fn waiting(&self) -> Result<i64, Error> {
        let open = erasures::open_steps(&self.accounts, web::now(), None, i32::MAX).await?;
        let mine = open.iter().filter(|open| match open.step {
            Step::Dataset => self.dataset.is_some(),
            Step::Brevo => self.notifier.is_some(),
            Step::Stripe => self.stripe.is_some(),
            Step::Account | Step::Briefs | Step::BriefsAgain | Step::Files | Step::FilesAgain | Step::Metadata => true,
        });
        Ok(i64::try_from(mine.count()).unwrap_or(i64::MAX))
    }

    /// Takes a step and ticks it off; false where this is not the one to take it.
    async fn take(&self, OpenStep { erasure, user, customer, step }: OpenStep) -> Result<bool, Error> {
        match step {
            Step::Account => {}
            Step::Briefs | Step::BriefsAgain => while briefs::delete_of(&self.briefs, user, BATCH).await? > 0 {},
            Step::Files | Step::FilesAgain => while files::delete_of(&self.files, user, BATCH).await? > 0 {},
            Step::Metadata => {
                let expires = anonymous_until(web::now());
                while erasures::remove_metadata(&self.accounts, erasure, BATCH, expires).await? > 0 {}
            }
            Step::Dataset => match &self.dataset {
                Some(database) => while dataset::delete_of(database, user, BATCH).await? > 0 {},
                None => return Ok(false),
            },
            Step::Brevo => match &self.notifier {
                Some(notifier) => notifier.forget(user).await.map_err(|_| Error::Unavailable)?,
                None => return Ok(false),
            },
            Step::Stripe => match (&self.stripe, customer) {
                (Some(stripe), Some(customer)) => stripe.erase_customer(&customer).await.map_err(|error| {
                    log::failure("stripe", &error);
                    Error::Unavailable
                })?,
                // Its id went with the last backup, long after the step was due: nothing is left to name at Stripe.
                (Some(_), None) => {}
                (None, _) => return Ok(false),
            },
        }
        erasures::step_done(&self.accounts, web::now(), erasure, step).await?;
        Ok(true)
    }
}

/// Until when what is left of generations is kept.
fn anonymous_until(now: Timestamp) -> Timestamp {
    retention::rule_of("anonymous-metadata").and_then(|rule| rule.due_at(now)).unwrap_or(now)
}
