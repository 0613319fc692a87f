//! The signature of a webhook delivery (<https://docs.stripe.com/webhooks#verify-manually>): the header `Stripe-Signature` holds a time
//! `t` and signatures `v1`, each the HMAC-SHA256, in hexadecimal, of `<t>.<body>` under one of the endpoint's secrets. While a secret
//! is being rolled there are several. Other schemes, such as the test scheme `v0`, count for nothing.

use domain::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The request header.
pub const HEADER: &str = "stripe-signature";
/// How old, or how far ahead of our clock, a signature may be, in seconds: what Stripe's own libraries take.
pub const TOLERANCE_SECONDS: i64 = 300;
/// What Stripe's secrets begin with. The whole text is the key, this part included.
const PREFIX: &str = "whsec_";
/// More signatures than any roll of secrets has; a longer header is not from Stripe.
const MAX_SIGNATURES: usize = 16;

/// The secrets of a webhook endpoint: one, or two while one is being rolled.
pub struct Secrets(Vec<Secret>);

/// A secret that is missing or is none of Stripe's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the webhook secret is missing or does not begin with whsec_")]
pub struct BadSecret;

/// Why a delivery is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The header is not of the documented form.
    #[error("the signature header is malformed")]
    Malformed,
    /// None of the signatures is right.
    #[error("no signature is right")]
    Wrong,
    /// The time is too long ago or ahead.
    #[error("the signature's time is out of tolerance")]
    Time,
}

impl Secrets {
    /// Reads secrets, separated by commas.
    ///
    /// # Errors
    /// [`BadSecret`] where one does not begin with `whsec_` or there is none.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let sound = |part: &str| part.len() > PREFIX.len() && part.starts_with(PREFIX);
        let parts: Vec<_> = text.split(',').map(str::trim).collect();
        if parts.iter().all(|part| sound(part)) { Ok(Self(parts.into_iter().map(Secret::new).collect())) } else { Err(BadSecret) }
    }

    /// Whether Stripe sent these bytes, not long ago; `now` is in seconds since 1970. Signatures are compared in constant time.
    ///
    /// # Errors
    /// [`Refused`] says why not.
    pub fn verify(&self, now: i64, header: &str, body: &[u8]) -> Result<(), Refused> {
        let mut time = None;
        let mut signatures = Vec::new();
        for part in header.split(',') {
            match part.trim().split_once('=').ok_or(Refused::Malformed)? {
                ("t", text) if time.is_none() => time = Some(text),
                ("t", _) => return Err(Refused::Malformed),
                ("v1", text) => signatures.push(text),
                _ => {}
            }
        }
        let time = time.ok_or(Refused::Malformed)?;
        // Only digits: the text is signed as it stands, and `+1` or ` 1` are not what Stripe writes.
        let seconds: i64 =
            if time.bytes().all(|byte| byte.is_ascii_digit()) { time.parse().ok() } else { None }.ok_or(Refused::Malformed)?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(Refused::Malformed);
        }
        let right = signatures.iter().filter_map(|text| hex::decode(text).ok()).any(|tag| self.sign(time, body, &tag));
        if !right {
            return Err(Refused::Wrong);
        }
        let age = now.checked_sub(seconds).ok_or(Refused::Time)?;
        if age.abs() <= TOLERANCE_SECONDS { Ok(()) } else { Err(Refused::Time) }
    }

    fn sign(&self, time: &str, body: &[u8], tag: &[u8]) -> bool {
        self.0.iter().any(|secret| {
            // A key may have any length; the error cannot happen.
            let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return false };
            mac.chain_update(time.as_bytes()).chain_update(b".").chain_update(body).verify_slice(tag).is_ok()
        })
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} webhook secrets>", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made with the official Python package, version 16.1.0:
    // stripe.WebhookSignature._compute_signature("1700000000." + BODY, "whsec_test_secret")
    const BODY: &[u8] = br#"{"id":"evt_1","object":"event"}"#;
    const SIGNED: &str = "0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd";
    const AT: i64 = 1_700_000_000;

    fn verify(secrets: &str, now: i64, header: &str, body: &[u8]) -> Result<(), Refused> {
        Secrets::parse(secrets).expect("secrets").verify(now, header, body)
    }

    fn header() -> String {
        format!("t={AT},v1={SIGNED}")
    }

    #[test]
    fn what_the_official_package_signs_is_accepted() {
        assert_eq!(verify("whsec_test_secret", AT, &header(), BODY), Ok(()));
        assert_eq!(verify("whsec_other, whsec_test_secret", AT, &header(), BODY), Ok(()), "while our secret is rolled");
        let several = format!("t={AT},v1={},v0={SIGNED},v1={SIGNED}", "0".repeat(64));
        assert_eq!(verify("whsec_test_secret", AT, &several, BODY), Ok(()), "while Stripe rolls it");
    }

    #[test]
    fn one_byte_more_or_less_another_secret_or_scheme_is_refused() {
        let more = [BODY, b" "].concat();
        for body in [&more[..], &BODY[..BODY.len() - 1], b""] {
            assert_eq!(verify("whsec_test_secret", AT, &header(), body), Err(Refused::Wrong));
        }
        assert_eq!(verify("whsec_other", AT, &header(), BODY), Err(Refused::Wrong));
        for header in
            [format!("t={AT},v0={SIGNED}"), format!("t={AT}"), format!("t={AT},v1=zz"), format!("t={AT},v1={}", &SIGNED[..62])]
        {
            assert_eq!(verify("whsec_test_secret", AT, &header, BODY), Err(Refused::Wrong), "{header}");
        }
        let later = format!("t={},v1={SIGNED}", AT + 1);
        assert_eq!(verify("whsec_test_secret", AT, &later, BODY), Err(Refused::Wrong), "the time is signed too");
    }

    #[test]
    fn a_time_is_good_for_five_minutes_each_way() {
        for now in [AT - 300, AT, AT + 300] {
            assert_eq!(verify("whsec_test_secret", now, &header(), BODY), Ok(()), "{now}");
        }
        for now in [AT - 301, AT + 301, i64::MIN, i64::MAX] {
            assert_eq!(verify("whsec_test_secret", now, &header(), BODY), Err(Refused::Time), "{now}");
        }
    }

    #[test]
    fn what_is_no_header_of_stripes_is_malformed() {
        let headers = [
            String::new(),
            "v1".to_owned(),
            format!("v1={SIGNED}"),
            format!("t=,v1={SIGNED}"),
            format!("t=+{AT},v1={SIGNED}"),
            format!("t=x,v1={SIGNED}"),
            format!("t={AT},t={AT},v1={SIGNED}"),
            format!("t={AT}{}", format!(",v1={SIGNED}").repeat(MAX_SIGNATURES + 1)),
        ];
        for header in headers {
            assert_eq!(verify("whsec_test_secret", AT, &header, BODY), Err(Refused::Malformed), "{header}");
        }
    }

    #[test]
    fn a_secret_that_is_none_of_stripes_is_refused() {
        for text in ["", "whsec_", "secret", "whsec_a,", "whsec_a,b", "sk_test_1"] {
            assert!(Secrets::parse(text).is_err(), "{text}");
        }
        assert!(!format!("{:?}", Secrets::parse("whsec_hidden").expect("a secret")).contains("hidden"));
    }
}
