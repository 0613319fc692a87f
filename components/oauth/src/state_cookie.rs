//! The cookie `oauth_state`: which browser began. `Lax`, because the provider's redirect must bring it back.

use domain::session::OAUTH_SECONDS;
use http::HeaderValue;
use oidc::Attempt;
use web::{Kind, Problem};

/// Its name.
pub(crate) const NAME: &str = "oauth_state";

/// Sets it for the ten minutes of a sign-in.
///
/// # Errors
/// 500 where its value is no header value, which base64url always is.
pub(crate) fn set(attempt: &Attempt) -> Result<HeaderValue, Problem> {
    let browser = attempt.browser();
    let text = format!("{NAME}={browser}; Max-Age={OAUTH_SECONDS}; Path=/v1/oauth; HttpOnly; Secure; SameSite=Lax");
    let mut value = HeaderValue::from_str(&text).map_err(|_| Kind::Internal)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Clears it.
pub(crate) fn clear() -> HeaderValue {
    HeaderValue::from_static("oauth_state=; Max-Age=0; Path=/v1/oauth; HttpOnly; Secure; SameSite=Lax")
}

#[cfg(test)]
mod tests {
    use domain::Provider;

    use super::*;

    #[test]
    fn the_cookie_has_the_attributes_of_the_contract() {
        let attempt = Attempt::new(Provider::Google).expect("random");
        let value = set(&attempt).expect("a value");
        let (pair, attributes) = value.to_str().expect("text").split_once("; ").expect("attributes");
        assert_eq!(pair, format!("oauth_state={}", attempt.browser()));
        assert_eq!(attributes, "Max-Age=600; Path=/v1/oauth; HttpOnly; Secure; SameSite=Lax");
        assert!(clear().to_str().expect("text").ends_with("; Path=/v1/oauth; HttpOnly; Secure; SameSite=Lax"));
    }
}
