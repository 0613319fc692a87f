//! What an error of Stripe's means for the caller.

use stripe::Error;
use web::{Kind, Problem, log};

/// The problem of an error. The caller's own mistakes are found before Stripe is asked, so what it refuses is ours or the operator's.
pub(crate) fn problem(error: &Error) -> Problem {
    log::failure("stripe", error);
    match error {
        Error::NotConfigured | Error::Refused { status: 401 | 403, .. } => Kind::NotConfigured.into(),
        Error::Unavailable => Problem::retry(Kind::Unavailable, 5),
        Error::Missing | Error::Refused { .. } | Error::Answer => Kind::Internal.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stripe_does_not_know_is_the_operators_to_mend() {
        let refused = |status| Error::Refused { status, code: String::new() };
        assert_eq!(problem(&refused(401)).kind(), Kind::NotConfigured);
        assert_eq!(problem(&refused(400)).kind(), Kind::Internal);
        assert_eq!(problem(&Error::Unavailable).kind(), Kind::Unavailable);
    }
}
