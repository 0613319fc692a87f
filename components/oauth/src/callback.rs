//! `GET /v1/oauth/{provider}/callback`.
//!
//! The state is taken first, in one statement, and is gone whatever comes of it; only then is the provider asked. The answer never
//! depends on whether we know an address that nobody has proved (contract, *No oracle*).

use axum::{
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{
    POLICY_VERSION, Provider, SessionId, TenantId, UserId,
    limits::{CLAIM_ADDRESS, CLAIM_EMAIL, OAUTH_CALLBACK},
    provider::EmailTrust,
    session::CLAIM_SECONDS,
};
use jiff::Timestamp;
use oidc::{Attempt, Client, Identity, authorization};
use store::accounts::oauth::{self, Joined, Linked, Named, NewAccount, NewClaim, Refused, Taken};
use vault::{UserSalt, random};
use web::{Context, Kind, Problem, claim, cookie, notify::Message, problem::ProblemDocument, tokens::Opening};

use crate::{State, providers::Name, start::redirect, state_cookie};

/// The page of ours that a browser comes back to; it then calls `POST /v1/session/refresh`.
const SIGNED_IN: &str = "/signed-in";
/// The page of ours that takes the token of an email.
const CONFIRM: &str = "/confirm-sign-in";

/// What is known of a callback before its state is looked at.
struct Callback<'a> {
    state: &'a State,
    context: &'a Context,
    headers: &'a HeaderMap,
    now: Timestamp,
}

/// Takes what the provider sends back. The page then calls `POST /v1/session/refresh`; a new account still needs its phone verified.
#[utoipa::path(
    get, path = "/v1/oauth/{provider}/callback", tag = "accounts",
    params(
        ("provider" = String, Path, description = "`google`, `github`, `linkedin` or `facebook`"),
        ("code" = Option<String>, Query, description = "From the provider"),
        ("state" = Option<String>, Query, description = "As `start` has sent it"),
        ("iss" = Option<String>, Query, description = "From the provider, where it names itself (RFC 9207)"),
        ("error" = Option<String>, Query, description = "From the provider, where it refuses"),
    ),
    responses(
        (status = 302, description = "To our page `/signed-in`; the refresh token is in the cookie `refresh_token`"),
        (status = 400, description = "`oauth-failed`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "`unauthenticated`: the session that wanted the link has ended", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "`account-blocked`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "`not-found`: no such provider here", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`email-unverified`, whether or not the email is known, or `link-conflict`", body = ProblemDocument, content_type = "application/problem+json"),
        web::responses::Unavailable, web::responses::RateLimited,
    )
)]
pub(crate) async fn callback(context: Context, Name(provider): Name, headers: HeaderMap, uri: Uri) -> Result<Response, Problem> {
    let state = crate::state().await?;
    let (provider, client) = state.providers.find(&provider)?;
    let request = Callback { state: &state, context: &context, headers: &headers, now: web::now() };
    let answer = match resume_attempt(&request, provider, uri.query().unwrap_or_default()).await {
        Ok((attempt, taken, response)) => finish(&request, client, &attempt, taken, response).await,
        // The state was not looked at: the same call may still come to a good end.
        Err(problem) if matches!(problem.kind(), Kind::RateLimited | Kind::Unavailable) => return Err(problem),
        Err(problem) => Err(problem),
    };
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    response.headers_mut().append(header::SET_COOKIE, state_cookie::clear());
    Ok(response)
}

/// What began in this browser with this provider.
async fn resume_attempt(
    request: &Callback<'_>,
    provider: Provider,
    query: &str,
) -> Result<(Attempt, Taken, authorization::Response), Problem> {
    let state = request.state;
    let response = authorization::Response::parse(query).map_err(|_| Kind::OauthFailed)?;
    // Two such cookies: one of them was planted.
    let browser = cookie::only(request.headers, state_cookie::NAME).map_err(|_| Kind::OauthFailed)?;
    let (browser, given) = browser.as_ref().zip(response.state.as_ref()).ok_or(Kind::OauthFailed)?;
    let attempt = Attempt::resume(provider, browser.expose(), given.expose()).ok_or(Kind::OauthFailed)?;
    let (id, browser) = (attempt.stored_id(&state.key), attempt.stored_browser(&state.key));
    let (address, limit) = (state.limits.address(request.headers), state.limits.attempts(OAUTH_CALLBACK));
    match oauth::take(&state.accounts, request.now, &id, &browser, &address, limit).await? {
        Taken::Rate(seconds) => Err(Problem::retry(Kind::RateLimited, seconds)),
        Taken::Unknown => Err(Kind::OauthFailed.into()),
        taken => Ok((attempt, taken, response)),
    }
}

