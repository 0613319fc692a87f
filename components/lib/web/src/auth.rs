//! Bearer tokens (RFC 6750).

use domain::{SessionId, UserId};
use http::{HeaderMap, header};
use jiff::Timestamp;
use store::accounts::sessions::Session;
use vault::access::{Claims, Verifier};

use crate::{Context, Kind, Problem};

/// Who a token says is calling. The database decides whether the session still holds (decision 10).
#[derive(Clone, Debug)]
pub struct Bearer {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
}

/// The bearer of a good access token.
///
/// # Errors
/// 401 without a token, or with one that is not ours, not an access token, or expired.
pub fn bearer(headers: &HeaderMap, verifier: &Verifier, context: &Context, now: Timestamp) -> Result<Bearer, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Kind::Unauthenticated.into()) };
    let token = value.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let token = token.ok_or(Kind::Unauthenticated)?;
    let claims: Claims = verifier.verify(token, now.as_second()).map_err(|_| Kind::Unauthenticated)?;
    context.signed_in(claims.sub, claims.tid);
    Ok(Bearer { user: claims.sub, session: claims.sid })
}

/// Whether a session signed in, or entered a code for that purpose, in the last ten minutes (promise a08). Where the change is a
/// function of the database, let it ask `session_is_recent` itself.
///
/// # Errors
/// 403 `reauthentication-required` otherwise.
pub fn recent(session: &Session, now: Timestamp) -> Result<(), Problem> {
    let recent = now.duration_since(session.authenticated_at).as_secs() < domain::session::RECENT_SECONDS;
    if recent { Ok(()) } else { Err(Kind::ReauthenticationRequired.into()) }
}
