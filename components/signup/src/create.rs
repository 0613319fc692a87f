//! `POST /v1/signup`.
//!
//! A taken address answers exactly like a fresh one: the same work (one hash, one statement, one call of `notify`), the same
//! answer, and a decoy verification that never verifies (contract, *No oracle*). The owner of the address is told by email.

use axum::{
    Json,
    body::Body,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{Email, POLICY_VERSION, Password, PersonName, Phone, limits::SIGNUP_PHONE, otp};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::accounts::signup::{self, NewCode, Outcome};
use utoipa::ToSchema;
use uuid::Uuid;
use vault::{UserSalt, password, random};
use web::{Context, Kind, Problem, body, notify::Message, problem::FieldError};

const BODY_LIMIT: usize = 16_384;

/// A sign-up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signup {
    /// An email address. Letter case and surrounding space do not matter.
    #[schema(max_length = 254)]
    email: String,
    /// 12 to 128 characters, not a common one.
    #[schema(value_type = String, min_length = 12, max_length = 128)]
    password: Password,
    /// In international form, such as `+33612345678`.
    phone: String,
    /// Up to 100 characters.
    #[schema(value_type = Option<String>, max_length = 100)]
    first_name: Option<PersonName>,
    /// Up to 100 characters.
    #[schema(value_type = Option<String>, max_length = 100)]
    last_name: Option<PersonName>,
}

/// A code is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verification {
    /// Goes with the code to `POST /v1/otp/verify`.
    verification_id: Uuid,
    /// When the code ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Signs up; the code comes by SMS.
#[utoipa::path(
    post, path = "/v1/signup", tag = "accounts", request_body = Signup,
    responses(
        (status = 202, description = "A code was sent, or the address is taken and its owner was told: the answer is the same", body = Verification),
        web::responses::Unavailable, web::responses::JsonBody, web::responses::RateLimited,
    )
)]
pub(crate) async fn create(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
    let state = crate::state().await?;
    let input: Signup = raw.parse()?;
    let (email, phone) = input.check(|phone| state.limits.allows(phone))?;

    // Hashed before anything is looked up: whether the address is taken must not show in the time.
    let password_hash = password::hash(&input.password)?;
    let now = web::now();
    let (verification_id, code) = (random::uuid_v4()?, random::otp_code()?);
    let code_expires = web::after(now, otp::CODE_SECONDS);
    let salt = UserSalt::random()?;
    let outcome = signup::begin(
        &state.accounts,
        now,
        signup::Signup {
            user: web::uuid_v7(now)?.into(),
            tenant: web::uuid_v7(now)?.into(),
            salt: salt.as_bytes(),
            email: &email,
            password_hash: &password_hash,
            phone: &phone,
            first_name: input.first_name.as_ref(),
            last_name: input.last_name.as_ref(),
            language: context.language,
            policy_version: POLICY_VERSION,
        },
        NewCode {
            verification: &web::otp::stored_id(&state.codes, verification_id),
            code: &web::otp::stored_code(&state.codes, verification_id, &code),
            code_expires,
            expires: web::after(now, otp::VERIFICATION_SECONDS),
        },
        &state.limits.phone(&phone),
        &state.limits.sms(&parts.headers),
        SIGNUP_PHONE,
        &state.limits.event_origin(&parts.headers, now)?,
    )
    .await?;

    state.notifier.send_later(match outcome {
        Outcome::Sent => {
            Message::Code { to: phone.expose().to_owned(), code: code.expose().to_owned(), language: context.language }
        }
        Outcome::Taken(language) => Message::AddressTaken { to: email.expose().to_owned(), language },
        Outcome::Rate(seconds) => return Err(Problem::retry(Kind::RateLimited, seconds)),
    });
    Ok((StatusCode::ACCEPTED, Json(Verification { verification_id, expires_at: code_expires })).into_response())
}

impl Signup {
    /// Checks every field, so that a person sees all that is wrong at once.
    fn check(&self, country_allowed: impl Fn(&Phone) -> bool) -> Result<(Email, Phone), Problem> {
        let mut errors = Vec::new();
        let mut note = |field: &str, message: String| errors.push(FieldError { field: field.to_owned(), message });
        let email = Email::parse(&self.email).map_err(|error| note("email", error.to_string()));
        let names = [&self.first_name, &self.last_name].map(|name| name.as_ref().map_or("", PersonName::expose));
        if let Err(error) = self.password.parse_for(&[self.email.trim(), &self.phone, names[0], names[1]]) {
            note("password", error.to_string());
        }
        let phone = Phone::parse(&self.phone).map_err(|error| note("phone", error.to_string()));
        if phone.as_ref().is_ok_and(|phone| !country_allowed(phone)) {
            note("phone", "is of a country we do not send SMS to".to_owned());
        }
        for (field, name) in [("first_name", &self.first_name), ("last_name", &self.last_name)] {
            if let Some(Err(error)) = name.as_ref().map(PersonName::parse) {
                note(field, error.to_string());
            }
        }
        match (email, phone) {
            (Ok(email), Ok(phone)) if errors.is_empty() => Ok((email, phone)),
            _ => Err(Problem::fields(&errors)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_field_is_named_at_once() {
        let input = Signup {
            email: "nobody".to_owned(),
            password: Password::new("short"),
            phone: "0612".to_owned(),
            first_name: Some(PersonName::new("a\0b")),
            last_name: Some(PersonName::new(" ")),
        };
        let problem = input.check(|_| true).expect_err("is refused");
        let document = problem.document(domain::Language::En, Uuid::nil());
        let fields: Vec<_> = document["errors"].as_array().expect("errors").iter().map(|error| error["field"].clone()).collect();
        assert_eq!(fields, ["email", "password", "phone", "first_name", "last_name"]);
    }

    #[test]
    fn a_country_that_is_not_allowed_is_refused() {
        let input = Signup {
            email: "jane@example.com".to_owned(),
            password: Password::new("correct horse battery"),
            phone: "+41791234567".to_owned(),
            first_name: None,
            last_name: None,
        };
        assert!(input.check(|_| true).is_ok());
        assert!(input.check(|_| false).is_err());
    }
}
