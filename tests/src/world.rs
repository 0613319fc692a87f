//! Where a test lives: a host, its databases, its model, its messages, its clock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use asknpic::keys::Keys;
use asknpic::migrate::Database;
use asknpic_host::{Clock, Config, Host, LogSink, MemoryLog};
use asknpic_local::messages::Catcher;
use asknpic_local::model::{self as local_model, Model as LocalModel};
use asknpic_local::postgres::{Cluster, DatabaseSet};
use asknpic_local::providers::Providers;
use asknpic_local::stripe::{API_KEY, Options as StripeOptions, Stripe, WEBHOOK_SECRET};
use http::Method;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::base::Base;
use crate::external::External;
use crate::harness::ignore;
use crate::http::{Call, Client};
use crate::messages::Messages;
use crate::model::Model;
use crate::payments::Payments;

/// What our own worlds say they are reached at: unlike any address, so that nothing passes by comparing with one.
const PUBLIC_URL: &str = "https://asknpic.test";
/// More worlds at once would only wait for each other. Of a world outside there is one, for one test at a time.
const WORLDS: u32 = 4;
static ROOM: Semaphore = Semaphore::const_new(WORLDS as usize);

/// What a test needs that not every world has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To move the clock.
    Clock,
    /// To look into the databases, and to change what belongs to its own people.
    Databases,
    /// To have the databases for itself, empty at first.
    OwnDatabases,
    /// To set variables, or to change the manifest.
    Variables,
    /// To know the secrets.
    Keys,
    /// To read what components and PostgreSQL log.
    Logs,
    /// To make the model misbehave and to see what it was sent.
    Model,
    /// Stripe's stand-in, and to deliver its webhooks.
    Stripe,
    /// To stop and start the host or its PostgreSQL.
    Restart,
}

impl Need {
    /// What it is called where a test could not be run for want of it.
    fn reason(self) -> &'static str {
        match self {
            Self::Clock => "to move the clock",
            Self::Databases => "to look into the databases",
            Self::OwnDatabases => "databases of its own",
            Self::Variables => "other variables",
            Self::Keys => "the secrets",
            Self::Logs => "the logs",
            Self::Model => "a model that records and misbehaves",
            Self::Stripe => "Stripe's stand-in",
            Self::Restart => "to stop and start things",
        }
    }
}

/// The world of one test.
#[derive(Debug)]
pub struct World {
    client: Client,
    messages: Messages,
    model: Option<Model>,
    stripe: Option<Payments>,
    place: Place,
    _room: SemaphorePermit<'static>,
}

#[derive(Debug)]
enum Place {
    Own(Box<Own>),
    External(External),
}

/// What we have started ourselves. Fields are dropped in this order: the host before what it uses.
#[derive(Debug)]
struct Own {
    running: Option<Running>,
    addr: SocketAddr,
    setup: Setup,
    keys: Keys,
    base: Base,
    set: DatabaseSet,
    model: Option<LocalModel>,
    catcher: Catcher,
    providers: Providers,
    stripe: Stripe,
    variables: BTreeMap<String, String>,
    log: MemoryLog,
    clock: Clock,
    manifest: Manifest,
}

#[derive(Debug)]
enum Running {
    Inside(Host),
    Process(Child),
}

/// The `spin.toml`, or a changed copy of it.
#[derive(Debug)]
struct Manifest {
    path: PathBuf,
    _dir: Option<tempfile::TempDir>,
}

type Edit = Box<dyn FnOnce(String) -> String + Send>;

/// A world in the making.
#[must_use]
pub struct Builder {
    needs: Vec<Need>,
    setup: Setup,
    own_cluster: bool,
    edit: Option<Edit>,
}

#[derive(Clone, Debug, Default)]
struct Setup {
    variables: BTreeMap<String, String>,
    only: Option<Vec<String>>,
    process: Option<PathBuf>,
    log_files: Option<PathBuf>,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("needs", &self.needs).field("setup", &self.setup).finish_non_exhaustive()
    }
}

