//! `asknpic up`

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use asknpic_host::{Config, Host, LogSink};
use asknpic_local::{model, postgres};
use clap::Args;
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::keys::{self, Keys};
use crate::project::Project;
use crate::stack::{ModelSetup, Setup, Stack};
use crate::ui::{Step, print, seconds};

use crate::build::build;

/// How long requests may go on after Ctrl-C.
const GRACE: Duration = Duration::from_secs(5);
/// How often the retention rules are run.
const SWEEP: Duration = Duration::from_mins(1);
/// A brief for the curl lines and the first try.
const EXAMPLE: &str = "poster for a jazz night, navy and gold, title top left";

/// Runs everything on this machine until Ctrl-C
///
/// Data, keys and logs stay in --data; a second `up` is ready within seconds. `.local/spin.env` holds what `spin up` needs to run
/// the same databases and stand-ins (see --no-host).
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Up {
    /// Where the API listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// The API's port, in place of the one in --listen
    #[arg(long)]
    port: Option<u16>,
    /// The local model's port
    #[arg(long, value_name = "PORT", default_value_t = 11435)]
    model_port: u16,
    /// The message catcher's port
    #[arg(long, value_name = "PORT", default_value_t = 8025)]
    messages_port: u16,
    /// The port of the stand-in for Stripe; a free one without it
    #[arg(long, value_name = "PORT")]
    stripe_port: Option<u16>,
    /// The port of the sign-in providers' stand-ins; a free one without it
    #[arg(long, value_name = "PORT")]
    providers_port: Option<u16>,
    /// PostgreSQL's port; a free one without it
    #[arg(long, value_name = "PORT")]
    postgres_port: Option<u16>,
    /// Where databases, keys, logs and compiled components are kept
    #[arg(long, value_name = "FOLDER", default_value = ".local")]
    data: PathBuf,
    /// Use this Ollama instead of the local model
    #[arg(long, value_name = "URL", requires = "model")]
    ollama: Option<String>,
    /// The model of --ollama
    #[arg(long, value_name = "NAME", requires = "ollama")]
    model: Option<String>,
    /// Have the local model keep what it was sent, in memory: for the suite, which asks it
    #[arg(long, conflicts_with = "ollama")]
    record_requests: bool,
    /// Run the components as they were built last
    #[arg(long)]
    no_build: bool,
    /// Run everything but the components, for `spin up` beside it
    #[arg(long)]
    no_host: bool,
    /// Print what the components log
    #[arg(long)]
    follow_logs: bool,
}

/// Runs the retention rules each minute, as a cron job does elsewhere. One run that fails is made up for by the next.
async fn sweep(url: String, token: String) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let (url, token) = (url.clone(), token.clone());
        let _ = tokio::task::spawn_blocking(move || crate::lifecycle::run(&url, &token, false, |_, _, _| {})).await;
    }
}

/// What a running `up` tells other commands, in its data folder.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Running {
    /// The API's base URL.
    pub(crate) url: String,
    /// The message catcher's.
    pub(crate) messages: String,
}

impl Running {
    /// What the `up` that uses `data` says, if one does.
    pub(crate) fn find(data: &Path) -> Option<Self> {
        let lock = File::open(data.join("lock")).ok()?;
        match lock.try_lock_shared() {
            Err(TryLockError::WouldBlock) => serde_json::from_slice(&fs::read(data.join("up.json")).ok()?).ok(),
            _ => None,
        }
    }
}

impl Up {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let started = Instant::now();
        let project = Project::find()?;
        let data = project.root().join(&self.data);
        fs::create_dir_all(&data).with_context(|| data.display().to_string())?;
        let _lock = lock(&data)?;
        let running_file = data.join("up.json");
        // Of an `up` that was killed: nobody is there any more.
        let _ = fs::remove_file(&running_file);
        let listen = SocketAddr::new(self.listen.ip(), self.port.unwrap_or(self.listen.port()));
        self.check_ports(listen)?;
        if let (Some(url), Some(name)) = (&self.ollama, &self.model) {
            check_ollama(url.clone(), name.clone()).await?;
        }
        if !self.no_build && !self.no_host {
            let project = project.clone();
            tokio::task::spawn_blocking(move || build(&project)).await??;
        }
        let keys = Keys::load_or_generate(&data.join("keys.env"))?;

        let step = Step::start("starting PostgreSQL and the stand-ins");
        let stack = Stack::start(self.setup(keys, &data), |what| step.say(what.to_owned())).await?;
        step.done("PostgreSQL, model and message catcher are ready");
        // Who listens everywhere is still reached by an address.
        let ip = if listen.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { listen.ip() };
        let public_url = format!("http://{}", SocketAddr::new(ip, listen.port()));
        let variables = stack.variables(&public_url);
        write_private(&data.join("spin.env"), &keys::environment(&variables))?;

