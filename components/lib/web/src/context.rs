//! What is known of a request before its body is looked at.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use domain::{Language, TenantId, UserId};
use http::{HeaderMap, header, request::Parts};
use uuid::Uuid;

use crate::{Kind, Problem};

/// The header that carries the request id, both ways.
pub const REQUEST_ID: &str = "x-request-id";

/// Request id, language and caller of a request. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context {
    /// The caller's `X-Request-Id` if it is a UUID, else a new one.
    pub request_id: Uuid,
    /// From `Accept-Language`.
    pub language: Language,
    /// Who is signed in, once that is known: for the log line (promise a20).
    who: Arc<Mutex<Option<(UserId, TenantId)>>>,
}

impl Context {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|text| text.len() == 36);
        let request_id =
            given.and_then(|text| Uuid::parse_str(text).ok()).or_else(|| vault::random::uuid_v4().ok()).unwrap_or_default();
        let mut accepted = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
        Self { request_id, language: Language::negotiate(accepted.next().unwrap_or_default()), who: Arc::default() }
    }

    /// Notes who is signed in.
    pub fn signed_in(&self, user: UserId, tenant: TenantId) {
        *self.who.lock().unwrap_or_else(PoisonError::into_inner) = Some((user, tenant));
    }

    pub(crate) fn who(&self) -> Option<(UserId, TenantId)> {
        *self.who.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Context {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Kind::Internal.into())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_callers_request_id_counts_only_as_a_uuid() {
        let mut headers = HeaderMap::new();
        let id = "0190a5c4-7f3b-7c1e-8a51-3f2b6d9e0c11";
        headers.insert(REQUEST_ID, HeaderValue::from_static(id));
        assert_eq!(Context::of(&headers).request_id.to_string(), id);
        headers.insert(REQUEST_ID, HeaderValue::from_static("robert'); drop table users"));
        assert_eq!(Context::of(&headers).request_id.get_version_num(), 4);
    }
}
