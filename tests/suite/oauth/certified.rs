//! Against a certified `OpenID` provider (npm `oidc-provider`): what it sends is taken, and each thing that can be wrong is refused.

use e2e::oauth::{Begun, Certified, Identity};
use e2e::world::Builder;
use e2e::{Answer, Need, World};

const PUBLIC_URL: &str = "https://asknpic.test";

async fn world(like: &'static str) -> (World, Certified) {
    let certified = Certified::start(like, PUBLIC_URL).await;
    let set = |builder: Builder, (name, value): (String, String)| builder.variable(&name, value);
    let world = certified.variables().into_iter().fold(World::needing(&[Need::OwnDatabases]), set).start().await;
    assert_eq!(world.public_url(), PUBLIC_URL);
    (world, certified)
}

async fn come_back(world: &World, certified: &Certified, begun: &Begun, identity: &Identity) -> Answer {
    let path = world.own_path(&certified.visit(begun, identity).await);
    world.come_back(&path, begun).send().await
}

async fn sign_in(world: &World, certified: &Certified, like: &str, identity: &Identity) -> Answer {
    let begun = world.oauth_start(like).await;
    come_back(world, certified, &begun, identity).await
}

#[e2e::test]
async fn a_certified_provider_signs_in() {
    for like in ["google", "linkedin"] {
        let (world, certified) = world(like).await;
        let identity = Identity { first_name: "Ada".to_owned(), ..Identity::invent() };
        let person = world.signed_in(&identity, &sign_in(&world, &certified, like, &identity).await).await;
        let me = world.get("/v1/me").bearer(&person.access).send().await.expect(200).json();
        assert_eq!((&me["email"], &me["first_name"]), (&identity.email.as_str().into(), &"Ada".into()));
        // A key that the provider has brought in since is fetched.
        certified.break_next("rotated").await;
        let again = world.signed_in(&identity, &sign_in(&world, &certified, like, &identity).await).await;
        assert_eq!(again.user, person.user);
        let unverified = Identity { verified: false, ..Identity::invent() };
        sign_in(&world, &certified, like, &unverified).await.problem("email-unverified");
        assert_eq!(world.count("select count(*) from users").await, 1);
    }
}

#[e2e::test]
async fn each_thing_that_can_be_wrong_with_a_token_is_refused() {
    for like in ["google", "linkedin"] {
        let (world, certified) = world(like).await;
        let all = [
            "issuer",
            "audience",
            "second-audience",
            "party",
            "expiry",
            "future",
            "nonce",
            "no-nonce",
            "key",
            "unknown-kid",
            "critical",
            "unsigned",
            "symmetric",
            "claims",
        ];
        // LinkedIn leaves the nonce out; a wrong one is refused all the same.
        for what in all.into_iter().filter(|what| like == "google" || *what != "no-nonce") {
            certified.break_next(what).await;
            let answer = sign_in(&world, &certified, like, &Identity::invent()).await;
            answer.problem("oauth-failed");
            assert_eq!(answer.refresh_token(), None, "{what}");
            assert_eq!(world.count("select count(*) from users").await, 0, "{what}");
        }
        // And what was wrong with none of them.
        let identity = Identity::invent();
        world.signed_in(&identity, &sign_in(&world, &certified, like, &identity).await).await;
    }
}

#[e2e::test]
async fn state_nonce_and_challenge_that_were_changed_on_the_way_are_refused() {
    let (world, certified) = world("google").await;
    for (name, value) in [
        ("state", "a".repeat(43)),
        ("nonce", "a".repeat(43)),
        // Of another verifier: the provider itself refuses the code.
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned()),
    ] {
        let begun = world.oauth_start("google").await.with(name, &value);
        let answer = come_back(&world, &certified, &begun, &Identity::invent()).await;
        answer.problem("oauth-failed");
        assert_eq!(answer.refresh_token(), None, "{name}");
    }
    // A code that was stolen from one browser and brought back in another: the verifier does not fit.
    let (victim, thief) = (world.oauth_start("google").await, world.oauth_start("google").await);
    let identity = Identity::invent();
    let stolen = world.own_path(&certified.visit(&victim, &identity).await);
    let code = e2e::oauth::parameters(&stolen)["code"].clone();
    let own = world.own_path(&certified.visit(&thief, &Identity::invent()).await);
    world.come_back(&e2e::oauth::with(&own, "code", &code), &thief).send().await.problem("oauth-failed");
    assert_eq!(world.count("select count(*) from users").await, 0);
}
