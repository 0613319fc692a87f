//! Content whose generation may have none (any more).
//!
//! A generation's brief is kept before the model is asked and its file before it is delivered, each in a database of its own. Where
//! a crash comes in between, or a deletion reaches only one of them, `accounts` knows: these rules walk through each content database
//! in the order of ids, ask `accounts` about them, and remove the orphans. Where a run's time is up, the next one goes on from there.

use domain::GenerationId;
use store::{Database, accounts::retention, briefs, files};

use super::{BATCH, Batch, Rule, Run, Work};

pub(super) const BRIEFS: Rule = Rule {
    name: Walk::Briefs.name(),
    work: Work::Own { batch: |run| Box::pin(Walk::Briefs.batch(run)), due: |run| Box::pin(Walk::Briefs.due(run)) },
};
pub(super) const FILES: Rule = Rule {
    name: Walk::Files.name(),
    work: Work::Own { batch: |run| Box::pin(Walk::Files.batch(run)), due: |run| Box::pin(Walk::Files.due(run)) },
};

/// Through which database.
#[derive(Clone, Copy)]
enum Walk {
    Briefs,
    Files,
}

/// A batch of generations with content.
struct Page {
    orphans: Vec<GenerationId>,
    /// Where the next one begins: after a full one behind its last id, else at the beginning.
    next: Option<GenerationId>,
}

impl Walk {
    const fn name(self) -> &'static str {
        match self {
            Self::Briefs => "orphaned_briefs",
            Self::Files => "orphaned_files",
        }
    }

    async fn page(self, run: &Run<'_>, after: Option<GenerationId>) -> Result<Page, store::Error> {
        let ids = match self {
            Self::Briefs => briefs::batch(self.database(run), after, BATCH).await?,
            Self::Files => files::batch(self.database(run), after, BATCH).await?,
        };
        let orphans = retention::orphans(&run.state.accounts, &ids).await?;
        let full = usize::try_from(BATCH).is_ok_and(|batch| ids.len() >= batch);
        Ok(Page { orphans, next: ids.last().copied().filter(|_| full) })
    }

    async fn batch(self, run: &Run<'_>) -> Result<Batch, store::Error> {
        let accounts = &run.state.accounts;
        let after = retention::position(accounts, self.name()).await?;
        let Page { orphans, next } = self.page(run, after).await?;
        let rows = match self {
            Self::Briefs => briefs::remove(self.database(run), &orphans).await?,
            Self::Files => files::remove(self.database(run), &orphans).await?,
        };
        retention::moved(accounts, self.name(), next).await?;
        Ok(Batch { rows, more: next.is_some() })
    }

    /// All of them, counted in envelopes as the batches count them.
    async fn due(self, run: &Run<'_>) -> Result<i64, store::Error> {
        let (mut rows, mut after) = (0, None);
        loop {
            let Page { orphans, next } = self.page(run, after).await?;
            rows += match self {
                Self::Briefs => briefs::count(self.database(run), &orphans).await?,
                Self::Files => files::count(self.database(run), &orphans).await?,
            };
            after = next;
            if after.is_none() {
                return Ok(rows);
            }
        }
    }

    fn database<'a>(self, run: &Run<'a>) -> &'a Database {
        match self {
            Self::Briefs => &run.state.briefs,
            Self::Files => &run.state.files,
        }
    }
}
