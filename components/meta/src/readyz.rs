//! `GET /readyz`.
//!
//! `meta` holds no secret and reaches no database: it asks each component, by service chaining, at a path that no public route
//! covers. A component whose address is empty is deployed elsewhere and not asked.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::future::join_all;
use http::Request;
use serde::Serialize;
use spin_sdk::http::FullBody;
use utoipa::ToSchema;
use web::{Problem, ready, settings};

/// How long a component may take to look after its dependencies.
const DEADLINE: Duration = Duration::from_secs(10);

const COMPONENTS: &[(&str, &str)] = &[
    ("signup", "signup_url"),
    ("otp", "otp_url"),
    ("session", "session_url"),
    ("account", "account_url"),
    ("oauth", "oauth_url"),
    ("generate", "generate_url"),
    ("library", "library_url"),
    ("billing", "billing_url"),
    ("stripe-webhook", "stripe_webhook_url"),
    ("export", "export_url"),
    ("erase", "erase_url"),
    ("waitlist", "waitlist_url"),
    ("support", "support_url"),
    ("notify", "notify_url"),
    ("ops", "ops_url"),
    ("lifecycle", "lifecycle_url"),
];

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It can serve.
    Up,
    /// It cannot.
    Down,
}

/// What the application needs, by name.
#[derive(Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// Up if everything is.
    status: State,
    /// Components and what they depend on.
    dependencies: BTreeMap<String, State>,
}

/// Whether the application can serve: each dependency by name, nothing more.
#[utoipa::path(
    get, path = "/readyz", tag = "operations",
        responses(
        (status = 200, description = "Able to serve", body = Readiness),
        (status = 503, description = "Something is down", body = Readiness),
    )
)]
pub(crate) async fn readyz() -> Result<Response, Problem> {
    let mut asked = Vec::new();
    for &(name, variable) in COMPONENTS {
        let url = settings::optional(variable).await?;
        if !url.trim().is_empty() {
            asked.push(async move { ask(name, url.trim_end_matches('/')).await });
        }
    }
    let readiness = merge(join_all(asked).await);
    let status = if readiness.status == State::Up { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, Json(readiness)).into_response())
}

/// A component's own view; a component that does not answer is down itself.
async fn ask(name: &str, url: &str) -> ready::Dependencies {
    let down = || ready::Dependencies::from([(name.to_owned(), false)]);
    let Ok(request) = Request::get(format!("{url}{}", ready::PATH)).body(FullBody::new(Bytes::new())) else { return down() };
    match outbound::call(request, DEADLINE, 4_096).await {
        Ok((_, body)) => serde_json::from_slice(&body).unwrap_or_else(|_| down()),
        Err(_) => down(),
    }
}

/// A dependency that several components have is up if all of them reach it.
fn merge(views: Vec<ready::Dependencies>) -> Readiness {
    let mut dependencies = BTreeMap::new();
    for (name, up) in views.into_iter().flatten() {
        let state = dependencies.entry(name).or_insert(State::Up);
        if !up {
            *state = State::Down;
        }
    }
    let status = if dependencies.values().all(|state| *state == State::Up) { State::Up } else { State::Down };
    Readiness { status, dependencies }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_down_is_down_for_all() {
        let view =
            |pairs: &[(&str, bool)]| pairs.iter().map(|(name, up)| ((*name).to_owned(), *up)).collect::<ready::Dependencies>();
        let readiness = merge(vec![view(&[("accounts", true), ("signup", true)]), view(&[("accounts", false)])]);
        assert_eq!(
            (readiness.status, readiness.dependencies["accounts"], readiness.dependencies["signup"]),
            (State::Down, State::Down, State::Up)
        );
        assert_eq!(merge(vec![view(&[("accounts", true)])]).status, State::Up);
    }
}
