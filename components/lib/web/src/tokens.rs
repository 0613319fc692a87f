//! A session's tokens: what `otp` and `session` answer with; `oauth` sets the cookie alone.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{SessionId, session};
use http::{HeaderValue, header};
use jiff::Timestamp;
use serde::Serialize;
use store::accounts::sessions::{Holder, NewSession};
use utoipa::ToSchema;
use vault::{
    MacKey,
    access::{Signer, Subject},
    refresh::RefreshToken,
};

use crate::{Problem, cookie};

/// Signs access tokens and makes refresh tokens.
pub struct Minter {
    signer: Signer,
    refresh_key: MacKey,
}

/// The access token of a session; the refresh token is in the cookie.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tokens {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
}

/// A session about to be opened.
pub struct Opening {
    token: RefreshToken,
    stored: Vec<u8>,
    now: Timestamp,
}

impl Opening {
    /// Makes the id and the first refresh token of a session.
    ///
    /// # Errors
    /// 500 if the runtime has no random bytes.
    pub fn new(refresh_key: &MacKey, now: Timestamp) -> Result<Self, Problem> {
        let token = RefreshToken::first(SessionId::from(crate::uuid_v7(now)?))?;
        let stored = token.stored(refresh_key);
        Ok(Self { token, stored, now })
    }

    /// The refresh cookie, for an answer that cannot carry an access token: a redirect, whose page then calls `refresh`.
    ///
    /// # Errors
    /// 500 where the token is no header value, which base64url always is.
    pub fn cookie(&self, refresh_key: &MacKey) -> Result<HeaderValue, Problem> {
        cookie::set(&self.token.expose(refresh_key), session::REFRESH_SECONDS)
    }

    /// As the statement takes it.
    #[must_use]
    pub fn session(&self) -> NewSession<'_> {
        NewSession {
            id: self.token.session(),
            token: &self.stored,
            token_expires: crate::after(self.now, session::REFRESH_SECONDS),
            family_expires: crate::after(self.now, session::FAMILY_SECONDS),
        }
    }
}

impl Minter {
    /// Reads the variables `signing_key`, `public_url` and `refresh_key`.
    ///
    /// # Errors
    /// 503 `not-configured`.
    pub async fn load() -> Result<Self, Problem> {
        Ok(Self { signer: crate::settings::signer().await?, refresh_key: crate::settings::mac_key("refresh_key").await? })
    }

    /// The key of refresh tokens.
    #[must_use]
    pub fn refresh_key(&self) -> &MacKey {
        &self.refresh_key
    }

    /// Makes the id and the first refresh token of a session.
    ///
    /// # Errors
    /// 500 if the runtime has no random bytes.
    pub fn open(&self, now: Timestamp) -> Result<Opening, Problem> {
        Opening::new(&self.refresh_key, now)
    }

    /// Answers with the tokens of a session that was opened.
    ///
    /// # Errors
    /// 503 if the key does not sign.
    pub fn opened(&self, opening: &Opening, holder: Holder) -> Result<Response, Problem> {
        self.answer(holder, &opening.token, opening.now, session::REFRESH_SECONDS)
    }

    /// Answers with an access token and the refresh token that lives so many seconds.
    ///
    /// # Errors
    /// 503 if the key does not sign.
    pub fn answer(&self, holder: Holder, refresh: &RefreshToken, now: Timestamp, seconds: i64) -> Result<Response, Problem> {
        let subject = Subject {
            user: holder.user,
            tenant: holder.tenant,
            session: refresh.session(),
            language: holder.language,
            role: holder.role,
            phone_verified: holder.phone_verified,
        };
        let access_token = self.signer.sign(subject, now.as_second(), crate::uuid_v7(now)?)?;
        let tokens = Tokens { access_token, token_type: "Bearer", expires_in: session::ACCESS_SECONDS };
        let mut response = Json(tokens).into_response();
        response.headers_mut().insert(header::SET_COOKIE, cookie::set(&refresh.expose(&self.refresh_key), seconds)?);
        Ok(response)
    }
}
