//! `POST /v1/beta`, `POST /v1/beta/confirm` and `PUT /v1/beta/consents` (promise a07). Whom to take is decided by a person, with
//! `asknpic beta`; nothing here can.

use axum::{body::Body, extract::Request, http::StatusCode};
use domain::{
    Email, Language, POLICY_VERSION,
    contact::{ANSWER_MAX_CHARS, Country, FormText, MOTIVATION_MAX_CHARS},
};
use serde::Deserialize;
use store::accounts::beta;
use utoipa::ToSchema;
use vault::random;
use web::{
    Kind, Problem, body,
    contact::{Purpose, link, read},
    notify::Message,
    problem::ProblemDocument,
};

use crate::forms::{Errors, Token};

/// A candidacy for the beta test.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Candidacy {
    /// An email address.
    #[schema(max_length = 254)]
    email: String,
    /// What you do, up to 500 characters.
    #[schema(value_type = String, max_length = 500)]
    profile: FormText,
    /// Two capital letters (ISO 3166-1).
    #[schema(pattern = "^[A-Z]{2}$")]
    country: String,
    /// What you work with, up to 500 characters.
    #[schema(value_type = Option<String>, max_length = 500)]
    tools: Option<FormText>,
    /// Which visuals you make, up to 500 characters.
    #[schema(value_type = Option<String>, max_length = 500)]
    visuals: Option<FormText>,
    /// How often, up to 500 characters.
    #[schema(value_type = Option<String>, max_length = 500)]
    frequency: Option<FormText>,
    /// Why you want to test, up to 2,000 characters.
    #[schema(value_type = Option<String>, max_length = 2000)]
    motivation: Option<FormText>,
    /// The path of the page that the form is on; below `/fr/` or `/en/`, which is the language we write in.
    #[schema(max_length = 200, pattern = "^/(en|fr)/")]
    page: String,
    /// Consent to take part: true.
    participation: bool,
    /// Consent that generations improve the model; a choice of its own.
    training: bool,
}

impl Candidacy {
    fn check(&self) -> Result<(Email, Country, Language), Problem> {
        let mut errors = Errors::default();
        let email = errors.email(&self.email);
        if let Err(error) = self.profile.line(ANSWER_MAX_CHARS) {
            errors.note("profile", &error);
        }
        let country = Country::parse(&self.country).map_err(|error| errors.note("country", &error)).ok();
        for (field, text, max) in [
            ("tools", &self.tools, ANSWER_MAX_CHARS),
            ("visuals", &self.visuals, ANSWER_MAX_CHARS),
            ("frequency", &self.frequency, ANSWER_MAX_CHARS),
            ("motivation", &self.motivation, MOTIVATION_MAX_CHARS),
        ] {
            if let Some(Err(error)) = text.as_ref().map(|text| text.lines(max)) {
                errors.note(field, &error);
            }
        }
        let language = errors.page(&self.page);
        errors.agreed("participation", self.participation);
        match (email, country, language) {
            (Some(email), Some(country), Some(language)) if errors.0.is_empty() => Ok((email, country, language)),
            _ => Err(Problem::fields(&errors.0)),
        }
    }
}

/// The two consents of a candidacy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Consents {
    /// From the link's fragment.
    #[schema(max_length = 44)]
    token: String,
    /// Whether to take part.
    participation: bool,
    /// Whether generations may improve the model.
    training: bool,
}

/// Takes a candidacy; a person will read it once the owner of the address has confirmed it. A confirmed one of before stays as it is, and
/// the answer is the same.
#[utoipa::path(
    post, path = "/v1/beta", tag = "contact", request_body = Candidacy,
    responses(
        (status = 202, description = "A mail with a link was sent to the address"),
        web::responses::Unavailable, web::responses::JsonBody, web::responses::RateLimited,
    )
)]
pub(crate) async fn apply(request: Request<Body>) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let input: Candidacy = raw.parse()?;
    let (email, country, language) = input.check()?;

    let candidacy = beta::Candidacy {
        id: random::uuid_v4()?,
        email: &email,
        profile: &input.profile,
        country,
        tools: input.tools.as_ref(),
        visuals: input.visuals.as_ref(),
        frequency: input.frequency.as_ref(),
        motivation: input.motivation.as_ref(),
        language,
        consent_version: POLICY_VERSION,
        training: input.training,
    };
    let [address, mails] = state.counted(&parts.headers, &email);
    let limits = [(address.0, address.1.as_str()), (mails.0, mails.1.as_str())];
    match beta::apply(&state.accounts, web::now(), candidacy, &limits).await? {
        beta::Applied::Rate(wait) => Err(Problem::retry(Kind::RateLimited, wait)),
        beta::Applied::Candidacy(id, language) => {
            let link = link(&state.public_url, language, &state.tokens, Purpose::Beta, id);
            state.notifier.send_later(Message::BetaConfirm { to: email.expose().to_owned(), link, language });
            Ok(StatusCode::ACCEPTED)
        }
    }
}

/// The owner of the address confirms the candidacy.
#[utoipa::path(
    post, path = "/v1/beta/confirm", tag = "contact", request_body = Token,
    responses(
        (status = 204, description = "Confirmed; a person will read it"),
        (status = 410, description = "`token-expired`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::Unavailable, web::responses::JsonBody,
    )
)]
pub(crate) async fn confirm(request: Request<Body>) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let input: Token = raw.parse()?;
    let id = read(&state.tokens, Purpose::Beta, &input.token).ok_or(Kind::TokenExpired)?;
    if beta::confirm(&state.accounts, web::now(), id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Kind::TokenExpired.into())
    }
}

/// Gives or withdraws each of the two consents of a confirmed candidacy, at any time.
#[utoipa::path(
    put, path = "/v1/beta/consents", tag = "contact", request_body = Consents,
    responses(
        (status = 204, description = "It counts from now on"),
        (status = 410, description = "`token-expired`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::Unavailable, web::responses::JsonBody,
    )
)]
pub(crate) async fn consents(request: Request<Body>) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let input: Consents = raw.parse()?;
    let id = read(&state.tokens, Purpose::Beta, &input.token).ok_or(Kind::TokenExpired)?;
    let changed = beta::consents(&state.accounts, web::now(), id, input.participation, input.training).await?;
    if changed { Ok(StatusCode::NO_CONTENT) } else { Err(Kind::TokenExpired.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_field_is_named_at_once() {
        let input = Candidacy {
            email: "x".to_owned(),
            profile: FormText::new(" "),
            country: "ch".to_owned(),
            tools: Some(FormText::new("a\0b")),
            visuals: None,
            frequency: None,
            motivation: Some(FormText::new("é".repeat(2_001))),
            page: "/de/".to_owned(),
            participation: false,
            training: false,
        };
        let document = input
            .check()
            .expect_err("is refused")
            .document(Language::En, "00000000-0000-0000-0000-000000000000".parse().expect("an id"));
        let fields: Vec<_> = document["errors"].as_array().expect("errors").iter().map(|error| error["field"].clone()).collect();
        assert_eq!(fields, ["email", "profile", "country", "tools", "motivation", "page", "participation"]);
    }
}
