//! One email is one account, recent sessions, security events, password formats, and the locks of codes.

use std::collections::BTreeSet;
use std::time::Duration;

use asknpic::migrate::Database;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use e2e::contract::{DAY, LOCK};
use e2e::haystack::Haystack;
use e2e::person::wrong;
use e2e::{Answer, Applicant, Need, Person, World};
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

/// A little more than the ten minutes of a recent session.
const NOT_RECENT: Duration = Duration::from_secs(601);
const MINUTE: Duration = Duration::from_secs(61);

async fn forgotten(world: &World, email: &str, count: usize) -> String {
    world.post("/v1/password/forgot").json(&json!({ "email": email })).send().await.expect(202);
    world.messages().token(email.trim(), count).await
}

async fn reset(world: &World, token: &str, password: &str) -> Answer {
    world.post("/v1/password/reset").json(&json!({ "token": token, "password": password })).send().await
}

#[e2e::test]
async fn promise_a04_an_email_is_one_account_however_it_is_written() {
    let world = World::needing(&[Need::Clock, Need::Databases]).start().await;
    let person = world.person().await;
    let email = person.applicant.email.clone();
    world.messages().token(&email, 1).await;
    let spellings = [email.to_uppercase(), format!("  {email}\t"), format!("{}{}", email[..1].to_uppercase(), &email[1..])];
    for (told, spelling) in spellings.iter().enumerate() {
        let written = Applicant { email: spelling.clone(), ..person.applicant.clone() };
        assert_eq!(Person::of(&written, &world.sign_in(&written).send().await).user, person.user, "{spelling:?}");
        // Signing up with it makes no second account.
        world.sign_up(&Applicant { email: spelling.clone(), ..Applicant::invent() }).await;
        world.messages().wait_told(&email, told + 1).await;
    }
    // Nor does a new address of somebody else, nor a new password for it.
    let other = world.person().await;
    let change = json!({ "email": spellings[0] });
    world.call(Method::PATCH, "/v1/me").bearer(&other.access).json(&change).send().await.expect(200);
    let token = forgotten(&world, &spellings[1], 2).await;
    reset(&world, &token, "quite another password").await.expect(204);
    let renewed = Applicant { password: "quite another password".to_owned(), ..person.applicant.clone() };
    assert_eq!(Person::of(&renewed, &world.sign_in(&renewed).send().await).user, person.user);
    let row = world.accounts().await.query_one("select count(*) from users where lower(trim(email)) = $1", &[&email]).await;
    assert_eq!(row.unwrap().get::<_, i64>(0), 1);
    let spelled = world.accounts().await.query("select 1 from users where email <> lower(trim(email))", &[]).await.unwrap();
    assert!(spelled.is_empty());
}

