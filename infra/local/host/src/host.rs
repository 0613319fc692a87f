//! Starting and stopping an application.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::TryStreamExt;
use futures::stream::FuturesUnordered;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::app::{App, Lifetime};
use crate::clock::Clock;
use crate::compile::{Compiled, runtime};
use crate::error::Error;
use crate::http::server;
use crate::instance::{Blueprint, Handler};
use crate::limits::Limits;
use crate::logs::{LogSink, Outputs};
use crate::manifest::Manifest;
use crate::outbound::{AllowedHosts, internal_target_of_entry};
use crate::postgres::pool::Pools;
use crate::routes::Router;
use crate::variables::{ComponentVariables, Values};

/// How long instances get to end after they were told to end at once: one tick of the epoch and ample slack.
const ABORT: Duration = Duration::from_secs(2);

/// What to run, and how.
#[derive(Clone)]
pub struct Config {
    /// The `spin.toml`; the wasm files are found relative to it.
    pub manifest: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Values of application variables; they win over the environment. Names that the manifest does not have are ignored.
    pub variables: BTreeMap<String, String>,
    /// Whether `SPIN_VARIABLE_<NAME>` in the environment sets a variable, as in Spin.
    pub read_environment: bool,
    /// Where compiled components are kept. Only the owner can read it afterwards.
    pub cache_dir: PathBuf,
    /// Where the components' own output goes.
    pub logs: LogSink,
    /// The wall clock of the components.
    pub clock: Clock,
    /// The components to run, `None` for all; like `spin up --component-id`.
    pub only: Option<Vec<String>>,
    /// What an instance may use.
    pub limits: Limits,
    /// Called whenever a component is ready, from any thread.
    pub progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
}

impl Config {
    /// All components of a manifest on a free port of 127.0.0.1; variables from the environment, compiled components in
    /// `.local/cache` beside the manifest, the components' output discarded.
    #[must_use]
    pub fn new(manifest: impl Into<PathBuf>) -> Self {
        let manifest = manifest.into();
        Self {
            cache_dir: folder_of(&manifest).join(".local/cache"),
            manifest,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            variables: BTreeMap::new(),
            read_environment: true,
            logs: LogSink::Discard,
            clock: Clock::new(),
            only: None,
            limits: Limits::default(),
            progress: None,
        }
    }
}

impl std::fmt::Debug for Config {
    /// Without the values of the variables, which hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.variables.keys().collect();
        let mut config = f.debug_struct("Config");
        config.field("manifest", &self.manifest).field("listen", &self.listen).field("variables", &names);
        config.field("cache_dir", &self.cache_dir).field("only", &self.only).field("limits", &self.limits);
        config.finish_non_exhaustive()
    }
}

/// A component has become ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Its id.
    pub component: String,
    /// It had to be compiled; otherwise it came from the cache.
    pub compiled: bool,
    /// How many are ready now.
    pub done: usize,
    /// How many there are.
    pub total: usize,
}

/// A component of a running host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentInfo {
    /// Its id in the manifest.
    pub id: String,
    /// The size of its wasm file, without dependencies.
    pub wasm_bytes: u64,
    /// Its routes as the manifest writes them, `private` for a private one.
    pub routes: Vec<String>,
}

/// A running application. Dropping it ends it at once.
pub struct Host {
    addr: SocketAddr,
    clock: Clock,
    components: Vec<ComponentInfo>,
    lifetime: Lifetime,
    server: JoinHandle<()>,
    /// Work that goes on after the server has ended still calls components and the network through it.
    _app: Arc<App>,
}

