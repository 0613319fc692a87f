//! Tokens by which an address confirms that it is its owner who signs in with a provider that does not vouch for it (promise a05).
//! `oauth` sends them; `POST /v1/email/confirm` takes them beside every other token of a mail, `POST /v1/oauth/confirm` takes them alone.

use domain::{POLICY_VERSION, TenantId, UserId};
use jiff::Timestamp;
use store::{
    Database,
    accounts::{
        events::EventOrigin,
        oauth::{self, Confirmed, Joined, NewAccount, Refused},
    },
};
use vault::{MacKey, UserSalt};

use crate::{
    Kind, Problem,
    notify::{Message, Notifier},
    uuid_v7,
};

/// What a row keeps of a token.
#[must_use]
pub fn stored(key: &MacKey, token: &str) -> String {
    key.lookup("provider-claim", &[token.as_bytes()])
}

/// Takes a token as its row keeps it, and tells the owner of the address. False where it is unknown, used, replaced or too old.
///
/// # Errors
/// 403 `account-blocked`, 409 `link-conflict` (the account has another link with the provider), and as for any statement.
pub async fn confirm(
    accounts: &Database,
    notifier: &Notifier,
    now: Timestamp,
    stored: &str,
    origin: &EventOrigin,
) -> Result<bool, Problem> {
    let salt = UserSalt::random()?;
    let account = NewAccount {
        user: UserId::from(uuid_v7(now)?),
        tenant: TenantId::from(uuid_v7(now)?),
        salt: salt.as_bytes(),
        policy_version: POLICY_VERSION,
    };
    match oauth::confirm(accounts, now, stored, account, origin).await? {
        Confirmed::Unknown | Confirmed::Refused(Refused::Unproved) => Ok(false),
        Confirmed::Refused(Refused::Blocked) => Err(Kind::AccountBlocked.into()),
        Confirmed::Refused(Refused::Conflict) => Err(Kind::LinkConflict.into()),
        Confirmed::Joined(joined, provider, owner) => {
            let (to, language) = (owner.email.expose().to_owned(), owner.language);
            match joined {
                Joined::Joined => notifier.send_later(Message::LinkAdded { to, provider, language }),
                Joined::Claimed => notifier.send_later(Message::AccountReclaimed { to, provider, language }),
                Joined::Known | Joined::New => {}
            }
            Ok(true)
        }
    }
}
