//! `asknpic billing …` and `asknpic gift …`

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use domain::billing::{Item, PaidPlan};
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use crate::billing;
use crate::keys::Keys;
use crate::migrate::Database;
use crate::operator::Access;
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(super) enum Billing {
    /// Print a year's movements of money as CSV, for the accountant
    Export(Export),
}

/// Prints a year's movements of money as CSV, for the accountant
///
/// Stripe's ids, amounts with their tax, and dates (UTC); no names and no emails. Kept for ten years, also of erased accounts.
#[derive(Args, Debug)]
pub(super) struct Export {
    #[command(flatten)]
    access: Access,
    /// The calendar year
    #[arg(long, value_name = "YEAR")]
    year: i16,
}

#[derive(Debug, Subcommand)]
pub(super) enum Gift {
    /// Make gift codes, and print them
    Create(Create),
}

/// Makes gift codes, and prints them
///
/// They are printed once: the database keeps keyed hashes. The key is that of the components, `SPIN_VARIABLE_GIFT_KEY`, or in --keys.
#[derive(Args, Debug)]
pub(super) struct Create {
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
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self::Export(export) = self;
        let text = billing::export(&export.access.connect(Database::Accounts).await?, export.year).await?;
        Ok(print(&text)?)
    }
}

impl Gift {
    pub(super) async fn run(self) -> anyhow::Result<()> {
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
        let codes = billing::create_gifts(&client, &key, &create.kind, create.count.into(), now, expires).await;
        let codes = codes.with_context(|| format!("no codes of kind {:?} were made", create.kind))?;
        Ok(print(&(codes.join("\n") + "\n"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::kind;

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
