//! The calls of Stripe's API that we make, with the checks that its documentation names: a parameter it does not know, an object that is
//! not there, an idempotency key used for something else.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, Request, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use domain::billing::Item;
use domain::stripe::ITEM_METADATA;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::{Fault, Kept, Recorded, State, form, id, objects};

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/v1/customers", post(create_customer))
        .route("/v1/customers/search", get(search_customers))
        .route("/v1/customers/{id}", get(customer).delete(delete_customer))
        .route("/v1/products", post(create_product))
        .route("/v1/products/{id}", get(product).post(update_product))
        .route("/v1/prices", get(prices).post(create_price))
        .route("/v1/prices/{id}", post(update_price))
        .route("/v1/checkout/sessions", post(create_session))
        .route("/v1/checkout/sessions/{id}", get(session))
        .route("/v1/billing_portal/sessions", post(create_portal))
        .route("/v1/billing_portal/configurations", get(configurations))
        .route("/v1/billing_portal/configurations/{id}", post(update_configuration))
        .route("/v1/subscriptions/{id}", get(subscription))
        .route("/v1/webhook_endpoints", get(endpoints).post(create_endpoint))
        .route("/v1/webhook_endpoints/{id}", post(update_endpoint))
}

/// A refusal, as Stripe words it.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    message: String,
}

impl Refusal {
    fn of(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, kind: "invalid_request_error", code: Some(code), message: message.into() }
    }

    fn missing(kind: &str, id: &str) -> Self {
        let refusal = Self::of("resource_missing", format!("No such {kind}: '{id}'"));
        Self { status: StatusCode::NOT_FOUND, ..refusal }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = json!({ "error": { "type": self.kind, "code": self.code, "message": self.message, "param": null } });
        (self.status, Json(error)).into_response()
    }
}

type Answer = Result<Json<Value>, Refusal>;
type Parameters = Extension<Arc<Value>>;

/// What all calls have in common: the record, the fault, the key, and that a repeated idempotency key gets the same answer.
pub(super) async fn admit(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/v1/") {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let is_post = parts.method == Method::POST;
    let text =
        if is_post { String::from_utf8_lossy(&body).into_owned() } else { parts.uri.query().unwrap_or_default().to_owned() };
    let parameters = form::parse(&text);
    let idempotency_key = header(&parts.headers, "idempotency-key");
    state.record(Recorded {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        parameters: parameters.clone(),
        version: header(&parts.headers, "stripe-version").unwrap_or_default(),
        idempotency_key: idempotency_key.clone(),
    });
    match state.faults.current() {
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Slow { ms }) => tokio::time::sleep(Duration::from_millis(ms)).await,
        Some(Fault::Status { status }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Refusal { status, kind: "api_error", code: None, message: "as the test asked".to_owned() }.into_response();
        }
        None => {}
    }
    let key = header(&parts.headers, "authorization").unwrap_or_default();
    if !["Bearer sk_", "Bearer rk_"].iter().any(|start| key.starts_with(start)) {
        let message = "You did not provide an API key.".to_owned();
        return Refusal { status: StatusCode::UNAUTHORIZED, kind: "invalid_request_error", code: None, message }.into_response();
    }
    if is_post && header(&parts.headers, "content-type").as_deref() != Some("application/x-www-form-urlencoded") {
        return Refusal::of("parameter_invalid", "Parameters are to be form-encoded.").into_response();
    }
    let asked = json!([parts.uri.path(), parameters]);
    if let Some(key) = idempotency_key.as_ref().filter(|_| is_post) {
        let earlier = state.lock().answers.get(key).cloned();
        match earlier {
            Some((earlier, answer)) if earlier == asked => return Json(answer).into_response(),
            Some(_) => {
                let message = "Keys for idempotent requests can only be used with the same parameters.".to_owned();
                return Refusal { status: StatusCode::BAD_REQUEST, kind: "idempotency_error", code: None, message }
                    .into_response();
            }
            None => {}
        }
    }
    parts.extensions.insert(Arc::new(parameters));
    let response = next.run(Request::from_parts(parts, axum::body::Body::empty())).await;
    let (parts, body) = response.into_parts();
    let body: Bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    if let Some(key) = idempotency_key.filter(|_| is_post && parts.status.is_success()) {
        let answer = serde_json::from_slice(&body).unwrap_or_default();
        state.lock().answers.insert(key, (asked, answer));
    }
    if is_post {
        state.save();
    }
    Response::from_parts(parts, body.into())
}

