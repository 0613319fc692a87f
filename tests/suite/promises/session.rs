//! How long tokens live, and where the refresh token may be.

use std::time::Duration;

use e2e::contract::{ACCESS, DAY, FAMILY, REFRESH};
use e2e::{Answer, Need, Person, World};

/// The attributes of the one cookie of an answer, sorted, without its value.
fn attributes(answer: &Answer) -> Vec<String> {
    let cookies = answer.set_cookies();
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    let mut attributes: Vec<_> = cookies[0].split("; ").skip(1).map(str::to_owned).collect();
    attributes.sort();
    attributes
}

fn max_age(answer: &Answer) -> u64 {
    let attributes = attributes(answer);
    attributes.iter().find_map(|attribute| attribute.strip_prefix("Max-Age=")).unwrap().parse().unwrap()
}

#[e2e::test]
async fn promise_a66_access_tokens_live_15_minutes_and_refresh_tokens_7_days_in_a_strict_cookie() {
    let world = World::needing(&[Need::Clock]).start().await;
    let person = world.person().await;
    let signed_in = world.sign_in(&person.applicant).send().await.expect(200);
    let strict = ["HttpOnly", "Max-Age=604800", "Path=/v1/session", "SameSite=Strict", "Secure"];
    assert_eq!(attributes(&signed_in), strict, "and no Domain: it is for this host only");
    // The refresh token is in the cookie and nowhere in the body.
    assert!(!signed_in.text().contains(&signed_in.refresh_token().unwrap()));

    // A bearer is looked at before the body: 401 or 422 tells whether the token is good.
    let list = |person: &Person| world.get("/v1/generations").bearer(&person.access).send();
    let claims = e2e::jwt::Jwt::read(&person.access).claims;
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    world.advance(Duration::from_mins(13));
    list(&person).await.expect(200);
    world.advance(ACCESS);
    list(&person).await.problem("unauthenticated");

    let refreshed = world.refresh(&person.refresh).send().await;
    assert_eq!(attributes(&refreshed), strict);
    let person = Person::of(&person.applicant, &refreshed);
    list(&person).await.expect(200);
    world.advance(REFRESH.mul_f32(0.99));
    let person = Person::of(&person.applicant, &world.refresh(&person.refresh).send().await);
    world.advance(REFRESH);
    let ended = world.refresh(&person.refresh).send().await;
    ended.problem("session-invalid");
    let cleared = ["HttpOnly", "Max-Age=0", "Path=/v1/session", "SameSite=Strict", "Secure"];
    assert_eq!(attributes(&ended), cleared);
}

#[e2e::test]
async fn promise_a66_a_family_of_refresh_tokens_ends_after_90_days() {
    let world = World::needing(&[Need::Clock]).start().await;
    let mut person = world.person().await;
    let step = DAY * 6;
    for _ in 0..14 {
        world.advance(step);
        person = Person::of(&person.applicant, &world.refresh(&person.refresh).send().await);
    }
    // Day 84; the last token lives no longer than its family.
    world.advance(DAY * 3);
    let answer = world.refresh(&person.refresh).send().await;
    assert!(max_age(&answer) <= FAMILY.as_secs() - (DAY * 87).as_secs());
    person = Person::of(&person.applicant, &answer);
    world.advance(DAY * 3);
    world.refresh(&person.refresh).send().await.problem("session-invalid");
}
