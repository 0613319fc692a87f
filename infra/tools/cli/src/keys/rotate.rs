//! `asknpic keys add-master` and `asknpic keys rotate-master` (promise a51): every envelope under an older key is opened and sealed again
//! under the newest.
//!
//! Batches go through each table in the order of its keys. A row is written only where it still has the bytes that were read, so a
//! deletion or a new version in between wins, and nothing deleted comes back. A run that was stopped is simply repeated: what it has
//! done is under the new key and is not read again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use domain::generation::ContentKind;
use domain::{GenerationId, UserId};
use tokio_postgres::Client;
use uuid::Uuid;
use vault::content::EnvelopeError;
use vault::{Envelope, MasterKeys, UserSalt};
use zeroize::Zeroizing;

use crate::keys;
use crate::migrate::Database;
use crate::operator::Access;
use crate::ui::{Step, print};

/// Where the keys are
#[derive(Args, Debug)]
pub(crate) struct AddMaster {
    /// The file that `keys generate` wrote
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

impl AddMaster {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut keys = keys::Keys::load(&self.file)?;
        let number = keys.add_master()?;
        keys.replace(&self.file)?;
        Ok(print(&format!(
            "master key {number} is the newest now. Restart every component that has master keys with this file, then run `asknpic keys \
             rotate-master`.\n"
        ))?)
    }
}

/// How to go about it
#[derive(Args, Debug)]
pub(crate) struct RotateMaster {
    /// Rows that are read at a time
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    batch: i64,
    #[command(flatten)]
    access: Access,
}

impl RotateMaster {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let Self { batch, access } = self;
        let masters = access.masters()?;
        let databases = Databases::new(
            access.connect(Database::Accounts).await?,
            access.connect(Database::Briefs).await?,
            access.connect(Database::Files).await?,
            access.connect(Database::Dataset).await?,
        );
        let step = Step::start("encrypting anew");
        let done = run(&databases, &masters, batch, |place, progress| {
            step.say(format!("{place}: {} encrypted anew", progress.moved));
            Ok(())
        })
        .await?;
        step.done(&format!(
            "{} encrypted anew, {} changed meanwhile, {} of erased people",
            done.moved, done.changed, done.ownerless
        ));
        let report = report(&databases).await?;
        let newest = masters.newest();
        let mut text = String::new();
        for ((place, key), count) in &report {
            writeln!(text, "  {place}: {count} under master key {key}")?;
        }
        let old: i64 = report.iter().filter(|((_, key), _)| *key != newest).map(|(_, count)| count).sum();
        match old {
            0 => writeln!(text, "Every master key but {newest} can be retired.")?,
            old => writeln!(text, "{old} are not under master key {newest} yet: run this again before an older key is retired.")?,
        }
        Ok(print(&text)?)
    }
}

/// The number of an envelope's master key, in SQL; the layout is that of `vault::content`.
const KEY: &str = "get_byte(envelope, 1) * 256 + get_byte(envelope, 2)";

/// A table of envelopes.
struct Place {
    name: &'static str,
    database: Database,
    /// `id, kind, user_id, envelope` of every row.
    rows: &'static str,
    /// Writes `$3` in the place of `$4` in the row of `$1` and `$2`.
    update: &'static str,
}

const PLACES: [Place; 4] = [
    Place {
        name: "briefs",
        database: Database::Briefs,
        rows: "select generation_id as id, kind, user_id, envelope from briefs",
        update: "update briefs set envelope = $3 where generation_id = $1 and kind = $2 and envelope = $4",
    },
    Place {
        name: "files",
        database: Database::Files,
        rows: "select generation_id as id, kind, user_id, envelope from files",
        update: "update files set envelope = $3 where generation_id = $1 and kind = $2 and envelope = $4",
    },
    Place {
        name: "support",
        database: Database::Accounts,
        rows: "select m.id, case m.author when 'user' then 6 else 7 end::smallint as kind, r.user_id, m.envelope
               from support_messages m join support_requests r on r.id = m.request_id",
        update: "update support_messages set envelope = $3
                 where id = $1 and author = case $2::smallint when 6 then 'user' else 'support' end and envelope = $4",
    },
    Place {
        name: "dataset",
        database: Database::Dataset,
        rows: "select id, 8::smallint as kind, user_id, envelope from entries",
        update: "update entries set envelope = $3 where id = $1 and $2::smallint = 8 and envelope = $4",
    },
];

/// What the envelopes of these tables hold.
const KINDS: [ContentKind; 8] = [
    ContentKind::Brief,
    ContentKind::TranslatedBrief,
    ContentKind::FinalFile,
    ContentKind::RawFile,
    ContentKind::RejectedFile,
    ContentKind::SupportRequest,
    ContentKind::SupportAnswer,
    ContentKind::DatasetEntry,
];

