//! A support request as the contract shows it, and its messages on their way from and to their envelopes.

use domain::{GenerationId, UserId, contact::FormText, generation::ContentKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::accounts::support;
use utoipa::ToSchema;
use uuid::Uuid;
use vault::{Envelope, MasterKeys, UserSalt, content::EnvelopeError};
use web::{Kind, Problem, log};

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// It waits for an answer.
    Open,
    /// It was answered.
    Answered,
    /// It is closed; a year later it is gone.
    Closed,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Author {
    /// The person.
    User,
    /// Support.
    Support,
}

/// A message of a request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Message {
    /// Its id.
    id: Uuid,
    /// Who wrote it.
    author: Author,
    /// What.
    text: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// A request to support.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SupportRequest {
    /// Its id.
    id: Uuid,
    /// Where it is.
    status: Status,
    /// What it is about.
    subject: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was first answered.
    #[schema(value_type = Option<String>, format = DateTime)]
    answered_at: Option<Timestamp>,
    /// When it was closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
    /// Oldest first; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<Message>>,
}

/// What an envelope holds.
#[derive(Deserialize)]
struct Text {
    #[serde(default)]
    subject: String,
    message: String,
}

/// Encrypts a request's text, bound to its message.
pub(crate) fn seal(
    masters: &MasterKeys,
    user: UserId,
    salt: &UserSalt,
    message: Uuid,
    subject: &FormText,
    text: &FormText,
) -> Result<Envelope, Problem> {
    let plain = serde_json::json!({ "subject": subject.expose(), "message": text.expose() }).to_string();
    let sealed = masters.for_user(user, salt).seal(GenerationId::from(message), ContentKind::SupportRequest, plain.as_bytes());
    sealed.map_err(unreadable)
}

fn open(masters: &MasterKeys, user: UserId, salt: &UserSalt, message: &support::Message) -> Result<Text, Problem> {
    let opened = masters.for_user(user, salt).open(GenerationId::from(message.id), message.kind, &message.envelope);
    let bytes = opened.map_err(unreadable)?;
    serde_json::from_slice(&bytes).map_err(|_| unreadable(EnvelopeError::Format))
}

/// An envelope that cannot be sealed or opened is our mistake, and its reason holds no content.
fn unreadable(error: EnvelopeError) -> Problem {
    log::failure("envelope", &error);
    Kind::Internal.into()
}

impl SupportRequest {
    /// As in a list: with its subject and without its messages.
    pub(crate) fn listed(
        masters: &MasterKeys,
        user: UserId,
        request: &support::Request,
        salt: &UserSalt,
        first: &support::Message,
    ) -> Result<Self, Problem> {
        let Text { subject, .. } = open(masters, user, salt, first)?;
        Ok(Self::of(request, subject, None))
    }

    /// With all its messages.
    pub(crate) fn whole(
        masters: &MasterKeys,
        user: UserId,
        request: &support::Request,
        salt: &UserSalt,
        found: &[support::Message],
    ) -> Result<Self, Problem> {
        let mut subject = None;
        let mut messages = Vec::new();
        for message in found {
            let text = open(masters, user, salt, message)?;
            subject.get_or_insert(text.subject);
            let author = if message.kind == ContentKind::SupportRequest { Author::User } else { Author::Support };
            messages.push(Message { id: message.id, author, text: text.message, created_at: message.written_at });
        }
        Ok(Self::of(request, subject.unwrap_or_default(), Some(messages)))
    }

    /// One that was just made.
    pub(crate) fn fresh(id: Uuid, message: Uuid, now: Timestamp, subject: &FormText, text: &FormText) -> Self {
        let request = support::Request { id, created_at: now, answered_at: None, closed_at: None };
        let message = Message { id: message, author: Author::User, text: text.expose().to_owned(), created_at: now };
        Self::of(&request, subject.expose().to_owned(), Some(vec![message]))
    }

    fn of(request: &support::Request, subject: String, messages: Option<Vec<Message>>) -> Self {
        let status = match (request.answered_at, request.closed_at) {
            (_, Some(_)) => Status::Closed,
            (Some(_), None) => Status::Answered,
            (None, None) => Status::Open,
        };
        let support::Request { id, created_at, answered_at, closed_at } = *request;
        Self { id, status, subject, created_at, answered_at, closed_at, messages }
    }
}
