//! A thief who knows the password prepares ways back in; what an owner is told to do closes all of them (promise a05).

use std::time::Duration;

use e2e::oauth::Identity;
use e2e::{Answer, Applicant, Need, Person, World};
use http::Method;
use serde_json::{Value, json};

const NEW: &str = "another horse, another battery";

async fn ask_for_email(world: &World, person: &Person, email: &str) -> Answer {
    world.call(Method::PATCH, "/v1/me").bearer(&person.access).json(&json!({ "email": email })).send().await
}

async fn confirm(world: &World, token: &str, bearer: Option<&Person>) -> Answer {
    let call = world.post("/v1/email/confirm").json(&json!({ "token": token }));
    let call = if let Some(person) = bearer { call.bearer(&person.access) } else { call };
    call.send().await
}

/// The verification and the code that were sent to a phone which is new to the account.
async fn phone_code(world: &World, person: &Person, phone: &str) -> (String, String) {
    let body = json!({ "purpose": "phone", "phone": phone });
    let start = world.post("/v1/otp/start").bearer(&person.access).json(&body).send().await.expect(202).json();
    (start["verification_id"].as_str().unwrap().to_owned(), world.messages().code(phone, 1).await)
}

async fn me(world: &World, person: &Person) -> Value {
    world.get("/v1/me").bearer(&person.access).send().await.expect(200).json()
}

#[derive(Debug, Clone, Copy)]
enum Recovery {
    PasswordChanged,
    PasswordReset,
    SignedOutEverywhere,
    RefreshTokenUsedTwice,
}

/// The owner does as advised; returns the person that signs in from then on.
async fn recover(world: &World, owner: &Person, thief: &Person, recovery: Recovery) -> Applicant {
    let renewed = Applicant { password: NEW.to_owned(), ..owner.applicant.clone() };
    match recovery {
        Recovery::PasswordChanged => {
            let body = json!({ "current_password": owner.applicant.password, "new_password": NEW });
            let put = world.call(Method::PUT, "/v1/me/password").bearer(&owner.access).json(&body);
            put.send().await.expect(204);
            renewed
        }
        Recovery::PasswordReset => {
            let email = &owner.applicant.email;
            let before = world.messages().to(email).await.len();
            world.post("/v1/password/forgot").json(&json!({ "email": email })).send().await.expect(202);
            let text = world.messages().wait(email, before + 1).await.remove(0).text;
            let token = text.split("/reset-password#token=").nth(1).unwrap().split_whitespace().next().unwrap();
            let reset = json!({ "token": token, "password": NEW });
            world.post("/v1/password/reset").json(&reset).send().await.expect(204);
            renewed
        }
        Recovery::SignedOutEverywhere => {
            world.delete("/v1/me/sessions").bearer(&owner.access).send().await.expect(204);
            owner.applicant.clone()
        }
        Recovery::RefreshTokenUsedTwice => {
            let next = Person::of(&thief.applicant, &world.refresh(&thief.refresh).send().await);
            world.refresh(&next.refresh).send().await.expect(200);
            assert_eq!(world.refresh(&thief.refresh).send().await.status, 401);
            owner.applicant.clone()
        }
    }
}

#[e2e::test]
async fn promise_a05_nothing_that_a_thief_asked_for_outlives_the_owners_recovery() {
    let world = World::start().await;
    for recovery in
        [Recovery::PasswordChanged, Recovery::PasswordReset, Recovery::SignedOutEverywhere, Recovery::RefreshTokenUsedTwice]
    {
        let owner = world.person().await;
        let email = owner.applicant.email.clone();
        // The owner's address is proved: nobody is stripped of anything by what follows.
        confirm(&world, &world.messages().token(&email, 1).await, Some(&owner)).await.expect(204);
        let thief = world.again(&owner).await;
        // A sign-in with the thief's own account at a provider waits for a click at the owner's address, ...
        world.oauth("facebook", &Identity::of(&email)).await.problem("email-unverified");
        let claim = world.messages().wait(&email, 2).await.remove(0).text;
        let claim = claim.split("/confirm-sign-in#token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        // ... a new address for its proof, and a new phone for its code.
        let accomplice = Applicant::invent();
        ask_for_email(&world, &thief, &accomplice.email).await.expect(200);
        let change = world.messages().token(&accomplice.email, 1).await;
        let (id, code) = phone_code(&world, &thief, &accomplice.phone).await;
        // The mail that tells the owner of the new address.
        world.messages().wait(&email, 3).await;

        let now = recover(&world, &owner, &thief, recovery).await;
        world.verify(&id, &code).bearer(&thief.access).send().await.problem("unauthenticated");
        confirm(&world, &change, None).await.problem("token-expired");
        let back = Person::of(&now, &world.sign_in(&now).send().await);
        assert_eq!(back.user, owner.user, "{recovery:?}");
        // Not even with a session that is good.
        confirm(&world, &change, Some(&back)).await.problem("token-expired");
        world.verify(&id, &code).bearer(&back.access).send().await.problem("otp-expired");
        confirm(&world, &claim, None).await.problem("token-expired");
        let account = me(&world, &back).await;
        assert_eq!(
            (&account["email"], &account["pending_email"], &account["phone"], &account["links"]),
            (&email.clone().into(), &Value::Null, &owner.applicant.phone.clone().into(), &json!([])),
            "{recovery:?}"
        );
    }
}

#[e2e::test]
async fn promise_a05_a_code_is_good_only_while_the_session_that_asked_for_it_holds() {
    let world = World::start().await;
    let owner = world.person().await;
    let thief = world.again(&owner).await;
    let phone = Applicant::invent().phone;
    let (id, code) = phone_code(&world, &thief, &phone).await;
    world.delete(&format!("/v1/me/sessions/{}", thief.session)).bearer(&owner.access).send().await.expect(204);
    world.verify(&id, &code).bearer(&thief.access).send().await.problem("unauthenticated");
    assert_eq!(me(&world, &owner).await["phone"], owner.applicant.phone);
}

#[e2e::test]
async fn promise_a05_a_new_address_counts_by_a_click_of_the_accounts_own_session_only() {
    let world = World::start().await;
    let (person, victim) = (world.person().await, world.person().await);
    let email = Applicant::invent().email;
    ask_for_email(&world, &person, &email).await.expect(200);
    let token = world.messages().token(&email, 1).await;
    confirm(&world, &token, None).await.problem("unauthenticated");
    confirm(&world, &token, Some(&victim)).await.problem("unauthenticated");
    assert_eq!(me(&world, &person).await["email"], person.applicant.email);
    // The token is as good as before for who is signed in, once.
    let again = world.again(&person).await;
    confirm(&world, &token, Some(&again)).await.expect(204);
    assert_eq!(me(&world, &person).await["email"], email);
    confirm(&world, &token, Some(&again)).await.problem("token-expired");
}

#[e2e::test]
async fn promise_a08_a_code_to_ones_own_new_phone_makes_no_session_recent() {
    let world = World::needing(&[Need::Clock]).start().await;
    let person = world.person().await;
    world.advance(Duration::from_mins(9));
    let phone = Applicant::invent().phone;
    let (id, code) = phone_code(&world, &person, &phone).await;
    world.advance(Duration::from_mins(2));
    world.verify(&id, &code).bearer(&person.access).send().await.expect(204);
    assert_eq!(me(&world, &person).await["phone"], phone);
    ask_for_email(&world, &person, &Applicant::invent().email).await.problem("reauthentication-required");
}
