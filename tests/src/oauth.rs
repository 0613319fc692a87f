//! Signing in with a provider, as a browser does it: against the stand-ins, or against a certified `OpenID` provider.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use uuid::Uuid;

use crate::harness::ignore_without;
use crate::http::{Answer, Call, Client};
use crate::person::{Applicant, Person};
use crate::world::{World, root};

/// Our id at a certified provider.
const CLIENT: &str = "certified-client";
/// Our secret there.
const SECRET: &str = "certified-secret";

/// Who somebody is at a provider.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The provider's id of them, a number.
    pub id: String,
    /// May be empty.
    pub email: String,
    /// Whether the provider has verified it.
    pub verified: bool,
    /// Google's `hd`.
    pub hosted: String,
    /// May be empty.
    pub first_name: String,
    /// May be empty.
    pub last_name: String,
}

impl Identity {
    /// Somebody new with this address, which the provider has verified.
    #[must_use]
    pub fn of(email: &str) -> Self {
        let id = (Uuid::new_v4().as_u128() % 1_000_000_000_000).to_string();
        let empty = String::new;
        Self { id, email: email.to_owned(), verified: true, hosted: empty(), first_name: empty(), last_name: empty() }
    }

    /// Somebody new with an address of Google's own.
    #[must_use]
    pub fn invent() -> Self {
        Self::of(&format!("ada.{}@gmail.com", Uuid::new_v4().simple()))
    }

    fn form(&self) -> String {
        let verified = if self.verified { "on" } else { "" };
        let fields = [
            ("id", self.id.as_str()),
            ("email", &self.email),
            ("verified", verified),
            ("hosted", &self.hosted),
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
            ("answer", "sign-in"),
        ];
        encode(&fields)
    }

    fn hint(&self) -> String {
        let mut claims = json!({ "sub": self.id, "email": self.email, "email_verified": self.verified });
        for (name, value) in [("hd", &self.hosted), ("given_name", &self.first_name), ("family_name", &self.last_name)] {
            if !value.is_empty() {
                claims[name] = value.clone().into();
            }
        }
        BASE64_URL_SAFE_NO_PAD.encode(claims.to_string())
    }
}

/// A sign-in that was begun in a browser.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Where the browser is sent.
    pub url: String,
    /// The value of the cookie `oauth_state`.
    pub cookie: String,
}

impl Begun {
    /// Of an answer that sends the browser to `url`.
    #[must_use]
    #[track_caller]
    pub fn of(url: &str, answer: &Answer) -> Self {
        let cookies = answer.set_cookies();
        let cookie = cookies.iter().find_map(|cookie| cookie.strip_prefix("oauth_state=")).expect("the state's cookie");
        Self { url: url.to_owned(), cookie: cookie.split(';').next().unwrap_or_default().to_owned() }
    }

    /// The parameters that the provider gets.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<String, String> {
        parameters(&self.url)
    }

    /// With another value of a parameter.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        Self { url: with(&self.url, name, value), cookie: self.cookie.clone() }
    }
}

/// The parameters of an address.
#[must_use]
pub fn parameters(url: &str) -> BTreeMap<String, String> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.to_owned(), decode(value))).collect()
}

/// An address with another value of a parameter.
#[must_use]
pub fn with(url: &str, name: &str, value: &str) -> String {
    let (page, _) = url.split_once('?').unwrap_or((url, ""));
    let mut parameters = parameters(url);
    parameters.insert(name.to_owned(), value.to_owned());
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    format!("{page}?{}", encode(&pairs))
}

fn encode(pairs: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        text.bytes()
            .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect::<String>()
    };
    pairs.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect::<Vec<_>>().join("&")
}

fn decode(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&digits, 16).expect("two hexadecimal digits")
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).expect("UTF-8")
}

impl World {
    /// Begins to sign in.
    pub async fn oauth_start(&self, provider: &str) -> Begun {
        let answer = self.get(&format!("/v1/oauth/{provider}/start")).send().await.expect(302);
        Begun::of(answer.header("location").expect("an address"), &answer)
    }

    /// Says at the stand-in's page who one is; what it sends the browser back with, as a path of ours.
    pub async fn at_provider(&self, begun: &Begun, identity: &Identity) -> String {
        let call = self.client().call(Method::POST, begun.url.clone());
        let answer =
            call.text("application/x-www-form-urlencoded", identity.form()).try_send().await.expect("the stand-in answers");
        let answer = answer.expect(302);
        self.own_path(answer.header("location").expect("an address"))
    }

    /// An address of ours without its origin.
    #[must_use]
    pub fn own_path(&self, url: &str) -> String {
        url.strip_prefix(self.public_url()).unwrap_or_else(|| panic!("{url} is not ours")).to_owned()
    }

    /// The call that a browser makes when it comes back.
    pub fn come_back(&self, path: &str, begun: &Begun) -> Call {
        self.get(path).header("cookie", &format!("oauth_state={}", begun.cookie))
    }

