//! Who comes with an address that the provider vouches for.

use e2e::oauth::{Identity, claims};
use e2e::{Need, World};
use futures::future::join_all;
use serde_json::json;

#[e2e::test]
async fn a_new_account_is_made_once_and_needs_its_phone_verified() {
    let world = World::needing(&[Need::Databases]).start().await;
    for provider in ["google", "github", "linkedin"] {
        let mut identity = Identity::invent();
        (identity.first_name, identity.last_name) = ("Ada".to_owned(), "King Lovelace".to_owned());
        let begun = world.oauth_start(provider).await;
        let path = world.at_provider(&begun, &identity).await;
        let answer = world.come_back(&path, &begun).header("accept-language", "fr").send().await;
        let cookies = answer.set_cookies();
        assert!(cookies.iter().any(|cookie| {
            cookie.starts_with("refresh_token=")
                && cookie.ends_with("; Max-Age=604800; Path=/v1/session; HttpOnly; Secure; SameSite=Strict")
        }));
        assert!(
            cookies.contains(&"oauth_state=; Max-Age=0; Path=/v1/oauth; HttpOnly; Secure; SameSite=Lax".to_owned()),
            "{cookies:?}"
        );
        let person = world.signed_in(&identity, &answer).await;
        assert_eq!((&claims(&person)["phv"], &claims(&person)["lang"]), (&json!(false), &json!("fr")));
        let me = world.get("/v1/me").bearer(&person.access).send().await.expect(200).json();
        for (field, expected) in [
            ("email", json!(identity.email)),
            ("email_confirmed", json!(true)),
            ("phone", json!(null)),
            ("phone_verified", json!(false)),
            ("first_name", json!("Ada")),
            ("last_name", json!("King Lovelace")),
            ("has_password", json!(false)),
            ("links", json!([provider])),
            ("language", json!("fr")),
        ] {
            assert_eq!(me[field], expected, "{provider}: {field}");
        }
        assert_eq!(world.links(&person).await, [provider]);

        let brief = json!({ "brief": "a poster" });
        let generate = || world.post("/v1/generations").bearer(&person.access).json(&brief);
        generate().send().await.problem("phone-unverified");
        world.verify_phone(&person).await;
        generate().send().await.expect(201);

        // The second time it is the external id that counts, whatever has become of the address.
        let moved = Identity { email: "elsewhere@example.com".to_owned(), verified: false, ..identity.clone() };
        let again = world.person_of_provider(provider, &moved).await;
        assert_eq!((again.user, &claims(&again)["phv"]), (person.user, &json!(true)));
        let events = world.get("/v1/me/security-events").bearer(&again.access).send().await.expect(200).json();
        let kinds: Vec<_> =
            events["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect();
        assert_eq!(kinds.iter().filter(|kind| *kind == "sign-in").count(), 2, "{kinds:?}");
        assert_eq!(kinds.iter().filter(|kind| *kind == "link-added").count(), 1, "{kinds:?}");
    }
}

#[e2e::test]
async fn names_and_addresses_are_taken_only_if_they_are_sound() {
    let world = World::needing(&[Need::Databases]).start().await;
    let identity = Identity { first_name: "A\u{7}da".to_owned(), last_name: "x".repeat(101), ..Identity::invent() };
    let person = world.person_of_provider("google", &identity).await;
    let me = world.get("/v1/me").bearer(&person.access).send().await.expect(200).json();
    assert_eq!((&me["first_name"], &me["last_name"]), (&json!(null), &json!(null)));
    for email in ["", "no address", "ada@localhost"] {
        world.oauth("google", &Identity::of(email)).await.problem("email-unverified");
    }
}

#[e2e::test]
async fn many_first_sign_ins_at_once_make_one_account() {
    let world = World::needing(&[Need::OwnDatabases]).start().await;
    let identity = Identity::invent();
    let people = join_all((0..12).map(|_| world.person_of_provider("github", &identity))).await;
    assert!(people.iter().all(|person| person.user == people[0].user));
    assert_eq!(world.count("select count(*) from users").await, 1);
    assert_eq!(world.count("select count(*) from tenants").await, 1);
    assert_eq!(world.count("select count(*) from links").await, 1);
}

#[e2e::test]
async fn a_provider_that_does_not_answer_changes_nothing() {
    // Nobody listens on port 1.
    let world = World::needing(&[Need::OwnDatabases]).variable("google_token_url", "http://127.0.0.1:1").start().await;
    let before = world.count("select count(*) from users").await;
    let answer = world.oauth("google", &Identity::invent()).await;
    answer.problem("unavailable");
    assert_eq!(answer.refresh_token(), None);
    assert_eq!(world.count("select count(*) from users").await, before);
    // The others go on.
    world.person_of_provider("github", &Identity::invent()).await;
}

#[e2e::test]
async fn a_provider_that_is_not_configured_is_not_there() {
    let world = World::needing(&[]).variable("google_client_id", "").variable("google_token_url", "").start().await;
    let person = world.person().await;
    for name in ["google", "myspace", "Google", "%ff", "github%00"] {
        world.get(&format!("/v1/oauth/{name}/start")).send().await.problem("not-found");
        world.get(&format!("/v1/oauth/{name}/callback?code=x&state=y")).send().await.problem("not-found");
        world.post(&format!("/v1/me/links/{name}")).bearer(&person.access).send().await.problem("not-found");
        world.delete(&format!("/v1/me/links/{name}")).bearer(&person.access).send().await.problem("not-found");
    }
    world.get("/v1/oauth/github/start").send().await.expect(302);
    world.get("/readyz").send().await.expect(200);
}

#[e2e::test]
async fn a_blocked_account_stays_out() {
    let world = World::needing(&[Need::Databases]).start().await;
    let identity = Identity::invent();
    let person = world.person_of_provider("linkedin", &identity).await;
    let block = "update users set blocked_at = created_at where id = $1";
    world.accounts().await.execute(block, &[&person.user]).await.unwrap();
    for provider in ["linkedin", "github"] {
        let answer = world.oauth(provider, &identity).await;
        answer.problem("account-blocked");
        assert_eq!(answer.refresh_token(), None);
    }
}
