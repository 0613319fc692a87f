//! `asknpic promises`

use std::path::PathBuf;

use clap::Args;

use super::ropa::Format;
use crate::promises;
use crate::ui::print;

/// Prints every promise, its tests, and whether they passed in the last run
#[derive(Args, Debug)]
pub(super) struct Promises {
    /// In which form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The list of promises
    #[arg(long, value_name = "FILE", default_value = "tests/promises.toml")]
    list: PathBuf,
    /// The folder with the results of the last run
    #[arg(long, value_name = "DIR", default_value = "target/promises")]
    results: PathBuf,
}

impl Promises {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let promises = promises::read(&self.list, &self.results)?;
        let text = match self.format {
            Format::Text => promises::to_text(&promises),
            Format::Json => {
                let states = promises.iter().map(|promise| {
                    let mut value = serde_json::to_value(promise)?;
                    value["state"] = promise.state().into();
                    Ok(value)
                });
                serde_json::to_string_pretty(&states.collect::<anyhow::Result<Vec<_>>>()?)? + "\n"
            }
            Format::Html => promises::to_html(&promises),
        };
        Ok(print(&text)?)
    }
}
