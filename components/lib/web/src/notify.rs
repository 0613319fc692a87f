//! Messages, on their way to the private component `notify`.

use std::time::Duration;

use domain::{Language, Provider, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Problem, internal::Peer, log, sleep, spawn};

/// The path of `notify`.
pub const PATH: &str = "/v1/internal/messages";

/// A message to a person. Texts are `notify`'s; what is personal is in these fields and in nothing that is logged.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Message {
    /// An SMS with a code.
    Code {
        /// E.164.
        to: String,
        /// Six digits.
        code: String,
        /// Of the text.
        language: Language,
    },
    /// An email to the owner of an address that somebody signed up with.
    AddressTaken {
        /// The address.
        to: String,
        /// Of the text.
        language: Language,
    },
    /// An email to somebody whose refresh token was used twice.
    SessionReused {
        /// The address.
        to: String,
        /// Of the text.
        language: Language,
    },
    /// An email to somebody whose account was closed.
    AccountErased {
        /// The address, for the last time.
        to: String,
        /// Where the receipt is.
        receipt: String,
        /// Of the text.
        language: Language,
    },
    /// No message: the contact that stands for a person at Brevo is to go.
    ForgetContact {
        /// The user's id, under which the contact is known there.
        user: Uuid,
    },
    /// An email to an address that a provider names and does not vouch for, with the token that confirms it.
    ProviderClaim {
        /// The address.
        to: String,
        /// Who names it.
        provider: Provider,
        /// Our page with the token in its fragment.
        url: String,
        /// Of the text.
        language: Language,
    },
    /// An email to the owner of an address whose account was somebody else's until now (promise a05).
    AccountReclaimed {
        /// The address.
        to: String,
        /// Who vouched for it.
        provider: Provider,
        /// Of the text.
        language: Language,
    },
    /// An email to somebody whose account can now be signed in to with a provider.
    LinkAdded {
        /// The address.
        to: String,
        /// Which.
        provider: Provider,
        /// Of the text.
        language: Language,
    },
    /// An email to somebody whose account can no longer be signed in to with a provider.
    LinkRemoved {
        /// The address.
        to: String,
        /// Which.
        provider: Provider,
        /// Of the text.
        language: Language,
    },
    /// An email with the token that proves the address of a sign-up.
    ConfirmEmail {
        /// The address.
        to: String,
        /// Of the text.
        language: Language,
        /// With the token.
        link: String,
    },
    /// An email with the token that proves a new address.
    ChangeEmail {
        /// The new address.
        to: String,
        /// Of the text.
        language: Language,
        /// With the token.
        link: String,
    },
    /// An email to the address so far: another was asked for.
    EmailChangeAsked {
        /// The address so far.
        to: String,
        /// Of the text.
        language: Language,
    },
    /// An email to the address so far: it is no longer the account's.
    EmailChanged {
        /// The address that was the account's.
        to: String,
        /// Of the text.
        language: Language,
    },
    /// An email with the token that sets a new password.
    ResetPassword {
        /// The address.
        to: String,
        /// Of the text.
        language: Language,
        /// With the token.
        link: String,
    },
    /// An email: the password was changed.
    PasswordChanged {
        /// The address.
        to: String,
        /// Of the text.
        language: Language,
    },
    /// An email: the address is proved, and what was in the account before is gone (promise a05).
    AccountStripped {
        /// The address.
        to: String,
        /// Of the text.
        language: Language,
    },
    /// An email that asks the owner of an address to confirm a wish to be on the waitlist.
    WaitlistConfirm {
        /// The address.
        to: String,
        /// The page that confirms, with its token in the fragment.
        link: String,
        /// Of the text.
        language: Language,
    },
    /// Marketing mail to somebody on the waitlist (promise a77): nothing of the kind goes out without the two links that end it.
    Marketing {
        /// The address.
        to: String,
        /// The subject; a welcome where it is empty.
        subject: String,
        /// The text; a welcome where it is empty.
        text: String,
        /// The page that unsubscribes, with its token in the fragment.
        link: String,
        /// Where a mail program unsubscribes with one click (RFC 8058).
        one_click: String,
        /// Of the text.
        language: Language,
    },
    /// An email to a candidate for the beta test: to confirm, and later to change the two consents.
    BetaConfirm {
        /// The address.
        to: String,
        /// The page, with its token in the fragment.
        link: String,
        /// Of the text.
        language: Language,
    },
    /// An email to a candidate about whom a person has decided.
    BetaDecided {
        /// The address.
        to: String,
        /// The decision.
        accepted: bool,
        /// The page that changes the consents, with its token in the fragment.
        link: String,
        /// Of the text.
        language: Language,
    },
    /// An email to somebody whose support request was answered; the answer itself stays encrypted.
    SupportAnswered {
        /// The address.
        to: String,
        /// Of the text.
        language: Language,
    },
    /// An email to somebody whose account will be erased for inactivity (promise a48).
    InactivityWarning {
        /// The address.
        to: String,
        /// The day, as `2027-11-21`.
        on: String,
        /// Unspent credits in tokens.
        credits: i64,
        /// Of the text.
        language: Language,
    },
    /// Nothing, sent all the same so that a decoy makes the same calls (contract, *No oracle*).
    Nothing,
}

/// Calls `notify`.
#[derive(Clone, Debug)]
pub struct Notifier {
    peer: Peer,
}

impl Notifier {
    /// Reads the variables `notify_url` and `internal_key`.
    ///
    /// # Errors
    /// 503 `not-configured`.
    pub async fn load() -> Result<Self, Problem> {
        Ok(Self { peer: Peer::load("notify_url").await? })
    }

    /// Sends a message after the answer was given; nobody waits for it. Tried three times: a message that may have been sent
    /// twice is better than one that was not sent.
    pub fn send_later(&self, message: Message) {
        let this = self.clone();
        spawn(async move {
            for pause in [Some(500), Some(2_000), None] {
                match this.send(&message).await {
                    Sent::Taken => return,
                    Sent::Refused => break,
                    Sent::Unreachable => {}
                }
                if let Some(milliseconds) = pause {
                    sleep(Duration::from_millis(milliseconds)).await;
                }
            }
            log::event("message-lost", serde_json::json!({}));
        });
    }

    /// Has the contact of an erased person removed at Brevo, where there is one.
    ///
    /// # Errors
    /// Where that has to be tried again.
    pub async fn forget(&self, user: UserId) -> Result<(), outbound::Error> {
        match self.send(&Message::ForgetContact { user: user.uuid() }).await {
            Sent::Taken => Ok(()),
            Sent::Refused => Err(outbound::Error::Refused),
            Sent::Unreachable => Err(outbound::Error::Unreachable),
        }
    }

    /// Sends a message and waits for what becomes of it.
    pub async fn send(&self, message: &Message) -> Sent {
        match self.peer.post(PATH, message, Duration::from_secs(15), 4_096).await {
            Ok((status, _)) if status.is_success() => Sent::Taken,
            Ok((status, _)) if status.is_server_error() => {
                log::failure("notify", &outbound::Error::Unreachable);
                Sent::Unreachable
            }
            Ok(_) => Sent::Refused,
            Err(error) => {
                log::failure("notify", &error);
                Sent::Unreachable
            }
        }
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// On its way.
    Taken,
    /// Refused for good: the log of `notify` has the reason.
    Refused,
    /// Worth another try.
    Unreachable,
}