/// The routes with [`admit`] before them.
pub(super) fn admitted(state: &Arc<State>, routes: Router<Arc<State>>) -> Router<Arc<State>> {
    routes.layer(from_fn_with_state(Arc::clone(state), admit))
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Refuses parameters that are not among those documented and modelled here, and misses those that must be there.
fn check(parameters: &Value, known: &[&str], needed: &[&str]) -> Result<(), Refusal> {
    let given = parameters.as_object();
    if let Some(unknown) = given.into_iter().flat_map(|given| given.keys()).find(|name| !known.contains(&name.as_str())) {
        return Err(Refusal::of("parameter_unknown", format!("Received unknown parameter: {unknown}")));
    }
    match needed.iter().find(|name| parameters[**name].is_null()) {
        Some(missing) => Err(Refusal::of("parameter_missing", format!("Missing required param: {missing}."))),
        None => Ok(()),
    }
}

fn text<'a>(parameters: &'a Value, name: &str) -> &'a str {
    parameters[name].as_str().unwrap_or_default()
}

fn found(kept: &Kept, kind: &str, id: &str) -> Result<Value, Refusal> {
    kept.get(kind, id).cloned().ok_or_else(|| Refusal::missing(kind, id))
}

/// Overwrites what was given, as an update does.
fn update(mut object: Value, parameters: &Value) -> Value {
    for (name, value) in parameters.as_object().into_iter().flatten() {
        object[name] = match value.as_str() {
            Some("true") => true.into(),
            Some("false") => false.into(),
            _ => value.clone(),
        };
    }
    object
}

async fn create_customer(Shared(state): Shared<Arc<State>>, Extension(parameters): Parameters) -> Answer {
    check(&parameters, &["email", "name", "phone", "preferred_locales", "metadata"], &[])?;
    if !text(&parameters, "email").contains('@') {
        return Err(Refusal::of("email_invalid", "Invalid email address"));
    }
    let customer = objects::customer(&parameters, state.now());
    Ok(Json(state.lock().put(customer)))
}

async fn search_customers(Shared(state): Shared<Arc<State>>, Extension(parameters): Parameters) -> Answer {
    check(&parameters, &["query", "limit"], &["query"])?;
    let wanted = text(&parameters, "query").strip_prefix("metadata['tenant_id']:'").and_then(|rest| rest.strip_suffix('\''));
    let wanted = wanted.ok_or_else(|| Refusal::of("parameter_invalid", "The stand-in searches metadata['tenant_id'] only."))?;
    let data: Vec<_> =
        state.lock().of("customer").filter(|customer| customer["metadata"]["tenant_id"] == wanted).cloned().collect();
    Ok(Json(
        json!({ "object": "search_result", "url": "/v1/customers/search", "has_more": false, "next_page": null, "data": data }),
    ))
}

