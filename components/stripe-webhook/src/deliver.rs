//! `POST /v1/stripe/webhook`.

use axum::{
    Json,
    body::Body,
    extract::Request,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use store::accounts::stripe::{self as events, Envelope, Recorded};
use stripe::{
    Event,
    event::{Fact, Money, Subscription},
    signature::HEADER,
};
use utoipa::ToSchema;
use web::{Kind, Problem, body, log, problem::ProblemDocument};

use crate::State;

/// The delivery was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Delivery {
    /// Always true: Stripe reads nothing but the status.
    received: bool,
}

/// Takes an event of Stripe's. It is recorded and applied in one statement; a second delivery of it changes nothing. An event of a type
/// that nothing here depends on is recorded and answered alike.
#[utoipa::path(
    post, path = "/v1/stripe/webhook", tag = "billing",
    params(("Stripe-Signature" = String, Header, description = "`t=<seconds>,v1=<HMAC-SHA256 of t.body>`, at most 300 seconds old")),
    request_body(content = Object, description = "An event, as Stripe sends it", content_type = "application/json"),
    responses(
        (status = 200, description = "Recorded, now or before", body = Delivery),
        (status = 400, description = "`signature-invalid`, or `malformed-body` for what is signed and no event", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable` or `not-configured`: Stripe delivers again", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::AnyBody,
    )
)]
pub(crate) async fn deliver(request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let now = web::now();
    let signature = signature(&parts.headers).ok_or(Kind::SignatureInvalid)?;
    state.secrets.verify(now.as_second(), signature, raw.as_bytes()).map_err(|error| {
        log::failure("stripe-signature", &error);
        Problem::from(Kind::SignatureInvalid)
    })?;
    let event = Event::parse(raw.as_bytes()).map_err(|error| {
        log::failure("stripe-event", &error);
        Problem::from(Kind::MalformedBody)
    })?;
    let outcome = apply(&state, now, &event).await?;
    // Stripe's id of the event and its type say nothing of a person.
    log::event(
        "stripe-event",
        [("id", event.id.as_str()), ("type", &event.kind), ("outcome", outcome.name())].into_iter().collect(),
    );
    Ok(Json(Delivery { received: true }).into_response())
}

/// The only signature header. Of several, Stripe could have sent any one.
fn signature(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(HEADER).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

async fn apply(state: &State, now: jiff::Timestamp, event: &Event) -> Result<Recorded, Problem> {
    let database = &state.accounts;
    let envelope = Envelope { id: &event.id, kind: &event.kind, created: event.created };
    if event.livemode != state.livemode {
        return Ok(events::ignore(database, now, envelope, Recorded::OtherMode).await?);
    }
    Ok(match &event.fact {
        Fact::Nothing => events::ignore(database, now, envelope, Recorded::Ignored).await?,
        Fact::Subscription(state) => events::subscription(database, now, envelope, row_of(state)).await?,
        Fact::Money(money) => {
            let ids = [web::uuid_v7(now)?, web::uuid_v7(now)?];
            events::money(database, now, envelope, record_of(money), ids).await?
        }
    })
}

fn row_of(state: &Subscription) -> events::SubscriptionState<'_> {
    events::SubscriptionState {
        customer: &state.customer,
        subscription: &state.id,
        rank: state.rank,
        status: state.status,
        plan: state.plan,
        entitled: state.entitled,
        period_end: state.period_end,
        ends_at_period_end: state.ends_at_period_end,
    }
}

fn record_of(money: &Money) -> events::Money<'_> {
    events::Money {
        customer: money.customer.as_deref(),
        record: &money.record,
        kind: money.kind.name(),
        payment: money.payment.as_deref(),
        subscription: money.subscription.as_deref(),
        item: money.item,
        amount: money.amount,
        tax: money.tax,
        currency: &money.currency,
    }
}
