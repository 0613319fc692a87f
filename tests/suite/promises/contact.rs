//! Waitlist, beta candidacies and support requests.

use std::time::Duration;

use asknpic::waitlist::Text;
use asknpic::{beta, support, waitlist};
use e2e::contract::DAY;
use e2e::crypto::{Owner, content_key, open};
use e2e::haystack::Haystack;
use e2e::jwt::key_bytes;
use e2e::{Applicant, Need, World};
use serde_json::json;
use uuid::Uuid;

const NEEDS: [Need; 3] = [Need::OwnDatabases, Need::Keys, Need::Clock];

async fn sweep(world: &World) {
    world.post("/v1/ops/retention").bearer(world.variable("ops_token")).send().await.expect(200);
}

/// Asks, follows the mail's link, and gets the welcome.
async fn join(world: &World, email: &str, interest: &str, page: &str) {
    let wish = json!({ "email": email, "interest": interest, "page": page, "consent": true });
    world.post("/v1/waitlist").json(&wish).send().await.expect(202);
    let mails = world.messages().wait(email, 1).await;
    let token = mails[0].token().unwrap();
    world.post("/v1/waitlist/confirm").json(&json!({ "token": token })).send().await.expect(204);
    world.messages().wait(email, 2).await;
}

#[e2e::test]
async fn promise_a01_the_waitlist_keeps_what_it_says_until_it_is_left() {
    let world = World::needing(&NEEDS).start().await;
    let (email, other) = (Applicant::invent().email, Applicant::invent().email);
    // Asked for is not agreed to.
    let wish = json!({ "email": email, "interest": "beta", "page": "/fr/attente", "consent": true });
    world.post("/v1/waitlist").json(&wish).header("accept-language", "en").send().await.expect(202);
    assert_eq!(world.count("select count(*) from waitlist").await, 0);
    let mail = world.messages().wait(&email, 1).await.remove(0);
    assert!(mail.text.starts_with("Bonjour"), "the page's language and not the browser's: {}", mail.text);
    let asked = world.now();
    world.advance(Duration::from_mins(1));
    world.post("/v1/waitlist/confirm").json(&json!({ "token": mail.token().unwrap() })).send().await.expect(204);

    let columns = world.tables(asknpic::migrate::Database::Accounts).await.remove("waitlist").unwrap();
    let kept = ["asked_at", "confirmed_at", "consent_version", "email", "id", "interest", "language", "last_contact_at"];
    assert_eq!(columns.into_iter().collect::<Vec<_>>(), kept);
    let accounts = world.accounts().await;
    let sql = "select email, interest, language, consent_version, extract(epoch from asked_at)::bigint,
                      extract(epoch from confirmed_at)::bigint from waitlist";
    let row = accounts.query_one(sql, &[]).await.unwrap();
    let texts: Vec<String> = (0..4).map(|column| row.get(column)).collect();
    assert_eq!(texts, [email.as_str(), "beta", "fr", "2026-11-01"]);
    let (asked_at, confirmed_at): (i64, i64) = (row.get(4), row.get(5));
    assert!((asked_at - asked.as_second()).abs() <= 60 && confirmed_at - asked_at >= 60, "{asked_at} {confirmed_at}");
    // The address is nowhere else.
    let places: Vec<_> = Haystack::of_cells(&world.dump_all().await).places_of(email.as_bytes());
    assert_eq!(places, ["accounts.waitlist.email"]);

    // What nobody confirms goes after a week.
    let wish = json!({ "email": other, "interest": "launch", "page": "/en/", "consent": true });
    world.post("/v1/waitlist").json(&wish).send().await.expect(202);
    let late = world.messages().wait(&other, 1).await.remove(0);
    world.advance(DAY * 7);
    world.post("/v1/waitlist/confirm").json(&json!({ "token": late.token().unwrap() })).send().await.problem("token-expired");
    sweep(&world).await;
    assert_eq!(Haystack::of_cells(&world.dump_all().await).places_of(other.as_bytes()), Vec::<String>::new());

    // Two years after the last contact, to the second: there one second before, gone one second after.
    let expire = world.count("select extract(epoch from last_contact_at + interval '730 days')::bigint from waitlist").await;
    world.advance(Duration::from_secs(u64::try_from(expire - world.now().as_second() - 2).unwrap()));
    sweep(&world).await;
    assert_eq!(world.count("select count(*) from waitlist").await, 1);
    world.advance(Duration::from_secs(4));
    sweep(&world).await;
    assert_eq!(Haystack::of_cells(&world.dump_all().await).places_of(email.as_bytes()), Vec::<String>::new());

    // Or as soon as somebody leaves.
    let other = Applicant::invent().email;
    join(&world, &other, "launch", "/en/").await;
    let welcome = world.messages().to(&other).await.remove(0);
    world.post("/v1/waitlist/unsubscribe").json(&json!({ "token": welcome.token().unwrap() })).send().await.expect(204);
    assert_eq!(Haystack::of_cells(&world.dump_all().await).places_of(other.as_bytes()), Vec::<String>::new());
}

