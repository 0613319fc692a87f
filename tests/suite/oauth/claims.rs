//! Addresses that a provider does not vouch for: nobody learns whether we know them, and they join after they have confirmed it.

use std::time::Duration;

use e2e::oauth::{Identity, claims};
use e2e::{Answer, Applicant, Need, World};
use serde_json::json;

/// What an answer looks like but for what varies with each.
fn shape(answer: &Answer) -> (Vec<(String, String)>, String) {
    let id = answer.header("x-request-id").unwrap().to_owned();
    (answer.shape(), answer.text().replace(&id, ""))
}

#[e2e::test]
async fn an_unverified_address_gets_the_same_answer_known_or_not() {
    let world = World::start().await;
    let known = world.person().await;
    let mut shapes = Vec::new();
    for provider in ["google", "github", "linkedin", "facebook"] {
        for email in [known.applicant.email.as_str(), &Applicant::invent().email] {
            let identity = Identity { verified: false, ..Identity::of(email) };
            let answer = world.oauth(provider, &identity).await;
            answer.problem("email-unverified");
            assert_eq!(answer.refresh_token(), None);
            shapes.push(shape(&answer));
        }
    }
    // Google's and Facebook's claims look like the others, too.
    let claimed = world.oauth("google", &Identity::of(&known.applicant.email)).await;
    shapes.push(shape(&claimed));
    assert!(shapes.iter().all(|shape| *shape == shapes[0]), "{shapes:?}");
    assert!(world.links(&known).await.is_empty());
}

#[e2e::test]
async fn both_known_and_unknown_addresses_are_written_to() {
    let world = World::start().await;
    let known = world.person().await;
    // The mail that asks a new account to confirm its address comes first.
    world.messages().wait(&known.applicant.email, 1).await;
    for provider in ["google", "facebook"] {
        for email in [known.applicant.email.clone(), Applicant::invent().email] {
            let before = world.messages().to(&email).await.len();
            world.oauth(provider, &Identity::of(&email)).await.problem("email-unverified");
            let mail = world.messages().wait(&email, before + 1).await.remove(0);
            assert!(mail.text.contains("/confirm-sign-in#token="), "{}", mail.text);
            assert!(!mail.text.contains("?token="));
        }
    }
    // Not as often as somebody likes.
    let email = Applicant::invent().email;
    for _ in 0..6 {
        world.oauth("facebook", &Identity::of(&email)).await.problem("email-unverified");
    }
    // Each try makes a call of `notify`; three of them are mails.
    world.messages().wait(&email, 3).await;
    world.oauth("facebook", &Identity::of(&known.applicant.email)).await.problem("email-unverified");
    assert_eq!(world.messages().to(&email).await.len(), 3);
}