    /// Signs in with a provider; the answer to the browser that comes back.
    pub async fn oauth(&self, provider: &str, identity: &Identity) -> Answer {
        let begun = self.oauth_start(provider).await;
        let path = self.at_provider(&begun, identity).await;
        self.come_back(&path, &begun).send().await
    }

    /// What our page does with the cookie that it got.
    pub async fn signed_in(&self, identity: &Identity, answer: &Answer) -> Person {
        let answer = answer.clone().expect(302);
        assert_eq!(answer.header("location"), Some(format!("{}/signed-in", self.public_url()).as_str()));
        let refresh = answer.refresh_token().expect("a refresh cookie");
        let applicant = Applicant { email: identity.email.clone(), ..Applicant::invent() };
        Person::of(&applicant, &self.refresh(&refresh).send().await)
    }

    /// Somebody who signs in with a provider that vouches for their address.
    pub async fn person_of_provider(&self, provider: &str, identity: &Identity) -> Person {
        self.signed_in(identity, &self.oauth(provider, identity).await).await
    }

    /// Has somebody who is signed in verify a phone of their own.
    pub async fn verify_phone(&self, person: &Person) {
        let body = json!({ "purpose": "phone", "phone": person.applicant.phone });
        let started = self.post("/v1/otp/start").bearer(&person.access).json(&body).send().await.expect(202).json();
        let code = self.messages().code(&person.applicant.phone, 1).await;
        let id = started["verification_id"].as_str().expect("an id");
        self.verify(id, &code).bearer(&person.access).send().await.expect(204);
    }

    /// The providers in a person's list.
    pub async fn links(&self, person: &Person) -> Vec<String> {
        let list = self.get("/v1/me/links").bearer(&person.access).send().await.expect(200).json();
        let items = list["items"].as_array().expect("items").clone();
        items.iter().map(|link| link["provider"].as_str().expect("a provider").to_owned()).collect()
    }
}

/// A certified `OpenID` provider in a process of its own, with the addresses of Google or of `LinkedIn`.
#[derive(Debug)]
pub struct Certified {
    issuer: String,
    like: &'static str,
    client: Client,
    _process: Child,
}

impl Certified {
    /// Starts one; the test is ignored where Node.js or its packages are missing. In CI they may not be.
    pub async fn start(like: &'static str, public_url: &str) -> Self {
        let dir: PathBuf = root().join("tests/fixtures/oidc");
        let mut command = Command::new("node");
        command.args(["provider.mjs", like, CLIENT, SECRET, &format!("{public_url}/v1/oauth/{like}/callback")]).current_dir(&dir);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let process = if dir.join("node_modules").is_dir() { command.spawn().ok() } else { None };
        let Some(mut process) = process else {
            ignore_without("Node.js with the OpenID provider", format_args!("npm ci --prefix {}", dir.display()));
        };
        let output = process.stdout.take().expect("its output");
        let issuer = BufReader::new(output).lines().next_line().await.expect("its output").expect("its issuer");
        Self { issuer, like, client: Client::default(), _process: process }
    }

    /// The variables that lead to it.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let (like, issuer) = (self.like, &self.issuer);
        let hosts: &[&str] = if like == "google" { &["google_token_url", "google_keys_url"] } else { &["linkedin_url"] };
        let mut variables = vec![
            (format!("{like}_client_id"), CLIENT.to_owned()),
            (format!("{like}_client_secret"), SECRET.to_owned()),
            (format!("{like}_issuer"), issuer.clone()),
            (format!("{like}_authorization_endpoint"), format!("{issuer}/auth")),
        ];
        variables.extend(hosts.iter().map(|name| ((*name).to_owned(), issuer.clone())));
        variables
    }

    /// Makes the next ID token wrong in one way.
    pub async fn break_next(&self, what: &str) {
        let call = self.client.call(Method::POST, format!("{}/_break", self.issuer));
        call.json(&json!({ "what": what })).try_send().await.expect("the provider answers").expect(204);
    }

    /// Signs in there as a browser does, with its cookies; the address that it sends the browser back to.
    pub async fn visit(&self, begun: &Begun, identity: &Identity) -> String {
        let mut cookies: BTreeMap<String, String> = BTreeMap::new();
        let mut url = with(&begun.url, "login_hint", &identity.hint());
        for _ in 0..10 {
            let jar: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let answer = self.client.call(Method::GET, url.clone()).header("cookie", &jar.join("; ")).try_send().await;
            let answer = answer.expect("the provider answers");
            for cookie in answer.set_cookies() {
                let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let location = answer.header("location").unwrap_or_else(|| panic!("{}: {}", answer.what, answer.text())).to_owned();
            url = if location.starts_with('/') { format!("{}{location}", self.issuer) } else { location };
            if !url.starts_with(&self.issuer) {
                return url;
            }
        }
        panic!("{url}: the provider goes round in circles")
    }
}

/// The claims of a person's access token.
#[must_use]
pub fn claims(person: &Person) -> Value {
    crate::jwt::Jwt::read(&person.access).claims
}
