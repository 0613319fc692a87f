//! Sign-in with a provider, and links between accounts and external ids.

use domain::{Email, Language, PersonName, Provider, SessionId, TenantId, UserId, limits::Limit};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    events::EventOrigin,
    sessions::{Holder, NewSession, Owner},
};
use crate::{
    Database, Error,
    statement::{names, statements},
    value::Row,
};

statements! {
    OauthBegin<'a> for [Identity]:
        "select api.oauth_begin" => (
            now: Timestamp, id: &'a str, browser: &'a str, expires: Timestamp, address_key: &'a str, max: i32, seconds: i32
        );
    OauthBeginLink<'a> for [Identity] returns { outcome: OauthBeginLinkOutcome }:
        "select api.oauth_begin_link" => (
            now: Timestamp, session: SessionId, user: UserId, provider: &'a str, id: &'a str, browser: &'a str,
            expires: Timestamp
        );
    OauthTake<'a> for [Identity] returns { outcome: OauthTakeOutcome }:
        "select outcome, wait, session_id from api.oauth_take" => (
            now: Timestamp, id: &'a str, browser: &'a str, address_key: &'a str, max: i32, seconds: i32
        );
    OauthSignIn<'a> for [Identity] returns { outcome: OauthSignInOutcome }:
        "select outcome, phone_verified, email, user_id, tenant_id, role, language from api.oauth_sign_in" => (
            now: Timestamp, provider: &'a str, external_id: &'a str, email: Option<&'a str>, first_name: Option<&'a str>,
            last_name: Option<&'a str>, language: &'a str, policy_version: &'a str, user: UserId, tenant: TenantId,
            salt: &'a [u8], link_event: Uuid, event: Uuid, ip: Option<&'a str>, session: SessionId, token: &'a [u8],
            token_expires: Timestamp, family_expires: Timestamp
        );
    OauthLink<'a> for [Identity] returns { outcome: OauthLinkOutcome }:
        "select outcome, email, language from api.oauth_link" => (
            now: Timestamp, session: SessionId, provider: &'a str, external_id: &'a str, event: Uuid, ip: Option<&'a str>
        );
    OauthClaim<'a> for [Identity]:
        "select api.oauth_claim" => (
            now: Timestamp, id: &'a str, provider: &'a str, external_id: &'a str, email: &'a str,
            first_name: Option<&'a str>, last_name: Option<&'a str>, language: &'a str, expires: Timestamp,
            email_key: &'a str, address_key: &'a str, max: Vec<i32>, seconds: Vec<i32>
        );
    OauthConfirm<'a> for [Identity] returns { outcome: OauthConfirmOutcome }:
        "select outcome, provider, email, language from api.oauth_confirm" => (
            now: Timestamp, id: &'a str, policy_version: &'a str, user: UserId, tenant: TenantId, salt: &'a [u8],
            event: Uuid, ip: Option<&'a str>
        );
    LinksList for [Identity] returns { outcome: LinksListOutcome }:
        "select outcome, provider, linked_at from api.links_list" => (now: Timestamp, session: SessionId, user: UserId);
    LinkRemove<'a> for [Identity] returns { outcome: LinkRemoveOutcome }:
        "select outcome, email, language from api.link_remove" => (
            now: Timestamp, session: SessionId, user: UserId, provider: &'a str, event: Uuid, ip: Option<&'a str>
        );
}

names! {
    enum OauthBeginLinkOutcome {
        Unauthenticated = "unauthenticated",
        Stale = "stale",
        Conflict = "conflict",
        Begun = "begun",
    }
}

names! {
    enum OauthSignInOutcome {
        Known = "known",
        New = "new",
        Joined = "joined",
        Claimed = "claimed",
        Unproved = "unproved",
        Blocked = "blocked",
        Conflict = "conflict",
    }
}

names! {
    enum OauthConfirmOutcome {
        Unknown = "unknown",
        Known = "known",
        New = "new",
        Joined = "joined",
        Claimed = "claimed",
        Unproved = "unproved",
        Blocked = "blocked",
        Conflict = "conflict",
    }
}

names! {
    enum OauthTakeOutcome {
        Rate = "rate",
        Unknown = "unknown",
        SignIn = "sign-in",
        Link = "link",
    }
}

names! {
    enum OauthLinkOutcome {
        Unauthenticated = "unauthenticated",
        Conflict = "conflict",
        Known = "known",
        Linked = "linked",
    }
}

