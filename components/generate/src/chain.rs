//! A generation, step by step (the table of that name in the architecture). Each step leaves what a crash behind it can be
//! cleaned up from; nothing is visible before the last.

use std::time::Duration;

use domain::{
    GenerationId,
    complexity::score,
    generation::{ContentKind, FIRST_COMPLETION_TOKENS, MAX_COMPLETION_TOKENS, Status, estimated_tokens},
};
use generation::{Generation, content, read, representation::Correction};
use jiff::Timestamp;
use ollama::{Chat, Client, Message};
use store::{
    accounts::generations::{self, Delivery},
    briefs, files,
};
use vault::{ContentKey, UserSalt};
use web::{Kind, Problem, log};
use zeroize::Zeroizing;

use crate::{
    admission::{Admission, admit},
    checker::{self, Verdict},
    event::{Outcome, Teller},
    leak,
    neutral::neutral,
    order::Order,
    prompt,
    steadfast::steadfast,
};

/// Tokens of prompt and answer together that the model's server makes room for. Two sizes only: with each change Ollama loads
/// the model again. The larger one is for briefs of several thousand characters.
const CONTEXTS: [i64; 2] = [8_192, 16_384];
/// Enough freedom that a second answer differs from the first.
const TEMPERATURE: f64 = 0.6;
/// The least tokens with which a second call makes sense.
const LEAST_COMPLETION_TOKENS: i64 = 512;
/// Waits between looks at the same request running elsewhere, in milliseconds: the first, and the longest.
const LOOKS: (u64, u64) = (250, 2_000);

/// Runs a request to its end, whoever listens.
pub(crate) async fn run(order: Order, mut teller: Teller) {
    let result = order.run(&mut teller).await;
    teller.ended(result);
}

/// What the model wrote and the checker accepted.
struct Composed {
    raw: Zeroizing<String>,
    file: Zeroizing<String>,
    corrections: Vec<Correction>,
}

/// Tokens, as the model's server counted them, of all calls: each costs the operator the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tokens {
    prompt: i64,
    completion: i64,
}

/// Why a running generation did not come to its end.
enum Failure {
    /// It failed: nothing is charged and nothing kept.
    Failed(Problem),
    /// Another one ended it, or its deadline did: what was kept must go.
    Ended,
    /// Whether it was delivered is not known. What was kept must stay; the lifecycle job finds out.
    Unknown(Problem),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl Order {
    async fn run(&self, teller: &mut Teller) -> Result<Outcome, Problem> {
        let model = self.state.model()?;
        let sent = Zeroizing::new(neutral(self.brief.expose()));
        let now = web::now();
        match admit(self, &sent, now).await? {
            Admission::Runs(id, salt) => {
                teller.accepted(id);
                let complexity = i32::try_from(score(self.brief.expose()).score).unwrap_or(i32::MAX);
                let run = Run { order: self, id, salt, sent, complexity, started: now };
                run.to_its_end(model, teller).await
            }
            Admission::Replay(id) => {
                teller.accepted(id);
                self.replay(id).await
            }
            Admission::Wait(id) => {
                teller.accepted(id);
                self.wait(id, teller).await
            }
        }
    }

    /// What an earlier request with the same key made.
    async fn replay(&self, id: GenerationId) -> Result<Outcome, Problem> {
        let generation = read::whole(&self.state.zone, web::now(), &self.bearer, id, self.language).await?;
        if generation.has_file() { Ok(Outcome { generation, id, replayed: true }) } else { Err(Kind::ContentExpired.into()) }
    }

    /// Waits for the same request, which runs in another instance. It ends by its deadline at the latest: from then on the
    /// database shows it as failed.
    async fn wait(&self, id: GenerationId, teller: &Teller) -> Result<Outcome, Problem> {
        let (mut pause, longest) = LOOKS;
        loop {
            web::sleep(Duration::from_millis(pause)).await;
            pause = longest.min(pause * 2);
            if teller.is_alone() {
                return Err(Kind::Unavailable.into());
            }
            let (stored, _) = read::metadata(&self.state.zone, web::now(), &self.bearer, id).await?;
            match stored.status {
                Status::Running => {}
                Status::Delivered => return self.replay(id).await,
                Status::Failed => {
                    let kind = stored.problem.as_deref().and_then(Kind::from_name);
                    return Err(kind.unwrap_or(Kind::Unavailable).into());
                }
            }
        }
    }
}

/// A generation that was admitted.
struct Run<'a> {
    order: &'a Order,
    id: GenerationId,
    salt: UserSalt,
    /// The brief as the model gets it.
    sent: Zeroizing<String>,
    /// How much the brief asks for (promise a11).
    complexity: i32,
    started: Timestamp,
}