#[e2e::test]
async fn promise_a05_who_signed_up_with_anothers_email_keeps_nothing_once_its_owner_proves_it() {
    let world = World::needing(&[Need::Clock, Need::Databases]).start().await;
    // The owner arrives by confirmation, or by a new password.
    for by_confirmation in [true, false] {
        let attacker = world.person().await;
        let email = attacker.applicant.email.clone();
        let confirmation = world.messages().token(&email, 1).await;
        let again = world.again(&attacker).await;
        // What the attacker has on its way when the owner comes: a code, a new address.
        let accomplice = Applicant::invent();
        let change = json!({ "email": accomplice.email });
        world.call(Method::PATCH, "/v1/me").bearer(&again.access).json(&change).send().await.expect(200);
        let change = world.messages().token(&accomplice.email, 1).await;
        world.advance(MINUTE);
        let start = json!({ "purpose": "reauthenticate" });
        let start = world.post("/v1/otp/start").bearer(&again.access).json(&start).send().await.expect(202).json();
        let code = world.messages().code(&attacker.applicant.phone, 2).await;

        let told = world.messages().told(&email).await.len();
        if by_confirmation {
            // The owner of the address is not signed in to that account.
            world.post("/v1/email/confirm").json(&json!({ "token": confirmation })).send().await.expect(204);
        }
        let token = forgotten(&world, &email, 2).await;
        reset(&world, &token, "the owner's own password").await.expect(204);
        assert!(world.messages().wait_told(&email, told + 1).await[0].text.contains("Ask N Pic"));

        for session in [&attacker, &again] {
            world.get("/v1/me").bearer(&session.access).send().await.problem("unauthenticated");
            world.refresh(&session.refresh).send().await.problem("session-invalid");
        }
        world.sign_in(&attacker.applicant).send().await.problem("credentials-invalid");
        let verify = world.verify(start["verification_id"].as_str().unwrap(), &code);
        verify.bearer(&again.access).send().await.problem("unauthenticated");
        for token in [&change, &confirmation] {
            world.post("/v1/email/confirm").json(&json!({ "token": token })).send().await.problem("token-expired");
        }
        // The owner signs in, has no phone of somebody else's, and gives their own.
        let owner = Applicant { email: email.clone(), password: "the owner's own password".to_owned(), ..Applicant::invent() };
        let owner = Person::of(&owner, &world.sign_in(&owner).send().await);
        let account = world.get("/v1/me").bearer(&owner.access).send().await.expect(200).json();
        assert_eq!(
            (&account["phone"], &account["phone_verified"], &account["email_confirmed"]),
            (&Value::Null, &false.into(), &true.into())
        );
        world
            .post("/v1/generations")
            .bearer(&owner.access)
            .json(&json!({ "brief": "a poster" }))
            .send()
            .await
            .problem("phone-unverified");
        let start = json!({ "purpose": "phone", "phone": owner.applicant.phone });
        let start = world.post("/v1/otp/start").bearer(&owner.access).json(&start).send().await.expect(202).json();
        let code = world.messages().code(&owner.applicant.phone, 1).await;
        world.verify(start["verification_id"].as_str().unwrap(), &code).bearer(&owner.access).send().await.expect(204);
        world.post("/v1/generations").bearer(&owner.access).json(&json!({ "brief": "a poster" })).send().await.expect(201);
    }
}

#[e2e::test]
async fn promise_a08_email_and_phone_change_only_with_a_recent_session() {
    let world = World::needing(&[Need::Clock]).start().await;
    let person = world.person().await;
    let email = |person: &Person| {
        let change = json!({ "email": Applicant::invent().email });
        world.call(Method::PATCH, "/v1/me").bearer(&person.access).json(&change)
    };
    let phone = |person: &Person| {
        let change = json!({ "purpose": "phone", "phone": Applicant::invent().phone });
        world.post("/v1/otp/start").bearer(&person.access).json(&change)
    };
    email(&person).send().await.expect(200);
    world.advance(NOT_RECENT);
    email(&person).send().await.problem("reauthentication-required");
    phone(&person).send().await.problem("reauthentication-required");
    // A refreshed session is as old as its sign-in.
    let refreshed = Person::of(&person.applicant, &world.refresh(&person.refresh).send().await);
    email(&refreshed).send().await.problem("reauthentication-required");
    // What is not sensitive goes on.
    let names = world.call(Method::PATCH, "/v1/me").bearer(&person.access).json(&json!({ "first_name": "Ada" }));
    names.send().await.expect(200);

    // A sign-in opens a recent session, and leaves the old one as it was.
    let again = world.again(&person).await;
    email(&again).send().await.expect(200);
    email(&refreshed).send().await.problem("reauthentication-required");
    // So does a code, for the session that asked for it.
    world.advance(MINUTE);
    let start = json!({ "purpose": "reauthenticate" });
    let start = world.post("/v1/otp/start").bearer(&refreshed.access).json(&start).send().await.expect(202).json();
    let (id, code) = (start["verification_id"].as_str().unwrap(), world.messages().code(&person.applicant.phone, 2).await);
    world.verify(id, &wrong(&code)).bearer(&refreshed.access).send().await.problem("otp-invalid");
    email(&refreshed).send().await.problem("reauthentication-required");
    world.verify(id, &code).bearer(&refreshed.access).send().await.expect(204);
    email(&refreshed).send().await.expect(200);
    phone(&refreshed).send().await.expect(202);
    world.advance(NOT_RECENT);
    email(&refreshed).send().await.problem("reauthentication-required");
}