names! {
    enum LinksListOutcome {
        Unauthenticated = "unauthenticated",
        Found = "found",
        None = "none",
    }
}

names! {
    enum LinkRemoveOutcome {
        Unauthenticated = "unauthenticated",
        Stale = "stale",
        Missing = "missing",
        Last = "last",
        Removed = "removed",
    }
}

/// A sign-in about to begin: what stands for its state and its browser, and when it ends.
#[derive(Clone, Copy, Debug)]
pub struct NewState<'a> {
    /// Keyed hash of provider and state.
    pub id: &'a str,
    /// Keyed hash of the browser's cookie.
    pub browser: &'a str,
    /// When it ends.
    pub expires: Timestamp,
}

/// Begins a sign-in; the seconds to wait, 0 where it was admitted.
///
/// # Errors
/// As for any statement.
pub async fn begin(
    database: &Database,
    now: Timestamp,
    state: NewState<'_>,
    address_key: &str,
    limit: Limit,
) -> Result<i32, Error> {
    database
        .row(OauthBegin {
            now,
            id: state.id,
            browser: state.browser,
            expires: state.expires,
            address_key,
            max: limit.max,
            seconds: limit.seconds,
        })
        .await?
        .take()
}

/// What became of the wish for a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginLink {
    /// The session ended.
    Unauthenticated,
    /// It is not recent (promise a08).
    Stale,
    /// There is a link with this provider.
    Conflict,
    /// The browser may go.
    Begun,
}

/// Begins to add a link to the account of a session.
///
/// # Errors
/// As for any statement.
pub async fn begin_link(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    provider: Provider,
    state: NewState<'_>,
) -> Result<BeginLink, Error> {
    match database
        .row(OauthBeginLink {
            now,
            session,
            user,
            provider: provider.name(),
            id: state.id,
            browser: state.browser,
            expires: state.expires,
        })
        .await?
        .take()?
    {
        OauthBeginLinkOutcome::Unauthenticated => Ok(BeginLink::Unauthenticated),
        OauthBeginLinkOutcome::Stale => Ok(BeginLink::Stale),
        OauthBeginLinkOutcome::Conflict => Ok(BeginLink::Conflict),
        OauthBeginLinkOutcome::Begun => Ok(BeginLink::Begun),
    }
}

/// What a state was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Too many answers from this address; seconds to wait.
    Rate(i32),
    /// Not one of ours, taken before, too old, or of another browser.
    Unknown,
    /// To sign in.
    SignIn,
    /// To add a link to the account of this session.
    Link(SessionId),
}

/// Takes a state; it is gone afterwards, whatever comes of it.
///
/// # Errors
/// As for any statement.
pub async fn take(
    database: &Database,
    now: Timestamp,
    id: &str,
    browser: &str,
    address_key: &str,
    limit: Limit,
) -> Result<Taken, Error> {
    let mut row = database.row(OauthTake { now, id, browser, address_key, max: limit.max, seconds: limit.seconds }).await?;
    let (outcome, wait) = (row.take::<OauthTakeOutcome>()?, row.take::<Option<i32>>()?.unwrap_or(1));
    match outcome {
        OauthTakeOutcome::Rate => Ok(Taken::Rate(wait)),
        OauthTakeOutcome::Unknown => Ok(Taken::Unknown),
        OauthTakeOutcome::SignIn => Ok(Taken::SignIn),
        OauthTakeOutcome::Link => Ok(Taken::Link(row.take_id()?)),
    }
}

/// Whom a provider named.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Who names them.
    pub provider: Provider,
    /// The provider's stable id.
    pub external_id: &'a str,
    /// For a new account, if given.
    pub first_name: Option<&'a PersonName>,
    /// For a new account, if given.
    pub last_name: Option<&'a PersonName>,
    /// For a new account, from `Accept-Language`.
    pub language: Language,
}

/// What an account that may have to be made is made of.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount<'a> {
    /// The user's id.
    pub user: UserId,
    /// The id of the tenant of their own.
    pub tenant: TenantId,
    /// The salt of their content key.
    pub salt: &'a [u8],
    /// The policy that holds.
    pub policy_version: &'a str,
}

/// How an account and an external id came together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// They were linked before.
    Known,
    /// The account is new.
    New,
    /// The account's own email had been confirmed.
    Joined,
    /// It had not: what somebody else may have put there is gone (promise a05).
    Claimed,
}

