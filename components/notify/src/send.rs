//! `POST /v1/internal/messages`: sends one message.

use axum::{body::Body, extract::Request, http::StatusCode};
use domain::Language;
use web::{Kind, Problem, body, internal, log, notify::Message};

use crate::{
    State,
    texts::{self, Text},
};

const BODY_LIMIT: usize = 16_384;

/// Answers 204 once Brevo took the message, 422 where it refused it for good, 503 where another try is worth it.
pub(crate) async fn send(request: Request<Body>) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, BODY_LIMIT).await?;
    let state = crate::state().await?;
    internal::verify(&state.key, web::notify::PATH, &parts.headers, &raw)?;
    let sent = match raw.parse::<Message>()? {
        Message::Code { to, code, language } => state.brevo.sms(&to, &texts::code(language, &code)).await,
        Message::AddressTaken { to, language } => mail(&state, &to, language, |french| Text::AddressTaken { french }).await,
        Message::SessionReused { to, language } => mail(&state, &to, language, |french| Text::SessionReused { french }).await,
        Message::ConfirmEmail { to, language, link } => {
            mail(&state, &to, language, |french| Text::ConfirmEmail { french, link }).await
        }
        Message::ChangeEmail { to, language, link } => {
            mail(&state, &to, language, |french| Text::ChangeEmail { french, link }).await
        }
        Message::AccountErased { to, receipt, language } => {
            mail(&state, &to, language, |french| Text::AccountErased { french, receipt }).await
        }
        Message::ForgetContact { user } => state.brevo.forget_contact(&user.to_string()).await,
        Message::ProviderClaim { to, provider, url, language } => {
            mail(&state, &to, language, |french| Text::ProviderClaim { french, provider, link: url }).await
        }
        Message::AccountReclaimed { to, provider, language } => {
            mail(&state, &to, language, |french| Text::AccountReclaimed { french, provider }).await
        }
        Message::LinkAdded { to, provider, language } => {
            mail(&state, &to, language, |french| Text::LinkAdded { french, provider }).await
        }
        Message::LinkRemoved { to, provider, language } => {
            mail(&state, &to, language, |french| Text::LinkRemoved { french, provider }).await
        }
        Message::EmailChangeAsked { to, language } => {
            mail(&state, &to, language, |french| Text::EmailChangeAsked { french }).await
        }
        Message::EmailChanged { to, language } => mail(&state, &to, language, |french| Text::EmailChanged { french }).await,
        Message::ResetPassword { to, language, link } => {
            mail(&state, &to, language, |french| Text::ResetPassword { french, link }).await
        }
        Message::PasswordChanged { to, language } => mail(&state, &to, language, |french| Text::PasswordChanged { french }).await,
        Message::AccountStripped { to, language } => mail(&state, &to, language, |french| Text::AccountStripped { french }).await,
        Message::WaitlistConfirm { to, link, language } => {
            let (subject, text) = texts::waitlist_confirm(language, &link);
            state.brevo.email(&to, subject, &text, None).await
        }
        Message::Marketing { to, subject, text, link, one_click, language } => {
            let (subject, text) = texts::marketing(language, &subject, &text, &link);
            let list = format!("<{one_click}>");
            let headers = [("List-Unsubscribe", list.as_str()), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")];
            state.brevo.email_with(&to, &subject, &text, &headers).await
        }
        Message::BetaConfirm { to, link, language } => {
            let (subject, text) = texts::beta_confirm(language, &link);
            state.brevo.email(&to, subject, &text, None).await
        }
        Message::BetaDecided { to, accepted, link, language } => {
            let (subject, text) = texts::beta_decided(language, accepted, &link);
            state.brevo.email(&to, subject, &text, None).await
        }
        Message::SupportAnswered { to, language } => {
            let (subject, text) = texts::support_answered(language);
            state.brevo.email(&to, subject, text, None).await
        }
        Message::InactivityWarning { to, on, credits, language } => {
            let (subject, text) = texts::inactivity_warning(language, &on, credits);
            state.brevo.email(&to, subject, &text, None).await
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

async fn mail(state: &State, to: &str, language: Language, text: impl FnOnce(bool) -> Text) -> Result<(), brevo::Error> {
    let mail = text(language == Language::Fr).mail(language).map_err(|_| brevo::Error::Refused(0))?;
    state.brevo.email(to, &mail.subject, &mail.text, mail.html.as_deref()).await
}
