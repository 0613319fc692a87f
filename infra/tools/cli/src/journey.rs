//! The whole journey of a new person over HTTP: sign up, read the code, verify, send a brief, download the picture.
//!
//! `asknpic try` makes it once, `asknpic gallery` once for each of its briefs.

use std::io::{BufRead as _, BufReader, Read as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use asknpic_local::messages::{Channel, Message};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Response;

/// How long a message may take to be caught.
const MESSAGE_WITHIN: Duration = Duration::from_secs(20);
/// How long a generation may take; a language model on a laptop is slow.
const GENERATION_WITHIN: Duration = Duration::from_mins(10);
/// The biggest picture that is read.
const PICTURE_LIMIT: u64 = 64 * 1024 * 1024;

/// What happens, for a person who watches.
pub(crate) enum Progress {
    /// Something begins.
    Working(String),
    /// Something is done.
    Done(String),
}

/// An API and the catcher that gets its messages.
pub(crate) struct Journey {
    api: String,
    messages: String,
    agent: Agent,
}

#[derive(Deserialize)]
struct Signup {
    verification_id: String,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
}

/// Somebody who has signed up and may send briefs.
pub(crate) struct Visitor<'a> {
    journey: &'a Journey,
    tokens: Tokens,
}

/// A generation that was delivered.
pub(crate) struct Delivered {
    pub(crate) id: String,
    /// Prompts and answers together.
    pub(crate) tokens: u64,
    /// From the brief sent to the last event.
    pub(crate) time: Duration,
}

/// A correction, as the API lists it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Correction {
    pub(crate) code: String,
    pub(crate) path: String,
}

impl Journey {
    pub(crate) fn new(api: &str, messages: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_connect(Some(Duration::from_secs(10)));
        let agent = Agent::new_with_config(config.timeout_global(Some(GENERATION_WITHIN)).build());
        Self { api: api.trim_end_matches('/').to_owned(), messages: messages.trim_end_matches('/').to_owned(), agent }
    }

