//! Hijack by pre-registration: somebody signs up with another person's address and waits for them to come.

use e2e::oauth::{Identity, claims};
use e2e::{Applicant, World};
use serde_json::json;

#[e2e::test]
async fn promise_a05_who_registered_anothers_address_keeps_nothing() {
    let world = World::start().await;
    let victim = Identity::invent();
    // The attacker has the victim's address and a phone of their own, and gets a working account.
    let applicant = Applicant { email: victim.email.clone(), ..Applicant::invent() };
    let attacker = world.person_of(&applicant).await;
    // They link what is theirs, and keep a second session, a code on its way and a link on its way.
    let theirs = Identity::invent();
    let link = |provider: &str| world.post(&format!("/v1/me/links/{provider}")).bearer(&attacker.access).send();
    let answer = link("github").await.expect(200);
    let begun = e2e::oauth::Begun::of(answer.json()["url"].as_str().unwrap(), &answer);
    let path = world.at_provider(&begun, &theirs).await;
    world.come_back(&path, &begun).send().await.expect(302);
    let second = world.again(&attacker).await;
    let other_phone = Applicant::invent().phone;
    let body = json!({ "purpose": "phone", "phone": other_phone });
    let started = world.post("/v1/otp/start").bearer(&attacker.access).json(&body).send().await.expect(202).json();
    let waiting_code = world.messages().code(&other_phone, 1).await;
    let answer = link("linkedin").await.expect(200);
    let waiting_link = e2e::oauth::Begun::of(answer.json()["url"].as_str().unwrap(), &answer);
    let waiting_path = world.at_provider(&waiting_link, &theirs).await;

    // The owner comes, with a provider that vouches for the address.
    let owner = world.person_of_provider("google", &victim).await;
    assert_eq!(owner.user, attacker.user);
    assert_eq!(claims(&owner)["phv"], false);

    // Sessions, password, link, code and link on their way: nothing of it opens anything.
    for session in [&attacker, &second] {
        world.get("/v1/me").bearer(&session.access).send().await.problem("unauthenticated");
        world.refresh(&session.refresh).send().await.problem("session-invalid");
    }
    world.sign_in(&applicant).send().await.problem("credentials-invalid");
    let id = started["verification_id"].as_str().unwrap();
    let verified = world.verify(id, &waiting_code).bearer(&attacker.access).send().await;
    assert!(verified.status.is_client_error(), "{}", verified.text());
    let linked = world.come_back(&waiting_path, &waiting_link).send().await;
    assert!(linked.status.is_client_error(), "{}", linked.text());
    let elsewhere = world.person_of_provider("github", &theirs).await;
    assert_ne!(elsewhere.user, owner.user);
    // The owner is told, and finds neither the phone nor the links of the other.
    let secured = async || {
        let mails = world.messages().to(&victim.email).await;
        mails.into_iter().find(|mail| mail.subject.as_deref().is_some_and(|subject| subject.contains("was secured")))
    };
    e2e::wait::until("the mail to the owner", secured).await;
    let me = world.get("/v1/me").bearer(&owner.access).send().await.expect(200).json();
    for (field, expected) in [
        ("phone", json!(null)),
        ("phone_verified", json!(false)),
        ("has_password", json!(false)),
        ("email_confirmed", json!(true)),
        ("links", json!(["google"])),
    ] {
        assert_eq!(me[field], expected, "{field}");
    }
    // The phone that was theirs is free for the owner's account to verify its own.
    world.verify_phone(&owner).await;
}

#[e2e::test]
async fn promise_a05_a_sign_up_that_proved_nothing_gives_way() {
    let world = World::start().await;
    let victim = Identity::invent();
    let applicant = Applicant { email: victim.email.clone(), ..Applicant::invent() };
    let verification = world.sign_up(&applicant).await;
    let code = world.messages().code(&applicant.phone, 1).await;
    let owner = world.person_of_provider("github", &victim).await;
    world.verify(&verification, &code).send().await.problem("otp-expired");
    world.sign_in(&applicant).send().await.problem("credentials-invalid");
    assert_eq!(world.links(&owner).await, ["github"]);
}

#[e2e::test]
async fn promise_a04_an_email_is_one_account_whatever_the_way_in() {
    let world = World::start().await;
    let identity = Identity::invent();
    let first = world.person_of_provider("google", &identity).await;
    let shouted = identity.email.to_uppercase();
    for provider in ["github", "linkedin"] {
        let person = world.person_of_provider(provider, &Identity::of(&format!(" {shouted} "))).await;
        assert_eq!(person.user, first.user, "{provider}");
    }
    let mut links = world.links(&first).await;
    links.sort();
    assert_eq!(links, ["github", "google", "linkedin"]);
    // A sign-up with the address is a decoy.
    let applicant = Applicant { email: format!(" {shouted}"), ..Applicant::invent() };
    world.sign_up(&applicant).await;
    let mails = world.messages().wait(&identity.email, 3).await;
    assert!(mails.iter().any(|mail| mail.subject.as_deref().is_some_and(|subject| subject.contains("already"))), "{mails:?}");
    assert!(world.messages().to(&applicant.phone).await.is_empty());
}
