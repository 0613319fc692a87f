//! `GET /v1/me`.

use e2e::contract::ACCESS;
use e2e::{Applicant, Need, Person, World};
use serde_json::{Value, json};

#[e2e::test]
async fn an_account_is_shown_in_full() {
    let world = World::start().await;
    let applicant = Applicant::invent();
    let mut form = applicant.form();
    form["first_name"] = "Ada".into();
    let before = jiff::Timestamp::now();
    let answer = world.post("/v1/signup").json(&form).header("accept-language", "fr").send().await.expect(202);
    let id = answer.json()["verification_id"].as_str().unwrap().to_owned();
    let code = world.messages().code(&applicant.phone, 1).await;
    let person = Person::of(&applicant, &world.verify(&id, &code).send().await);

    let mut account = world.get("/v1/me").bearer(&person.access).send().await.expect(200).json();
    for time in ["created_at", "authenticated_at"] {
        let time: jiff::Timestamp = account.as_object_mut().unwrap().remove(time).unwrap().as_str().unwrap().parse().unwrap();
        assert!(!world.has(Need::Clock) || time >= before, "{time}");
    }
    let version = account.as_object_mut().unwrap().remove("policy_version").unwrap();
    assert!(version.as_str().unwrap().parse::<jiff::civil::Date>().is_ok());
    let expected = json!({
        "id": person.user, "email": applicant.email, "email_confirmed": false, "pending_email": null,
        "phone": applicant.phone, "phone_verified": true, "first_name": "Ada", "last_name": null, "language": "fr",
        "plan": "free", "tenant_id": person.tenant, "role": "owner", "has_password": true, "links": [],
        "restricted_at": null, "objected_at": null,
    });
    assert_eq!(account, expected);
}

#[e2e::test]
async fn an_account_is_shown_to_its_own_session_only() {
    let world = World::start().await;
    let (one, other) = (world.person().await, world.person().await);
    let mine = |answer: Value| answer["email"].as_str().unwrap().to_owned();
    for person in [&one, &other] {
        let answer = world.get("/v1/me").bearer(&person.access).send().await.expect(200);
        assert_eq!(mine(answer.json()), person.applicant.email);
    }
    world.get("/v1/me").send().await.problem("unauthenticated");
    world.get("/v1/me").bearer("x.y.z").send().await.problem("unauthenticated");
    world.delete("/v1/session").cookie(&one.refresh).send().await.expect(204);
    for path in ["/v1/me", "/v1/me/security-events", "/v1/me/security-events?limit=0"] {
        world.get(path).bearer(&one.access).send().await.problem("unauthenticated");
    }
    world.get("/v1/me").bearer(&other.access).send().await.expect(200);
    if world.has(Need::Clock) {
        world.advance(ACCESS);
        world.get("/v1/me").bearer(&other.access).send().await.problem("unauthenticated");
    }
}
