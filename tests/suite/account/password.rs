//! `PUT /v1/me/password`, `POST /v1/password/forgot` and `POST /v1/password/reset`.

use std::time::Duration;

use e2e::{Answer, Applicant, Need, Person, World};
use serde_json::json;

const NEW: &str = "another horse, another battery";

fn renewed(person: &Person) -> Applicant {
    Applicant { password: NEW.to_owned(), ..person.applicant.clone() }
}

async fn put(world: &World, person: &Person, current: &str, new: &str) -> Answer {
    let body = json!({ "current_password": current, "new_password": new });
    world.call(http::Method::PUT, "/v1/me/password").bearer(&person.access).json(&body).send().await
}

async fn forgot(world: &World, email: &str) -> Answer {
    world.post("/v1/password/forgot").json(&json!({ "email": email })).send().await
}

async fn reset(world: &World, token: &str, password: &str) -> Answer {
    world.post("/v1/password/reset").json(&json!({ "token": token, "password": password })).send().await
}

#[e2e::test]
async fn a_changed_password_ends_the_other_sessions_and_its_owner_is_told() {
    let world = World::start().await;
    let person = world.person().await;
    let other = world.again(&person).await;
    put(&world, &person, &person.applicant.password, NEW).await.expect(204);
    world.get("/v1/me").bearer(&person.access).send().await.expect(200);
    world.get("/v1/me").bearer(&other.access).send().await.problem("unauthenticated");
    world.refresh(&other.refresh).send().await.problem("session-invalid");
    world.sign_in(&person.applicant).send().await.problem("credentials-invalid");
    assert_eq!(Person::of(&person.applicant, &world.sign_in(&renewed(&person)).send().await).user, person.user);
    let told = world.messages().wait_told(&person.applicant.email, 1).await;
    assert!(told[0].text.contains("password") && !told[0].text.contains(NEW), "{}", told[0].text);
}

#[e2e::test]
async fn a_password_is_changed_only_with_the_present_one_and_only_to_a_good_one() {
    let world = World::needing(&[Need::Databases]).start().await;
    let person = world.person().await;
    let current = person.applicant.password.clone();
    put(&world, &person, "not the password of anybody", NEW).await.problem("current-password-invalid");
    for (bad, field) in [("short", "new_password"), ("password12345", "new_password")] {
        assert_eq!(put(&world, &person, &current, bad).await.bad_fields(), [field]);
    }
    let missing = world.call(http::Method::PUT, "/v1/me/password").bearer(&person.access).json(&json!({ "new_password": NEW }));
    assert_eq!(missing.send().await.bad_fields(), ["current_password"]);
    assert_eq!(world.again(&person).await.user, person.user);
    // A stolen token is no way to guess the password.
    put(&world, &person, "not the password of anybody", NEW).await.problem("current-password-invalid");
    put(&world, &person, &current, NEW).await.problem("rate-limited");
    let failures = "select count(*) from security_events where kind = 'password-failed' and user_id = ";
    assert_eq!(world.count(&format!("{failures}'{}'", person.user)).await, 2);

    // Without a password, as an account of a provider: none can be right, and the first needs a recent session.
    let stranger = world.person().await;
    let none = "update users set password_hash = null where id = $1";
    world.accounts().await.execute(none, &[&stranger.user]).await.unwrap();
    put(&world, &stranger, &stranger.applicant.password, NEW).await.problem("current-password-invalid");
    world.sign_in(&stranger.applicant).send().await.problem("credentials-invalid");
    let first =
        || world.call(http::Method::PUT, "/v1/me/password").bearer(&stranger.access).json(&json!({ "new_password": NEW }));
    let age = "update sessions set authenticated_at = authenticated_at - interval '11 minutes' where id = $1";
    world.accounts().await.execute(age, &[&stranger.session]).await.unwrap();
    first().send().await.problem("reauthentication-required");
    let back = "update sessions set authenticated_at = authenticated_at + interval '11 minutes' where id = $1";
    world.accounts().await.execute(back, &[&stranger.session]).await.unwrap();
    first().send().await.expect(204);
    assert_eq!(Person::of(&stranger.applicant, &world.sign_in(&renewed(&stranger)).send().await).user, stranger.user);
}

