//! `asknpic ropa`

use clap::{Args, ValueEnum};

use crate::migrate::Database;
use crate::operator::Access;
use crate::record::{self, Register};
use crate::ui::print;

/// Prints the record of processing activities (GDPR, Art. 30) from the databases' own comments
#[derive(Args, Debug)]
pub(super) struct Ropa {
    /// In which form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Who is responsible: name and address, as the register has to say
    #[arg(long, value_name = "TEXT", default_value = "(name and address of the controller)")]
    controller: String,
    #[command(flatten)]
    access: Access,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Format {
    /// For a terminal
    #[default]
    Text,
    /// For machines
    Json,
    /// A page that needs nothing else
    Html,
}

impl Ropa {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let mut tables = Vec::new();
        for database in Database::ALL {
            tables.extend(record::read(&self.access.connect(database).await?, database).await?);
        }
        let register = Register::new(&self.controller, tables);
        let text = match self.format {
            Format::Text => register.to_text(),
            Format::Json => serde_json::to_string_pretty(&register)? + "\n",
            Format::Html => register.to_html(),
        };
        Ok(print(&text)?)
    }
}
