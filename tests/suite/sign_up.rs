//! `POST /v1/signup`: what is taken, what is refused, and how long a sign-up without a verified phone lasts.

use std::time::Duration;

use e2e::contract::DAY;
use e2e::{Applicant, Need, Person, World};
use serde_json::json;

#[e2e::test]
async fn every_bad_value_is_named_with_its_field() {
    let world = World::start().await;
    let good = Applicant::invent().form();
    let mut all_bad = json!({
        "email": "nobody", "password": "short", "phone": "0612345678", "first_name": "", "last_name": "a\u{0}b",
    });
    let answer = world.post("/v1/signup").json(&all_bad).send().await;
    assert_eq!(answer.bad_fields(), ["email", "password", "phone", "first_name", "last_name"]);
    all_bad["first_name"] = json!("x".repeat(101));
    assert_eq!(world.post("/v1/signup").json(&all_bad).send().await.bad_fields().len(), 5);

    let long = "x".repeat(129);
    let bad = [
        ("email", json!("a@b")),
        ("email", json!("two@at@mail.example")),
        ("email", json!("Ada <ada@mail.example>")),
        ("email", json!(format!("{}@mail.example", "a".repeat(250)))),
        ("email", json!("ada@mail.example\r\nBcc: eve@mail.example")),
        ("password", json!("eleven char")),
        ("password", json!(long)),
        ("password", json!("password1234")),
        ("password", json!("aaaaaaaaaaaaaaaa")),
        ("phone", json!("+0612345678")),
        ("phone", json!("+33")),
        ("phone", json!("+3361234567890123")),
        ("phone", json!("+33six123456")),
    ];
    for (field, value) in bad {
        let mut form = good.clone();
        form[field] = value;
        assert_eq!(world.post("/v1/signup").json(&form).send().await.bad_fields(), [field], "{form}");
    }
}

#[e2e::test]
async fn an_address_is_one_account_however_it_is_written() {
    let world = World::needing(&[Need::Databases]).start().await;
    let mut applicant = Applicant::invent();
    let plain = applicant.email.clone();
    applicant.email = format!("  {} ", plain.to_uppercase());
    let spaced = [&applicant.phone[..3], " ", &applicant.phone[3..4], " ", &applicant.phone[4..]].concat();
    let form = json!({ "email": applicant.email, "password": applicant.password, "phone": spaced });
    let id = world.post("/v1/signup").json(&form).send().await.expect(202).json()["verification_id"].as_str().unwrap().to_owned();
    let code = world.messages().code(&applicant.phone, 1).await;
    let person = Person::of(&applicant, &world.verify(&id, &code).send().await);

    let row = world.accounts().await.query_one("select email, phone from users where id = $1", &[&person.user]).await.unwrap();
    assert_eq!((row.get::<_, String>(0), row.get::<_, String>(1)), (plain.clone(), applicant.phone.clone()));
    applicant.email = plain;
    assert_eq!(Person::of(&applicant, &world.sign_in(&applicant).send().await).user, person.user);
}

#[e2e::test]
async fn an_unverified_sign_up_holds_nobodys_email() {
    let world = World::needing(&[Need::Databases]).start().await;
    let squatter = Applicant::invent();
    let old = world.sign_up(&squatter).await;
    let old_code = world.messages().code(&squatter.phone, 1).await;

    let owner = Applicant { email: squatter.email.clone(), ..Applicant::invent() };
    let person = world.person_of(&owner).await;
    world.verify(&old, &old_code).send().await.problem("otp-expired");
    world.resend(&old).send().await.problem("otp-expired");
    world.sign_in(&squatter).send().await.problem("credentials-invalid");

    let client = world.accounts().await;
    let rows = client.query("select id, phone from users where email = $1", &[&owner.email]).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].get::<_, uuid::Uuid>(0), rows[0].get::<_, String>(1)), (person.user, owner.phone.clone()));
    let orphans = "select count(*) from tenants t where not exists (select from users u where u.tenant_id = t.id)";
    assert_eq!(world.count(orphans).await, 0, "the tenant went with it");
}

#[e2e::test]
async fn an_unverified_sign_up_is_gone_after_a_day() {
    let world = World::needing(&[Need::Clock, Need::OwnDatabases]).start().await;
    let applicant = Applicant::invent();
    let id = world.sign_up(&applicant).await;
    let code = world.messages().code(&applicant.phone, 1).await;
    assert_eq!(world.sign_in(&applicant).send().await.problem("phone-unverified")["status"], 403);

    world.advance(DAY + Duration::from_secs(1));
    world.verify(&id, &code).send().await.problem("otp-expired");
    world.sign_in(&applicant).send().await.problem("credentials-invalid");
    // Whoever signs up next takes what is too old along.
    world.sign_up(&Applicant::invent()).await;
    let gone = format!("select count(*) from users where email = '{}'", applicant.email);
    assert_eq!(world.count(&gone).await, 0);
    assert_eq!((world.count("select count(*) from users").await, world.count("select count(*) from tenants").await), (1, 1));
    assert_eq!(world.count("select count(*) from user_keys").await, 1, "its salt went with it");
}

#[e2e::test]
async fn parallel_sign_ups_with_one_email_leave_one_account() {
    let world = World::needing(&[Need::Databases]).start().await;
    let first = Applicant::invent();
    let all: Vec<_> = (0..6).map(|_| Applicant { email: first.email.clone(), ..Applicant::invent() }).collect();
    let answers = futures::future::join_all(all.iter().map(|one| world.post("/v1/signup").json(&one.form()).send())).await;
    assert!(answers.into_iter().all(|answer| answer.expect(202).json()["verification_id"].is_string()));
    let mine = format!("select count(*) from users u join user_keys k on k.user_id = u.id where u.email = '{}'", first.email);
    let orphans = "select count(*) from tenants t where not exists (select from users u where u.tenant_id = t.id)";
    assert_eq!((world.count(&mine).await, world.count(orphans).await), (1, 0));
}

#[e2e::test]
async fn only_allowed_countries_get_messages() {
    let world = World::needing(&[Need::OwnDatabases]).variable("sms_prefixes", "+33, +41").start().await;
    let mut applicant = Applicant::invent();
    applicant.phone = applicant.phone.replace("+336", "+4479");
    assert_eq!(world.post("/v1/signup").json(&applicant.form()).send().await.bad_fields(), ["phone"]);
    applicant.phone = applicant.phone.replace("+4479", "+4179");
    world.sign_up(&applicant).await;
    let code = world.messages().code(&applicant.phone, 1).await;
    assert_eq!((code.len(), world.messages().all().await.len()), (6, 1));
}
