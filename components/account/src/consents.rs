//! `GET /v1/me/consents` and `PUT /v1/me/consents/{purpose}` (promise b07).

use axum::{
    Json,
    body::Body,
    extract::{Path, Request},
    http::HeaderMap,
};
use domain::{POLICY_VERSION, rights::Purpose};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::accounts::rights::{self, Consent as Stored};
use utoipa::ToSchema;
use web::{Context, Kind, Problem, problem::ProblemDocument};

use crate::rights::{Asked, bearer};

/// Whether to consent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConsentRequest {
    /// True to give the consent, false to withdraw it.
    granted: bool,
}

/// A purpose and what was said about it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Consent {
    /// `training`, `marketing` or `beta`.
    #[schema(value_type = String)]
    purpose: Purpose,
    /// Whether the consent holds.
    granted: bool,
    /// The version of the text it was last given or withdrawn for.
    policy_version: Option<String>,
    /// When that was.
    #[schema(value_type = Option<String>, format = DateTime)]
    changed_at: Option<Timestamp>,
}

/// What holds, and how it came to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Consents {
    /// Every purpose, with what holds now.
    items: Vec<Consent>,
    /// Every change, oldest first.
    history: Vec<Consent>,
    /// The version of the text that a consent given now is for.
    policy_version: &'static str,
}

impl From<Stored> for Consent {
    fn from(stored: Stored) -> Self {
        let Stored { purpose, granted, policy_version, changed_at } = stored;
        Self { purpose, granted, policy_version, changed_at }
    }
}

/// The caller's consents: what holds, and every change with its time and the version of the text.
#[utoipa::path(
    get, path = "/v1/me/consents", tag = "rights", security(("bearer" = [])),
    responses(
        (status = 200, description = "The consents", body = Consents),
        web::responses::SignedIn,
    )
)]
pub(crate) async fn list(context: Context, headers: HeaderMap) -> Result<Json<Consents>, Problem> {
    let (bearer, now) = bearer(&context, &headers).await?;
    let state = crate::state().await?;
    let changes = rights::consents(&state.accounts, now, bearer.session, bearer.user).await?.ok_or(Kind::Unauthenticated)?;
    Ok(Json(Consents {
        items: holding(&changes),
        history: changes.into_iter().map(Consent::from).collect(),
        policy_version: POLICY_VERSION,
    }))
}

/// The newest word on each purpose; where there is none, no consent holds.
fn holding(changes: &[Stored]) -> Vec<Consent> {
    let newest = |purpose| {
        let last = changes.iter().rev().find(|change| change.purpose == purpose).cloned();
        last.unwrap_or(Stored { purpose, granted: false, policy_version: None, changed_at: None })
    };
    Purpose::ALL.into_iter().map(|purpose| newest(purpose).into()).collect()
}

/// Gives or withdraws a consent. It is kept with its time and the version of the text; the address it came from is in the security
/// event recorded with it.
#[utoipa::path(
    put, path = "/v1/me/consents/{purpose}", tag = "rights", security(("bearer" = [])), request_body = ConsentRequest,
    params(("purpose" = String, Path, description = "`training`, `marketing` or `beta`")),
    responses(
        (status = 200, description = "What holds now", body = Consent),
        (status = 404, description = "`not-found`: no such purpose", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::JsonBody,
    )
)]
pub(crate) async fn put(context: Context, Path(purpose): Path<String>, request: Request<Body>) -> Result<Json<Consent>, Problem> {
    let asked = Asked::read(&context, request).await?;
    let purpose = Purpose::from_name(&purpose).ok_or(Kind::NotFound)?;
    let ConsentRequest { granted } = asked.raw.parse()?;
    let (state, id) = (crate::state().await?, web::uuid_v7(asked.now)?);
    let consent = rights::set_consent(&state.accounts, asked.now, id, purpose, granted, POLICY_VERSION, &asked.change()?).await?;
    Ok(Json(consent.ok_or(Kind::Unauthenticated)?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_word_on_a_purpose_counts() {
        let change = |purpose, granted, second| Stored {
            purpose,
            granted,
            policy_version: Some("2026-11-01".to_owned()),
            changed_at: Timestamp::from_second(second).ok(),
        };
        let changes = [change(Purpose::Training, true, 1), change(Purpose::Beta, true, 2), change(Purpose::Training, false, 3)];
        let held: Vec<_> = holding(&changes).into_iter().map(|consent| (consent.purpose, consent.granted)).collect();
        assert_eq!(held, [(Purpose::Training, false), (Purpose::Marketing, false), (Purpose::Beta, true)]);
    }
}