        // Also for a `spin up` beside it, which listens at the same address.
        stack.stripe().deliver_to(format!("{public_url}/v1/stripe/webhook"));

        let host = if self.no_host {
            None
        } else {
            let mut config = Config::new(project.manifest_file());
            config.listen = listen;
            config.variables = variables;
            config.cache_dir = data.join("cache");
            config.logs = LogSink::Files { dir: data.join("logs"), follow: self.follow_logs };
            Some(start_host(config).await?)
        };
        let running = Running { url: public_url, messages: stack.catcher().url() };
        if host.is_some() {
            let down = what_is_down(running.url.clone()).await?;
            if !down.is_empty() {
                let logs = data.join("logs");
                print(&format!("  ✗ not ready: {}; {} may tell why\n", down.join(", "), logs.display()))?;
            }
            write_private(&running_file, &serde_json::to_string(&running)?)?;
        }
        let token = stack.variables(&running.url).remove("ops_token").unwrap_or_default();
        let sweeper = host.is_some().then(|| tokio::spawn(sweep(running.url.clone(), token)));
        let end = StopSignals::watch()?;
        let time = seconds(started.elapsed());
        print(&format!("\nAsk N Pic is up ({time}).\n\n{}\n", self.addresses(&stack, &running, listen)))?;

        end.received().await;
        if let Some(sweeper) = sweeper {
            sweeper.abort();
        }
        print("\nstopping (once more to stop at once)\n")?;
        tokio::spawn(async {
            // Some tools (`timeout`) send the same signal twice.
            tokio::time::sleep(Duration::from_millis(500)).await;
            if let Ok(end) = StopSignals::watch() {
                end.received().await;
                // PostgreSQL's supervisor stops it when this process is gone.
                std::process::exit(130);
            }
        });
        let _ = fs::remove_file(&running_file);
        if let Some(host) = host {
            host.stop(GRACE).await;
        }
        stack.stop().await;
        Ok(print("stopped\n")?)
    }

    /// Finds out before the long part that something cannot listen.
    fn check_ports(&self, listen: SocketAddr) -> anyhow::Result<()> {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let wanted = [
            (!self.no_host).then_some(("the API", listen, "--port")),
            self.ollama.is_none().then_some(("the local model", local(self.model_port), "--model-port")),
            Some(("the message catcher", local(self.messages_port), "--messages-port")),
            self.stripe_port.map(|port| ("the stand-in for Stripe", local(port), "--stripe-port")),
            self.providers_port.map(|port| ("the sign-in providers", local(port), "--providers-port")),
            self.postgres_port.map(|port| ("PostgreSQL", local(port), "--postgres-port")),
        ];
        for (what, addr, option) in wanted.into_iter().flatten() {
            if let Err(error) = TcpListener::bind(addr) {
                bail!("{what} cannot listen on {addr}: {error}. Choose another port with {option} (0 takes a free one)");
            }
        }
        Ok(())
    }

    fn model_options(&self) -> model::Options {
        if self.record_requests { model::Options::recording() } else { model::Options::default() }
    }

    fn setup(&self, keys: Keys, data: &Path) -> Setup {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Setup {
            keys,
            postgres: postgres::Options::in_dir(data.join("postgres")).port(self.postgres_port.filter(|port| *port != 0)),
            model: match (&self.ollama, &self.model) {
                (Some(url), Some(name)) => ModelSetup::Ollama { url: url.trim_end_matches('/').to_owned(), name: name.clone() },
                _ => ModelSetup::Local(local(self.model_port), self.model_options()),
            },
            messages: local(self.messages_port),
            stripe: local(self.stripe_port.unwrap_or(0)),
            stripe_file: Some(data.join("stripe.json")),
            providers: local(self.providers_port.unwrap_or(0)),
        }
    }

    fn addresses(&self, stack: &Stack, running: &Running, listen: SocketAddr) -> String {
        let data = self.data.display();
        let Running { url, messages } = running;
        let model = match stack.model() {
            Some(_) => format!("{} ({}: rules, no language model)", stack.model_url(), stack.model_name()),
            None => format!("{} ({})", stack.model_url(), stack.model_name()),
        };
        let (port, google) = (stack.cluster().port(), format!("{url}/v1/oauth/google/start"));
        let api = if self.no_host { String::new() } else { format!("  API         {url}\n") };
        let stripe = stack.stripe().url();
        let addresses = format!(
            "{api}  messages    {messages}
  Stripe      {stripe} (a stand-in: pages to pay at, and webhooks; no money moves)
  sign-in     {google} (also github, linkedin, facebook; stand-ins)
  model       {model}
  PostgreSQL  PGPASSWORD=$(cat {data}/postgres/data/asknpic-password) \\
              psql \"host=127.0.0.1 port={port} user=postgres dbname=accounts sslmode=verify-full sslrootcert={data}/postgres/tls/ca.pem\"
"
        );
        let next = if self.no_host {
            format!(
                "
The components are yours to run:
  ./dev build; set -a; . {data}/spin.env; set +a; spin up --listen {listen}
"
            )
        } else {
            format!(
                "  logs        {data}/logs

Try next, in another terminal:
  ./dev try \"{EXAMPLE}\"
or step by step:
  curl {url}/v1/signup --json '{{\"email\": \"ada@example.com\", \"password\": \"correct horse battery\", \"phone\": \"+33612345678\"}}'
  curl {messages}/messages                       # the code, or open it in a browser
  curl {url}/v1/otp/verify --json '{{\"verification_id\": \"…\", \"code\": \"…\"}}'
  curl -N {url}/v1/generations -H 'Accept: text/event-stream' -H 'Authorization: Bearer …' \\
       --json '{{\"brief\": \"{EXAMPLE}\"}}'
  curl {url}/v1/generations/…/visual.png -H 'Authorization: Bearer …' -o visual.png
"
            )
        };
        format!("{addresses}{next}\nCtrl-C stops all of it.")
    }
}

