//! A client of Ollama's HTTP API: the calls that a generation needs, over Spin's outbound HTTP.
//!
//! The model's server is trusted with briefs and with nothing else: what it sends is bounded in size and time and parsed as
//! hostile. Where it runs is checked before it is used (promise a17): [`host`] looks at the address, [`model`] at the model.
//! Redirects are not followed, so content goes to the configured host or nowhere.

mod answer;
mod client;
#[cfg(feature = "grammar")]
pub mod grammar;
pub mod host;
pub mod model;

pub use answer::{Answer, Finish, MAX_CONTENT};
pub use client::{Chat, Client, Message};

/// Why the model did not answer. Holds no text of the server's: its messages can repeat the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The server cannot be reached, broke off, or reported an error.
    #[error("the model host does not answer")]
    Unavailable,
    /// The server did not finish, or sent nothing, for too long.
    #[error("the model host did not answer in time")]
    Timeout,
    /// The server does not have the model.
    #[error("the model host does not have the model")]
    NotFound,
    /// The server answered something that Ollama's protocol does not have, or more than the bounds allow.
    #[error("the model host did not answer as Ollama does")]
    Invalid,
    /// The model would run on a machine that is not the operator's (promise a17).
    #[error("the model would run elsewhere")]
    Remote,
}

impl From<outbound::Error> for Error {
    fn from(error: outbound::Error) -> Self {
        match error {
            outbound::Error::Timeout => Self::Timeout,
            outbound::Error::TooLarge => Self::Invalid,
            outbound::Error::Address | outbound::Error::Refused | outbound::Error::Unreachable => Self::Unavailable,
        }
    }
}

/// Parses a JSON object. Only an object: serde would also read a struct from an array, and an empty one would say nothing of a
/// remote host.
fn object<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> Result<T, Error> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::Invalid);
    }
    serde_json::from_slice(body).map_err(|_| Error::Invalid)
}
