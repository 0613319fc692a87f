//! Retention by the table of `domain::retention`: one bounded batch each.

use domain::GenerationId;
use jiff::Timestamp;

use crate::{Database, Error, statement::statements};

statements! {
    ContentDue for [Lifecycle]:
        "select id, due from api.content_due" => (
            now: Timestamp, downgraded_before: Timestamp, after: Option<GenerationId>, limit: i32
        );
    ContentExpired<'a> for [Lifecycle]:
        "select api.content_expired" => (now: Timestamp, ids: &'a [GenerationId] as "::text[]::uuid[]");
    SweepsRan for [Lifecycle]:
        "select 1 from api.sweeps_ran" => (now: Timestamp, rules: Vec<String>, rows: Vec<String>);
    Sweep<'a> for [Lifecycle]:
        "select api.sweep" => (rule: &'a str, before: Timestamp, batch: i32);
    SweepDue<'a> for [Lifecycle]:
        "select api.sweep_due" => (rule: &'a str, before: Timestamp);
    SweepPosition<'a> for [Lifecycle]:
        "select api.sweep_position" => (rule: &'a str);
    SweepMoved<'a> for [Lifecycle]:
        "select 1 from api.sweep_moved" => (rule: &'a str, after: Option<GenerationId>);
    ContentOrphans<'a> for [Lifecycle]:
        "select id from api.content_orphans" => (ids: &'a [GenerationId] as "::text[]::uuid[]");
}

/// A page of generations with content.
#[derive(Debug, Default)]
pub struct ContentPage {
    /// Those whose content is due.
    pub due: Vec<GenerationId>,
    /// The last one of the page, due or not; `None` where the page is empty.
    pub last: Option<GenerationId>,
}

/// The next `limit` generations with content after the given one (promises a41, a48). After a downgrade of by then nothing is kept for an
/// upgrade any more.
///
/// # Errors
/// As for any statement.
pub async fn content_due(
    database: &Database,
    now: Timestamp,
    downgraded_by: Timestamp,
    after: Option<GenerationId>,
    limit: i32,
) -> Result<ContentPage, Error> {
    let mut page = ContentPage::default();
    for mut row in database.rows(ContentDue { now, downgraded_before: downgraded_by, after, limit }).await? {
        let id = row.take_id()?;
        if row.take()? {
            page.due.push(id);
        }
        page.last = Some(id);
    }
    Ok(page)
}

/// Notes that the content of these is gone; of how many.
///
/// # Errors
/// As for any statement.
pub async fn content_expired(database: &Database, now: Timestamp, ids: &[GenerationId]) -> Result<i64, Error> {
    database.row(ContentExpired { now, ids }).await?.take::<i32>().map(i64::from)
}

/// Notes what the last run of each rule did, for the operator's report.
///
/// # Errors
/// As for any statement.
pub async fn ran(database: &Database, now: Timestamp, counts: &[(&str, i64)]) -> Result<(), Error> {
    let rules: Vec<String> = counts.iter().map(|(rule, _)| (*rule).to_owned()).collect();
    let rows: Vec<String> = counts.iter().map(|(_, rows)| rows.to_string()).collect();
    database.rows(SweepsRan { now, rules, rows }).await.map(|_| ())
}

/// Deals with at most `batch` of a rule's rows that are due by `before` (of tenants, where a rule is about those); how many rows. The
/// rules are those of the function `retention_rules`.
///
/// # Errors
/// As for any statement.
pub async fn sweep(database: &Database, rule: &str, before: Timestamp, batch: i32) -> Result<i64, Error> {
    database.row(Sweep { rule, before, batch }).await?.take::<i32>().map(i64::from)
}

/// How many of a rule's rows are due by `before`, by the very condition that [`sweep`] deletes by.
///
/// # Errors
/// As for any statement.
pub async fn due(database: &Database, rule: &str, before: Timestamp) -> Result<i64, Error> {
    database.row(SweepDue { rule, before }).await?.take()
}

/// How far a rule that walks through a content database has come; `None`: it begins.
///
/// # Errors
/// As for any statement.
pub async fn position(database: &Database, rule: &str) -> Result<Option<GenerationId>, Error> {
    let id = database.row(SweepPosition { rule }).await?.take::<Option<uuid::Uuid>>()?;
    Ok(id.map(GenerationId::from))
}

/// Notes how far a rule has come.
///
/// # Errors
/// As for any statement.
pub async fn moved(database: &Database, rule: &str, after: Option<GenerationId>) -> Result<(), Error> {
    database.rows(SweepMoved { rule, after }).await.map(|_| ())
}

/// Which of these generations may have no content (any more): unknown, failed, or deleted.
///
/// # Errors
/// As for any statement.
pub async fn orphans(database: &Database, ids: &[GenerationId]) -> Result<Vec<GenerationId>, Error> {
    let rows = database.rows(ContentOrphans { ids }).await?;
    rows.into_iter().map(|mut row| row.take_id()).collect()
}
