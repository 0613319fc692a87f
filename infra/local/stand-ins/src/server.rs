//! A small HTTP server on a thread and a runtime of its own.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::thread::JoinHandle;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use tokio::sync::oneshot;

/// A running server. It stops when it is dropped: the port is free again and every open connection is cut.
#[derive(Debug)]
pub(crate) struct Server {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Binds `listen` (port 0 picks a free one) and serves `routes` until dropped.
    ///
    /// # Errors
    /// The address is taken, or there is no thread or runtime to be had.
    pub(crate) fn start(name: &str, listen: SocketAddr, routes: Router) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // std sets SO_REUSEADDR here, so a stand-in that was just stopped can come back on its port.
        let listener = TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let routes = routes.layer(middleware::from_fn_with_state(addr.ip(), refuse_foreign_hosts));
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                // A streamed answer is many small writes; Nagle's algorithm would hold each for some 40 ms.
                let listener = listener.tap_io(|stream| {
                    // Slower is all that a stream without it is.
                    let _ = stream.set_nodelay(true);
                });
                let service = routes.into_make_service_with_connect_info::<SocketAddr>();
                tokio::select! {
                    _ = axum::serve(listener, service).into_future() => {}
                    _ = stopped => {}
                }
            });
            // Dropping the runtime here drops the tasks of all connections.
        })?;
        Ok(Self { addr, stop: Some(stop), thread: Some(thread) })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server's thread has been printed already.
            let _ = thread.join();
        }
    }
}

/// Keeps web pages out: a page that rebinds its own name to 127.0.0.1 would otherwise read codes and briefs, since for the
/// browser it talks to its own origin. Ollama has the same rule.
async fn refuse_foreign_hosts(State(own): State<IpAddr>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if is_local(host, own) { next.run(request).await } else { StatusCode::FORBIDDEN.into_response() }
}

fn is_local(host: &str, own: IpAddr) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    // A literal address cannot be rebound; where we listen on every address, any literal one may be ours.
    let is_ours = |ip: IpAddr| ip.is_loopback() || ip == own || own.is_unspecified();
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_ours)
}

/// Answers 403 to everybody but this machine: for endpoints that change how a stand-in behaves.
pub(crate) async fn loopback_only(ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request, next: Next) -> Response {
    if peer.ip().to_canonical().is_loopback() { next.run(request).await } else { StatusCode::FORBIDDEN.into_response() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_names_are_served() {
        let own = IpAddr::from([127, 0, 0, 1]);
        for host in ["127.0.0.1:8025", "127.0.0.1", "localhost:8025", "LOCALHOST", "[::1]:8025", "127.0.0.2"] {
            assert!(is_local(host, own), "{host}");
        }
        for host in ["", "evil.example", "evil.example:8025", "127.0.0.1.evil.example", "10.0.0.1:8025", "localhost.evil.example"]
        {
            assert!(!is_local(host, own), "{host}");
        }
    }

    #[test]
    fn a_server_on_a_lan_address_serves_that_address() {
        assert!(is_local("10.0.0.1:8025", IpAddr::from([10, 0, 0, 1])));
        assert!(is_local("10.0.0.1:8025", IpAddr::from([0, 0, 0, 0])));
        assert!(!is_local("evil.example", IpAddr::from([0, 0, 0, 0])));
    }
}
