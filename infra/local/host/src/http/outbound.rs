//! `wasi:http/client`: requests of a component, to other components of the application or out to the network.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::rt::ReadBufCursor;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::app::App;
use crate::limits::Watch;
use crate::outbound::{AllowedHosts, Target, internal_target};
use crate::tls;

/// What a component that sets no time limits of its own gets for each of the three, as in Spin.
const PATIENCE: Duration = Duration::from_mins(10);

type Sent = (Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>);

/// The outbound HTTP of one instance.
pub(crate) struct OutboundHttp {
    component: String,
    allowed: Arc<AllowedHosts>,
    app: Weak<App>,
    watch: Arc<Watch>,
}

impl OutboundHttp {
    pub(crate) fn new(component: &str, allowed: Arc<AllowedHosts>, app: Weak<App>, watch: Arc<Watch>) -> Self {
        Self { component: component.to_owned(), allowed, app, watch }
    }
}

impl WasiHttpHooks for OutboundHttp {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _response_processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        let own = Self::new(&self.component, Arc::clone(&self.allowed), Weak::clone(&self.app), Arc::clone(&self.watch));
        Box::new(async move {
            let response = own.send(request, options.unwrap_or_default()).await?;
            Ok((response, Box::new(async { Ok(()) }) as Box<_>))
        })
    }
}

impl OutboundHttp {
    async fn send(self, mut request: Request<WasiBody>, options: RequestOptions) -> Result<Response<WasiBody>, Error> {
        let app = self.app.upgrade().ok_or(Error::ConnectionTerminated)?;
        // wasi:http puts a header here that is made from the URI anyway.
        request.headers_mut().remove(HOST);
        match request.uri().authority().map(Authority::host) {
            None | Some("" | "self.alt") => {
                if !self.allowed.allow_self() {
                    return Err(Error::HttpRequestDenied);
                }
                let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
                *request.uri_mut() =
                    Uri::try_from(format!("http://{}{path}", app.addr())).map_err(|_| Error::HttpRequestUriInvalid)?;
            }
            Some(host) => {
                let scheme = request.uri().scheme_str().unwrap_or("https");
                let target = Target::new(scheme, host, request.uri().port_u16());
                if !target.is_some_and(|target| self.allowed.allow(&target)) {
                    return Err(Error::HttpRequestDenied);
                }
                if let Some(id) = internal_target(host).map(str::to_owned) {
                    return self.call(&app, &id, request).await;
                }
            }
        }
        app.client().send(request, options).await
    }

    /// A call to another component of the application.
    async fn call(&self, app: &Arc<App>, id: &str, request: Request<WasiBody>) -> Result<Response<WasiBody>, Error> {
        if let Some(response) = app.call(id, request).await {
            return Ok(response);
        }
        // In Spin the caller traps. A host function of wasi:http cannot trap, so the instance is ended from outside instead.
        tracing::error!(component = self.component, target = id, "the component called one that the application does not have");
        self.watch.condemn();
        std::future::pending().await
    }
}

/// The HTTP client of a host: keeps connections open for the next request.
pub(crate) struct Client(HyperClient<Connector, WasiBody>);

impl Client {
    pub(crate) fn new() -> Self {
        Self(HyperClient::builder(TokioExecutor::new()).build(Connector))
    }

    async fn send(&self, request: Request<WasiBody>, options: RequestOptions) -> Result<Response<WasiBody>, Error> {
        let connect = options.connect_timeout.unwrap_or(PATIENCE);
        let response = CONNECT_TIMEOUT.scope(connect, self.0.request(request));
        let response = timeout(options.first_byte_timeout.unwrap_or(PATIENCE), response)
            .await
            .map_err(|_| Error::ConnectionReadTimeout)?
            .map_err(|error| failure(&error))?;
        let patience = options.between_bytes_timeout.unwrap_or(PATIENCE);
        Ok(response.map(|body| TimedBody { body: Some(body), patience, sleep: None }.boxed_unsync()))
    }
}

/// What the guest is told about a failed request.
fn failure(error: &(dyn StdError + 'static)) -> Error {
    let mut cause = Some(error);
    while let Some(error) = cause {
        match error.downcast_ref() {
            Some(ConnectError::Address) => {
                return Error::DnsError { rcode: Some("address not available".to_owned()), info_code: Some(0) };
            }
            Some(ConnectError::Refused) => return Error::ConnectionRefused,
            Some(ConnectError::Slow) => return Error::ConnectionTimeout,
            Some(ConnectError::Tls) => return Error::TlsProtocolError,
            Some(ConnectError::Uri) => return Error::HttpRequestUriInvalid,
            None => cause = error.source(),
        }
    }
    Error::HttpProtocolError
}

/// A response body that ends with an error when its next piece takes too long.
struct TimedBody {
    /// Given up, with its connection, after the error.
    body: Option<hyper::body::Incoming>,
    patience: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let me = &mut *self;
        let Some(body) = &mut me.body else { return Poll::Ready(None) };
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) {
            me.sleep = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(|error| failure(&error))));
        }
        let patience = me.patience;
        let sleep = me.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        std::task::ready!(sleep.as_mut().poll(cx));
        me.body = None;
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

tokio::task_local! {
    /// How long the request at hand lets a connection take. The client's connector has no other way to know.
    static CONNECT_TIMEOUT: Duration;
}

/// Why there is no connection.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum ConnectError {
    #[error("the host has no address")]
    Address,
    #[error("the connection was refused")]
    Refused,
    #[error("the connection took too long")]
    Slow,
    #[error("TLS failed")]
    Tls,
    #[error("the URI names no host")]
    Uri,
}

/// Opens connections for [`Client`].
#[derive(Clone)]
struct Connector;

impl tower_service::Service<Uri> for Connector {
    type Response = Stream;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let patience = CONNECT_TIMEOUT.try_with(|limit| *limit).unwrap_or(PATIENCE);
        Box::pin(async move { timeout(patience, connect(uri)).await.map_err(|_| ConnectError::Slow)? })
    }
}

async fn connect(uri: Uri) -> Result<Stream, ConnectError> {
    let secure = uri.scheme() == Some(&Scheme::HTTPS);
    let host = uri.host().ok_or(ConnectError::Uri)?;
    let name = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let addresses: Vec<_> = tokio::net::lookup_host((name, port)).await.map_err(|_| ConnectError::Address)?.collect();
    let tcp = TcpStream::connect(&*addresses).await.map_err(|_| ConnectError::Refused)?;
    tcp.set_nodelay(true).map_err(|_| ConnectError::Refused)?;
    if !secure {
        return Ok(Stream::Plain(TokioIo::new(tcp)));
    }
    let config = tls::http_client().map_err(|error| {
        tracing::error!(error, "no TLS for outbound requests");
        ConnectError::Tls
    })?;
    let server = ServerName::try_from(name.to_owned()).map_err(|_| ConnectError::Address)?;
    let tls = TlsConnector::from(config).connect(server, tcp).await.map_err(|error| {
        tracing::warn!(host = name, %error, "the TLS handshake with a host failed");
        ConnectError::Tls
    })?;
    Ok(Stream::Tls(TokioIo::new(Box::new(tls))))
}

/// A connection, with or without TLS.
enum Stream {
    Plain(TokioIo<TcpStream>),
    Tls(TokioIo<Box<TlsStream<TcpStream>>>),
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        match self {
            Self::Tls(tls) if tls.inner().get_ref().1.alpn_protocol() == Some(b"h2") => Connected::new().negotiated_h2(),
            _ => Connected::new(),
        }
    }
}

impl hyper::rt::Read for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl hyper::rt::Write for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
