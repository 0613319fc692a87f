//! `asknpic render`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use asknpic_host::parametric::{self as host, Request, Verdict};
use clap::{Args, ValueEnum};

use crate::parametric;
use crate::project::Project;
use crate::ui::{kilobytes, print};

use crate::check::{corrected, read};

/// The id of no generation, for files that come from none.
const NO_GENERATION: &str = "00000000-0000-0000-0000-000000000000";

/// Draws a parametric file as SVG, PNG or PDF, to the byte as the service would
///
/// A file that the checker would correct is corrected first, and what was corrected is told.
#[derive(Args, Debug)]
pub(crate) struct Render {
    /// The file; `-` reads the standard input
    file: PathBuf,
    /// What to make; without it, what --out ends with, else SVG
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Of a PNG, in pixels (16 to 4096); the canvas's own without it
    #[arg(long, value_name = "PIXELS")]
    width: Option<u32>,
    /// Sets a parameter; may be given several times
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// The generation that the picture is marked with
    #[arg(long, value_name = "ID", default_value = NO_GENERATION)]
    generation: String,
    /// Where to write; `-` is the standard output. Without it, the file's own name with another ending, in this folder
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text as text
    Svg,
    /// Text as outlines, for where the fonts are not
    SvgOutlines,
    /// Pixels
    Png,
    /// A page with its fonts
    Pdf,
}

impl Format {
    fn of_file(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()? {
            "svg" => Some(Self::Svg),
            "png" => Some(Self::Png),
            "pdf" => Some(Self::Pdf),
            _ => None,
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Svg | Self::SvgOutlines => "svg",
            Self::Png => "png",
            Self::Pdf => "pdf",
        }
    }

    fn of_host(self) -> host::Format {
        match self {
            Self::Svg => host::Format::Svg,
            Self::SvgOutlines => host::Format::SvgOutlines,
            Self::Png => host::Format::Png,
            Self::Pdf => host::Format::Pdf,
        }
    }
}

/// `name=value`; the value may be empty and hold further signs.
fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("there is no `=` in it")?;
    if name.is_empty() {
        return Err("there is no name before the `=`".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

impl Render {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let project = Project::find()?;
        let text = read(&self.file)?;
        let format = self.format.or_else(|| self.out.as_deref().and_then(Format::of_file)).unwrap_or(Format::Svg);
        let out = self.out.unwrap_or_else(|| {
            let name = self.file.file_stem().filter(|name| *name != "-").map_or_else(|| "visual".into(), ToOwned::to_owned);
            PathBuf::from(name).with_extension(format.ending())
        });
        if out == self.file && out != Path::new("-") {
            bail!("{} would be overwritten by its own picture; choose another --out", out.display());
        }
        let (file, corrections) = match parametric::checker(&project).await?.check(&text).await? {
            Verdict::Accepted { file, corrections, .. } => (file, corrections),
            Verdict::Rejected { findings } => {
                let why: Vec<_> = findings.into_iter().map(|finding| finding.message).collect();
                bail!("{} is rejected: {}", self.file.display(), why.join(" "));
            }
        };
        if !corrections.is_empty() {
            // Not on the standard output, where the picture may go.
            eprint!("corrected first:\n{}", corrected(&corrections));
        }
        let (parameters, width, generation_id) = (self.parameters, self.width, self.generation);
        let request = Request { file, parameters, format: format.of_host(), width, generation_id };
        let picture = parametric::renderer(&project).await?.render(request).await?;
        if !picture.adjustments.is_empty() {
            eprint!("at these values:\n{}", corrected(&picture.adjustments));
        }
        let picture = picture.bytes;
        if out == Path::new("-") {
            return std::io::stdout().write_all(&picture).context("the standard output");
        }
        std::fs::write(&out, &picture).with_context(|| out.display().to_string())?;
        print(&format!("{} ({})\n", out.display(), kilobytes(picture.len() as u64)))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_names_and_values() {
        assert_eq!(parameter("title=a = b"), Ok(("title".to_owned(), "a = b".to_owned())));
        assert_eq!(parameter("title="), Ok(("title".to_owned(), String::new())));
        assert!(parameter("title").is_err() && parameter("=x").is_err());
    }

    #[test]
    fn the_ending_tells_the_format() {
        assert_eq!(Format::of_file(Path::new("a/b.png")), Some(Format::Png));
        assert_eq!(Format::of_file(Path::new("a/b.jpg")), None);
        assert_eq!(Format::of_file(Path::new("-")), None);
    }
}
