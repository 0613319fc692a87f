//! `asknpic ropa`: the record of processing (GDPR, Art. 30; promise a75), from the comments that the migrations give every column.
//!
//! A comment reads `purpose: …; basis: …; recipients: …; retention: …`. Where the retention is the name of a rule of
//! `domain::retention`, the register says what that rule is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use clap::Args;
use domain::retention::{self, Period};
use serde::Serialize;
use tokio_postgres::Client;

use crate::migrate::Database;
use crate::operator::Access;
use crate::report::{Format, escape, page};
use crate::ui::print;

/// Prints the record of processing activities (GDPR, Art. 30) from the databases' own comments
#[derive(Args, Debug)]
pub(crate) struct Ropa {
    /// In which form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Who is responsible: name and address, as the register has to say
    #[arg(long, value_name = "TEXT", default_value = "(name and address of the controller)")]
    controller: String,
    #[command(flatten)]
    access: Access,
}

impl Ropa {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let mut tables = Vec::new();
        for database in Database::ALL {
            tables.extend(read(&self.access.connect(database).await?, database).await?);
        }
        let register = Register::new(&self.controller, tables);
        let text = match self.format {
            Format::Text => register.to_text(),
            Format::Json => serde_json::to_string_pretty(&register)? + "\n",
            Format::Html => register.to_html(),
        };
        Ok(print(&text)?)
    }
}

/// What a column is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Why it is kept.
    pub purpose: String,
    /// The legal basis of Art. 6(1), or `none, not personal`.
    pub basis: String,
    /// Who else gets it, or `none`.
    pub recipients: String,
    /// How long it is kept.
    pub retention: String,
}

/// A table, as one activity of processing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// The database.
    pub database: String,
    /// Its name.
    pub name: String,
    /// Its columns in their order.
    pub columns: Vec<Column>,
}

/// The register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Register {
    /// Who is responsible, as the operator says.
    pub controller: String,
    /// Every table of the four databases.
    pub tables: Vec<Table>,
    /// The security measures of Art. 32 that this program brings.
    pub measures: Vec<&'static str>,
}

/// Why there is no register.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Columns without a comment, or with one of another form.
    #[error("these columns are not in the record of processing: {}", .0.join(", "))]
    Missing(Vec<String>),
    /// The catalogue could not be read.
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
}

/// What the program itself brings, each held by tests of the promises named.
const MEASURES: &[&str] = &[
    "Content is encrypted with AES-256-GCM under a key per person, derived from a master key that no database holds (a10, a60)",
    "Deleting a person's salt makes their content unreadable for everybody, backups included (a62)",
    "Four separate databases with a role per zone; no component of the public API reaches the training dataset (a63)",
    "Connections to PostgreSQL are TLS, certificate and name verified (a69)",
    "Outbound connections go to declared hosts only (a17, a74)",
    "Passwords are kept as PBKDF2 hashes, tokens and codes as keyed hashes (a65, a23)",
    "Logs carry ids, never content, addresses or numbers in clear (a19, a20)",
    "Limits and lockouts for sign-in and codes (a67)",
];

/// Reads the tables of one database.
///
/// # Errors
/// [`Error::Missing`] names the columns without a sound comment.
pub async fn read(client: &Client, database: Database) -> Result<Vec<Table>, Error> {
    // The migrations' own history is about no person.
    let sql = "select c.relname::text, a.attname::text, coalesce(col_description(c.oid, a.attnum), '')
               from pg_class c join pg_namespace n on n.oid = c.relnamespace
               join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
               where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
                   and c.relname <> 'refinery_schema_history'
               order by c.relname, a.attnum";
    let (mut tables, mut missing) = (Vec::<Table>::new(), Vec::new());
    for row in client.query(sql, &[]).await? {
        let (table, column, comment): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let Some(column) = parse(&column, &comment) else {
            missing.push(format!("{database}.{table}.{column}"));
            continue;
        };
        match tables.last_mut().filter(|last| last.name == table) {
            Some(last) => last.columns.push(column),
            None => tables.push(Table { database: database.to_string(), name: table, columns: vec![column] }),
        }
    }
    if missing.is_empty() { Ok(tables) } else { Err(Error::Missing(missing)) }
}

