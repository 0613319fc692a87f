//! `asknpic trace`: the way of one generation from brief to file, for an auditor: everything but the content (promise a73).

use clap::Args;
use serde_json::{Value, json};
use tokio_postgres::{Client, Error};
use uuid::Uuid;

use crate::migrate::Database;
use crate::operator::Access;
use crate::ui::print;

/// Traces a generation from brief to file, without its content
#[derive(Args, Debug)]
pub(crate) struct Trace {
    /// The generation's id
    generation: Uuid,
    #[command(flatten)]
    access: Access,
}

impl Trace {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let accounts = self.access.connect(Database::Accounts).await?;
        let (briefs, files) = (self.access.connect(Database::Briefs).await?, self.access.connect(Database::Files).await?);
        let found = read(&accounts, &briefs, &files, self.generation).await?;
        let trace = found.ok_or_else(|| anyhow::anyhow!("there is no generation {}", self.generation))?;
        Ok(print(&(serde_json::to_string_pretty(&trace)? + "\n"))?)
    }
}

/// What was generated when, by which prompt and model, what was corrected, and which pieces of content there are, by kind, size and
/// time. `None` where there is no such generation.
///
/// # Errors
/// Of the servers.
pub async fn read(accounts: &Client, briefs: &Client, files: &Client, generation: Uuid) -> Result<Option<Value>, Error> {
    let sql = "select to_jsonb(g)::text from generations g where id = $1::text::uuid";
    let id = generation.to_string();
    let Some(row) = accounts.query_opt(sql, &[&id]).await? else { return Ok(None) };
    let metadata: Value = serde_json::from_str(row.get(0)).unwrap_or_default();
    let mut pieces = Vec::new();
    for (client, table) in [(briefs, "briefs"), (files, "files")] {
        let sql = format!(
            "select kind::int, octet_length(envelope), encode(sha256(envelope), 'hex'), instant_text
             from (select *, to_char(created_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as instant_text from {table}) t
             where generation_id = $1::text::uuid order by kind"
        );
        for row in client.query(&sql, &[&id]).await? {
            pieces.push(json!({
                "kind": name(row.get(0)),
                "encrypted_bytes": row.get::<_, i32>(1),
                "encrypted_sha256": row.get::<_, &str>(2),
                "kept_at": row.get::<_, &str>(3),
            }));
        }
    }
    Ok(Some(json!({ "metadata": metadata, "content": pieces })))
}

fn name(kind: i32) -> &'static str {
    match kind {
        1 => "brief",
        2 => "translated brief",
        3 => "final file",
        4 => "raw file",
        5 => "rejected file",
        _ => "unknown",
    }
}
