//! The first step of a generation: one statement that admits it, or says what is instead.

use domain::{GenerationId, generation};
use jiff::Timestamp;
use store::accounts::generations::{self, Admitted};
use vault::UserSalt;
use web::{Kind, Problem};

use crate::{order::Order, prompt};

/// What becomes of a request.
pub(crate) enum Admission {
    /// It runs under this id; the salt is that of the content key.
    Runs(GenerationId, UserSalt),
    /// The same request is running.
    Wait(GenerationId),
    /// The same request was delivered.
    Replay(GenerationId),
}

/// Admits a request. `sent` is the brief as the model will get it: the reservation covers both calls of the model, and what was
/// not used is given back at settlement.
///
/// # Errors
/// The contract's problem for a request that is not admitted.
pub(crate) async fn admit(order: &Order, sent: &str, now: Timestamp) -> Result<Admission, Problem> {
    let id = GenerationId::from(web::uuid_v7(now)?);
    let admission = generations::Admission {
        session: order.bearer.session,
        user: order.bearer.user,
        id,
        key: order.key.as_ref().map(|(key, body)| (key.as_str(), body.as_str())),
        key_expires: web::after(now, generation::IDEMPOTENCY_SECONDS),
        reserve: prompt::reserve(sent).saturating_add(generation::MAX_COMPLETION_TOKENS),
        deadline: web::after(now, generation::DEADLINE_SECONDS),
    };
    let problem = match generations::admit(&order.state.zone.accounts, now, admission).await? {
        Admitted::Admitted(salt) => return Ok(Admission::Runs(id, salt)),
        Admitted::Wait(running) => return Ok(Admission::Wait(running)),
        Admitted::Replay(delivered) => return Ok(Admission::Replay(delivered)),
        Admitted::Unauthenticated => Kind::Unauthenticated.into(),
        Admitted::Conflict => Kind::IdempotencyConflict.into(),
        Admitted::Gone => Kind::ContentExpired.into(),
        Admitted::Rate(seconds) => Problem::retry(Kind::RateLimited, seconds),
        Admitted::PhoneUnverified => Kind::PhoneUnverified.into(),
        Admitted::Restricted => Kind::ProcessingRestricted.into(),
        Admitted::Quota { quota, used, credits } => {
            Problem::from(Kind::QuotaExhausted).with("quota", quota).with("used", used).with("credits", credits)
        }
    };
    Err(problem)
}
