//! The queue before the model host: at most so many generations call it at a time, over all instances, and the others wait in the
//! order of their admission.
//!
//! A place is a lease in the database `accounts`. Whoever waits or calls renews it, so that what a crash leaves blocks nobody for
//! longer than a lease.

use std::{pin::pin, time::Duration, time::Instant};

use domain::{GenerationId, generation::LEASE_SECONDS};
use futures::future::{Either, select};
use jiff::Timestamp;
use store::accounts::generations::{self, Line};
use web::{Kind, Problem, log};

use crate::request::GenerationRequest;

/// Between two looks at whether it is one's turn, in milliseconds: the first, and the longest.
const POLL_MILLIS: (u64, u64) = (250, 1_000);
/// Between two renewals while the model is called: three may fail before the lease ends.
const RENEWAL: Duration = Duration::from_secs(5);
/// When somebody who waited in vain should come back.
const RETRY_SECONDS: i64 = 30;

/// The queue's bounds as of now.
pub(crate) fn bounds(request: &GenerationRequest, now: Timestamp) -> Line {
    Line { max: request.state.model_calls, until: web::after(now, LEASE_SECONDS) }
}

/// Waits for one's turn. False where the generation no longer runs.
///
/// # Errors
/// 503 `model-unavailable` where the turn did not come in time.
pub(crate) async fn wait_for_turn(request: &GenerationRequest, id: GenerationId, mut place: i32) -> Result<bool, Problem> {
    let started = Instant::now();
    let (mut pause, longest) = POLL_MILLIS;
    while place > 0 {
        if started.elapsed() >= request.state.model_wait {
            log::event("queue-too-long", serde_json::json!({ "generation": id, "place": place }));
            return Err(Problem::retry(Kind::ModelUnavailable, RETRY_SECONDS).with("place", place));
        }
        web::sleep(Duration::from_millis(pause)).await;
        pause = longest.min(pause * 2);
        match renew_lease(request, id).await {
            Ok(Some(now)) => place = now,
            Ok(None) => return Ok(false),
            // The lease outlives a short break; whoever comes too late is at the end of the queue again.
            Err(error) => log::failure("queue", &error),
        }
    }
    Ok(true)
}

/// Does what only one whose turn it is may do, and keeps the lease meanwhile.
pub(crate) async fn with_lease<T>(request: &GenerationRequest, id: GenerationId, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        if let Either::Left((done, _)) = select(&mut work, pin!(web::sleep(RENEWAL))).await {
            return done;
        }
        let renewed = match select(&mut work, pin!(renew_lease(request, id))).await {
            Either::Left((done, renewal)) => {
                // A statement that was sent is read to its end: others share its connection.
                let _ = renewal.await;
                return done;
            }
            Either::Right((renewed, _)) => renewed,
        };
        if let Err(error) = renewed {
            log::failure("queue", &error);
        }
    }
}

async fn renew_lease(request: &GenerationRequest, id: GenerationId) -> Result<Option<i32>, store::Error> {
    let now = web::now();
    generations::line_take(&request.state.zone.accounts, now, id, bounds(request, now)).await
}
