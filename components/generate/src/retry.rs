//! Statements that a generation is not lost over.

use std::time::Duration;

use store::Error;

/// Waits between tries, in milliseconds: a database that restarts is back within some seconds, and a generation has cost more.
const PAUSES: [u64; 4] = [200, 1_000, 3_000, 5_000];

/// Runs a statement that may be repeated, again where the database was not there.
///
/// # Errors
/// The last try's.
pub(crate) async fn retry_while_unavailable<T>(mut statement: impl AsyncFnMut() -> Result<T, Error>) -> Result<T, Error> {
    for pause in PAUSES {
        match statement().await {
            Err(Error::Unavailable) => web::sleep(Duration::from_millis(pause)).await,
            result => return result,
        }
    }
    statement().await
}
