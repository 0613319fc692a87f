//! Sign-in with a password.

use domain::{
    Email, Language, Phone, SessionId, UserId,
    limits::Limit,
    session::{FREE_EVERYWHERE, FREE_HERE, LOCKOUT_SECONDS},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    PhoneKeys, SmsLimits,
    events::EventOrigin,
    sessions::{Holder, NewSession},
    signup::NewCode,
};
use crate::{
    Database, Error,
    statement::{names, statements},
};

statements! {
    SigninBegin<'a> for [Identity]:
        "select limited, wait, user_id, password_hash, unproved_phone from api.signin_begin" => (
            now: Timestamp, email: &'a str, lock_key: &'a str, account_key: &'a str, address_key: &'a str, max: i32,
            seconds: i32, delays: Vec<i32>, free_here: i32, free_everywhere: i32, session: Option<SessionId>,
            presented: Option<Vec<u8>>, event: Uuid, ip: Option<&'a str>
        );
    SigninFinish<'a> for [Identity] returns { outcome: SigninFinishOutcome }:
        "select outcome, phone, phone_verified, language, tenant_id, role, language from api.signin_finish" => (
            now: Timestamp, user: UserId, lock_key: &'a str, account_key: &'a str, free_everywhere: i32, seen: &'a str,
            rehash: Option<&'a str>, session: SessionId, token: &'a [u8], token_expires: Timestamp,
            family_expires: Timestamp, verification: &'a str, code: &'a [u8], code_expires: Timestamp, expires: Timestamp,
            phone_key: &'a str, country_key: &'a str, address_key: &'a str, max: Vec<i32>, seconds: Vec<i32>, event: Uuid
        );
}

names! {
    enum SigninFinishOutcome {
        Gone = "gone",
        Blocked = "blocked",
        Unverified = "unverified",
        SignedIn = "signed-in",
    }
}

/// What is known before the password is looked at.
#[derive(Debug)]
pub enum Begin {
    /// Too many tries from this address; seconds to wait.
    Rate(i32),
    /// Too many failures for this account from this address; seconds to wait.
    Locked(i32),
    /// The password may be looked at; there may be no such account.
    Try(Option<Candidate>),
}

/// The account that an address belongs to.
#[derive(Debug)]
pub struct Candidate {
    /// Its user.
    pub user: UserId,
    /// In one of the formats that `vault::password` reads; `None` where it signs in with a provider only.
    pub password_hash: Option<String>,
    /// Its phone, where that was never verified.
    pub unproved_phone: Option<Phone>,
}

/// Keyed hashes under which tries to sign in are counted.
#[derive(Debug)]
pub struct SignInKeys {
    /// Of the account from the caller's address prefix.
    pub here: String,
    /// Of the account from everywhere.
    pub everywhere: String,
    /// Of the caller's address prefix, whatever the account.
    pub address: String,
}

/// A refresh token that came with a sign-in: its session and what its row keeps of it.
pub type KnownDevice = (SessionId, Vec<u8>);

/// Counts a try and finds the account. Delays are [`LOCKOUT_SECONDS`], after [`FREE_HERE`] and [`FREE_EVERYWHERE`] failures.
///
/// # Errors
/// As for any statement.
pub async fn begin(
    database: &Database,
    now: Timestamp,
    email: &Email,
    keys: &SignInKeys,
    limit: Limit,
    device: Option<KnownDevice>,
    origin: &EventOrigin,
) -> Result<Begin, Error> {
    let (session, presented) = device.unzip();
    let mut row = database
        .row(SigninBegin {
            now,
            email: email.expose(),
            lock_key: keys.here.as_str(),
            account_key: keys.everywhere.as_str(),
            address_key: keys.address.as_str(),
            max: limit.max,
            seconds: limit.seconds,
            delays: LOCKOUT_SECONDS.to_vec(),
            free_here: FREE_HERE,
            free_everywhere: FREE_EVERYWHERE,
            session,
            presented,
            event: origin.id,
            ip: origin.ip(),
        })
        .await?;
    let (limited, wait) = (row.take::<bool>()?, row.take::<Option<i32>>()?.unwrap_or(0));
    match (limited, wait) {
        (true, wait) => Ok(Begin::Rate(wait)),
        (false, wait @ 1..) => Ok(Begin::Locked(wait)),
        _ => {
            let user = row.take::<Option<uuid::Uuid>>()?.map(UserId::from);
            let password_hash = row.take()?;
            let unproved_phone = row.take::<Option<String>>()?.and_then(|phone| Phone::parse(&phone).ok());
            Ok(Begin::Try(user.map(|user| Candidate { user, password_hash, unproved_phone })))
        }
    }
}

/// What became of a sign-in after the right password.
#[derive(Debug)]
pub enum Finish {
    /// The account went away meanwhile.
    Gone,
    /// Blocked until support lifts it.
    Blocked,
    /// A verification waits; the phone is there where its code may be sent now.
    Unverified(Option<Phone>, Language),
    /// The session is open.
    SignedIn(Holder),
}

/// The password that was looked at.
#[derive(Debug)]
pub struct RightPassword<'a> {
    /// The stored hash that it fitted.
    pub seen: &'a str,
    /// What takes its place where it was weaker than today's (promise b02).
    pub rehash: Option<&'a str>,
}

/// Opens a session, or a verification where the phone was never proved; `phone_keys` are that phone's.
///
/// # Errors
/// As for any statement.
#[expect(clippy::too_many_arguments, reason = "one statement's parameters; grouping them further would only rename them")]
pub async fn finish(
    database: &Database,
    now: Timestamp,
    user: UserId,
    keys: &SignInKeys,
    password: &RightPassword<'_>,
    session: NewSession<'_>,
    code: NewCode<'_>,
    phone_keys: Option<&PhoneKeys>,
    limits: &SmsLimits,
    origin: &EventOrigin,
) -> Result<Finish, Error> {
    let mut row = database
        .row(SigninFinish {
            now,
            user,
            lock_key: keys.here.as_str(),
            account_key: keys.everywhere.as_str(),
            free_everywhere: FREE_EVERYWHERE,
            seen: password.seen,
            rehash: password.rehash,
            session: session.id,
            token: session.token,
            token_expires: session.token_expires,
            family_expires: session.family_expires,
            verification: code.verification,
            code: code.code,
            code_expires: code.code_expires,
            expires: code.expires,
            phone_key: phone_keys.map_or("", |keys| keys.phone.as_str()),
            country_key: phone_keys.map_or("", |keys| keys.country.as_str()),
            address_key: limits.address_key.as_str(),
            max: limits.max.clone(),
            seconds: limits.seconds.clone(),
            event: origin.id,
        })
        .await?;
    let outcome: SigninFinishOutcome = row.take()?;
    let (phone, phone_verified) = (row.take::<Option<String>>()?, row.take::<Option<bool>>()?.unwrap_or(false));
    let language = row.take::<Option<String>>()?;
    match outcome {
        SigninFinishOutcome::Gone => Ok(Finish::Gone),
        SigninFinishOutcome::Blocked => Ok(Finish::Blocked),
        SigninFinishOutcome::Unverified => Ok(Finish::Unverified(
            phone.and_then(|phone| Phone::parse(&phone).ok()),
            language.as_deref().and_then(Language::from_tag).unwrap_or_default(),
        )),
        SigninFinishOutcome::SignedIn => Holder::of(user, &mut row, phone_verified).map(Finish::SignedIn),
    }
}