impl Run<'_> {
    async fn to_its_end(&self, model: &Client, teller: &mut Teller) -> Result<Outcome, Problem> {
        let mut tokens = Tokens::default();
        let result = match self.steps(model, teller, &mut tokens).await {
            Ok(composed) => self.delivered(composed, teller).await,
            Err(Failure::Failed(problem)) => {
                self.fail(&problem).await;
                Err(problem)
            }
            Err(Failure::Ended) => {
                self.remove().await;
                Err(Problem::retry(Kind::Unavailable, 5))
            }
            Err(Failure::Unknown(problem)) => Err(problem),
        };
        self.log(result.as_ref().err().map(Problem::kind), tokens);
        result
    }

    /// Everything between admission and delivery.
    async fn steps(&self, model: &Client, teller: &mut Teller, tokens: &mut Tokens) -> Result<Composed, Failure> {
        // The question about the model holds no content, so it need not wait for the brief to be kept.
        let (kept, version) = futures::join!(self.keep_brief(), model.inspect());
        kept?;
        let version = version.map_err(unanswered)?;
        let composed = self.compose(model, teller, tokens).await?;
        self.keep_files(&composed).await?;
        self.deliver(&composed, &version, *tokens).await?;
        Ok(composed)
    }

    async fn keep_brief(&self) -> Result<(), Problem> {
        let envelope = self.seal(ContentKind::Brief, self.order.brief.expose())?;
        let (user, database) = (self.order.bearer.user, &self.order.state.zone.briefs);
        steadfast(async || briefs::keep(database, self.started, user, self.id, ContentKind::Brief, envelope.clone()).await)
            .await?;
        Ok(())
    }

    /// Asks the model and has its answer checked; once more, with the findings, where it cannot be corrected.
    async fn compose(&self, model: &Client, teller: &mut Teller, tokens: &mut Tokens) -> Result<Composed, Problem> {
        let mut findings = Vec::new();
        let mut allowance = FIRST_COMPLETION_TOKENS;
        for _ in 0..2 {
            let system = prompt::system(&findings);
            let messages = [Message::system(&system), Message::user(&self.sent)];
            let expected = estimated_tokens(&system) + estimated_tokens(&self.sent);
            let chat = Chat {
                messages: &messages,
                format: prompt::format(),
                num_predict: allowance,
                num_ctx: context(expected),
                temperature: TEMPERATURE,
                seed: None,
            };
            let before = tokens.completion;
            let progress = |pieces: u64| teller.progress(before + i64::try_from(pieces).unwrap_or(0));
            let (text, finish) = model.chat(chat, progress).await.map_err(unanswered)?;
            let text = Zeroizing::new(text);
            tokens.prompt += finish.prompt_tokens.unwrap_or(expected);
            tokens.completion += finish.completion_tokens.unwrap_or_else(|| estimated_tokens(&text));
            teller.written(tokens.completion);
            match checker::check(&text) {
                Verdict::Accepted { file, corrections } => match leak::check(&text, &file) {
                    Ok(()) => return Ok(Composed { raw: text, file: Zeroizing::new(file), corrections }),
                    Err(finding) => findings = vec![finding],
                },
                Verdict::Rejected(found) => findings = found,
            }
            log::event(
                "model-output-rejected",
                serde_json::json!({ "generation": self.id, "findings": findings.len(), "cut": finish.cut }),
            );
            allowance = MAX_COMPLETION_TOKENS - tokens.completion;
            if allowance < LEAST_COMPLETION_TOKENS {
                break;
            }
        }
        Err(Kind::ModelInvalidOutput.into())
    }

    /// Keeps the final file, and the raw one only where they differ (promise a13).
    async fn keep_files(&self, composed: &Composed) -> Result<(), Problem> {
        let mut kept = vec![(ContentKind::FinalFile, self.seal(ContentKind::FinalFile, &composed.file)?)];
        if !composed.corrections.is_empty() {
            kept.push((ContentKind::RawFile, self.seal(ContentKind::RawFile, &composed.raw)?));
        }
        let (user, database, now) = (self.order.bearer.user, &self.order.state.zone.files, web::now());
        let keep = kept
            .iter()
            .map(|(kind, envelope)| steadfast(async || files::keep(database, now, user, self.id, *kind, envelope.clone()).await));
        futures::future::try_join_all(keep).await?;
        Ok(())
    }

    async fn deliver(&self, composed: &Composed, version: &ollama::model::Model, tokens: Tokens) -> Result<(), Failure> {
        let corrections = serde_json::to_vec(&composed.corrections).map_err(|_| Problem::from(Kind::Internal))?;
        let delivered = steadfast(async || {
            let delivery = Delivery {
                brief_language: None,
                translated: false,
                complexity: Some(self.complexity),
                corrections: corrections.clone(),
                prompt_version: prompt::version(),
                model_name: &version.name,
                model_version: &version.digest,
                prompt_tokens: tokens.prompt,
                completion_tokens: tokens.completion,
            };
            generations::deliver(&self.order.state.zone.accounts, web::now(), self.id, delivery).await
        })
        .await;
        match delivered {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::Ended),
            Err(error) => Err(Failure::Unknown(error.into())),
        }
    }

    /// The answer for a delivered generation. It is delivered and charged even if this fails: its owner finds it in the list.
    async fn delivered(&self, composed: Composed, teller: &Teller) -> Result<Outcome, Problem> {
        let order = self.order;
        let stored = steadfast(async || {
            generations::read(&order.state.zone.accounts, web::now(), order.bearer.session, order.bearer.user, self.id).await
        })
        .await?;
        let (stored, _) = read::found(stored)?;
        if !composed.corrections.is_empty() {
            teller.corrected(composed.corrections);
        }
        let file = content::json(composed.file)?;
        Ok(Outcome { generation: Generation::of(stored, Some(file), order.language), id: self.id, replayed: false })
    }

    /// Fails it, which gives the reservation and the idempotency key back, and removes what was kept. Where the database does not
    /// answer, the lifecycle job does both after the deadline.
    async fn fail(&self, problem: &Problem) {
        let name = problem.kind().name();
        let accounts = &self.order.state.zone.accounts;
        let failed = steadfast(async || generations::fail(accounts, web::now(), self.id, name).await).await;
        if let Err(error) = failed {
            log::failure("generation-fail", &error);
        }
        self.remove().await;
    }

    async fn remove(&self) {
        let (zone, user) = (&self.order.state.zone, self.order.bearer.user);
        if let Err(error) = steadfast(async || zone.remove_content(user, self.id).await).await {
            log::failure("generation-remove", &error);
        }
    }

    fn seal(&self, kind: ContentKind, text: &str) -> Result<vault::Envelope, Problem> {
        self.key().seal(self.id, kind, text.as_bytes()).map_err(|error| content::unreadable(&error))
    }

    fn key(&self) -> ContentKey<'_> {
        self.order.state.zone.masters.for_user(self.order.bearer.user, &self.salt)
    }

    fn log(&self, problem: Option<Kind>, tokens: Tokens) {
        log::event(
            "generation",
            serde_json::json!({
                "generation": self.id,
                "user": self.order.bearer.user,
                "request_id": self.order.request_id,
                "problem": problem.map(Kind::name),
                "prompt_tokens": tokens.prompt,
                "completion_tokens": tokens.completion,
                "ms": web::now().as_millisecond().saturating_sub(self.started.as_millisecond()),
            }),
        );
    }
}

