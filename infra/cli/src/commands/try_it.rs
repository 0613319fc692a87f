//! `asknpic try`

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use asknpic_host::{Config, Host};
use asknpic_local::{model, postgres};
use clap::Args;

use crate::journey::{Journey, News, Pictures};
use crate::keys::Keys;
use crate::project::Project;
use crate::stack::{ModelSetup, Setup, Stack};
use crate::ui::{Step, kilobytes};

use super::build::build;
use super::up::{Running, start_host};

/// Makes the whole journey (account, code, generation) and writes visual.svg and visual.png to the current folder
///
/// With the running `up`, or with everything started for the occasion, on free ports and without a trace.
#[derive(Args, Debug)]
pub(super) struct Try {
    /// What the visual shall be
    brief: String,
    /// The API to use
    #[arg(long, requires = "messages")]
    url: Option<String>,
    /// The message catcher of --url
    #[arg(long, value_name = "URL", requires = "url")]
    messages: Option<String>,
    /// The data folder of the running `up`
    #[arg(long, value_name = "FOLDER", default_value = ".local")]
    data: PathBuf,
    /// Run the components as they were built last
    #[arg(long)]
    no_build: bool,
}

impl Try {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let (Running { url, messages }, temporary) = self.target().await?;
        println!("  using {url}");
        let brief = self.brief;
        let pictures = tokio::task::spawn_blocking(move || journey(&url, &messages, &brief)).await?;
        if let Some(temporary) = temporary {
            temporary.stop().await;
        }
        let Pictures { svg, png } = pictures?;
        write("visual.svg", &svg)?;
        write("visual.png", &png)
    }

    /// What to use: what was said, else the running `up`, else everything started for the occasion.
    async fn target(&self) -> anyhow::Result<(Running, Option<Temporary>)> {
        if let (Some(url), Some(messages)) = (&self.url, &self.messages) {
            return Ok((Running { url: url.clone(), messages: messages.clone() }, None));
        }
        let project = Project::find()?;
        if let Some(running) = Running::find(&project.root().join(&self.data)) {
            return Ok((running, None));
        }
        let temporary = Temporary::start(&project, !self.no_build).await?;
        let messages = temporary.stack.catcher().url();
        Ok((Running { url: format!("http://{}", temporary.host.addr()), messages }, Some(temporary)))
    }
}

fn journey(url: &str, messages: &str, brief: &str) -> anyhow::Result<Pictures> {
    let mut step = None;
    Journey::new(url, messages).run(brief, |news| match news {
        News::Now(what) => step.get_or_insert_with(|| Step::start("")).say(what),
        News::Done(what) => step.take().unwrap_or_else(|| Step::start("")).done(&what),
    })
}

fn write(name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(Path::new(name), bytes).with_context(|| name.to_owned())?;
    println!("  ✓ {name} ({})", kilobytes(bytes.len() as u64));
    Ok(())
}

/// A whole installation for one journey.
struct Temporary {
    stack: Stack,
    host: Host,
}

impl Temporary {
    async fn start(project: &Project, with_build: bool) -> anyhow::Result<Self> {
        println!("  nothing is running; starting everything for this once");
        if with_build {
            let project = project.clone();
            tokio::task::spawn_blocking(move || build(&project)).await??;
        }
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let setup = Setup {
            keys: Keys::generate()?,
            postgres: postgres::Options::temporary(),
            model: ModelSetup::Local(any, model::Options::default()),
            messages: any,
        };
        let step = Step::start("starting PostgreSQL and the stand-ins");
        let stack = Stack::start(setup, |what| step.say(what.to_owned())).await?;
        step.done("PostgreSQL, model and message catcher are ready");
        let mut config = Config::new(project.manifest_file());
        config.read_environment = false;
        // The issuer of tokens; their audience is checked against it, not against where we really listen.
        config.variables = stack.variables("http://127.0.0.1:3000");
        let host = start_host(config).await?;
        Ok(Self { stack, host })
    }

    async fn stop(self) {
        self.host.stop(Duration::from_secs(1)).await;
        self.stack.stop().await;
    }
}
