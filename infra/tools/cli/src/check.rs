//! `asknpic check`

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use asknpic_host::parametric::{Correction, Finding, Verdict};
use clap::Args;

use crate::parametric;
use crate::project::Project;
use crate::ui::{number, print};

/// Tells what the checker makes of a parametric file: accepted (exit code 0) or rejected (1), and why
///
/// The checker is the component that `generate` uses; FORMAT.md explains the codes.
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// The file, as a model wrote it; `-` reads the standard input
    file: PathBuf,
    /// Print the verdict as JSON
    #[arg(long)]
    json: bool,
    /// Where to write the final file, if it is accepted
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Check {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let project = Project::find()?;
        let text = read(&self.file)?;
        let verdict = parametric::checker(&project).await?.check(&text).await?;
        if self.json {
            print(&format!("{}\n", serde_json::to_string_pretty(&verdict)?))?;
        } else {
            print(&describe(&verdict))?;
        }
        match (verdict, self.out) {
            (Verdict::Accepted { file, .. }, Some(out)) => std::fs::write(&out, file).with_context(|| out.display().to_string()),
            (Verdict::Accepted { .. }, None) => Ok(()),
            (Verdict::Rejected { .. }, _) => bail!("{} is rejected", self.file.display()),
        }
    }
}

/// Bytes of a file that are read at most: enough for the checker to say that it is too large.
const MAX_BYTES: u64 = 256 * 1_024;

/// The text of a file, or of the standard input.
pub(crate) fn read(file: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().take(MAX_BYTES).read_to_end(&mut bytes).context("the standard input")?;
    } else {
        let read = std::fs::File::open(file).and_then(|opened| opened.take(MAX_BYTES).read_to_end(&mut bytes));
        read.with_context(|| file.display().to_string())?;
    }
    if bytes.len() as u64 == MAX_BYTES {
        // Whatever the rest is, it is too large.
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("{} is no text: a parametric file is JSON in UTF-8", file.display()))
}

/// The verdict for people.
fn describe(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Accepted { corrections, complexity, .. } => {
            let count = match corrections.len() {
                0 => "no corrections".to_owned(),
                1 => "1 correction".to_owned(),
                count => format!("{count} corrections"),
            };
            format!("accepted, {count}, complexity {complexity} of 100\n{}", corrected(corrections))
        }
        Verdict::Rejected { findings } => format!("rejected\n{}", found(findings)),
    }
}

/// A line each: the place, the code, what it was and what it became.
pub(crate) fn corrected(corrections: &[Correction]) -> String {
    let [path, code] = widths(corrections.iter().map(|correction| [correction.path.as_str(), correction.code.as_str()]));
    corrections.iter().fold(String::new(), |mut lines, correction| {
        let numbers = correction.numbers.iter().map(|value| number(*value)).collect::<Vec<_>>().join(" → ");
        let line = format!("  {:path$}  {:code$}  {numbers}", shown(&correction.path), correction.code);
        let _ = writeln!(lines, "{}", line.trim_end());
        lines
    })
}

fn found(findings: &[Finding]) -> String {
    let [path, code] = widths(findings.iter().map(|finding| [finding.path.as_str(), finding.code.as_str()]));
    findings.iter().fold(String::new(), |mut lines, finding| {
        let _ = writeln!(lines, "  {:path$}  {:code$}  {}", shown(&finding.path), finding.code, finding.message);
        lines
    })
}

/// The whole file has the empty pointer.
fn shown(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}

fn widths<'a>(rows: impl Iterator<Item = [&'a str; 2]>) -> [usize; 2] {
    rows.fold([1, 1], |[path, code], row| [path.max(row[0].len()), code.max(row[1].len())])
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn corrections_are_told_in_columns() {
        let correction = |code: &str, path: &str, numbers: &[f64]| Correction {
            code: code.into(),
            path: path.into(),
            numbers: numbers.into(),
        };
        let corrections = vec![
            correction("repaired-json", "", &[]),
            correction("contrast", "/layers/3/fill", &[2.1, 4.5]),
            correction("does-not-fit", "/layers/3/size", &[118.0, 96.25]),
        ];
        let text = describe(&Verdict::Accepted { file: "{}".to_owned(), corrections, complexity: 42 });
        let expected = "accepted, 3 corrections, complexity 42 of 100
  /               repaired-json
  /layers/3/fill  contrast       2.1 → 4.5
  /layers/3/size  does-not-fit   118 → 96.25
";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_no_text_is_told_and_what_is_huge_is_not_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, [0xff, 0xfe, 0x00]).unwrap();
        assert!(read(&file).unwrap_err().to_string().ends_with("is no text: a parametric file is JSON in UTF-8"));
        std::fs::write(&file, vec![b'a'; 1 << 20]).unwrap();
        assert_eq!(read(&file).unwrap().len() as u64, MAX_BYTES);
        assert!(read(&folder.path().join("none")).is_err() && read(folder.path()).is_err());
    }

    #[test]
    fn findings_are_told_in_their_own_sentences() {
        let finding = Finding { code: "not-json".into(), path: String::new(), message: "Answer with one JSON document.".into() };
        let text = describe(&Verdict::Rejected { findings: vec![finding] });
        assert_eq!(text, "rejected\n  /  not-json  Answer with one JSON document.\n");
    }
}