async fn finish(
    request: &Callback<'_>,
    client: &Client,
    attempt: &Attempt,
    taken: Taken,
    response: authorization::Response,
) -> Result<Response, Problem> {
    if response.refused || response.issuer.as_deref().is_some_and(|issuer| !client.is_issuer(issuer)) {
        return Err(Kind::OauthFailed.into());
    }
    let code = response.code.ok_or(Kind::OauthFailed)?;
    let identity = client.identify(&code, attempt, &request.state.key, request.now.as_second()).await.map_err(|error| {
        web::log::failure(attempt.provider().name(), &error);
        match error {
            oidc::Error::Unavailable | oidc::Error::NotAllowed => Problem::retry(Kind::Unavailable, 5),
            oidc::Error::Refused | oidc::Error::IdToken(_) | oidc::Error::Malformed => Kind::OauthFailed.into(),
        }
    })?;
    match taken {
        Taken::Link(session) => link(request, attempt.provider(), session, &identity).await,
        _ => sign_in(request, attempt.provider(), &identity).await,
    }
}

async fn sign_in(request: &Callback<'_>, provider: Provider, identity: &Identity) -> Result<Response, Problem> {
    let Callback { state, context, headers, now } = *request;
    let named = Named {
        provider,
        external_id: &identity.external_id,
        first_name: identity.first_name.as_ref(),
        last_name: identity.last_name.as_ref(),
        language: context.language,
    };
    let proved = identity.email.as_ref().filter(|_| identity.trust == EmailTrust::Owned);
    let salt = UserSalt::random()?;
    let account = NewAccount {
        user: UserId::from(web::uuid_v7(now)?),
        tenant: TenantId::from(web::uuid_v7(now)?),
        salt: salt.as_bytes(),
        policy_version: POLICY_VERSION,
    };
    let events = (state.limits.event_origin(headers, now)?, state.limits.event_origin(headers, now)?);
    let opening = Opening::new(&state.refresh_key, now)?;
    let signed_in =
        oauth::sign_in(&state.accounts, now, named, proved, account, (&events.0, &events.1), opening.session()).await?;
    match signed_in {
        Ok((joined, holder, owner)) => {
            context.signed_in(holder.user, holder.tenant);
            let (to, language) = (owner.email.expose().to_owned(), owner.language);
            match joined {
                Joined::Joined => state.notifier.send_later(Message::LinkAdded { to, provider, language }),
                Joined::Claimed => state.notifier.send_later(Message::AccountReclaimed { to, provider, language }),
                Joined::Known | Joined::New => {}
            }
            let mut response = redirect(&format!("{}{SIGNED_IN}", state.public_url))?;
            response.headers_mut().append(header::SET_COOKIE, opening.cookie(&state.refresh_key)?);
            Ok(response)
        }
        Err(Refused::Unproved) => {
            if identity.trust == EmailTrust::Claimed {
                ask_address(request, named, identity).await?;
            }
            Err(Kind::EmailUnverified.into())
        }
        Err(Refused::Blocked) => Err(Kind::AccountBlocked.into()),
        Err(Refused::Conflict) => Err(Kind::LinkConflict.into()),
    }
}

/// Has the address itself confirm that its owner signs in, whether or not we know it.
async fn ask_address(request: &Callback<'_>, named: Named<'_>, identity: &Identity) -> Result<(), Problem> {
    let Callback { state, headers, now, .. } = *request;
    let Some(email) = &identity.email else { return Ok(()) };
    let token = BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<32>()?);
    let id = claim::stored(&state.tokens, &token);
    let new = NewClaim { id: &id, email, expires: web::after(now, CLAIM_SECONDS) };
    let (email_key, address_key) = (state.limits.email(email), state.limits.address(headers));
    let limits = [(CLAIM_EMAIL, email_key.as_str()), (CLAIM_ADDRESS, address_key.as_str())];
    let kept = oauth::claim(&state.accounts, now, named, new, limits).await?;
    let url = format!("{}{CONFIRM}#token={token}", state.public_url);
    state.notifier.send_later(if kept {
        Message::ProviderClaim { to: email.expose().to_owned(), provider: named.provider, url, language: named.language }
    } else {
        Message::Nothing
    });
    Ok(())
}

async fn link(request: &Callback<'_>, provider: Provider, session: SessionId, identity: &Identity) -> Result<Response, Problem> {
    let Callback { state, headers, now, .. } = *request;
    let event = state.limits.event_origin(headers, now)?;
    match oauth::link(&state.accounts, now, session, provider, &identity.external_id, &event).await? {
        Linked::Unauthenticated => return Err(Kind::Unauthenticated.into()),
        Linked::Conflict => return Err(Kind::LinkConflict.into()),
        Linked::Known => {}
        Linked::Linked(owner) => {
            let to = owner.email.expose().to_owned();
            state.notifier.send_later(Message::LinkAdded { to, provider, language: owner.language });
        }
    }
    redirect(&format!("{}{SIGNED_IN}", state.public_url))
}
