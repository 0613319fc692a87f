//! Calls between our own components, signed with a shared key (decision 14).

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use serde::Serialize;
use spin_sdk::http::{FullBody, Response};
use vault::{MacKey, internal};

use crate::{Context, Kind, Problem, body::RawJson, context::REQUEST_ID, now, settings};

/// Another component, at its configured address.
#[derive(Clone, Debug)]
pub struct Peer {
    url: String,
    key: MacKey,
}

impl Peer {
    /// Reads the variable of its address and `internal_key`.
    ///
    /// # Errors
    /// 503 `not-configured`.
    pub async fn load(variable: &'static str) -> Result<Self, Problem> {
        let url = settings::required(variable).await?.trim_end_matches('/').to_owned();
        Ok(Self { url, key: settings::mac_key("internal_key").await? })
    }

    /// Sends a signed body and collects an answer of at most `limit` bytes.
    ///
    /// # Errors
    /// As for [`outbound::call`].
    pub async fn post(
        &self,
        path: &str,
        body: &impl Serialize,
        deadline: Duration,
        limit: usize,
    ) -> Result<(StatusCode, Bytes), outbound::Error> {
        let request = self.signed(path, body)?;
        outbound::call(request, deadline, limit).await
    }

    /// Sends a signed body for an answer in events, in the name of a request of somebody else's; its body is to be read. `deadline` bounds
    /// the wait for its head, and every later one.
    ///
    /// # Errors
    /// As for [`outbound::send`].
    pub async fn watch(
        &self,
        context: &Context,
        path: &str,
        body: &impl Serialize,
        deadline: Duration,
    ) -> Result<Response, outbound::Error> {
        let (language, id) = (HeaderValue::from_static(context.language.tag()), context.request_id.to_string());
        let mut request = self.signed(path, body)?;
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("text/event-stream"));
        request.headers_mut().insert(header::ACCEPT_LANGUAGE, language);
        request.headers_mut().insert(REQUEST_ID, HeaderValue::try_from(id).map_err(|_| outbound::Error::Address)?);
        outbound::send(request, deadline).await
    }

    fn signed(&self, path: &str, body: &impl Serialize) -> Result<Request<FullBody<Bytes>>, outbound::Error> {
        let body = Bytes::from(serde_json::to_vec(body).map_err(|_| outbound::Error::Address)?);
        Request::post(format!("{}{path}", self.url))
            .header(header::CONTENT_TYPE, "application/json")
            .header(internal::HEADER, internal::sign(&self.key, now().as_second(), path, &body))
            .body(FullBody::new(body))
            .map_err(|_| outbound::Error::Address)
    }
}

/// Whether a call to this path is one of our own components'.
///
/// # Errors
/// 401 where its signature is missing, not right or not recent.
pub fn verify(key: &MacKey, path: &str, headers: &HeaderMap, raw: &RawJson) -> Result<(), Problem> {
    let signature = headers.get(internal::HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if internal::verify(key, now().as_second(), path, raw.as_bytes(), signature) {
        Ok(())
    } else {
        Err(Kind::Unauthenticated.into())
    }
}
