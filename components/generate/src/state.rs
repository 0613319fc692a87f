//! What the component parses once for each instance.

use std::{sync::Arc, time::Duration};

use generation::Zone;
use ollama::Client;
use web::{Kind, Problem, log, settings};

pub(crate) struct State {
    pub(crate) zone: Zone,
    /// The model, or why it may not be used (promise a17).
    model: Result<Client, ollama::Error>,
    /// The model that looks at briefs before it, where the operator has one.
    guard: Option<Result<Client, ollama::Error>>,
    /// How long one call of the model may take.
    pub(crate) model_time: Duration,
    /// How many generations may call the model host at a time, over all instances.
    pub(crate) model_calls: i32,
    /// How long a generation waits for its turn.
    pub(crate) model_wait: Duration,
    /// How long a stream of events may be quiet.
    pub(crate) heartbeat: Duration,
    /// BCP 47 tags of the languages that the model takes; the first is the one that others are translated into.
    pub(crate) languages: Vec<String>,
    /// Only a consent lets somebody be learnt from (promise c03).
    pub(crate) training_opt_in: bool,
    /// The header of a declared reverse proxy, or nothing.
    pub(crate) proxy: String,
}

impl State {
    /// The model.
    ///
    /// # Errors
    /// 503 `not-configured` where the operator's settings name none that may be used.
    pub(crate) fn model(&self) -> Result<&Client, Problem> {
        usable(&self.model)
    }

    /// The guard model, if there is one.
    ///
    /// # Errors
    /// 503 `not-configured` where the one named may not be used.
    pub(crate) fn guard(&self) -> Result<Option<&Client>, Problem> {
        self.guard.as_ref().map(usable).transpose()
    }
}

fn usable(client: &Result<Client, ollama::Error>) -> Result<&Client, Problem> {
    client.as_ref().map_err(|error| {
        log::failure("model", error);
        Kind::NotConfigured.into()
    })
}

pub(crate) async fn state() -> Result<Arc<State>, Problem> {
    static STATE: settings::Once<State> = settings::Once::new();
    STATE
        .get(async || {
            let owned = settings::optional("ollama_host").await?.trim() == "own";
            let (url, name) = (settings::optional("ollama_url").await?, settings::optional("ollama_model").await?);
            let guard = settings::optional("guard_model").await?;
            let languages = settings::required("model_languages").await?;
            Ok(State {
                zone: Zone::load().await?,
                model: Client::new(&url, &name, owned),
                guard: (!guard.trim().is_empty()).then(|| Client::new(&url, &guard, owned)),
                model_time: seconds("model_seconds").await?,
                model_calls: positive("model_calls").await?,
                model_wait: seconds("model_wait_seconds").await?,
                heartbeat: seconds("heartbeat_seconds").await?,
                languages: languages.split(',').map(|tag| tag.trim().to_lowercase()).filter(|tag| !tag.is_empty()).collect(),
                training_opt_in: settings::training_opt_in().await?,
                proxy: settings::proxy().await?,
            })
        })
        .await
}

/// A time of at least a second.
async fn seconds(name: &'static str) -> Result<Duration, Problem> {
    Ok(Duration::from_secs(positive(name).await?.unsigned_abs().into()))
}

/// A number of at least 1.
async fn positive(name: &'static str) -> Result<i32, Problem> {
    let number = settings::number(name).await?;
    if number >= 1 {
        return Ok(number);
    }
    log::event("not-configured", serde_json::json!({ "variable": name }));
    Err(Kind::NotConfigured.into())
}
