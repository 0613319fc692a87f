//! `asknpic build`

use clap::Args;

use crate::components::{self, Artifact};
use crate::project::Project;
use crate::ui::{Step, kilobytes, print};

/// Builds the components for wasm32-wasip2 and prints their sizes; fails if one is over its limit
#[derive(Args, Debug)]
pub(super) struct Build {
    /// Only print the components' names, one a line
    #[arg(long)]
    list: bool,
}

impl Build {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let project = Project::find()?;
        if self.list {
            let names = components::packages_to_build(&project)?;
            return Ok(print(&(names.join("\n") + "\n"))?);
        }
        let artifacts = build(&project)?;
        for artifact in &artifacts {
            print(&format!(
                "  {:<16} {:>8}  of {:>8}\n",
                artifact.name,
                kilobytes(artifact.size()?),
                kilobytes(artifact.limit())
            ))?;
        }
        components::check_sizes(&artifacts)
    }
}

/// Builds with a progress line.
pub(super) fn build(project: &Project) -> anyhow::Result<Vec<Artifact>> {
    let step = Step::start("building the components (the first time takes minutes)");
    let artifacts =
        components::build(project, |name, done| step.say(format!("building the components: {done} crates, now {name}")))?;
    let total = artifacts.iter().map(Artifact::size).sum::<anyhow::Result<u64>>()?;
    step.done(&format!("{} components built, {} in all", artifacts.len(), kilobytes(total)));
    Ok(artifacts)
}
