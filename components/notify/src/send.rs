//! `POST /v1/internal/messages`: sends one message.

use axum::{body::Body, extract::Request, http::StatusCode};
use web::{Kind, Problem, body, internal, log, notify::Message};

use crate::texts;

const BODY_LIMIT: usize = 16_384;

/// Answers 204 once Brevo took the message, 422 where it refused it for good, 503 where another try is worth it.
pub(crate) async fn send(request: Request<Body>) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
    let state = crate::state().await?;
    internal::verify(&state.key, web::notify::PATH, &parts.headers, &raw)?;
    let sent = match raw.parse::<Message>()? {
        Message::Code { to, code, language } => state.brevo.sms(&to, &texts::code(language, &code)).await,
        Message::AddressTaken { to, language } => {
            let (subject, text) = texts::address_taken(language);
            state.brevo.email(&to, subject, text).await
        }
        Message::SessionReused { to, language } => {
            let (subject, text) = texts::session_reused(language);
            state.brevo.email(&to, subject, text).await
        }
        Message::AccountErased { to, receipt, language } => {
            let (subject, text) = texts::account_erased(language, &receipt);
            state.brevo.email(&to, subject, &text).await
        }
        Message::ForgetContact { user } => state.brevo.forget_contact(&user.to_string()).await,
        Message::ProviderClaim { to, provider, url, language } => {
            let (subject, text) = texts::provider_claim(language, provider, &url);
            state.brevo.email(&to, &subject, &text).await
        }
        Message::AccountReclaimed { to, provider, language } => {
            let (subject, text) = texts::account_reclaimed(language, provider);
            state.brevo.email(&to, subject, &text).await
        }
        Message::LinkAdded { to, provider, language } => {
            let (subject, text) = texts::link_added(language, provider);
            state.brevo.email(&to, &subject, &text).await
        }
        Message::LinkRemoved { to, provider, language } => {
            let (subject, text) = texts::link_removed(language, provider);
            state.brevo.email(&to, &subject, &text).await
        }
        Message::Nothing => Ok(()),
    };
    sent.map(|()| StatusCode::NO_CONTENT).map_err(|error| {
        log::failure("brevo", &error);
        match error {
            brevo::Error::Unavailable => Problem::retry(Kind::Unavailable, 5),
            brevo::Error::Refused(_) => Kind::InvalidRequest.into(),
        }
    })
}
