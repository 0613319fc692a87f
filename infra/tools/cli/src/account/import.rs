//! `asknpic account import`: accounts from elsewhere, with their password hashes.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use domain::{Email, Language, PersonName, Phone, Secret};
use indicatif::ProgressBar;
use serde::Deserialize;

use crate::migrate::Database;
use crate::operator::Access;
use crate::ui::print;

use super::{Accounts, Error, event, utc};

/// Brings accounts in from elsewhere, with their password hashes
///
/// The file is CSV with a header. Columns: email, `password_hash` (ASP.NET Core Identity V2 or V3, or bcrypt), and if there are any
/// `email_confirmed`, phone, `phone_verified`, country, `first_name`, `last_name`, language, `created_at`, `policy_version`. Email or phone must
/// have been proved there. Every line is checked before the first account is made; an email that has an account already is left as it
/// is, so that an import can be repeated.
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// The file
    #[arg(value_name = "USERS.CSV")]
    file: PathBuf,
    /// Check the file and stop
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    access: Access,
}

impl Import {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let open = || std::fs::File::open(&self.file).with_context(|| self.file.display().to_string());
        let mut accounts = Vec::new();
        let mut rejected = 0_u64;
        for (line, account) in read_csv(open()?).context("the header cannot be read")? {
            match account {
                Ok(account) => accounts.push(account),
                Err(reason) => {
                    rejected += 1;
                    eprintln!("line {line}: {reason}");
                }
            }
        }
        if rejected > 0 {
            let lines = if rejected == 1 { "line" } else { "lines" };
            bail!("{rejected} {lines} cannot be taken; nothing was imported");
        }
        if self.check {
            print(&format!("{} accounts can be imported\n", accounts.len()))?;
            return Ok(());
        }
        let owner = Accounts::new(self.access.connect(Database::Accounts).await?);
        let bar = ProgressBar::new(accounts.len() as u64);
        let (mut imported, mut taken) = (0_u64, 0_u64);
        for account in &accounts {
            if owner.import(account, jiff::Timestamp::now()).await? {
                imported += 1;
            } else {
                taken += 1;
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        print(&format!("{imported} accounts imported, {taken} were there already\n"))?;
        Ok(())
    }
}

impl Accounts {
    /// Brings an account in with its hash as it is. False where its email has an account already.
    ///
    /// # Errors
    /// [`Error::Sql`], [`Error::Random`].
    pub async fn import(&self, account: &NewAccount, now: jiff::Timestamp) -> Result<bool, Error> {
        let (user, tenant, salt) = (event(now)?, event(now)?, vault::random::bytes::<32>()?);
        let name = |name: &Option<PersonName>| name.as_ref().map(|name| name.expose().to_owned());
        let sql = "select api.account_import($1::text::timestamp, $2::text::uuid, $3::text::uuid, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
                   $13, $14::text::timestamp)";
        let row = self
            .client
            .query_one(
                sql,
                &[
                    &utc(now),
                    &user,
                    &tenant,
                    &salt.as_slice(),
                    &account.email.expose(),
                    &account.email_confirmed,
                    &account.password_hash.expose(),
                    &account.phone.as_ref().map(|phone| phone.expose().to_owned()),
                    &account.phone_verified,
                    &name(&account.first_name),
                    &name(&account.last_name),
                    &account.language.tag(),
                    &account.policy_version,
                    &utc(account.created_at.unwrap_or(now)),
                ],
            )
            .await?;
        Ok(row.get::<_, &str>(0) == "imported")
    }
}

/// One line of an import: the columns of `users.csv`, of which `email` and `password_hash` are required.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    email: String,
    /// ASP.NET Core Identity V2 or V3 in base64, or bcrypt.
    password_hash: String,
    /// This or `phone_verified` must be true.
    #[serde(default)]
    email_confirmed: Option<bool>,
    /// In any form that `country` makes clear; kept as E.164.
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    phone_verified: Option<bool>,
    /// ISO 3166-1 code of the country that a phone without a plus is of.
    #[serde(default)]
    country: Option<String>,
    #[serde(default)]
    first_name: Option<String>,
    #[serde(default)]
    last_name: Option<String>,
    /// `en` (also if absent) or `fr`.
    #[serde(default)]
    language: Option<String>,
    /// RFC 3339; the time of the import if absent.
    #[serde(default)]
    created_at: Option<jiff::Timestamp>,
    /// The version of the privacy policy that was accepted; today's if absent.
    #[serde(default)]
    policy_version: Option<String>,
}