impl Builder {
    /// Gives a variable of `spin.toml` another value.
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.setup.variables.insert(name.to_owned(), value.into());
        self.need(Need::Variables)
    }

    /// Runs only these components, as `spin up -c` does.
    pub fn only(mut self, components: &[&str]) -> Self {
        self.setup.only = Some(components.iter().map(|id| (*id).to_owned()).collect());
        self.need(Need::Variables)
    }

    /// Has the components log into the files of a folder, as `up` does, and not for [`World::logs`].
    pub fn log_files(mut self, folder: &Path) -> Self {
        self.setup.log_files = Some(folder.to_owned());
        self.need(Need::Logs)
    }

    /// Runs a changed `spin.toml`.
    pub fn manifest(mut self, edit: impl FnOnce(String) -> String + Send + 'static) -> Self {
        self.edit = Some(Box::new(edit));
        self.need(Need::Variables)
    }

    /// With a PostgreSQL of its own, which the test may stop.
    pub fn own_cluster(mut self) -> Self {
        self.own_cluster = true;
        self.need(Need::Restart)
    }

    /// With the host in a process of its own, which the test may kill; `program` is `e2e-host`.
    pub fn in_process(mut self, program: &str) -> Self {
        self.setup.process = Some(program.into());
        self.need(Need::Restart)
    }

    fn need(mut self, need: Need) -> Self {
        self.needs.push(need);
        self
    }

    /// Starts it. Where the environment's host cannot give what is needed, the test ends as ignored, with the reason.
    pub async fn start(self) -> World {
        let client = Client::default();
        let room = |worlds| async move { ROOM.acquire_many(worlds).await.expect("the semaphore is never closed") };
        let Some(external) = External::find() else { return World::own(self, client, room(1).await).await };
        let room = room(WORLDS).await;
        let model = external.model.clone().map(|url| Model { client: client.clone(), url });
        // One that does not record would let every test pass that asks whether something was sent.
        let records = match &model {
            Some(model) if self.needs.contains(&Need::Model) => model.forget().await,
            _ => false,
        };
        let has = |need: Need| external.has(need) && (need != Need::Model || records);
        let missing: BTreeSet<_> = self.needs.iter().filter(|need| !has(**need)).map(|need| need.reason()).collect();
        if !missing.is_empty() {
            ignore(format!("needs {}", missing.into_iter().collect::<Vec<_>>().join(", ")));
        }
        let messages = Messages { client: client.clone(), url: external.messages.clone() };
        let stripe = external.stripe.clone().map(|url| Payments { client: client.clone(), url });
        World { client, messages, model, stripe, place: Place::External(external), _room: room }
    }
}

impl External {
    fn has(&self, need: Need) -> bool {
        match need {
            Need::Databases => self.databases.is_some(),
            Need::Model => self.model.is_some(),
            Need::Stripe => self.stripe.is_some(),
            Need::Clock | Need::OwnDatabases | Need::Variables | Need::Keys | Need::Logs | Need::Restart => false,
        }
    }
}

impl World {
    /// A world that needs nothing special.
    pub async fn start() -> Self {
        Self::needing(&[]).start().await
    }

    /// A world that has all that. Where it cannot be had, [`Builder::start`] ends the test as ignored.
    pub fn needing(needs: &[Need]) -> Builder {
        Builder { needs: needs.to_vec(), setup: Setup::default(), own_cluster: false, edit: None }
    }

    async fn own(builder: Builder, client: Client, room: SemaphorePermit<'static>) -> Self {
        let Builder { setup, own_cluster, edit, .. } = builder;
        let manifest = Manifest::make(edit, setup.only.as_deref());
        let base = if own_cluster { Base::start().await } else { Base::shared().await.clone() };
        let set = base.databases().await;
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let local_model = LocalModel::start(any, &local_model::Options::recording()).expect("a model");
        let catcher = Catcher::start(any).expect("a catcher");
        let providers = Providers::start(any).expect("the providers");
        let clock = Clock::new();
        let stripe = Stripe::start(any, &stripe_options(&clock)).expect("a stand-in for Stripe");
        let keys = Keys::generate().expect("keys");
        let mut own = Own {
            running: None,
            addr: any,
            variables: variables(&keys, &base, &set, &local_model, &catcher, &stripe),
            setup,
            keys,
            base,
            set,
            model: Some(local_model),
            catcher,
            providers,
            stripe,
            log: MemoryLog::new(),
            clock,
            manifest,
        };
        own.variables.extend(own.providers.variables());
        own.variables.extend(own.setup.variables.clone());
        own.start_host().await;
        let messages = Messages { client: client.clone(), url: own.catcher.url() };
        let model = own.model.as_ref().map(|model| Model { client: client.clone(), url: model.url() });
        let stripe = Some(Payments { client: client.clone(), url: own.stripe.url() });
        Self { client, messages, model, stripe, place: Place::Own(Box::new(own)), _room: room }
    }

