//! `asknpic rewrite`

use clap::Args;

use crate::migrate::Database;
use crate::operator::Access;
use crate::rewrite;
use crate::ui::print;

/// Rewrites the tables with salts, addresses and names, so that deleted ones are no longer on the disk
///
/// To be run every day. What is in the write-ahead log and in backups ends with them: keep both for seven days at most.
#[derive(Args, Debug)]
pub(super) struct Rewrite {
    #[command(flatten)]
    access: Access,
}

impl Rewrite {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let tables = rewrite::run(&self.access.connect(Database::Accounts).await?).await?;
        print(&format!("rewritten: {}\n", tables.join(", ")))?;
        Ok(())
    }
}
