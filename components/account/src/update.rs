//! `PATCH /v1/me`.

use axum::{
    Json,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use domain::{
    Email, Language, Patch, PersonName,
    limits::{EMAIL_USER, MAIL},
    session::CONFIRM_SECONDS,
};
use serde::Deserialize;
use store::accounts::me::{self, Change, Changed, ToNew};
use utoipa::ToSchema;
use web::{
    Context, Kind, Problem, auth, body,
    email_token::{EmailToken, Page},
    notify::Message,
    problem::{FieldError, ProblemDocument},
};

use crate::me::Account;

/// What to change; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountChange {
    /// Up to 100 characters; null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    first_name: Patch<PersonName>,
    /// Up to 100 characters; null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    last_name: Patch<PersonName>,
    /// Of messages.
    #[schema(value_type = Option<String>, pattern = "^(en|fr)$")]
    language: Option<Language>,
    /// A new address, which counts once it is confirmed there; the present one, to have its confirmation sent again.
    #[schema(max_length = 254)]
    email: Option<String>,
}

impl AccountChange {
    /// Checks every field, so that a person sees all that is wrong at once.
    fn check(&self) -> Result<Option<Email>, Problem> {
        let mut errors = Vec::new();
        let mut note = |field: &str, message: String| errors.push(FieldError { field: field.to_owned(), message });
        for (field, name) in [("first_name", &self.first_name), ("last_name", &self.last_name)] {
            if let Some(Err(error)) = name.value().map(PersonName::parse) {
                note(field, error.to_string());
            }
        }
        let email = self.email.as_deref().map(Email::parse).transpose().map_err(|error| note("email", error.to_string()));
        match email {
            Ok(email) if errors.is_empty() => Ok(email),
            _ => Err(Problem::fields(&errors)),
        }
    }
}

/// Changes details of the account. A new email needs a recent session; the answer is the same whether or not it is taken.
#[utoipa::path(
    patch, path = "/v1/me", tag = "accounts", request_body = AccountChange, security(("bearer" = [])),
    responses(
        (status = 200, description = "The account; a new email is pending", body = Account),
        (status = 403, description = "`reauthentication-required`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::SignedIn, web::responses::JsonBody, web::responses::RateLimited,
    )
)]
pub(crate) async fn patch(context: Context, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let raw = body::read(&parts.headers, body, crate::BODY_LIMIT).await?;
    let state = crate::state().await?;
    let now = web::now();
    let bearer = auth::bearer(&parts.headers, &state.verifier, &context, now)?;
    me::read(&state.accounts, now, bearer.session, bearer.user).await?.ok_or(Kind::Unauthenticated)?;
    let input: AccountChange = raw.parse()?;
    let email = input.check()?;

    let token = EmailToken::make(&state.codes, now, CONFIRM_SECONDS)?;
    let change = Change {
        first_name: input.first_name.as_ref(),
        last_name: input.last_name.as_ref(),
        language: input.language,
        email: email.as_ref(),
    };
    let changed = me::update(
        &state.accounts,
        now,
        bearer.session,
        bearer.user,
        &change,
        (EMAIL_USER, &state.limits.subject("email-user", bearer.user.uuid())),
        (MAIL, &email.as_ref().map(|email| state.limits.email(email)).unwrap_or_default()),
        &token.new_token(),
        &state.limits.event_origin(&parts.headers, now)?,
        web::uuid_v7(now)?,
    )
    .await?;
    let mails = match changed {
        Changed::Unauthenticated => return Err(Kind::Unauthenticated.into()),
        Changed::Recent => return Err(Kind::ReauthenticationRequired.into()),
        Changed::Rate(seconds) => return Err(Problem::retry(Kind::RateLimited, seconds)),
        Changed::Done(mails) => mails,
    };
    if let (Some(email), Some((what, language))) = (&email, mails.to_new) {
        let (to, link) = (email.expose().to_owned(), token.link(&state.public_url, Page::Confirm));
        state.notifier.send_later(match what {
            ToNew::Confirm => Message::ConfirmEmail { to, language, link },
            ToNew::Change => Message::ChangeEmail { to, language, link },
            ToNew::Taken => Message::AddressTaken { to, language },
        });
    }
    if let Some((old, language)) = mails.to_old {
        state.notifier.send_later(Message::EmailChangeAsked { to: old.expose().to_owned(), language });
    }
    let account = me::read(&state.accounts, now, bearer.session, bearer.user).await?.ok_or(Kind::Unauthenticated)?;
    Ok(Json(Account::from(account)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_not_absent_and_every_bad_field_is_named() {
        let read = |text: &str| serde_json::from_str::<AccountChange>(text).expect("is good");
        let change = read(r#"{"first_name": null, "language": "fr"}"#);
        assert_eq!((&change.first_name, &change.last_name), (&Patch::Null, &Patch::Absent));
        assert!(change.check().is_ok());
        let bad = read(r#"{"first_name": " ", "last_name": "a\u0000", "email": "nobody"}"#);
        let document = bad.check().expect_err("is refused").document(Language::En, uuid::Uuid::nil());
        let fields: Vec<_> = document["errors"].as_array().expect("errors").iter().map(|error| error["field"].clone()).collect();
        assert_eq!(fields, ["first_name", "last_name", "email"]);
    }
}
