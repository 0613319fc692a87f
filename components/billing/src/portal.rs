//! `POST /v1/billing/portal`.

use axum::{body::Body, extract::Request, response::Response};
use domain::limits::CHECKOUT_USER;
use serde::Deserialize;
use store::accounts::billing::{self, Begin, Begun};
use stripe::client::Flow;
use utoipa::ToSchema;
use web::{Context, Kind, Problem, auth, body};

use crate::{checkout::Redirect, customer, refusal};

/// Nothing needs to be said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPortal {}

/// Opens Stripe's portal: invoices, the means of payment, another plan, cancellation. The body may be missing.
#[utoipa::path(
    post, path = "/v1/billing/portal", tag = "billing", request_body(content = Option<NewPortal>), security(("bearer" = [])),
    responses(
        (status = 201, description = "The page to go to", body = Redirect, headers(("Location" = String))),
        web::responses::SignedIn, web::responses::JsonBody, web::responses::RateLimited,
    )
)]
pub(crate) async fn portal(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let said = body::optional(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let now = web::now();
    let bearer = auth::bearer(&parts.headers, &state.verifier, &context, now)?;
    let wanted = Begin {
        session: bearer.session,
        user: bearer.user,
        id: web::uuid_v7(now)?,
        key: None,
        key_expires: now,
        limit: (CHECKOUT_USER, &state.person(&bearer)),
    };
    let started = match billing::begin(&state.accounts, now, wanted).await? {
        Begun::Begun(checkout) => checkout,
        Begun::Rate(seconds) => return Err(Problem::retry(Kind::RateLimited, seconds)),
        Begun::Unauthenticated | Begun::Conflict => return Err(Kind::Unauthenticated.into()),
    };
    let page = async {
        if let Some(raw) = said {
            let NewPortal {} = raw.parse()?;
        }
        let customer = customer::of(&state, now, &started).await?;
        let return_url = format!("{}/billing", state.public_url);
        let opened = state.stripe.portal(started.id, &customer, started.language, Flow::Overview, &return_url).await;
        opened.map_err(|error| refusal::problem(&error))
    };
    let page = page.await;
    // What the statement has written of a checkout is of no use to the portal.
    if let Err(error) = billing::fail(&state.accounts, started.id).await {
        web::log::failure("portal", &error);
    }
    Ok(Redirect::created(page?))
}