#[e2e::test]
async fn promise_a77_marketing_mail_only_with_consent_withdrawn_in_one_click() {
    let world = World::needing(&[Need::OwnDatabases, Need::Keys, Need::Clock, Need::Logs]).start().await;
    let (launch, beta, asked) = (Applicant::invent().email, Applicant::invent().email, Applicant::invent().email);
    let person = world.person().await;
    join(&world, &launch, "launch", "/fr/").await;
    join(&world, &beta, "beta", "/en/").await;
    let wish = json!({ "email": asked, "interest": "launch", "page": "/en/", "consent": true });
    world.post("/v1/waitlist").json(&wish).send().await.expect(202);
    world.messages().wait(&asked, 1).await;

    let accounts = world.accounts().await;
    let text = |subject: &str| Text { subject: subject.to_owned(), text: "We open on Monday.".to_owned() };
    let announce = async |interest| {
        let waiting =
            waitlist::announce(&accounts, world.now(), interest, [&text("News"), &text("Nouvelles")], "ops").await.unwrap();
        sweep(&world).await;
        waiting
    };
    assert_eq!(announce(Some(domain_interest())).await, 1);
    let mails = world.messages().wait(&launch, 3).await;
    assert_eq!(mails[0].subject.as_deref(), Some("Nouvelles"));
    // Nobody else: another interest, an unconfirmed wish, an account without any.
    assert_eq!(world.messages().to(&beta).await.len(), 2);
    assert_eq!(world.messages().to(&asked).await.len(), 1);
    let of_account = world.messages().to(&person.applicant.email).await;
    assert!(of_account.iter().all(|mail| mail.subject.as_deref() != Some("News")), "{of_account:?}");
    sweep(&world).await;
    assert_eq!(world.messages().to(&launch).await.len(), 3, "once");

    // Each marketing mail carries what RFC 8058 wants; the address in it names nobody.
    for body in world.messages().emails_to(&launch).await.iter().skip(1) {
        assert_eq!(body["headers"]["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
        let url = body["headers"]["List-Unsubscribe"].as_str().unwrap().trim_matches(['<', '>']).to_owned();
        assert!(url.starts_with(&format!("{}/v1/waitlist/one-click?token=", world.public_url())), "{url}");
        Haystack::of_text("the link", &url).lacks("the address", launch.as_bytes());
        assert!(body["textContent"].as_str().unwrap().contains("#token="), "a link for people");
    }
    let body = world.messages().emails_to(&launch).await.pop().unwrap();
    let url = body["headers"]["List-Unsubscribe"].as_str().unwrap().trim_matches(['<', '>']).to_owned();
    let path = url.strip_prefix(world.public_url()).unwrap();
    let click = || world.post(path).text("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click");
    // A mail that waits when somebody leaves is not sent.
    waitlist::announce(&accounts, world.now(), None, [&text("More"), &text("Encore")], "ops").await.unwrap();
    click().send().await.expect(204);
    click().send().await.expect(204);
    sweep(&world).await;
    assert_eq!(world.messages().wait(&beta, 3).await.len(), 3);
    assert_eq!(world.messages().to(&launch).await.len(), 3);
    assert_eq!(Haystack::of_cells(&world.dump_all().await).places_of(launch.as_bytes()), Vec::<String>::new());
    let token = path.split_once('=').unwrap().1;
    Haystack::of_text("logs", &world.logs()).lacks("the token", token.as_bytes());
}

/// The interest in the launch, as operators name it.
fn domain_interest() -> asknpic::waitlist::Interest {
    asknpic::waitlist::Interest::Launch
}

#[e2e::test]
async fn promise_a07_candidacies_are_chosen_by_a_person_and_two_consents_are_separate() {
    let world = World::needing(&NEEDS).start().await;
    let accounts = world.accounts().await;
    let (email, plain) = (Applicant::invent().email, Applicant::invent().email);
    let full = json!({
        "email": email, "profile": "designer", "country": "CH", "tools": "pencils", "visuals": "posters", "frequency": "daily",
        "motivation": "I draw\nbadly", "page": "/en/beta", "participation": true, "training": true,
    });
    let least =
        json!({ "email": plain, "profile": "baker", "country": "FR", "page": "/fr/", "participation": true, "training": false });
    for required in ["profile", "country", "email", "participation", "training"] {
        let mut without = full.clone();
        without.as_object_mut().unwrap().remove(required);
        assert_eq!(world.post("/v1/beta").json(&without).send().await.bad_fields(), [required]);
    }
    let mut tokens = Vec::new();
    for (form, address) in [(&full, &email), (&least, &plain)] {
        world.post("/v1/beta").json(form).send().await.expect(202);
        let mail = world.messages().wait(address, 1).await.remove(0);
        assert!(beta::candidacies(&accounts, None).await.unwrap().len() == tokens.len(), "nothing counts before it is confirmed");
        world.post("/v1/beta/confirm").json(&json!({ "token": mail.token().unwrap() })).send().await.expect(204);
        tokens.push(mail.token().unwrap());
    }
    let sql = "select email, participation_at is not null, training_at is not null from beta_candidacies order by created_at";
    let both = async || {
        let rows = accounts.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| (row.get::<_, bool>(1), row.get::<_, bool>(2))).collect::<Vec<_>>()
    };
    assert_eq!(both().await, [(true, true), (true, false)]);

    // Only a person decides: no run of anything does, and no component's role may.
    sweep(&world).await;
    assert_eq!(beta::candidacies(&accounts, Some("open")).await.unwrap().len(), 2);
    let url = world.zone_url("contact", asknpic::migrate::Database::Accounts);
    let component = asknpic_local::tls::connect(&url, Some(world.cluster().ca_pem())).await.unwrap();
    let found = beta::candidacies(&accounts, Some("open")).await.unwrap();
    assert!(beta::decide(&component, world.now(), found[0].id, true, "nobody").await.is_err());
    assert!(component.query("select * from beta_candidacies", &[]).await.is_err());
    beta::decide(&accounts, world.now(), found[0].id, true, "Ada of support").await.unwrap();
    beta::decide(&accounts, world.now(), found[1].id, false, "Ada of support").await.unwrap();
    let by = "select count(*) from beta_candidacies where decided_by = 'Ada of support' and decided_at is not null";
    assert_eq!(world.count(by).await, 2);
    sweep(&world).await;
    assert!(world.messages().wait(&email, 2).await[0].text.contains("You are one of our beta testers"));
    assert!(world.messages().wait(&plain, 2).await[0].text.contains("Merci de votre candidature"));

    // Each consent is revoked and given again without the other.
    let change = |token: &str, participation: bool, training: bool| {
        let body = json!({ "token": token, "participation": participation, "training": training });
        world.put("/v1/beta/consents").json(&body)
    };
    change(&tokens[0], true, false).send().await.expect(204);
    change(&tokens[1], false, true).send().await.expect(204);
    assert_eq!(both().await, [(true, false), (false, true)]);
    change(&tokens[0], true, true).send().await.expect(204);
    assert_eq!(both().await, [(true, true), (false, true)]);

    // A year after the candidacy, to the second.
    let expire =
        world.count("select extract(epoch from min(created_at) + interval '365 days')::bigint from beta_candidacies").await;
    world.advance(Duration::from_secs(u64::try_from(expire - world.now().as_second() - 2).unwrap()));
    sweep(&world).await;
    assert_eq!(world.count("select count(*) from beta_candidacies").await, 2);
    world.advance(Duration::from_mins(10));
    sweep(&world).await;
    let haystack = Haystack::of_cells(&world.dump_all().await);
    assert_eq!([&email, &plain].map(|email| haystack.places_of(email.as_bytes())), [const { Vec::<String>::new() }; 2]);
}

#[e2e::test]
async fn promise_a76_support_requests_are_encrypted_and_gone_a_year_after_closing() {
    let world = World::needing(&NEEDS).start().await;
    let (person, accounts) = (world.person().await, world.accounts().await);
    let (subject, message) = ("My quokka poster is upside down", "It shows the marsupial Kornhaus wrongly.\nPlease help.");
    let body = json!({ "subject": subject, "message": message });
    let request = world.post("/v1/support").bearer(&person.access).json(&body).send().await.expect(201).json();
    let id: Uuid = request["id"].as_str().unwrap().parse().unwrap();
    let masters = vault_keys(&world);
    let reply = "We have turned the Kornhaus around for you.";
    support::answer(&accounts, &masters, world.now(), id, reply, true).await.unwrap();
    let haystack = Haystack::of_cells(&world.dump_all().await);
    for text in [subject, message, reply] {
        assert_eq!(haystack.pieces_of(text.as_bytes(), b""), Vec::<String>::new());
    }
    // Under the person's own key, by another implementation.
    let row = accounts
        .query_one(
            "select m.id, m.envelope, k.salt from support_messages m join support_requests r on r.id = m.request_id
             join user_keys k on k.user_id = r.user_id where m.author = 'user'",
            &[],
        )
        .await
        .unwrap();
    let key = content_key(&key_bytes(world.variable("master_keys")), row.get(2), person.user);
    let owner = Owner { user: person.user, generation: row.get(0), kind: 6 };
    let plain: serde_json::Value = serde_json::from_slice(&open(row.get(1), &key, owner).unwrap()).unwrap();
    assert_eq!(plain, body);
    // The owner reads the answer, and is told that there is one without it.
    let read = world.get(&format!("/v1/support/{id}")).bearer(&person.access).send().await.expect(200).json();
    assert_eq!((&read["status"], &read["messages"][1]["text"]), (&"closed".into(), &reply.into()));
    sweep(&world).await;
    let mail = world.messages().wait(&person.applicant.email, 1).await.remove(0);
    assert!(!mail.text.contains("Kornhaus"), "{}", mail.text);
    let shown = support::messages(&accounts, &masters, id).await.unwrap();
    assert_eq!((shown.len(), &shown[0].text["subject"]), (2, &subject.into()));

    let close = world.count("select extract(epoch from closed_at + interval '365 days')::bigint from support_requests").await;
    let before = Duration::from_secs(u64::try_from(close - world.now().as_second() - 60).unwrap());
    let person = world.later(before, &person).await;
    sweep(&world).await;
    world.get(&format!("/v1/support/{id}")).bearer(&person.access).send().await.expect(200);
    world.advance(Duration::from_secs(62));
    sweep(&world).await;
    world.get(&format!("/v1/support/{id}")).bearer(&person.access).send().await.problem("not-found");
    assert_eq!(world.count("select count(*) from support_messages").await, 0);
}

fn vault_keys(world: &World) -> asknpic::operator::MasterKeys {
    asknpic::operator::MasterKeys::parse(world.variable("master_keys")).unwrap()
}