/// An account that is ready to be brought in.
#[derive(Clone, Debug)]
pub struct NewAccount {
    email: Email,
    email_confirmed: bool,
    password_hash: Secret,
    phone: Option<Phone>,
    phone_verified: bool,
    first_name: Option<PersonName>,
    last_name: Option<PersonName>,
    language: Language,
    created_at: Option<jiff::Timestamp>,
    policy_version: String,
}

/// Why a line was not taken. The line's values are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Not the columns of an import, or values of another type.
    #[error("the columns or their types are not those of an import")]
    Shape,
    /// Not an address we take.
    #[error("email: must be an email address")]
    Email,
    /// Not a hash that a sign-in could read.
    #[error("password_hash: must be ASP.NET Core Identity V2 or V3 in base64, or bcrypt, of bearable cost")]
    PasswordHash,
    /// Not a number that exists.
    #[error("phone: must be a phone number that exists, with its plus or with a country")]
    Phone,
    /// Verified without there being one.
    #[error("phone_verified: there is no phone")]
    NoPhone,
    /// Empty, too long, or with control characters.
    #[error("first_name, last_name: must have 1 to 100 characters and no control characters")]
    Name,
    /// Not one of ours.
    #[error("language: must be en or fr")]
    Language,
    /// Neither email nor phone were ever proved: such an account holds nobody's email and goes after a day (promise a67).
    #[error("email_confirmed, phone_verified: one must be true, since an account that has proved neither goes after a day")]
    Unproved,
}

/// What is read of an import, with the line of the file that each account begins in.
///
/// # Errors
/// The header cannot be read.
pub fn read_csv<R: std::io::Read>(file: R) -> Result<impl Iterator<Item = (u64, Result<NewAccount, Rejected>)>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(file);
    let headers = reader.headers()?.clone();
    Ok(reader.into_records().map(move |record| match record {
        Ok(record) => {
            let line = record.deserialize::<Line>(Some(&headers)).map_err(|_| Rejected::Shape);
            (record.position().map_or(0, csv::Position::line), line.and_then(NewAccount::check))
        }
        Err(error) => (error.position().map_or(0, csv::Position::line), Err(Rejected::Shape)),
    }))
}

impl NewAccount {
    fn check(line: Line) -> Result<Self, Rejected> {
        let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let name = |text: Option<String>| {
            let name = filled(text).map(|text| PersonName::new(text.trim()));
            if name.as_ref().is_some_and(|name| name.parse().is_err()) { Err(Rejected::Name) } else { Ok(name) }
        };
        let email = Email::parse(&line.email).map_err(|_| Rejected::Email)?;
        let password_hash = line.password_hash.trim();
        if !vault::password::is_readable(password_hash) {
            return Err(Rejected::PasswordHash);
        }
        let phone = filled(line.phone).map(|text| phone(&text, filled(line.country).as_deref())).transpose()?;
        let phone_verified = line.phone_verified.unwrap_or(false);
        if phone_verified && phone.is_none() {
            return Err(Rejected::NoPhone);
        }
        let email_confirmed = line.email_confirmed.unwrap_or(false);
        if !email_confirmed && !phone_verified {
            return Err(Rejected::Unproved);
        }
        Ok(Self {
            email,
            email_confirmed,
            password_hash: Secret::new(password_hash),
            phone,
            phone_verified,
            first_name: name(line.first_name)?,
            last_name: name(line.last_name)?,
            language: filled(line.language)
                .map_or(Ok(Language::En), |tag| Language::from_tag(tag.trim()).ok_or(Rejected::Language))?,
            created_at: line.created_at,
            policy_version: filled(line.policy_version).unwrap_or_else(|| domain::POLICY_VERSION.to_owned()),
        })
    }
}

