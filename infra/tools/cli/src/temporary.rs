//! A whole installation on free ports that leaves no trace.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use asknpic_host::{Config, Host};
use asknpic_local::{model, postgres};

use crate::keys::Keys;
use crate::project::Project;
use crate::stack::{ModelSetup, Setup, Stack};
use crate::ui::Step;

use crate::build::build;
use crate::up::{Running, start_host};

/// A running installation, for one command.
pub(crate) struct Temporary {
    stack: Stack,
    host: Host,
}

impl Temporary {
    pub(crate) async fn start(project: &Project, with_build: bool) -> anyhow::Result<Self> {
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
            stripe: any,
            stripe_file: None,
            providers: any,
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

    /// Where it is reached.
    pub(crate) fn addresses(&self) -> Running {
        Running { url: format!("http://{}", self.host.addr()), messages: self.stack.catcher().url() }
    }

    pub(crate) async fn stop(self) {
        self.host.stop(Duration::from_secs(1)).await;
        self.stack.stop().await;
    }
}
