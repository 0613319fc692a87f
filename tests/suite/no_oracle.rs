//! Nobody can find out by signing up whether an email has an account (contract, *No oracle*).

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use e2e::contract::LOCK;
use e2e::crypto::mac;
use e2e::jwt::key_bytes;
use e2e::wait::until;
use e2e::{Answer, Applicant, Need, World};
use serde_json::Value;
use uuid::Uuid;

const MINUTE: Duration = Duration::from_secs(61);

/// What an attacker sees of an answer: everything but what is random or a moment's difference in time.
fn seen(answer: &Answer) -> (Vec<(String, String)>, Value) {
    let mut body = answer.json();
    for (name, value) in body.as_object_mut().unwrap() {
        if ["verification_id", "expires_at", "request_id"].contains(&name.as_str()) {
            *value = "varies".into();
        }
    }
    let mut shape = answer.shape();
    // A time has as many digits as it needs.
    shape.retain(|(name, _)| name != "content-length" || body["expires_at"].is_null());
    for (name, value) in &mut shape {
        if name == "retry-after" {
            *value = format!("about {} s", value.parse::<u64>().unwrap().div_ceil(60) * 60);
        }
    }
    (shape, body)
}

fn taken(owner: &Applicant) -> Applicant {
    Applicant { email: owner.email.clone(), ..Applicant::invent() }
}

fn id(answer: &Answer) -> String {
    answer.json()["verification_id"].as_str().unwrap().to_owned()
}

#[e2e::test]
async fn a_taken_email_answers_like_a_fresh_one_and_its_owner_is_told() {
    let world = World::needing(&[Need::OwnDatabases, Need::Logs]).start().await;
    let owner = world.person().await;
    let (attacker, fresh) = (taken(&owner.applicant), Applicant::invent());
    let calls = || world.requests_of("notify").len();
    let before = 2;
    until("the calls of the owner's sign-up", async || (calls() == before).then_some(())).await;
    let decoy = world.post("/v1/signup").json(&attacker.form()).send().await.expect(202);
    let told = world.messages().wait_told(&owner.applicant.email, 1).await;
    until("the one call for the taken email", async || (calls() == before + 1).then_some(())).await;
    let real = world.post("/v1/signup").json(&fresh.form()).send().await.expect(202);
    world.messages().wait(&fresh.phone, 1).await;
    until("the one call for the fresh email", async || (calls() == before + 2).then_some(())).await;

    assert_eq!(seen(&decoy), seen(&real));
    assert_eq!(id(&decoy).parse::<Uuid>().unwrap().get_version_num(), 4);
    assert_eq!((told[0].channel.as_str(), told.len()), ("email", 1));
    assert!(world.messages().to(&attacker.phone).await.is_empty(), "no code for a decoy");
    let text = format!("{} {}", told[0].subject.as_deref().unwrap_or_default(), told[0].text);
    assert!(!text.contains(&attacker.phone) && !text.contains(&attacker.password));
    // And the account is as it was.
    assert_eq!(world.again(&owner).await.user, owner.user);
    let sql = "select count(*) from users where email = $1 and phone = $2";
    let row = world.accounts().await.query_one(sql, &[&owner.applicant.email, &owner.applicant.phone]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 1);
}

#[e2e::test]
async fn a_decoy_goes_through_the_same_tries_locks_and_block() {
    let world = World::needing(&[Need::Clock, Need::OwnDatabases]).start().await;
    let owner = world.person().await;
    let real = Applicant::invent();
    let real_id = world.sign_up(&real).await;
    let decoy_id = world.sign_up(&taken(&owner.applicant)).await;
    let both = [real_id, decoy_id];

    let mut blocked = false;
    for round in 0..3 {
        if round > 0 {
            world.advance(LOCK);
            let expired = [world.verify(&both[0], "000000").send().await, world.verify(&both[1], "000000").send().await];
            expired[0].problem("otp-expired");
            assert_eq!(seen(&expired[0]), seen(&expired[1]));
            let resent = [world.resend(&both[0]).send().await.expect(202), world.resend(&both[1]).send().await.expect(202)];
            assert_eq!(seen(&resent[0]), seen(&resent[1]));
        }
        let code = world.messages().code(&real.phone, round + 1).await;
        let guess = e2e::person::wrong(&code);
        for left in (0..5).rev() {
            let answers = [world.verify(&both[0], &guess).send().await, world.verify(&both[1], &guess).send().await];
            assert_eq!(answers[0].problem("otp-invalid")["attempts_left"], left);
            assert_eq!(seen(&answers[0]), seen(&answers[1]));
        }
        let locked = [world.verify(&both[0], &code).send().await, world.verify(&both[1], &code).send().await];
        assert_eq!(seen(&locked[0]), seen(&locked[1]), "round {round}");
        let resend = [world.resend(&both[0]).send().await, world.resend(&both[1]).send().await];
        assert_eq!(seen(&resend[0]), seen(&resend[1]), "round {round}");
        if round == 2 {
            locked[0].problem("account-blocked");
            resend[0].problem("account-blocked");
            blocked = true;
        } else {
            locked[0].problem("otp-locked");
            resend[0].problem("otp-locked");
        }
    }
    assert!(blocked);
    // The owner of the email is not touched by what happened to the decoy.
    assert_eq!(world.again(&owner).await.user, owner.user);
}