/// A number that exists by the numbering plan of its country, as E.164.
fn phone(text: &str, country: Option<&str>) -> Result<Phone, Rejected> {
    let country = country.map(|code| code.trim().to_ascii_uppercase().parse()).transpose().map_err(|_| Rejected::Phone)?;
    let number = phonenumber::parse(country, text.trim()).map_err(|_| Rejected::Phone)?;
    if !phonenumber::is_valid(&number) {
        return Err(Rejected::Phone);
    }
    Phone::parse(&number.format().mode(phonenumber::Mode::E164).to_string()).map_err(|_| Rejected::Phone)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// Of Python's `bcrypt`.
    const BCRYPT: &str = "$2b$04$3opOvxqKxLeilegul7MzE.9W4vuJrcdDKBinQ7p7sE2uGVXKaG11a";

    fn read(text: &str) -> Vec<(u64, Result<NewAccount, Rejected>)> {
        read_csv(text.as_bytes()).unwrap().collect()
    }

    #[test]
    fn lines_are_checked_and_phones_become_e164() {
        let text = format!(
            "email, password_hash,phone,phone_verified,country,first_name,language,created_at,email_confirmed\n\
             Jane@Example.com ,{BCRYPT},06 12 34 56 78,true,fr,\"O'Hara, Jane\",fr,2019-05-06T07:08:09Z,\n\
             joe@example.com,{BCRYPT},+41 79 123 45 67,,,,,,true\n"
        );
        let lines = read(&text);
        let (number, jane) = (lines[0].0, lines[0].1.clone().unwrap());
        assert_eq!((number, jane.email.expose()), (2, "jane@example.com"));
        assert_eq!(jane.phone.unwrap().expose(), "+33612345678");
        assert_eq!(jane.first_name.unwrap().expose(), "O'Hara, Jane");
        assert_eq!((jane.language, jane.phone_verified), (Language::Fr, true));
        let joe = lines[1].1.clone().unwrap();
        assert_eq!(
            (lines[1].0, joe.phone.unwrap().expose().to_owned(), joe.phone_verified),
            (3, "+41791234567".to_owned(), false)
        );
        assert_eq!((joe.language, joe.first_name, joe.created_at), (Language::En, None, None));
    }

    #[test]
    fn what_cannot_be_taken_is_named_without_its_values() {
        let header = "email,password_hash,phone,phone_verified,first_name,language\n";
        for (line, reason) in [
            (format!("jane@example.com,{BCRYPT},+41 79 123 45 67,false,,"), Rejected::Unproved),
            (format!("nobody,{BCRYPT},,,,"), Rejected::Email),
            ("jane@example.com,5f4dcc3b5aa765d61d8327deb882cf99,,,,".to_owned(), Rejected::PasswordHash),
            (
                "jane@example.com,$2b$31$3opOvxqKxLeilegul7MzE.9W4vuJrcdDKBinQ7p7sE2uGVXKaG11a,,,,".to_owned(),
                Rejected::PasswordHash,
            ),
            (format!("jane@example.com,{BCRYPT},+33000000000,,,"), Rejected::Phone),
            (format!("jane@example.com,{BCRYPT},0612345678,,,"), Rejected::Phone),
            (format!("jane@example.com,{BCRYPT},,true,,"), Rejected::NoPhone),
            (format!("jane@example.com,{BCRYPT},+41 79 123 45 67,true,\"a\nb\","), Rejected::Name),
            (format!("jane@example.com,{BCRYPT},+41 79 123 45 67,true,,de"), Rejected::Language),
            (format!("jane@example.com,{BCRYPT},,maybe,,"), Rejected::Shape),
            (format!("jane@example.com,{BCRYPT}"), Rejected::Shape),
        ] {
            let lines = read(&format!("{header}{line}\n"));
            assert_eq!(lines[0].1.as_ref().err(), Some(&reason), "{line}");
            assert!(!reason.to_string().contains("jane"));
        }
        assert_eq!(
            read(&format!("email,password_hash,role\njane@example.com,{BCRYPT},admin\n"))[0].1.as_ref().err(),
            Some(&Rejected::Shape)
        );
    }
}
