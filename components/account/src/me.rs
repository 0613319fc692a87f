//! `GET /v1/me`.

use axum::{
    Json,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use domain::PersonName;
use jiff::Timestamp;
use serde::Serialize;
use store::accounts::me;
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Context, Kind, Problem, auth};

/// The account, in full.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Account {
    /// The user's id.
    id: Uuid,
    /// The address to sign in with.
    email: String,
    /// Whether that address was proved by a token we sent to it.
    email_confirmed: bool,
    /// A new address that waits for its proof.
    pending_email: Option<String>,
    /// E.164; null where none was given.
    phone: Option<String>,
    /// Whether it was proved by a code.
    phone_verified: bool,
    /// If given.
    first_name: Option<String>,
    /// If given.
    last_name: Option<String>,
    /// `en` or `fr`: of messages, and what the access token says.
    language: String,
    /// `free`, `starter`, `pro` or `agency`.
    plan: String,
    /// The account that is billed and holds quota.
    tenant_id: Uuid,
    /// Role in the tenant: `owner`, `admin` or `member`.
    role: String,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The version of the privacy policy that was accepted.
    policy_version: String,
    /// Whether there is a password; an account of a provider may have none.
    has_password: bool,
    /// The providers it can sign in with.
    links: Vec<String>,
    /// Processing is restricted since.
    #[schema(value_type = Option<String>, format = DateTime)]
    restricted_at: Option<Timestamp>,
    /// Objects to the training dataset since.
    #[schema(value_type = Option<String>, format = DateTime)]
    objected_at: Option<Timestamp>,
    /// The last sign-in, or code of purpose `reauthenticate`, of this session: what *recent* is measured from.
    #[schema(value_type = String, format = DateTime)]
    authenticated_at: Timestamp,
}

impl From<me::Account> for Account {
    fn from(stored: me::Account) -> Self {
        let name = |name: Option<PersonName>| name.map(|name| name.expose().to_owned());
        Self {
            id: stored.holder.user.uuid(),
            email: stored.email.expose().to_owned(),
            email_confirmed: stored.email_confirmed,
            pending_email: stored.pending_email.map(|email| email.expose().to_owned()),
            phone: stored.phone.map(|phone| phone.expose().to_owned()),
            phone_verified: stored.holder.phone_verified,
            first_name: name(stored.first_name),
            last_name: name(stored.last_name),
            language: stored.holder.language.tag().to_owned(),
            plan: stored.plan,
            tenant_id: stored.holder.tenant.uuid(),
            role: stored.holder.role,
            created_at: stored.created_at,
            policy_version: stored.policy_version,
            has_password: stored.has_password,
            links: stored.links,
            restricted_at: stored.restricted_at,
            objected_at: stored.objected_at,
            authenticated_at: stored.authenticated_at,
        }
    }
}

/// The caller's account.
#[utoipa::path(
    get, path = "/v1/me", tag = "accounts", security(("bearer" = [])),
    responses(
        (status = 200, description = "The account", body = Account),
        web::responses::SignedIn,
    )
)]
pub(crate) async fn get(context: Context, headers: HeaderMap) -> Result<Response, Problem> {
    let state = crate::state().await?;
    let now = web::now();
    let bearer = auth::bearer(&headers, &state.verifier, &context, now)?;
    let account = me::read(&state.accounts, now, bearer.session, bearer.user).await?.ok_or(Kind::Unauthenticated)?;
    Ok(Json(Account::from(account)).into_response())
}