impl Host {
    /// Loads the components and listens. Within a tokio runtime, on whose threads the components will run.
    ///
    /// # Errors
    /// The manifest, a variable, a component or the address is not usable; the message names which and why.
    pub async fn start(config: Config) -> Result<Self, Error> {
        let whole = Manifest::load(&config.manifest)?;
        let environment = |name: &str| config.read_environment.then(|| std::env::var(name).ok()).flatten();
        // Over all variables, even those of components that are not selected: Spin does the same.
        let values = Values::resolve(&whole, &config.variables, environment).map_err(Error::Variables)?;
        let bad_manifest = |message| Error::Manifest { path: config.manifest.clone(), message };
        let manifest = select(&whole, config.only.as_deref()).map_err(bad_manifest)?;
        let router = Router::new(&manifest).map_err(bad_manifest)?;

        let ids: Vec<String> = manifest.component.keys().cloned().collect();
        let mut prepared = BTreeMap::new();
        for (id, component) in &manifest.component {
            let allowed = AllowedHosts::new(id, &component.allowed_outbound_hosts, &values, &ids)
                .map_err(|error| Error::component(id, error))?;
            let variables = ComponentVariables::new(id, component, &values).map_err(|error| Error::component(id, error))?;
            prepared.insert(id.clone(), (Arc::new(allowed), variables));
        }
        let outputs = Outputs::open(&config.logs, &config.clock, ids.iter().map(String::as_str))
            .map_err(|(path, source)| Error::Read { what: "log".to_owned(), path, source })?;
        let mut loaded = load(&manifest, &config).await?;

        let listening = async {
            let listener = TcpListener::bind(config.listen).await?;
            let addr = listener.local_addr()?;
            Ok((listener, addr))
        };
        let (listener, addr) = listening.await.map_err(|source| Error::Listen { addr: config.listen, source })?;
        let components = manifest.component.keys().map(|id| ComponentInfo {
            id: id.clone(),
            wasm_bytes: loaded.get(id).map_or(0, |compiled| compiled.wasm_bytes),
            routes: manifest.routes_of(id),
        });
        let components = components.collect();

        let lifetime = Lifetime::default();
        let app = Arc::new_cyclic(|app| {
            let handlers = prepared.into_iter().filter_map(|(id, (allowed, variables))| {
                let blueprint = Blueprint {
                    pre: loaded.remove(&id)?.pre,
                    outputs: outputs.of(&id),
                    id: id.clone(),
                    allowed,
                    variables,
                    pools: Arc::new(Pools::default()),
                    clock: config.clock.clone(),
                    limits: config.limits.clone(),
                    lifetime: lifetime.clone(),
                    app: app.clone(),
                };
                Some((id, Handler::new(blueprint)))
            });
            App::new(manifest.application, addr, router, handlers.collect(), lifetime.clone())
        });
        let server = tokio::spawn(server::serve(Arc::clone(&app), listener));
        tracing::info!(%addr, components = ids.len(), "serving");
        Ok(Self { addr, clock: config.clock, components, lifetime, server, _app: app })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The wall clock of its components.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Its components, by id.
    #[must_use]
    pub fn components(&self) -> Vec<ComponentInfo> {
        self.components.clone()
    }

    /// Stops: accepts no more connections, lets requests and what they have started finish for up to `grace`, then ends the rest.
    pub async fn stop(mut self, grace: Duration) {
        self.lifetime.draining.cancel();
        self.lifetime.instances.close();
        let finished = async {
            // The server task cannot fail, and whether it was cancelled does not matter here.
            let _ = (&mut self.server).await;
            self.lifetime.instances.wait().await;
        };
        if tokio::time::timeout(grace, finished).await.is_err() {
            tracing::warn!(instances = self.lifetime.instances.len(), "the grace period is over; what still runs is ended");
        }
        self.lifetime.aborted.cancel();
        if tokio::time::timeout(ABORT, self.lifetime.instances.wait()).await.is_err() {
            tracing::warn!(instances = self.lifetime.instances.len(), "some instances did not end");
        }
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("addr", &self.addr).field("components", &self.components).finish_non_exhaustive()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.lifetime.draining.cancel();
        self.lifetime.aborted.cancel();
    }
}

/// The manifest reduced to `only`, and to components that have a trigger.
fn select(manifest: &Manifest, only: Option<&[String]>) -> Result<Manifest, String> {
    let (triggered, idle): (Vec<_>, Vec<_>) =
        manifest.component.keys().cloned().partition(|id| !manifest.routes_of(id).is_empty());
    if !idle.is_empty() {
        tracing::warn!(components = idle.join(", "), "components without a trigger are not run");
    }
    let ids = only.map_or(triggered, <[String]>::to_vec);
    let selected = manifest.subset(&ids)?;
    let Some(_) = only else { return Ok(selected) };
    // What Spin refuses as well. It cannot see through templates, and neither does this.
    for (id, component) in &selected.component {
        let targets = component.allowed_outbound_hosts.iter().filter_map(|entry| internal_target_of_entry(entry));
        if let Some(missing) = targets.into_iter().find(|target| !selected.component.contains_key(*target)) {
            return Err(format!(
                "[component.{id}] allowed_outbound_hosts: it may call {missing:?}, which is not among the selected components"
            ));
        }
    }
    Ok(selected)
}

/// Loads all components at the same time.
async fn load(manifest: &Manifest, config: &Config) -> Result<BTreeMap<String, Compiled>, Error> {
    let runtime = runtime()?;
    let root = folder_of(&config.manifest);
    let (done, total) = (AtomicUsize::new(0), manifest.component.len());
    let jobs = manifest.component.iter().map(async |(id, component)| {
        let compiled = runtime.load(id, component, root, &config.cache_dir).await?;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(progress) = &config.progress {
            progress(Progress { component: id.clone(), compiled: compiled.fresh, done, total });
        }
        Ok((id.clone(), compiled))
    });
    jobs.collect::<FuturesUnordered<_>>().try_collect().await
}

/// The folder that the paths in a manifest are relative to.
fn folder_of(manifest: &Path) -> &Path {
    match manifest.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
