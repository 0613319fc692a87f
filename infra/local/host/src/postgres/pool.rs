//! Connection pools: one per component, address and certificate authority, of 64 connections, as in Spin.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::tls::{self, Authority};

/// Spin's fixed size.
const CONNECTIONS: usize = 64;

/// A connection out of a pool; goes back when the last clone is dropped.
pub(crate) type Session = Arc<Object>;

/// The pools of one component.
#[derive(Default)]
pub(crate) struct Pools(Mutex<HashMap<Key, Pool>>);

/// An address as the component wrote it, and the digest of the authority that it trusts in addition.
type Key = (String, Option<[u8; 32]>);

impl Pools {
    /// A connection to `address` (of which `config` is the parsed form). Waits without limit while all are in use, as in Spin.
    pub(crate) async fn session(&self, address: &str, config: Config, authority: Option<&Authority>) -> Result<Session, String> {
        let pool = self.pool(address, config, authority)?;
        pool.get().await.map(Arc::new).map_err(|error| chain(&error))
    }

    fn pool(&self, address: &str, config: Config, authority: Option<&Authority>) -> Result<Pool, String> {
        let key = (address.to_owned(), authority.map(|authority| authority.digest));
        let mut pools = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(&key) {
            return Ok(pool.clone());
        }
        // `Clean` resets the session's settings but does not roll back: a transaction left open goes on in the next request.
        // That is a trap of Spin's, and tests must be able to fall into it here.
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Clean };
        let manager = if config.get_ssl_mode() == SslMode::Disable {
            Manager::from_config(config, NoTls, recycling)
        } else {
            Manager::from_config(config, MakeRustlsConnect::new(tls::client(authority)?), recycling)
        };
        let pool = Pool::builder(manager).max_size(CONNECTIONS).build().map_err(|error| chain(&error))?;
        pools.insert(key, pool.clone());
        Ok(pool)
    }
}

/// An error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // Some errors already end with their cause.
        if !text.contains(&more) {
            text += ": ";
            text += &more;
        }
        cause = error.source();
    }
    text
}
