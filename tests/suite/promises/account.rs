//! What a sign-up keeps, the language in the token, and the phone before anything is generated.

use std::collections::BTreeSet;

use e2e::haystack::Haystack;
use e2e::jwt::Jwt;
use e2e::{Applicant, Need, Person, World};
use serde_json::json;

#[e2e::test]
async fn promise_a02_a_sign_up_keeps_what_it_says_and_nothing_else() {
    let world = World::needing(&[Need::Databases]).start().await;
    let (named, unnamed) = (Applicant::invent(), Applicant::invent());
    let mut form = named.form();
    form["first_name"] = "Ada-Marguerite".into();
    form["last_name"] = "Quillfeather".into();
    let agent = "TellTaleBrowser/9.7 (who asks)";
    let call = world.post("/v1/signup").json(&form).header("accept-language", "fr-CH, en;q=0.5");
    let call = call.header("user-agent", agent).header("referer", "https://elsewhere.example/TellTalePage");
    let id = call.send().await.expect(202).json()["verification_id"].as_str().unwrap().to_owned();
    let code = world.messages().code(&named.phone, 1).await;
    let person = Person::of(&named, &world.verify(&id, &code).header("user-agent", agent).send().await);
    let other = world.person_of(&unnamed).await;

    let client = world.accounts().await;
    let sql = "select email, phone, first_name, last_name, language, policy_version, password_hash from users where id = $1";
    let row = client.query_one(sql, &[&person.user]).await.unwrap();
    let text = |at: usize| row.get::<_, Option<String>>(at);
    assert_eq!((text(0), text(1)), (Some(named.email.clone()), Some(named.phone.clone())));
    assert_eq!((text(2).as_deref(), text(3).as_deref()), (Some("Ada-Marguerite"), Some("Quillfeather")));
    assert_eq!(text(4).as_deref(), Some("fr"));
    let version = text(5).unwrap();
    assert!(version.parse::<jiff::civil::Date>().is_ok(), "the date of the accepted text: {version}");
    let row = client.query_one(sql, &[&other.user]).await.unwrap();
    assert_eq!((row.get::<_, Option<String>>(2), row.get::<_, Option<String>>(3)), (None, None), "names are optional");
    assert_eq!(row.get::<_, String>(4), "en");

    // What else there is about a user are the account's own ids, states and times.
    let kept = ["email", "password_hash", "phone", "first_name", "last_name", "language", "policy_version"];
    let states = [
        "id",
        "tenant_id",
        "role",
        "created_at",
        "last_active_at",
        "email_confirmed_at",
        "phone_verified_at",
        "phone_changed_at",
        "restricted_at",
        "objected_at",
        "blocked_at",
        "inactivity_warned_at",
        "otp_failures",
        "otp_lockouts",
        "otp_locked_until",
    ];
    let columns = world.tables(asknpic::migrate::Database::Accounts).await.remove("users").unwrap();
    let known: BTreeSet<String> = kept.iter().chain(&states).map(|name| (*name).to_owned()).collect();
    assert_eq!(columns, known);

    let cells = world.dump_all().await;
    let all = Haystack::of_cells(&cells);
    for (what, value) in [("the browser", "TellTale"), ("the password", &named.password)] {
        all.lacks(what, value);
    }
    // The address is in security events (promise a21) and nowhere else.
    let places: BTreeSet<_> = all.places_of(b"127.0.0.1").into_iter().collect();
    assert_eq!(places, BTreeSet::from(["accounts.security_events.ip".to_owned()]));
    all.lacks("the code", format!("\"{code}\""));
    // A personal value is in its own column and nowhere else.
    for (value, place) in [
        (named.phone.as_str(), "accounts.users.phone"),
        ("Ada-Marguerite", "accounts.users.first_name"),
        ("Quillfeather", "accounts.users.last_name"),
    ] {
        assert_eq!(all.places_of(value.as_bytes()), [place], "{value}");
    }
    // So is the address it is proved with, until it is.
    assert_eq!(all.places_of(named.email.as_bytes()), ["accounts.email_tokens.email", "accounts.users.email"]);
}

#[e2e::test]
async fn promise_a03_the_language_travels_in_the_access_token() {
    let world = World::start().await;
    for (accepted, language) in [("fr-CA, fr;q=0.9, en;q=0.4", "fr"), ("en-GB, fr;q=0.2", "en"), ("de", "en")] {
        let applicant = Applicant::invent();
        let call = world.post("/v1/signup").json(&applicant.form()).header("accept-language", accepted);
        let id = call.send().await.expect(202).json()["verification_id"].as_str().unwrap().to_owned();
        let message = world.messages().wait(&applicant.phone, 1).await.remove(0);
        assert_eq!(message.text.contains("votre code"), language == "fr", "{}", message.text);
        let code = message.code().unwrap();
        let person = Person::of(&applicant, &world.verify(&id, &code).header("accept-language", "en").send().await);
        assert_eq!(Jwt::read(&person.access).claims["lang"], language);
        // It is the account's language, whatever the browser that signs in says.
        let call = world.sign_in(&applicant).header("accept-language", "fr");
        let again = Person::of(&applicant, &call.send().await);
        assert_eq!(Jwt::read(&again.access).claims["lang"], language);
        let refreshed = Person::of(&applicant, &world.refresh(&again.refresh).send().await);
        assert_eq!(Jwt::read(&refreshed.access).claims["lang"], language);
    }
}

#[e2e::test]
async fn promise_a06_nothing_is_generated_without_a_verified_phone() {
    let world = World::needing(&[Need::Databases, Need::Model]).start().await;
    // Signing up and signing in give no token before the code.
    let applicant = Applicant::invent();
    let answer = world.post("/v1/signup").json(&applicant.form()).send().await.expect(202);
    assert!(answer.json().get("access_token").is_none() && answer.set_cookies().is_empty());
    let answer = world.sign_in(&applicant).send().await;
    assert!(answer.problem("phone-unverified").get("access_token").is_none() && answer.set_cookies().is_empty());

    // An account that is signed in without a verified phone, as one of a sign-in provider would be: the token's claim says that
    // the phone is verified, but the database decides.
    let person = world.person().await;
    assert_eq!(Jwt::read(&person.access).claims["phv"], true);
    let accounts = world.accounts().await;
    let sql = "update users set phone_verified_at = null, email_confirmed_at = created_at where id = $1";
    accounts.execute(sql, &[&person.user]).await.unwrap();
    let chats = world.model().chats().await;
    let before = world.counts().await;
    let brief = json!({ "brief": "poster for a jazz night" });
    let call = || world.post("/v1/generations").bearer(&person.access).json(&brief);
    call().send().await.problem("phone-unverified");
    call().header("accept", "text/event-stream").send().await.problem("phone-unverified");
    call().header("idempotency-key", "one").send().await.problem("phone-unverified");
    world.get("/v1/generations").bearer(&person.access).send().await.problem("phone-unverified");
    let id = uuid::Uuid::now_v7();
    for part in ["", "/brief", "/file", "/visual.svg"] {
        let answer = world.get(&format!("/v1/generations/{id}{part}")).bearer(&person.access).send().await;
        answer.problem("phone-unverified");
    }
    let mut after = world.counts().await;
    after.insert("accounts.limits".to_owned(), before["accounts.limits"]);
    assert_eq!(after, before);
    assert_eq!(world.model().chats().await, chats);

    accounts.execute("update users set phone_verified_at = created_at where id = $1", &[&person.user]).await.unwrap();
    call().send().await.expect(201);
}
