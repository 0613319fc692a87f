//! A client of Brevo's API, version 3: `POST /v3/transactionalSMS/send`, `POST /v3/smtp/email` and `DELETE /v3/contacts/{id}`.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use domain::Secret;
use http::{Request, StatusCode, header};
use serde::Serialize;
use spin_sdk::http::FullBody;

/// How long Brevo may take for one call.
const DEADLINE: Duration = Duration::from_secs(10);
/// The most bytes of an answer that are read; it is a reference or an error code.
const ANSWER_LIMIT: usize = 16_384;

/// Where and as whom to send.
pub struct Brevo {
    url: String,
    key: Secret,
    sms_sender: String,
    mail_from: String,
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not reached, overloaded or broken: worth another try.
    #[error("the message service is unavailable")]
    Unavailable,
    /// Refused for good: the address, the sender, the key or the credits; the status says which class.
    #[error("the message service refused with status {0}")]
    Refused(u16),
}

#[derive(Serialize)]
struct Sms<'a> {
    sender: &'a str,
    recipient: &'a str,
    content: &'a str,
    r#type: &'static str,
    #[serde(rename = "unicodeEnabled")]
    unicode_enabled: bool,
}

#[derive(Serialize)]
struct Address<'a> {
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct Mail<'a> {
    sender: Address<'a>,
    to: [Address<'a>; 1],
    subject: &'a str,
    #[serde(rename = "textContent")]
    text_content: &'a str,
    #[serde(rename = "htmlContent", skip_serializing_if = "Option::is_none")]
    html_content: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<&'static str, &'a str>,
}

impl Brevo {
    /// `url` is the API's origin, `sms_sender` at most 11 letters and digits, `mail_from` a verified sender.
    #[must_use]
    pub fn new(url: &str, key: Secret, sms_sender: String, mail_from: String) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), key, sms_sender, mail_from }
    }

    /// Sends a transactional SMS to a number in E.164.
    ///
    /// # Errors
    /// [`Error`] says whether another try is worth it.
    pub async fn sms(&self, to: &str, content: &str) -> Result<(), Error> {
        // Brevo takes the number with its country code and without the plus.
        let recipient = to.trim_start_matches('+');
        let sms =
            Sms { sender: &self.sms_sender, recipient, content, r#type: "transactional", unicode_enabled: !content.is_ascii() };
        self.post("/v3/transactionalSMS/send", &sms).await
    }

    /// Sends an email. Without `html` it is text only, which it must be where it has a link with a secret: Brevo rewrites the links
    /// of HTML for tracking.
    ///
    /// # Errors
    /// [`Error`] says whether another try is worth it.
    pub async fn email(&self, to: &str, subject: &str, text: &str, html: Option<&str>) -> Result<(), Error> {
        self.mail(to, subject, text, html, &[]).await
    }

    /// Sends an email in text with header fields of its own, such as `List-Unsubscribe` (RFC 8058).
    ///
    /// # Errors
    /// [`Error`] says whether another try is worth it.
    pub async fn email_with(&self, to: &str, subject: &str, text: &str, headers: &[(&'static str, &str)]) -> Result<(), Error> {
        self.mail(to, subject, text, None, headers).await
    }

    async fn mail(
        &self,
        to: &str,
        subject: &str,
        text: &str,
        html: Option<&str>,
        headers: &[(&'static str, &str)],
    ) -> Result<(), Error> {
        let mail = Mail {
            sender: Address { email: &self.mail_from, name: Some("Ask N Pic") },
            to: [Address { email: to, name: None }],
            subject,
            text_content: text,
            html_content: html,
            headers: headers.iter().copied().collect(),
        };
        self.post("/v3/smtp/email", &mail).await
    }

    /// Removes the contact that has this `ext_id`. One that is not there is gone.
    ///
    /// # Errors
    /// [`Error`] says whether another try is worth it.
    pub async fn forget_contact(&self, ext_id: &str) -> Result<(), Error> {
        let request = Request::delete(format!("{}/v3/contacts/{ext_id}?identifierType=ext_id", self.url));
        match self.call(request, Bytes::new()).await {
            Err(Error::Refused(404)) => Ok(()),
            result => result,
        }
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> Result<(), Error> {
        let body = Bytes::from(serde_json::to_vec(body).map_err(|_| Error::Refused(0))?);
        let request = Request::post(format!("{}{path}", self.url)).header(header::CONTENT_TYPE, "application/json");
        self.call(request, body).await
    }

    async fn call(&self, request: http::request::Builder, body: Bytes) -> Result<(), Error> {
        let request = request
            .header("api-key", self.key.expose())
            .header(header::ACCEPT, "application/json")
            .body(FullBody::new(body))
            .map_err(|_| Error::Refused(0))?;
        match outbound::call(request, DEADLINE, ANSWER_LIMIT).await {
            Ok((status, _)) => verdict(status),
            Err(outbound::Error::Refused | outbound::Error::Address) => Err(Error::Refused(0)),
            Err(_) => Err(Error::Unavailable),
        }
    }
}

fn verdict(status: StatusCode) -> Result<(), Error> {
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Err(Error::Unavailable),
        status if status.is_server_error() => Err(Error::Unavailable),
        status => Err(Error::Refused(status.as_u16())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert_eq!(verdict(StatusCode::CREATED), Ok(()));
        assert_eq!(verdict(StatusCode::TOO_MANY_REQUESTS), Err(Error::Unavailable));
        assert_eq!(verdict(StatusCode::BAD_GATEWAY), Err(Error::Unavailable));
        assert_eq!(verdict(StatusCode::UNAUTHORIZED), Err(Error::Refused(401)));
    }

    #[test]
    fn bodies_are_as_brevo_documents_them() {
        let sms =
            Sms { sender: "AskNPic", recipient: "33612345678", content: "Hi", r#type: "transactional", unicode_enabled: false };
        assert_eq!(
            serde_json::to_value(&sms).expect("json"),
            serde_json::json!({"sender": "AskNPic", "recipient": "33612345678", "content": "Hi", "type": "transactional", "unicodeEnabled": false})
        );
    }
}
