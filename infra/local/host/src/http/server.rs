//! The server: accepts connections, finds the component of a request, and answers as Spin does where no component can.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::uri::Scheme;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use wasmtime_wasi_http::p3::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use crate::app::App;
use crate::http::headers;
use crate::routes::RouteMatch;

/// Answered by Spin itself, never by a component.
const WELL_KNOWN: &str = "/.well-known/spin/";

/// The client address of a call from one component to another.
const INTERNAL_CLIENT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0);

/// A request that gets no answer: its connection is closed, as in Spin.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unanswerable(String);

/// Serves until the application drains, then lets open connections finish what they are at. Connections still open when the
/// application is aborted are dropped.
pub(crate) async fn serve(app: Arc<App>, listener: TcpListener) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = app.lifetime().draining.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, client)) => serve_connection(&app, &graceful, stream, client),
            Err(error) => {
                // A lack of file descriptors passes; without the pause this loop would spin meanwhile.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = app.lifetime().aborted.cancelled() => {}
    }
}

fn serve_connection(app: &Arc<App>, graceful: &GracefulShutdown, stream: TcpStream, client: SocketAddr) {
    // Without it, a body sent after its headers waits for the client's delayed acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let service = {
        let app = Arc::clone(app);
        service_fn(move |request| {
            let app = Arc::clone(&app);
            async move { app.respond(request, client).await }
        })
    };
    let builder = auto::Builder::new(TokioExecutor::new());
    let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned());
    let aborted = app.lifetime().aborted.clone();
    tokio::spawn(async move {
        tokio::select! {
            ended = connection => if let Err(error) = ended {
                tracing::debug!(error, "a connection ended with an error");
            },
            () = aborted.cancelled() => {}
        }
    });
}

impl App {
    /// Answers a request from outside.
    async fn respond(
        self: &Arc<Self>,
        request: Request<Incoming>,
        client: SocketAddr,
    ) -> Result<Response<WasiBody>, Unanswerable> {
        let mut request = request.map(|body| body.map_err(WasiError::from).boxed_unsync());
        headers::strip(&mut request);
        let path = request.uri().path();
        if let Some(rest) = path.strip_prefix(WELL_KNOWN) {
            return Ok(self.well_known(rest));
        }
        let Some(route) = self.router().find(path) else {
            tracing::info!(status = 404, "no route");
            return Ok(empty(StatusCode::NOT_FOUND));
        };
        headers::make_absolute(&mut request, Scheme::HTTP).map_err(Unanswerable)?;
        Ok(self.dispatch(&route, request, client).await.unwrap_or_else(|| empty(StatusCode::INTERNAL_SERVER_ERROR)))
    }

    /// Answers a call from one component to another; `None` if there is no such component.
    pub(crate) async fn call(self: &Arc<Self>, id: &str, mut request: Request<WasiBody>) -> Option<Response<WasiBody>> {
        let route = RouteMatch::internal(id, request.uri().path());
        if let Err(error) = headers::make_absolute(&mut request, Scheme::HTTP) {
            tracing::error!(component = id, error, "an internal call had no usable URI");
            return Some(empty(StatusCode::INTERNAL_SERVER_ERROR));
        }
        self.dispatch(&route, request, INTERNAL_CLIENT).await
    }

    /// Has a component answer. Whatever goes wrong with it is an empty 500; `None` if there is no such component.
    async fn dispatch(
        &self,
        route: &RouteMatch,
        mut request: Request<WasiBody>,
        client: SocketAddr,
    ) -> Option<Response<WasiBody>> {
        let handler = self.handler(&route.component)?;
        let started = Instant::now();
        let answer = match headers::append_spin_headers(&mut request, route, client) {
            Ok(()) => handler.handle((), request).await.map_err(|error| reason(&error)),
            Err(error) => Err(error),
        };
        let response = answer.unwrap_or_else(|error| {
            tracing::error!(component = route.component, route = route.raw_route, error, "a request failed");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        });
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(component = route.component, route = route.raw_route, status = response.status().as_u16(), ms, "request");
        Some(response)
    }

    fn well_known(&self, name: &str) -> Response<WasiBody> {
        match name {
            "health" => Response::new(text("OK")),
            "info" => {
                let mut response = Response::new(text(self.info()));
                response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
                response
            }
            _ => empty(StatusCode::NOT_FOUND),
        }
    }
}

/// Why a component gave no response, without what the component itself says about it: its words may hold anything.
fn reason(error: &wasmtime::Error) -> String {
    match error.downcast_ref() {
        Some(ErrorCode::InternalError(_)) => "the component answered with an internal error".to_owned(),
        Some(code) => format!("the component answered with {code:?}"),
        None => error.to_string(),
    }
}

fn empty(status: StatusCode) -> Response<WasiBody> {
    let mut response = Response::new(Empty::new().map_err(|never: Infallible| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response
}

fn text(text: impl Into<Bytes>) -> WasiBody {
    Full::new(text.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}
