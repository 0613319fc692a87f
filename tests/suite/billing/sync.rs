//! `asknpic stripe sync`: sets an account up, and does nothing where it is. And every request that we send to Stripe is one it documents.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Output;

use asknpic_local::stripe::{API_KEY, Options, Stripe, WEBHOOK_SECRET};
use e2e::payments::{documented_version, undocumented};
use e2e::world::root;
use e2e::{Need, World};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::commands::asknpic;

/// An account that sells nothing yet.
fn empty() -> Stripe {
    let options = Options { offers: false, ..Options::default() };
    Stripe::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), &options).unwrap()
}

async fn sync(url: &str, key: Option<&str>, arguments: &[&str]) -> Output {
    let mut command = Command::new(asknpic());
    command.args(["stripe", "sync", "--url", url]).args(arguments).current_dir(root());
    command.env_remove("SPIN_VARIABLE_STRIPE_API_KEY").env_remove("SPIN_VARIABLE_PUBLIC_URL");
    if let Some(key) = key {
        command.env("SPIN_VARIABLE_STRIPE_API_KEY", key);
    }
    command.output().await.unwrap()
}

/// What it prints where it succeeds.
async fn synced(stripe: &Stripe, arguments: &[&str]) -> String {
    let output = sync(&stripe.url(), Some(API_KEY), &[&["--public-url", "https://asknpic.test/"], arguments].concat()).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn objects(world: &World, stripe: &Stripe) -> Value {
    let call = world.client().call(http::Method::GET, format!("{}/_control/objects", stripe.url()));
    call.try_send().await.unwrap().json()
}

fn of<'a>(objects: &'a Value, kind: &str) -> Vec<&'a Value> {
    objects.as_object().unwrap().values().filter(|object| object["object"] == kind).collect()
}

#[e2e::test]
async fn an_account_is_set_up_once_and_a_price_changes_without_a_gap() {
    let stripe = empty();
    let world = World::needing(&[Need::Databases]).variable("stripe_url", stripe.url()).start().await;
    let person = world.person().await;
    assert_eq!(world.checkout(&person, "pro").send().await.bad_fields(), ["item"], "not for sale yet");

    let first = synced(&stripe, &[]).await;
    let made = objects(&world, &stripe).await;
    assert_eq!((of(&made, "product").len(), of(&made, "price").len(), of(&made, "webhook_endpoint").len()), (6, 6, 1));
    let endpoint = of(&made, "webhook_endpoint")[0];
    assert_eq!(endpoint["url"], "https://asknpic.test/v1/stripe/webhook");
    assert_eq!(endpoint["api_version"], documented_version());
    assert!(endpoint["enabled_events"].as_array().unwrap().contains(&json!("charge.refunded")));
    assert!(first.contains(&format!("SPIN_VARIABLE_STRIPE_WEBHOOK_SECRET={WEBHOOK_SECRET}")), "{first}");
    let offered = &of(&made, "billing_portal.configuration")[0]["features"]["subscription_update"]["products"];
    assert_eq!(offered.as_object().unwrap().len(), 3, "the portal changes between the plans");
    let checkout = world.checkout(&person, "pro").send().await.expect(201).json();

    // Again: nothing new, and the secret that Stripe tells once is not told.
    let second = synced(&stripe, &[]).await;
    assert!(!second.contains("made ") && !second.contains("SECRET"), "{second}");
    let again = objects(&world, &stripe).await;
    for kind in ["product", "price", "webhook_endpoint"] {
        assert_eq!(of(&again, kind), of(&made, kind), "{kind}");
    }

    // Another price: the old one is no longer for sale, and the key is the new one's.
    let third = synced(&stripe, &["--price", "pro=2500", "--price", "credits-500000=1000"]).await;
    assert!(
        third.contains("pro: made price") && third.contains("of 25.00 EUR") && third.contains("no longer for sale"),
        "{third}"
    );
    let changed = objects(&world, &stripe).await;
    let prices = of(&changed, "price");
    assert_eq!((prices.len(), of(&changed, "product").len()), (8, 6));
    let keyed: Vec<_> = prices.iter().filter(|price| price["lookup_key"] == "asknpic-pro").collect();
    assert_eq!(keyed.len(), 1);
    assert_eq!((&keyed[0]["unit_amount"], &keyed[0]["active"]), (&json!(2500), &json!(true)));
    assert_eq!(prices.iter().filter(|price| price["active"] == false).count(), 2);
    let later = world.checkout(&person, "pro").send().await.expect(201).json();
    assert_ne!(later["url"], checkout["url"]);
    let asked = stripe.requests().last().unwrap().parameters.clone();
    assert_eq!(asked["line_items"]["0"]["price"], keyed[0]["id"]);
    assert!(!synced(&stripe, &["--price", "pro=2500", "--price", "credits-500000=1000"]).await.contains("made "));

    let refused: Vec<_> =
        stripe.requests().iter().flat_map(|call| undocumented(&call.method, &call.path, &call.parameters)).collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert!(stripe.requests().iter().all(|call| call.version == documented_version()));
}

