//! The first step of a generation: one statement that admits it, or says what is instead.

use domain::{
    GenerationId, generation,
    quota::{self, Day, Demand},
};
use jiff::Timestamp;
use store::accounts::generations::{self, Admitted};
use vault::UserSalt;
use web::{Kind, Problem};

use crate::{plan::Plan, queue, request::GenerationRequest};

/// What becomes of a request.
pub(crate) enum Admission {
    /// It runs.
    Runs {
        /// Under this id.
        id: GenerationId,
        /// Of the content key.
        salt: UserSalt,
        /// In the queue before the model host.
        place: i32,
        /// Tokens that its calls may take together.
        budget: i64,
    },
    /// The same request is running.
    Wait(GenerationId),
    /// The same request was delivered.
    Replay(GenerationId),
}

/// Admits a request. What is set aside bounds the calls of the model, and what of it was not used is given back at settlement.
///
/// # Errors
/// The contract's problem for a request that is not admitted.
pub(crate) async fn admit(request: &GenerationRequest, plan: &Plan, now: Timestamp) -> Result<Admission, Problem> {
    let id = GenerationId::from(web::uuid_v7(now)?);
    let (refused_key, version) = (request.refused_key(), plan.version());
    let admission = generations::Admission {
        session: request.bearer.session,
        user: request.bearer.user,
        id,
        key: request.input.key.as_ref().map(|(key, body)| (key.as_str(), body.as_str())),
        key_expires: web::after(now, generation::IDEMPOTENCY_SECONDS),
        demand: plan.demand,
        deadline: web::after(now, generation::DEADLINE_SECONDS),
        refused_key: &refused_key,
        spend_credits: request.input.spend_credits,
        complexity: i32::try_from(plan.complexity.score).unwrap_or(i32::MAX),
        reasons: serde_json::to_vec(&plan.complexity.reasons).map_err(|_| Problem::from(Kind::Internal))?,
        brief_language: plan.language,
        prompt_version: &version,
        line: queue::bounds(request, now),
    };
    let problem = match generations::admit(&request.state.zone.accounts, now, admission).await? {
        Admitted::Admitted { salt, place, set_aside } => {
            return Ok(Admission::Runs { id, salt, place, budget: quota::budget(set_aside, plan.demand) });
        }
        Admitted::Wait(running) => return Ok(Admission::Wait(running)),
        Admitted::Replay(delivered) => return Ok(Admission::Replay(delivered)),
        Admitted::Unauthenticated => Kind::Unauthenticated.into(),
        Admitted::Conflict => Kind::IdempotencyConflict.into(),
        Admitted::Gone => Kind::ContentExpired.into(),
        Admitted::Rate(seconds) => Problem::retry(Kind::RateLimited, seconds),
        Admitted::PhoneUnverified => Kind::PhoneUnverified.into(),
        Admitted::Restricted => Kind::ProcessingRestricted.into(),
        Admitted::Reserved(day, credits) => {
            figures(Problem::retry(Kind::QuotaReserved, generation::RESERVED_RETRY_SECONDS), day, credits, plan.demand)
        }
        Admitted::Quota(day, credits) => figures(Kind::QuotaExhausted.into(), day, credits, plan.demand),
    };
    Err(problem)
}

/// The figures that a client decides by. `left` is what is not used, whoever has set it aside.
fn figures(problem: Problem, day: Day, credits: i64, demand: Demand) -> Problem {
    let left = (day.quota - day.used).max(0);
    problem
        .with("quota", day.quota)
        .with("used", day.used)
        .with("reserved", day.reserved)
        .with("left", left)
        .with("needed", demand.least)
        .with("at_most", demand.most)
        .with("credits", credits)
        .with("credits_needed", (demand.least - left).max(0))
}
