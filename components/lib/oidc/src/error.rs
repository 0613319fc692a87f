//! Why a sign-in came to nothing.

use crate::id_token;

/// Why nobody is known after a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The provider did not take the code or the token.
    #[error("the provider refused")]
    Refused,
    /// The ID token does not verify.
    #[error("the ID token: {0}")]
    IdToken(#[from] id_token::Error),
    /// The answer is not of its documented form.
    #[error("the provider's answer is malformed")]
    Malformed,
    /// Not reached, too slow, overloaded or broken.
    #[error("the provider is unavailable")]
    Unavailable,
    /// The runtime does not let us call it: the origin is not among the allowed ones.
    #[error("the provider's host is not allowed")]
    NotAllowed,
}
