//! A host that runs already, told by the environment:
//!
//! | variable | what |
//! | --- | --- |
//! | `ASKNPIC_E2E_URL` | the API, such as `http://127.0.0.1:3000` |
//! | `ASKNPIC_E2E_MESSAGES` | its message catcher |
//! | `ASKNPIC_E2E_MODEL` | its local model, from `up --record-requests` |
//! | `ASKNPIC_E2E_STRIPE` | its stand-in for Stripe |
//! | `ASKNPIC_E2E_DATABASES` | optional: its databases' owner, with `{database}` for the name: `postgres://migrate:…@127.0.0.1:5432/{database}?sslmode=require` |
//! | `ASKNPIC_E2E_CA` | the file of the CA for it; without it, the system's |
//! | `ASKNPIC_E2E_PUBLIC_URL` | its `public_url`, if that is not `ASKNPIC_E2E_URL` |
//!
//! Such a host should have high limits (`sms_address_limit`, `sms_country_limit`, `sms_daily_limit`, `attempts_limit`): all
//! tests come from one address.

use std::env;

/// The host that the environment names.
#[derive(Clone, Debug)]
pub struct External {
    /// The API's base URL.
    pub url: String,
    /// What it signs as the issuer.
    pub public_url: String,
    /// The catcher's base URL.
    pub messages: String,
    /// The model's base URL.
    pub model: Option<String>,
    /// The base URL of Stripe's stand-in.
    pub stripe: Option<String>,
    /// A connection URL with `{database}` in it.
    pub databases: Option<String>,
    /// The PEM text to verify the database server with.
    pub ca: Option<String>,
}

impl External {
    /// What the environment says.
    #[must_use]
    pub fn find() -> Option<Self> {
        let url = base(&variable("ASKNPIC_E2E_URL")?);
        let messages = variable("ASKNPIC_E2E_MESSAGES").expect("ASKNPIC_E2E_URL needs ASKNPIC_E2E_MESSAGES with it");
        let ca = variable("ASKNPIC_E2E_CA").map(|path| std::fs::read_to_string(&path).expect("the file of ASKNPIC_E2E_CA"));
        Some(Self {
            public_url: variable("ASKNPIC_E2E_PUBLIC_URL").map_or_else(|| url.clone(), |text| base(&text)),
            url,
            messages: base(&messages),
            model: variable("ASKNPIC_E2E_MODEL").map(|text| base(&text)),
            stripe: variable("ASKNPIC_E2E_STRIPE").map(|text| base(&text)),
            databases: variable("ASKNPIC_E2E_DATABASES"),
            ca,
        })
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn base(url: &str) -> String {
    url.trim().trim_end_matches('/').to_owned()
}
