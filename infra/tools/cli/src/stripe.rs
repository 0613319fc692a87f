//! `asknpic stripe …`: sets a Stripe account up: products, prices under their lookup keys, the webhook endpoint, the customer portal. What is there
//! already stays, so that it can run at every deployment.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use domain::billing::Item;
use domain::stripe::{EVENTS, ITEM_METADATA, OFFERS, VERSION, WEBHOOK_PATH};
use serde_json::Value;

use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(crate) enum Stripe {
    /// Make products, prices, the webhook endpoint and the portal's settings, where they are missing
    Sync(Sync),
}

/// Makes products, prices, the webhook endpoint and the portal's settings, where they are missing
///
/// The key is read from `SPIN_VARIABLE_STRIPE_API_KEY`, so that it is in no history of commands. It needs to write products, prices,
/// webhook endpoints and the portal's configuration; the one that the components get needs none of that.
#[derive(Args, Debug)]
pub(crate) struct Sync {
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
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let Self::Sync(sync) = self;
        let key = std::env::var("SPIN_VARIABLE_STRIPE_API_KEY").context("SPIN_VARIABLE_STRIPE_API_KEY is not set")?;
        let account = Account::new(&sync.url, &key)?;
        let setup = AccountSetup { public_url: sync.public_url, prices: sync.price.into_iter().collect::<BTreeMap<_, _>>() };
        let outcome = tokio::task::spawn_blocking(move || account.sync(&setup)).await??;
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

/// How long Stripe may take for one call.
const DEADLINE: Duration = Duration::from_secs(30);

/// A Stripe account.
pub struct Account {
    url: String,
    key: String,
    agent: ureq::Agent,
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Account").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Why it could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key is none of Stripe's.
    #[error("the key must begin with sk_ or rk_")]
    Key,
    /// No answer.
    #[error("{0} does not answer: {1}")]
    Unreachable(String, Box<ureq::Error>),
    /// A refusal, in Stripe's words.
    #[error("{call}: Stripe refused with status {status}: {message}")]
    Refused {
        /// Method and path.
        call: String,
        /// The HTTP status.
        status: u16,
        /// Stripe's message.
        message: String,
    },
}

/// What is to be there.
#[derive(Debug)]
pub struct AccountSetup {
    /// Where the API is reached: the webhook endpoint's origin.
    pub public_url: String,
    /// Prices in cents that differ from the default ones.
    pub prices: BTreeMap<String, i64>,
}

/// What was done, a line each, and the secret of a webhook endpoint that was made.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// For people.
    pub lines: Vec<String>,
    /// Told once: the next call does not know it.
    pub webhook_secret: Option<String>,
}

type Form = Vec<(String, String)>;

fn pair(name: impl Into<String>, value: impl Into<String>) -> (String, String) {
    (name.into(), value.into())
}

