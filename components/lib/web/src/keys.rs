//! Keyed hashes under which a request's phone and address are counted (promise a23), and where a security event came from (a21).

use domain::{Email, Phone, limits};
use http::HeaderMap;
use jiff::Timestamp;
use store::accounts::{PhoneKeys, SmsLimits, events::EventOrigin, signin::SignInKeys};
use vault::MacKey;

use crate::{Problem, address, settings};

/// The key of keyed hashes and the limits an operator sets.
pub struct Limits {
    key: MacKey,
    proxy: String,
    sms_prefixes: String,
    sms_address: i32,
    sms_country: i32,
    sms_daily: i32,
    attempts: Option<i32>,
}

impl Limits {
    /// Reads the variables `limit_key`, `trusted_proxy`, `sms_prefixes`, `sms_address_limit`, `sms_country_limit`,
    /// `sms_daily_limit` and `attempts_limit`.
    ///
    /// # Errors
    /// 503 `not-configured`.
    pub async fn load() -> Result<Self, Problem> {
        Ok(Self {
            key: settings::mac_key("limit_key").await?,
            proxy: settings::proxy().await?,
            sms_prefixes: settings::optional("sms_prefixes").await?,
            sms_address: settings::number("sms_address_limit").await?,
            sms_country: settings::number("sms_country_limit").await?,
            sms_daily: settings::number("sms_daily_limit").await?,
            attempts: settings::optional_number("attempts_limit").await?,
        })
    }

    /// The keyed hashes of a phone.
    #[must_use]
    pub fn phone(&self, phone: &Phone) -> PhoneKeys {
        PhoneKeys {
            phone: self.key.lookup("phone", &[phone.expose().as_bytes()]),
            country: self.key.lookup("country", &[phone.country_prefix().as_bytes()]),
        }
    }

    /// The keyed hash of the caller's address prefix.
    #[must_use]
    pub fn address(&self, headers: &HeaderMap) -> String {
        self.key.lookup("address", &[&address::prefix(headers, &self.proxy)])
    }

    /// The id and origin of the security event that this request may cause (promise a21).
    ///
    /// # Errors
    /// 500 if the runtime has no random bytes.
    pub fn event_origin(&self, headers: &HeaderMap, now: Timestamp) -> Result<EventOrigin, Problem> {
        address::event_origin(headers, &self.proxy, now)
    }

    /// The keyed hashes under which tries to sign in to an account are counted: from the caller's address prefix, so that nobody can
    /// lock others out, and from everywhere.
    #[must_use]
    pub fn sign_in(&self, email: &Email, headers: &HeaderMap) -> SignInKeys {
        SignInKeys {
            here: self.key.lookup("sign-in", &[email.expose().as_bytes(), &address::prefix(headers, &self.proxy)]),
            everywhere: self.email(email),
            address: self.address(headers),
        }
    }

    /// The keyed hash of an email address.
    #[must_use]
    pub fn email(&self, email: &Email) -> String {
        self.key.lookup("email", &[email.expose().as_bytes()])
    }

    /// The keyed hash of a user's or session's id, for a purpose.
    #[must_use]
    pub fn subject(&self, purpose: &str, id: uuid::Uuid) -> String {
        self.key.lookup(purpose, &[id.as_bytes()])
    }

    /// The limits of one SMS.
    #[must_use]
    pub fn sms(&self, headers: &HeaderMap) -> SmsLimits {
        let all = [
            limits::SMS_PHONE_MINUTE,
            limits::SMS_PHONE_DAY,
            limits::Limit { max: self.sms_country, ..limits::SMS_COUNTRY },
            limits::Limit { max: self.sms_address, ..limits::SMS_ADDRESS },
            limits::Limit { max: self.sms_daily, ..limits::SMS_ALL },
        ];
        SmsLimits {
            address_key: self.address(headers),
            max: all.iter().map(|limit| limit.max).collect(),
            seconds: all.iter().map(|limit| limit.seconds).collect(),
        }
    }

    /// A limit on tries from one address: its own, unless the operator has set another one for all of them.
    #[must_use]
    pub fn attempts(&self, limit: limits::Limit) -> limits::Limit {
        limits::Limit { max: self.attempts.unwrap_or(limit.max), ..limit }
    }

    /// Whether an SMS may go to this country at all.
    #[must_use]
    pub fn allows(&self, phone: &Phone) -> bool {
        phone.allowed_by(&self.sms_prefixes)
    }
}
