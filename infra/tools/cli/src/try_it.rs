//! `asknpic try`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::journey::{Journey, Progress};
use crate::project::Project;
use crate::ui::{Step, kilobytes, print};

use crate::temporary::Temporary;
use crate::up::Running;

/// Makes the whole journey (account, code, generation) and writes visual.svg and visual.png to the current folder
///
/// With the running `up`, or with everything started for the occasion, on free ports and without a trace.
#[derive(Args, Debug)]
pub(crate) struct Try {
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
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let (Running { url, messages }, temporary) = self.target().await?;
        print(&format!("  using {url}\n"))?;
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
        print("  nothing is running; starting everything for this once\n")?;
        let temporary = Temporary::start(&project, !self.no_build).await?;
        Ok((temporary.addresses(), Some(temporary)))
    }
}

/// What the journey brings home.
struct Pictures {
    svg: Vec<u8>,
    png: Vec<u8>,
}

fn journey(url: &str, messages: &str, brief: &str) -> anyhow::Result<Pictures> {
    let mut step = None;
    let mut tell = |news| match news {
        Progress::Working(what) => step.get_or_insert_with(|| Step::start("")).say(what),
        Progress::Done(what) => step.take().unwrap_or_else(|| Step::start("")).done(&what),
    };
    let journey = Journey::new(url, messages);
    let visitor = journey.sign_up(&mut tell)?;
    let delivered = visitor.generate(brief, &mut tell)?;
    tell(Progress::Working("rendering".to_owned()));
    let picture = |kind| visitor.picture(&delivered.id, kind, None);
    let pictures = Pictures { svg: picture("svg")?, png: picture("png")? };
    tell(Progress::Done("rendered".to_owned()));
    Ok(pictures)
}

fn write(name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(Path::new(name), bytes).with_context(|| name.to_owned())?;
    print(&format!("  ✓ {name} ({})\n", kilobytes(bytes.len() as u64)))?;
    Ok(())
}
