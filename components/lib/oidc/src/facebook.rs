//! What Facebook's Graph API says: `GET /me`. It has no flag for a verified address, so that address is a claim.

use domain::Provider;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;

use crate::identity::{Identity, Raw};

/// The version of the Graph API; Meta serves each for two years or more.
pub const VERSION: &str = "v23.0";

#[derive(Deserialize)]
struct Me {
    id: String,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
}

/// Who signed in; `None` where the answer is not of its documented form.
#[must_use]
pub fn identity(me: &[u8]) -> Option<Identity> {
    let me: Me = serde_json::from_slice(me).ok()?;
    let raw = Raw {
        id: &me.id,
        email: me.email.as_deref(),
        verified: false,
        hosted: false,
        first_name: me.first_name.as_deref(),
        last_name: me.last_name.as_deref(),
    };
    Identity::of(Provider::Facebook, raw)
}

/// The parameter `appsecret_proof`, by which Graph knows that a token is used by the app it was given to.
#[must_use]
pub fn proof(access_token: &str, app_secret: &str) -> String {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()) else { return String::new() };
    hex::encode(mac.chain_update(access_token.as_bytes()).finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use domain::provider::EmailTrust;

    use super::*;

    #[test]
    fn an_address_is_only_a_claim_and_may_be_missing() {
        let me = br#"{"id": "10158", "email": "ada@gmail.com", "first_name": "Ada", "last_name": "Lovelace"}"#;
        let identity = super::identity(me).expect("an identity");
        assert_eq!((identity.external_id.as_str(), identity.trust), ("10158", EmailTrust::Claimed));
        assert_eq!(super::identity(br#"{"id": "10158"}"#).map(|identity| identity.trust), Some(EmailTrust::None));
        assert!(super::identity(br#"{"error": {"message": "Invalid OAuth access token."}}"#).is_none());
    }

    #[test]
    fn the_proof_is_an_hmac_of_the_token() {
        // RFC 4231, test case 2: the key "Jefe".
        assert_eq!(
            proof("what do ya want for nothing?", "Jefe"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
