//! The command line: one subcommand, one module.

use clap::{Parser, Subcommand};

use crate::{
    account, beta, billing, build, check, dataset, evidence, gallery, keys, lifecycle, manifest, migrate, promises, receipt,
    rectify, render, requests, rewrite, ropa, stripe, support, trace, try_it, up, waitlist,
};

/// Runs, builds and looks after Ask N Pic.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Asknpic {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything on this machine: databases, model, message catcher, components
    Up(up::Up),
    /// Make the whole journey from sign-up to picture, and write visual.svg and visual.png
    Try(try_it::Try),
    /// Make two dozen varied pictures through the whole chain, on one sheet
    Gallery(gallery::command::Gallery),
    /// Draw a parametric file as SVG, PNG or PDF
    Render(render::Render),
    /// Tell what the checker makes of a parametric file
    Check(check::Check),
    /// Build the components and print their sizes; fails if one is over its limit
    Build(build::Build),
    /// Bring the four databases to the schema of this program
    Migrate(migrate::command::Migrate),
    /// Make the secrets of an installation
    #[command(subcommand)]
    Keys(keys::command::Keys),
    /// Show every promise, its tests, and whether they passed in the last run
    Promises(promises::Promises),
    /// The register of exercised rights
    #[command(subcommand)]
    Requests(requests::Requests),
    /// Rectify an account for somebody who wrote to support
    Rectify(rectify::Rectify),
    /// Rewrite the tables with salts, addresses and names, so that deleted ones are no longer on the disk
    Rewrite(rewrite::Rewrite),
    /// Print the record of processing activities (GDPR, Art. 30)
    Ropa(ropa::Ropa),
    /// Trace a generation from brief to file, without its content
    Trace(trace::Trace),
    /// Check a receipt
    #[command(subcommand)]
    Receipt(receipt::Receipt),
    /// Look after accounts, as the owner of the database
    #[command(subcommand)]
    Account(account::Account),
    /// Print a spin.toml for some of the components alone
    Manifest(manifest::Manifest),
    /// Set the Stripe account up
    #[command(subcommand)]
    Stripe(stripe::Stripe),
    /// Make gift codes
    #[command(subcommand)]
    Gift(billing::Gift),
    /// The accountant's records
    #[command(subcommand)]
    Billing(billing::Billing),
    /// Run the retention rules, and see what they have to do
    #[command(subcommand)]
    Lifecycle(lifecycle::Lifecycle),
    /// Remove what is old from the components' logs
    #[command(subcommand)]
    Logs(crate::logs::Logs),
    /// Read candidacies for the beta test, and decide about them
    #[command(subcommand)]
    Beta(beta::Beta),
    /// Read requests to support, and answer them
    #[command(subcommand)]
    Support(support::Support),
    /// Keep evidence for a serious breach of contract, apart and encrypted
    #[command(subcommand)]
    Evidence(evidence::Evidence),
    /// Export the training dataset, and see what has to be taken out of an export
    #[command(subcommand)]
    Dataset(dataset::Dataset),
    /// Write to the waitlist
    #[command(subcommand)]
    Waitlist(waitlist::Waitlist),
}

impl Asknpic {
    /// Does what the command line says.
    ///
    /// # Errors
    /// Why it could not be done, for the person at the keyboard.
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Up(up) => up.run().await,
            Command::Try(journey) => journey.run().await,
            Command::Gallery(gallery) => gallery.run().await,
            Command::Render(render) => render.run().await,
            Command::Check(check) => check.run().await,
            Command::Build(build) => build.run(),
            Command::Migrate(migrate) => migrate.run().await,
            Command::Promises(promises) => promises.run(),
            Command::Requests(requests) => requests.run().await,
            Command::Rectify(rectify) => rectify.run().await,
            Command::Rewrite(rewrite) => rewrite.run().await,
            Command::Ropa(ropa) => ropa.run().await,
            Command::Trace(trace) => trace.run().await,
            Command::Receipt(receipt) => receipt.run(),
            Command::Account(account) => account.run().await,
            Command::Manifest(manifest) => manifest.run(),
            Command::Stripe(stripe) => stripe.run().await,
            Command::Gift(gift) => gift.run().await,
            Command::Billing(billing) => billing.run().await,
            Command::Keys(keys) => keys.run().await,
            Command::Lifecycle(lifecycle) => lifecycle.run().await,
            Command::Logs(logs) => logs.run(),
            Command::Beta(beta) => beta.run().await,
            Command::Evidence(evidence) => evidence.run().await,
            Command::Dataset(dataset) => dataset.run().await,
            Command::Support(support) => support.run().await,
            Command::Waitlist(waitlist) => waitlist.run().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Asknpic;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Asknpic::command().debug_assert();
    }
}
