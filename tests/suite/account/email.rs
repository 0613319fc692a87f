//! `POST /v1/email/confirm` and new addresses by `PATCH /v1/me`.

use std::time::Duration;

use e2e::{Answer, Applicant, Need, Person, World};
use http::Method;
use serde_json::{Value, json};

async fn patch(world: &World, person: &Person, change: &Value) -> Answer {
    world.call(Method::PATCH, "/v1/me").bearer(&person.access).json(change).send().await
}

async fn confirm(world: &World, token: &str, bearer: Option<&Person>) -> Answer {
    let call = world.post("/v1/email/confirm").json(&json!({ "token": token }));
    let call = if let Some(person) = bearer { call.bearer(&person.access) } else { call };
    call.send().await
}

async fn me(world: &World, person: &Person) -> Value {
    world.get("/v1/me").bearer(&person.access).send().await.expect(200).json()
}

#[e2e::test]
async fn a_sign_up_is_confirmed_by_its_own_session_once_within_a_day() {
    let world = World::needing(&[Need::Clock]).start().await;
    let person = world.person().await;
    let token = world.messages().token(&person.applicant.email, 1).await;
    confirm(&world, &token, Some(&person)).await.expect(204);
    assert_eq!(me(&world, &person).await["email_confirmed"], true);
    confirm(&world, &token, Some(&person)).await.problem("token-expired");
    assert_eq!(world.again(&person).await.user, person.user, "nothing else has changed");

    let late = world.person().await;
    let token = world.messages().token(&late.applicant.email, 1).await;
    world.advance(Duration::from_hours(24));
    let late = world.again(&late).await;
    confirm(&world, &token, Some(&late)).await.problem("token-expired");
    // It can be sent again.
    let same = late.applicant.email.to_uppercase();
    patch(&world, &late, &json!({ "email": same })).await.expect(200);
    let token = world.messages().token(&late.applicant.email, 2).await;
    confirm(&world, &token, Some(&late)).await.expect(204);
    assert_eq!(me(&world, &late).await["email_confirmed"], true);
    assert!(world.messages().told(&late.applicant.email).await.is_empty(), "there was nothing to tell");
}

#[e2e::test]
async fn a_new_email_counts_once_it_is_confirmed_and_the_old_one_is_told() {
    let world = World::needing(&[Need::Clock]).start().await;
    let person = world.person().await;
    let (old, new) = (person.applicant.email.clone(), Applicant::invent().email);
    let account = patch(&world, &person, &json!({ "email": new.to_uppercase() })).await.expect(200).json();
    assert_eq!((&account["email"], &account["pending_email"]), (&old.clone().into(), &new.clone().into()));
    let token = world.messages().token(&new, 1).await;
    assert_eq!(world.messages().wait_told(&old, 1).await.len(), 1);
    assert!(!world.messages().told(&old).await[0].text.contains(&new), "the old address does not learn the new one");
    assert_eq!(world.again(&person).await.user, person.user, "the old one counts until then");

    confirm(&world, &token, Some(&person)).await.expect(204);
    let account = me(&world, &person).await;
    assert_eq!((&account["email"], &account["email_confirmed"]), (&new.clone().into(), &true.into()));
    assert!(account["pending_email"].is_null());
    world.messages().wait_told(&old, 2).await;
    world.sign_in(&person.applicant).send().await.problem("credentials-invalid");
    let moved = Applicant { email: new.clone(), ..person.applicant.clone() };
    assert_eq!(Person::of(&moved, &world.sign_in(&moved).send().await).user, person.user);
    // The old address is free again.
    world.advance(Duration::from_secs(61));
    let next = Applicant { email: old, ..Applicant::invent() };
    assert_ne!(world.person_of(&next).await.user, person.user);
}

#[e2e::test]
async fn a_taken_email_answers_like_a_free_one_and_never_comes() {
    let world = World::needing(&[Need::Databases]).start().await;
    let (person, owner) = (world.person().await, world.person().await);
    world.messages().token(&owner.applicant.email, 1).await;
    let hide = |answer: &Answer| {
        let mut account = answer.json();
        for name in ["pending_email", "authenticated_at"] {
            account[name] = "varies".into();
        }
        account
    };
    let free = patch(&world, &person, &json!({ "email": Applicant::invent().email })).await.expect(200);
    let taken = patch(&world, &person, &json!({ "email": owner.applicant.email })).await.expect(200);
    assert_eq!(hide(&free), hide(&taken));
    assert_eq!(taken.json()["pending_email"], owner.applicant.email);
    let told = world.messages().wait_told(&owner.applicant.email, 1).await;
    assert!(told[0].text.contains("already"), "{}", told[0].text);
    assert_eq!(world.messages().to(&owner.applicant.email).await.len(), 2, "no token for it");
    assert_eq!(world.again(&owner).await.user, owner.user);
}

#[e2e::test]
async fn of_two_who_want_an_address_the_first_to_prove_it_gets_it() {
    let world = World::start().await;
    let (one, other, email) = (world.person().await, world.person().await, Applicant::invent().email);
    patch(&world, &one, &json!({ "email": email })).await.expect(200);
    let first = world.messages().token(&email, 1).await;
    patch(&world, &other, &json!({ "email": email })).await.expect(200);
    let second = world.messages().token(&email, 2).await;
    let (a, b) = futures::join!(confirm(&world, &first, Some(&one)), confirm(&world, &second, Some(&other)));
    let won = usize::from(a.status == 204) + usize::from(b.status == 204);
    assert_eq!(won, 1, "{} {}", a.text(), b.text());
    let loser = if a.status == 204 { b } else { a };
    loser.problem("token-expired");
}

#[e2e::test]
async fn details_are_changed_and_removed() {
    let world = World::start().await;
    let person = world.person().await;
    let change = json!({ "first_name": "Ada", "last_name": "Lovelace", "language": "fr" });
    let account = patch(&world, &person, &change).await.expect(200).json();
    assert_eq!(
        (&account["first_name"], &account["last_name"], &account["language"]),
        (&"Ada".into(), &"Lovelace".into(), &"fr".into())
    );
    let account = patch(&world, &person, &json!({ "last_name": null })).await.expect(200).json();
    assert_eq!((&account["first_name"], &account["last_name"]), (&"Ada".into(), &Value::Null));
    let unchanged = patch(&world, &person, &json!({})).await.expect(200).json();
    assert_eq!(unchanged, account);
    for (change, field) in [
        (json!({ "first_name": "" }), "first_name"),
        (json!({ "first_name": "Ada\r\nBcc: x@mail.example" }), "first_name"),
        (json!({ "last_name": "x".repeat(101) }), "last_name"),
        (json!({ "language": "de" }), "language"),
        (json!({ "language": null, "email": "ada@mail.example\r\nBcc: x@mail.example" }), "email"),
        (json!({ "email": "nobody" }), "email"),
        (json!({ "phone": "+33612345678" }), "phone"),
        (json!({ "role": "admin" }), "role"),
    ] {
        assert_eq!(patch(&world, &person, &change).await.bad_fields(), [field], "{change}");
    }
    assert_eq!(me(&world, &person).await, account);
}

#[e2e::test]
async fn a_person_asks_for_five_addresses_an_hour_at_most() {
    let world = World::needing(&[Need::Clock]).start().await;
    let person = world.person().await;
    for _ in 0..5 {
        patch(&world, &person, &json!({ "email": Applicant::invent().email })).await.expect(200);
    }
    patch(&world, &person, &json!({ "email": Applicant::invent().email })).await.problem("rate-limited");
    patch(&world, &person, &json!({ "first_name": "Ada" })).await.expect(200);
}
