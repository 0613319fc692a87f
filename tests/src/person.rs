//! People: somebody who wants an account, and somebody who has one.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{Answer, Call};
use crate::jwt::Jwt;
use crate::world::World;

/// Somebody who signs up. Unlike anybody else, in values that nothing else in a log or a table looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applicant {
    /// An address that nobody has.
    pub email: String,
    /// Good enough.
    pub password: String,
    /// E.164, of the French mobile range.
    pub phone: String,
}

/// What an account that is signed in holds.
#[derive(Clone, Debug)]
pub struct Person {
    /// What was signed up with.
    pub applicant: Applicant,
    /// The user's id.
    pub user: Uuid,
    /// The tenant's id.
    pub tenant: Uuid,
    /// The session's id.
    pub session: Uuid,
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

impl Applicant {
    /// Somebody new.
    #[must_use]
    pub fn invent() -> Self {
        let random = Uuid::new_v4();
        let (name, secret) = (random.simple().to_string(), Uuid::new_v4().simple().to_string());
        Self {
            email: format!("ada.{}@mail-{}.example", &name[..12], &name[12..20]),
            password: format!("correct horse {secret}"),
            phone: format!("+336{:08}", random.as_u128() % 100_000_000),
        }
    }

    /// The body of a sign-up.
    #[must_use]
    pub fn form(&self) -> Value {
        json!({ "email": self.email, "password": self.password, "phone": self.phone })
    }

    /// The body of a sign-in.
    #[must_use]
    pub fn credentials(&self) -> Value {
        json!({ "email": self.email, "password": self.password })
    }
}

impl Person {
    /// What an answer with tokens says of its person.
    ///
    /// # Panics
    /// It has no tokens, or they are not of the form of the contract.
    #[must_use]
    #[track_caller]
    pub fn of(applicant: &Applicant, answer: &Answer) -> Self {
        let answer = answer.clone().expect(200);
        let tokens = answer.json();
        assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(900)));
        let access = tokens["access_token"].as_str().expect("an access token").to_owned();
        let claims = Jwt::read(&access).claims;
        let id = |name: &str| claims[name].as_str().and_then(|text| text.parse().ok()).expect("an id");
        Self {
            applicant: applicant.clone(),
            user: id("sub"),
            tenant: id("tid"),
            session: id("sid"),
            refresh: answer.refresh_token().expect("a refresh cookie"),
            access,
        }
    }
}

impl World {
    /// Signs up; the verification's id.
    pub async fn sign_up(&self, applicant: &Applicant) -> String {
        let answer = self.post("/v1/signup").json(&applicant.form()).send().await.expect(202);
        answer.json()["verification_id"].as_str().expect("an id").to_owned()
    }

    /// The request that verifies a code.
    pub fn verify(&self, verification: &str, code: &str) -> Call {
        self.post("/v1/otp/verify").json(&json!({ "verification_id": verification, "code": code }))
    }

    /// The request for another code.
    pub fn resend(&self, verification: &str) -> Call {
        self.post("/v1/otp/resend").json(&json!({ "verification_id": verification }))
    }

    /// The request that signs in.
    pub fn sign_in(&self, applicant: &Applicant) -> Call {
        self.post("/v1/session").json(&applicant.credentials())
    }

    /// The request that refreshes a session.
    pub fn refresh(&self, refresh_token: &str) -> Call {
        self.post("/v1/session/refresh").cookie(refresh_token)
    }

    /// Somebody new with an account and a verified phone.
    pub async fn person(&self) -> Person {
        self.person_of(&Applicant::invent()).await
    }

    /// Signs up, reads the code, verifies.
    pub async fn person_of(&self, applicant: &Applicant) -> Person {
        let verification = self.sign_up(applicant).await;
        let code = self.messages().code(&applicant.phone, 1).await;
        Person::of(applicant, &self.verify(&verification, &code).send().await)
    }

    /// The same person with fresh tokens, after the clock was moved.
    pub async fn again(&self, person: &Person) -> Person {
        Person::of(&person.applicant, &self.sign_in(&person.applicant).send().await)
    }

    /// Moves the clock and signs the person in anew.
    pub async fn later(&self, by: Duration, person: &Person) -> Person {
        self.advance(by);
        self.again(person).await
    }
}

/// A code that is not this one.
#[must_use]
pub fn wrong(code: &str) -> String {
    let number: u32 = code.parse().expect("six digits");
    format!("{:06}", (number + 1) % 1_000_000)
}
