//! Mails that wait: announcements, decisions, answers, warnings.
//!
//! Each is taken for a while, sent, and forgotten. Two runs at a time never send the same one; after a crash between sending and
//! forgetting it may go out once more, which is better than not at all.

use domain::{Language, inactivity};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use store::accounts::mails::{self, Mail, MailKind};
use web::{
    contact::{Purpose, link, one_click},
    log,
    notify::{Message, Sent},
};

use super::{Batch, Rule, Run, Work};
use crate::State;

/// The most mails of one batch.
const MAILS: i32 = 20;
/// How long a batch may take before another run takes its mails, in seconds: each call of `notify` has a deadline of 15 s.
const LEASE_SECONDS: i64 = 600;

const NAME: &str = "mails_sent";

pub(super) const RULES: &[Rule] =
    &[Rule { name: NAME, work: Work::Own { batch: |run| Box::pin(mails_sent(run)), due: |run| Box::pin(run.rows_due(NAME)) } }];

async fn mails_sent(run: &Run<'_>) -> Result<Batch, store::Error> {
    let accounts = &run.state.accounts;
    let claimed = mails::claim(accounts, run.now, web::after(run.now, LEASE_SECONDS), MAILS).await?;
    let mut rows = 0;
    for mail in &claimed {
        let sent = match message(run.state, run.now, mail) {
            Some(message) => run.state.notifier.send(&message).await,
            None => Sent::Refused,
        };
        match sent {
            Sent::Taken => rows += 1,
            Sent::Refused => log::event("mail-refused", json!({ "mail": mail.id })),
            // It stays taken for a while, and is tried again then.
            Sent::Unreachable => return Ok(Batch { rows, more: false }),
        }
        mails::done(accounts, run.now, mail.id, sent == Sent::Taken).await?;
    }
    Ok(Batch { rows, more: !claimed.is_empty() })
}

/// An announcement's texts, as `asknpic waitlist announce` stores them.
#[derive(Deserialize)]
struct Texts {
    en: Text,
    fr: Text,
}

#[derive(Deserialize)]
struct Text {
    subject: String,
    text: String,
}

/// What to send; `None` where an announcement has no text.
fn message(state: &State, now: Timestamp, mail: &Mail) -> Option<Message> {
    let (to, language) = (mail.email.clone(), mail.language);
    let page = |purpose| link(&state.public_url, language, &state.tokens, purpose, mail.subject);
    Some(match mail.kind {
        MailKind::Announcement => {
            let texts: Texts = serde_json::from_slice(&mail.texts).ok()?;
            let Text { subject, text } = match language {
                Language::En => texts.en,
                Language::Fr => texts.fr,
            };
            let one_click = one_click(&state.public_url, &state.tokens, mail.subject);
            Message::Marketing { to, subject, text, link: page(Purpose::WaitlistLeave), one_click, language }
        }
        MailKind::BetaDecided => Message::BetaDecided { to, accepted: mail.accepted, link: page(Purpose::Beta), language },
        MailKind::SupportAnswered => Message::SupportAnswered { to, language },
        MailKind::Inactivity => {
            let erased = inactivity::erased_at(mail.active_at?.as_second(), now.as_second());
            let on = Timestamp::from_second(erased).ok()?.strftime("%Y-%m-%d").to_string();
            Message::InactivityWarning { to, on, credits: mail.credits, language }
        }
    })
}
