//! `asknpic dataset …`

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use uuid::Uuid;

use crate::dataset;
use crate::keys::write_new;
use crate::migrate::Database;
use crate::operator::{Access, name_of};
use crate::ui::print;

#[derive(Debug, Subcommand)]
pub(super) enum Dataset {
    /// Write the dataset as JSON lines for fine-tuning, with a datasheet; the export ends after 30 days
    Export(ExportArgs),
    /// Print the ids of entries that have to be taken out of an export
    Removals(RemovalsArgs),
}

/// The basis on which people's generations may be learnt from
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Basis {
    /// Only those who agreed
    Consent,
    /// Those who do not object
    LegitimateInterest,
}

/// Where to
#[derive(Args, Debug)]
pub(super) struct ExportArgs {
    /// New folder for `dataset.jsonl` and `DATASHEET.md`
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// As the component `dataset` is configured
    #[arg(long, value_enum, default_value = "consent", env = "SPIN_VARIABLE_TRAINING_BASIS")]
    basis: Basis,
    /// Who answers for it; the system's user without it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    access: Access,
}

/// Of which export
#[derive(Args, Debug)]
pub(super) struct RemovalsArgs {
    /// The export's id, from its datasheet
    export: Uuid,
    #[command(flatten)]
    access: Access,
}

impl Dataset {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Export(ExportArgs { out, basis, by, access }) => {
                let accounts = access.connect(Database::Accounts).await?;
                let entries = access.connect(Database::Dataset).await?;
                let (masters, by, now) = (access.masters()?, name_of(by)?, Timestamp::now());
                fs::create_dir(&out).with_context(|| out.display().to_string())?;
                let export = dataset::export(&accounts, &entries, &masters, now, &by, basis == Basis::Consent).await?;
                write_new(&out.join("dataset.jsonl"), &export.lines)?;
                write_new(&out.join("DATASHEET.md"), &export.datasheet)?;
                Ok(print(&export.datasheet)?)
            }
            Self::Removals(RemovalsArgs { export, access }) => {
                let entries = access.connect(Database::Dataset).await?;
                let ids = dataset::removals(&entries, export).await?;
                Ok(print(&ids.iter().flat_map(|id| [id.to_string(), "\n".to_owned()]).collect::<String>())?)
            }
        }
    }
}