    /// Signs somebody up who was never there before. Blocks, like all that follows; not for an async thread.
    pub(crate) fn sign_up(&self, mut progress: impl FnMut(Progress)) -> anyhow::Result<Visitor<'_>> {
        let person = Person::invent()?;
        progress(Progress::Working(format!("signing up as {}", person.email)));
        let signup: Signup = self.post(
            "/v1/signup",
            &json!({
                "email": person.email, "password": person.password, "phone": person.phone,
            }),
        )?;
        progress(Progress::Working("waiting for the code".to_owned()));
        let code = self.code_for(&person.phone)?;
        let tokens: Tokens = self.post("/v1/otp/verify", &json!({ "verification_id": signup.verification_id, "code": code }))?;
        progress(Progress::Done(format!("signed up as {}, phone verified with code {code}", person.email)));
        Ok(Visitor { journey: self, tokens })
    }

    fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> anyhow::Result<T> {
        let answer = self.agent.post(format!("{}{path}", self.api)).send_json(body);
        let mut answer = answer.with_context(|| format!("nothing answers at {}", self.api))?;
        if !answer.status().is_success() {
            return Err(refusal(path, &mut answer));
        }
        answer.body_mut().read_json().with_context(|| format!("the answer to {path}"))
    }

    /// The code in the newest SMS to `phone`.
    fn code_for(&self, phone: &str) -> anyhow::Result<String> {
        let deadline = Instant::now() + MESSAGE_WITHIN;
        loop {
            let answer = self.agent.get(format!("{}/messages", self.messages)).call();
            let mut answer = answer.with_context(|| format!("no message catcher answers at {}", self.messages))?;
            let messages: Vec<Message> = answer.body_mut().read_json().context("the caught messages")?;
            let mine = messages.iter().find(|message| message.channel == Channel::Sms && digits(&message.to) == digits(phone));
            if let Some(code) = mine.and_then(|message| code_in(&message.text)) {
                return Ok(code);
            }
            ensure!(Instant::now() < deadline, "no SMS with a code was caught at {} within {MESSAGE_WITHIN:?}", self.messages);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Visitor<'_> {
    /// Sends the brief and follows the events.
    pub(crate) fn generate(&self, brief: &str, mut progress: impl FnMut(Progress)) -> anyhow::Result<Delivered> {
        let path = "/v1/generations";
        let started = Instant::now();
        progress(Progress::Working("the model is reading the brief".to_owned()));
        let request = self.journey.agent.post(self.url(path)).header("Accept", "text/event-stream");
        let mut answer = request.header("Authorization", self.bearer()).send_json(json!({ "brief": brief }))?;
        if !answer.status().is_success() {
            return Err(refusal(path, &mut answer));
        }
        let mut events = Events(BufReader::new(answer.into_body().into_reader()));
        while let Some(event) = events.next()? {
            match event.name.as_str() {
                "progress" => progress(Progress::Working(format!("the model is writing: {} tokens", event.data["tokens"]))),
                "corrected" => progress(Progress::Working("the file is being corrected".to_owned())),
                "error" => bail!("the generation failed: {}", describe(&event.data)),
                "done" => {
                    let count = |kind: &str| event.data["tokens"][kind].as_u64().unwrap_or_default();
                    let (prompt, completion) = (count("prompt"), count("completion"));
                    let model = event.data["model"]["name"].as_str().unwrap_or_default();
                    let time = started.elapsed();
                    let shown = crate::ui::seconds(time);
                    progress(Progress::Done(format!("{model} wrote the file: {prompt} + {completion} tokens in {shown}")));
                    let id = event.data["id"].as_str().map(str::to_owned).context("the generation has no id")?;
                    return Ok(Delivered { id, tokens: prompt + completion, time });
                }
                _ => {}
            }
        }
        bail!("the stream of events ended without an outcome")
    }

    /// The visual as `svg`, `png` or `pdf`; a PNG as wide as asked for.
    pub(crate) fn picture(&self, id: &str, kind: &str, width: Option<u32>) -> anyhow::Result<Vec<u8>> {
        let query = width.map(|width| format!("?width={width}")).unwrap_or_default();
        let path = format!("/v1/generations/{id}/visual.{kind}");
        let url = self.url(&format!("{path}{query}"));
        bytes(&path, self.journey.agent.get(url).header("Authorization", self.bearer()).call()?)
    }

    /// The visual as an SVG that needs no fonts.
    pub(crate) fn outlines(&self, id: &str) -> anyhow::Result<Vec<u8>> {
        let path = format!("/v1/generations/{id}/visual");
        let request = self.journey.agent.post(self.url(&path)).header("Authorization", self.bearer());
        bytes(&path, request.send_json(json!({ "format": "svg-outlines", "parameters": {} }))?)
    }

    /// What was corrected between the model's file and the visual.
    pub(crate) fn corrections(&self, id: &str) -> anyhow::Result<Vec<Correction>> {
        #[derive(Deserialize)]
        struct Corrections {
            items: Vec<Correction>,
        }
        let path = format!("/v1/generations/{id}/corrections");
        let mut answer = self.journey.agent.get(self.url(&path)).header("Authorization", self.bearer()).call()?;
        if !answer.status().is_success() {
            return Err(refusal(&path, &mut answer));
        }
        let corrections: Corrections = answer.body_mut().read_json().with_context(|| format!("the answer to {path}"))?;
        Ok(corrections.items)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.journey.api)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.tokens.access_token)
    }
}

fn bytes(path: &str, mut answer: Response<ureq::Body>) -> anyhow::Result<Vec<u8>> {
    if !answer.status().is_success() {
        return Err(refusal(path, &mut answer));
    }
    let mut bytes = Vec::new();
    answer.into_body().into_reader().take(PICTURE_LIMIT).read_to_end(&mut bytes).with_context(|| path.to_owned())?;
    Ok(bytes)
}

/// An answer that is no success, in the words of its problem (RFC 9457).
fn refusal(path: &str, answer: &mut Response<ureq::Body>) -> anyhow::Error {
    let status = answer.status();
    match answer.body_mut().read_json::<Value>() {
        Ok(problem) => anyhow::anyhow!("{path} answered {status}: {}", describe(&problem)),
        Err(_) => anyhow::anyhow!("{path} answered {status}"),
    }
}

