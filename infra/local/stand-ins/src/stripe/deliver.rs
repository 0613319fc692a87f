//! Webhooks: signed as Stripe signs them, and repeated until they are taken.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use ring::hmac;
use serde_json::Value;

use super::{State, WEBHOOK_SECRET};

/// Waits between tries, in milliseconds. Stripe's are hours; here somebody looks on.
const PAUSES: [u64; 4] = [100, 400, 1_500, 4_000];
/// How long the other side may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// The header `Stripe-Signature` of a body: `t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>">`.
#[must_use]
pub fn sign(secret: &str, seconds: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let message = [seconds.to_string().as_bytes(), b".", body].concat();
    format!("t={seconds},v1={}", hex::encode(hmac::sign(&key, &message)))
}

impl State {
    /// Sends events in order to where webhooks go, if that is anywhere.
    pub(super) async fn deliver(&self, events: &[Value]) {
        let Some(endpoint) = self.lock().endpoint.clone() else { return };
        for event in events {
            let body = event.to_string();
            for pause in PAUSES.map(Some).into_iter().chain([None]) {
                let signature = sign(WEBHOOK_SECRET, i64::try_from(self.now()).unwrap_or(i64::MAX), body.as_bytes());
                match tokio::time::timeout(DEADLINE, post(&endpoint, &signature, &body)).await {
                    Ok(Ok(status)) if (200..300).contains(&status) => break,
                    Ok(Ok(status)) => eprintln!("stripe stand-in: {} was answered with {status}", event["type"]),
                    Ok(Err(error)) => eprintln!("stripe stand-in: {} was not delivered: {error}", event["type"]),
                    Err(_) => eprintln!("stripe stand-in: {} was not answered in time", event["type"]),
                }
                if let Some(milliseconds) = pause {
                    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                }
            }
        }
    }
}

async fn post(url: &str, signature: &str, body: &str) -> Result<u16, Box<dyn std::error::Error + Send + Sync>> {
    let uri: Uri = url.parse()?;
    let authority = uri.authority().ok_or("no host")?.clone();
    let stream = tokio::net::TcpStream::connect((authority.host(), authority.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::post(uri.path())
        .header("host", authority.as_str())
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Stripe/1.0 (stand-in)")
        .header("stripe-signature", signature)
        .body(Full::new(Bytes::from(body.to_owned())))?;
    let answer = sender.send_request(request).await?;
    let status = answer.status().as_u16();
    answer.into_body().collect().await?;
    connection.abort();
    Ok(status)
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn signatures_are_those_of_the_official_package() {
        // stripe.WebhookSignature._compute_signature('1700000000.{"id":"evt_1","object":"event"}', "whsec_test_secret"), version 16.1.0
        let expected = "t=1700000000,v1=0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd";
        assert_eq!(sign("whsec_test_secret", 1_700_000_000, br#"{"id":"evt_1","object":"event"}"#), expected);
    }
}
