//! A person's own account.

use domain::{Email, Language, Patch, PersonName, Phone, SessionId, UserId, limits::Limit};
use jiff::Timestamp;
use uuid::Uuid;

use super::{email::NewToken, events::EventOrigin, sessions::Holder};
use crate::{
    Database, Error,
    statement::{names, statements},
    value::Row,
};

statements! {
    MeRead for [Identity]:
        "select phone_verified, id, tenant_id, role, language, email, email_confirmed, pending_email, phone, first_name, \
         last_name, plan, created_at, policy_version, has_password, links, restricted_at, objected_at, authenticated_at from \
         api.me_read" => (now: Timestamp, session: SessionId, user: UserId);
    MeUpdate<'a> for [Identity] returns { outcome: MeUpdateOutcome, mail: ToNew }:
        "select outcome, wait, mail, mail_language, old_email, language from api.me_update" => (
            now: Timestamp, session: SessionId, user: UserId, set_first: bool, first: Option<String>, set_last: bool,
            last: Option<String>, language: Option<&'a str>, email: Option<&'a str>, user_key: String, user_max: i32,
            user_seconds: i32, mail_key: &'a str, mail_max: i32, mail_seconds: i32, token: &'a str, expires: Timestamp,
            event: Uuid, ip: Option<&'a str>, details: Uuid
        );
}

names! {
    enum MeUpdateOutcome {
        Unauthenticated = "unauthenticated",
        Recent = "recent",
        Rate = "rate",
        Done = "done",
    }
}

/// An account, in full.
#[derive(Debug)]
pub struct Account {
    /// Ids, role, language, and whether the phone is verified.
    pub holder: Holder,
    /// Address.
    pub email: Email,
    /// Whether it was proved.
    pub email_confirmed: bool,
    /// A new address that waits for its proof.
    pub pending_email: Option<Email>,
    /// Phone, verified or not.
    pub phone: Option<Phone>,
    /// If given.
    pub first_name: Option<PersonName>,
    /// If given.
    pub last_name: Option<PersonName>,
    /// Of the tenant.
    pub plan: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// The policy that was accepted.
    pub policy_version: String,
    /// Whether it has a password.
    pub has_password: bool,
    /// Providers it can sign in with.
    pub links: Vec<String>,
    /// Processing is restricted since.
    pub restricted_at: Option<Timestamp>,
    /// Objects to training since.
    pub objected_at: Option<Timestamp>,
    /// Last sign-in or code of the session.
    pub authenticated_at: Timestamp,
}

/// The account of a session; `None` where it ended.
///
/// # Errors
/// As for any statement.
pub async fn read(database: &Database, now: Timestamp, session: SessionId, user: UserId) -> Result<Option<Account>, Error> {
    let Some(mut row) = database.rows(MeRead { now, session, user }).await?.into_iter().next() else { return Ok(None) };
    let phone_verified = row.take()?;
    let email = |text: String| Email::parse(&text).map_err(|_| Error::Decode);
    Ok(Some(Account {
        holder: Holder::take(&mut row, phone_verified)?,
        email: email(row.take()?)?,
        email_confirmed: row.take()?,
        pending_email: row.take::<Option<String>>()?.map(email).transpose()?,
        phone: row.take::<Option<String>>()?.and_then(|phone| Phone::parse(&phone).ok()),
        first_name: row.take::<Option<String>>()?.map(PersonName::new),
        last_name: row.take::<Option<String>>()?.map(PersonName::new),
        plan: row.take()?,
        created_at: row.take()?,
        policy_version: row.take()?,
        has_password: row.take()?,
        links: row.take()?,
        restricted_at: row.take()?,
        objected_at: row.take()?,
        authenticated_at: row.take()?,
    }))
}

/// Details to change; `None` leaves them as they are.
#[derive(Debug, Default)]
pub struct Change<'a> {
    /// First name.
    pub first_name: Patch<&'a PersonName>,
    /// Last name.
    pub last_name: Patch<&'a PersonName>,
    /// Of messages.
    pub language: Option<Language>,
    /// A new address, which counts once it is proved.
    pub email: Option<&'a Email>,
}

/// What became of a change.
#[derive(Debug)]
pub enum Changed {
    /// The session ended.
    Unauthenticated,
    /// A new address needs a session that is recent.
    Recent,
    /// Too many new addresses; seconds to wait.
    Rate(i32),
    /// It is done; these mails are to be sent.
    Done(Mails),
}

/// What a new address brings.
#[derive(Debug)]
pub struct Mails {
    /// To the address that was given, with its language.
    pub to_new: Option<(ToNew, Language)>,
    /// The address so far, which is told that another was asked for, with its language.
    pub to_old: Option<(Email, Language)>,
}

names! {
    /// What is sent to the address that was given.
    pub enum ToNew {
        /// The token: it is the account's own address, not proved so far.
        Confirm = "confirm",
        /// The token.
        Change = "change",
        /// No token: it is somebody else's, who is told.
        Taken = "taken",
    }
}

/// Changes details of the caller's account. `by_user` limits how many addresses a person asks for, `mail` what one address receives;
/// `details` is the id of the event, and of the request, that a change of names or language leaves.
///
/// # Errors
/// As for any statement.
#[expect(clippy::too_many_arguments, reason = "one statement's parameters; grouping them further would only rename them")]
pub async fn update(
    database: &Database,
    now: Timestamp,
    session: SessionId,
    user: UserId,
    change: &Change<'_>,
    by_user: (Limit, &str),
    mail: (Limit, &str),
    token: &NewToken<'_>,
    origin: &EventOrigin,
    details: Uuid,
) -> Result<Changed, Error> {
    let name = |name: Patch<&PersonName>| name.value().map(|name| name.expose().to_owned());
    let mut row = database
        .row(MeUpdate {
            now,
            session,
            user,
            set_first: change.first_name.is_present(),
            first: name(change.first_name),
            set_last: change.last_name.is_present(),
            last: name(change.last_name),
            language: change.language.map(Language::tag),
            email: change.email.map(Email::expose),
            user_key: format!("{}:{}", by_user.0.name, by_user.1),
            user_max: by_user.0.max,
            user_seconds: by_user.0.seconds,
            mail_key: mail.1,
            mail_max: mail.0.max,
            mail_seconds: mail.0.seconds,
            token: token.stored,
            expires: token.expires,
            event: origin.id,
            ip: origin.ip(),
            details,
        })
        .await?;
    let (outcome, wait, mail) = (row.take::<MeUpdateOutcome>()?, row.take::<Option<i32>>()?, row.take::<Option<ToNew>>()?);
    match outcome {
        MeUpdateOutcome::Unauthenticated => Ok(Changed::Unauthenticated),
        MeUpdateOutcome::Recent => Ok(Changed::Recent),
        MeUpdateOutcome::Rate => Ok(Changed::Rate(wait.unwrap_or(1))),
        MeUpdateOutcome::Done => {
            let mail_language = language(&mut row)?;
            let old = row.take::<Option<String>>()?.map(|text| Email::parse(&text).map_err(|_| Error::Decode)).transpose()?;
            let language = language(&mut row)?;
            let to_new = mail.map(|what| (what, mail_language));
            Ok(Changed::Done(Mails { to_new, to_old: old.map(|old| (old, language)) }))
        }
    }
}

fn language(row: &mut Row) -> Result<Language, Error> {
    Ok(row.take::<Option<String>>()?.as_deref().and_then(Language::from_tag).unwrap_or_default())
}
