//! Links of emails to people on the waitlist and to candidates for the beta test.
//!
//! A token stands for a row by its random id; who has neither the key nor the database learns nothing of anybody from it. Pages get
//! theirs in the fragment, which no server sees. The one that a mail program posts to (RFC 8058) has it in the query, which access
//! logs drop (promise a19).

use domain::Language;
use uuid::Uuid;
use vault::MacKey;

/// The path that mail programs post to.
pub const ONE_CLICK: &str = "/v1/waitlist/one-click";

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Confirms a wish to be on the waitlist.
    WaitlistConfirm,
    /// Leaves the waitlist.
    WaitlistLeave,
    /// Confirms a candidacy, and changes its consents.
    Beta,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::WaitlistConfirm => "waitlist-confirm",
            Self::WaitlistLeave => "waitlist-leave",
            Self::Beta => "beta",
        }
    }

    fn page(self) -> &'static str {
        match self {
            Self::WaitlistConfirm => "waitlist/confirm",
            Self::WaitlistLeave => "waitlist/unsubscribe",
            Self::Beta => "beta",
        }
    }
}

/// The page of a purpose in a language, with the token of a row in its fragment.
#[must_use]
pub fn link(public_url: &str, language: Language, key: &MacKey, purpose: Purpose, id: Uuid) -> String {
    format!("{public_url}/{}/{}#token={}", language.tag(), purpose.page(), key.token(purpose.name(), id))
}

/// Where a mail program unsubscribes somebody with one click.
#[must_use]
pub fn one_click(public_url: &str, key: &MacKey, id: Uuid) -> String {
    format!("{public_url}{ONE_CLICK}?token={}", key.token(Purpose::WaitlistLeave.name(), id))
}

/// The row that a token stands for, if it is one of ours for this purpose.
#[must_use]
pub fn read(key: &MacKey, purpose: Purpose, token: &str) -> Option<Uuid> {
    key.read_token(purpose.name(), token)
}
