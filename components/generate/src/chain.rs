//! A generation, step by step (the table of that name in the architecture). Each step leaves what a crash behind it can be
//! cleaned up from; nothing is visible before the last.

use std::time::Duration;

use domain::{
    GenerationId,
    generation::{
        ContentKind, DEADLINE_SECONDS, FIRST_COMPLETION_TOKENS, MAX_COMPLETION_TOKENS, RejectedBecause, RejectedOutput,
        SETTLE_SECONDS, Status, estimated_tokens,
    },
    moderation::{self as rules, Category},
};
use generation::{Generation, content, read, representation::Correction};
use jiff::Timestamp;
use ollama::{Chat, Client, Finish, Message};
use store::{
    accounts::{
        generations::{self, Record},
        training,
    },
    briefs, files,
};
use vault::{ContentKey, UserSalt};
use web::{Kind, Problem, log};
use zeroize::Zeroizing;

use crate::{
    admission::{Admission, admit},
    checker::{self, Finding, Verdict},
    event::{EventSender, Outcome},
    leak, moderation,
    plan::Plan,
    prompt, queue,
    request::GenerationRequest,
    retry::retry_while_unavailable,
    trace::Trace,
    translation,
};

/// Tokens of prompt and answer together that the model's server makes room for. Two sizes only: with each change Ollama loads
/// the model again. The larger one is for briefs of several thousand characters.
const CONTEXTS: [i64; 2] = [8_192, 16_384];
/// Enough freedom that a second answer differs from the first.
const TEMPERATURE: f64 = 0.6;
/// A translation has little to choose.
const TRANSLATION_TEMPERATURE: f64 = 0.1;
/// The least tokens with which a call makes sense.
const MIN_COMPLETION_TOKENS: i64 = 512;
/// The least time in which a call makes sense.
const MIN_TIME: Duration = Duration::from_secs(2);
/// Waits between looks at the same request running elsewhere, in milliseconds: the first, and the longest.
const POLL_MILLIS: (u64, u64) = (250, 2_000);

/// Runs a request to its end, whoever listens.
pub(crate) async fn run(request: GenerationRequest, mut sender: EventSender) {
    let result = outcome(&request, &mut sender).await;
    sender.ended(result);
}

/// What the model wrote and the checker accepted.
struct Composed {
    raw: Zeroizing<String>,
    file: Zeroizing<String>,
    corrections: Vec<Correction>,
    translated: bool,
}

/// Why a running generation did not come to its end.
enum Failure {
    /// It failed: nothing is charged and nothing kept.
    Failed(Problem),
    /// The guard model refused the brief.
    Refused(Category),
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

/// What becomes of a request: it runs, or somebody has made, or makes, the same one.
async fn outcome(request: &GenerationRequest, sender: &mut EventSender) -> Result<Outcome, Problem> {
    let model = request.state.model()?;
    let guard = request.state.guard()?;
    let now = web::now();
    if let Some(category) = rules::refuses(request.input.brief.expose()) {
        return Err(moderation::refuse(request, None, category, now).await);
    }
    let plan = Plan::of(&request.input.brief, &request.state.languages);
    match admit(request, &plan, now).await? {
        Admission::Runs { id, salt, place, budget } => {
            sender.accepted(id, place);
            let (record, mut trace) = (Record::default(), Trace::begin(now));
            trace.done("admitted", Some(place.into()));
            let run = Run { request, plan, model, guard, id, salt, place, budget, started: now, record, trace };
            run.finish(sender).await
        }
        Admission::Replay(id) => {
            sender.accepted(id, 0);
            replay(request, id).await
        }
        Admission::Wait(id) => {
            sender.accepted(id, 0);
            wait(request, id, sender).await
        }
    }
}

/// What an earlier request with the same key made.
async fn replay(request: &GenerationRequest, id: GenerationId) -> Result<Outcome, Problem> {
    let generation = read::whole(&request.state.zone, web::now(), &request.bearer, id, request.language).await?;
    if generation.has_file() { Ok(Outcome { generation, id, replayed: true }) } else { Err(Kind::ContentExpired.into()) }
}

/// Waits for the same request, which runs in another instance. It ends by its deadline at the latest: from then on the database shows
/// it as failed.
async fn wait(request: &GenerationRequest, id: GenerationId, sender: &EventSender) -> Result<Outcome, Problem> {
    let (mut pause, longest) = POLL_MILLIS;
    loop {
        web::sleep(Duration::from_millis(pause)).await;
        pause = longest.min(pause * 2);
        if sender.has_no_listener() {
            return Err(Kind::Unavailable.into());
        }
        let (stored, _) = read::metadata(&request.state.zone, web::now(), &request.bearer, id).await?;
        match stored.status {
            Status::Running => {}
            Status::Delivered => return replay(request, id).await,
            Status::Failed => {
                let kind = stored.problem.as_deref().and_then(Kind::from_name);
                return Err(kind.unwrap_or(Kind::Unavailable).into());
            }
        }
    }
}

/// A generation that was admitted.
struct Run<'a> {
    request: &'a GenerationRequest,
    plan: Plan,
    model: &'a Client,
    guard: Option<&'a Client>,
    id: GenerationId,
    salt: UserSalt,
    /// In the queue before the model host.
    place: i32,
    /// Tokens that all calls may take together.
    budget: i64,
    started: Timestamp,
    /// What is kept of it however it ends. Tokens are those of all calls, as the model's server counted them: each costs the operator
    /// the same.
    record: Record,
    trace: Trace,
}

