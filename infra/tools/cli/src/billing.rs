//! `asknpic billing …` and `asknpic gift …`: what an operator does with the billing tables: gift codes, and the accountant's export.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand};
use domain::billing::{Item, PaidPlan, gift_code_from_random};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio_postgres::Client;

use crate::keys::Keys;
use crate::migrate::Database;
use crate::operator::Access;
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(crate) enum Billing {
    /// Print a year's movements of money as CSV, for the accountant
    Export(Export),
}

/// Prints a year's movements of money as CSV, for the accountant
///
/// Stripe's ids, amounts with their tax, and dates (UTC); no names and no emails. Kept for ten years, also of erased accounts.
#[derive(Args, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    access: Access,
    /// The calendar year
    #[arg(long, value_name = "YEAR")]
    year: i16,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Gift {
    /// Make gift codes, and print them
    Create(Create),
}

/// Makes gift codes, and prints them
///
/// They are printed once: the database keeps keyed hashes. The key is that of the components, `SPIN_VARIABLE_GIFT_KEY`, or in --keys.
#[derive(Args, Debug)]
pub(crate) struct Create {
    #[command(flatten)]
    access: Access,
    /// The file that `asknpic keys generate` wrote
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// What each gives: `credits-<tokens>`, or `<plan>-<days>-days`
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: String,
    /// How many
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    count: u16,
    /// The last day on which they can be redeemed (UTC), such as 2027-12-31
    #[arg(long, value_name = "DATE")]
    expires: Date,
}

fn kind(text: &str) -> Result<String, String> {
    let plan = text.strip_suffix("-days").and_then(|rest| rest.split_once('-'));
    let days =
        |days: &str| days.parse::<u16>().is_ok_and(|number| (1..=9_999).contains(&number)) && !days.starts_with(['0', '+']);
    match (Item::parse(text), plan) {
        (Some(Item::Credits(_)), _) => Ok(text.to_owned()),
        (_, Some((name, number))) if PaidPlan::from_name(name).is_some() && days(number) => Ok(text.to_owned()),
        _ => Err("expected credits-<tokens>, or <plan>-<days>-days".to_owned()),
    }
}

impl Billing {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let Self::Export(Export { access, year }) = self;
        let text = export(&access.connect(Database::Accounts).await?, year).await?;
        Ok(print(&text)?)
    }
}

impl Gift {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let Self::Create(create) = self;
        let key = match &create.keys {
            Some(path) => Keys::load(path)?.variables().get("gift_key").cloned().context("the file has no gift key")?,
            None => create.access.secret("gift_key").context("no gift key: name the file with --keys")?,
        };
        let now = Timestamp::now();
        let expires = create.expires.tomorrow()?.to_zoned(TimeZone::UTC)?.timestamp();
        if expires <= now {
            bail!("{} is over", create.expires);
        }
        let client = create.access.connect(Database::Accounts).await?;
        let codes = create_gifts(&client, &key, &create.kind, create.count.into(), now, expires).await;
        let codes = codes.with_context(|| format!("no codes of kind {:?} were made", create.kind))?;
        Ok(print(&(codes.join("\n") + "\n"))?)
    }
}

/// What a gift code is hashed with besides its key; the component `billing` does the same.
const PURPOSE: &str = "gift-code:";
/// The first line of the export.
const HEADER: &str = "booked_at,kind,record,customer,payment,subscription,item,currency,amount,tax\n";

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key is not of the form `asknpic keys generate` gives it.
    #[error("the gift key is not 32 bytes of base64url")]
    Key,
    /// The system gives no random bytes.
    #[error("the system has no random bytes")]
    Random,
    /// The database refused.
    #[error("the database refused: {0}")]
    Database(#[from] tokio_postgres::Error),
}

