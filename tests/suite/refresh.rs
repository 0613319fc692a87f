//! `POST /v1/session/refresh` and `DELETE /v1/session`: rotation, reuse, and pages of other origins.

use std::time::Duration;

use e2e::{Answer, Need, Person, World};
use futures::future::join_all;

fn tokens(person: &Person, answer: &Answer) -> Person {
    Person::of(&person.applicant, answer)
}

#[e2e::test]
async fn a_repeat_within_ten_seconds_gets_the_same_successor() {
    let world = World::needing(&[Need::Clock]).start().await;
    let person = world.person().await;
    let one = tokens(&person, &world.refresh(&person.refresh).send().await);
    let other = tokens(&person, &world.refresh(&person.refresh).send().await);
    assert_eq!((one.session, &one.refresh), (other.session, &other.refresh), "two tabs at once");
    let all = join_all((0..8).map(|_| world.refresh(&one.refresh).send())).await;
    let successor = tokens(&person, &all[0]).refresh;
    assert!(all.iter().all(|answer| tokens(&person, answer).refresh == successor));
    let next = tokens(&person, &world.refresh(&successor).send().await);
    assert_ne!(next.refresh, successor);
}

#[e2e::test]
async fn a_reuse_after_ten_seconds_ends_the_session_and_its_owner_is_told() {
    let world = World::needing(&[Need::Clock, Need::Databases]).start().await;
    let person = world.person().await;
    let other_session = world.again(&person).await;
    let next = tokens(&person, &world.refresh(&person.refresh).send().await);
    world.advance(Duration::from_secs(11));
    let answer = world.refresh(&person.refresh).send().await;
    answer.problem("session-invalid");
    assert_eq!(answer.refresh_token().as_deref(), Some(""), "the cookie is cleared");
    world.refresh(&next.refresh).send().await.problem("session-invalid");

    let told = world.messages().wait_told(&person.applicant.email, 1).await;
    assert_eq!(told[0].channel, "email");
    let revoked = format!("select count(*) from sessions where id = '{}' and revoked_at is not null", person.session);
    assert_eq!(world.count(&revoked).await, 1);
    assert_eq!(tokens(&person, &world.refresh(&other_session.refresh).send().await).session, other_session.session);
}

#[e2e::test]
async fn a_reuse_after_the_successor_was_used_ends_the_session_at_once() {
    let world = World::start().await;
    let person = world.person().await;
    let one = tokens(&person, &world.refresh(&person.refresh).send().await);
    let two = tokens(&person, &world.refresh(&one.refresh).send().await);
    world.refresh(&person.refresh).send().await.problem("session-invalid");
    world.refresh(&two.refresh).send().await.problem("session-invalid");
    world.messages().wait_told(&person.applicant.email, 1).await;
}

#[e2e::test]
async fn a_forged_token_ends_nobodys_session() {
    let world = World::start().await;
    let person = world.person().await;
    let mut changed = person.refresh.clone().into_bytes();
    // The session id is at the front; what proves the token comes after.
    let place = changed.len() / 2;
    changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    for forged in [changed.as_str(), "", "x", &person.refresh[..60], &format!("{}A", person.refresh), &"A".repeat(5_000)] {
        world.refresh(forged).send().await.problem("session-invalid");
        world.delete("/v1/session").cookie(forged).send().await.expect(204);
    }
    assert_eq!(tokens(&person, &world.refresh(&person.refresh).send().await).session, person.session);
    assert!(world.messages().told(&person.applicant.email).await.is_empty());
}

#[e2e::test]
async fn two_cookies_are_refused_and_none_is_no_session() {
    let world = World::start().await;
    let person = world.person().await;
    let two = format!("refresh_token={0}; theme=dark; refresh_token={0}", person.refresh);
    world.post("/v1/session/refresh").header("cookie", &two).send().await.problem("malformed-request");
    world.refresh(&person.refresh).cookie(&person.refresh).send().await.problem("malformed-request");
    world.delete("/v1/session").header("cookie", &two).send().await.problem("malformed-request");
    world.post("/v1/session/refresh").send().await.problem("session-invalid");
    world.post("/v1/session/refresh").header("cookie", "theme=dark").send().await.problem("session-invalid");
    world.delete("/v1/session").send().await.expect(204);
    let one = format!("theme=dark; refresh_token={}; lang=fr", person.refresh);
    let answer = world.post("/v1/session/refresh").header("cookie", &one).send().await;
    assert_eq!(tokens(&person, &answer).session, person.session);
}

#[e2e::test]
async fn pages_of_other_origins_are_refused() {
    let world = World::start().await;
    let person = world.person().await;
    let foreign = [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", &format!("{}.evil.example", world.public_url())),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ];
    for (name, value) in foreign {
        world.refresh(&person.refresh).header(name, value).send().await.problem("origin-refused");
        world.delete("/v1/session").cookie(&person.refresh).header(name, value).send().await.problem("origin-refused");
    }
    let own = world.refresh(&person.refresh).header("origin", world.public_url()).header("sec-fetch-site", "same-origin");
    assert_eq!(tokens(&person, &own.send().await).session, person.session);
}

#[e2e::test]
async fn signing_out_ends_this_session_and_no_other() {
    let world = World::start().await;
    let person = world.person().await;
    let other = world.again(&person).await;
    world.delete("/v1/session").cookie(&person.refresh).send().await.expect(204);
    world.refresh(&person.refresh).send().await.problem("session-invalid");
    assert_eq!(tokens(&person, &world.refresh(&other.refresh).send().await).session, other.session);
    world.delete("/v1/session").cookie(&person.refresh).send().await.expect(204);
    assert!(world.messages().told(&person.applicant.email).await.is_empty(), "no alarm after a sign-out");
}
