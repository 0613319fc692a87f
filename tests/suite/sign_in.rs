//! `POST /v1/session`: passwords, locks, and what is told only to whoever has the right password.

use std::time::Duration;

use e2e::contract::DAY;
use e2e::{Answer, Applicant, Need, Person, World};
use serde_json::Value;

fn stranger() -> Applicant {
    Applicant::invent()
}

fn with_wrong_password(applicant: &Applicant) -> Applicant {
    Applicant { password: "not the password of anybody".to_owned(), ..applicant.clone() }
}

/// What a person can see of a refusal, without what varies.
fn seen(answer: &Answer) -> (Vec<(String, String)>, Value) {
    let mut problem = answer.json();
    problem.as_object_mut().unwrap().remove("request_id");
    (answer.shape(), problem)
}

#[e2e::test]
async fn a_wrong_password_and_an_unknown_email_look_the_same() {
    let world = World::start().await;
    let person = world.person().await;
    let wrong = world.sign_in(&with_wrong_password(&person.applicant)).send().await;
    let unknown = world.sign_in(&stranger()).send().await;
    wrong.problem("credentials-invalid");
    assert_eq!(seen(&wrong), seen(&unknown));
}

#[e2e::test]
async fn failures_lock_for_longer_and_longer_known_or_not() {
    let world = World::needing(&[Need::Clock]).start().await;
    let person = world.person().await;
    let known = with_wrong_password(&person.applicant);
    let unknown = stranger();
    for applicant in [&known, &unknown] {
        for _ in 0..4 {
            world.sign_in(applicant).send().await.problem("credentials-invalid");
        }
    }
    for minutes in [1, 2, 4, 8, 15, 15] {
        for applicant in [&known, &unknown] {
            world.sign_in(applicant).send().await.problem("credentials-invalid");
            let answer = world.sign_in(applicant).send().await;
            answer.problem("account-locked");
            let wait = answer.retry_after();
            assert!(wait <= minutes * 60 && wait > (minutes - 1) * 60, "{wait} s for {minutes} minutes");
        }
        let answer = world.sign_in(&person.applicant).send().await;
        answer.problem("account-locked");
        world.advance(Duration::from_mins(minutes));
    }
    assert_eq!(Person::of(&person.applicant, &world.sign_in(&person.applicant).send().await).user, person.user);
    for _ in 0..4 {
        world.sign_in(&known).send().await.problem("credentials-invalid");
    }
    assert_eq!(Person::of(&person.applicant, &world.sign_in(&person.applicant).send().await).user, person.user);
}

#[e2e::test]
async fn parallel_guesses_all_count() {
    let world = World::start().await;
    let unknown = stranger();
    let answers = futures::future::join_all((0..12).map(|_| world.sign_in(&unknown).send())).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 401).count(), 5);
    for answer in answers.iter().filter(|answer| answer.status != 401) {
        answer.problem("account-locked");
    }
}

#[e2e::test]
async fn an_unverified_phone_is_told_after_the_right_password_with_a_new_verification() {
    let world = World::needing(&[Need::Clock]).start().await;
    let applicant = Applicant::invent();
    let old = world.sign_up(&applicant).await;
    let old_code = world.messages().code(&applicant.phone, 1).await;
    world.sign_in(&with_wrong_password(&applicant)).send().await.problem("credentials-invalid");

    // Within the minute there is no second SMS, but a verification all the same.
    let problem = world.sign_in(&applicant).send().await.problem("phone-unverified");
    let id = problem["verification_id"].as_str().unwrap();
    world.verify(&old, &old_code).send().await.problem("otp-expired");
    world.verify(id, &old_code).send().await.problem("otp-expired");
    world.advance(Duration::from_secs(61));
    world.resend(id).send().await.expect(202);
    world.messages().wait(&applicant.phone, 2).await;

    world.advance(Duration::from_secs(61));
    let problem = world.sign_in(&applicant).send().await.problem("phone-unverified");
    let id = problem["verification_id"].as_str().unwrap();
    let code = world.messages().code(&applicant.phone, 3).await;
    let person = Person::of(&applicant, &world.verify(id, &code).send().await);
    assert_eq!(Person::of(&applicant, &world.sign_in(&applicant).send().await).user, person.user);
}

