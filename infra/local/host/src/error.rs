//! Why a host did not start. Every message names the place to look at.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why [`Host::start`](crate::Host::start) failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("{what} {}: {source}", path.display())]
    Read {
        /// What the file is, for people: `manifest`, `component signup`.
        what: String,
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The manifest is not valid.
    #[error("{}: {message}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong, naming the table and field.
        message: String,
    },
    /// The variables that the environment or the caller gave do not make the manifest runnable.
    #[error("{0}")]
    Variables(String),
    /// A component cannot be run.
    #[error("component {id}: {message}")]
    Component {
        /// Its id in the manifest.
        id: String,
        /// What is wrong with it.
        message: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The runtime itself could not be set up.
    #[error("the WebAssembly runtime could not be set up: {0}")]
    Runtime(String),
}

impl Error {
    /// An error about one component, with the whole chain of causes in one line.
    pub(crate) fn component(id: &str, error: impl std::fmt::Display) -> Self {
        Self::Component { id: id.to_owned(), message: error.to_string() }
    }
}
