//! `POST /v1/otp/verify`, `resend` and `start`: codes, their limits and their purposes.

use std::time::Duration;

use e2e::contract::{CODE, DAY, LOCK};
use e2e::person::wrong;
use e2e::{Answer, Applicant, Need, Person, World};
use futures::future::join_all;
use serde_json::json;

/// More than the minute between two SMS to a phone.
const MINUTE: Duration = Duration::from_secs(61);

async fn start(world: &World, person: &Person, purpose: &str, phone: Option<&str>) -> Answer {
    let mut body = json!({ "purpose": purpose });
    if let Some(phone) = phone {
        body["phone"] = phone.into();
    }
    world.post("/v1/otp/start").bearer(&person.access).json(&body).send().await
}

fn verification(answer: Answer) -> String {
    answer.expect(202).json()["verification_id"].as_str().unwrap().to_owned()
}

#[e2e::test]
async fn only_six_digits_are_a_code() {
    let world = World::start().await;
    let applicant = Applicant::invent();
    let id = world.sign_up(&applicant).await;
    let code = world.messages().code(&applicant.phone, 1).await;
    for bad in ["", "12345", "1234567", "12345a", "１２３４５６", "-12345", "12 456", "123456\u{0}"] {
        assert_eq!(world.verify(&id, bad).send().await.bad_fields(), ["code"], "{bad:?}");
    }
    assert_eq!(world.verify("not-an-id", &code).send().await.bad_fields(), ["verification_id"]);
    // None of these was a try, and people paste with spaces around.
    assert_eq!(world.verify(&id, &wrong(&code)).send().await.problem("otp-invalid")["attempts_left"], 4);
    let pasted = world.verify(&id, &format!(" {code}\n")).send().await;
    assert_eq!(Person::of(&applicant, &pasted).applicant, applicant);
}

#[e2e::test]
async fn an_unknown_verification_looks_expired() {
    let world = World::start().await;
    let unknown = uuid::Uuid::new_v4().to_string();
    world.verify(&unknown, "123456").send().await.problem("otp-expired");
    world.resend(&unknown).send().await.problem("otp-expired");
}

#[e2e::test]
async fn a_code_lives_ten_minutes_and_its_verification_a_day() {
    let world = World::needing(&[Need::Clock]).start().await;
    let applicant = Applicant::invent();
    let id = world.sign_up(&applicant).await;
    let code = world.messages().code(&applicant.phone, 1).await;
    world.advance(CODE);
    world.verify(&id, &code).send().await.problem("otp-expired");
    let answer = world.resend(&id).send().await.expect(202);
    assert_eq!(answer.json()["verification_id"], id.as_str());
    let code = world.messages().code(&applicant.phone, 2).await;
    world.advance(DAY);
    world.verify(&id, &code).send().await.problem("otp-expired");
    world.resend(&id).send().await.problem("otp-expired");
}

#[e2e::test]
async fn a_new_code_voids_the_old_one_and_comes_once_a_minute_five_times_a_day() {
    let world = World::needing(&[Need::Clock]).start().await;
    let applicant = Applicant::invent();
    let id = world.sign_up(&applicant).await;
    let first = world.messages().code(&applicant.phone, 1).await;
    let answer = world.resend(&id).send().await;
    answer.problem("rate-limited");
    assert!(answer.retry_after() <= 60);
    world.verify(&id, &first).send().await;

    let applicant = Applicant::invent();
    let id = world.sign_up(&applicant).await;
    let mut codes = vec![world.messages().code(&applicant.phone, 1).await];
    for sent in 2..=5 {
        world.advance(MINUTE);
        world.resend(&id).send().await.expect(202);
        codes.push(world.messages().code(&applicant.phone, sent).await);
    }
    world.advance(MINUTE);
    let answer = world.resend(&id).send().await;
    answer.problem("rate-limited");
    assert!(answer.retry_after() > 3_600, "the day's SMS are used up");
    // A refused resend leaves the last code good; the earlier ones are not.
    let last = codes.pop().unwrap();
    if let Some(old) = codes.into_iter().find(|code| *code != last) {
        world.verify(&id, &old).send().await.problem("otp-invalid");
    }
    assert_eq!(Person::of(&applicant, &world.verify(&id, &last).send().await).applicant, applicant);
    assert_eq!(world.messages().to(&applicant.phone).await.len(), 5);
}

