//! A person's own account.

use domain::{Email, PersonName, Phone, SessionId, UserId};
use jiff::Timestamp;

use super::{parameters, sessions::Holder};
use crate::{Database, Error};

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
    let sql = "select phone_verified, id, tenant_id, role, language, email, email_confirmed, pending_email, phone, first_name, \
               last_name, plan, created_at, policy_version, has_password, links, restricted_at, objected_at, authenticated_at \
               from me_read($1, $2, $3)";
    let Some(mut row) = database.rows(sql, parameters![now, session, user]).await?.into_iter().next() else { return Ok(None) };
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
