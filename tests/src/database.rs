//! What is really in the tables.

use std::collections::{BTreeMap, BTreeSet};

use asknpic::account::Accounts;
use asknpic::migrate::Database;
use asknpic_local::tls;
use futures::future::join_all;
use tokio_postgres::Client;

use crate::world::World;

/// One value of one row, as bytes (of a `bytea`) or as PostgreSQL writes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// `database.table.column`.
    pub place: String,
    /// The value.
    pub bytes: Vec<u8>,
}

impl World {
    /// A connection with every right.
    pub async fn database(&self, database: Database) -> Client {
        let (url, ca) = self.admin_url(database);
        tls::connect(&url, ca.as_deref()).await.unwrap_or_else(|error| panic!("{database}: {error}"))
    }

    /// A connection to `accounts` with every right.
    pub async fn accounts(&self) -> Client {
        self.database(Database::Accounts).await
    }

    /// The tables of a database with their columns.
    pub async fn tables(&self, database: Database) -> BTreeMap<String, BTreeSet<String>> {
        let client = self.database(database).await;
        tables(&client).await.into_iter().map(|(table, columns)| (table, columns.into_keys().collect())).collect()
    }

    /// Every value of every table of a database.
    pub async fn dump(&self, database: Database) -> Vec<Cell> {
        let client = self.database(database).await;
        let mut cells = Vec::new();
        for (table, columns) in tables(&client).await {
            for (column, kind) in columns {
                let value =
                    if kind == "bytea" { format!("\"{column}\"") } else { format!("convert_to(\"{column}\"::text, 'UTF8')") };
                let sql = format!("select {value} from \"{table}\" where \"{column}\" is not null");
                let place = format!("{database}.{table}.{column}");
                let rows = client.query(&sql, &[]).await.unwrap_or_else(|error| panic!("{place}: {error}"));
                cells.extend(rows.iter().map(|row| Cell { place: place.clone(), bytes: row.get(0) }));
            }
        }
        cells
    }

    /// Every value of every table of all four databases.
    pub async fn dump_all(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for database in Database::ALL {
            cells.extend(self.dump(database).await);
        }
        cells
    }

    /// How many rows each table of all four databases has: what must not change where nothing may be written.
    pub async fn counts(&self) -> BTreeMap<String, i64> {
        let of_one = async |database: Database| {
            let client = self.database(database).await;
            let tables = tables(&client).await.into_keys();
            let counts: Vec<_> = tables.map(|table| format!("select '{database}.{table}', count(*) from \"{table}\"")).collect();
            client.query(&counts.join(" union all "), &[]).await.expect("counts")
        };
        let all = join_all(Database::ALL.map(of_one)).await;
        all.iter().flatten().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Lifts the block of an account, as `asknpic account unblock` does. False where there is no such account.
    pub async fn unblock(&self, email: &str) -> bool {
        let (url, ca) = self.admin_url(Database::Accounts);
        let accounts = Accounts::connect(&url, ca.as_deref()).await.unwrap_or_else(|error| panic!("{error}"));
        accounts.unblock(email, self.now()).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The one number that a statement on `accounts` finds.
    pub async fn count(&self, sql: &str) -> i64 {
        self.accounts().await.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error}")).get(0)
    }
}

/// Tables with their columns and types; the migrations' own history is no data of anybody's.
pub(crate) async fn tables(client: &Client) -> BTreeMap<String, BTreeMap<String, String>> {
    let sql = "select c.table_name::text, c.column_name::text, c.data_type::text
               from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
               where c.table_schema not in ('pg_catalog', 'information_schema') and t.table_type = 'BASE TABLE'
                   and c.table_name <> 'refinery_schema_history'";
    let mut tables = BTreeMap::<String, BTreeMap<String, String>>::new();
    for row in client.query(sql, &[]).await.expect("the catalogue") {
        tables.entry(row.get(0)).or_default().insert(row.get(1), row.get(2));
    }
    tables
}
