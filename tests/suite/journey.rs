//! From nothing to an account: the whole of sign-up.

use e2e::person::wrong;
use e2e::{Applicant, Person, World};
use serde_json::json;

#[e2e::test]
async fn sign_up_verify_sign_in_refresh_sign_out() {
    let world = World::start().await;
    let applicant = Applicant::invent();
    let answer = world.post("/v1/signup").json(&applicant.form()).send().await.expect(202);
    let verification = answer.json();
    assert_eq!(verification.as_object().unwrap().len(), 2, "{verification}");
    let expires: jiff::Timestamp = verification["expires_at"].as_str().unwrap().parse().unwrap();
    let minutes = expires.duration_since(world.now()).as_mins();
    assert!((9..=10).contains(&minutes), "a code is good for ten minutes");
    let id = verification["verification_id"].as_str().unwrap();
    assert_eq!(id.parse::<uuid::Uuid>().unwrap().get_version_num(), 4, "random, so that it cannot be guessed");

    let code = world.messages().code(&applicant.phone, 1).await;
    let answer = world.verify(id, &wrong(&code)).send().await;
    assert_eq!(answer.problem("otp-invalid")["attempts_left"], 4);
    let person = Person::of(&applicant, &world.verify(id, &code).send().await);
    world.verify(id, &code).send().await.problem("otp-expired");

    let again = Person::of(&applicant, &world.sign_in(&applicant).send().await);
    assert_eq!((again.user, again.tenant), (person.user, person.tenant));
    assert_ne!(again.session, person.session);

    let refreshed = Person::of(&applicant, &world.refresh(&person.refresh).send().await);
    assert_eq!(refreshed.session, person.session);
    assert_ne!(refreshed.refresh, person.refresh);

    let answer = world.delete("/v1/session").cookie(&refreshed.refresh).send().await.expect(204);
    assert_eq!(answer.refresh_token().as_deref(), Some(""), "the cookie is cleared");
    world.refresh(&refreshed.refresh).send().await.problem("session-invalid");
    let body = json!({ "purpose": "reauthenticate" });
    world.post("/v1/otp/start").bearer(&refreshed.access).json(&body).send().await.problem("unauthenticated");
    world.post("/v1/otp/start").bearer(&again.access).json(&body).send().await.problem("rate-limited");
}
