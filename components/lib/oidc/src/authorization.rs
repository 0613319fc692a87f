//! The address a browser is sent to, and what it brings back.

use domain::Secret;
use form_urlencoded::Serializer;

/// What an authorization request says (RFC 6749, 4.1.1; RFC 7636, 4.3; `OpenID` Connect Core 1.0, 3.1.2.1).
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The provider's page.
    pub endpoint: &'a str,
    /// Who we are there.
    pub client: &'a str,
    /// Where the browser comes back to: one fixed address for each provider.
    pub redirect: &'a str,
    /// What we ask to know.
    pub scope: &'a str,
    /// Binds the answer to the browser.
    pub state: &'a str,
    /// Binds the ID token to this try, where there will be one.
    pub nonce: Option<&'a str>,
    /// Binds the code to this try, where the provider knows PKCE.
    pub challenge: Option<&'a str>,
}

impl Request<'_> {
    /// The whole address.
    #[must_use]
    pub fn url(&self) -> String {
        let mut query = Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client)
            .append_pair("redirect_uri", self.redirect)
            .append_pair("scope", self.scope)
            .append_pair("state", self.state);
        if let Some(nonce) = self.nonce {
            query.append_pair("nonce", nonce);
        }
        if let Some(challenge) = self.challenge {
            query.append_pair("code_challenge", challenge).append_pair("code_challenge_method", "S256");
        }
        let separator = if self.endpoint.contains('?') { '&' } else { '?' };
        format!("{}{separator}{}", self.endpoint, query.finish())
    }
}

/// What a browser brings back (RFC 6749, 4.1.2; RFC 9207). What else providers add is nothing to us.
#[derive(Debug, Default)]
pub struct Response {
    /// To be exchanged for tokens.
    pub code: Option<Secret>,
    /// As we sent it.
    pub state: Option<Secret>,
    /// The provider that answers, where it says so.
    pub issuer: Option<String>,
    /// The provider, or the person, said no.
    pub refused: bool,
}

/// A parameter occurs twice: which of the two counts would depend on who reads them (RFC 6749, 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a parameter occurs twice")]
pub struct Repeated;

impl Response {
    /// Reads a query.
    ///
    /// # Errors
    /// [`Repeated`].
    pub fn parse(query: &str) -> Result<Self, Repeated> {
        let mut response = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let known = match name.as_ref() {
                "code" => response.code.replace(Secret::new(value)).is_some(),
                "state" => response.state.replace(Secret::new(value)).is_some(),
                "iss" => response.issuer.replace(value.into_owned()).is_some(),
                "error" => std::mem::replace(&mut response.refused, true),
                _ => false,
            };
            if known {
                return Err(Repeated);
            }
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_escaped() {
        let request = Request {
            endpoint: "https://provider.example/authorize",
            client: "a&b=c",
            redirect: "https://asknpic.example/v1/oauth/google/callback",
            scope: "openid email",
            state: "s",
            nonce: Some("n"),
            challenge: Some("c"),
        };
        assert_eq!(
            request.url(),
            "https://provider.example/authorize?response_type=code&client_id=a%26b%3Dc\
             &redirect_uri=https%3A%2F%2Fasknpic.example%2Fv1%2Foauth%2Fgoogle%2Fcallback&scope=openid+email&state=s&nonce=n\
             &code_challenge=c&code_challenge_method=S256"
        );
        let bare = Request { endpoint: "https://provider.example/?x=1", nonce: None, challenge: None, ..request };
        assert!(bare.url().starts_with("https://provider.example/?x=1&response_type=code&"), "{}", bare.url());
        assert!(!bare.url().contains("nonce") && !bare.url().contains("challenge"));
    }

    #[test]
    fn an_answer_is_read_once() {
        let response = Response::parse("code=a%2Fb&state=s&iss=https%3A%2F%2Fx&scope=email").expect("an answer");
        assert_eq!(response.code.as_ref().map(Secret::expose), Some("a/b"));
        assert_eq!(response.state.as_ref().map(Secret::expose), Some("s"));
        assert_eq!((response.issuer.as_deref(), response.refused), (Some("https://x"), false));
        assert!(Response::parse("error=access_denied&state=s").expect("an answer").refused);
        for twice in ["code=a&code=b", "state=a&state=a", "iss=a&iss=b", "error=a&error=b"] {
            assert_eq!(Response::parse(twice).err(), Some(Repeated), "{twice}");
        }
    }
}