#[e2e::test]
async fn a_decoy_never_verifies_not_even_with_the_code_that_is_stored_for_it() {
    let world = World::needing(&[Need::Keys, Need::OwnDatabases]).start().await;
    let owner = world.person().await;
    let client = world.accounts().await;
    client.execute("delete from verifications", &[]).await.unwrap();
    let decoy = world.sign_up(&taken(&owner.applicant)).await;
    let row = client.query_one("select code, user_id from verifications", &[]).await.unwrap();
    assert_eq!(row.get::<_, Option<Uuid>>(1), None);

    let stored = row.get::<_, Vec<u8>>(0);
    let key = key_bytes(world.variable("otp_key"));
    let decoy_id: Uuid = decoy.parse().unwrap();
    let code = (0..1_000_000)
        .map(|number| format!("{number:06}"))
        .find(|code| mac(&key, "code", &[decoy_id.as_bytes(), code.as_bytes()]) == stored)
        .expect("the code of the decoy, by trying all of them with the server's own key");
    let right = world.verify(&decoy, &code).send().await;
    let wrong = world.verify(&decoy, &e2e::person::wrong(&code)).send().await;
    assert_eq!(right.problem("otp-invalid")["attempts_left"], 4);
    assert_eq!(wrong.problem("otp-invalid")["attempts_left"], 3);
    assert_eq!(world.count("select count(*) from sessions").await, 1, "the owner's own");
    // An id is stored as a keyed hash, so that whoever reads the table cannot use it.
    let id = client.query_one("select id from verifications", &[]).await.unwrap().get::<_, String>(0);
    assert!(!id.contains(&decoy) && BASE64_URL_SAFE_NO_PAD.decode(&id).is_ok_and(|bytes| bytes.len() == 16), "{id}");
}

#[e2e::test]
async fn resends_of_a_decoy_are_limited_alike_and_send_nothing() {
    let world = World::needing(&[Need::Clock, Need::OwnDatabases, Need::Logs]).start().await;
    let owner = world.person().await;
    let (attacker, fresh) = (taken(&owner.applicant), Applicant::invent());
    let both = [world.sign_up(&fresh).await, world.sign_up(&attacker).await];
    let soon = [world.resend(&both[0]).send().await, world.resend(&both[1]).send().await];
    soon[0].problem("rate-limited");
    assert_eq!(seen(&soon[0]), seen(&soon[1]));
    world.messages().wait_told(&owner.applicant.email, 1).await;
    world.messages().wait(&fresh.phone, 1).await;
    until("the calls of three sign-ups", async || (world.requests_of("notify").len() == 4).then_some(())).await;
    for sent in 2..=6 {
        world.advance(MINUTE);
        let calls = world.requests_of("notify").len();
        let answers = [world.resend(&both[0]).send().await, world.resend(&both[1]).send().await];
        assert_eq!(seen(&answers[0]), seen(&answers[1]), "resend {sent}");
        if sent == 6 {
            answers[0].problem("rate-limited");
        } else {
            answers[0].clone().expect(202);
            world.messages().wait(&fresh.phone, sent).await;
            let both_called = async || (world.requests_of("notify").len() == calls + 2).then_some(());
            until("one call of notify for each", both_called).await;
        }
    }
    assert!(world.messages().to(&attacker.phone).await.is_empty());
    assert_eq!(world.messages().told(&owner.applicant.email).await.len(), 1, "told once, not for each resend");
}

#[e2e::test]
async fn three_sign_ups_a_day_for_a_phone_whether_emails_are_taken_or_not() {
    let world = World::needing(&[Need::Clock, Need::OwnDatabases]).start().await;
    let owner = world.person().await;
    let phones = [Applicant::invent().phone, Applicant::invent().phone];
    for attempt in 1..=4 {
        world.advance(MINUTE);
        let fresh = Applicant { phone: phones[0].clone(), ..Applicant::invent() };
        let known = Applicant { phone: phones[1].clone(), ..taken(&owner.applicant) };
        let answers = [
            world.post("/v1/signup").json(&fresh.form()).send().await,
            world.post("/v1/signup").json(&known.form()).send().await,
        ];
        assert_eq!(seen(&answers[0]), seen(&answers[1]), "attempt {attempt}");
        if attempt <= 3 {
            answers[0].clone().expect(202);
        } else {
            answers[0].problem("rate-limited");
            assert!(answers[0].retry_after() > 23 * 3_600);
        }
    }
}

#[e2e::test]
async fn sms_within_the_minute_are_refused_alike() {
    let world = World::start().await;
    let owner = world.person().await;
    let (fresh, attacker) = (Applicant::invent(), taken(&owner.applicant));
    for applicant in [&fresh, &attacker] {
        world.sign_up(applicant).await;
    }
    let again =
        [world.post("/v1/signup").json(&fresh.form()).send().await, world.post("/v1/signup").json(&attacker.form()).send().await];
    again[0].problem("rate-limited");
    assert_eq!(seen(&again[0]), seen(&again[1]));
    assert_eq!(world.messages().wait_told(&owner.applicant.email, 1).await.len(), 1);
}