/// Starts the components, with what is compiled shown.
pub(crate) async fn start_host(mut config: Config) -> anyhow::Result<Host> {
    let step = Arc::new(Step::start("starting the components"));
    let shown = Arc::clone(&step);
    config.progress = Some(Arc::new(move |progress| {
        let verb = if progress.compiled { "compiled" } else { "loaded" };
        shown.say(format!("starting the components: {} of {}, {verb} {}", progress.done, progress.total, progress.component));
    }));
    let host = Host::start(config).await?;
    step.done(&format!("{} components run", host.components().len()));
    Ok(host)
}

/// Holds `data` for this process; the system lets go of it however the process ends, so there is no stale lock.
fn lock(data: &Path) -> anyhow::Result<File> {
    let path = data.join("lock");
    let mut file = File::options().create(true).truncate(false).read(true).write(true).open(&path)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)?;
            write!(file, "{}", std::process::id())?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid)?;
            bail!(
                "another `up` (process {pid}) is running with {}; stop it, or choose another folder with --data",
                data.display()
            )
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| path.display().to_string());
        }
        _ => {}
    }
    keys::write_new(path, text).with_context(|| path.display().to_string())
}

/// What the components cannot reach, in their own words (`GET /readyz`).
async fn what_is_down(url: String) -> anyhow::Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Readiness {
        dependencies: BTreeMap<String, String>,
    }
    let ask = move || {
        let request = ureq::get(format!("{url}/readyz")).config().http_status_as_error(false);
        let mut answer = request.timeout_global(Some(Duration::from_secs(30))).build().call()?;
        let readiness: Readiness = answer.body_mut().read_json()?;
        Ok(readiness.dependencies.into_iter().filter(|(_, state)| state != "up").map(|(name, _)| name).collect())
    };
    // An application that cannot even say what is wrong is no reason to stop it: its logs are what is needed now.
    let answer: Result<_, ureq::Error> = tokio::task::spawn_blocking(ask).await?;
    Ok(answer.unwrap_or_else(|error| vec![format!("readiness itself ({error})")]))
}

/// Whether a model is there to be used.
async fn check_ollama(url: String, name: String) -> anyhow::Result<()> {
    let ask = move || {
        let answer = ureq::post(format!("{}/api/show", url.trim_end_matches('/')))
            .config()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(10)))
            .build()
            .send_json(serde_json::json!({ "model": name }))
            .with_context(|| format!("no Ollama answers at {url}"))?;
        match answer.status().as_u16() {
            200 => Ok(()),
            404 => bail!("the Ollama at {url} has no model {name:?}; `ollama pull {name}` gets it"),
            status => bail!("{url} does not answer like Ollama (status {status} to /api/show)"),
        }
    };
    tokio::task::spawn_blocking(ask).await?
}

/// Ctrl-C, the polite end by the system, or the terminal going away, from when this is made.
struct StopSignals {
    signals: [Signal; 3],
}

impl StopSignals {
    fn watch() -> std::io::Result<Self> {
        let [interrupt, terminate, hang_up] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        Ok(Self { signals: [interrupt?, terminate?, hang_up?] })
    }

    async fn received(mut self) {
        let [interrupt, terminate, hang_up] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    }
}
