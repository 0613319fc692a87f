//! `GET /v1/me/links`, `POST` and `DELETE /v1/me/links/{provider}`.

use std::time::Duration;

use e2e::oauth::{Begun, Identity};
use e2e::{Answer, Need, Person, World};
use serde_json::json;

async fn begin(world: &World, person: &Person, provider: &str) -> Begun {
    let answer = world.post(&format!("/v1/me/links/{provider}")).bearer(&person.access).send().await.expect(200);
    Begun::of(answer.json()["url"].as_str().unwrap(), &answer)
}

async fn link(world: &World, person: &Person, provider: &str, identity: &Identity) -> Answer {
    let begun = begin(world, person, provider).await;
    let path = world.at_provider(&begun, identity).await;
    world.come_back(&path, &begun).send().await
}

fn unlink(world: &World, person: &Person, provider: &str) -> e2e::http::Call {
    world.delete(&format!("/v1/me/links/{provider}")).bearer(&person.access)
}

#[e2e::test]
async fn an_account_has_several_links_and_signs_in_with_each() {
    let world = World::start().await;
    let person = world.person().await;
    assert!(world.links(&person).await.is_empty());
    let mut identities = Vec::new();
    for provider in ["google", "github", "linkedin", "facebook"] {
        // The address does not matter here: it is the account's own person who links.
        let identity = Identity { verified: false, ..Identity::of("elsewhere@example.com") };
        let answer = link(&world, &person, provider, &identity).await.expect(302);
        assert_eq!(answer.refresh_token(), None, "linking opens no session");
        identities.push((provider, identity));
    }
    let mut links = world.links(&person).await;
    links.sort();
    assert_eq!(links, ["facebook", "github", "google", "linkedin"]);
    for (provider, identity) in &identities {
        assert_eq!(world.person_of_provider(provider, identity).await.user, person.user);
    }
    let mails = world.messages().wait(&person.applicant.email, 4).await;
    assert!(
        mails.iter().filter(|mail| mail.subject.as_deref().is_some_and(|subject| subject.contains("was linked"))).count() == 4
    );

    unlink(&world, &person, "github").send().await.expect(204);
    unlink(&world, &person, "github").send().await.problem("not-found");
    assert!(!world.links(&person).await.contains(&"github".to_owned()));
    // Who is no longer linked is nobody: this address is not verified.
    world.oauth("github", &identities[1].1).await.problem("email-unverified");
}

#[e2e::test]
async fn the_last_way_in_stays() {
    let world = World::start().await;
    let identity = Identity::invent();
    let person = world.person_of_provider("google", &identity).await;
    unlink(&world, &person, "google").send().await.problem("last-link");
    link(&world, &person, "github", &Identity::invent()).await.expect(302);
    unlink(&world, &person, "google").send().await.expect(204);
    unlink(&world, &person, "github").send().await.problem("last-link");
    assert_eq!(world.links(&person).await, ["github"]);
    // A password is a way in, where the phone is proved.
    let other = world.person().await;
    link(&world, &other, "google", &Identity::invent()).await.expect(302);
    unlink(&world, &other, "google").send().await.expect(204);
}

#[e2e::test]
async fn an_external_account_belongs_to_one_account_and_there_is_one_of_each() {
    let world = World::start().await;
    let (one, other) = (world.person().await, world.person().await);
    let identity = Identity::invent();
    link(&world, &one, "google", &identity).await.expect(302);
    link(&world, &other, "google", &identity).await.problem("link-conflict");
    assert!(world.links(&other).await.is_empty());
    world.post("/v1/me/links/google").bearer(&one.access).send().await.problem("link-conflict");
    assert_eq!(world.person_of_provider("google", &identity).await.user, one.user);

    // An address that Google has given to somebody else since is not the person's any more.
    let first = Identity::invent();
    world.person_of_provider("google", &first).await;
    let reissued = Identity { id: Identity::invent().id, ..first };
    let answer = world.oauth("google", &reissued).await;
    answer.problem("link-conflict");
    assert_eq!(answer.refresh_token(), None);
}

#[e2e::test]
async fn a_link_is_bound_to_its_browser_and_its_session() {
    let world = World::start().await;
    let (attacker, identity) = (world.person().await, Identity::invent());
    // Somebody has a victim follow an address that would link the victim's Google to the attacker's account.
    let begun = begin(&world, &attacker, "google").await;
    let path = world.at_provider(&begun, &identity).await;
    world.get(&path).send().await.problem("oauth-failed");
    assert!(world.links(&attacker).await.is_empty());
    // A session that has ended links nothing.
    let begun = begin(&world, &attacker, "google").await;
    let path = world.at_provider(&begun, &identity).await;
    world.delete("/v1/session").cookie(&attacker.refresh).send().await.expect(204);
    let answer = world.come_back(&path, &begun).send().await;
    assert!([400, 401].contains(&answer.status.as_u16()), "{}", answer.text());
    assert_ne!(world.person_of_provider("google", &identity).await.user, attacker.user);
}

#[e2e::test]
async fn links_are_ones_own_and_changes_of_them_recent() {
    let world = World::start().await;
    for answer in [
        world.get("/v1/me/links").send().await,
        world.post("/v1/me/links/google").send().await,
        world.delete("/v1/me/links/google").send().await,
        world.get("/v1/me/links").bearer("x.y.z").send().await,
        world.post("/v1/me/links/myspace").bearer("x.y.z").send().await,
    ] {
        answer.problem("unauthenticated");
    }
    let list = world.get("/v1/me/links").bearer(&world.person().await.access).send().await.expect(200).json();
    assert_eq!(list, json!({ "items": [], "next_cursor": null }));
    if world.has(Need::Clock) {
        let person = world.person().await;
        link(&world, &person, "google", &Identity::invent()).await.expect(302);
        world.advance(Duration::from_secs(599));
        begin(&world, &person, "github").await;
        world.advance(Duration::from_secs(1));
        world.post("/v1/me/links/github").bearer(&person.access).send().await.problem("reauthentication-required");
        unlink(&world, &person, "google").send().await.problem("reauthentication-required");
        assert_eq!(world.links(&person).await, ["google"]);
    }
}
