//! Sign-in with a provider, and links between accounts and external ids.

use domain::{Email, Language, PersonName, Provider, SessionId, TenantId, UserId, limits::Limit};
use jiff::Timestamp;

use super::{
    events::EventOrigin,
    parameters,
    sessions::{Holder, NewSession, Owner},
};
use crate::{Database, Error, value::Row};

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
    let parameters = parameters![now, state.id, state.browser, state.expires, address_key, limit.max, limit.seconds];
    database.row("select oauth_begin($1, $2, $3, $4, $5, $6, $7)", parameters).await?.take()
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
    let parameters = parameters![now, session, user, provider.name(), state.id, state.browser, state.expires];
    let sql = "select oauth_begin_link($1, $2, $3, $4, $5, $6, $7)";
    match database.row(sql, parameters).await?.take::<String>()?.as_str() {
        "unauthenticated" => Ok(BeginLink::Unauthenticated),
        "stale" => Ok(BeginLink::Stale),
        "conflict" => Ok(BeginLink::Conflict),
        "begun" => Ok(BeginLink::Begun),
        _ => Err(Error::Decode),
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
    let parameters = parameters![now, id, browser, address_key, limit.max, limit.seconds];
    let sql = "select outcome, wait, session_id from oauth_take($1, $2, $3, $4, $5, $6)";
    let mut row = database.row(sql, parameters).await?;
    let (outcome, wait) = (row.take::<String>()?, row.take::<Option<i32>>()?.unwrap_or(1));
    match outcome.as_str() {
        "rate" => Ok(Taken::Rate(wait)),
        "unknown" => Ok(Taken::Unknown),
        "sign-in" => Ok(Taken::SignIn),
        "link" => Ok(Taken::Link(row.take_id()?)),
        _ => Err(Error::Decode),
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
    let parameters = parameters![
        now,
        named.provider.name(),
        named.external_id,
        email.map(Email::expose),
        named.first_name.map(PersonName::expose),
        named.last_name.map(PersonName::expose),
        named.language.tag(),
        account.policy_version,
        account.user,
        account.tenant,
        account.salt,
        events.0.id,
        events.1.id,
        events.1.ip.clone(),
        session.id,
        session.token,
        session.token_expires,
        session.family_expires,
    ];
    let sql = "select outcome, phone_verified, email, user_id, tenant_id, role, language from oauth_sign_in($1, $2, $3, $4, $5, \
               $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    let mut row = database.row(sql, parameters).await?;
    match joined(&row.take::<String>()?)? {
        Ok(joined) => {
            let (phone_verified, email) = (row.take()?, row.take::<String>()?);
            let holder = Holder::take(&mut row, phone_verified)?;
            let owner = Owner { email: Email::parse(&email).map_err(|_| Error::Decode)?, language: holder.language };
            Ok(Ok((joined, holder, owner)))
        }
        Err(refused) => Ok(Err(refused)),
    }
}

fn joined(outcome: &str) -> Result<Result<Joined, Refused>, Error> {
    match outcome {
        "known" => Ok(Ok(Joined::Known)),
        "new" => Ok(Ok(Joined::New)),
        "joined" => Ok(Ok(Joined::Joined)),
        "claimed" => Ok(Ok(Joined::Claimed)),
        "unproved" => Ok(Err(Refused::Unproved)),
        "blocked" => Ok(Err(Refused::Blocked)),
        "conflict" => Ok(Err(Refused::Conflict)),
        _ => Err(Error::Decode),
    }
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
    let parameters = parameters![now, session, provider.name(), external_id, event.id, event.ip.clone()];
    let mut row = database.row("select outcome, email, language from oauth_link($1, $2, $3, $4, $5, $6)", parameters).await?;
    match row.take::<String>()?.as_str() {
        "unauthenticated" => Ok(Linked::Unauthenticated),
        "conflict" => Ok(Linked::Conflict),
        "known" => Ok(Linked::Known),
        "linked" => owner(&mut row).map(Linked::Linked),
        _ => Err(Error::Decode),
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
    let parameters = parameters![
        now,
        claim.id,
        named.provider.name(),
        named.external_id,
        claim.email.expose(),
        named.first_name.map(PersonName::expose),
        named.last_name.map(PersonName::expose),
        named.language.tag(),
        claim.expires,
        email_key,
        address_key,
        vec![email.max, address.max],
        vec![email.seconds, address.seconds],
    ];
    database.row("select oauth_claim($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)", parameters).await?.take()
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
    let parameters =
        parameters![now, id, account.policy_version, account.user, account.tenant, account.salt, event.id, event.ip.clone()];
    let sql = "select outcome, provider, email, language from oauth_confirm($1, $2, $3, $4, $5, $6, $7, $8)";
    let mut row = database.row(sql, parameters).await?;
    match row.take::<String>()?.as_str() {
        "unknown" => Ok(Confirmed::Unknown),
        outcome => match joined(outcome)? {
            Ok(joined) => {
                let provider = Provider::from_name(&row.take::<String>()?).ok_or(Error::Decode)?;
                Ok(Confirmed::Joined(joined, provider, owner(&mut row)?))
            }
            Err(refused) => Ok(Confirmed::Refused(refused)),
        },
    }
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
    let sql = "select outcome, provider, linked_at from links_list($1, $2, $3)";
    let mut links = Vec::new();
    for mut row in database.rows(sql, parameters![now, session, user]).await? {
        match row.take::<String>()?.as_str() {
            "unauthenticated" => return Ok(None),
            "found" => {
                let provider = Provider::from_name(&row.take::<String>()?).ok_or(Error::Decode)?;
                links.push(Link { provider, linked_at: row.take()? });
            }
            "none" => {}
            _ => return Err(Error::Decode),
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
    let parameters = parameters![now, session, user, provider.name(), event.id, event.ip.clone()];
    let mut row = database.row("select outcome, email, language from link_remove($1, $2, $3, $4, $5, $6)", parameters).await?;
    match row.take::<String>()?.as_str() {
        "unauthenticated" => Ok(Unlinked::Unauthenticated),
        "stale" => Ok(Unlinked::Stale),
        "missing" => Ok(Unlinked::Missing),
        "last" => Ok(Unlinked::Last),
        "removed" => owner(&mut row).map(Unlinked::Removed),
        _ => Err(Error::Decode),
    }
}

fn owner(row: &mut Row) -> Result<Owner, Error> {
    Ok(Owner {
        email: Email::parse(&row.take::<String>()?).map_err(|_| Error::Decode)?,
        language: Language::from_tag(&row.take::<String>()?).unwrap_or_default(),
    })
}
