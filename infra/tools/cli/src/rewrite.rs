//! `asknpic rewrite`: rewrites the tables that tell who somebody is, so that what was deleted is no longer in their pages (promise a62).
//!
//! PostgreSQL leaves deleted rows in the heap and its indexes, and a plain `VACUUM` leaves their bytes in the pages that it frees;
//! `VACUUM FULL` writes table and indexes anew. Which tables: those with a column whose statistics target is 0, as the migrations set it
//! on salts, addresses, numbers and names, so that `ANALYZE` copies none of them into `pg_statistic` either.

use clap::Args;
use tokio_postgres::{Client, Error};

use crate::migrate::Database;
use crate::operator::Access;
use crate::ui::print;

/// Rewrites the tables with salts, addresses and names, so that deleted ones are no longer on the disk
///
/// To be run every day. What is in the write-ahead log and in backups ends with them: keep both for seven days at most.
#[derive(Args, Debug)]
pub(crate) struct Rewrite {
    #[command(flatten)]
    access: Access,
}

impl Rewrite {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let tables = run(&self.access.connect(Database::Accounts).await?).await?;
        print(&format!("rewritten: {}\n", tables.join(", ")))?;
        Ok(())
    }
}

/// Rewrites them; their names. Each is locked while it is written: milliseconds for thousands of rows.
///
/// # Errors
/// Of the server: the role must own the tables.
pub async fn run(accounts: &Client) -> Result<Vec<String>, Error> {
    let sql = "select distinct c.relname::text from pg_attribute a join pg_class c on c.oid = a.attrelid
               where a.attstattarget = 0 and not a.attisdropped and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
               order by 1";
    let tables: Vec<String> = accounts.query(sql, &[]).await?.iter().map(|row| row.get(0)).collect();
    for table in &tables {
        accounts.batch_execute(&format!("vacuum full \"{table}\"")).await?;
    }
    Ok(tables)
}