/// A column's comment; `None` where a part is missing, empty or of another name.
#[must_use]
pub fn parse(name: &str, comment: &str) -> Option<Column> {
    let mut parts = comment.split("; ");
    let mut part = |label: &str| {
        let value = parts.next()?.strip_prefix(label)?.strip_prefix(": ")?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    let column = Column {
        name: name.to_owned(),
        purpose: part("purpose")?,
        basis: part("basis")?,
        recipients: part("recipients")?,
        retention: part("retention")?,
    };
    let sound = column.basis == "none, not personal" || column.basis.starts_with("art. 6(1)(");
    (sound && parts.next().is_none()).then_some(column)
}

/// A retention in words: the rule's own where it is one.
#[must_use]
pub fn in_words(retention: &str) -> String {
    let Some(rule) = retention::rule_of(retention) else { return retention.to_owned() };
    match rule.period {
        Period::Account => "as long as the account".to_owned(),
        Period::Plan => "the days of the plan, else as long as the account".to_owned(),
        Period::Installation => "as long as the installation".to_owned(),
        Period::Seconds(seconds) => format!("{} from {}", days(seconds), rule.from),
        Period::Years(years) => format!("{years} years from {}", rule.from),
    }
}

fn days(seconds: i64) -> String {
    match seconds / 86_400 {
        1 => "1 day".to_owned(),
        365 => "1 year".to_owned(),
        days if days > 0 && days % 365 == 0 => format!("{} years", days / 365),
        days => format!("{days} days"),
    }
}

impl Register {
    /// Of the tables of all databases.
    #[must_use]
    pub fn new(controller: &str, tables: Vec<Table>) -> Self {
        Self { controller: controller.to_owned(), tables, measures: MEASURES.to_vec() }
    }

    /// As text, for a terminal or a file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("Record of processing activities (GDPR, Art. 30)\nController: {}\n", self.controller);
        for table in &self.tables {
            let _ = write!(text, "\n{}.{}\n{}", table.database, table.name, summary(table));
            for column in &table.columns {
                let _ = writeln!(
                    text,
                    "  {:<20} {}  [{}; {}; {}]",
                    column.name,
                    column.purpose,
                    column.basis,
                    column.recipients,
                    in_words(&column.retention)
                );
            }
        }
        text.push_str("\nSecurity measures (Art. 32)\n");
        for measure in &self.measures {
            let _ = writeln!(text, "  - {measure}");
        }
        text
    }

    /// As a page that needs nothing else.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut body = format!("<p>Controller: {}</p>\n", escape(&self.controller));
        for table in &self.tables {
            let _ = write!(
                body,
                "<h2>{}.{}</h2>\n<pre>{}</pre>\n<table><tr><th>Column<th>Purpose<th>Legal basis<th>Recipients<th>Kept</tr>\n",
                escape(&table.database),
                escape(&table.name),
                escape(&summary(table))
            );
            for column in &table.columns {
                let cells = [&column.name, &column.purpose, &column.basis, &column.recipients, &in_words(&column.retention)];
                let cells: Vec<String> = cells.iter().map(|cell| format!("<td>{}", escape(cell))).collect();
                let _ = writeln!(body, "<tr>{}</tr>", cells.concat());
            }
            body.push_str("</table>\n");
        }
        body.push_str("<h2>Security measures (Art. 32)</h2>\n<ul>");
        for measure in &self.measures {
            let _ = write!(body, "<li>{}", escape(measure));
        }
        page("Record of processing activities (GDPR, Art. 30)", &(body + "</ul>\n"))
    }
}

/// Bases, recipients and periods of a table, each once.
fn summary(table: &Table) -> String {
    let all = |of: &dyn Fn(&Column) -> String, without: &str| {
        let found: BTreeSet<String> = table.columns.iter().map(of).filter(|value| value != without).collect();
        if found.is_empty() { without.to_owned() } else { found.into_iter().collect::<Vec<_>>().join("; ") }
    };
    let rows = BTreeMap::from([
        ("1", format!("  legal basis: {}", all(&|column| column.basis.clone(), "none, not personal"))),
        ("2", format!("  recipients: {}", all(&|column| column.recipients.clone(), "none"))),
        ("3", format!("  kept: {}", all(&|column| in_words(&column.retention), ""))),
    ]);
    rows.into_values().fold(String::new(), |text, row| text + row.as_str() + "\n")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const SOUND: &str = "purpose: to sign in; basis: art. 6(1)(b) contract; recipients: Brevo; retention: account";

    #[test]
    fn a_comment_has_its_four_parts_in_their_order() {
        let column = parse("email", SOUND).unwrap();
        assert_eq!((column.purpose.as_str(), column.retention.as_str()), ("to sign in", "account"));
        for bad in [
            "",
            "to sign in",
            "purpose: x; basis: art. 6(1)(b) contract; recipients: none",
            "purpose: ; basis: art. 6(1)(b) contract; recipients: none; retention: account",
            "purpose: x; basis: because; recipients: none; retention: account",
            "basis: art. 6(1)(b) contract; purpose: x; recipients: none; retention: account",
            "purpose: x; basis: art. 6(1)(b) contract; recipients: none; retention: account; more",
        ] {
            assert_eq!(parse("x", bad), None, "{bad}");
        }
    }

    #[test]
    fn retention_is_told_in_words() {
        for (retention, words) in [
            ("account", "as long as the account"),
            ("security-events", "1 year from event"),
            ("billing-records", "10 years from payment"),
            ("anonymous-metadata", "30 days from closing"),
            ("limits", "1 day from first use"),
            ("until it is used", "until it is used"),
        ] {
            assert_eq!(in_words(retention), words);
        }
    }

    #[test]
    fn the_register_says_all_of_it_and_html_escapes() {
        let columns = vec![parse("a<b", SOUND).unwrap()];
        let tables = vec![Table { database: "accounts".to_owned(), name: "users".to_owned(), columns }];
        let register = Register::new("Ask & Co", tables);
        let text = register.to_text();
        for part in ["Controller: Ask & Co", "accounts.users", "to sign in", "Brevo", "as long as the account", "AES-256-GCM"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let html = register.to_html();
        assert!(html.contains("a&lt;b") && html.contains("Ask &amp; Co") && !html.contains("a<b"), "{html}");
        assert!(!html.contains("http"), "it loads nothing");
    }
}
