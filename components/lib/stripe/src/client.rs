//! The calls we make: customers, prices by lookup key, Checkout and portal sessions, subscriptions.
//!
//! Requests are form-encoded, carry [`domain::stripe::VERSION`] and, where they make something, an idempotency key, so that a call whose answer
//! was lost can be sent again. Each has a deadline.

use std::time::Duration;

use bytes::Bytes;
use domain::{
    Email, Language, Secret, TenantId,
    billing::{Item, Standing, Status},
    stripe::VERSION,
};
use form_urlencoded::Serializer;
use http::{Method, Request, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use spin_sdk::http::FullBody;
use uuid::Uuid;

/// How long Stripe may take for one try.
const DEADLINE: Duration = Duration::from_secs(8);
/// Waits before the second and the third try, in milliseconds.
const PAUSES: [u64; 2] = [250, 1_000];
/// The most bytes of an answer; a subscription in full has some ten thousand.
const ANSWER_LIMIT: usize = 262_144;
/// What the keys of Stripe's API begin with: secret keys, and restricted ones, which are better.
const KEY_PREFIXES: [&str; 2] = ["sk_", "rk_"];

/// Where and as whom to call.
pub struct Client {
    url: String,
    key: Secret,
}

/// Why a call brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The address is no URL, or the key is none of Stripe's.
    #[error("Stripe is not configured")]
    NotConfigured,
    /// Not reached, overloaded or broken, three times: worth another try later.
    #[error("Stripe is unavailable")]
    Unavailable,
    /// There is no such object.
    #[error("there is no such object at Stripe")]
    Missing,
    /// Refused for good. The code is one of Stripe's documented names and holds nothing of the request.
    #[error("Stripe refused with status {status}, code {code}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Such as `parameter_invalid_empty`.
        code: String,
    },
    /// The answer is not what is documented.
    #[error("Stripe's answer is not of the documented shape")]
    Answer,
}

/// A price.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Price {
    /// `price_…`.
    pub id: String,
}

/// A Checkout session.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Session {
    /// `cs_…`.
    pub id: String,
    /// Where it is paid; `None` once it was, or has expired.
    pub url: Option<String>,
}

/// A subscription as the portal needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// `si_…` of its only item.
    pub item: String,
    /// `price_…` of that.
    pub price: String,
    /// What it means for whoever wants a plan.
    pub standing: Standing,
}

/// What a Checkout session is made of.
#[derive(Debug)]
pub struct Checkout<'a> {
    /// Ours; the idempotency key, so that it is made once.
    pub id: Uuid,
    /// Who pays.
    pub tenant: TenantId,
    /// As which customer.
    pub customer: &'a str,
    /// What.
    pub item: Item,
    /// For which price.
    pub price: &'a str,
    /// Of Stripe's page.
    pub language: Language,
    /// Where Stripe sends the person afterwards.
    pub success_url: &'a str,
    /// Where it sends whoever thinks better of it.
    pub cancel_url: &'a str,
}

/// Where the portal begins.
#[derive(Debug)]
pub enum Flow<'a> {
    /// At its overview.
    Overview,
    /// At the confirmation of a change of plan: Stripe computes and shows what it costs.
    Change {
        /// `sub_…`.
        subscription: &'a str,
        /// `si_…`.
        item: &'a str,
        /// `price_…` of the new plan.
        price: &'a str,
    },
}

#[derive(Deserialize)]
struct List<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
struct Object {
    id: String,
}

#[derive(Deserialize)]
struct Existing {
    #[serde(default)]
    deleted: bool,
}

#[derive(Deserialize)]
struct Portal {
    url: String,
}

#[derive(Deserialize)]
struct SubscriptionObject {
    items: List<SubscriptionItem>,
    status: String,
    pause_collection: Option<PauseCollection>,
}

#[derive(Deserialize)]
struct PauseCollection {
    behavior: String,
}

#[derive(Deserialize)]
struct SubscriptionItem {
    id: String,
    price: Price,
}

#[derive(Default, Deserialize)]
struct ErrorDocument {
    #[serde(default)]
    error: ErrorObject,
}

#[derive(Default, Deserialize)]
struct ErrorObject {
    code: Option<String>,
    r#type: Option<String>,
}

