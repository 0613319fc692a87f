//! Brevo's calls that we make, with the checks that its documentation names, so that a request which Brevo would refuse is refused here.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Caught, Channel, Fault, Recorded};

pub(super) fn routes() -> Router<Arc<Caught>> {
    Router::new()
        .route("/v3/transactionalSMS/send", post(sms).fallback(wrong_method))
        .route("/v3/smtp/email", post(email).fallback(wrong_method))
        .route("/v3/contacts/{id}", delete(contact).fallback(wrong_method))
}

async fn wrong_method() -> Refusal {
    Refusal { status: StatusCode::METHOD_NOT_ALLOWED, code: "method_not_allowed", message: "Method is not allowed on this path" }
}

/// Brevo's errors: `{"code": "…", "message": "…"}`.
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
}

impl Refusal {
    fn missing(message: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "missing_parameter", message }
    }

    fn invalid(message: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "invalid_parameter", message }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "code": self.code, "message": self.message }))).into_response()
    }
}

type Created = (StatusCode, Json<Value>);

async fn sms(State(caught): State<Arc<Caught>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Result<Created, Refusal> {
    let message: Sms = admit(&caught, &uri, &headers, &body).await?;
    message.check()?;
    // Brevo takes numbers with and without the plus; people and tests look for E.164.
    let to = format!("+{}", message.recipient.trim_start_matches('+'));
    caught.catch(Channel::Sms, to, None, message.content);
    // The older endpoint also told a reference and credits; this one tells the id only.
    Ok((StatusCode::CREATED, Json(json!({ "messageId": caught.next_number() }))))
}

async fn email(State(caught): State<Arc<Caught>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Result<Created, Refusal> {
    let message: Email = admit(&caught, &uri, &headers, &body).await?;
    message.check()?;
    let text = message.text_content.or(message.html_content).unwrap_or_default();
    for to in message.to {
        caught.catch(Channel::Email, to.email, Some(message.subject.clone()), text.clone());
    }
    let id = format!("<{}@smtp-relay.local>", Uuid::now_v7().simple());
    Ok((StatusCode::CREATED, Json(json!({ "messageId": id }))))
}

/// There are no contacts here; that one was to be removed is on record.
async fn contact(
    State(caught): State<Arc<Caught>>,
    Path(_): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    admit::<Value>(&caught, &uri, &headers, b"{}").await?;
    if uri.query() != Some("identifierType=ext_id") {
        return Err(Refusal::invalid("identifierType"));
    }
    Err(Refusal { status: StatusCode::NOT_FOUND, code: "document_not_found", message: "Contact does not exist" })
}

/// What the calls have in common: the record, the fault, the key, the body.
async fn admit<T: for<'de> Deserialize<'de>>(caught: &Caught, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<T, Refusal> {
    let api_key = headers.get("api-key").and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned();
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    caught.record(Recorded { path: uri.path().to_owned(), api_key: api_key.clone(), body: value.clone() });
    match caught.faults.current() {
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Slow { ms }) => tokio::time::sleep(Duration::from_millis(ms)).await,
        Some(Fault::Status { status }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Err(Refusal { status, code: code_of(status), message: "as the test asked" });
        }
        None => {}
    }
    if api_key.is_empty() {
        return Err(Refusal { status: StatusCode::UNAUTHORIZED, code: "unauthorized", message: "Key not found" });
    }
    if !value.is_object() {
        let message = "Input must be a valid JSON object";
        return Err(Refusal { status: StatusCode::BAD_REQUEST, code: "bad_request", message });
    }
    serde_json::from_value(value).map_err(|_| Refusal::invalid("a parameter has the wrong type"))
}

fn code_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "unauthorized",
        402 => "not_enough_credits",
        403 => "permission_denied",
        429 => "too_many_requests",
        500.. => "internal_error",
        _ => "bad_request",
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sms {
    sender: String,
    recipient: String,
    content: String,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Sms {
    fn check(&self) -> Result<(), Refusal> {
        if self.sender.is_empty() {
            return Err(Refusal::missing("sender is missing"));
        }
        if self.recipient.is_empty() {
            return Err(Refusal::missing("recipient is missing"));
        }
        if self.content.is_empty() {
            return Err(Refusal::missing("content is missing"));
        }
        let numeric = self.sender.bytes().all(|byte| byte.is_ascii_digit());
        let alphanumeric = self.sender.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !alphanumeric || self.sender.len() > if numeric { 15 } else { 11 } {
            return Err(Refusal::invalid("sender is not valid: 11 alphanumeric characters or 15 digits at most"));
        }
        let digits = self.recipient.strip_prefix('+').unwrap_or(&self.recipient);
        if !(6..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::invalid("Invalid telephone number"));
        }
        if self.kind.as_deref().is_some_and(|kind| kind != "transactional" && kind != "marketing") {
            return Err(Refusal::invalid("type should be either transactional or marketing"));
        }
        Ok(())
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Email {
    sender: Option<Mailbox>,
    to: Vec<Mailbox>,
    subject: String,
    text_content: Option<String>,
    html_content: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Mailbox {
    email: String,
}

impl Mailbox {
    fn is_valid(&self) -> bool {
        self.email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
            && !self.email.contains(char::is_whitespace)
    }
}

impl Email {
    fn check(&self) -> Result<(), Refusal> {
        let is_empty = |text: &Option<String>| text.as_ref().is_none_or(String::is_empty);
        let Some(sender) = &self.sender else { return Err(Refusal::missing("sender is missing")) };
        if !sender.is_valid() {
            return Err(Refusal::invalid("sender email is not valid"));
        }
        if self.to.is_empty() {
            return Err(Refusal::missing("to is missing"));
        }
        if !self.to.iter().all(Mailbox::is_valid) {
            return Err(Refusal::invalid("email is not valid in to"));
        }
        if self.subject.is_empty() {
            return Err(Refusal::missing("subject is missing"));
        }
        if is_empty(&self.text_content) && is_empty(&self.html_content) {
            return Err(Refusal::missing("either of htmlContent or textContent is required"));
        }
        Ok(())
    }
}
