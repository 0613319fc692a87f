//! What a laptop stands in for, so that the real components run with nothing else installed:
//!
//! - [`postgres`]: a private PostgreSQL cluster with TLS under a CA of its own;
//! - [`model`]: a model server that speaks Ollama's HTTP API and answers with the rule-based composer;
//! - [`messages`]: a catcher of the SMS and emails that would go to Brevo;
//! - [`providers`]: sign-in pages of Google, GitHub, `LinkedIn` and Facebook where one says oneself who one is;
//! - [`stripe`]: a stand-in for Stripe, with pages to pay at and signed webhooks.
//!
//! `asknpic up` runs them for people, the end-to-end suite runs them with faults on demand. Each server has a thread and a
//! runtime of its own: it outlives the runtime of the test that started it, and stopping it cuts every connection, as the end
//! of a process would.

pub mod messages;
pub mod model;
pub mod postgres;
pub mod providers;
mod server;
pub mod stripe;
pub mod tls;