/// Makes gift codes of 100 random bits each, and keeps their keyed hashes. They are told here and never again.
///
/// # Errors
/// [`Error`]; then none was kept.
pub async fn create_gifts(
    client: &Client,
    key: &str,
    kind: &str,
    count: usize,
    now: Timestamp,
    expires: Timestamp,
) -> Result<Vec<String>, Error> {
    let key = URL_SAFE_NO_PAD.decode(key.trim()).ok().filter(|key| key.len() == 32).ok_or(Error::Key)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let mut codes = Vec::new();
    for _ in 0..count {
        let mut random = [0; 20];
        SystemRandom::new().fill(&mut random).map_err(|_| Error::Random)?;
        codes.push(gift_code_from_random(random));
    }
    let hashes: Vec<_> = codes.iter().map(|code| hex::encode(hmac::sign(&key, format!("{PURPOSE}{code}").as_bytes()))).collect();
    let sql = "insert into gift_codes (code, kind, issued_at, expires_at)
               select decode(hash, 'hex'), $2, $3::text::timestamp, $4::text::timestamp from unnest($1::text[]) as t(hash)";
    client.execute(sql, &[&hashes, &kind, &utc(now), &utc(expires)]).await?;
    Ok(codes.iter().map(|code| grouped(code)).collect())
}

/// A code in groups of four, as people read it.
fn grouped(code: &str) -> String {
    code.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect::<Vec<_>>().join("-")
}

fn utc(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

/// The movements of money of a calendar year (UTC), as CSV (RFC 4180): what came in is positive, what went back negative. A refund that Stripe
/// has told by its charge's total alone has a line of what was added to that; one that was told by itself has its own.
///
/// # Errors
/// [`Error::Database`].
pub async fn export(client: &Client, year: i16) -> Result<String, Error> {
    let sql = "select to_char(booked_at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), case kind when 'refund-made' then 'refund' else kind end, id,
                   coalesce(customer, (select min(c.customer) from billing_records c where c.payment = r.payment)), payment, subscription, item,
                   upper(currency),
                   case kind when 'refund' then before - amount when 'refund-made' then -amount when 'dispute' then -amount else amount end, tax
               from (select *, coalesce(lag(amount) over (partition by kind, split_part(id, '/', 1) order by amount), 0) as before
                     from billing_records) r
               where extract(year from booked_at) = $1::int and not (kind = 'refund' and exists (
                   select 1 from billing_records m where m.kind = 'refund-made' and m.payment = r.payment
                       and m.booked_at <= r.booked_at + interval '1 minute'))
               order by booked_at, id";
    let mut text = HEADER.to_owned();
    for row in client.query(sql, &[&i32::from(year)]).await? {
        let word = |column: usize| row.get::<_, Option<String>>(column).unwrap_or_default();
        let mut fields: Vec<_> = (0..8).map(|column| quoted(&word(column))).collect();
        fields.extend([decimal(row.get(8)), decimal(row.get(9))]);
        text += &(fields.join(",") + "\n");
    }
    Ok(text)
}

/// Cents as a decimal number.
fn decimal(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_fields_are_written_as_spreadsheets_read_them() {
        assert_eq!([0, 5, -5, 290, -12_345].map(decimal), ["0.00", "0.05", "-0.05", "2.90", "-123.45"]);
        assert_eq!([quoted("in_1"), quoted("a,\"b\"")], ["in_1".to_owned(), "\"a,\"\"b\"\"\"".to_owned()]);
    }

    #[test]
    fn codes_are_told_in_groups() {
        assert_eq!(grouped("0123456789ABCDEFGHJK"), "0123-4567-89AB-CDEF-GHJK");
    }

    #[test]
    fn kinds_are_credits_or_a_plan_for_some_days() {
        for right in ["credits-5000", "pro-30-days", "agency-9999-days"] {
            assert_eq!(kind(right), Ok(right.to_owned()));
        }
        for wrong in ["", "pro", "gold-30-days", "pro-0-days", "pro-030-days", "pro-x-days", "credits-0", "starter-10000-days"] {
            assert!(kind(wrong).is_err(), "{wrong}");
        }
    }
}
