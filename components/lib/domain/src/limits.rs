//! Every rate limit, in one place. A limit is a number of takes in a window that begins with its first take.

/// One limit: at most `max` takes in `seconds`. The window never exceeds 24 hours (promise a23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is counted; part of the keyed hash, so that two limits on one value do not share a row.
    pub name: &'static str,
    /// Takes in a window.
    pub max: i32,
    /// Length of the window in seconds, 86,400 at most.
    pub seconds: i32,
}

const DAY: i32 = 86_400;

/// SMS for one phone, over all accounts and purposes: 1 a minute.
pub const SMS_PHONE_MINUTE: Limit = Limit { name: "sms-phone-minute", max: 1, seconds: 60 };
/// SMS for one phone: 5 a day.
pub const SMS_PHONE_DAY: Limit = Limit { name: "sms-phone-day", max: 5, seconds: DAY };
/// SMS asked from one address prefix (IPv4 /24, IPv6 /56): 30 an hour.
pub const SMS_ADDRESS: Limit = Limit { name: "sms-address", max: 30, seconds: 3_600 };
/// SMS for one country code: 200 an hour, so that a fraud on one country does not use up the day for all.
pub const SMS_COUNTRY: Limit = Limit { name: "sms-country", max: 200, seconds: 3_600 };
/// SMS in all: the operator's daily spending limit (`sms_daily_limit`).
pub const SMS_ALL: Limit = Limit { name: "sms-all", max: 1_000, seconds: DAY };
/// Sign-ups for one phone: 3 a day, counted alike for a fresh and for a taken email.
pub const SIGNUP_PHONE: Limit = Limit { name: "signup-phone", max: 3, seconds: DAY };
/// Codes tried from one address prefix: 60 in ten minutes.
pub const OTP_ADDRESS: Limit = Limit { name: "otp-address", max: 60, seconds: 600 };
/// Passwords tried from one address prefix: 100 in ten minutes.
pub const SIGNIN_ADDRESS: Limit = Limit { name: "signin-address", max: 100, seconds: 600 };
/// Sign-ins with a provider begun from one address prefix: 100 in ten minutes.
pub const OAUTH_ADDRESS: Limit = Limit { name: "oauth-address", max: 100, seconds: 600 };
/// Answers of providers brought back from one address prefix: 100 in ten minutes.
pub const OAUTH_CALLBACK: Limit = Limit { name: "oauth-callback", max: 100, seconds: 600 };
/// Messages that ask an address to confirm a sign-in with a provider: 3 an hour.
pub const CLAIM_EMAIL: Limit = Limit { name: "claim-email", max: 3, seconds: 3_600 };
/// Such messages caused from one address prefix: 30 an hour.
pub const CLAIM_ADDRESS: Limit = Limit { name: "claim-address", max: 30, seconds: 3_600 };
/// Passwords tried by a session that is signed in: 5 in a quarter of an hour, so that a stolen token is no way to guess one.
pub const PASSWORD_SESSION: Limit = Limit { name: "password-session", max: 5, seconds: 900 };
/// Forgotten passwords from one address prefix: 20 in ten minutes.
pub const FORGOT_ADDRESS: Limit = Limit { name: "forgot-address", max: 20, seconds: 600 };
/// Tokens of mails tried from one address prefix, each with a password's hash or less: 60 in ten minutes.
pub const TOKEN_ADDRESS: Limit = Limit { name: "token-address", max: 60, seconds: 600 };
/// New addresses that one person asks for: 5 an hour.
pub const EMAIL_USER: Limit = Limit { name: "email-user", max: 5, seconds: 3_600 };
/// Mails with a token to one address, whoever asks for them: 3 an hour. Beyond that none is sent, and nothing is said.
pub const MAIL: Limit = Limit { name: "mail", max: 3, seconds: 3_600 };
/// Renderings for one session: 120 a minute.
pub const RENDER_SESSION: Limit = Limit { name: "render-session", max: 120, seconds: 60 };
/// Gift codes tried by one person: 10 an hour.
pub const GIFT_USER: Limit = Limit { name: "gift-user", max: 10, seconds: 3_600 };
/// Gift codes tried from one address prefix: 100 an hour. With 100 random bits a code, guessing is hopeless long before.
pub const GIFT_ADDRESS: Limit = Limit { name: "gift-address", max: 100, seconds: 3_600 };
/// Checkouts and visits to the portal that one person begins: 20 an hour, each of which costs calls to Stripe.
pub const CHECKOUT_USER: Limit = Limit { name: "checkout-user", max: 20, seconds: 3_600 };
/// Forms (waitlist, beta) sent from one address prefix: 20 an hour.
pub const FORM_ADDRESS: Limit = Limit { name: "form-address", max: 20, seconds: 3_600 };
/// Forms sent for one email: 3 a day, on the list or not, so that nobody fills somebody else's mailbox.
pub const FORM_EMAIL: Limit = Limit { name: "form-email", max: 3, seconds: DAY };
/// Support requests of one user in a sliding day.
pub const SUPPORT_PER_DAY: i32 = 10;
/// Generations of one user in a sliding minute (promise b04).
pub const GENERATIONS_PER_MINUTE: i32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_a23_no_window_exceeds_a_day() {
        for limit in [
            SMS_PHONE_MINUTE,
            SMS_PHONE_DAY,
            SMS_ADDRESS,
            SMS_COUNTRY,
            SMS_ALL,
            SIGNUP_PHONE,
            OTP_ADDRESS,
            SIGNIN_ADDRESS,
            OAUTH_ADDRESS,
            OAUTH_CALLBACK,
            CLAIM_EMAIL,
            CLAIM_ADDRESS,
            PASSWORD_SESSION,
            FORGOT_ADDRESS,
            TOKEN_ADDRESS,
            EMAIL_USER,
            MAIL,
            RENDER_SESSION,
            GIFT_USER,
            GIFT_ADDRESS,
            CHECKOUT_USER,
            FORM_ADDRESS,
            FORM_EMAIL,
        ] {
            assert!(limit.seconds > 0 && limit.seconds <= DAY && limit.max > 0, "{}", limit.name);
        }
    }
}
