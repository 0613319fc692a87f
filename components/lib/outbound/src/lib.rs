//! Outbound HTTP with a deadline and a bound on what is read: every outbound call has both.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures::future::{Either, select};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use spin_sdk::{
    http::{FullBody, Response},
    wasip3::{
        http::types::{ErrorCode, RequestOptions},
        http_compat::RequestOptionsExtension,
    },
};

/// Why a call brought no answer. Holds no text of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The address cannot be called.
    #[error("the address is not a URL that can be called")]
    Address,
    /// The runtime refused the host: it is not among the component's allowed ones (promise a17).
    #[error("the host is not allowed")]
    Refused,
    /// No connection, or it broke.
    #[error("the other side cannot be reached")]
    Unreachable,
    /// The deadline passed.
    #[error("the other side did not answer in time")]
    Timeout,
    /// The answer is larger than the bound.
    #[error("the answer is too large")]
    TooLarge,
}

/// How long the other side may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// The result of a future, or [`Error::Timeout`] once the deadline has passed.
///
/// # Errors
/// [`Error::Timeout`].
pub async fn within<T>(deadline: Duration, future: impl Future<Output = T>) -> Result<T, Error> {
    let future = std::pin::pin!(future);
    let sleep = std::pin::pin!(spin_sdk::time::sleep(deadline));
    match select(future, sleep).await {
        Either::Left((value, _)) => Ok(value),
        Either::Right(_) => Err(Error::Timeout),
    }
}

/// How long one waits for the next of many things, such as the pieces of a stream. The runtime's timer and clock are asked a few times in all and
/// not for each piece, which would cost more than reading a token does.
pub struct IdleTimeout {
    tick: Duration,
    /// Whether something came since the last tick, and how many ticks nothing came before that.
    active: bool,
    quiet: u32,
    timer: Pin<Box<dyn Future<Output = ()>>>,
}

/// Ticks of silence that are the limit.
const QUIET_TICKS: u32 = 3;

impl IdleTimeout {
    /// From now on, at most so long for each, and a third of it at most beyond that.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        let tick = limit / QUIET_TICKS;
        Self { tick, active: true, quiet: 0, timer: Box::pin(spin_sdk::time::sleep(tick)) }
    }

    /// The result of a future, or [`Error::Timeout`] once the limit has passed since the last result, or the beginning.
    ///
    /// # Errors
    /// [`Error::Timeout`].
    pub async fn wait<T>(&mut self, future: impl Future<Output = T>) -> Result<T, Error> {
        let mut future = std::pin::pin!(future);
        loop {
            if let Either::Left((value, _)) = select(future.as_mut(), &mut self.timer).await {
                self.active = true;
                return Ok(value);
            }
            self.quiet = if std::mem::take(&mut self.active) { 0 } else { self.quiet + 1 };
            if self.quiet >= QUIET_TICKS {
                return Err(Error::Timeout);
            }
            self.timer = Box::pin(spin_sdk::time::sleep(self.tick));
        }
    }
}

impl std::fmt::Debug for IdleTimeout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdleTimeout").field("tick", &self.tick).field("quiet", &self.quiet).finish_non_exhaustive()
    }
}

/// Sends a request and waits for the head of the answer. `deadline` bounds this wait and every later wait for bytes.
///
/// # Errors
/// [`Error`] says what went wrong.
pub async fn send(mut request: Request<FullBody<Bytes>>, deadline: Duration) -> Result<Response, Error> {
    let options = RequestOptions::new();
    let nanoseconds = u64::try_from(deadline.as_nanos()).unwrap_or(u64::MAX);
    let connect = u64::try_from(CONNECT.min(deadline).as_nanos()).unwrap_or(u64::MAX);
    // A runtime that knows no such option still meets the deadline below.
    let _ = options.set_connect_timeout(Some(connect));
    let _ = options.set_first_byte_timeout(Some(nanoseconds));
    let _ = options.set_between_bytes_timeout(Some(nanoseconds));
    request.extensions_mut().insert(RequestOptionsExtension(options));
    within(deadline, polled_twice(spin_sdk::http::send(request))).await?.map_err(|code| reason(&code))
}

/// Polls a future, and has its task polled once more after the first time.
///
/// The SDK writes a request's body in a task that it spawns. The guest's executor (wit-bindgen 0.57) takes spawned tasks up after a
/// round of polling, and begins another round only if something woke it; when a request is sent from a task that was itself
/// spawned, nothing does, and the body would wait for the next unrelated event, such as our own deadline.
async fn polled_twice<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut first = true;
    poll_fn(|context| {
        let poll = future.as_mut().poll(context);
        if poll.is_pending() && std::mem::take(&mut first) {
            context.waker().wake_by_ref();
        }
        poll
    })
    .await
}

/// Sends a request and collects an answer of at most `limit` bytes, all within the deadline.
///
/// # Errors
/// [`Error`] says what went wrong.
pub async fn call(request: Request<FullBody<Bytes>>, deadline: Duration, limit: usize) -> Result<(StatusCode, Bytes), Error> {
    within(deadline, async {
        let response = send(request, deadline).await?;
        let status = response.status();
        let mut body = std::pin::pin!(response.into_body());
        let mut collected = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|code| reason(&code))?;
            if let Ok(data) = frame.into_data() {
                if collected.len().saturating_add(data.len()) > limit {
                    return Err(Error::TooLarge);
                }
                collected.extend_from_slice(&data);
            }
        }
        Ok((status, collected.freeze()))
    })
    .await?
}

/// What an error of the runtime means for the caller.
#[must_use]
pub fn reason(code: &ErrorCode) -> Error {
    match code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => Error::Refused,
        ErrorCode::HttpRequestUriInvalid => Error::Address,
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout
        | ErrorCode::DnsTimeout => Error::Timeout,
        _ => Error::Unreachable,
    }
}
