//! `asknpic keys add-master` and `asknpic keys rotate-master` (promise a51).

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use crate::keys;
use crate::migrate::Database;
use crate::operator::Access;
use crate::rotate::{self, Databases};
use crate::ui::{Step, print};

/// Where the keys are
#[derive(Args, Debug)]
pub(super) struct AddMaster {
    /// The file that `keys generate` wrote
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

impl AddMaster {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut keys = keys::Keys::load(&self.file)?;
        let number = keys.add_master()?;
        keys.replace(&self.file)?;
        Ok(print(&format!(
            "master key {number} is the newest now. Restart every component that has master keys with this file, then run `asknpic keys \
             rotate-master`.\n"
        ))?)
    }
}

/// How to go about it
#[derive(Args, Debug)]
pub(super) struct RotateMaster {
    /// Rows that are read at a time
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    batch: i64,
    #[command(flatten)]
    access: Access,
}

impl RotateMaster {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { batch, access } = self;
        let masters = access.masters()?;
        let databases = Databases::new(
            access.connect(Database::Accounts).await?,
            access.connect(Database::Briefs).await?,
            access.connect(Database::Files).await?,
            access.connect(Database::Dataset).await?,
        );
        let step = Step::start("encrypting anew");
        let done = rotate::run(&databases, &masters, batch, |place, progress| {
            step.say(format!("{place}: {} encrypted anew", progress.moved));
            Ok(())
        })
        .await?;
        step.done(&format!(
            "{} encrypted anew, {} changed meanwhile, {} of erased people",
            done.moved, done.changed, done.ownerless
        ));
        let report = rotate::report(&databases).await?;
        let newest = masters.newest();
        let mut text = String::new();
        for ((place, key), count) in &report {
            writeln!(text, "  {place}: {count} under master key {key}")?;
        }
        let old: i64 = report.iter().filter(|((_, key), _)| *key != newest).map(|(_, count)| count).sum();
        match old {
            0 => writeln!(text, "Every master key but {newest} can be retired.")?,
            old => writeln!(text, "{old} are not under master key {newest} yet: run this again before an older key is retired.")?,
        }
        Ok(print(&text)?)
    }
}
