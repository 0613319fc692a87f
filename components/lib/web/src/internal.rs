//! Calls between our own components, signed with a shared key (decision 14).

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use serde::Serialize;
use spin_sdk::http::FullBody;
use vault::{MacKey, internal};

use crate::{Kind, Problem, body::RawJson, now, settings};

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
        let body = Bytes::from(serde_json::to_vec(body).map_err(|_| outbound::Error::Address)?);
        let request = Request::post(format!("{}{path}", self.url))
            .header(header::CONTENT_TYPE, "application/json")
            .header(internal::HEADER, internal::sign(&self.key, now().as_second(), path, &body))
            .body(FullBody::new(body))
            .map_err(|_| outbound::Error::Address)?;
        outbound::call(request, deadline, limit).await
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
