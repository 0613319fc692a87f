//! Waitlist, beta test and support beyond their promises: what is refused, what nobody learns, and what may be repeated.

use std::time::Duration;

use asknpic::beta;
use e2e::contract::DAY;
use e2e::http::Call;
use e2e::{Applicant, Need, World};
use serde_json::{Value, json};

fn wish(email: &str) -> Value {
    json!({ "email": email, "interest": "launch", "page": "/en/", "consent": true })
}

fn candidacy(email: &str, training: bool) -> Value {
    json!({ "email": email, "profile": "designer", "country": "CH", "page": "/fr/beta", "participation": true, "training": training })
}

fn one_click(world: &World, query: &str) -> Call {
    world.post(&format!("/v1/waitlist/one-click{query}")).text("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click")
}

/// On the waitlist; the address of the mail's unsubscribe button, and the token of its link.
async fn join(world: &World, email: &str) -> (String, String) {
    world.post("/v1/waitlist").json(&wish(email)).send().await.expect(202);
    let token = world.messages().wait(email, 1).await[0].token().unwrap();
    world.post("/v1/waitlist/confirm").json(&json!({ "token": token })).send().await.expect(204);
    let welcome = world.messages().wait(email, 2).await.remove(0);
    let header =
        world.messages().emails_to(email).await.pop().unwrap()["headers"]["List-Unsubscribe"].as_str().unwrap().to_owned();
    (header, welcome.token().unwrap())
}

#[e2e::test]
async fn the_waitlist_tells_nobody_who_is_on_it() {
    let world = World::needing(&[Need::OwnDatabases]).start().await;
    let (known, unknown) = (Applicant::invent().email, Applicant::invent().email);
    join(&world, &known).await;
    let answers = [&known, &unknown].map(|email| world.post("/v1/waitlist").json(&wish(email)));
    let [one, other] = answers;
    let (one, other) = (one.send().await.expect(202), other.send().await.expect(202));
    assert_eq!((one.shape(), one.body), (other.shape(), other.body));
    assert_eq!(world.messages().wait(&known, 3).await[0].subject, world.messages().wait(&unknown, 1).await[0].subject);
    // Whoever leaves with somebody else's guess changes nothing and learns nothing.
    for token in ["x", &"A".repeat(44)] {
        world.post("/v1/waitlist/unsubscribe").json(&json!({ "token": token })).send().await.expect(204);
        one_click(&world, &format!("?token={token}")).send().await.expect(204);
    }
    assert_eq!(world.count("select count(*) from waitlist").await, 1);
}

#[e2e::test]
async fn forms_name_all_that_is_wrong_and_mailboxes_are_not_filled() {
    let world = World::needing(&[Need::OwnDatabases, Need::Clock]).start().await;
    let bad = json!({ "email": "x", "interest": "launch", "page": "/de/", "consent": false });
    assert_eq!(world.post("/v1/waitlist").json(&bad).send().await.bad_fields(), ["email", "page", "consent"]);
    let mut bad = candidacy("x", false);
    bad["country"] = "XX".into();
    bad["profile"] = "a\nb".into();
    assert_eq!(world.post("/v1/beta").json(&bad).send().await.bad_fields(), ["email", "profile", "country"]);
    let odd = wish("jane@mail.example").as_object().unwrap().clone();
    for interest in ["news", "Beta", ""] {
        let mut odd = odd.clone();
        odd.insert("interest".to_owned(), interest.into());
        world.post("/v1/waitlist").json(&odd.into()).send().await.problem("invalid-request");
    }
    let email = Applicant::invent().email;
    for _ in 0..3 {
        world.post("/v1/waitlist").json(&wish(&email)).send().await.expect(202);
    }
    let refused = world.post("/v1/waitlist").json(&wish(&email)).send().await;
    refused.problem("rate-limited");
    world.post("/v1/beta").json(&candidacy(&email, false)).send().await.problem("rate-limited");
    assert_eq!(world.messages().wait(&email, 3).await.len(), 3);
    world.advance(Duration::from_secs(refused.retry_after()));
    world.post("/v1/waitlist").json(&wish(&email)).send().await.expect(202);
    // Only the newest link is good.
    let mails = world.messages().wait(&email, 4).await;
    let confirm = |token: &str| world.post("/v1/waitlist/confirm").json(&json!({ "token": token }));
    confirm(&mails[1].token().unwrap()).send().await.problem("token-expired");
    confirm(&mails[0].token().unwrap()).send().await.expect(204);
    confirm(&mails[0].token().unwrap()).send().await.problem("token-expired");
}