#[e2e::test]
async fn promise_a21_security_events_are_kept_a_year_with_the_address_and_no_typed_email() {
    let world = World::needing(&[Need::Clock, Need::OwnDatabases]).start().await;
    let person = world.person().await;
    let stranger = Applicant::invent();
    for _ in 0..5 {
        world.sign_in(&stranger).send().await.problem("credentials-invalid");
    }
    let guess = Applicant { password: "not the password of anybody".to_owned(), ..person.applicant.clone() };
    world.sign_in(&guess).send().await.problem("credentials-invalid");
    let session = world.again(&person).await;
    world.delete("/v1/session").cookie(&session.refresh).send().await.expect(204);
    let reused = world.again(&person).await;
    world.refresh(&reused.refresh).send().await.expect(200);
    world.advance(MINUTE);
    world.refresh(&reused.refresh).send().await.problem("session-invalid");
    let start = world.post("/v1/otp/start").bearer(&person.access).json(&json!({ "purpose": "reauthenticate" }));
    let id = start.send().await.expect(202).json()["verification_id"].as_str().unwrap().to_owned();
    let code = world.messages().code(&person.applicant.phone, 2).await;
    for _ in 0..5 {
        world.verify(&id, &wrong(&code)).bearer(&person.access).send().await.problem("otp-invalid");
    }
    let new = "another horse, another battery";
    let change = json!({ "current_password": person.applicant.password, "new_password": new });
    world.call(Method::PUT, "/v1/me/password").bearer(&person.access).json(&change).send().await.expect(204);
    let email = Applicant::invent().email;
    let change = json!({ "email": email });
    world.call(Method::PATCH, "/v1/me").bearer(&person.access).json(&change).send().await.expect(200);
    let token = world.messages().token(&email, 1).await;
    let confirm = world.post("/v1/email/confirm").bearer(&person.access).json(&json!({ "token": token }));
    confirm.send().await.expect(204);

    // The person sees their own.
    let page = world.get("/v1/me/security-events?limit=100").bearer(&person.access).send().await.expect(200).json();
    let events = page["items"].as_array().unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event["kind"].as_str().unwrap()).rev().collect();
    let expected = [
        "sign-up",
        "sign-in",
        "sign-in-failed",
        "sign-in",
        "sign-out",
        "sign-in",
        "session-reused",
        "code-sent",
        "code-failed",
        "code-failed",
        "code-failed",
        "code-failed",
        "code-locked",
        "password-changed",
        "email-change-asked",
        "email-changed",
    ];
    assert_eq!(kinds, expected);
    assert!(events.iter().all(|event| event["ip"] == "127.0.0.1"), "{events:?}");
    // Nobody's: five tries with an email that has no account, the last of which locked.
    let count = |kind: &str| format!("select count(*) from security_events where user_id is null and kind = '{kind}'");
    assert_eq!(world.count(&count("sign-in-failed")).await, 4);
    assert_eq!(world.count(&count("sign-in-locked")).await, 1);
    // Other personal data is not in them, and the address is nowhere else.
    let cells = world.dump(Database::Accounts).await;
    let all = Haystack::of_cells(&cells);
    let of_events: Vec<_> = cells.into_iter().filter(|cell| cell.place.starts_with("accounts.security_events.")).collect();
    let of_events = Haystack::of_cells(&of_events);
    for value in [&stranger.email, &stranger.password, &person.applicant.email, &person.applicant.phone, &email, &code] {
        of_events.lacks("typed value", value);
    }
    all.lacks("email without an account", &stranger.email);
    let places: BTreeSet<_> = all.places_of(b"127.0.0.1").into_iter().collect();
    assert_eq!(places, BTreeSet::from(["accounts.security_events.ip".to_owned()]));

    // They outlive the account, by its bare id, and go after a year.
    let accounts = world.accounts().await;
    accounts.execute("delete from users where id = $1", &[&person.user]).await.unwrap();
    let of_person = format!("select count(*) from security_events where user_id = '{}'", person.user);
    assert_eq!(world.count(&of_person).await, 16);
    let prune = "select api.sweep('security_events', $1::text::timestamp - interval '365 days', 100)";
    world.advance(DAY * 365);
    let almost = (world.now() - jiff::SignedDuration::from_hours(24)).to_string();
    accounts.query_one(prune, &[&almost]).await.unwrap();
    assert_eq!(world.count(&of_person).await, 16);
    world.advance(DAY * 2);
    accounts.query_one(prune, &[&world.now().to_string()]).await.unwrap();
    assert_eq!(world.count(&of_person).await, 0);
}