/// What a run has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Sealed again under the newest key.
    pub moved: u64,
    /// Changed or deleted by somebody else in between: left as they are.
    pub changed: u64,
    /// Of people who are gone, whose key is destroyed: nobody can open them.
    pub ownerless: u64,
}

/// Envelopes by table and master key.
pub type Report = BTreeMap<(&'static str, u16), i64>;

/// The databases by their connections.
#[derive(Debug)]
pub struct Databases(BTreeMap<Database, Client>);

impl Databases {
    /// All four.
    #[must_use]
    pub fn new(accounts: Client, briefs: Client, files: Client, dataset: Client) -> Self {
        let clients =
            [(Database::Accounts, accounts), (Database::Briefs, briefs), (Database::Files, files), (Database::Dataset, dataset)];
        Self(clients.into())
    }

    fn of(&self, database: Database) -> anyhow::Result<&Client> {
        self.0.get(&database).with_context(|| format!("no connection to {database}"))
    }
}

/// A run is to stop where it is.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Stop(&'static str);

impl Stop {
    /// Stops, and says why.
    #[must_use]
    pub fn because(reason: &'static str) -> Self {
        Self(reason)
    }
}

/// Seals everything under the newest key, `batch` rows at a time; `report` hears of each batch and may stop the run with an error.
///
/// # Errors
/// A database fails, an envelope does not open, a key is missing, or `report` stops the run. What was done is done.
pub async fn run(
    databases: &Databases,
    masters: &MasterKeys,
    batch: i64,
    mut report: impl FnMut(&'static str, &Progress) -> Result<(), Stop>,
) -> anyhow::Result<Progress> {
    let mut progress = Progress::default();
    for place in &PLACES {
        let client = databases.of(place.database)?;
        let select = format!(
            "select id, kind, user_id, envelope from ({}) s where (id, kind) > ($1, $2) and octet_length(envelope) >= 31 and {KEY} <> $3
             order by id, kind limit $4",
            place.rows
        );
        let newest = i32::from(masters.newest());
        let mut after = (Uuid::nil(), 0_i16);
        loop {
            let rows = client.query(&select, &[&after.0, &after.1, &newest, &batch]).await?;
            let Some(last) = rows.last() else { break };
            after = (last.get(0), last.get(1));
            let owners: Vec<Uuid> = rows.iter().map(|row| row.get(2)).collect();
            let salts = salts(databases.of(Database::Accounts)?, &owners).await?;
            for row in &rows {
                let (id, kind, user): (Uuid, i16, Uuid) = (row.get(0), row.get(1), row.get(2));
                let old: Vec<u8> = row.get(3);
                let Some(salt) = salts.get(&user) else {
                    progress.ownerless += 1;
                    continue;
                };
                let new =
                    reseal(masters, user, salt, id, kind, &old).with_context(|| format!("{} {id}, kind {kind}", place.name))?;
                let written = client.execute(place.update, &[&id, &kind, &new, &old]).await?;
                if written == 1 { progress.moved += 1 } else { progress.changed += 1 }
            }
            report(place.name, &progress)?;
        }
    }
    Ok(progress)
}

async fn salts(accounts: &Client, users: &[Uuid]) -> anyhow::Result<BTreeMap<Uuid, UserSalt>> {
    let rows = accounts.query("select user_id, salt from user_keys where user_id = any ($1)", &[&users]).await?;
    rows.iter()
        .map(|row| {
            let bytes = Zeroizing::new(row.get::<_, Vec<u8>>(1));
            Ok((row.get(0), UserSalt::from_bytes(&bytes).context("a salt in the database has not 32 bytes")?))
        })
        .collect()
}

fn reseal(masters: &MasterKeys, user: Uuid, salt: &UserSalt, id: Uuid, kind: i16, old: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    let kind = KINDS.into_iter().find(|known| i16::from(known.number()) == kind).ok_or(EnvelopeError::Format)?;
    let (user, id) = (UserId::from(user), GenerationId::from(id));
    let key = if kind == ContentKind::DatasetEntry { masters.for_dataset(user, salt) } else { masters.for_user(user, salt) };
    let plain = key.open(id, kind, &Envelope::from_bytes(old.to_vec()))?;
    key.seal(id, kind, &plain).map(Envelope::into_bytes)
}

/// How many envelopes each table has under each master key: an old key may be retired once it has none.
///
/// # Errors
/// A database fails.
pub async fn report(databases: &Databases) -> anyhow::Result<Report> {
    let mut report = Report::new();
    for place in &PLACES {
        let sql = format!("select {KEY}, count(*) from ({}) s where octet_length(envelope) >= 31 group by 1", place.rows);
        for row in databases.of(place.database)?.query(&sql, &[]).await? {
            report.insert((place.name, u16::try_from(row.get::<_, i32>(0))?), row.get(1));
        }
    }
    Ok(report)
}
