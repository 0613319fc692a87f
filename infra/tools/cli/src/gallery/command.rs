//! `asknpic gallery`

use std::path::PathBuf;

use anyhow::Context as _;
use asknpic_host::parametric::{Format, Renderer, Request, Verdict};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{BRIEFS, CAPTION, COLUMN, Picture, Sheet, caption, page};
use crate::journey::Journey;
use crate::parametric;
use crate::project::Project;
use crate::ui::{kilobytes, print};

use crate::build::build;
use crate::temporary::Temporary;
use crate::up::Running;

/// Makes two dozen varied pictures through the whole chain, and shows them on one page and one sheet
///
/// Everything is started for the occasion, on free ports and without a trace. Each brief is sent by a person of its own, since a
/// user may have five generations a minute. Writes index.html, which needs nothing beside it, and sheet.png.
#[derive(Args, Debug)]
pub(crate) struct Gallery {
    /// Where to write
    #[arg(long, value_name = "FOLDER", default_value = "gallery")]
    out: PathBuf,
    /// Run the components as they were built last
    #[arg(long)]
    no_build: bool,
    /// Only the first so many briefs
    #[arg(long, value_name = "COUNT", default_value_t = BRIEFS.len())]
    first: usize,
}

impl Gallery {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let project = Project::find()?;
        std::fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
        if !self.no_build {
            let project = project.clone();
            tokio::task::spawn_blocking(move || build(&project)).await??;
        }
        let temporary = Temporary::start(&project, false).await?;
        let addresses = temporary.addresses();
        let briefs = BRIEFS.get(..self.first).unwrap_or(&BRIEFS);
        let pictures = tokio::task::spawn_blocking(move || pictures(&addresses, briefs)).await?;
        temporary.stop().await;
        let pictures = pictures?;
        let sheet = sheet(&project, &pictures).await?;
        for (name, bytes) in [("index.html", page(&pictures).into_bytes()), ("sheet.png", sheet)] {
            let path = self.out.join(name);
            std::fs::write(&path, &bytes).with_context(|| path.display().to_string())?;
            print(&format!("  ✓ {} ({})\n", path.display(), kilobytes(bytes.len() as u64)))?;
        }
        Ok(())
    }
}

fn pictures(addresses: &Running, briefs: &[&str]) -> anyhow::Result<Vec<Picture>> {
    let bar = ProgressBar::new(briefs.len() as u64);
    bar.set_style(ProgressStyle::with_template("  {bar:24} {pos} of {len}  {wide_msg}")?);
    let journey = Journey::new(&addresses.url, &addresses.messages);
    let made = briefs.iter().map(|brief| {
        bar.set_message((*brief).to_owned());
        let picture = picture(&journey, brief).with_context(|| format!("the brief {brief:?}"));
        bar.inc(1);
        picture
    });
    let made = made.collect();
    bar.finish_and_clear();
    made
}

fn picture(journey: &Journey, brief: &str) -> anyhow::Result<Picture> {
    let visitor = journey.sign_up(|_| {})?;
    let delivered = visitor.generate(brief, |_| {})?;
    let corrections = visitor.corrections(&delivered.id)?;
    Ok(Picture {
        brief: brief.to_owned(),
        svg: visitor.outlines(&delivered.id)?,
        png: visitor.picture(&delivered.id, "png", Some(COLUMN))?,
        corrections: corrections.into_iter().map(|correction| format!("{} {}", correction.code, correction.path)).collect(),
        tokens: delivered.tokens,
        time: delivered.time,
    })
}

/// The PNG. The captions are parametric files themselves.
async fn sheet(project: &Project, pictures: &[Picture]) -> anyhow::Result<Vec<u8>> {
    let (checker, renderer) = (parametric::checker(project).await?, parametric::renderer(project).await?);
    let mut sheet = Sheet::default();
    for picture in pictures {
        let Verdict::Accepted { file, .. } = checker.check(&caption(&picture.brief).to_string()).await? else {
            anyhow::bail!("a caption was rejected");
        };
        sheet.add(&picture.png, &draw(&renderer, file).await?)?;
    }
    sheet.png()
}

async fn draw(renderer: &Renderer, file: String) -> anyhow::Result<Vec<u8>> {
    let request =
        Request { file, parameters: Vec::new(), format: Format::Png, width: Some(COLUMN), generation_id: "caption".to_owned() };
    let png = renderer.render(request).await.with_context(|| format!("a caption of {COLUMN} by {CAPTION} pixels"))?;
    Ok(png.bytes)
}
