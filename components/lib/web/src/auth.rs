//! Bearer tokens (RFC 6750).

use domain::{Secret, SessionId, UserId};
use http::{HeaderMap, header};
use jiff::Timestamp;
use store::{
    Database,
    accounts::sessions::{self, Session},
};
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
    let token = token(headers).ok_or(Kind::Unauthenticated)?;
    let claims: Claims = verifier.verify(token, now.as_second()).map_err(|_| Kind::Unauthenticated)?;
    context.signed_in(claims.sub, claims.tid);
    Ok(Bearer { user: claims.sub, session: claims.sid })
}

/// The answer to a request that is not good: its own problem, unless the bearer's session has ended, which comes first in the order of
/// the contract. Asked only then, so that a good request needs no statement of its own for it.
pub async fn refused(accounts: &Database, bearer: &Bearer, problem: Problem, now: Timestamp) -> Problem {
    match sessions::read(accounts, now, bearer.session, bearer.user).await {
        Ok(Some(_)) => problem,
        Ok(None) => Kind::Unauthenticated.into(),
        Err(error) => error.into(),
    }
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

/// Whether the bearer token is this one, compared in constant time: that of an operator, which belongs to no session.
///
/// # Errors
/// 401 where it is missing or another.
pub fn bearer_is(headers: &HeaderMap, expected: &Secret) -> Result<(), Problem> {
    let same = token(headers).is_some_and(|token| vault::same(token.as_bytes(), expected.expose().as_bytes()));
    if same { Ok(()) } else { Err(Kind::Unauthenticated.into()) }
}

/// The token of the only `Authorization` header.
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_very_token_is_an_operators() {
        let expected = Secret::new("0123456789abcdef");
        let try_with = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            bearer_is(&headers, &expected).is_ok()
        };
        assert!(try_with(&["Bearer 0123456789abcdef"]) && try_with(&["bearer  0123456789abcdef"]));
        for values in [
            &[][..],
            &[""],
            &["Bearer"],
            &["Bearer "],
            &["Basic 0123456789abcdef"],
            &["Bearer 0123456789abcde"],
            &["Bearer 0123456789abcdef0"],
            &["Bearer 0123456789abcdeF"],
            &["Bearer 0123456789abcdef", "Bearer 0123456789abcdef"],
        ] {
            assert!(!try_with(values), "{values:?}");
        }
    }
}