#[e2e::test]
async fn what_cannot_be_synced_is_said_and_nothing_is_made() {
    let stripe = empty();
    let public = ["--public-url", "https://asknpic.test"];
    let error = async |url: &str, key: Option<&str>, arguments: &[&str]| {
        let output = sync(url, key, arguments).await;
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let url = stripe.url();
    assert!(error(&url, None, &public).await.contains("SPIN_VARIABLE_STRIPE_API_KEY"));
    assert!(error(&url, Some("whsec_1"), &public).await.contains("sk_ or rk_"));
    assert!(error(&url, Some(API_KEY), &[]).await.contains("--public-url"));
    for price in ["pro", "pro=0", "pro=-1", "gold=100", "pro=1.50"] {
        assert!(error(&url, Some(API_KEY), &[&public[..], &["--price", price]].concat()).await.contains("--price"), "{price}");
    }
    assert!(stripe.requests().is_empty());
    stripe.faults().set(asknpic_local::messages::Fault::Status { status: 403 });
    let told = error(&url, Some(API_KEY), &public).await;
    assert!(told.contains("403") && !told.contains(API_KEY), "{told}");
    drop(stripe);
    assert!(error(&url, Some(API_KEY), &public).await.contains("does not answer"));
}

#[e2e::test]
async fn our_components_send_what_stripe_documents_and_nothing_else() {
    let world = World::needing(&[Need::Stripe, Need::Databases]).start().await;
    // Where the stand-in is others' too, what they sent before is not ours.
    let earlier = world.stripe().requests().await.len();
    let person = world.person().await;
    world.bought(&person, "starter").await;
    world.bought(&person, "credits-100000").await;
    world.checkout(&person, "pro").send().await.expect(201);
    world.post("/v1/billing/portal").bearer(&person.access).send().await.expect(201);
    world.post("/v1/me/erasure").bearer(&person.access).json(&json!({ "confirm": true })).send().await.expect(202);
    e2e::wait::until("the customer's erasure", async || {
        let requests = world.stripe().requests().await;
        requests.iter().skip(earlier).any(|call| call["method"] == "DELETE").then_some(())
    })
    .await;
    let mut calls = std::collections::BTreeSet::new();
    for call in world.stripe().requests().await.into_iter().skip(earlier) {
        let text = |name: &str| call[name].as_str().unwrap().to_owned();
        let found = undocumented(&text("method"), &text("path"), &call["parameters"]);
        assert!(found.is_empty(), "{found:?}");
        calls.insert(format!("{} {}", text("method"), text("path").rsplit_once('/').unwrap().0));
    }
    assert!(calls.len() >= 5, "{calls:?}");
    // The check itself: another name, at any depth, and another call.
    assert_eq!(
        undocumented("POST", "/v1/customers", &json!({ "email": "a@b.example", "mail": "x" })),
        ["POST /v1/customers mail"]
    );
    let nested = json!({ "line_items": { "0": { "price": "p", "amount": "1" } } });
    assert_eq!(undocumented("POST", "/v1/checkout/sessions", &nested), ["POST /v1/checkout/sessions line_items.0.amount"]);
    assert_eq!(undocumented("POST", "/v1/charges", &json!({ "amount": "1" })), ["POST /v1/charges amount"]);
}
