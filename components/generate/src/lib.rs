//! The component `generate`: from brief to final file, and the list of what was made.

mod admission;
mod chain;
mod chat_tokens;
mod checker;
mod create;
mod event;
mod leak;
mod list;
mod moderation;
mod plan;
mod prompt;
mod queue;
mod ready;
mod request;
mod retry;
mod sse;
mod state;
mod trace;
mod translation;

use axum::routing::get;

pub(crate) use state::{State, state};

web::component! {
    "generate",
    documented: [create::create, list::list],
    routes: {
        "/v1/generations" => get(list::list).post(create::create),
    },
    ready: ready::ready,
}
