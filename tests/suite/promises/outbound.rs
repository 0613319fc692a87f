//! Whom the components may call: what the manifest says, and that the runtime holds them to it.

use std::collections::{BTreeMap, BTreeSet};

use e2e::wait::until;
use e2e::world::root;
use e2e::{Applicant, Need, World};
use serde_json::json;

const ACCOUNTS: &str = "postgres://{{ accounts_host }}:{{ accounts_port }}";
const BRIEFS: &str = "postgres://{{ briefs_host }}:{{ briefs_port }}";
const FILES: &str = "postgres://{{ files_host }}:{{ files_port }}";
const DATASET: &str = "postgres://{{ dataset_host }}:{{ dataset_port }}";
const NOTIFY: &str = "{{ notify_url }}";
const MODEL: &str = "{{ ollama_url }}";
const PROVIDERS: &[&str] = &[
    "{{ google_token_url }}",
    "{{ google_keys_url }}",
    "{{ github_url }}",
    "{{ github_api_url }}",
    "{{ linkedin_url }}",
    "{{ facebook_graph_url }}",
];
const BREVO: &str = "{{ brevo_url }}";
const STRIPE: &str = "{{ stripe_url }}";
const LIFECYCLE: &str = "{{ lifecycle_url }}";

fn manifest() -> toml::Table {
    std::fs::read_to_string(root().join("spin.toml")).unwrap().parse().unwrap()
}

#[e2e::test]
fn promise_a74_outbound_hosts_are_exactly_the_declared_ones() {
    // The manifest, component by component. A new host shows here, and in review.
    let expected: BTreeMap<&str, Vec<&str>> = [
        ("signup", vec![ACCOUNTS, NOTIFY]),
        ("otp", vec![ACCOUNTS, NOTIFY]),
        ("session", vec![ACCOUNTS, NOTIFY]),
        ("account", vec![ACCOUNTS, NOTIFY]),
        ("oauth", [&[ACCOUNTS, NOTIFY], PROVIDERS].concat()),
        ("waitlist", vec![ACCOUNTS, NOTIFY]),
        ("support", vec![ACCOUNTS]),
        ("generate", vec![ACCOUNTS, BRIEFS, FILES, MODEL]),
        ("library", vec![ACCOUNTS, BRIEFS, FILES]),
        ("billing", vec![ACCOUNTS, STRIPE]),
        ("stripe-webhook", vec![ACCOUNTS]),
        ("ops", vec![LIFECYCLE]),
        ("lifecycle", vec![ACCOUNTS, BRIEFS, FILES, DATASET, NOTIFY, STRIPE, "{{ dataset_url }}"]),
        ("dataset", vec![ACCOUNTS, BRIEFS, FILES, DATASET]),
        ("export", vec![ACCOUNTS, BRIEFS, FILES]),
        ("erase", vec![ACCOUNTS, BRIEFS, FILES, NOTIFY, LIFECYCLE]),
        ("notify", vec![BREVO]),
    ]
    .into();
    let manifest = manifest();
    let components = manifest["component"].as_table().unwrap();
    // `meta` asks each of the others whether it is ready; for `dataset`, which no public component knows of, `lifecycle` answers.
    let meta: Vec<_> =
        expected.keys().filter(|id| **id != "dataset").map(|id| format!("{{{{ {}_url }}}}", id.replace('-', "_"))).collect();
    let meta = ("meta", meta.iter().map(String::as_str).collect());
    let expected: BTreeMap<_, _> = expected.into_iter().chain([meta]).collect();
    assert_eq!(
        components.keys().collect::<BTreeSet<_>>(),
        expected.keys().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>().iter().collect()
    );
    for (id, hosts) in expected {
        let declared = components[id]["allowed_outbound_hosts"].as_array().unwrap();
        let declared: BTreeSet<_> = declared.iter().map(|host| host.as_str().unwrap()).collect();
        assert_eq!(declared, hosts.into_iter().collect(), "{id}");
    }
    // The addresses that may be set lead to ourselves, to Brevo or to Stripe unless an operator says otherwise.
    for (name, variable) in manifest["variables"].as_table().unwrap() {
        let default = variable.get("default").and_then(toml::Value::as_str).unwrap_or_default();
        if name.ends_with("_url") && name != "public_url" {
            let internal = format!("http://{}.spin.internal", name.trim_end_matches("_url").replace('_', "-"));
            let known = [internal.as_str(), "https://api.brevo.com", "https://api.stripe.com", "http://127.0.0.1:11434"];
            // A provider that nobody has configured cannot be reached.
            let provider = PROVIDERS.contains(&format!("{{{{ {name} }}}}").as_str());
            assert!(known.contains(&default) || provider && default.is_empty(), "{name} = {default}");
        }
    }
}

#[e2e::test]
async fn promise_a74_a_component_that_calls_anybody_else_is_refused() {
    // `notify` without Brevo: its call is refused by the runtime and nothing arrives.
    let edit = |text: String| text.replace("allowed_outbound_hosts = [\"{{ brevo_url }}\"]", "allowed_outbound_hosts = []");
    let world = World::needing(&[Need::Logs, Need::OwnDatabases]).manifest(edit).start().await;
    world.sign_up(&Applicant::invent()).await;
    let answered = async || world.requests_of("notify").into_iter().find(|line| line["status"] == 422);
    until("the refused call of notify", answered).await;
    assert!(world.messages().all().await.is_empty());
    drop(world);

    // A component without its database.
    let edit = |text: String| text.replacen(&format!("\"{ACCOUNTS}\", "), "", 1);
    let world = World::needing(&[Need::OwnDatabases]).manifest(edit).start().await;
    world.post("/v1/signup").json(&Applicant::invent().form()).send().await.problem("unavailable");
    assert_eq!(world.count("select count(*) from users").await, 0);
    drop(world);

    // `generate` without the model.
    let edit = |text: String| text.replace(&format!("    \"{MODEL}\",\n"), "");
    let world = World::needing(&[Need::OwnDatabases, Need::Model]).manifest(edit).start().await;
    let person = world.person().await;
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": "a poster" }));
    call.send().await.problem("model-unavailable");
    assert!(world.model().requests().await.is_empty());
}