impl Account {
    /// The account that `key` belongs to; `url` is the API's origin.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn new(url: &str, key: &str) -> Result<Self, Error> {
        if !["sk_", "rk_"].iter().any(|prefix| key.starts_with(prefix)) {
            return Err(Error::Key);
        }
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(DEADLINE)).build();
        Ok(Self { url: url.trim_end_matches('/').to_owned(), key: key.to_owned(), agent: config.into() })
    }

    /// Makes what is missing. Blocks.
    ///
    /// # Errors
    /// [`Error`]; what was made before it stays, and the next call goes on from there.
    pub fn sync(&self, setup: &AccountSetup) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        let mut plans = Vec::new();
        for (item, name, cents) in OFFERS {
            let cents = setup.prices.get(&item.to_string()).copied().unwrap_or(cents);
            let product = format!("asknpic_{}", item.to_string().replace('-', "_"));
            let price = self.offer(item, name, &product, cents, &mut outcome)?;
            if matches!(item, Item::Plan(_)) {
                plans.push((product, price));
            }
        }
        self.portal(&plans, &mut outcome)?;
        self.endpoint(&setup.public_url, &mut outcome)?;
        Ok(outcome)
    }

    /// Puts an item up for sale; the id of its price.
    fn offer(&self, item: Item, name: &str, product: &str, cents: i64, outcome: &mut Outcome) -> Result<String, Error> {
        if self.find(&format!("/v1/products/{product}"))?.is_none() {
            self.post("/v1/products", &vec![pair("id", product), pair("name", name)])?;
            outcome.lines.push(format!("{item}: made product {product}"));
        }
        let key = item.lookup_key();
        let found = self.get("/v1/prices", &[("lookup_keys[0]", &key), ("limit", "1")])?;
        let current = &found["data"][0];
        if current["unit_amount"] == cents && current["active"] == true {
            return Ok(text(&current["id"]));
        }
        let mut form: Form = vec![
            pair("currency", "eur"),
            pair("unit_amount", cents.to_string()),
            pair("product", product),
            pair("tax_behavior", "inclusive"),
            pair("lookup_key", key),
            // From the price that it replaces; who pays that one goes on doing so.
            pair("transfer_lookup_key", "true"),
            pair(format!("metadata[{ITEM_METADATA}]"), item.to_string()),
        ];
        if matches!(item, Item::Plan(_)) {
            form.push(pair("recurring[interval]", "month"));
        }
        let made = text(&self.post("/v1/prices", &form)?["id"]);
        outcome.lines.push(format!("{item}: made price {made} of {}.{:02} EUR", cents / 100, cents % 100));
        if current.is_object() {
            let old = text(&current["id"]);
            self.post(&format!("/v1/prices/{old}"), &vec![pair("active", "false")])?;
            outcome.lines.push(format!("{item}: price {old} is no longer for sale"));
        }
        Ok(made)
    }

    /// Lets people change and cancel in the portal. Its default configuration is made by Stripe's dashboard only.
    fn portal(&self, plans: &[(String, String)], outcome: &mut Outcome) -> Result<(), Error> {
        let found = self.get("/v1/billing_portal/configurations", &[("is_default", "true"), ("limit", "1")])?;
        let Some(id) = found["data"][0]["id"].as_str() else {
            let line = "portal: not set up. Save its settings once in Stripe's dashboard (Settings, Billing, Customer portal), then run this again";
            outcome.lines.push(line.to_owned());
            return Ok(());
        };
        let mut form: Form = vec![
            pair("features[invoice_history][enabled]", "true"),
            pair("features[payment_method_update][enabled]", "true"),
            pair("features[subscription_cancel][enabled]", "true"),
            pair("features[subscription_cancel][mode]", "at_period_end"),
            pair("features[subscription_update][enabled]", "true"),
            pair("features[subscription_update][default_allowed_updates][0]", "price"),
            pair("features[subscription_update][proration_behavior]", "always_invoice"),
        ];
        for (number, (product, price)) in plans.iter().enumerate() {
            let place = format!("features[subscription_update][products][{number}]");
            form.extend([pair(format!("{place}[product]"), product), pair(format!("{place}[prices][0]"), price)]);
        }
        self.post(&format!("/v1/billing_portal/configurations/{id}"), &form)?;
        outcome.lines.push(format!("portal: {id} offers {} plans and cancellation", plans.len()));
        Ok(())
    }

    fn endpoint(&self, public_url: &str, outcome: &mut Outcome) -> Result<(), Error> {
        let url = format!("{}{WEBHOOK_PATH}", public_url.trim_end_matches('/'));
        let mut form: Form =
            EVENTS.iter().enumerate().map(|(number, event)| pair(format!("enabled_events[{number}]"), *event)).collect();
        let found = self.get("/v1/webhook_endpoints", &[("limit", "100")])?;
        let same = found["data"].as_array().and_then(|list| list.iter().find(|endpoint| endpoint["url"] == url.as_str()));
        if let Some(endpoint) = same {
            let id = text(&endpoint["id"]);
            if endpoint["api_version"] != VERSION {
                let line = format!("webhooks: {id} sends another version than {VERSION}; delete it at Stripe and run this again");
                outcome.lines.push(line);
                return Ok(());
            }
            self.post(&format!("/v1/webhook_endpoints/{id}"), &form)?;
            outcome.lines.push(format!("webhooks: {id} sends {} types of events", EVENTS.len()));
        } else {
            form.extend([pair("url", &url), pair("api_version", VERSION), pair("description", "Ask N Pic")]);
            let made = self.post("/v1/webhook_endpoints", &form)?;
            outcome.lines.push(format!("webhooks: made {} for {url}", text(&made["id"])));
            outcome.webhook_secret = made["secret"].as_str().map(str::to_owned);
        }
        Ok(())
    }

    fn find(&self, path: &str) -> Result<Option<Value>, Error> {
        match self.get(path, &[]) {
            Err(Error::Refused { status: 404, .. }) => Ok(None),
            result => result.map(Some),
        }
    }

    fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Error> {
        let request = self.agent.get(format!("{}{path}", self.url));
        let request = request.header("authorization", format!("Bearer {}", self.key)).header("stripe-version", VERSION);
        let answer = request.query_pairs(query.iter().copied()).call();
        self.read(format!("GET {path}"), answer)
    }

    fn post(&self, path: &str, form: &Form) -> Result<Value, Error> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request.header("authorization", format!("Bearer {}", self.key)).header("stripe-version", VERSION);
        let answer = request.send_form(form.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        self.read(format!("POST {path}"), answer)
    }

    fn read(&self, call: String, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, Error> {
        let unreachable = |error| Error::Unreachable(self.url.clone(), Box::new(error));
        let mut answer = answer.map_err(unreachable)?;
        let status = answer.status().as_u16();
        let body: Value = answer.body_mut().read_json().map_err(unreachable)?;
        if (200..300).contains(&status) {
            return Ok(body);
        }
        Err(Error::Refused { call, status, message: text(&body["error"]["message"]) })
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_an_item_and_cents() {
        assert_eq!(price("credits-500000=1000"), Ok(("credits-500000".to_owned(), 1_000)));
        for wrong in ["pro", "pro=", "pro=-1", "pro=9.99", "gold=100"] {
            assert!(price(wrong).is_err(), "{wrong}");
        }
    }
}