fn describe(problem: &Value) -> String {
    let text = |name: &str| problem[name].as_str().unwrap_or_default();
    let errors = problem["errors"].as_array().map(|errors| format!(" {}", Value::from(errors.clone()))).unwrap_or_default();
    format!(
        "{} ({}){errors}",
        [text("detail"), text("title")].into_iter().find(|text| !text.is_empty()).unwrap_or("no details"),
        text("type")
    )
}

/// Somebody who was never there before. The phone is of the French mobile range, the email of a domain that nobody can own.
struct Person {
    email: String,
    password: String,
    phone: String,
}

impl Person {
    fn invent() -> anyhow::Result<Self> {
        let mut bytes = [0; 16];
        SystemRandom::new().fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system has no random bytes"))?;
        let number = bytes[..8].iter().map(|byte| char::from(b'0' + byte % 10)).collect::<String>();
        let name = hex::encode(&bytes[8..12]);
        Ok(Self { email: format!("try-{name}@example.com"), password: hex::encode(bytes), phone: format!("+336{number}") })
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The first run of six digits in a text.
fn code_in(text: &str) -> Option<String> {
    text.split(|character: char| !character.is_ascii_digit()).find(|run| run.len() == 6).map(str::to_owned)
}

/// Server-sent events (the parts of the format that the API uses).
struct Events<R>(R);

#[derive(Debug, PartialEq)]
struct Event {
    name: String,
    data: Value,
}

impl<R: std::io::BufRead> Events<R> {
    /// The next event; `None` at the end of the stream. Comments, which keep the connection alive, are passed over.
    fn next(&mut self) -> anyhow::Result<Option<Event>> {
        let (mut name, mut data) = ("message".to_owned(), String::new());
        for line in self.0.by_ref().lines() {
            let line = line.context("the stream of events broke off")?;
            match line.split_once(':').map(|(field, value)| (field, value.strip_prefix(' ').unwrap_or(value))) {
                Some(("event", value)) => value.clone_into(&mut name),
                Some(("data", value)) => {
                    if !data.is_empty() {
                        data.push('\n');
                    }
                    data.push_str(value);
                }
                None if line.is_empty() && !data.is_empty() => {
                    return Ok(Some(Event { name, data: serde_json::from_str(&data).context("an event's data")? }));
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn events_are_read_one_by_one() {
        let text = ": comment\n\nevent: accepted\ndata: {\"id\":\"x\"}\n\nevent:progress\ndata:{\"tokens\":\ndata: 5}\n\ndata: 1\n\nevent: cut";
        let mut events = Events(text.as_bytes());
        assert_eq!(events.next().unwrap().unwrap(), Event { name: "accepted".to_owned(), data: json!({ "id": "x" }) });
        assert_eq!(events.next().unwrap().unwrap(), Event { name: "progress".to_owned(), data: json!({ "tokens": 5 }) });
        assert_eq!(events.next().unwrap().unwrap(), Event { name: "message".to_owned(), data: json!(1) });
        assert_eq!(events.next().unwrap(), None);
    }

    #[test]
    fn codes_are_found_in_sentences() {
        assert_eq!(code_in("Ask N Pic: your code is 123456."), Some("123456".to_owned()));
        assert_eq!(code_in("Votre code : 000042, valable 10 minutes"), Some("000042".to_owned()));
        assert_eq!(code_in("call 0612345678 in 2026"), None);
    }

    #[test]
    fn invented_people_fit_the_contract() {
        let (one, other) = (Person::invent().unwrap(), Person::invent().unwrap());
        assert_ne!(one.email, other.email);
        assert!(one.phone.starts_with("+336") && one.phone.len() == 12);
        assert!((12..=128).contains(&one.password.len()));
    }

    #[test]
    fn problems_are_told_in_their_own_words() {
        let problem =
            json!({ "type": "urn:asknpic:problem:invalid-request", "title": "Invalid", "errors": [{ "field": "brief" }] });
        assert_eq!(describe(&problem), "Invalid (urn:asknpic:problem:invalid-request) [{\"field\":\"brief\"}]");
    }
}
