//! Log lines: one JSON object a line on standard error, which Spin keeps per component.
//!
//! They carry times, ids, names of problems and places in the code, never a value of a request (promises a19, a20): paths are
//! written without query, and not at all where nothing of ours is there.

use std::{io::Write as _, sync::Once, time::Instant};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Context;

/// Writes an event with its fields. Fields are ids, counts and names; values of personal-data types mask themselves.
pub fn event(name: &str, mut fields: Value) {
    if let Some(object) = fields.as_object_mut() {
        object.insert("event".to_owned(), name.into());
        object.insert("at".to_owned(), crate::now().to_string().into());
    }
    // In one write: instances share a component's log, and pieces of their lines would mix. Nothing is to be done where it fails.
    let _ = std::io::stderr().write_all(format!("{fields}\n").as_bytes());
}

/// Writes that something failed. The error's text must hold no values, as those of `store`, `vault` and `outbound` do not.
pub fn failure(what: &str, error: &dyn std::error::Error) {
    event("failure", json!({ "what": what, "error": error.to_string() }));
}

pub(crate) fn request(component: &str, method: &Method, path: &str, status: StatusCode, context: &Context, started: Instant) {
    let who = context.who();
    let path = if status == StatusCode::NOT_FOUND { "-" } else { path };
    event(
        "request",
        json!({
            "component": component,
            "method": method.as_str(),
            "path": path,
            "status": status.as_u16(),
            "ms": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "request_id": context.request_id,
            "user": who.map(|(user, _)| user),
            "tenant": who.map(|(_, tenant)| tenant),
        }),
    );
}

/// Panic messages can hold values, and Spin writes them to its logs as they are: only the place is written.
pub(crate) fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map_or_else(String::new, ToString::to_string);
            event("panic", json!({ "place": place }));
        }));
    });
}