/// Why they did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Unknown, and there is no email that is proved.
    Unproved,
    /// The account is blocked until support lifts it.
    Blocked,
    /// The account has another link with the provider.
    Conflict,
}

/// Opens a session for whom a provider named. `email` is one that is proved. `events` are those of the link and of the sign-in.
///
/// # Errors
/// As for any statement.
pub async fn sign_in(
    database: &Database,
    now: Timestamp,
    named: Named<'_>,
    email: Option<&Email>,
    account: NewAccount<'_>,
    events: (&EventOrigin, &EventOrigin),
    session: NewSession<'_>,
) -> Result<Result<(Joined, Holder, Owner), Refused>, Error> {
    let mut row = database
        .row(OauthSignIn {
            now,
            provider: named.provider.name(),
            external_id: named.external_id,
            email: email.map(Email::expose),
            first_name: named.first_name.map(PersonName::expose),
            last_name: named.last_name.map(PersonName::expose),
            language: named.language.tag(),
            policy_version: account.policy_version,
            user: account.user,
            tenant: account.tenant,
            salt: account.salt,
            link_event: events.0.id,
            event: events.1.id,
            ip: events.1.ip(),
            session: session.id,
            token: session.token,
            token_expires: session.token_expires,
            family_expires: session.family_expires,
        })
        .await?;
    let joined = match row.take()? {
        OauthSignInOutcome::Known => Joined::Known,
        OauthSignInOutcome::New => Joined::New,
        OauthSignInOutcome::Joined => Joined::Joined,
        OauthSignInOutcome::Claimed => Joined::Claimed,
        OauthSignInOutcome::Unproved => return Ok(Err(Refused::Unproved)),
        OauthSignInOutcome::Blocked => return Ok(Err(Refused::Blocked)),
        OauthSignInOutcome::Conflict => return Ok(Err(Refused::Conflict)),
    };
    let (phone_verified, email) = (row.take()?, row.take::<String>()?);
    let holder = Holder::take(&mut row, phone_verified)?;
    let owner = Owner { email: Email::parse(&email).map_err(|_| Error::Decode)?, language: holder.language };
    Ok(Ok((joined, holder, owner)))
}

/// What became of a link that a session asked for.
#[derive(Debug)]
pub enum Linked {
    /// The session ended.
    Unauthenticated,
    /// The external id is another account's, or the account has another link with the provider.
    Conflict,
    /// It was there already.
    Known,
    /// It is there; its owner is to be told.
    Linked(Owner),
}

/// Adds a link to the account of a session.
///
/// # Errors
/// As for any statement.
pub async fn link(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    provider: Provider,
    external_id: &str,
    event: &EventOrigin,
) -> Result<Linked, Error> {
    let mut row =
        database.row(OauthLink { now, session, provider: provider.name(), external_id, event: event.id, ip: event.ip() }).await?;
    match row.take::<OauthLinkOutcome>()? {
        OauthLinkOutcome::Unauthenticated => Ok(Linked::Unauthenticated),
        OauthLinkOutcome::Conflict => Ok(Linked::Conflict),
        OauthLinkOutcome::Known => Ok(Linked::Known),
        OauthLinkOutcome::Linked => owner(&mut row).map(Linked::Linked),
    }
}

/// An address that has to confirm itself.
#[derive(Clone, Copy, Debug)]
pub struct NewClaim<'a> {
    /// Keyed hash of the token that is sent to it.
    pub id: &'a str,
    /// The address.
    pub email: &'a Email,
    /// When the token ends.
    pub expires: Timestamp,
}

/// Keeps an address that has to confirm itself before it joins an account. False where no message may be sent: `limits` are for the
/// address and for the caller, with their keyed hashes.
///
/// # Errors
/// As for any statement.
pub async fn claim(
    database: &Database,
    now: Timestamp,
    named: Named<'_>,
    claim: NewClaim<'_>,
    limits: [(Limit, &str); 2],
) -> Result<bool, Error> {
    let [(email, email_key), (address, address_key)] = limits;
    database
        .row(OauthClaim {
            now,
            id: claim.id,
            provider: named.provider.name(),
            external_id: named.external_id,
            email: claim.email.expose(),
            first_name: named.first_name.map(PersonName::expose),
            last_name: named.last_name.map(PersonName::expose),
            language: named.language.tag(),
            expires: claim.expires,
            email_key,
            address_key,
            max: vec![email.max, address.max],
            seconds: vec![email.seconds, address.seconds],
        })
        .await?
        .take()
}

