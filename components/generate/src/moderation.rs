//! Moderation before anything costs time (promise b05): rules first, then, where the operator has one, a guard model.

use std::time::Duration;

use domain::{GenerationId, moderation::Category};
use jiff::Timestamp;
use ollama::{Chat, Client, Message};
use store::accounts::generations::{self, Refused};
use web::{Kind, Problem, log};

use crate::request::GenerationRequest;

/// The most tokens of a guard model's verdict: a word and some codes.
const VERDICT_TOKENS: i64 = 64;
/// Tokens of prompt and verdict together: the longest brief, and the guard's own template.
const CONTEXT: i64 = 8_192;

/// Refuses a brief: nothing of it is kept but the event. `id` is its generation, where it was admitted already.
pub(crate) async fn refuse(request: &GenerationRequest, id: Option<GenerationId>, category: Category, now: Timestamp) -> Problem {
    let (accounts, bearer) = (&request.state.zone.accounts, (request.bearer.session, request.bearer.user));
    match generations::refuse(accounts, now, bearer, id, &request.refused_key(), &request.origin).await {
        Ok(Refused::Refused) => Problem::from(Kind::BriefRefused).with("category", category.name()),
        Ok(Refused::Rate(seconds)) => Problem::retry(Kind::RateLimited, seconds),
        Ok(Refused::Unauthenticated) => Kind::Unauthenticated.into(),
        Err(error) => error.into(),
    }
}

/// Asks a guard model of the kind of Llama Guard: its template makes the question of the message, its answer is `safe`, or `unsafe`
/// and codes of hazards.
///
/// # Errors
/// 503 where it does not answer, or something else: a brief that could not be looked at is not let through.
pub(crate) async fn guard(client: &Client, sent: &str, deadline: Duration) -> Result<Option<Category>, Problem> {
    let messages = [Message::user(sent)];
    let chat = Chat {
        messages: &messages,
        format: None,
        num_predict: VERDICT_TOKENS,
        num_ctx: CONTEXT,
        temperature: 0.0,
        seed: None,
        deadline,
    };
    let (verdict, _) = client.chat(chat, |_| {}).await.map_err(|error| {
        log::failure("guard", &error);
        Problem::retry(Kind::ModelUnavailable, 5)
    })?;
    read(&verdict).map_err(|Unreadable| {
        log::event("guard-unreadable", serde_json::json!({ "bytes": verdict.len() }));
        Problem::retry(Kind::ModelUnavailable, 60)
    })
}

/// Not a verdict.
#[derive(Debug, PartialEq, Eq)]
struct Unreadable;

/// Reads a verdict. Hazards that are of no concern for a picture let it through; an `unsafe` without codes does not.
fn read(verdict: &str) -> Result<Option<Category>, Unreadable> {
    let mut words = verdict.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    match words.next() {
        Some("safe") => Ok(None),
        Some("unsafe") => {
            let mut codes = words.peekable();
            if codes.peek().is_none() {
                return Ok(Some(Category::Other));
            }
            Ok(codes.filter_map(Category::of_hazard).min())
        }
        _ => Err(Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_b05_a_guards_verdict_is_read_and_anything_else_is_none() {
        for (verdict, expected) in [
            ("safe", Ok(None)),
            ("\n\nsafe\n", Ok(None)),
            ("unsafe\nS10", Ok(Some(Category::Hate))),
            ("unsafe\nS3,S4", Ok(Some(Category::Minors))),
            ("unsafe\nS13", Ok(None)),
            ("unsafe", Ok(Some(Category::Other))),
            ("unsafe\nS77", Ok(Some(Category::Other))),
            ("", Err(Unreadable)),
            ("Safe.", Err(Unreadable)),
            ("I think it is safe", Err(Unreadable)),
            ("{}", Err(Unreadable)),
        ] {
            assert_eq!(read(verdict), expected, "{verdict:?}");
        }
    }
}