impl Run<'_> {
    async fn finish(mut self, sender: &mut EventSender) -> Result<Outcome, Problem> {
        let result = match self.steps(sender).await {
            Ok(composed) => self.delivered(composed, sender).await,
            Err(Failure::Failed(problem)) => {
                self.fail(&problem).await;
                Err(problem)
            }
            Err(Failure::Refused(category)) => {
                let problem = moderation::refuse(self.request, Some(self.id), category, web::now()).await;
                self.remove().await;
                Err(problem)
            }
            Err(Failure::Ended) => {
                self.remove().await;
                Err(Problem::retry(Kind::Unavailable, 5))
            }
            Err(Failure::Unknown(problem)) => Err(problem),
        };
        self.log(result.as_ref().err().map(Problem::kind));
        result
    }

    /// Everything between admission and delivery.
    async fn steps(&mut self, sender: &mut EventSender) -> Result<Composed, Failure> {
        // The question about the model holds no content, so it need not wait for the brief to be kept.
        let (kept, version) =
            futures::join!(self.keep(ContentKind::Brief, self.request.input.brief.expose()), self.model.inspect());
        kept?;
        let version = version.map_err(model_problem)?;
        (self.record.model_name, self.record.model_version) = (Some(version.name), Some(version.digest));
        self.trace.done("briefed", None);
        let (request, id) = (self.request, self.id);
        if !queue::wait_for_turn(request, id, self.place).await? {
            return Err(Failure::Ended);
        }
        self.trace.done("turn", None);
        let composed = queue::with_lease(request, id, self.write(sender)).await?;
        self.keep_files(&composed).await?;
        self.trace.done("kept", None);
        self.deliver(&composed).await?;
        Ok(composed)
    }

    /// Everything that is asked of the model host.
    async fn write(&mut self, sender: &mut EventSender) -> Result<Composed, Failure> {
        if let Some(guard) = self.guard {
            let verdict = moderation::guard(guard, &self.plan.sent, self.time()?).await?;
            self.trace.done("guarded", None);
            if let Some(category) = verdict {
                return Err(Failure::Refused(category));
            }
        }
        let translated = match self.plan.translated_from {
            Some(from) => self.translate(from, sender).await?,
            None => None,
        };
        self.compose(translated, sender).await
    }

    /// Has the brief translated and keeps the translation (promise a12). `None` where the model's was of no use: then it gets the
    /// brief as it is.
    async fn translate(&mut self, from: &'static str, sender: &EventSender) -> Result<Option<Zeroizing<String>>, Failure> {
        let into = self.request.state.languages.first().map_or("en", String::as_str);
        let instructions = translation::instructions(into);
        let messages = [Message::system(&instructions), Message::user(&self.plan.sent)];
        let brief = estimated_tokens(&self.plan.sent);
        let expected = prompt::translation_tokens() + brief;
        let chat = Chat {
            messages: &messages,
            format: None,
            num_predict: translation::most(brief),
            num_ctx: context(expected),
            temperature: TRANSLATION_TEMPERATURE,
            seed: None,
            deadline: self.time()?,
        };
        let (written, finish) = self.model.chat(chat, |_| {}).await.map_err(model_problem)?;
        let written = Zeroizing::new(written);
        self.count(expected, &written, finish);
        let usable = translation::usable(&written, finish.cut);
        self.trace.done("translated", Some(i64::from(usable.is_some())));
        if let Some(text) = &usable {
            self.keep(ContentKind::TranslatedBrief, text).await?;
            sender.translated(from);
        }
        Ok(usable)
    }

    /// Asks the model and has its answer checked; once more, with the findings, where it cannot be corrected.
    async fn compose(&mut self, translated: Option<Zeroizing<String>>, sender: &mut EventSender) -> Result<Composed, Failure> {
        let prompt = prompt::of(self.plan.complexity.score);
        let from = self.plan.translated_from.filter(|_| translated.is_some());
        let mut findings = Vec::new();
        let mut allowance = FIRST_COMPLETION_TOKENS;
        for _ in 0..2 {
            let system = prompt.message(from, &findings);
            let sent = translated.as_ref().unwrap_or(&self.plan.sent);
            let messages = [Message::system(&system), Message::user(sent)];
            let expected = estimated_tokens(&system) + estimated_tokens(sent);
            // All calls together may take what was set aside, and no more.
            allowance = allowance.min(self.left() - expected);
            if allowance < MIN_COMPLETION_TOKENS {
                break;
            }
            let chat = Chat {
                messages: &messages,
                format: Some(prompt::format()),
                num_predict: allowance,
                num_ctx: context(expected),
                temperature: TEMPERATURE,
                seed: None,
                deadline: self.time()?,
            };
            let before = self.record.completion_tokens;
            let progress = |pieces: u64| sender.progress(before + i64::try_from(pieces).unwrap_or(0));
            let (text, finish) = self.model.chat(chat, progress).await.map_err(model_problem)?;
            let text = Zeroizing::new(text);
            self.count(expected, &text, finish);
            sender.written(self.record.completion_tokens);
            self.trace.done("written", Some(self.record.completion_tokens - before));
            match checker::check(&text) {
                Verdict::Accepted { file, corrections } => match leak::check(&text, &file) {
                    Ok(()) => {
                        self.trace.done("checked", i64::try_from(corrections.len()).ok());
                        let (file, translated) = (Zeroizing::new(file), translated.is_some());
                        return Ok(Composed { raw: text, file, corrections, translated });
                    }
                    Err(finding) => findings = vec![finding],
                },
                Verdict::Rejected(found) => {
                    self.keep_rejected(&text, &found).await;
                    findings = found;
                }
            }
            self.trace.done("rejected", i64::try_from(findings.len()).ok());
            log::event(
                "model-output-rejected",
                serde_json::json!({ "generation": self.id, "findings": findings.len(), "cut": finish.cut }),
            );
            allowance = MAX_COMPLETION_TOKENS;
        }
        Err(Problem::from(Kind::ModelInvalidOutput).into())
    }

    /// Tokens that no call has taken yet of what all may take.
    fn left(&self) -> i64 {
        self.budget - self.record.prompt_tokens - self.record.completion_tokens
    }

    /// How long the next call may take: what the operator allows, and never so long that nothing could be delivered after it.
    fn time(&self) -> Result<Duration, Problem> {
        let gone = web::now().duration_since(self.started).as_secs();
        let left = u64::try_from(DEADLINE_SECONDS - SETTLE_SECONDS - gone).unwrap_or(0);
        let time = self.request.state.model_time.min(Duration::from_secs(left));
        if time < MIN_TIME { Err(Kind::ModelTimeout.into()) } else { Ok(time) }
    }

    fn count(&mut self, expected: i64, text: &str, finish: Finish) {
        self.record.prompt_tokens += finish.prompt_tokens.unwrap_or(expected);
        self.record.completion_tokens += finish.completion_tokens.unwrap_or_else(|| estimated_tokens(text));
    }

    /// Keeps the final file, and the raw one only where they differ (promise a13).
    async fn keep_files(&self, composed: &Composed) -> Result<(), Problem> {
        let raw = (!composed.corrections.is_empty()).then(|| self.keep(ContentKind::RawFile, &composed.raw));
        let (kept, raw) =
            futures::join!(self.keep(ContentKind::FinalFile, &composed.file), futures::future::OptionFuture::from(raw));
        kept.and(raw.unwrap_or(Ok(())))
    }

    /// Keeps an answer that the checker turned down, where the dataset may have it (promise a18). Nobody waits for the dataset: what
    /// cannot be kept is left out of it.
    async fn keep_rejected(&self, text: &str, findings: &[Finding]) {
        let state = &self.request.state;
        let may = training::training_allowed(&state.zone.accounts, self.id, state.training_opt_in).await;
        let kept = match may {
            Ok(true) => {
                let because =
                    |finding: &Finding| RejectedBecause { path: finding.path.clone(), message: finding.message.clone() };
                let rejected = RejectedOutput { output: text.to_owned(), findings: findings.iter().map(because).collect() };
                match serde_json::to_string(&rejected).map(Zeroizing::new) {
                    Ok(document) => self.keep(ContentKind::RejectedFile, &document).await.is_ok(),
                    Err(_) => false,
                }
            }
            Ok(false) => return,
            Err(_) => false,
        };
        if !kept {
            log::event("rejected-not-kept", serde_json::json!({ "generation": self.id }));
        }
    }

    /// Encrypts a piece of content and keeps it where its kind belongs.
    async fn keep(&self, kind: ContentKind, text: &str) -> Result<(), Problem> {
        let envelope = self.key().seal(self.id, kind, text.as_bytes()).map_err(|error| content::unreadable(&error))?;
        let (zone, user, now) = (&self.request.state.zone, self.request.bearer.user, web::now());
        retry_while_unavailable(async || match kind {
            ContentKind::Brief | ContentKind::TranslatedBrief => {
                briefs::keep(&zone.briefs, now, user, self.id, kind, envelope.clone()).await
            }
            ContentKind::FinalFile | ContentKind::RawFile | ContentKind::RejectedFile => {
                files::keep(&zone.files, now, user, self.id, kind, envelope.clone()).await
            }
            // Of no generation, and kept elsewhere.
            ContentKind::SupportRequest | ContentKind::SupportAnswer | ContentKind::DatasetEntry | ContentKind::Evidence => {
                Err(store::Error::Decode)
            }
        })
        .await?;
        Ok(())
    }

    async fn deliver(&self, composed: &Composed) -> Result<(), Failure> {
        let corrections = serde_json::to_vec(&composed.corrections).map_err(|_| Problem::from(Kind::Internal))?;
        let accounts = &self.request.state.zone.accounts;
        let delivered = retry_while_unavailable(async || {
            let (now, corrections) = (web::now(), corrections.clone());
            generations::deliver(accounts, now, self.id, composed.translated, corrections, self.record()).await
        })
        .await;
        match delivered {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::Ended),
            Err(error) => Err(Failure::Unknown(error.into())),
        }
    }

    /// The answer for a delivered generation. It is delivered and charged even if this fails: its owner finds it in the list.
    async fn delivered(&self, composed: Composed, sender: &EventSender) -> Result<Outcome, Problem> {
        let request = self.request;
        let stored = retry_while_unavailable(async || {
            generations::read(&request.state.zone.accounts, web::now(), request.bearer.session, request.bearer.user, self.id)
                .await
        })
        .await?;
        let (stored, _) = read::found(stored)?;
        if !composed.corrections.is_empty() {
            sender.corrected(composed.corrections);
        }
        let file = content::json(composed.file)?;
        Ok(Outcome { generation: Generation::of(stored, Some(file), request.language), id: self.id, replayed: false })
    }

    /// Fails it, which gives the reservation and the idempotency key back, and removes what was kept. Where the database does not
    /// answer, the lifecycle job does both after the deadline.
    async fn fail(&self, problem: &Problem) {
        let name = problem.kind().name();
        let accounts = &self.request.state.zone.accounts;
        let failed =
            retry_while_unavailable(async || generations::fail(accounts, web::now(), self.id, name, self.record()).await).await;
        if let Err(error) = failed {
            log::failure("generation-fail", &error);
        }
        self.remove().await;
    }

    async fn remove(&self) {
        let (zone, user) = (&self.request.state.zone, self.request.bearer.user);
        if let Err(error) = retry_while_unavailable(async || zone.remove_content(user, self.id).await).await {
            log::failure("generation-remove", &error);
        }
    }

    fn record(&self) -> Record {
        Record { trace: self.trace.to_json(), ..self.record.clone() }
    }

    fn key(&self) -> ContentKey<'_> {
        self.request.state.zone.masters.for_user(self.request.bearer.user, &self.salt)
    }

    fn log(&self, problem: Option<Kind>) {
        log::event(
            "generation",
            serde_json::json!({
                "generation": self.id,
                "user": self.request.bearer.user,
                "request_id": self.request.request_id,
                "problem": problem.map(Kind::name),
                "prompt_tokens": self.record.prompt_tokens,
                "completion_tokens": self.record.completion_tokens,
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
fn model_problem(error: ollama::Error) -> Problem {
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
        let expected = |brief: &str| prompt::of(90).tokens() + prompt::feedback_tokens() + estimated_tokens(brief);
        let longest = expected(&"🎷".repeat(BRIEF_MAX_CHARS));
        assert!(longest + MAX_COMPLETION_TOKENS <= context(longest));
        assert_eq!(context(expected(&"a".repeat(1_000))), CONTEXTS[0]);
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
            assert_eq!(model_problem(error).kind().status().as_u16(), status);
        }
    }
}
