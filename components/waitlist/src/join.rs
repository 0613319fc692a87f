//! `POST /v1/waitlist` and `POST /v1/waitlist/confirm`: double opt-in (promise a01).

use axum::{body::Body, extract::Request, http::StatusCode};
use domain::{Email, Language, POLICY_VERSION, contact};
use serde::Deserialize;
use store::accounts::waitlist;
use utoipa::ToSchema;
use vault::random;
use web::{
    Kind, Problem, body,
    contact::{Purpose, link, one_click, read},
    notify::Message,
    problem::ProblemDocument,
};

use crate::forms::{Errors, Token};

/// What somebody on the waitlist wants to hear about.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Interest {
    /// Becoming a beta tester.
    Beta,
    /// The launch.
    Launch,
}

impl From<Interest> for contact::Interest {
    fn from(interest: Interest) -> Self {
        match interest {
            Interest::Beta => Self::Beta,
            Interest::Launch => Self::Launch,
        }
    }
}

/// A wish to be on the waitlist.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Join {
    /// An email address.
    #[schema(max_length = 254)]
    email: String,
    /// What to hear about.
    interest: Interest,
    /// The path of the page that the form is on; below `/fr/` or `/en/`, which is the language we write in.
    #[schema(max_length = 200, pattern = "^/(en|fr)/")]
    page: String,
    /// That we may write to this address: true.
    consent: bool,
}

impl Join {
    fn check(&self) -> Result<(Email, Language), Problem> {
        let mut errors = Errors::default();
        let (email, language) = (errors.email(&self.email), errors.page(&self.page));
        errors.agreed("consent", self.consent);
        match (email, language) {
            (Some(email), Some(language)) if errors.0.is_empty() => Ok((email, language)),
            _ => Err(Problem::fields(&errors.0)),
        }
    }
}

/// Asks the owner of the address to confirm. The answer is the same whether or not the address is on the list.
#[utoipa::path(
    post, path = "/v1/waitlist", tag = "contact", request_body = Join,
    responses(
        (status = 202, description = "A mail with a link was sent to the address; nobody is on the list before it is followed"),
        web::responses::Unavailable, web::responses::JsonBody, web::responses::RateLimited,
    )
)]
pub(crate) async fn join(request: Request<Body>) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let input: Join = raw.parse()?;
    let (email, language) = input.check()?;

    let (now, id) = (web::now(), random::uuid_v4()?);
    let [address, mails] = state.counted(&parts.headers, &email);
    let wish = waitlist::Wish {
        id,
        email: &email,
        interest: input.interest.into(),
        language,
        consent_version: POLICY_VERSION,
        expires: web::after(now, contact::CONFIRM_SECONDS),
    };
    let wait = waitlist::ask(&state.accounts, now, wish, &[(address.0, &address.1), (mails.0, &mails.1)]).await?;
    if wait > 0 {
        return Err(Problem::retry(Kind::RateLimited, wait));
    }
    let link = link(&state.public_url, language, &state.tokens, Purpose::WaitlistConfirm, id);
    state.notifier.send_later(Message::WaitlistConfirm { to: email.expose().to_owned(), link, language });
    Ok(StatusCode::ACCEPTED)
}

/// Puts the address on the list. A link that was followed before, replaced or is a week old is 410.
#[utoipa::path(
    post, path = "/v1/waitlist/confirm", tag = "contact", request_body = Token,
    responses(
        (status = 204, description = "On the list; a welcome with the links that end it was sent"),
        (status = 410, description = "`token-expired`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::Unavailable, web::responses::JsonBody,
    )
)]
pub(crate) async fn confirm(request: Request<Body>) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let input: Token = raw.parse()?;
    let id = read(&state.tokens, Purpose::WaitlistConfirm, &input.token).ok_or(Kind::TokenExpired)?;
    let entry = waitlist::confirm(&state.accounts, web::now(), id).await?.ok_or(Kind::TokenExpired)?;
    state.notifier.send_later(Message::Marketing {
        to: entry.email,
        subject: String::new(),
        text: String::new(),
        link: link(&state.public_url, entry.language, &state.tokens, Purpose::WaitlistLeave, entry.id),
        one_click: one_click(&state.public_url, &state.tokens, entry.id),
        language: entry.language,
    });
    Ok(StatusCode::NO_CONTENT)
}
