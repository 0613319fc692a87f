//! What the component parses once for each instance.

use std::sync::Arc;

use generation::Zone;
use web::{Kind, Problem, log, settings};

pub(crate) struct State {
    pub(crate) zone: Zone,
    /// The model, or why it may not be used (promise a17).
    model: Result<ollama::Client, ollama::Error>,
}

impl State {
    /// The model.
    ///
    /// # Errors
    /// 503 `not-configured` where the operator's settings name none that may be used.
    pub(crate) fn model(&self) -> Result<&ollama::Client, Problem> {
        self.model.as_ref().map_err(|error| {
            log::failure("model", error);
            Kind::NotConfigured.into()
        })
    }
}

pub(crate) async fn state() -> Result<Arc<State>, Problem> {
    static STATE: settings::Once<State> = settings::Once::new();
    STATE
        .get(async || {
            let owned = settings::optional("ollama_host").await?.trim() == "own";
            let (url, name) = (settings::optional("ollama_url").await?, settings::optional("ollama_model").await?);
            Ok(State { zone: Zone::load().await?, model: ollama::Client::new(&url, &name, owned) })
        })
        .await
}
