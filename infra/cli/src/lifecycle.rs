//! What an operator sees of the lifecycle job: running it now, and what it has to do.

use anyhow::{Context as _, bail};
use domain::retention::{Rule, rule_of};
use serde_json::{Map, Value};
use tokio_postgres::Client;

/// Runs every rule now, through the public address; rows by rule.
///
/// # Errors
/// The address does not answer, or refuses the token.
pub fn run(url: &str, token: &str) -> anyhow::Result<Map<String, Value>> {
    let url = format!("{}/v1/ops/retention", url.trim_end_matches('/'));
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut answer = agent.post(&url).header("authorization", format!("Bearer {token}")).send_empty()?;
    if answer.status() != 200 {
        bail!("{url} answered {}", answer.status());
    }
    answer.body_mut().read_json().context("the answer is not what it should be")
}

/// Where a rule finds what it deletes.
struct Held {
    /// As in the job's answer.
    rule: &'static str,
    table: &'static str,
    /// When the time that a row is kept begins, or, without a rule of the table, when it ends.
    from: &'static str,
    /// The rule in `domain::retention` that says how long.
    period: Option<&'static str>,
    /// Which rows it is about.
    only: &'static str,
}

const fn held(rule: &'static str, table: &'static str, from: &'static str, period: Option<&'static str>) -> Held {
    Held { rule, table, from, period, only: "true" }
}

const HELD: [Held; 14] = [
    held("sessions", "sessions", "family_expires_at", None),
    held("limits", "limits", "expires_at", None),
    held("lockouts", "lockouts", "expires_at", None),
    held("idempotency_keys", "idempotency", "expires_at", None),
    held("verifications", "verifications", "expires_at", None),
    held("usage", "usage_daily", "day + 1", Some("usage")),
    held("usage_summaries", "usage_monthly", "month + interval '1 month'", Some("usage-summaries")),
    held("waitlist_pending", "waitlist_pending", "expires_at", None),
    held("waitlist", "waitlist", "last_contact_at", Some("waitlist")),
    held("beta_candidacies", "beta_candidacies", "created_at", Some("beta-candidacies")),
    Held {
        rule: "support",
        table: "support_requests",
        from: "closed_at",
        period: Some("support"),
        only: "closed_at is not null",
    },
    held("evidence", "evidence", "kept_until", None),
    held("mails_sent", "mails", "created_at", None),
    Held {
        rule: "expired_content",
        table: "generations g join tenants t on t.id = g.tenant_id join plans p on p.name = t.plan",
        from: "g.created_at + make_interval(days => p.retention_days)",
        period: None,
        only: "g.status = 'delivered' and g.content_deleted_at is null",
    },
];

/// One line of the report; times as PostgreSQL writes them, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The rule, as in the job's answer.
    pub rule: &'static str,
    /// Rows it will have to deal with some day.
    pub held: i64,
    /// When the next one is due.
    pub next: Option<String>,
    /// When the rule ran last.
    pub ran_at: Option<String>,
    /// How many rows that dealt with.
    pub rows: Option<i64>,
}

/// What each rule holds, when it deletes next, and when it ran last.
///
/// # Errors
/// Of the database.
pub async fn report(accounts: &Client) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for Held { rule, table, from, period, only } in HELD {
        let seconds = period.and_then(rule_of).and_then(Rule::seconds).unwrap_or_default();
        let sql = format!(
            "select count(*), (min(({from})::timestamp) + make_interval(secs => $2::text::double precision))::text,
                 (select ran_at::text from sweeps where rule = $1), (select rows from sweeps where rule = $1)
             from {table} where {only}"
        );
        let row = accounts.query_one(&sql, &[&rule, &seconds.to_string()]).await.with_context(|| rule.to_owned())?;
        lines.push(Line { rule, held: row.get(0), next: row.get(1), ran_at: row.get(2), rows: row.get(3) });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_period_is_in_the_table() {
        for held in HELD {
            assert!(held.period.is_none_or(|period| rule_of(period).and_then(Rule::seconds).is_some()), "{}", held.rule);
        }
    }
}