    /// Whether this world has something that a test can do without.
    #[must_use]
    pub fn has(&self, need: Need) -> bool {
        match &self.place {
            Place::Own(_) => true,
            Place::External(external) => external.has(need),
        }
    }

    /// A request to the API; `path` begins with a slash.
    pub fn call(&self, method: Method, path: &str) -> Call {
        self.client.call(method, format!("{}{path}", self.url()))
    }

    /// `GET`
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// `POST`
    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    /// `PUT`
    pub fn put(&self, path: &str) -> Call {
        self.call(Method::PUT, path)
    }

    /// `DELETE`
    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    /// A client for anything else.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The API's base URL, where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.place {
            Place::Own(own) => format!("http://{}", own.addr),
            Place::External(external) => external.url.clone(),
        }
    }

    /// The API's public URL: issuer, audience and own origin.
    #[must_use]
    pub fn public_url(&self) -> &str {
        match &self.place {
            Place::Own(own) => &own.variables["public_url"],
            Place::External(external) => &external.public_url,
        }
    }

    /// What people received.
    #[must_use]
    pub fn messages(&self) -> &Messages {
        &self.messages
    }

    /// The model; the world must need [`Need::Model`].
    #[must_use]
    pub fn model(&self) -> &Model {
        self.model.as_ref().expect("the world was not asked for a model")
    }

    /// Stripe's stand-in; the world must need [`Need::Stripe`].
    #[must_use]
    pub fn stripe(&self) -> &Payments {
        self.stripe.as_ref().expect("the world was not asked for Stripe")
    }

    /// The time that the components see.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        match &self.place {
            Place::Own(own) => own.clock.now().try_into().expect("a time"),
            Place::External(_) => jiff::Timestamp::now(),
        }
    }

    /// Moves the clock on ([`Need::Clock`]).
    pub fn advance(&self, by: Duration) {
        self.as_own().clock.advance(by);
    }

    /// Stops the clock: it moves only with [`World::advance`], so that what is one second before a deadline stays before it.
    pub fn freeze(&self) {
        self.as_own().clock.freeze();
    }

    /// Gives a variable another value, from the next start of the host on ([`Need::Restart`]).
    pub fn set_variable(&mut self, name: &str, value: impl Into<String>) {
        self.as_own_mut().variables.insert(name.to_owned(), value.into());
    }

    /// All that components have logged ([`Need::Logs`]).
    #[must_use]
    pub fn logs(&self) -> String {
        self.as_own().log.all()
    }

    /// The requests that a component has logged, one JSON object each ([`Need::Logs`]).
    #[must_use]
    pub fn requests_of(&self, component: &str) -> Vec<serde_json::Value> {
        let text = self.as_own().log.text(component);
        // What is after the last line's end is still being written.
        let whole = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
        let lines = whole.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a log line is JSON"));
        lines.filter(|line| line["event"] == "request").collect()
    }

    /// What PostgreSQL has logged since its start, for all worlds of the cluster ([`Need::Logs`]).
    #[must_use]
    pub fn database_log(&self) -> String {
        std::fs::read_to_string(self.cluster().log_file()).expect("the server's log")
    }

    /// The secrets ([`Need::Keys`]).
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.as_own().keys
    }

    /// The value of a variable, a secret or not ([`Need::Keys`]).
    #[must_use]
    pub fn variable(&self, name: &str) -> &str {
        &self.as_own().variables[name]
    }

    /// The cluster ([`Need::OwnDatabases`]; to stop it, [`Builder::own_cluster`]).
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.as_own().base.cluster
    }

    /// The URL of a database for a zone's role with its own password ([`Need::Keys`]).
    #[must_use]
    pub fn zone_url(&self, zone: &str, database: Database) -> String {
        let password = self.as_own().base.keys.password(zone).expect("a zone");
        self.cluster().url(zone, password, &self.database_name(database))
    }

    /// What a database is called on the server.
    #[must_use]
    pub fn database_name(&self, database: Database) -> String {
        match &self.place {
            Place::External(_) => database.to_string(),
            Place::Own(own) => match database {
                Database::Accounts => own.set.accounts.clone(),
                Database::Briefs => own.set.briefs.clone(),
                Database::Files => own.set.files.clone(),
                Database::Dataset => own.set.dataset.clone(),
            },
        }
    }

    /// Where a database is reached with every right, and the CA to verify it with ([`Need::Databases`]).
    #[must_use]
    pub fn admin_url(&self, database: Database) -> (String, Option<String>) {
        match &self.place {
            Place::External(external) => {
                let template = external.databases.as_ref().expect("the world was not asked for databases");
                (template.replace("{database}", &database.to_string()), external.ca.clone())
            }
            Place::Own(own) => {
                let cluster = &own.base.cluster;
                (cluster.admin_url(&self.database_name(database)), Some(cluster.ca_pem().to_owned()))
            }
        }
    }

    /// Ends the model's server, connections and all; its address answers nobody from now on ([`Need::Restart`]).
    pub fn stop_model(&mut self) {
        drop(self.as_own_mut().model.take());
    }

    /// Starts a model's server where the old one was ([`Need::Restart`]).
    pub fn start_model(&mut self) {
        let own = self.as_own_mut();
        let addr = own.variables["ollama_url"].trim_start_matches("http://").parse().expect("an address");
        own.model = Some(LocalModel::start(addr, &local_model::Options::recording()).expect("a model"));
    }

    /// Kills the host as `kill -9` does ([`Builder::in_process`]).
    pub async fn kill_host(&mut self) {
        match self.as_own_mut().running.take() {
            Some(Running::Process(mut child)) => child.kill().await.expect("the host is killed"),
            other => panic!("no process to kill: {other:?}"),
        }
    }

    /// Memory of the host's process in KB, now and at its most so far ([`Builder::in_process`]; Linux).
    #[must_use]
    pub fn host_memory(&self) -> (u64, u64) {
        let Some(Running::Process(child)) = &self.as_own().running else { panic!("no process to look at") };
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id().expect("it runs"))).expect("its status");
        let field = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name)).expect("a field of its status");
            value.trim().trim_end_matches(" kB").parse().expect("a number")
        };
        (field("VmRSS:"), field("VmHWM:"))
    }

    /// Time that the host's process has computed, in milliseconds, in steps of ten ([`Builder::in_process`]; Linux).
    #[must_use]
    pub fn host_time(&self) -> u64 {
        let Some(Running::Process(child)) = &self.as_own().running else { panic!("no process to look at") };
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id().expect("it runs"))).expect("its status");
        // Fields 14 and 15 of proc(5), in hundredths of a second; the name in brackets is the second.
        let (_, fields) = stat.rsplit_once(')').expect("its name");
        fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number") * 10).sum()
    }

    /// Stops the host in order ([`Need::Restart`]).
    pub async fn stop_host(&mut self) {
        match self.as_own_mut().running.take() {
            Some(Running::Inside(host)) => host.stop(Duration::from_secs(5)).await,
            other => panic!("no host to stop: {other:?}"),
        }
    }

    /// Starts the host again, at another address, with the clock as it was left ([`Need::Restart`]).
    pub async fn start_host(&mut self) {
        self.as_own_mut().start_host().await;
    }

    fn as_own(&self) -> &Own {
        match &self.place {
            Place::Own(own) => own,
            Place::External(_) => panic!("the world was not asked for this"),
        }
    }

    fn as_own_mut(&mut self) -> &mut Own {
        match &mut self.place {
            Place::Own(own) => own,
            Place::External(_) => panic!("the world was not asked for this"),
        }
    }
}