/// The parameters of a call, in Stripe's form encoding: `a[b]=c`.
type Form<'a> = Vec<(&'a str, String)>;

impl Client {
    /// `url` is the API's origin, `key` a secret or restricted key.
    ///
    /// # Errors
    /// [`Error::NotConfigured`].
    pub fn new(url: &str, key: Secret) -> Result<Self, Error> {
        let url = url.trim().trim_end_matches('/');
        let sound = ["https://", "http://"].iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
            && KEY_PREFIXES.iter().any(|prefix| key.expose().starts_with(prefix))
            && key.expose().bytes().all(|byte| byte.is_ascii_graphic());
        if sound { Ok(Self { url: url.to_owned(), key }) } else { Err(Error::NotConfigured) }
    }

    /// Makes the customer of a tenant, or returns the one that an earlier call has made, `instead` of one that is gone; `cus_…`. Stripe
    /// learns the email, where receipts go, and the tenant's id (promise a34).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn create_customer(
        &self,
        tenant: TenantId,
        email: &Email,
        language: Language,
        instead: Option<&str>,
    ) -> Result<String, Error> {
        let key = instead.map_or_else(|| format!("customer-{tenant}"), |gone| format!("customer-{tenant}-{gone}"));
        let form = vec![
            ("email", email.expose().to_owned()),
            ("preferred_locales[0]", language.tag().to_owned()),
            ("metadata[tenant_id]", tenant.to_string()),
        ];
        self.post::<Object>("/v1/customers", form, &key).await.map(|customer| customer.id)
    }

    /// Whether a customer is there: of one that was deleted Stripe tells just that.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn has_customer(&self, customer: &str) -> Result<bool, Error> {
        match self.get::<Existing>(&format!("/v1/customers/{}", segment(customer)?), Vec::new()).await {
            Ok(found) => Ok(!found.deleted),
            Err(Error::Missing) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Erases a customer at Stripe: its subscriptions end at once, its email goes. Nothing to erase is as good.
    ///
    /// # Errors
    /// [`Error`]; the call can be repeated.
    pub async fn erase_customer(&self, customer: &str) -> Result<(), Error> {
        match self.call::<Object>(Method::DELETE, &format!("/v1/customers/{}", segment(customer)?), &[], None).await {
            Ok(_) | Err(Error::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The customers that carry a tenant's id: for an erasure, should one have been made whose answer was lost.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn customers_of(&self, tenant: TenantId) -> Result<Vec<String>, Error> {
        let query = vec![("query", format!("metadata['tenant_id']:'{tenant}'")), ("limit", "100".to_owned())];
        let found = self.get::<List<Object>>("/v1/customers/search", query).await?;
        Ok(found.data.into_iter().map(|customer| customer.id).collect())
    }

    /// The price of an item, by its lookup key; `None` where it is not sold.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn price(&self, item: Item) -> Result<Option<Price>, Error> {
        let query = vec![("lookup_keys[0]", item.lookup_key()), ("active", "true".to_owned()), ("limit", "1".to_owned())];
        Ok(self.get::<List<Price>>("/v1/prices", query).await?.data.into_iter().next())
    }

    /// Makes a Checkout session, or returns the one that an earlier call with this id has made. Stripe learns the tenant's id and
    /// the item (promise a34).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn checkout(&self, checkout: Checkout<'_>) -> Result<Session, Error> {
        let mode = match checkout.item {
            Item::Plan(_) => "subscription",
            Item::Credits(_) => "payment",
        };
        let form = vec![
            ("mode", mode.to_owned()),
            ("customer", checkout.customer.to_owned()),
            ("client_reference_id", checkout.tenant.to_string()),
            ("line_items[0][price]", checkout.price.to_owned()),
            ("line_items[0][quantity]", "1".to_owned()),
            ("metadata[asknpic_item]", checkout.item.to_string()),
            ("automatic_tax[enabled]", "true".to_owned()),
            // Where the tax is due follows from the address, which Stripe asks for and keeps.
            ("customer_update[address]", "auto".to_owned()),
            ("adaptive_pricing[enabled]", "false".to_owned()),
            ("locale", checkout.language.tag().to_owned()),
            ("success_url", checkout.success_url.to_owned()),
            ("cancel_url", checkout.cancel_url.to_owned()),
        ];
        self.post("/v1/checkout/sessions", form, &format!("checkout-{}", checkout.id)).await
    }

    /// A Checkout session that exists.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn session(&self, id: &str) -> Result<Session, Error> {
        self.get(&format!("/v1/checkout/sessions/{}", segment(id)?), Vec::new()).await
    }

    /// A subscription that exists.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn subscription(&self, id: &str) -> Result<Subscription, Error> {
        let found: SubscriptionObject = self.get(&format!("/v1/subscriptions/{}", segment(id)?), Vec::new()).await?;
        let item = found.items.data.into_iter().next().ok_or(Error::Answer)?;
        let withheld = found.pause_collection.is_some_and(|pause| pause.behavior == "void");
        let standing = Status::from_name(&found.status).ok_or(Error::Answer)?.standing(withheld);
        Ok(Subscription { item: item.id, price: item.price.id, standing })
    }

    /// Opens the customer portal; the address lives for minutes. `id` makes a repeat the same session.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn portal(
        &self,
        id: Uuid,
        customer: &str,
        language: Language,
        flow: Flow<'_>,
        return_url: &str,
    ) -> Result<String, Error> {
        let mut form =
            vec![("customer", customer.to_owned()), ("locale", language.tag().to_owned()), ("return_url", return_url.to_owned())];
        if let Flow::Change { subscription, item, price } = flow {
            form.extend([
                ("flow_data[type]", "subscription_update_confirm".to_owned()),
                ("flow_data[subscription_update_confirm][subscription]", subscription.to_owned()),
                ("flow_data[subscription_update_confirm][items][0][id]", item.to_owned()),
                ("flow_data[subscription_update_confirm][items][0][price]", price.to_owned()),
                ("flow_data[subscription_update_confirm][items][0][quantity]", "1".to_owned()),
            ]);
        }
        self.post::<Portal>("/v1/billing_portal/sessions", form, &format!("portal-{id}")).await.map(|portal| portal.url)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, query: Form<'_>) -> Result<T, Error> {
        self.call(Method::GET, path, &query, None).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, form: Form<'_>, idempotency_key: &str) -> Result<T, Error> {
        self.call(Method::POST, path, &form, Some(idempotency_key)).await
    }

    /// Every call can be repeated: it reads, deletes, or carries an idempotency key.
    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        form: &[(&str, String)],
        idempotency_key: Option<&str>,
    ) -> Result<T, Error> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let request = self.request(&method, path, form, idempotency_key)?;
            let result = match outbound::call(request, DEADLINE, ANSWER_LIMIT).await {
                Ok((status, body)) => verdict(status, &body).map(|()| body),
                Err(outbound::Error::Address | outbound::Error::Refused) => Err(Error::NotConfigured),
                Err(outbound::Error::TooLarge) => Err(Error::Answer),
                Err(outbound::Error::Unreachable | outbound::Error::Timeout) => Err(Error::Unavailable),
            };
            match (result, pauses.next()) {
                (Err(Error::Unavailable), Some(milliseconds)) => spin_sdk::time::sleep(Duration::from_millis(milliseconds)).await,
                (result, _) => return serde_json::from_slice(&result?).map_err(|_| Error::Answer),
            }
        }
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        form: &[(&str, String)],
        idempotency_key: Option<&str>,
    ) -> Result<Request<FullBody<Bytes>>, Error> {
        let encoded = Serializer::new(String::new()).extend_pairs(form).finish();
        let (query, body) = if method == Method::POST { (String::new(), encoded) } else { (encoded, String::new()) };
        let separator = if query.is_empty() { "" } else { "?" };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}{separator}{query}", self.url))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key.expose()))
            .header("stripe-version", VERSION);
        if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        request.body(FullBody::new(Bytes::from(body))).map_err(|_| Error::NotConfigured)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("url", &self.url).finish_non_exhaustive()
    }
}

