//! Objection and restriction: two switches, each with the time since when it holds.

use axum::{Json, body::Body, extract::Request, http::HeaderMap};
use domain::rights::ANSWER_SECONDS;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::accounts::{
    events::EventOrigin,
    rights::{self, Change, Switched},
};
use utoipa::ToSchema;
use web::{Context, Kind, Problem, address, auth, auth::Bearer, body, settings};

const BODY_LIMIT: usize = 1_024;

/// Whether to object.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrainingObjectionRequest {
    /// True to object to the training dataset.
    objecting: bool,
}

/// What holds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrainingObjection {
    /// Whether the objection holds.
    objecting: bool,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    objected_at: Option<Timestamp>,
}

/// Whether to restrict.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestrictionRequest {
    /// True to freeze the processing.
    restricted: bool,
}

/// What holds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Restriction {
    /// Whether processing is restricted.
    restricted: bool,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    restricted_at: Option<Timestamp>,
}

/// Objects to the training dataset (GDPR, Art. 21), or no longer. Takes effect at once: nothing is copied from now on, and what was
/// copied is removed.
#[utoipa::path(
    put, path = "/v1/me/training-objection", tag = "rights", security(("bearer" = [])), request_body = TrainingObjectionRequest,
    responses(
        (status = 200, description = "What holds now", body = TrainingObjection),
        web::responses::SignedIn, web::responses::JsonBody,
    )
)]
pub(crate) async fn training_objection(context: Context, request: Request<Body>) -> Result<Json<TrainingObjection>, Problem> {
    let asked = Asked::read(&context, request).await?;
    let TrainingObjectionRequest { objecting } = asked.raw.parse()?;
    let state = crate::state().await?;
    let switched = rights::set_objection(&state.accounts, asked.now, objecting, &asked.change()?).await?;
    let objected_at = since(switched)?;
    Ok(Json(TrainingObjection { objecting: objected_at.is_some(), objected_at }))
}

/// Restricts the processing (GDPR, Art. 18), or lifts the restriction. While it holds nothing is generated, copied for training or
/// deleted for its age; export, erasure and security go on.
#[utoipa::path(
    put, path = "/v1/me/restriction", tag = "rights", security(("bearer" = [])), request_body = RestrictionRequest,
    responses(
        (status = 200, description = "What holds now", body = Restriction),
        web::responses::SignedIn, web::responses::JsonBody,
    )
)]
pub(crate) async fn restriction(context: Context, request: Request<Body>) -> Result<Json<Restriction>, Problem> {
    let asked = Asked::read(&context, request).await?;
    let RestrictionRequest { restricted } = asked.raw.parse()?;
    let state = crate::state().await?;
    let switched = rights::set_restriction(&state.accounts, asked.now, restricted, &asked.change()?).await?;
    let restricted_at = since(switched)?;
    Ok(Json(Restriction { restricted: restricted_at.is_some(), restricted_at }))
}

fn since(switched: Switched) -> Result<Option<Timestamp>, Problem> {
    match switched {
        Switched::Unauthenticated => Err(Kind::Unauthenticated.into()),
        Switched::Off => Ok(None),
        Switched::Since(time) => Ok(Some(time)),
    }
}

/// A change that somebody with a good token asks for.
pub(crate) struct Asked {
    pub(crate) raw: body::RawJson,
    pub(crate) now: Timestamp,
    bearer: Bearer,
    event: EventOrigin,
}

impl Asked {
    /// In the contract's order: media type, size, token. The session is checked by the statement that follows.
    ///
    /// # Errors
    /// 415, 413, 401.
    pub(crate) async fn read(context: &Context, request: Request<Body>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
        let (bearer, now) = bearer(context, &parts.headers).await?;
        let event = address::event_origin(&parts.headers, &settings::proxy().await?, now)?;
        Ok(Self { raw, now, bearer, event })
    }

    /// What the change brings along.
    ///
    /// # Errors
    /// 500 if the runtime has no random bytes.
    pub(crate) fn change(&self) -> Result<Change<'_>, Problem> {
        Ok(Change {
            session: self.bearer.session,
            user: self.bearer.user,
            request: web::uuid_v7(self.now)?,
            due: web::after(self.now, ANSWER_SECONDS),
            event: &self.event,
        })
    }
}

/// The bearer of a good token, and the time.
///
/// # Errors
/// 401.
pub(crate) async fn bearer(context: &Context, headers: &HeaderMap) -> Result<(Bearer, Timestamp), Problem> {
    let (state, now) = (crate::state().await?, web::now());
    Ok((auth::bearer(headers, &state.verifier, context, now)?, now))
}
