//! `asknpic rectify`

use std::io::Read as _;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use uuid::Uuid;

use crate::migrate::Database;
use crate::operator::Access;
use crate::requests::{self, Rectification};
use crate::ui::print;

/// Rectifies an account for somebody who wrote to support and whose identity you have checked
///
/// The new values come as JSON on standard input, so that no shell history keeps them.
#[derive(Args, Debug)]
#[command(
    after_help = "{\"first_name\": …, \"last_name\": …, \"language\": \"en\" or \"fr\", \"email\": …, \"phone\": …}, each if it changes"
)]
pub(super) struct Rectify {
    /// The person's user id
    user: Uuid,
    #[command(flatten)]
    access: Access,
}

impl Rectify {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("standard input")?;
        // serde's own words could repeat a value.
        let values: Rectification =
            serde_json::from_str(&text).map_err(|_| anyhow::anyhow!("standard input is not such a JSON object; see --help"))?;
        requests::rectify(&self.access.connect(Database::Accounts).await?, Timestamp::now(), self.user, &values).await?;
        print(&format!("rectified: {values:?}\n"))?;
        Ok(())
    }
}