#[e2e::test]
async fn five_wrong_codes_lock_across_codes_and_a_right_one_resets() {
    let world = World::needing(&[Need::Clock]).start().await;
    let applicant = Applicant::invent();
    let id = world.sign_up(&applicant).await;
    let code = world.messages().code(&applicant.phone, 1).await;
    for left in [4, 3, 2] {
        assert_eq!(world.verify(&id, &wrong(&code)).send().await.problem("otp-invalid")["attempts_left"], left);
    }
    world.advance(MINUTE);
    world.resend(&id).send().await.expect(202);
    let code = world.messages().code(&applicant.phone, 2).await;
    for left in [1, 0] {
        assert_eq!(world.verify(&id, &wrong(&code)).send().await.problem("otp-invalid")["attempts_left"], left);
    }
    let answer = world.verify(&id, &code).send().await;
    answer.problem("otp-locked");
    assert!(answer.retry_after() <= LOCK.as_secs(), "the right code does not help while it is locked");
    world.resend(&id).send().await.problem("otp-locked");

    world.advance(LOCK);
    world.resend(&id).send().await.expect(202);
    let code = world.messages().code(&applicant.phone, 3).await;
    assert_eq!(world.verify(&id, &wrong(&code)).send().await.problem("otp-invalid")["attempts_left"], 4);
    let person = Person::of(&applicant, &world.verify(&id, &code).send().await);

    // The count begins anew, and so do the lockouts in a row.
    world.advance(MINUTE);
    let id = verification(start(&world, &person, "reauthenticate", None).await);
    let code = world.messages().code(&applicant.phone, 4).await;
    let answer = world.verify(&id, &wrong(&code)).bearer(&person.access).send().await;
    assert_eq!(answer.problem("otp-invalid")["attempts_left"], 4);
}

#[e2e::test]
async fn wrong_codes_count_for_the_phone_whatever_the_account() {
    let world = World::needing(&[Need::Clock]).start().await;
    let first = Applicant::invent();
    let id = world.sign_up(&first).await;
    let code = world.messages().code(&first.phone, 1).await;
    for left in [4, 3, 2] {
        assert_eq!(world.verify(&id, &wrong(&code)).send().await.problem("otp-invalid")["attempts_left"], left);
    }
    world.advance(MINUTE);
    let second = Applicant { phone: first.phone.clone(), ..Applicant::invent() };
    let id = world.sign_up(&second).await;
    let code = world.messages().code(&second.phone, 2).await;
    for left in [1, 0] {
        assert_eq!(world.verify(&id, &wrong(&code)).send().await.problem("otp-invalid")["attempts_left"], left);
    }
    world.verify(&id, &code).send().await.problem("otp-locked");
}

#[e2e::test]
async fn three_lockouts_in_a_row_block_the_account_until_support_lifts_it() {
    let world = World::needing(&[Need::Clock, Need::OwnDatabases]).start().await;
    let person = world.person().await;
    let mut person = world.later(MINUTE, &person).await;
    for round in 0..3 {
        let id = verification(start(&world, &person, "reauthenticate", None).await);
        let code = world.messages().code(&person.applicant.phone, round + 2).await;
        for left in (0..5).rev() {
            let answer = world.verify(&id, &wrong(&code)).bearer(&person.access).send().await;
            assert_eq!(answer.problem("otp-invalid")["attempts_left"], left);
        }
        if round < 2 {
            person = world.later(LOCK, &person).await;
        }
    }
    assert_eq!(world.count("select count(*) from users where blocked_at is not null").await, 1);
    assert_eq!(world.count("select count(*) from sessions where revoked_at is null").await, 0, "every session ends");
    let pending = "select (select count(*) from email_tokens) + (select count(*) from verifications)";
    assert_eq!(world.count(pending).await, 0, "and nothing waits any more");
    start(&world, &person, "reauthenticate", None).await.problem("unauthenticated");
    world.refresh(&person.refresh).send().await.problem("session-invalid");
    world.advance(DAY * 30);
    world.sign_in(&person.applicant).send().await.problem("account-blocked");
    let other = Applicant { password: "something else entirely".to_owned(), ..person.applicant.clone() };
    world.sign_in(&other).send().await.problem("credentials-invalid");
}