/// What became of the token that was sent to a claimed address.
#[derive(Debug)]
pub enum Confirmed {
    /// Not one of ours, used before, or too old.
    Unknown,
    /// No link.
    Refused(Refused),
    /// The person can sign in with the provider from now on; the owner of the address is to be told.
    Joined(Joined, Provider, Owner),
}

/// Takes the token that was sent to a claimed address.
///
/// # Errors
/// As for any statement.
pub async fn confirm(
    database: &Database,
    now: Timestamp,
    id: &str,
    account: NewAccount<'_>,
    event: &EventOrigin,
) -> Result<Confirmed, Error> {
    let mut row = database
        .row(OauthConfirm {
            now,
            id,
            policy_version: account.policy_version,
            user: account.user,
            tenant: account.tenant,
            salt: account.salt,
            event: event.id,
            ip: event.ip(),
        })
        .await?;
    let joined = match row.take()? {
        OauthConfirmOutcome::Unknown => return Ok(Confirmed::Unknown),
        OauthConfirmOutcome::Known => Joined::Known,
        OauthConfirmOutcome::New => Joined::New,
        OauthConfirmOutcome::Joined => Joined::Joined,
        OauthConfirmOutcome::Claimed => Joined::Claimed,
        OauthConfirmOutcome::Unproved => return Ok(Confirmed::Refused(Refused::Unproved)),
        OauthConfirmOutcome::Blocked => return Ok(Confirmed::Refused(Refused::Blocked)),
        OauthConfirmOutcome::Conflict => return Ok(Confirmed::Refused(Refused::Conflict)),
    };
    let provider = Provider::from_name(&row.take::<String>()?).ok_or(Error::Decode)?;
    Ok(Confirmed::Joined(joined, provider, owner(&mut row)?))
}

/// A provider that an account may sign in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which.
    pub provider: Provider,
    /// Since when.
    pub linked_at: Timestamp,
}

/// The links of a session's account, newest first; `None` where the session ended.
///
/// # Errors
/// As for any statement.
pub async fn links(database: &Database, now: Timestamp, session: SessionId, user: UserId) -> Result<Option<Vec<Link>>, Error> {
    let mut links = Vec::new();
    for mut row in database.rows(LinksList { now, session, user }).await? {
        match row.take::<LinksListOutcome>()? {
            LinksListOutcome::Unauthenticated => return Ok(None),
            LinksListOutcome::Found => {
                let provider = Provider::from_name(&row.take::<String>()?).ok_or(Error::Decode)?;
                links.push(Link { provider, linked_at: row.take()? });
            }
            LinksListOutcome::None => {}
        }
    }
    Ok(Some(links))
}

/// What became of a link that was to go.
#[derive(Debug)]
pub enum Unlinked {
    /// The session ended.
    Unauthenticated,
    /// It is not recent (promise a08).
    Stale,
    /// There is no such link.
    Missing,
    /// It is the last way in.
    Last,
    /// It is gone; its owner is to be told.
    Removed(Owner),
}

/// Removes a link, never the last way in.
///
/// # Errors
/// As for any statement.
pub async fn unlink(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    provider: Provider,
    event: &EventOrigin,
) -> Result<Unlinked, Error> {
    let mut row =
        database.row(LinkRemove { now, session, user, provider: provider.name(), event: event.id, ip: event.ip() }).await?;
    match row.take::<LinkRemoveOutcome>()? {
        LinkRemoveOutcome::Unauthenticated => Ok(Unlinked::Unauthenticated),
        LinkRemoveOutcome::Stale => Ok(Unlinked::Stale),
        LinkRemoveOutcome::Missing => Ok(Unlinked::Missing),
        LinkRemoveOutcome::Last => Ok(Unlinked::Last),
        LinkRemoveOutcome::Removed => owner(&mut row).map(Unlinked::Removed),
    }
}

fn owner(row: &mut Row) -> Result<Owner, Error> {
    Ok(Owner {
        email: Email::parse(&row.take::<String>()?).map_err(|_| Error::Decode)?,
        language: Language::from_tag(&row.take::<String>()?).unwrap_or_default(),
    })
}
