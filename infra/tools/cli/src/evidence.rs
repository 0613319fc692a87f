//! `asknpic evidence …`: evidence for a serious breach of contract (promise a47): what is strictly necessary, kept apart and encrypted under a key that no
//! component has, only because a person who holds that key asked for it with a reason. Holding and every look at it are recorded.

use std::fmt::Write as _;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use domain::generation::ContentKind;
use domain::retention::rule_of;
use domain::{GenerationId, UserId};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;
use vault::{Envelope, MasterKeys, UserSalt};
use zeroize::Zeroizing;

use crate::migrate::Database;
use crate::operator::{Access, name_of, utc, uuid_v7};
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(crate) enum Evidence {
    /// Keep what is strictly necessary for a case, apart and encrypted, for 5 years
    Hold(HoldArgs),
    /// Print what is kept, without its content
    List(ListArgs),
    /// Print a piece of evidence; the look is recorded
    Show(ShowArgs),
}

/// What to keep, and why
#[derive(Args, Debug)]
pub(crate) struct HoldArgs {
    /// Id of the account (its user)
    #[arg(long)]
    account: Uuid,
    /// A generation that is evidence; can be given several times
    #[arg(long = "generation", value_name = "ID")]
    generations: Vec<Uuid>,
    /// Why it is necessary
    #[arg(long)]
    reason: String,
    /// The case's reference
    #[arg(long)]
    case: String,
    /// Years; more than 5 only where the case states a longer criminal limitation period
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(5..=30))]
    years: u8,
    /// Who asks; the system's user without it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    access: Access,
}

/// Where from
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    access: Access,
}

/// What to look at, and why
#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Its id
    id: Uuid,
    /// Why it is necessary
    #[arg(long)]
    reason: String,
    /// Who looks; the system's user without it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    access: Access,
}

/// The key of evidence is no variable of any component: who holds it has the role.
fn key() -> anyhow::Result<MasterKeys> {
    let text =
        std::env::var("ASKNPIC_EVIDENCE_KEYS").context("ASKNPIC_EVIDENCE_KEYS is not set; `asknpic keys evidence` makes one")?;
    Ok(MasterKeys::parse(&text)?)
}

impl Evidence {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Hold(HoldArgs { account, generations, reason, case, years, by, access }) => {
                let sources = Sources {
                    accounts: access.connect(Database::Accounts).await?,
                    briefs: access.connect(Database::Briefs).await?,
                    files: access.connect(Database::Files).await?,
                };
                let request = Hold { account, generations, reason, case, by: name_of(by)?, years };
                let id = hold(&sources, &access.masters()?, &key()?, Timestamp::now(), &request).await?;
                Ok(print(&format!("{id}\n"))?)
            }
            Self::List(ListArgs { access }) => {
                let client = access.connect(Database::Accounts).await?;
                let mut text = String::new();
                for held in list(&client).await? {
                    writeln!(text, "{} account {} case {} until {}", held.id, held.account, held.case, held.until)?;
                }
                Ok(print(&text)?)
            }
            Self::Show(ShowArgs { id, reason, by, access }) => {
                let client = access.connect(Database::Accounts).await?;
                let found = show(&client, &key()?, Timestamp::now(), id, &name_of(by)?, &reason).await?;
                Ok(print(&format!("{found:#}\n"))?)
            }
        }
    }
}

/// Who asks for what, and why.
#[derive(Clone, Debug)]
pub struct Hold {
    /// Whose account it is about.
    pub account: Uuid,
    /// The generations that are evidence; nothing else of the account's content is kept.
    pub generations: Vec<Uuid>,
    /// Why it is necessary.
    pub reason: String,
    /// The case's reference.
    pub case: String,
    /// Who asks.
    pub by: String,
    /// For how many years: 5, or the longer criminal limitation period that the case states.
    pub years: u8,
}

/// Where content is.
#[derive(Debug)]
pub struct Sources {
    /// Accounts, with the evidence itself.
    pub accounts: Client,
    /// Briefs.
    pub briefs: Client,
    /// Files.
    pub files: Client,
}

/// A piece of evidence without what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its id.
    pub id: Uuid,
    /// Whose account it is about.
    pub account: Uuid,
    /// The case's reference.
    pub case: String,
    /// Until when it is kept, as PostgreSQL writes it.
    pub until: String,
}