#[e2e::test]
async fn one_click_is_a_post_with_the_words_of_rfc_8058() {
    let world = World::needing(&[Need::OwnDatabases]).start().await;
    let email = Applicant::invent().email;
    let (header, _) = join(&world, &email).await;
    let path = header.trim_matches(['<', '>']).strip_prefix(world.public_url()).unwrap().to_owned();
    world.get(&path).send().await.problem("method-not-allowed");
    world.post(&path).send().await.problem("invalid-request");
    world.post(&path).text("application/x-www-form-urlencoded", "x=1").send().await.problem("invalid-request");
    for query in ["", "?token=", "?x=1", &format!("?{}&x=1", path.split_once('?').unwrap().1)] {
        let answer = one_click(&world, query).send().await;
        assert!([204, 422].contains(&answer.status.as_u16()), "{query}: {}", answer.text());
    }
    assert_eq!(world.count("select count(*) from waitlist").await, 1);
    // Mail programs may send the other kind of form.
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    world.post(&path).text("multipart/form-data; boundary=b", multipart).send().await.expect(204);
    assert_eq!(world.count("select count(*) from waitlist").await, 0);
    world.post(&path).text("multipart/form-data; boundary=b", multipart).send().await.expect(204);
}

#[e2e::test]
async fn a_confirmed_candidacy_is_not_overwritten_by_strangers() {
    let world = World::needing(&[Need::OwnDatabases]).start().await;
    let email = Applicant::invent().email;
    world.post("/v1/beta").json(&candidacy(&email, true)).send().await.expect(202);
    let mail = world.messages().wait(&email, 1).await.remove(0);
    let consents = |participation: bool, training: bool| {
        let body = json!({ "token": mail.token().unwrap(), "participation": participation, "training": training });
        world.put("/v1/beta/consents").json(&body)
    };
    consents(true, true).send().await.problem("token-expired");
    world.post("/v1/beta/confirm").json(&json!({ "token": mail.token().unwrap() })).send().await.expect(204);
    let mut other = candidacy(&email, false);
    other["profile"] = "somebody else".into();
    world.post("/v1/beta").json(&other).send().await.expect(202);
    let again = world.messages().wait(&email, 2).await.remove(0);
    assert_eq!(again.token(), mail.token(), "the owner gets the link to what is there");
    let accounts = world.accounts().await;
    let found = beta::candidacies(&accounts, Some("open")).await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].answers.contains(&("profile", "designer".to_owned())), "{found:?}");
    consents(false, false).send().await.expect(204);
    assert!(beta::candidacies(&accounts, None).await.unwrap().is_empty(), "who does not take part is not read");
    assert!(beta::decide(&accounts, world.now(), found[0].id, true, "ops").await.is_err());
}

#[e2e::test]
async fn support_requests_are_their_owners_alone() {
    let world = World::needing(&[Need::OwnDatabases, Need::Clock]).start().await;
    let (ada, eve) = (world.person().await, world.person().await);
    let ask = |access: &str, subject: &str| {
        world.post("/v1/support").bearer(access).json(&json!({ "subject": subject, "message": "Where\nis it?" }))
    };
    let made = ask(&ada.access, "First").send().await.expect(201);
    let request = made.json();
    let path = made.header("location").unwrap().to_owned();
    assert_eq!(path, format!("/v1/support/{}", request["id"].as_str().unwrap()));
    assert_eq!((&request["status"], &request["subject"]), (&"open".into(), &"First".into()));
    assert_eq!(world.get(&path).bearer(&ada.access).send().await.expect(200).json(), request);
    for (access, path) in [(&eve.access, path.as_str()), (&ada.access, "/v1/support/x"), (&ada.access, "/v1/support/%00")] {
        world.get(path).bearer(access).send().await.problem("not-found");
    }
    world.get(&path).send().await.problem("unauthenticated");
    assert_eq!(world.get("/v1/support").bearer(&eve.access).send().await.expect(200).json()["items"], json!([]));
    let bad = json!({ "subject": "a\nb", "message": "é".repeat(10_001) });
    let answer = world.post("/v1/support").bearer(&ada.access).json(&bad).send().await;
    assert_eq!(answer.bad_fields(), ["subject", "message"]);

    world.advance(Duration::from_secs(1));
    for n in 2..=10 {
        ask(&ada.access, &format!("Number {n}")).send().await.expect(201);
    }
    let limited = ask(&ada.access, "Eleventh").send().await;
    limited.problem("rate-limited");
    let page = world.get("/v1/support?limit=4").bearer(&ada.access).send().await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 4);
    assert!(page["items"][0].get("messages").is_none());
    let next = format!("/v1/support?limit=100&cursor={}", page["next_cursor"].as_str().unwrap());
    let rest = world.get(&next).bearer(&ada.access).send().await.expect(200).json();
    let subjects: Vec<_> =
        [&page, &rest].iter().flat_map(|page| page["items"].as_array().unwrap()).map(|item| item["subject"].clone()).collect();
    assert_eq!((subjects.len(), subjects.last()), (10, Some(&"First".into())));
    world.get("/v1/support?limit=0").bearer(&ada.access).send().await.problem("invalid-request");
    let ada = world.later(DAY, &ada).await;
    ask(&ada.access, "Tomorrow").send().await.expect(201);
}