/// The token of the newest mail to an address.
async fn token(world: &World, email: &str, count: usize) -> String {
    let text = world.messages().wait(email, count).await.remove(0).text;
    let rest = text.split("/confirm-sign-in#token=").nth(1).unwrap_or_else(|| panic!("no token in {text}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

/// By the address that takes the token of every mail.
fn confirm_email(world: &World, token: &str) -> e2e::http::Call {
    world.post("/v1/email/confirm").json(&json!({ "token": token }))
}

fn confirm(world: &World, token: &str) -> e2e::http::Call {
    world.post("/v1/oauth/confirm").json(&json!({ "token": token }))
}

#[e2e::test]
async fn promise_a05_a_claimed_address_joins_after_it_has_confirmed_it() {
    let world = World::start().await;
    for provider in ["google", "facebook"] {
        // Nobody we know: the account is made when the address confirms.
        let fresh = Identity { first_name: "Ada".to_owned(), ..Identity::of(&Applicant::invent().email) };
        world.oauth(provider, &fresh).await.problem("email-unverified");
        let link = token(&world, &fresh.email, 1).await;
        let answer = confirm(&world, &link).send().await.expect(204);
        assert!(answer.set_cookies().is_empty(), "it opens no session");
        confirm(&world, &link).send().await.problem("oauth-failed");
        let person = world.person_of_provider(provider, &fresh).await;
        assert_eq!(claims(&person)["phv"], false);
        let me = world.get("/v1/me").bearer(&person.access).send().await.expect(200).json();
        assert_eq!((&me["email"], &me["first_name"]), (&json!(fresh.email), &json!("Ada")));

        // An account whose own address was confirmed: it is joined, and everything in it stays.
        let known = world.person_of_provider("github", &Identity::invent()).await;
        let claim = Identity::of(&known.applicant.email);
        // Gmail's own addresses Google does vouch for, so that only Facebook's are claims.
        if provider == "facebook" {
            world.oauth(provider, &claim).await.problem("email-unverified");
            assert_eq!(world.links(&known).await, ["github"]);
            confirm(&world, &token(&world, &claim.email, 1).await).send().await.expect(204);
            assert_eq!(world.person_of_provider(provider, &claim).await.user, known.user);
            world.get("/v1/me").bearer(&known.access).send().await.expect(200);
        }

        // An account whose address never was: whoever opened it keeps nothing.
        let squatter = world.person().await;
        let owner = Identity::of(&squatter.applicant.email);
        let mails = world.messages().to(&owner.email).await.len();
        world.oauth(provider, &owner).await.problem("email-unverified");
        world.get("/v1/me").bearer(&squatter.access).send().await.expect(200);
        confirm(&world, &token(&world, &owner.email, mails + 1).await).send().await.expect(204);
        world.get("/v1/me").bearer(&squatter.access).send().await.problem("unauthenticated");
        world.sign_in(&squatter.applicant).send().await.problem("credentials-invalid");
        assert_eq!(world.person_of_provider(provider, &owner).await.user, squatter.user);
    }
}

#[e2e::test]
async fn a_claims_token_is_one_of_ours_the_newest_and_an_hour_old_at_most() {
    let world = World::start().await;
    for bad in ["", "x", &"a".repeat(43), "é"] {
        confirm(&world, bad).send().await.problem("oauth-failed");
    }
    assert_eq!(world.post("/v1/oauth/confirm").json(&json!({})).send().await.bad_fields(), ["token"]);
    let identity = Identity::of(&Applicant::invent().email);
    world.oauth("facebook", &identity).await.problem("email-unverified");
    let first = token(&world, &identity.email, 1).await;
    world.oauth("facebook", &identity).await.problem("email-unverified");
    let second = token(&world, &identity.email, 2).await;
    confirm(&world, &first).send().await.problem("oauth-failed");
    if world.has(Need::Clock) {
        world.advance(Duration::from_hours(1));
        confirm(&world, &second).send().await.problem("oauth-failed");
        world.oauth("facebook", &identity).await.problem("email-unverified");
    } else {
        confirm(&world, &second).send().await.expect(204);
    }
}

#[e2e::test]
async fn promise_a05_the_address_that_takes_every_mails_token_takes_a_claims_as_well() {
    let world = World::start().await;
    // An account whose own address was confirmed is joined; nothing in it changes, and its owner is told.
    let known = world.person_of_provider("github", &Identity::invent()).await;
    let claim = Identity::of(&known.applicant.email);
    world.oauth("facebook", &claim).await.problem("email-unverified");
    let link = token(&world, &claim.email, 1).await;
    let answer = confirm_email(&world, &link).send().await.expect(204);
    assert!(answer.set_cookies().is_empty(), "it opens no session");
    confirm_email(&world, &link).send().await.problem("token-expired");
    confirm(&world, &link).send().await.problem("oauth-failed");
    world.get("/v1/me").bearer(&known.access).send().await.expect(200);
    assert_eq!(world.person_of_provider("facebook", &claim).await.user, known.user);
    world.messages().wait(&claim.email, 2).await;
    // Another Facebook account cannot take the place of the first.
    let second = Identity::of(&known.applicant.email);
    world.oauth("facebook", &second).await.problem("email-unverified");
    let link = token(&world, &second.email, 3).await;
    confirm_email(&world, &link).send().await.problem("link-conflict");

    // One that never was loses what somebody else put there, with or without a bearer of theirs.
    let squatter = world.person().await;
    let owner = Identity::of(&squatter.applicant.email);
    world.messages().wait(&owner.email, 1).await;
    world.oauth("facebook", &owner).await.problem("email-unverified");
    let link = token(&world, &owner.email, 2).await;
    confirm_email(&world, &link).bearer(&squatter.access).send().await.expect(204);
    world.get("/v1/me").bearer(&squatter.access).send().await.problem("unauthenticated");
    world.sign_in(&squatter.applicant).send().await.problem("credentials-invalid");
    assert_eq!(world.person_of_provider("facebook", &owner).await.user, squatter.user);
}
