//! `asknpic dataset …`: the training dataset, for those who fine-tune a model with it (promises a18, a44).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand, ValueEnum};
use domain::generation::ContentKind;
use domain::{GenerationId, UserId};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;
use vault::{Envelope, MasterKeys, UserSalt};
use zeroize::Zeroizing;

use crate::keys::write_new;
use crate::migrate::Database;
use crate::operator::{Access, name_of, utc, uuid_v7};
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(crate) enum Dataset {
    /// Write the dataset as JSON lines for fine-tuning, with a datasheet; the export ends after 30 days
    Export(ExportArgs),
    /// Print the ids of entries that have to be taken out of an export
    Removals(RemovalsArgs),
}

/// The basis on which people's generations may be learnt from
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Basis {
    /// Only those who agreed
    Consent,
    /// Those who do not object
    LegitimateInterest,
}

/// Where to
#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// New folder for `dataset.jsonl` and `DATASHEET.md`
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// As the component `dataset` is configured
    #[arg(long, value_enum, default_value = "consent", env = "SPIN_VARIABLE_TRAINING_BASIS")]
    basis: Basis,
    /// Who answers for it; the system's user without it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    access: Access,
}

/// Of which export
#[derive(Args, Debug)]
pub(crate) struct RemovalsArgs {
    /// The export's id, from its datasheet
    export: Uuid,
    #[command(flatten)]
    access: Access,
}

impl Dataset {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Export(ExportArgs { out, basis, by, access }) => {
                let accounts = access.connect(Database::Accounts).await?;
                let entries = access.connect(Database::Dataset).await?;
                let (masters, by, now) = (access.masters()?, name_of(by)?, Timestamp::now());
                fs::create_dir(&out).with_context(|| out.display().to_string())?;
                let export = export(&accounts, &entries, &masters, now, &by, basis == Basis::Consent).await?;
                write_new(&out.join("dataset.jsonl"), &export.lines)?;
                write_new(&out.join("DATASHEET.md"), &export.datasheet)?;
                Ok(print(&export.datasheet)?)
            }
            Self::Removals(RemovalsArgs { export, access }) => {
                let entries = access.connect(Database::Dataset).await?;
                let ids = removals(&entries, export).await?;
                Ok(print(&ids.iter().flat_map(|id| [id.to_string(), "\n".to_owned()]).collect::<String>())?)
            }
        }
    }
}

/// How long an export may be used, in days; then its files are to be deleted (promise a44).
pub const EXPORT_DAYS: i64 = 30;

/// An export: its lines and what is known of them.
#[derive(Debug)]
pub struct Export {
    /// Its id, for the list of removals.
    pub id: Uuid,
    /// One JSON object a line, in the form that fine-tuning tools take.
    pub lines: String,
    /// What is in it, for whoever gets it.
    pub datasheet: String,
}