/// The hash that an account has.
async fn stored(world: &World, user: Uuid) -> String {
    let row = world.accounts().await.query_one("select password_hash from users where id = $1", &[&user]).await.unwrap();
    row.get(0)
}

async fn store(world: &World, user: Uuid, hash: &str) {
    let sql = "update users set password_hash = $2 where id = $1";
    assert_eq!(world.accounts().await.execute(sql, &[&user, &hash]).await.unwrap(), 1);
}

/// Hashes of this password by other implementations.
const ELSEWHERE: &str = "Grüezi, Wält 2026!";

/// Those hashes, by who made them.
fn vectors() -> Vec<(&'static str, &'static str)> {
    let text = include_str!("../../../components/lib/vault/vectors/passwords.txt");
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' ')).collect()
}

/// PRF and rounds of a hash in the V3 format.
fn v3(stored: &str) -> (u32, u32) {
    let bytes = BASE64_STANDARD.decode(stored).unwrap();
    assert_eq!((bytes[0], bytes.len()), (1, 61), "{stored}");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!(number(9), 16, "length of the salt");
    (number(1), number(5))
}

/// Signs in with a hash made elsewhere, wrongly and rightly; today's hash is in its place afterwards.
async fn upgraded(world: &World, person: &Person, who: &str, hash: &str) {
    store(world, person.user, hash).await;
    let known = Applicant { password: ELSEWHERE.to_owned(), ..person.applicant.clone() };
    let guess = Applicant { password: "Gruezi, Walt 2026!".to_owned(), ..known.clone() };
    world.sign_in(&guess).send().await.problem("credentials-invalid");
    assert_eq!(stored(world, person.user).await, hash, "{who}: a wrong password changes nothing");
    assert_eq!(Person::of(&known, &world.sign_in(&known).send().await).user, person.user, "{who}");
    let now = stored(world, person.user).await;
    assert_eq!(v3(&now), (2, 210_000), "{who}");
    assert_eq!(Person::of(&known, &world.sign_in(&known).send().await).user, person.user, "{who}, upgraded");
    assert_eq!(stored(world, person.user).await, now, "{who}: once");
    world.sign_in(&guess).send().await.problem("credentials-invalid");
}

#[e2e::test]
async fn promise_a65_passwords_are_in_the_format_of_aspnet_core_identity_ours_and_theirs() {
    let world = World::needing(&[Need::Databases]).start().await;
    let person = world.person().await;
    assert_eq!(v3(&stored(&world, person.user).await), (2, 210_000));
    let theirs: Vec<_> = vectors().into_iter().filter(|(who, _)| who.starts_with('v')).collect();
    assert_eq!(theirs.len(), 6);
    for (who, hash) in theirs {
        upgraded(&world, &person, who, hash).await;
    }
}

#[e2e::test]
async fn promise_b02_bcrypt_hashes_are_accepted_and_upgraded_at_the_next_sign_in() {
    let world = World::needing(&[Need::Databases]).start().await;
    let person = world.person().await;
    let bcrypt: Vec<_> = vectors().into_iter().filter(|(who, _)| who.starts_with("bcrypt")).collect();
    assert_eq!(bcrypt.len(), 4);
    for (who, hash) in bcrypt {
        upgraded(&world, &person, who, hash).await;
    }
}

/// Asks for a code to prove presence, and gives the verification's id and the code.
async fn code(world: &World, person: &Person, sent: usize) -> (String, String) {
    let start = world.post("/v1/otp/start").bearer(&person.access).json(&json!({ "purpose": "reauthenticate" }));
    let id = start.send().await.expect(202).json()["verification_id"].as_str().unwrap().to_owned();
    (id, world.messages().code(&person.applicant.phone, sent).await)
}

