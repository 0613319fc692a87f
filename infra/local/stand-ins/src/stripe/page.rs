//! Pages for people: where a Checkout session is paid, and the portal of a subscription. Each button is a form; there is no script.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;

use super::{Act, Kept, State, form};

/// Nothing but the page's own style, and forms that come back here.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/", get(overview))
        .route("/page.css", get(style))
        .route("/pay/{id}", get(checkout).post(pay))
        .route("/portal/{id}", get(portal).post(manage))
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("page.css"))
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/page.css\"></head>\n\
         <body><main><p class=\"note\">Stand-in for Stripe on this machine. No money moves, and no card is asked for.</p>\n\
         <h1>{title}</h1>\n{body}</main></body></html>\n"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, html).into_response()
}

fn missing() -> Response {
    page(StatusCode::NOT_FOUND, "Nothing here", "<p>The session is unknown, or it has been used.</p>")
}

/// Text that cannot be markup.
fn escape(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn euros(cents: &Value) -> String {
    let cents = cents.as_i64().unwrap_or(0);
    format!("€{}.{:02}", cents / 100, cents % 100)
}

fn name_of(kept: &Kept, price: &Value) -> String {
    let product = price["product"].as_str().and_then(|id| kept.get("product", id));
    product.map_or_else(|| escape(&price["id"]), |product| escape(&product["name"]))
}

async fn overview(Shared(state): Shared<Arc<State>>) -> Response {
    let kept = state.lock();
    let mut body = String::from("<p>What is for sale, and what runs.</p><table>");
    for price in kept.of("price").filter(|price| price["active"] == true) {
        // Writing to a `String` cannot fail, here and below.
        let _ = write!(
            body,
            "<tr><td>{}<td>{}<td>{}",
            name_of(&kept, price),
            euros(&price["unit_amount"]),
            escape(&price["lookup_key"])
        );
    }
    body += "</table><table>";
    for subscription in kept.of("subscription") {
        let _ = write!(body, "<tr><td>{}<td>{}", escape(&subscription["id"]), escape(&subscription["status"]));
    }
    body += "</table>";
    page(StatusCode::OK, "Stripe, on this machine", &body)
}

async fn checkout(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Response {
    let kept = state.lock();
    let Some(session) = kept.get("checkout.session", &id).filter(|session| session["status"] == "open") else { return missing() };
    let price = session["asknpic_price"].as_str().and_then(|id| kept.get("price", id)).cloned().unwrap_or_default();
    let period = if price["recurring"].is_null() { "once" } else { "a month" };
    let body = format!(
        "<p><strong>{}</strong>, {} {period}, tax included.</p>\
         <form method=\"post\"><button name=\"do\" value=\"pay\">Pay</button> \
         <button name=\"do\" value=\"pay-later\" class=\"quiet\">Pay by a transfer that takes days</button></form>\
         <p><a href=\"{}\">Not now</a></p>",
        name_of(&kept, &price),
        euros(&session["amount_total"]),
        escape(&session["cancel_url"]),
    );
    page(StatusCode::OK, "Pay", &body)
}

/// A button of a form, with its hidden fields.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ButtonPress {
    r#do: String,
    subscription: String,
    price: String,
}

impl ButtonPress {
    fn read(body: &str) -> Self {
        serde_json::from_value(form::parse(body)).unwrap_or_default()
    }
}

async fn pay(Shared(state): Shared<Arc<State>>, Path(id): Path<String>, body: String) -> Response {
    let press = ButtonPress::read(&body);
    let Some(back) = state.lock().get("checkout.session", &id).map(|session| escape(&session["success_url"])) else {
        return missing();
    };
    let delayed = press.r#do == "pay-later";
    let Ok(events) = state.act(Act::Pay { session: id, delayed }) else { return missing() };
    state.deliver(&events).await;
    let told = if delayed { "The transfer is on its way; nothing is booked before it arrives." } else { "It is booked." };
    page(StatusCode::OK, "Thank you", &format!("<p>{told}</p><p><a href=\"{back}\">Back to Ask N Pic</a></p>"))
}

async fn portal(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Response {
    let kept = state.lock();
    let Some(session) = kept.get("billing_portal.session", &id) else { return missing() };
    let mut body = String::new();
    let confirm = &session["flow"]["subscription_update_confirm"];
    for subscription in
        kept.of("subscription").filter(|found| found["customer"] == session["customer"] && found["status"] != "canceled")
    {
        let price = &subscription["items"]["data"][0]["price"];
        let ends = if subscription["cancel_at_period_end"] == true { ", ends with the period" } else { "" };
        let hidden = format!("<input type=\"hidden\" name=\"subscription\" value=\"{}\">", escape(&subscription["id"]));
        let _ = write!(body, "<h2>{}</h2><p>{}{ends}</p>", name_of(&kept, price), escape(&subscription["status"]));
        if confirm["subscription"] == subscription["id"] {
            let wanted = confirm["items"][0]["price"].as_str().and_then(|id| kept.get("price", id)).cloned().unwrap_or_default();
            let _ = write!(
                body,
                "<form method=\"post\">{hidden}<input type=\"hidden\" name=\"price\" value=\"{}\">\
                 <button name=\"do\" value=\"change\">Change to {} at {} a month</button></form>",
                escape(&wanted["id"]),
                name_of(&kept, &wanted),
                euros(&wanted["unit_amount"]),
            );
            continue;
        }
        let _ = write!(body, "<form method=\"post\">{hidden}<select name=\"price\">");
        for other in kept
            .of("price")
            .filter(|other| other["active"] == true && !other["recurring"].is_null() && other["id"] != price["id"])
        {
            let _ = write!(body, "<option value=\"{}\">{}", escape(&other["id"]), name_of(&kept, other));
        }
        body += "</select> <button name=\"do\" value=\"change\">Change plan</button></form>";
        let _ = write!(body, "<form method=\"post\">{hidden}");
        for (value, label) in [
            ("cancel-later", "Cancel for the end of the period"),
            ("cancel", "Cancel now"),
            ("renew", "Let a month pass, paid"),
            ("fail", "Let a month pass, unpaid"),
            ("recover", "Pay what is due"),
            ("give-up", "Let Stripe give up"),
        ] {
            let _ = write!(body, "<button name=\"do\" value=\"{value}\" class=\"quiet\">{label}</button> ");
        }
        body += "</form>";
    }
    if body.is_empty() {
        body += "<p>No subscription runs.</p>";
    }
    let _ = write!(body, "<p><a href=\"{}\">Back to Ask N Pic</a></p>", escape(&session["return_url"]));
    page(StatusCode::OK, "Your subscription", &body)
}

async fn manage(Shared(state): Shared<Arc<State>>, Path(id): Path<String>, body: String) -> Response {
    let ButtonPress { r#do, subscription, price } = ButtonPress::read(&body);
    let of_this_customer = {
        let kept = state.lock();
        let customer = kept.get("billing_portal.session", &id).map(|session| session["customer"].clone());
        customer.is_some() && kept.get("subscription", &subscription).map(|found| found["customer"].clone()) == customer
    };
    if !of_this_customer {
        return missing();
    }
    let act = match r#do.as_str() {
        "change" => Act::Change { subscription, price },
        "cancel-later" => Act::Cancel { subscription, at_period_end: true },
        "cancel" => Act::Cancel { subscription, at_period_end: false },
        "renew" => Act::Renew { subscription, paid: true },
        "fail" => Act::Renew { subscription, paid: false },
        "recover" => Act::Recover { subscription },
        "give-up" => Act::GiveUp { subscription },
        _ => return missing(),
    };
    let Ok(events) = state.act(act) else { return missing() };
    state.deliver(&events).await;
    let again = format!("/portal/{id}");
    (StatusCode::SEE_OTHER, [(header::LOCATION, again)]).into_response()
}
