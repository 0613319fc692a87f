//! What worlds are made from: a PostgreSQL cluster with four migrated databases, of which each world gets copies.
//!
//! One cluster serves all tests of the process; it stops with the process. It belongs to no test's runtime.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use asknpic::keys::Keys;
use asknpic::migrate::{self, RolePasswords, Urls};
use asknpic_local::postgres::{Cluster, DatabaseSet, MAINTENANCE, Options};
use futures::future::join_all;
use tokio::sync::OnceCell;

use crate::database::tables;

/// A cluster with its migrated originals.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    pub(crate) cluster: Arc<Cluster>,
    /// Roles belong to the server: all worlds of a cluster have these passwords.
    pub(crate) keys: Keys,
    originals: DatabaseSet,
    /// For each of the four databases, the statements that bring a used copy back to the original's rows.
    resets: Arc<[String; 4]>,
    unused: Arc<Mutex<Vec<DatabaseSet>>>,
}

impl Base {
    /// The one that tests share.
    pub(crate) async fn shared() -> &'static Self {
        static SHARED: OnceCell<Base> = OnceCell::const_new();
        SHARED.get_or_init(Self::start).await
    }

    /// A cluster of its own, for a test that stops it.
    pub(crate) async fn start() -> Self {
        let cluster = Cluster::start(Options::temporary()).await.unwrap_or_else(|error| panic!("{error}"));
        let keys = Keys::generate().expect("keys");
        let originals = cluster.create_database_set("original_").await.expect("four databases");
        let urls = Urls::new(|database| cluster.owner_url(&format!("original_{database}")));
        let migrated = migrate::run(&urls, Some(cluster.ca_pem()), &RolePasswords::from(&keys), |_| {}).await;
        migrated.unwrap_or_else(|error| panic!("{error}"));
        let resets = join_all(originals.names().map(|name| reset(&cluster, name))).await.try_into().expect("four");
        Self { cluster: Arc::new(cluster), keys, originals, resets: Arc::new(resets), unused: Arc::default() }
    }

    /// Four databases as if just migrated: used ones made new where there are some (a tenth of the time), else copies.
    pub(crate) async fn databases(&self) -> DatabaseSet {
        static COPIES: AtomicUsize = AtomicUsize::new(0);
        let used = self.unused.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(used) = used else {
            let prefix = format!("copy{}_", COPIES.fetch_add(1, Ordering::Relaxed));
            return self.cluster.clone_database_set(&self.originals, &prefix).await.expect("copies of the databases");
        };
        let server = self.cluster.connect(MAINTENANCE).await.expect("the cluster");
        let cut = "select pg_terminate_backend(pid) from pg_stat_activity where datname = any($1)";
        server.query(cut, &[&used.names().as_slice()]).await.expect("what was connected is cut off");
        let renew = used.names().into_iter().zip(self.resets.iter()).map(async |(name, reset)| {
            self.cluster.connect(name).await.expect("the database").batch_execute(reset).await.expect("a reset");
        });
        join_all(renew).await;
        used
    }

    /// Takes databases back that nobody looks at any more.
    pub(crate) fn give_back(&self, set: DatabaseSet) {
        self.unused.lock().unwrap_or_else(PoisonError::into_inner).push(set);
    }
}

/// Empties every table and brings back the rows that the migrations themselves have written.
async fn reset(cluster: &Cluster, original: &str) -> String {
    let client = cluster.connect(original).await.expect("the original");
    let names: Vec<_> = tables(&client).await.into_keys().map(|table| format!("\"{table}\"")).collect();
    let mut statements = format!("truncate {} cascade;", names.join(", "));
    for name in names {
        let rows = format!(
            "select format('insert into {name} select * from json_populate_recordset(null::{name}, %L);', json_agg(t))
             from {name} t having count(*) > 0"
        );
        if let Some(row) = client.query_opt(&rows, &[]).await.expect("the original's rows") {
            statements += row.get(0);
        }
    }
    statements
}