/// Copies the account's identity and the named generations into the evidence.
///
/// # Errors
/// A reason, a case or a name is missing, there is no such account or generation, or the period is out of bounds.
pub async fn hold(
    sources: &Sources,
    masters: &MasterKeys,
    evidence: &MasterKeys,
    now: Timestamp,
    hold: &Hold,
) -> anyhow::Result<Uuid> {
    for (what, text) in [("reason", &hold.reason), ("case", &hold.case), ("name", &hold.by)] {
        ensure!(!text.trim().is_empty(), "evidence is kept only with a {what}");
    }
    let standard = rule_of("evidence").and_then(|rule| rule.due_at(now)).context("the table has a rule for evidence")?;
    ensure!(
        (5..=30).contains(&hold.years),
        "evidence is kept for 5 years, or for the longer limitation period that the case states"
    );
    // Five of the table's years, or as many more as the case needs.
    let until = now.checked_add(standard.duration_since(now) / 5 * i32::from(hold.years))?;

    let sql = "select u.email, u.tenant_id, u.created_at::text, k.salt from users u join user_keys k on k.user_id = u.id where u.id = $1";
    let Some(row) = sources.accounts.query_opt(sql, &[&hold.account]).await? else { bail!("there is no such account") };
    let salt = Zeroizing::new(row.get::<_, Vec<u8>>(3));
    let salt = UserSalt::from_bytes(&salt).context("a salt in the database has not 32 bytes")?;
    let user = UserId::from(hold.account);
    let mut generations = Vec::new();
    for id in &hold.generations {
        generations.push(generation(sources, masters, user, &salt, *id).await?);
    }
    let document = json!({
        "account": { "id": hold.account, "tenant_id": row.get::<_, Uuid>(1), "email": row.get::<_, String>(0), "created_at": row.get::<_, String>(2) },
        "generations": generations,
        "reason": hold.reason,
    });
    let id = uuid_v7(now)?;
    let own_salt = UserSalt::random()?;
    let sealed = evidence.for_user(user, &own_salt).seal(
        GenerationId::from(id),
        ContentKind::Evidence,
        document.to_string().as_bytes(),
    )?;
    let sql = "select api.evidence_hold($1::text::timestamp, $2, $3, $4, $5, $6, $7, $8, $9::text::timestamp, $10)";
    let own = own_salt.as_bytes().as_slice();
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 10] = [
        &utc(now),
        &id,
        &hold.account,
        &hold.case,
        &hold.by,
        &hold.reason,
        &own,
        &sealed.into_bytes(),
        &utc(until),
        &uuid_v7(now)?,
    ];
    sources.accounts.execute(sql, &parameters).await?;
    Ok(id)
}

/// A generation's metadata and content, decrypted.
async fn generation(sources: &Sources, masters: &MasterKeys, user: UserId, salt: &UserSalt, id: Uuid) -> anyhow::Result<Value> {
    let sql = "select created_at::text, status from generations where id = $1 and user_id = $2";
    let row = sources.accounts.query_opt(sql, &[&id, &user.uuid()]).await?;
    let row = row.with_context(|| format!("the account has no generation {id}"))?;
    let mut document = json!({ "id": id, "created_at": row.get::<_, String>(0), "status": row.get::<_, String>(1) });
    for (client, table, kind, name) in
        [(&sources.briefs, "briefs", ContentKind::Brief, "brief"), (&sources.files, "files", ContentKind::FinalFile, "file")]
    {
        let sql = format!("select envelope from {table} where generation_id = $1 and kind = $2 and user_id = $3");
        let found = client.query_opt(&sql, &[&id, &i16::from(kind.number()), &user.uuid()]).await?;
        if let Some(row) = found {
            let plain = masters.for_user(user, salt).open(GenerationId::from(id), kind, &Envelope::from_bytes(row.get(0)))?;
            document[name] = String::from_utf8_lossy(&plain).into_owned().into();
        }
    }
    Ok(document)
}

/// All evidence, without what it holds, oldest first.
///
/// # Errors
/// Of the database.
pub async fn list(accounts: &Client) -> anyhow::Result<Vec<Held>> {
    let sql = "select id, user_id, case_reference, kept_until::text from evidence order by held_at, id";
    let rows = accounts.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| Held { id: row.get(0), account: row.get(1), case: row.get(2), until: row.get(3) }).collect())
}

/// What a piece of evidence holds; the look at it is recorded with its reason before it is granted.
///
/// # Errors
/// A reason or a name is missing, there is no such evidence, or the key is not the right one.
pub async fn show(
    accounts: &Client,
    evidence: &MasterKeys,
    now: Timestamp,
    id: Uuid,
    by: &str,
    reason: &str,
) -> anyhow::Result<Value> {
    ensure!(!by.trim().is_empty() && !reason.trim().is_empty(), "evidence is shown only to a named person with a reason");
    let sql = "select user_id, salt, envelope from api.evidence_show($1::text::timestamp, $2, $3, $4, $5)";
    let row = accounts.query_opt(sql, &[&utc(now), &id, &by, &reason, &uuid_v7(now)?]).await?;
    let Some(row) = row else { bail!("there is no such evidence") };
    let salt = UserSalt::from_bytes(&row.get::<_, Vec<u8>>(1)).context("a salt in the database has not 32 bytes")?;
    let user = UserId::from(row.get::<_, Uuid>(0));
    let plain =
        evidence.for_user(user, &salt).open(GenerationId::from(id), ContentKind::Evidence, &Envelope::from_bytes(row.get(2)))?;
    Ok(serde_json::from_slice(&plain)?)
}
