//! The local model: what it is to do wrong, and what it was sent.

use asknpic_local::model::Fault;
use http::Method;
use serde_json::{Value, json};

use crate::http::{Call, Client};

/// The model's controls, which it answers on this machine only.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) client: Client,
    pub(crate) url: String,
}

impl Model {
    /// Its base URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Misbehaves until told otherwise.
    pub async fn fault(&self, fault: Fault) {
        self.control(Method::PUT, "fault", &json!({ "fault": fault })).await;
    }

    /// Misbehaves in the next chat only.
    pub async fn fault_once(&self, fault: Fault) {
        self.control(Method::PUT, "fault", &json!({ "fault": fault, "once": true })).await;
    }

    /// Behaves again.
    pub async fn behave(&self) {
        self.control(Method::DELETE, "fault", &Value::Null).await;
    }

    /// Forgets the requests it got; whether it records them at all.
    pub async fn forget(&self) -> bool {
        self.call(Method::DELETE, "requests").try_send().await.is_ok_and(|answer| answer.status.is_success())
    }

    /// The requests it got, oldest first.
    pub async fn requests(&self) -> Vec<Value> {
        let answer = self.call(Method::GET, "requests").try_send().await.expect("the model answers");
        answer.json().as_array().expect("a list").clone()
    }

    /// How often it was asked to write.
    pub async fn chats(&self) -> usize {
        self.requests().await.iter().filter(|request| request["path"] == "/api/chat").count()
    }

    fn call(&self, method: Method, what: &str) -> Call {
        self.client.call(method, format!("{}/_control/{what}", self.url))
    }

    async fn control(&self, method: Method, what: &str, body: &Value) {
        let answer = self.call(method, what).json(body).try_send().await.expect("the model answers");
        assert!(answer.status.is_success(), "{} {}", answer.status, answer.text());
    }
}
