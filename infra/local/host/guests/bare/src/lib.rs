//! The least that a generation could do: as many statements as `generate` makes, in the same databases, each of one row, and the call of
//! the model that it is given. No authentication, no quota, no encryption, no check. `tests/benches/overhead.rs` measures against it.
#![cfg(target_family = "wasm")]

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use bytes::Bytes;
use spin_sdk::http::body::IncomingBodyExt as _;
use spin_sdk::http::{FullBody, Request, Response, StatusCode};
use spin_sdk::pg::{Certificate, Connection, OpenOptions, ParameterValue};
use spin_sdk::{http_service, variables};

/// Sends its body to the model and answers with what the model sent; the header `x-request-id` is the row's id.
#[http_service]
async fn handle(request: Request) -> Response<FullBody<Bytes>> {
    let made = generation(request).await;
    let (status, body) =
        made.map_or_else(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.into()), |body| (StatusCode::OK, body));
    let mut response = Response::new(FullBody::new(body));
    *response.status_mut() = status;
    response
}

async fn generation(request: Request) -> Result<Bytes, String> {
    let id = request.headers().get("x-request-id").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let id = || ParameterValue::Uuid(id.clone());
    let chat = request.into_body().bytes().await.map_err(|error| format!("{error:?}"))?;
    run("accounts_url", "insert into bare (id, data) values ($1, 'running')", vec![id()]).await?;
    let brief = ParameterValue::Binary(chat.slice(..chat.len().min(100)).to_vec());
    run("briefs_url", "insert into bare (id, data) values ($1, $2)", vec![id(), brief]).await?;
    let url = variables::get("model_url").await.map_err(|error| format!("{error:?}"))?;
    let call = http::Request::post(url).header("content-type", "application/json").body(FullBody::new(chat));
    let answer = spin_sdk::http::send(call.map_err(|error| error.to_string())?).await.map_err(|error| format!("{error:?}"))?;
    let written = answer.into_body().bytes().await.map_err(|error| format!("{error:?}"))?;
    run("files_url", "insert into bare (id, data) values ($1, $2)", vec![id(), ParameterValue::Binary(written.to_vec())]).await?;
    run("accounts_url", "update bare set data = 'delivered' where id = $1", vec![id()]).await?;
    run("accounts_url", "select data from bare where id = $1", vec![id()]).await?;
    Ok(written)
}

/// Runs a statement over the connection that the instance keeps, as the components do.
async fn run(database: &'static str, sql: &str, parameters: Vec<ParameterValue>) -> Result<(), String> {
    thread_local! {
        static KEPT: RefCell<HashMap<&'static str, Rc<Connection>>> = RefCell::default();
    }
    let kept = KEPT.with_borrow(|kept| kept.get(database).cloned());
    let connection = if let Some(connection) = kept {
        connection
    } else {
        let url = variables::get(database).await.map_err(|error| format!("{error:?}"))?;
        let ca = variables::get("pg_ca").await.map_err(|error| format!("{error:?}"))?;
        let options = OpenOptions { ca_root: Some(Certificate::Text(ca)) };
        let connection = Rc::new(Connection::open_with_options(&url, options).await.map_err(|error| format!("{error:?}"))?);
        KEPT.with_borrow_mut(|kept| kept.insert(database, Rc::clone(&connection)));
        connection
    };
    let mut result = connection.query(sql, parameters).await.map_err(|error| format!("{error:?}"))?;
    while result.rows().next().await.is_some() {}
    result.result().await.map_err(|error| format!("{error:?}"))
}