impl Own {
    async fn start_host(&mut self) {
        let (running, addr) = match &self.setup.process {
            None => {
                let host = Host::start(self.config()).await.unwrap_or_else(|error| panic!("{error}"));
                let addr = host.addr();
                (Running::Inside(host), addr)
            }
            Some(program) => {
                let (child, addr) = self.spawn(program).await;
                (Running::Process(child), addr)
            }
        };
        (self.running, self.addr) = (Some(running), addr);
    }

    fn config(&self) -> Config {
        let mut config = Config::new(&self.manifest.path);
        config.variables.clone_from(&self.variables);
        config.read_environment = false;
        config.cache_dir = cache_dir();
        config.logs = match self.setup.log_files.clone() {
            Some(dir) => LogSink::Files { dir, follow: false },
            None => LogSink::Memory(self.log.clone()),
        };
        config.clock = self.clock.clone();
        config.only.clone_from(&self.setup.only);
        config
    }

    /// Starts `e2e-host`, which prints its address once it serves.
    async fn spawn(&self, program: &Path) -> (Child, SocketAddr) {
        let ahead = self.clock.now().duration_since(std::time::SystemTime::now()).unwrap_or_default();
        let variables = self.variables.iter().map(|(name, value)| (format!("SPIN_VARIABLE_{}", name.to_uppercase()), value));
        let mut command = Command::new(program);
        command.arg(&self.manifest.path).arg(cache_dir()).arg(ahead.as_millis().to_string());
        command.envs(variables).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("the host's process");
        let output = child.stdout.take().expect("its output");
        let line = BufReader::new(output).lines().next_line().await.expect("its output").expect("its address");
        (child, line.parse().expect("an address"))
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        drop(self.running.take());
        self.base.give_back(self.set.clone());
    }
}

