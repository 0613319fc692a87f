//! `asknpic manifest`

use anyhow::Context as _;
use clap::Args;

use crate::manifest::subset;
use crate::project::Project;
use crate::ui::print;

/// Prints a spin.toml for some of the components alone: their routes, hosts and variables, and nothing else
#[derive(Args, Debug)]
pub(super) struct Manifest {
    /// A component to keep; can be repeated
    #[arg(long = "component", value_name = "ID", required = true)]
    components: Vec<String>,
}

impl Manifest {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let path = Project::find()?.manifest_file();
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let text = subset(&text, &self.components).map_err(anyhow::Error::msg).with_context(|| path.display().to_string())?;
        Ok(print(&text)?)
    }
}
