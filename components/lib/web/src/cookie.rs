//! The refresh cookie (promise a66): host-only, `HttpOnly; Secure; SameSite=Strict; Path=/v1/session`.

use domain::Secret;
use http::{HeaderMap, HeaderValue, header};

use crate::{Kind, Problem};

/// Its name.
pub const NAME: &str = "refresh_token";
const ATTRIBUTES: &str = "Path=/v1/session; HttpOnly; Secure; SameSite=Strict";

/// The refresh token of a request.
///
/// # Errors
/// 400 if there are two such cookies: one of them was planted.
pub fn refresh_token(headers: &HeaderMap) -> Result<Option<Secret>, Problem> {
    only(headers, NAME)
}

/// The value of the one cookie of a name.
///
/// # Errors
/// 400 if there are two of them.
pub fn only(headers: &HeaderMap, wanted: &str) -> Result<Option<Secret>, Problem> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == wanted)
        .map(|(_, value)| Secret::new(value));
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(Kind::MalformedRequest.into()),
        (first, None) => Ok(first),
    }
}

/// Sets the cookie for so many seconds.
///
/// # Errors
/// [`Kind::Internal`] where the token is no header value, which base64url always is.
pub fn set(token: &str, seconds: i64) -> Result<HeaderValue, Problem> {
    let mut value =
        HeaderValue::from_str(&format!("{NAME}={token}; Max-Age={seconds}; {ATTRIBUTES}")).map_err(|_| Kind::Internal)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Clears the cookie.
#[must_use]
pub fn clear() -> HeaderValue {
    HeaderValue::from_static("refresh_token=; Max-Age=0; Path=/v1/session; HttpOnly; Secure; SameSite=Strict")
}

/// Refuses a call that a page of another origin makes: `Origin` and `Sec-Fetch-Site`, where present, must be our own.
///
/// # Errors
/// 403 otherwise.
pub fn same_origin(headers: &HeaderMap, public_url: &str) -> Result<(), Problem> {
    let text =
        |name: &str| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default().to_owned()).collect::<Vec<_>>();
    let origin = text("origin").iter().all(|origin| origin.eq_ignore_ascii_case(public_url));
    let site = text("sec-fetch-site").iter().all(|site| matches!(site.as_str(), "same-origin" | "none"));
    if origin && site { Ok(()) } else { Err(Kind::OriginRefused.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(*name, HeaderValue::from_static(value));
            headers
        })
    }

    #[test]
    fn one_cookie_is_read_and_two_are_refused() {
        let read = |pairs: &[(&'static str, &'static str)]| {
            refresh_token(&headers(pairs)).map(|token| token.map(|token| token.expose().to_owned()))
        };
        assert_eq!(read(&[("cookie", "theme=dark; refresh_token=abc")]).ok(), Some(Some("abc".to_owned())));
        assert_eq!(read(&[("cookie", "xrefresh_token=abc")]).ok(), Some(None));
        assert!(read(&[("cookie", "refresh_token=a; refresh_token=b")]).is_err());
        assert!(read(&[("cookie", "refresh_token=a"), ("cookie", "refresh_token=b")]).is_err());
    }

    #[test]
    fn promise_a66_the_cookie_has_its_attributes() {
        let value = set("abc", 604_800).expect("a value");
        assert_eq!(
            value.to_str().ok(),
            Some("refresh_token=abc; Max-Age=604800; Path=/v1/session; HttpOnly; Secure; SameSite=Strict")
        );
    }

    #[test]
    fn another_origin_is_refused() {
        let check = |pairs: &[(&'static str, &'static str)]| same_origin(&headers(pairs), "https://asknpic.example").is_ok();
        assert!(check(&[]));
        assert!(check(&[("origin", "https://asknpic.example"), ("sec-fetch-site", "same-origin")]));
        assert!(!check(&[("origin", "https://evil.example")]));
        assert!(!check(&[("origin", "null")]));
        assert!(!check(&[("sec-fetch-site", "cross-site")]));
        assert!(!check(&[("sec-fetch-site", "same-site")]));
    }
}