#[e2e::test]
async fn a_forgotten_password_is_reset_once_within_half_an_hour() {
    let world = World::needing(&[Need::Clock, Need::Databases]).start().await;
    let person = world.person().await;
    let email = &person.applicant.email;
    let confirmation = world.messages().token(email, 1).await;
    world.post("/v1/email/confirm").bearer(&person.access).json(&json!({ "token": confirmation })).send().await.expect(204);
    forgot(&world, &format!(" {} ", email.to_uppercase())).await.expect(202);
    let first = world.messages().token(email, 2).await;
    world.advance(Duration::from_mins(20));
    forgot(&world, email).await.expect(202);
    let second = world.messages().token(email, 3).await;
    // The newer one takes the place of the older one; a bad password does not use it up.
    reset(&world, &first, NEW).await.problem("token-expired");
    assert_eq!(reset(&world, &second, "short").await.bad_fields(), ["password"]);
    world.advance(Duration::from_mins(29));
    reset(&world, &second, NEW).await.expect(204);
    reset(&world, &second, NEW).await.problem("token-expired");
    world.refresh(&person.refresh).send().await.problem("session-invalid");
    assert_eq!(Person::of(&person.applicant, &world.sign_in(&renewed(&person)).send().await).user, person.user);
    let phone = "select count(*) from users where phone_verified_at is not null and id = ";
    assert_eq!(world.count(&format!("{phone}'{}'", person.user)).await, 1, "a confirmed account keeps its phone");

    forgot(&world, email).await.expect(202);
    let third = world.messages().token(email, 4).await;
    world.advance(Duration::from_mins(30));
    reset(&world, &third, NEW).await.problem("token-expired");
    // Only a hash is stored, and the link has the token where no server sees it.
    let cells = world.dump_all().await;
    e2e::haystack::Haystack::of_cells(&cells).lacks("token", &third);
    let mail = &world.messages().to(email).await[0];
    assert!(mail.text.contains(&format!("{}/reset-password#token={third}", world.public_url())), "{}", mail.text);
}

#[e2e::test]
async fn nobody_learns_by_a_forgotten_password_whether_there_is_an_account() {
    let world = World::needing(&[Need::OwnDatabases, Need::Logs]).start().await;
    let person = world.person().await;
    world.messages().token(&person.applicant.email, 1).await;
    let calls = || world.requests_of("notify").len();
    e2e::wait::until("the calls of the sign-up", async || (calls() == 2).then_some(())).await;
    let (known, unknown) = (forgot(&world, &person.applicant.email).await, forgot(&world, "nobody@mail.example").await);
    assert_eq!((known.status.as_u16(), known.shape(), &known.body), (202, unknown.shape(), &unknown.body));
    e2e::wait::until("one call for each", async || (calls() == 4).then_some(())).await;
    // Beyond three an hour nothing is sent, and nothing is said.
    for _ in 0..3 {
        forgot(&world, &person.applicant.email).await.expect(202);
    }
    e2e::wait::until("one call for each", async || (calls() == 7).then_some(())).await;
    let tokens = world.messages().to(&person.applicant.email).await;
    assert_eq!(tokens.iter().filter(|message| message.text.contains("reset-password")).count(), 3);
    assert!(world.messages().to("nobody@mail.example").await.is_empty());
}

#[e2e::test]
async fn a_token_is_good_for_one_of_twenty_at_once() {
    let world = World::start().await;
    let person = world.person().await;
    world.messages().token(&person.applicant.email, 1).await;
    forgot(&world, &person.applicant.email).await.expect(202);
    let token = world.messages().token(&person.applicant.email, 2).await;
    let tries = (0..20).map(|number| {
        let (world, token) = (&world, &token);
        async move { reset(world, token, &format!("password number {number} of twenty")).await }
    });
    let answers = futures::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 204) {
        answer.problem("token-expired");
    }
}

#[e2e::test]
async fn what_is_no_token_opens_nothing() {
    let world = World::start().await;
    let person = world.person().await;
    let confirmation = world.messages().token(&person.applicant.email, 1).await;
    let mut changed = confirmation.clone().into_bytes();
    changed[7] = if changed[7] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    // One for another purpose, too.
    for token in ["", "x", &changed, &confirmation, &"A".repeat(43), "' or 1=1 --"] {
        reset(&world, token, NEW).await.problem("token-expired");
    }
    for token in ["", "x", &changed, &"A".repeat(43)] {
        world.post("/v1/email/confirm").json(&json!({ "token": token })).send().await.problem("token-expired");
    }
    assert_eq!(world.again(&person).await.user, person.user);
}
