//! `POST /v1/billing/checkout`.

use axum::{
    Json,
    body::Body,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    billing::{Item, Standing},
    limits::CHECKOUT_USER,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::accounts::billing::{self, Begin, Begun, Checkout};
use stripe::client::{self, Flow};
use utoipa::ToSchema;
use web::{Context, Kind, Problem, auth, auth::Bearer, body, body::RawJson, idempotency, problem::ProblemDocument};

use crate::{State, customer, refusal};

/// How long a key is kept (promise a23).
const KEY_SECONDS: i64 = 86_400;

/// What is to be bought.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCheckout {
    /// `starter`, `pro` or `agency` by the month, or `credits-<tokens>` once.
    #[schema(pattern = "^(starter|pro|agency|credits-[1-9][0-9]{0,9})$")]
    item: String,
}

/// Where it is paid.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Redirect {
    /// A page of Stripe's to send the person to. It needs no sign-in of ours and lives for a day at most.
    pub(crate) url: String,
}

impl Redirect {
    /// 201, with the page as its `Location`.
    pub(crate) fn created(url: String) -> Response {
        (StatusCode::CREATED, [(header::LOCATION, url.clone())], Json(Self { url })).into_response()
    }
}

/// Begins to buy a plan or a pack of credits. Where a subscription runs already, the page confirms its change to the plan asked for,
/// with what that costs: there is never a second one.
#[utoipa::path(
    post, path = "/v1/billing/checkout", tag = "billing", request_body = NewCheckout, security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Any string of 1 to 255 bytes, kept 24 hours: a repeat gets the same page", max_length = 255)),
    responses(
        (status = 201, description = "The page to go to", body = Redirect, headers(("Location" = String))),
        (status = 400, description = "`malformed-body` or `malformed-request`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`idempotency-conflict`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 410, description = "`content-expired`: what this key began has been paid or has expired", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-request`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::AnyBody, web::responses::RateLimited,
    )
)]
pub(crate) async fn checkout(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let now = web::now();
    let bearer = auth::bearer(&parts.headers, &state.verifier, &context, now)?;
    let (item, key) = match read(&state, &parts.headers, &bearer, &raw) {
        Ok(read) => read,
        Err(problem) => return Err(auth::refused(&state.accounts, &bearer, problem, now).await),
    };
    let wanted = Begin {
        session: bearer.session,
        user: bearer.user,
        id: web::uuid_v7(now)?,
        key: key.as_ref().map(|(key, body)| (key.as_str(), body.as_str())),
        key_expires: web::after(now, KEY_SECONDS),
        limit: (CHECKOUT_USER, &state.person(&bearer)),
    };
    let started = match billing::begin(&state.accounts, now, wanted).await? {
        Begun::Begun(checkout) => checkout,
        Begun::Unauthenticated => return Err(Kind::Unauthenticated.into()),
        Begun::Conflict => return Err(Kind::IdempotencyConflict.into()),
        Begun::Rate(seconds) => return Err(Problem::retry(Kind::RateLimited, seconds)),
    };
    match page(&state, now, &started, item).await {
        Ok(url) => Ok(Redirect::created(url)),
        Err(problem) => {
            // Nothing was begun: the key is free again. Where this fails too, the key goes with its day.
            if let Err(error) = billing::fail(&state.accounts, started.id).await {
                web::log::failure("checkout", &error);
            }
            Err(problem)
        }
    }
}

type Hashes = (String, String);

fn read(state: &State, headers: &HeaderMap, bearer: &Bearer, raw: &RawJson) -> Result<(Item, Option<Hashes>), Problem> {
    const ROUTE: &[u8] = b"POST /v1/billing/checkout";
    let user = bearer.user.as_bytes();
    let key = idempotency::read(headers)?.map(|key| {
        (
            state.limits.lookup("idempotency-key", &[user, ROUTE, key]),
            state.limits.lookup("idempotency-body", &[user, ROUTE, key, raw.as_bytes()]),
        )
    });
    let input: NewCheckout = raw.parse()?;
    let item = Item::parse(&input.item).ok_or_else(|| Problem::field("item", "is not one of the items for sale"))?;
    Ok((item, key))
}

/// The page for an item. Every call to Stripe carries the checkout's id, so a repeat gets the same page.
async fn page(state: &State, now: Timestamp, started: &Checkout, item: Item) -> Result<String, Problem> {
    let failed = |error: stripe::Error| refusal::problem(&error);
    if let Some(session) = &started.session {
        let session = state.stripe.session(session).await.map_err(failed)?;
        return session.url.ok_or_else(|| Kind::ContentExpired.into());
    }
    let not_sold = || Problem::field("item", "is not one of the items for sale");
    let price = state.stripe.price(item).await.map_err(failed)?.ok_or_else(not_sold)?;
    let customer = customer::of(state, now, started).await?;
    if let (Item::Plan(_), Some(subscription)) = (item, &started.subscription)
        && let Some(page) = existing(state, started, &customer, subscription, &price.id).await?
    {
        return Ok(page);
    }
    let (success_url, cancel_url) =
        (format!("{}/billing?checkout=done", state.public_url), format!("{}/billing?checkout=cancelled", state.public_url));
    let checkout = client::Checkout {
        id: started.id,
        tenant: started.tenant,
        customer: &customer,
        item,
        price: &price.id,
        language: started.language,
        success_url: &success_url,
        cancel_url: &cancel_url,
    };
    let session = state.stripe.checkout(checkout).await.map_err(failed)?;
    billing::done(&state.accounts, started.id, &session.id).await?;
    session.url.ok_or_else(|| Kind::ContentExpired.into())
}

/// The page for a plan where there is a subscription: the confirmation of its change, or the portal where it owes something (an open
/// invoice is paid there). `None` where Stripe says that it is over, which may not have been told yet.
async fn existing(
    state: &State,
    started: &Checkout,
    customer: &str,
    subscription: &str,
    price: &str,
) -> Result<Option<String>, Problem> {
    let current = match state.stripe.subscription(subscription).await {
        Err(stripe::Error::Missing) => return Ok(None),
        found => found.map_err(|error| refusal::problem(&error))?,
    };
    let flow = match current.standing {
        Standing::Over => return Ok(None),
        Standing::Owes => Flow::Overview,
        Standing::Runs if current.price == price => return Err(Problem::field("item", "is the plan you have")),
        Standing::Runs => Flow::Change { subscription, item: &current.item, price },
    };
    let return_url = format!("{}/billing", state.public_url);
    let page = state.stripe.portal(started.id, customer, started.language, flow, &return_url).await;
    page.map(Some).map_err(|error| refusal::problem(&error))
}