/// An id as part of a path. They come from Stripe; anything but letters, digits and `_` is none of its ids.
fn segment(id: &str) -> Result<&str, Error> {
    let sound = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if sound { Ok(id) } else { Err(Error::Missing) }
}

fn verdict(status: StatusCode, body: &[u8]) -> Result<(), Error> {
    if status.is_success() {
        return Ok(());
    }
    let error = serde_json::from_slice::<ErrorDocument>(body).unwrap_or_default().error;
    let name = error.code.or(error.r#type).unwrap_or_default();
    match status {
        // A conflict: the same request is under way, and will have an answer in a moment.
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT => Err(Error::Unavailable),
        status if status.is_server_error() => Err(Error::Unavailable),
        _ if name == "resource_missing" => Err(Error::Missing),
        StatusCode::NOT_FOUND => Err(Error::Missing),
        status => {
            let known =
                name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            Err(Error::Refused { status: status.as_u16(), code: if known { name } else { String::new() } })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(url: &str, key: &str) -> Result<Client, Error> {
        Client::new(url, Secret::new(key))
    }

    #[test]
    fn a_key_that_is_none_of_stripes_is_refused() {
        assert!(client("https://api.stripe.com/", "sk_test_1").is_ok());
        assert!(client("http://127.0.0.1:1", "rk_live_1").is_ok());
        for (url, key) in [
            ("", "sk_test_1"),
            ("https://", "sk_test_1"),
            ("api.stripe.com", "sk_test_1"),
            ("https://x", ""),
            ("https://x", "whsec_1"),
            ("https://x", "sk_\n"),
        ] {
            assert_eq!(client(url, key).err(), Some(Error::NotConfigured), "{url} {key:?}");
        }
    }

    #[test]
    fn requests_are_form_encoded_with_version_and_idempotency_key() {
        let client = client("https://api.stripe.com/", "sk_test_1").expect("a client");
        let form = [("metadata[tenant_id]", "a&b".to_owned()), ("email", "j+x@example.com".to_owned())];
        let request = client.request(&Method::POST, "/v1/customers", &form, Some("customer-1")).expect("a request");
        assert_eq!(request.uri(), "https://api.stripe.com/v1/customers");
        assert_eq!(request.headers()["stripe-version"], VERSION);
        assert_eq!(request.headers()["idempotency-key"], "customer-1");
        assert_eq!(request.headers()["authorization"], "Bearer sk_test_1");
        assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
        let query = [("lookup_keys[0]", "asknpic-pro".to_owned())];
        let request = client.request(&Method::GET, "/v1/prices", &query, None).expect("a request");
        assert_eq!(request.uri(), "https://api.stripe.com/v1/prices?lookup_keys%5B0%5D=asknpic-pro");
        assert!(!request.headers().contains_key("idempotency-key"));
    }

    #[test]
    fn only_what_may_pass_is_tried_again_and_codes_hold_nothing_of_the_request() {
        let refused = |status: u16, code: &str| Err(Error::Refused { status, code: code.to_owned() });
        let cases = [
            (200, "{}", Ok(())),
            (500, "", Err(Error::Unavailable)),
            (429, r#"{"error":{"code":"rate_limit"}}"#, Err(Error::Unavailable)),
            (409, r#"{"error":{"code":"idempotency_key_in_use"}}"#, Err(Error::Unavailable)),
            (404, r#"{"error":{"code":"resource_missing"}}"#, Err(Error::Missing)),
            (400, r#"{"error":{"code":"resource_missing"}}"#, Err(Error::Missing)),
            (400, r#"{"error":{"type":"idempotency_error"}}"#, refused(400, "idempotency_error")),
            (400, r#"{"error":{"code":"no jane@example.com"}}"#, refused(400, "")),
            (401, "not json", refused(401, "")),
        ];
        for (status, body, expected) in cases {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(verdict(status, body.as_bytes()), expected, "{status} {body}");
        }
    }

    #[test]
    fn an_id_cannot_leave_its_place_in_the_path() {
        assert_eq!(segment("cus_AbC123"), Ok("cus_AbC123"));
        for id in ["", "../v1/charges", "cus_1?x=y", "cus_1/sources", "cus_é"] {
            assert_eq!(segment(id), Err(Error::Missing), "{id}");
        }
    }
}