#[e2e::test]
async fn fifty_parallel_verifies_of_one_code_open_one_session() {
    let world = World::needing(&[Need::Databases]).start().await;
    let applicant = Applicant::invent();
    let id = world.sign_up(&applicant).await;
    let code = world.messages().code(&applicant.phone, 1).await;
    // Nobody can open a session until several are at it at once: whoever looked before the first one was done has to look again.
    let (mut holder, watcher) = (world.accounts().await, world.accounts().await);
    let held = holder.transaction().await.unwrap();
    held.batch_execute("lock table sessions in share mode").await.unwrap();
    let calls: Vec<_> = (0..50).map(|_| tokio::spawn(world.verify(&id, &code).send())).collect();
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    e2e::wait::until("three at once", async || {
        let count: i64 = watcher.query_one(waiting, &[]).await.unwrap().get(0);
        (count >= 3).then_some(())
    })
    .await;
    held.commit().await.unwrap();
    let answers: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    let (opened, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(opened.len(), 1);
    for answer in others {
        answer.problem("otp-expired");
    }
    let sessions =
        format!("select count(*) from sessions s join users u on u.id = s.user_id where u.email = '{}'", applicant.email);
    assert_eq!(world.count(&sessions).await, 1);
}

#[e2e::test]
async fn fifty_parallel_guesses_have_five_tries_in_all() {
    let world = World::start().await;
    let applicant = Applicant::invent();
    let id = world.sign_up(&applicant).await;
    let code = world.messages().code(&applicant.phone, 1).await;
    let answers = join_all((0..50).map(|_| world.verify(&id, &wrong(&code)).send())).await;
    let tried = answers.iter().filter(|answer| answer.status == 422).count();
    assert_eq!(tried, 5);
    for answer in answers.iter().filter(|answer| answer.status != 422) {
        answer.problem("otp-locked");
    }
}

#[e2e::test]
async fn a_new_phone_is_proved_by_a_code_and_mints_no_session() {
    let world = World::needing(&[Need::Databases]).start().await;
    let (person, stranger) = (world.person().await, world.person().await);
    let new = Applicant::invent().phone;
    let id = verification(start(&world, &person, "phone", Some(&new)).await);
    let code = world.messages().code(&new, 1).await;
    world.verify(&id, &code).send().await.problem("unauthenticated");
    world.verify(&id, &code).bearer(&stranger.access).send().await.problem("unauthenticated");

    let sessions = format!("select count(*) from sessions where user_id = '{}'", person.user);
    let before = world.count(&sessions).await;
    let answer = world.verify(&id, &code).bearer(&person.access).send().await.expect(204);
    assert!(answer.body.is_empty() && answer.set_cookies().is_empty());
    assert_eq!(world.count(&sessions).await, before);
    let sql = "select phone, phone_changed_at is not null from users where id = $1";
    let row = world.accounts().await.query_one(sql, &[&person.user]).await.unwrap();
    assert_eq!((row.get::<_, String>(0), row.get::<_, bool>(1)), (new, true));
}

#[e2e::test]
async fn a_new_phone_needs_a_recent_sign_in_or_code() {
    let world = World::needing(&[Need::Clock]).start().await;
    let person = world.person().await;
    let new = Applicant::invent().phone;
    world.advance(Duration::from_mins(10));
    start(&world, &person, "phone", Some(&new)).await.problem("reauthentication-required");

    let id = verification(start(&world, &person, "reauthenticate", None).await);
    let code = world.messages().code(&person.applicant.phone, 2).await;
    world.verify(&id, &code).bearer(&person.access).send().await.expect(204);
    let id = verification(start(&world, &person, "phone", Some(&new)).await);
    let code = world.messages().code(&new, 1).await;
    world.verify(&id, &code).bearer(&person.access).send().await.expect(204);
    // The old phone is told nothing more: the next code goes to the new one.
    world.advance(MINUTE);
    verification(start(&world, &person, "reauthenticate", None).await);
    assert_eq!(world.messages().code(&new, 2).await.len(), 6);
    assert_eq!(world.messages().to(&person.applicant.phone).await.len(), 2);
}

#[e2e::test]
async fn a_start_says_what_is_wrong_with_it() {
    let world = World::start().await;
    let person = world.person().await;
    assert_eq!(start(&world, &person, "signup", None).await.bad_fields(), ["purpose"]);
    assert_eq!(start(&world, &person, "phone", None).await.bad_fields(), ["phone"]);
    assert_eq!(start(&world, &person, "phone", Some("06")).await.bad_fields(), ["phone"]);
    assert_eq!(start(&world, &person, "reauthenticate", Some("+33612345678")).await.bad_fields(), ["phone"]);
}

#[e2e::test]
async fn sms_are_limited_by_address_country_and_in_all_and_no_header_helps() {
    for limit in ["sms_address_limit", "sms_country_limit", "sms_daily_limit"] {
        let world = World::needing(&[Need::OwnDatabases]).variable(limit, "2").start().await;
        for _ in 0..2 {
            world.sign_up(&Applicant::invent()).await;
        }
        let refused = Applicant::invent();
        for forged in ["203.0.113.7", "203.0.113.7:4711", "[2001:db8::7]:80"] {
            let call = world.post("/v1/signup").json(&refused.form());
            let call = call.header("spin-client-addr", forged).header("x-forwarded-for", "198.51.100.9");
            let answer = call.header("forwarded", "for=198.51.100.10").header("x-real-ip", "198.51.100.11").send().await;
            answer.problem("rate-limited");
        }
        let counts = world.counts().await;
        assert_eq!((counts["accounts.users"], counts["accounts.verifications"]), (2, 2), "{limit}");
        assert!(world.messages().to(&refused.phone).await.is_empty());
        if limit == "sms_country_limit" {
            let swiss = refused.phone.replace("+336", "+4179");
            world.sign_up(&Applicant { phone: swiss, ..refused }).await;
        }
    }
}

#[e2e::test]
async fn codes_tried_from_one_address_are_limited_and_no_header_helps() {
    let world = World::needing(&[]).variable("attempts_limit", "3").start().await;
    let id = uuid::Uuid::new_v4().to_string();
    for _ in 0..3 {
        world.verify(&id, "123456").send().await.problem("otp-expired");
    }
    let answer = world.verify(&id, "123456").header("spin-client-addr", "203.0.113.7:1").send().await;
    answer.problem("rate-limited");
    assert!(answer.retry_after() <= 600);
}