async fn customer(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Answer {
    found(&state.lock(), "customer", &id).map(Json)
}

async fn delete_customer(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Answer {
    let events = state.erase(&id).ok_or_else(|| Refusal::missing("customer", &id))?;
    tokio::spawn(async move { state.deliver(&events).await });
    Ok(Json(json!({ "id": id, "object": "customer", "deleted": true })))
}

async fn create_product(Shared(state): Shared<Arc<State>>, Extension(parameters): Parameters) -> Answer {
    check(&parameters, &["id", "name", "metadata", "tax_code"], &["name"])?;
    let wanted = text(&parameters, "id");
    let id = if wanted.is_empty() { id("prod") } else { wanted.to_owned() };
    let mut kept = state.lock();
    if kept.get("product", &id).is_some() {
        return Err(Refusal::of("resource_already_exists", "Product already exists."));
    }
    let product = objects::product(&id, text(&parameters, "name"), state.now());
    Ok(Json(kept.put(product)))
}

async fn product(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Answer {
    found(&state.lock(), "product", &id).map(Json)
}

async fn update_product(Shared(state): Shared<Arc<State>>, Path(id): Path<String>, Extension(parameters): Parameters) -> Answer {
    check(&parameters, &["name", "active", "tax_code"], &[])?;
    let mut kept = state.lock();
    let product = update(found(&kept, "product", &id)?, &parameters);
    Ok(Json(kept.put(product)))
}

async fn prices(Shared(state): Shared<Arc<State>>, Extension(parameters): Parameters) -> Answer {
    check(&parameters, &["lookup_keys", "active", "limit"], &[])?;
    let keys = parameters["lookup_keys"].as_object();
    let wanted = |price: &&Value| {
        (parameters["active"] != "true" || price["active"] == true)
            && keys.is_none_or(|keys| keys.values().any(|key| *key == price["lookup_key"]))
    };
    let limit = text(&parameters, "limit").parse().unwrap_or(10);
    let data: Vec<_> = state.lock().of("price").filter(wanted).take(limit).cloned().collect();
    Ok(Json(objects::list("/v1/prices", &data)))
}

async fn create_price(Shared(state): Shared<Arc<State>>, Extension(parameters): Parameters) -> Answer {
    let known = [
        "currency",
        "unit_amount",
        "product",
        "lookup_key",
        "transfer_lookup_key",
        "recurring",
        "tax_behavior",
        "metadata",
        "nickname",
    ];
    check(&parameters, &known, &["currency", "unit_amount", "product"])?;
    let mut kept = state.lock();
    let product = found(&kept, "product", text(&parameters, "product"))?;
    let item = Item::parse(text(&parameters["metadata"], ITEM_METADATA));
    let item = item.ok_or_else(|| Refusal::of("parameter_invalid", "The stand-in sells items of ours only."))?;
    let cents = text(&parameters, "unit_amount").parse();
    let cents = cents.map_err(|_| Refusal::of("parameter_invalid_integer", "Invalid integer: unit_amount"))?;
    let mut price = objects::price(&product, item, cents, state.now());
    let key = text(&parameters, "lookup_key");
    price["lookup_key"] = if key.is_empty() { Value::Null } else { key.into() };
    let holders: Vec<_> = kept.of("price").filter(|price| !key.is_empty() && price["lookup_key"] == key).cloned().collect();
    for mut holder in holders {
        if parameters["transfer_lookup_key"] != "true" {
            return Err(Refusal::of("resource_already_exists", "A price already uses that lookup key."));
        }
        holder["lookup_key"] = Value::Null;
        kept.put(holder);
    }
    Ok(Json(kept.put(price)))
}

async fn update_price(Shared(state): Shared<Arc<State>>, Path(id): Path<String>, Extension(parameters): Parameters) -> Answer {
    check(&parameters, &["active", "nickname"], &[])?;
    let mut kept = state.lock();
    let price = update(found(&kept, "price", &id)?, &parameters);
    Ok(Json(kept.put(price)))
}

async fn create_session(Shared(state): Shared<Arc<State>>, Extension(parameters): Parameters) -> Answer {
    let known = [
        "mode",
        "customer",
        "client_reference_id",
        "line_items",
        "metadata",
        "automatic_tax",
        "customer_update",
        "adaptive_pricing",
        "locale",
        "success_url",
        "cancel_url",
    ];
    check(&parameters, &known, &["mode", "customer", "line_items", "success_url"])?;
    let mut kept = state.lock();
    found(&kept, "customer", text(&parameters, "customer"))?;
    let price = found(&kept, "price", text(&parameters["line_items"]["0"], "price"))?;
    let subscribes = text(&parameters, "mode") == "subscription";
    if price["recurring"].is_null() == subscribes {
        return Err(Refusal::of("parameter_invalid", "The price does not fit the mode."));
    }
    let base = kept.url.clone();
    let mut session = objects::session(&parameters, &price, &base, state.now());
    let answer = session.clone();
    // What the page needs to know; Stripe has it among the line items, which are not part of the object.
    session["asknpic_price"] = price["id"].clone();
    kept.put(session);
    Ok(Json(answer))
}

async fn session(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Answer {
    let mut session = found(&state.lock(), "checkout.session", &id)?;
    session.as_object_mut().map(|object| object.remove("asknpic_price"));
    Ok(Json(session))
}

async fn create_portal(Shared(state): Shared<Arc<State>>, Extension(parameters): Parameters) -> Answer {
    check(&parameters, &["customer", "locale", "return_url", "flow_data"], &["customer"])?;
    let mut kept = state.lock();
    found(&kept, "customer", text(&parameters, "customer"))?;
    let confirm = &parameters["flow_data"]["subscription_update_confirm"];
    if !confirm.is_null() {
        let subscription = found(&kept, "subscription", text(confirm, "subscription"))?;
        found(&kept, "price", text(&confirm["items"]["0"], "price"))?;
        if confirm["items"]["0"]["id"] != subscription["items"]["data"][0]["id"] {
            return Err(Refusal::missing("subscription item", text(&confirm["items"]["0"], "id")));
        }
    }
    let base = kept.url.clone();
    Ok(Json(kept.put(objects::portal(&parameters, &base, state.now()))))
}

async fn subscription(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Answer {
    found(&state.lock(), "subscription", &id).map(Json)
}

/// What `asknpic stripe sync` sets up besides what is for sale is kept as it was sent.
async fn configurations(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let data: Vec<_> = state.lock().of("billing_portal.configuration").cloned().collect();
    Json(objects::list("/v1/billing_portal/configurations", &data))
}

async fn update_configuration(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    Extension(parameters): Parameters,
) -> Answer {
    check(&parameters, &["features", "business_profile", "default_return_url", "metadata"], &[])?;
    let mut kept = state.lock();
    let configuration = update(found(&kept, "billing_portal.configuration", &id)?, &parameters);
    Ok(Json(kept.put(configuration)))
}

async fn endpoints(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let data: Vec<_> = state.lock().of("webhook_endpoint").cloned().collect();
    Json(objects::list("/v1/webhook_endpoints", &data))
}

async fn create_endpoint(Shared(state): Shared<Arc<State>>, Extension(parameters): Parameters) -> Answer {
    check(&parameters, &["url", "enabled_events", "api_version", "description", "metadata"], &["url", "enabled_events"])?;
    let events: Vec<_> = parameters["enabled_events"].as_object().into_iter().flat_map(|list| list.values().cloned()).collect();
    let endpoint = json!({
        "id": id("we"), "object": "webhook_endpoint", "api_version": parameters["api_version"], "application": null, "created": state.now(),
        "description": parameters["description"], "enabled_events": events, "livemode": false, "metadata": {}, "status": "enabled",
        "url": parameters["url"],
    });
    let mut answer = state.lock().put(endpoint);
    // Told once, to whoever made it.
    answer["secret"] = super::WEBHOOK_SECRET.into();
    Ok(Json(answer))
}

async fn update_endpoint(Shared(state): Shared<Arc<State>>, Path(id): Path<String>, Extension(parameters): Parameters) -> Answer {
    check(&parameters, &["enabled_events", "description", "disabled"], &[])?;
    let mut kept = state.lock();
    let mut endpoint = found(&kept, "webhook_endpoint", &id)?;
    if let Some(events) = parameters["enabled_events"].as_object() {
        endpoint["enabled_events"] = events.values().cloned().collect();
    }
    Ok(Json(kept.put(endpoint)))
}
