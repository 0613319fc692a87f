//! `asknpic trace`

use clap::Args;
use uuid::Uuid;

use crate::migrate::Database;
use crate::operator::Access;
use crate::trace;
use crate::ui::print;

/// Traces a generation from brief to file, without its content
#[derive(Args, Debug)]
pub(super) struct Trace {
    /// The generation's id
    generation: Uuid,
    #[command(flatten)]
    access: Access,
}

impl Trace {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let accounts = self.access.connect(Database::Accounts).await?;
        let (briefs, files) = (self.access.connect(Database::Briefs).await?, self.access.connect(Database::Files).await?);
        let found = trace::read(&accounts, &briefs, &files, self.generation).await?;
        let trace = found.ok_or_else(|| anyhow::anyhow!("there is no generation {}", self.generation))?;
        Ok(print(&(serde_json::to_string_pretty(&trace)? + "\n"))?)
    }
}