/// Exports every entry whose person may still be learnt from, and registers it with the ids of its entries.
///
/// # Errors
/// A database fails, or an entry does not open.
pub async fn export(
    accounts: &Client,
    dataset: &Client,
    masters: &MasterKeys,
    now: Timestamp,
    by: &str,
    opt_in: bool,
) -> anyhow::Result<Export> {
    let (mut lines, mut ids) = (String::new(), Vec::new());
    let mut counts = Counts::new();
    let mut after = Uuid::nil();
    loop {
        let sql = "select id, user_id, envelope, prompt_version, legal_basis from entries where id > $1 order by id limit 500";
        let rows = dataset.query(sql, &[&after]).await?;
        let Some(last) = rows.last() else { break };
        after = last.get(0);
        let users: Vec<Uuid> = rows.iter().map(|row| row.get(1)).collect();
        // Asked now and not when it was copied: a restriction holds for exports too (promise a79).
        let sql = "select k.user_id, k.salt from user_keys k where k.user_id = any ($1) and api.training_basis(k.user_id, $2) is not null";
        let salts: BTreeMap<Uuid, Zeroizing<Vec<u8>>> = accounts
            .query(sql, &[&users, &opt_in])
            .await?
            .iter()
            .map(|row| (row.get(0), Zeroizing::new(row.get::<_, Vec<u8>>(1))))
            .collect();
        for row in &rows {
            let (id, user): (Uuid, Uuid) = (row.get(0), row.get(1));
            let Some(salt) = salts.get(&user) else { continue };
            let salt = UserSalt::from_bytes(salt).context("a salt in the database has not 32 bytes")?;
            let envelope = Envelope::from_bytes(row.get(2));
            let key = masters.for_dataset(UserId::from(user), &salt);
            let plain = key.open(GenerationId::from(id), ContentKind::DatasetEntry, &envelope)?;
            let pair: Value = serde_json::from_slice(&plain)?;
            let (version, basis): (String, String) = (row.get(3), row.get(4));
            let mut line = json!({
                "id": id,
                "messages": [
                    { "role": "user", "content": pair["brief"] },
                    { "role": "assistant", "content": pair["file"].to_string() },
                ],
                "prompt_version": version,
                "legal_basis": basis,
            });
            let count = counts.entry((version, basis)).or_default();
            count.pairs += 1;
            if let Some(output) = pair["rejected"]["output"].as_str() {
                count.rejected += 1;
                line["rejected"] = json!({
                    "message": { "role": "assistant", "content": output },
                    "feedback": pair["rejected"]["findings"],
                });
            }
            writeln!(lines, "{line}")?;
            ids.push(id);
        }
    }
    let (id, ends) = (uuid_v7(now)?, now.checked_add(SignedDuration::from_hours(24 * EXPORT_DAYS))?);
    // One statement: an export is registered with its entries or not at all.
    let sql = "with made as (
                   insert into exports (id, made_at, ends_at, made_by) values ($1, $2::text::timestamp, $3::text::timestamp, $4) returning id)
               insert into export_entries (export_id, entry_id) select made.id, entry from made, unnest($5::uuid[]) as entry";
    dataset.execute(sql, &[&id, &utc(now), &utc(ends), &by, &ids]).await?;
    Ok(Export { id, lines, datasheet: datasheet(id, now, ends, &counts)? })
}

/// By prompt version and legal basis.
type Counts = BTreeMap<(String, String), Count>;

#[derive(Default)]
struct Count {
    pairs: u64,
    /// Of those, with an answer that was rejected before.
    rejected: u64,
}

fn datasheet(id: Uuid, now: Timestamp, ends: Timestamp, counts: &Counts) -> anyhow::Result<String> {
    let mut text = format!(
        "# Datasheet\n\nExport {id} of {now}. To be deleted by {ends}; before each training, take out what \
         `asknpic dataset removals {id}` prints.\n\nPairs of a brief and the parametric file that was delivered for it (`messages`); where the checker had turned \
         an answer of the model down before, that answer with the reasons (`rejected`). Emails, phones, \
         postal addresses and names were taken out by rules before the pairs were kept; the rules are in `domain::scrub`.\n\n\
         | prompt version | legal basis | pairs | with a rejected answer |\n| --- | --- | --- | --- |\n"
    );
    for ((version, basis), Count { pairs, rejected }) in counts {
        writeln!(text, "| {version} | {basis} | {pairs} | {rejected} |")?;
    }
    writeln!(text, "\n{} pairs in all.", counts.values().map(|count| count.pairs).sum::<u64>())?;
    Ok(text)
}

/// The entries of an export that have to be taken out of it: their people objected, withdrew or were erased since.
///
/// # Errors
/// There is no such export (any more): nobody may go on with its files. Or those of the database.
pub async fn removals(dataset: &Client, export: Uuid) -> anyhow::Result<Vec<Uuid>> {
    let known = dataset.query_opt("select 1 from exports where id = $1", &[&export]).await?;
    ensure!(known.is_some(), "there is no such export, or its 30 days are over: its files are to be deleted");
    let sql = "select x.entry_id from export_entries x where x.export_id = $1 and not exists (select 1 from entries e where e.id = x.entry_id)
               order by 1";
    Ok(dataset.query(sql, &[&export]).await?.iter().map(|row| row.get(0)).collect())
}