/// Five wrong codes, then the right one, which is refused.
async fn lock(world: &World, person: &Person, sent: usize) -> Answer {
    let (id, code) = code(world, person, sent).await;
    for left in (0..5).rev() {
        let answer = world.verify(&id, &wrong(&code)).bearer(&person.access).send().await;
        assert_eq!(answer.problem("otp-invalid")["attempts_left"], left);
    }
    world.verify(&id, &code).bearer(&person.access).send().await
}

#[e2e::test]
async fn promise_a67_wrong_codes_lock_and_block_until_support_lifts_it() {
    let world = World::needing(&[Need::Clock, Need::OwnDatabases]).start().await;
    let mut person = world.person().await;
    world.advance(MINUTE);
    // Counted across codes: three wrong ones for one, two for the next.
    let (id, sent) = code(&world, &person, 2).await;
    for left in [4, 3, 2] {
        let answer = world.verify(&id, &wrong(&sent)).bearer(&person.access).send().await;
        assert_eq!(answer.problem("otp-invalid")["attempts_left"], left);
    }
    world.advance(MINUTE);
    let (id, sent) = code(&world, &person, 3).await;
    for left in [1, 0] {
        let answer = world.verify(&id, &wrong(&sent)).bearer(&person.access).send().await;
        assert_eq!(answer.problem("otp-invalid")["attempts_left"], left);
    }
    let locked = world.verify(&id, &sent).bearer(&person.access).send().await;
    locked.problem("otp-locked");
    assert!(locked.retry_after() <= LOCK.as_secs() && locked.retry_after() > LOCK.as_secs() - 60);
    person = world.later(LOCK, &person).await;
    lock(&world, &person, 4).await.problem("otp-locked");
    person = world.later(LOCK, &person).await;
    // The third in a row blocks, at once and everywhere.
    lock(&world, &person, 5).await.problem("unauthenticated");
    world.get("/v1/me").bearer(&person.access).send().await.problem("unauthenticated");
    world.refresh(&person.refresh).send().await.problem("session-invalid");
    world.sign_in(&person.applicant).send().await.problem("account-blocked");
    // Time does not lift it, support does.
    world.advance(DAY * 30);
    world.sign_in(&person.applicant).send().await.problem("account-blocked");
    assert!(world.unblock(&person.applicant.email).await);
    assert!(!world.unblock("nobody@mail.example").await);
    person = world.again(&person).await;
    let (id, sent) = code(&world, &person, 6).await;
    world.verify(&id, &sent).bearer(&person.access).send().await.expect(204);

    // Two lockouts, a right code, and one more: that is not three in a row.
    let mut other = world.person().await;
    for sent in [2, 3] {
        world.advance(MINUTE);
        lock(&world, &other, sent).await.problem("otp-locked");
        other = world.later(LOCK, &other).await;
    }
    let (id, sent) = code(&world, &other, 4).await;
    world.verify(&id, &sent).bearer(&other.access).send().await.expect(204);
    world.advance(MINUTE);
    lock(&world, &other, 5).await.problem("otp-locked");
    assert_eq!(world.again(&other).await.user, other.user);
}

#[e2e::test]
async fn promise_a67_a_sign_up_without_a_verified_phone_holds_nobodys_email() {
    let world = World::needing(&[Need::Clock, Need::OwnDatabases]).start().await;
    let squatter = Applicant::invent();
    let first = world.sign_up(&squatter).await;
    let first_code = world.messages().code(&squatter.phone, 1).await;
    // A new one takes its place.
    let owner = Applicant { email: squatter.email.clone(), ..Applicant::invent() };
    let person = world.person_of(&owner).await;
    world.verify(&first, &first_code).send().await.problem("otp-expired");
    world.sign_in(&squatter).send().await.problem("credentials-invalid");
    assert_eq!(world.again(&person).await.user, person.user);

    // And it goes after a day, by itself: nobody can sign in to it, and the row is removed with the next sign-ups.
    let idle = Applicant::invent();
    let verification = world.sign_up(&idle).await;
    let idle_code = world.messages().code(&idle.phone, 1).await;
    world.advance(DAY);
    world.verify(&verification, &idle_code).send().await.problem("otp-expired");
    world.sign_in(&idle).send().await.problem("credentials-invalid");
    world.sign_up(&Applicant::invent()).await;
    let row = world.accounts().await.query_one("select count(*) from users where email = $1", &[&idle.email]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
}
