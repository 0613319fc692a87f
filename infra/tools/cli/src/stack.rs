//! Everything that the components need around them on one machine: PostgreSQL with the four databases, a model, the message
//! catcher, the keys. `asknpic up` and `asknpic try` put a host on top; so can tests.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use asknpic_local::messages::Catcher;
use asknpic_local::model::{self, Model};
use asknpic_local::postgres::{self, Cluster};
use asknpic_local::providers::Providers;
use asknpic_local::stripe::{self, Stripe};

use crate::keys::Keys;
use crate::migrate::{self, Database, RolePasswords, Urls};

/// What a stack is made of.
#[derive(Debug)]
pub struct Setup {
    /// The secrets, also the database roles' passwords.
    pub keys: Keys,
    /// The cluster.
    pub postgres: postgres::Options,
    /// The model.
    pub model: ModelSetup,
    /// Where the message catcher listens.
    pub messages: SocketAddr,
    /// Where Stripe's stand-in listens.
    pub stripe: SocketAddr,
    /// Where it keeps what was bought from run to run; in memory only without it.
    pub stripe_file: Option<PathBuf>,
    /// Where the stand-ins of sign-in providers listen.
    pub providers: SocketAddr,
}

/// Which model answers.
#[derive(Clone, Debug)]
pub enum ModelSetup {
    /// The rule-based composer, listening here.
    Local(SocketAddr, model::Options),
    /// A real Ollama.
    Ollama {
        /// Its base URL.
        url: String,
        /// The model's name there.
        name: String,
    },
}

/// Why a stack did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// PostgreSQL.
    #[error(transparent)]
    Postgres(#[from] postgres::Error),
    /// The schema.
    #[error(transparent)]
    Migrate(#[from] migrate::Error),
    /// A stand-in cannot listen.
    #[error("the {what} cannot listen on {addr}")]
    Listen {
        /// Which.
        what: &'static str,
        /// Where.
        addr: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// A running stack. It stops when it is dropped; [`stop`](Self::stop) waits for that.
#[derive(Debug)]
pub struct Stack {
    keys: Keys,
    cluster: Cluster,
    model: Option<Model>,
    model_name: String,
    model_url: String,
    catcher: Catcher,
    stripe: Stripe,
    providers: Providers,
}

impl Stack {
    /// Starts everything; `say` hears of each step before it is done.
    ///
    /// # Errors
    /// Every [`Error`].
    pub async fn start(setup: Setup, mut say: impl FnMut(&str)) -> Result<Self, Error> {
        let Setup { keys, postgres, model, messages, stripe, stripe_file, providers } = setup;
        say("starting PostgreSQL");
        let cluster = Cluster::start(postgres).await?;
        say("migrating the databases");
        let urls = Urls::new(|database| cluster.owner_url(&database.to_string()));
        migrate::run(&urls, Some(cluster.ca_pem()), &RolePasswords::from(&keys), |_| {}).await?;
        say("starting the stand-ins");
        let (model, model_url, model_name) = match model {
            ModelSetup::Ollama { url, name } => (None, url, name),
            ModelSetup::Local(addr, options) => {
                let model = Model::start(addr, &options).map_err(|source| Error::Listen { what: "local model", addr, source })?;
                let url = model.url();
                (Some(model), url, options.name)
            }
        };
        let catcher =
            Catcher::start(messages).map_err(|source| Error::Listen { what: "message catcher", addr: messages, source })?;
        let options = stripe::Options { file: stripe_file, ..stripe::Options::default() };
        let stripe = Stripe::start(stripe, &options).map_err(|source| Error::Listen {
            what: "stand-in for Stripe",
            addr: stripe,
            source,
        })?;
        let providers = Providers::start(providers).map_err(|source| Error::Listen {
            what: "stand-ins of providers",
            addr: providers,
            source,
        })?;
        Ok(Self { keys, cluster, model, model_name, model_url, catcher, stripe, providers })
    }

    /// PostgreSQL.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The local model, where no Ollama stands in its place.
    #[must_use]
    pub fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    /// The base URL of the model's server.
    #[must_use]
    pub fn model_url(&self) -> &str {
        &self.model_url
    }

    /// The model's name there.
    #[must_use]
    pub fn model_name(&self) -> &str {
        &self.model_name
    }

    /// The message catcher.
    #[must_use]
    pub fn catcher(&self) -> &Catcher {
        &self.catcher
    }

    /// The stand-in for Stripe.
    #[must_use]
    pub fn stripe(&self) -> &Stripe {
        &self.stripe
    }

    /// The stand-ins of sign-in providers.
    #[must_use]
    pub fn providers(&self) -> &Providers {
        &self.providers
    }

    /// The value of every variable of `spin.toml` that has to be set for this stack; `public_url` is where the components will be
    /// reached.
    #[must_use]
    pub fn variables(&self, public_url: &str) -> BTreeMap<String, String> {
        let mut variables = self.keys.variables().clone();
        for database in Database::ALL {
            variables.insert(format!("{database}_host"), self.cluster.host().to_owned());
            variables.insert(format!("{database}_port"), self.cluster.port().to_string());
            variables.insert(format!("{database}_name"), database.to_string());
        }
        let (catcher, stripe) = (self.catcher.url(), self.stripe.url());
        let others = [
            ("pg_ca", self.cluster.ca_pem()),
            ("public_url", public_url),
            ("ollama_url", &self.model_url),
            ("ollama_model", &self.model_name),
            ("brevo_url", &catcher),
            ("brevo_api_key", "local"),
            ("mail_from", "hello@asknpic.example"),
            ("stripe_url", &stripe),
            ("stripe_api_key", stripe::API_KEY),
            ("stripe_webhook_secret", stripe::WEBHOOK_SECRET),
        ];
        variables.extend(others.map(|(name, value)| (name.to_owned(), value.to_owned())));
        variables.extend(self.providers.variables());
        variables
    }

    /// Stops everything and waits until PostgreSQL has shut down in order.
    pub async fn stop(self) {
        let Self { cluster, model, catcher, stripe, providers, .. } = self;
        // Their threads end at once; nothing of theirs is worth keeping.
        drop((model, catcher, stripe, providers));
        cluster.stop().await;
    }
}
