//! The receipt of an erasure: the journal's entry as the contract shows it, signed.

use domain::retention;
use jiff::Timestamp;
use serde::Serialize;
use store::accounts::erasures::Journal;
use utoipa::ToSchema;
use uuid::Uuid;
use vault::receipt::{ERASURE, ReceiptSigner};
use web::{Kind, Problem};

/// What was erased, when, and what remains until when. Signed: `signature` is a detached JWS (RFC 7515, appendix F) over the canonical
/// form (RFC 8785) of all other members, under a key of the JWKS whose `kid` begins with `receipt-`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErasureReceipt {
    #[serde(flatten)]
    facts: Facts,
    /// `<header>..<signature>`; the header's `typ` is `asknpic-erasure-receipt+json`.
    signature: String,
}

/// What is signed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ErasureFacts)]
struct Facts {
    /// Its id: whoever holds it may read the receipt.
    erasure_id: Uuid,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    requested_at: Timestamp,
    /// When the salt of the content key was deleted: from then on nothing of the content can be decrypted.
    #[schema(value_type = String, format = DateTime)]
    key_destroyed_at: Timestamp,
    /// When the last step was done; null before.
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
    /// When the last backup with the salt ends.
    #[schema(value_type = String, format = DateTime)]
    backups_expire_at: Timestamp,
    /// In their order.
    steps: Vec<Step>,
    /// What remains, each with its end.
    remains: Vec<Remaining>,
}

/// One step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ErasureStep)]
struct Step {
    /// `account`, `briefs`, `files`, `metadata`, `dataset`, `stripe`, `brevo`, `briefs-again`, `files-again`.
    name: String,
    /// Null while it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    done_at: Option<Timestamp>,
}

/// Something that is kept beyond the account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ErasureRemaining)]
struct Remaining {
    /// The name of its retention rule.
    what: String,
    /// When the last of it goes.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

impl ErasureReceipt {
    /// Of the journal's entry, signed.
    ///
    /// # Errors
    /// 500 where a rule is unknown or the key does not sign.
    pub(crate) fn of(id: Uuid, journal: Journal, signer: &ReceiptSigner) -> Result<Self, Problem> {
        let remains = journal.remains.iter().map(|what| remaining(what, &journal)).collect::<Option<Vec<_>>>();
        let facts = Facts {
            erasure_id: id,
            requested_at: journal.requested_at,
            key_destroyed_at: journal.key_destroyed_at,
            completed_at: journal.completed_at,
            backups_expire_at: journal.backups_expire_at,
            steps: journal.steps.into_iter().map(|(name, done_at)| Step { name, done_at }).collect(),
            remains: remains.ok_or(Kind::Internal)?,
        };
        let signature = signer.sign(ERASURE, &facts).map_err(|_| Problem::from(Kind::Internal))?;
        Ok(Self { facts, signature })
    }
}

/// Evidence has an end of its own, which its case states; all else is kept for the time of its rule.
fn remaining(what: &str, journal: &Journal) -> Option<Remaining> {
    let rule = retention::rule_of(what)?;
    let until = match journal.evidence_until.filter(|_| rule.id == retention::EVIDENCE) {
        Some(until) => until,
        None => rule.due_at(Timestamp::from_second(journal.key_destroyed_at.as_second()).ok()?)?,
    };
    Some(Remaining { what: what.to_owned(), until })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(remains: &[&str]) -> Journal {
        let at: Timestamp = "2026-11-21T08:00:00.5Z".parse().expect("a time");
        Journal {
            requested_at: at,
            key_destroyed_at: at,
            backups_expire_at: "2026-11-28T08:00:00.5Z".parse().expect("a time"),
            completed_at: None,
            remains: remains.iter().map(|name| (*name).to_owned()).collect(),
            evidence_until: "2041-01-01T00:00:00Z".parse().ok(),
            steps: vec![("account".to_owned(), Some(at)), ("briefs".to_owned(), None)],
        }
    }

    #[test]
    fn a_receipt_has_the_members_of_the_contract_and_an_end_for_all_that_remains() {
        let signer = ReceiptSigner::parse("receipt-1:nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").expect("a key");
        let receipt = ErasureReceipt::of(Uuid::nil(), journal(&["security-events", "evidence"]), &signer).expect("a receipt");
        let value = serde_json::to_value(&receipt).expect("JSON");
        let mut names: Vec<_> = value.as_object().expect("an object").keys().cloned().collect();
        names.sort();
        let expected = [
            "backups_expire_at",
            "completed_at",
            "erasure_id",
            "key_destroyed_at",
            "remains",
            "requested_at",
            "signature",
            "steps",
        ];
        assert_eq!(names, expected);
        assert_eq!(value["remains"][0], serde_json::json!({ "what": "security-events", "until": "2027-11-21T08:00:00Z" }));
        assert_eq!(value["remains"][1], serde_json::json!({ "what": "evidence", "until": "2041-01-01T00:00:00Z" }));
        assert_eq!(value["steps"][1], serde_json::json!({ "name": "briefs", "done_at": null }));
        assert!(ErasureReceipt::of(Uuid::nil(), journal(&["account"]), &signer).is_err(), "what remains has an end");
    }
}
