//! A component's own readiness, which `meta` asks for.
//!
//! The path is reachable by service chaining only: no public route of a component covers it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use futures::future::join_all;
use http::StatusCode;
use store::Database;

use crate::Problem;

/// The path.
pub const PATH: &str = "/internal/ready";

/// Each dependency by name, and whether it is up.
pub type Dependencies = BTreeMap<String, bool>;

/// The answer: 200 where all are up, else 503; nothing more than names and booleans.
#[must_use]
pub fn answer(dependencies: Dependencies) -> Response {
    let status = if dependencies.values().all(|up| *up) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(dependencies)).into_response()
}

/// A database that a component needs: its name, and where it is in the component's state.
pub type Needs<S> = (&'static str, fn(&S) -> &Database);

/// The answer of a component that is ready if its state is there, which is every secret, and its databases answer. Without its state it
/// reaches none of them: they are down.
pub async fn of<S>(component: &str, state: Result<Arc<S>, Problem>, needs: &[Needs<S>]) -> Response {
    let up = match state {
        Ok(state) => databases(&*state, needs).await.chain([(component.to_owned(), true)]).collect(),
        Err(_) => needs.iter().map(|(name, _)| *name).chain([component]).map(|name| (name.to_owned(), false)).collect(),
    };
    answer(up)
}

/// Whether each database answers; all are asked at once.
pub async fn databases<S>(state: &S, needs: &[Needs<S>]) -> impl Iterator<Item = (String, bool)> {
    let asked = needs.iter().map(|(name, database)| async move { ((*name).to_owned(), database(state).ping().await.is_ok()) });
    join_all(asked).await.into_iter()
}
