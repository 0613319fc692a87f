//! What people received: SMS and emails at the message catcher, read over HTTP like everything else.

use asknpic_local::messages::Fault;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::Client;
use crate::wait::until;

/// A caught message.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// The catcher's.
    pub id: Uuid,
    /// `sms` or `email`.
    pub channel: String,
    /// Phone or address.
    pub to: String,
    /// Of an email.
    pub subject: Option<String>,
    /// Its text.
    pub text: String,
}

impl Message {
    /// The six digits in it.
    #[must_use]
    pub fn code(&self) -> Option<String> {
        self.text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6).map(str::to_owned)
    }

    /// The token in its link.
    #[must_use]
    pub fn token(&self) -> Option<String> {
        let (_, rest) = self.text.split_once("#token=")?;
        rest.split_whitespace().next().map(str::to_owned)
    }

    fn is_to(&self, who: &str) -> bool {
        // Brevo takes phones with and without the plus.
        self.to.trim_start_matches('+').eq_ignore_ascii_case(who.trim_start_matches('+'))
    }
}

/// The catcher.
#[derive(Clone, Debug)]
pub struct Messages {
    pub(crate) client: Client,
    pub(crate) url: String,
}

impl Messages {
    /// Its base URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Everything that was sent, newest first.
    pub async fn all(&self) -> Vec<Message> {
        let answer =
            self.client.call(Method::GET, format!("{}/messages", self.url)).try_send().await.expect("the catcher answers");
        serde_json::from_slice(&answer.body).expect("the catcher's list")
    }

    /// What was sent to a phone or an address, newest first.
    pub async fn to(&self, who: &str) -> Vec<Message> {
        self.all().await.into_iter().filter(|message| message.is_to(who)).collect()
    }

    /// The bodies of the emails to somebody as Brevo got them, oldest first: with what the messages leave out, such as headers.
    pub async fn emails_to(&self, who: &str) -> Vec<Value> {
        let call = self.client.call(Method::GET, format!("{}/_control/requests", self.url));
        let answer = call.try_send().await.expect("the catcher answers");
        let calls: Vec<Value> = serde_json::from_slice(&answer.body).expect("the catcher's calls");
        let emails = calls.into_iter().filter(|call| call["path"] == "/v3/smtp/email").map(|mut call| call["body"].take());
        emails.filter(|body| body["to"][0]["email"].as_str().is_some_and(|to| to.eq_ignore_ascii_case(who))).collect()
    }

    /// Brevo misbehaves until told otherwise.
    pub async fn fault(&self, fault: Fault) {
        self.control(Method::PUT, &json!({ "fault": fault })).await;
    }

    /// Brevo behaves again.
    pub async fn behave(&self) {
        self.control(Method::DELETE, &Value::Null).await;
    }

    async fn control(&self, method: Method, body: &Value) {
        let call = self.client.call(method, format!("{}/_control/fault", self.url));
        let answer = call.json(body).try_send().await.expect("the catcher answers");
        assert!(answer.status.is_success(), "{} {}", answer.status, answer.text());
    }

    /// Waits until so many messages were sent to somebody; newest first.
    pub async fn wait(&self, who: &str, count: usize) -> Vec<Message> {
        until(&format!("message {count} to {who}"), async || Some(self.to(who).await).filter(|messages| messages.len() >= count))
            .await
    }

    /// Waits for the `count`th email with a token to an address; the newest token. The first is that of the sign-up.
    pub async fn token(&self, email: &str, count: usize) -> String {
        let tokens = async || {
            let tokens: Vec<_> = self.to(email).await.iter().filter_map(Message::token).collect();
            (tokens.len() >= count).then_some(tokens)
        };
        until(&format!("token {count} to {email}"), tokens).await.remove(0)
    }

    /// What was sent to an address and has no token in it, newest first: what its owner is told.
    pub async fn told(&self, email: &str) -> Vec<Message> {
        self.to(email).await.into_iter().filter(|message| message.token().is_none()).collect()
    }

    /// Waits until somebody was told so many things; newest first.
    pub async fn wait_told(&self, email: &str, count: usize) -> Vec<Message> {
        until(&format!("mail {count} to {email}"), async || {
            Some(self.told(email).await).filter(|messages| messages.len() >= count)
        })
        .await
    }

    /// Waits for the `count`th SMS to a phone, and takes the newest code.
    pub async fn code(&self, phone: &str, count: usize) -> String {
        let messages = self.wait(phone, count).await;
        let newest = messages.first().expect("a message");
        assert_eq!(newest.channel, "sms");
        newest.code().expect("an SMS with a code")
    }
}
