//! `asknpic stripe …`

use std::collections::BTreeMap;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use domain::billing::Item;

use crate::stripe::{Account, Wanted};
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(super) enum Stripe {
    /// Make products, prices, the webhook endpoint and the portal's settings, where they are missing
    Sync(Sync),
}

/// Makes products, prices, the webhook endpoint and the portal's settings, where they are missing
///
/// The key is read from `SPIN_VARIABLE_STRIPE_API_KEY`, so that it is in no history of commands. It needs to write products, prices,
/// webhook endpoints and the portal's configuration; the one that the components get needs none of that.
#[derive(Args, Debug)]
pub(super) struct Sync {
    /// Where the API is reached: https://…
    #[arg(long, value_name = "URL", env = "SPIN_VARIABLE_PUBLIC_URL")]
    public_url: String,
    /// Stripe's API, or a stand-in
    #[arg(long, value_name = "URL", env = "SPIN_VARIABLE_STRIPE_URL", default_value = "https://api.stripe.com")]
    url: String,
    /// Another price than the default one, in euro cents, tax included: `pro=2500`, `credits-500000=1000`
    #[arg(long, value_name = "ITEM=CENTS", value_parser = price)]
    price: Vec<(String, i64)>,
}

fn price(text: &str) -> Result<(String, i64), String> {
    let (item, cents) = text.split_once('=').ok_or("expected ITEM=CENTS")?;
    Item::parse(item).ok_or_else(|| format!("{item:?} is no item"))?;
    let cents = cents.parse().ok().filter(|cents| *cents > 0).ok_or_else(|| format!("{cents:?} is no number of cents"))?;
    Ok((item.to_owned(), cents))
}

impl Stripe {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self::Sync(sync) = self;
        let key = std::env::var("SPIN_VARIABLE_STRIPE_API_KEY").context("SPIN_VARIABLE_STRIPE_API_KEY is not set")?;
        let account = Account::new(&sync.url, &key)?;
        let wanted = Wanted { public_url: sync.public_url, prices: sync.price.into_iter().collect::<BTreeMap<_, _>>() };
        let outcome = tokio::task::spawn_blocking(move || account.sync(&wanted)).await??;
        for line in &outcome.lines {
            print(&format!("{line}\n"))?;
        }
        if let Some(secret) = outcome.webhook_secret {
            print(&format!(
                "\nStripe tells this once; it goes to the components:\nSPIN_VARIABLE_STRIPE_WEBHOOK_SECRET={secret}\n"
            ))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::price;

    #[test]
    fn prices_are_an_item_and_cents() {
        assert_eq!(price("credits-500000=1000"), Ok(("credits-500000".to_owned(), 1_000)));
        for wrong in ["pro", "pro=", "pro=-1", "pro=9.99", "gold=100"] {
            assert!(price(wrong).is_err(), "{wrong}");
        }
    }
}