/// The smallest context that holds an expected prompt and the longest answer.
fn context(prompt: i64) -> i64 {
    let [small, large] = CONTEXTS;
    if prompt.saturating_add(MAX_COMPLETION_TOKENS) <= small { small } else { large }
}

/// The problem for a model that did not answer.
fn unanswered(error: ollama::Error) -> Problem {
    log::failure("model", &error);
    match error {
        ollama::Error::Timeout => Kind::ModelTimeout.into(),
        ollama::Error::Invalid => Kind::ModelInvalidOutput.into(),
        ollama::Error::Unavailable => Problem::retry(Kind::ModelUnavailable, 5),
        ollama::Error::NotFound | ollama::Error::Remote => Problem::retry(Kind::ModelUnavailable, 60),
    }
}

#[cfg(test)]
mod tests {
    use domain::personal::BRIEF_MAX_CHARS;

    use super::*;

    #[test]
    fn the_context_holds_the_longest_brief_and_ordinary_ones_share_a_size() {
        let longest = prompt::reserve(&"語".repeat(BRIEF_MAX_CHARS)) / 2;
        assert!(longest + MAX_COMPLETION_TOKENS <= context(longest));
        assert_eq!(context(prompt::reserve(&"a".repeat(1_000)) / 2), CONTEXTS[0]);
    }

    #[test]
    fn a_model_that_does_not_answer_has_a_problem_of_its_own() {
        for (error, status) in [
            (ollama::Error::Timeout, 504),
            (ollama::Error::Invalid, 502),
            (ollama::Error::Unavailable, 503),
            (ollama::Error::NotFound, 503),
            (ollama::Error::Remote, 503),
        ] {
            assert_eq!(unanswered(error).kind().status().as_u16(), status);
        }
    }
}