#[e2e::test]
async fn a_password_may_be_anything_and_is_taken_as_typed() {
    let world = World::start().await;
    let mut applicant = Applicant { password: "  Grüezi Wält 🌍 '; drop table users --  ".to_owned(), ..Applicant::invent() };
    let person = world.person_of(&applicant).await;
    assert_eq!(Person::of(&applicant, &world.sign_in(&applicant).send().await).user, person.user);
    applicant.password = applicant.password.trim().to_owned();
    world.sign_in(&applicant).send().await.problem("credentials-invalid");
    for odd in ["", "x", "\u{0}", &"x".repeat(2_000)] {
        let odd = Applicant { password: odd.to_owned(), ..stranger() };
        world.sign_in(&odd).send().await.problem("credentials-invalid");
    }
}

#[e2e::test]
async fn a_lock_is_forgotten_after_a_day() {
    let world = World::needing(&[Need::Clock]).start().await;
    let unknown = stranger();
    for _ in 0..5 {
        world.sign_in(&unknown).send().await.problem("credentials-invalid");
    }
    world.advance(DAY);
    for _ in 0..5 {
        world.sign_in(&unknown).send().await.problem("credentials-invalid");
    }
    assert!(world.sign_in(&unknown).send().await.retry_after() <= 60, "the first lock once more");
}

#[e2e::test]
async fn passwords_tried_from_one_address_are_limited_and_no_header_helps() {
    let world = World::needing(&[]).variable("attempts_limit", "3").start().await;
    for _ in 0..3 {
        world.sign_in(&stranger()).send().await.problem("credentials-invalid");
    }
    for forged in ["203.0.113.7", "[2001:db8::1]:443"] {
        let call = world.sign_in(&stranger()).header("spin-client-addr", forged).header("x-forwarded-for", forged);
        call.send().await.problem("rate-limited");
    }
}

/// A try from an address prefix of its own.
fn from_elsewhere(world: &World, applicant: &Applicant, place: u32) -> e2e::http::Call {
    world.sign_in(applicant).header("x-forwarded-for", &format!("6.6.6.6, 10.{}.{}.1", place / 256, place % 256))
}

#[e2e::test]
async fn guesses_from_everywhere_lock_an_account_for_a_quarter_of_an_hour_at_most_and_never_a_device_of_its_owner() {
    let needs = World::needing(&[Need::Clock]).variable("trusted_proxy", "x-forwarded-for");
    let world = needs.start().await;
    let (person, other) = (world.person().await, world.person().await);
    let ended = world.again(&person).await;
    world.delete("/v1/session").cookie(&ended.refresh).send().await.expect(204);
    let known = with_wrong_password(&person.applicant);
    let unknown = stranger();
    let mut place = 0;
    let mut elsewhere = |applicant: &Applicant| {
        place += 1;
        from_elsewhere(&world, applicant, place)
    };
    for _ in 0..20 {
        for applicant in [&known, &unknown] {
            elsewhere(applicant).send().await.problem("credentials-invalid");
        }
    }
    for minutes in [1, 2, 4, 8, 15, 15, 15] {
        for applicant in [&known, &unknown] {
            elsewhere(applicant).send().await.problem("credentials-invalid");
            let answer = elsewhere(applicant).send().await;
            answer.problem("account-locked");
            let wait = answer.retry_after();
            assert!(wait <= minutes * 60 && wait > (minutes - 1) * 60, "{wait} s for {minutes} minutes");
        }
        // The right password waits as well, and so it does with a cookie that is not good for this account.
        elsewhere(&person.applicant).send().await.problem("account-locked");
        for cookie in [&other.refresh, &ended.refresh, &"x".repeat(91)] {
            elsewhere(&person.applicant).cookie(cookie).send().await.problem("account-locked");
        }
        // A guess on such a device counts for its own address alone, and gives no second try elsewhere.
        elsewhere(&known).cookie(&person.refresh).send().await.problem("credentials-invalid");
        elsewhere(&person.applicant).send().await.problem("account-locked");
        world.advance(Duration::from_mins(minutes));
    }
    elsewhere(&known).send().await.problem("credentials-invalid");
    elsewhere(&person.applicant).send().await.problem("account-locked");
    // A device that is signed in does not wait.
    let back = elsewhere(&person.applicant).cookie(&person.refresh).send().await;
    assert_eq!(Person::of(&person.applicant, &back).user, person.user);
    // Nor does anybody, once the time is over.
    world.advance(Duration::from_mins(15));
    let back = elsewhere(&person.applicant).send().await;
    assert_eq!(Person::of(&person.applicant, &back).user, person.user);
}
