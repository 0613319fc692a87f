//! `GET /v1/me/security-events`.

use std::collections::BTreeSet;

use e2e::{Need, World};
use uuid::Uuid;

#[e2e::test]
async fn events_come_in_pages_newest_first_and_only_ones_own() {
    let world = World::needing(&[Need::Databases]).start().await;
    let (person, other) = (world.person().await, world.person().await);
    let accounts = world.accounts().await;
    // Two at the same time each, so that the id decides between them. Far back, before anything that the sign-up itself noted.
    let add = "select api.security_event_add($1, $2, timestamp '2020-01-01' + make_interval(mins => $3), 'sign-in', $4)";
    let mut ids = Vec::new();
    for number in 0..45 {
        let id = Uuid::now_v7();
        for _ in 0..2 {
            accounts.execute(add, &[&id, &person.user, &(number / 2), &"203.0.113.9"]).await.unwrap();
        }
        ids.push(id);
    }
    accounts.execute(add, &[&Uuid::now_v7(), &other.user, &1, &None::<String>]).await.unwrap();

    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/me/security-events?limit=7{cursor}");
        let page = world.get(&path).bearer(&person.access).send().await.expect(200).json();
        let items = page["items"].as_array().unwrap().clone();
        assert!(items.len() == 7 || page["next_cursor"].is_null());
        seen.extend(items);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let time = |at: usize| (seen[at]["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap(), seen[at]["id"].to_string());
    assert!((1..seen.len()).all(|at| time(at) < time(at - 1)), "{seen:?}");
    let old: Vec<_> = seen.iter().filter(|event| event["at"].as_str().unwrap().starts_with("2020")).collect();
    let unique: BTreeSet<_> = old.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(unique, ids.iter().map(Uuid::to_string).collect());
    assert!(old.iter().all(|event| event["kind"] == "sign-in" && event["ip"] == "203.0.113.9"));
    for bad in ["limit=0", "limit=101", "cursor=x", "user=1"] {
        let answer = world.get(&format!("/v1/me/security-events?{bad}")).bearer(&person.access).send().await;
        assert_eq!(answer.bad_fields(), [bad.split('=').next().unwrap()]);
    }
}

#[e2e::test]
async fn behind_a_proxy_an_event_comes_from_where_the_proxy_says_whatever_the_client_adds() {
    let world = World::needing(&[]).variable("trusted_proxy", "forwarded").start().await;
    let person = world.person().await;
    // Each of the client's own inventions first, then what its proxy adds.
    for (forwarded, ip) in [
        ("for=203.0.113.9;proto=https", "203.0.113.9"),
        ("for=6.6.6.6, for=\"[2001:db8::7]:4711\";by=10.0.0.1", "2001:db8::7"),
        ("for=\"6.6.6.6, For=198.51.100.4;host=\"x;for=6.6.6.6\"", "198.51.100.4"),
        ("for=unknown", "127.0.0.1"),
    ] {
        let call = world.sign_in(&person.applicant).header("forwarded", forwarded).header("x-forwarded-for", "6.6.6.6");
        let person = e2e::Person::of(&person.applicant, &call.send().await);
        let page = world.get("/v1/me/security-events?limit=1").bearer(&person.access).send().await.expect(200).json();
        assert_eq!((&page["items"][0]["kind"], &page["items"][0]["ip"]), (&"sign-in".into(), &ip.into()), "{forwarded}");
    }
}

#[e2e::test]
async fn a_proxys_header_that_we_do_not_read_is_a_mistake_and_not_ignored() {
    let world = World::needing(&[]).variable("trusted_proxy", "x-real-ip").start().await;
    world.sign_in(&e2e::Applicant::invent()).send().await.problem("not-configured");
    // Everybody who looks at a caller's address says so.
    let ready = world.get("/readyz").send().await.expect(503).json();
    for component in ["signup", "otp", "session", "account", "oauth", "generate", "billing", "export", "erase", "waitlist"] {
        assert_eq!(ready["dependencies"][component], "down", "{component}");
    }
}