impl Manifest {
    fn make(edit: Option<Edit>, only: Option<&[String]>) -> Self {
        let root = root();
        let path = root.join("spin.toml");
        let text = std::fs::read_to_string(&path).expect("spin.toml");
        let mut parsed = asknpic_host::manifest::Manifest::load(&path).unwrap_or_else(|error| panic!("{error}"));
        if let Some(only) = only {
            parsed.component.retain(|id, _| only.contains(id));
        }
        let artifacts = asknpic::build::artifacts(&parsed, &root);
        let missing: Vec<_> =
            artifacts.iter().filter(|artifact| !artifact.path.is_file()).map(|artifact| &artifact.name).collect();
        assert!(
            missing.is_empty(),
            "not built: {missing:?}; `./dev test` builds the components, and so does `cargo run -- build`"
        );
        let Some(edit) = edit else { return Self { path, _dir: None } };
        let dir = tempfile::tempdir().expect("a folder");
        let copy = dir.path().join("spin.toml");
        let absolute = edit(text).replace("\"target/", &format!("\"{}/target/", root.display()));
        std::fs::write(&copy, absolute).expect("a manifest");
        Self { path: copy, _dir: Some(dir) }
    }
}

/// The checkout.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Compiled components, kept from run to run.
fn cache_dir() -> PathBuf {
    root().join("target/e2e-cache")
}

/// Stripe sees the time that the components see.
fn stripe_options(clock: &Clock) -> StripeOptions {
    let clock = clock.clone();
    StripeOptions { clock: Arc::new(move || clock.now()), ..StripeOptions::default() }
}

/// Every variable that has to be set; limits that all tests would share are out of the way.
fn variables(
    keys: &Keys,
    base: &Base,
    set: &DatabaseSet,
    model: &LocalModel,
    catcher: &Catcher,
    stripe: &Stripe,
) -> BTreeMap<String, String> {
    let mut variables = keys.variables().clone();
    let passwords = base.keys.variables().iter().filter(|(name, _)| name.ends_with("_password"));
    variables.extend(passwords.map(|(name, value)| (name.clone(), value.clone())));
    for (database, name) in
        [("accounts", &set.accounts), ("briefs", &set.briefs), ("files", &set.files), ("dataset", &set.dataset)]
    {
        variables.insert(format!("{database}_host"), base.cluster.host().to_owned());
        variables.insert(format!("{database}_port"), base.cluster.port().to_string());
        variables.insert(format!("{database}_name"), name.clone());
    }
    let others = [
        ("pg_ca", base.cluster.ca_pem()),
        ("public_url", PUBLIC_URL),
        ("ollama_url", &model.url()),
        ("ollama_model", "local-composer"),
        ("brevo_url", &catcher.url()),
        ("brevo_api_key", "local-brevo-key"),
        ("mail_from", "hello@asknpic.example"),
        ("stripe_url", &stripe.url()),
        ("stripe_api_key", API_KEY),
        ("stripe_webhook_secret", WEBHOOK_SECRET),
    ];
    variables.extend(others.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let limits = ["sms_address_limit", "sms_country_limit", "sms_daily_limit", "attempts_limit"];
    variables.extend(limits.map(|name| (name.to_owned(), "100000".to_owned())));
    variables
}
