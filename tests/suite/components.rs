//! The built components and their manifest: what they ask of a host, how big they are, and what they do without a secret.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use asknpic_host::manifest::{Component, Manifest};
use e2e::http::Call;
use e2e::wasm::imports;
use e2e::world::root;
use e2e::{Applicant, Need, World};
use serde_json::json;

fn manifest() -> Manifest {
    Manifest::load(&root().join("spin.toml")).unwrap()
}

/// Every wasm file that the manifest names, by its name without the ending.
fn files() -> BTreeMap<String, PathBuf> {
    let artifacts = asknpic::build::artifacts(&manifest(), &root());
    artifacts.into_iter().map(|artifact| (artifact.name, artifact.path)).collect()
}

#[e2e::test]
fn components_import_what_they_need_and_nothing_else() {
    let basics: BTreeSet<&str> = ["wasi:cli", "wasi:clocks", "wasi:io", "wasi:random"].into();
    let service: BTreeSet<&str> = [&basics, &["wasi:http", "spin:variables"].into()].into_iter().flatten().copied().collect();
    // The types of database values bring parts of std along that ask for a file system; there is none, for no component has files.
    let database = ["spin:postgres", "wasi:filesystem"];
    let with = |more: &[&'static str]| service.iter().chain(more).copied().collect::<BTreeSet<_>>();
    let expected: BTreeMap<&str, BTreeSet<&str>> = [
        ("signup", with(&database)),
        ("otp", with(&database)),
        ("session", with(&database)),
        ("account", with(&database)),
        ("oauth", with(&database)),
        ("generate", with(&["spin:postgres", "wasi:filesystem", "asknpic:parametric"])),
        ("library", with(&["spin:postgres", "wasi:filesystem", "asknpic:parametric"])),
        ("billing", with(&database)),
        ("stripe_webhook", with(&database)),
        ("lifecycle", with(&database)),
        ("dataset", with(&database)),
        ("export", with(&["spin:postgres", "wasi:filesystem", "asknpic:parametric"])),
        ("erase", with(&database)),
        ("waitlist", with(&database)),
        ("support", with(&database)),
        ("notify", with(&[])),
        ("ops", with(&[])),
        ("meta", with(&[])),
        // What parses hostile input reaches nothing; usvg asks for a file system and gets none.
        ("checker", basics.clone()),
        ("renderer", basics.iter().chain(&["wasi:filesystem"]).copied().collect()),
    ]
    .into();
    let files = files();
    assert_eq!(files.keys().map(String::as_str).collect::<BTreeSet<_>>(), expected.keys().copied().collect());
    for (name, path) in &files {
        let imports = imports(path);
        let packages: BTreeSet<_> = imports.keys().map(|import| import.split('/').next().unwrap()).collect();
        let more: Vec<_> = packages.difference(&expected[name.as_str()]).collect();
        assert!(more.is_empty(), "{name} imports {more:?}");
        assert!(!imports.keys().any(|import| import.starts_with("wasi:sockets")), "{name} could pass by allowed_outbound_hosts");
        for (interface, members) in &imports {
            assert!(interface != "wasi:http/handler" && !interface.starts_with("wasi:http/outgoing"), "{name}: {interface}");
            // In Spin this call skips the allow-list (decision 15).
            assert!(!members.contains("[method]connection-builder.build"), "{name} imports {interface}'s build");
        }
        let package = |interface: &str| imports.keys().any(|import| import.starts_with(interface));
        assert_eq!(package("asknpic:parametric/checker"), name == "generate", "{name}");
        assert_eq!(package("asknpic:parametric/renderer"), ["library", "export"].contains(&name.as_str()), "{name}");
    }
    let all: BTreeSet<String> = imports(&files["otp"]).into_values().flatten().collect();
    assert!(all.iter().any(|member| member.contains("connection")), "members are seen: {all:?}");
}

#[e2e::test]
fn components_are_small() {
    for (name, path) in files() {
        let limit = match name.as_str() {
            "renderer" => 6_000_000,
            "account" | "generate" | "oauth" => 1_600_000,
            _ => 1_500_000,
        };
        let size = fs::metadata(&path).unwrap().len();
        assert!(size < limit, "{name}.wasm has {size} bytes, its limit is {limit}");
    }
}

#[e2e::test]
fn secrets_are_empty_by_default_and_given_to_those_who_need_them() {
    let manifest = manifest();
    let secrets: Vec<_> = manifest.variables.iter().filter(|(_, variable)| variable.secret).collect();
    for (name, variable) in &secrets {
        assert!(!variable.required && variable.default.as_deref() == Some(""), "{name}");
    }
    for (name, variable) in &manifest.variables {
        let sounds_secret = ["_key", "_keys", "_password", "_token", "_secret"].iter().any(|ending| name.ends_with(ending))
            && name != "verification_keys";
        assert_eq!(variable.secret, sounds_secret, "{name}");
    }
    // Decisions 6 and 10: who decrypts content, who mints sessions, who may write to people.
    let holders = |variable: &str| holders(&manifest, variable).into_iter().collect::<Vec<_>>();
    assert_eq!(holders("master_keys"), ["dataset", "export", "generate", "library", "support"]);
    assert_eq!(holders("receipt_key"), ["erase"]);
    assert_eq!(holders("rights_password"), ["erase", "export"]);
    assert_eq!(holders("signing_key"), ["otp", "session"]);
    // A sign-in with a provider ends in a redirect: `oauth` sets the refresh cookie and mints no access token.
    assert_eq!(holders("refresh_key"), ["oauth", "otp", "session"]);
    assert_eq!(holders("oauth_key"), ["oauth"]);
    assert_eq!(holders("brevo_api_key"), ["notify"]);
    assert_eq!(
        holders("internal_key"),
        ["account", "dataset", "erase", "lifecycle", "notify", "oauth", "ops", "otp", "session", "signup", "waitlist"]
    );
    assert_eq!(holders("contact_key"), ["lifecycle", "waitlist"]);
    assert_eq!(holders("contact_password"), ["support", "waitlist"]);
    assert_eq!(holders("ops_token"), ["ops"]);
    assert_eq!(holders("lifecycle_password"), ["dataset", "lifecycle"]);
    assert_eq!(holders("billing_password"), ["billing", "stripe-webhook"]);
    assert_eq!(holders("stripe_api_key"), ["billing", "lifecycle"]);
    assert_eq!(holders("stripe_webhook_secret"), ["stripe-webhook"]);
    assert_eq!(holders("gift_key"), ["billing"]);
    assert_eq!(holders("otp_key"), ["account", "oauth", "otp", "session", "signup"]);
    assert_eq!(holders("identity_password"), ["account", "oauth", "otp", "session", "signup"]);
    assert_eq!(holders("generation_password"), ["generate", "library"]);
    let text = fs::read_to_string(root().join("spin.toml")).unwrap();
    assert!(!text.contains("\nfiles = "), "no component has files");
    for component in manifest.component.values() {
        assert!(component.dependencies_inherit_configuration.is_none(), "a dependency sees nothing of its component");
    }
}

/// The components that a variable reaches.
fn holders(manifest: &Manifest, variable: &str) -> BTreeSet<String> {
    let wanted = format!("{{{{ {variable} }}}}");
    let has = |component: &Component| component.variables.values().any(|value| value.contains(&wanted));
    manifest.component.iter().filter(|(_, component)| has(component)).map(|(id, _)| id.clone()).collect()
}

/// A well-formed call of each component that has a public address.
fn calls(world: &World) -> BTreeMap<&'static str, Call> {
    let id = uuid::Uuid::new_v4();
    let applicant = Applicant::invent();
    [
        ("signup", world.post("/v1/signup").json(&applicant.form())),
        ("otp", world.post("/v1/otp/verify").json(&json!({ "verification_id": id, "code": "123456" }))),
        ("session", world.post("/v1/session").json(&applicant.credentials())),
        ("account", world.get("/v1/me").bearer("x.y.z")),
        ("oauth", world.get("/v1/me/links").bearer("x.y.z")),
        ("generate", world.post("/v1/generations").json(&json!({ "brief": "x" })).bearer("x.y.z")),
        ("library", world.get(&format!("/v1/generations/{id}")).bearer("x.y.z")),
        ("billing", world.get("/v1/billing").bearer("x.y.z")),
        ("stripe-webhook", world.post("/v1/stripe/webhook").json(&json!({}))),
        (
            "waitlist",
            world
                .post("/v1/waitlist")
                .json(&json!({ "email": applicant.email, "interest": "beta", "page": "/en/", "consent": true })),
        ),
        ("support", world.get("/v1/support").bearer("x.y.z")),
        ("ops", world.post("/v1/ops/retention").bearer("x.y.z")),
        ("export", world.get("/v1/me/export").bearer("x.y.z")),
        ("erase", world.post("/v1/me/erasure").json(&json!({ "confirm": true })).bearer("x.y.z")),
    ]
    .into()
}

#[e2e::test]
async fn a_component_without_a_secret_fails_closed_and_readiness_says_so() {
    let manifest = manifest();
    let mut names: Vec<_> =
        manifest.variables.iter().filter(|(_, variable)| variable.secret).map(|(name, _)| name.clone()).collect();
    names.push("verification_keys".to_owned());
    for name in names {
        for value in ["", "not a key"] {
            // Any text can be a password, a key of Brevo's or a secret of a provider's.
            if !value.is_empty() && (name.ends_with("_password") || name.ends_with("_client_secret") || name == "brevo_api_key") {
                continue;
            }
            let world = World::needing(&[Need::OwnDatabases]).variable(&name, value).start().await;
            let without = holders(&manifest, &name);
            let ready = world.get("/readyz").send().await.expect(503).json();
            for (id, call) in calls(&world) {
                let answer = call.send().await;
                if without.contains(id) {
                    assert_eq!(answer.status, 503, "{id} without {name}: {}", answer.text());
                    answer.problem("not-configured");
                    assert!(!answer.text().contains(&name), "{}", answer.text());
                } else {
                    assert!(answer.status.is_client_error() || answer.status == 202, "{id} without {name}: {}", answer.text());
                }
                let state = &ready["dependencies"][id];
                assert_eq!(state, if without.contains(id) { "down" } else { "up" }, "{id} without {name}: {ready}");
            }
            for private in ["notify", "lifecycle"] {
                // Without payments there is nobody to erase at Stripe.
                let optional = private == "lifecycle" && name == "stripe_api_key" && value.is_empty();
                let state = if without.contains(private) && !optional { "down" } else { "up" };
                assert_eq!(ready["dependencies"][private], state, "{private} without {name}: {ready}");
            }
            assert_eq!(world.get("/healthz").send().await.expect(200).json()["status"], "up");
        }
    }
}

#[e2e::test]
async fn each_component_runs_by_itself() {
    let calls_of = [
        "signup",
        "otp",
        "session",
        "account",
        "oauth",
        "generate",
        "library",
        "billing",
        "stripe-webhook",
        "ops",
        "export",
        "erase",
        "waitlist",
        "support",
    ];
    for id in calls_of {
        let world = World::needing(&[Need::OwnDatabases]).only(&[id]).start().await;
        let answer = calls(&world).remove(id).unwrap().send().await;
        let expected = if ["signup", "waitlist"].contains(&id) {
            202
        } else if id == "otp" {
            410
        } else if id == "stripe-webhook" {
            400
        } else {
            401
        };
        assert_eq!(answer.status, expected, "{id}: {}", answer.text());
    }
    let world = World::needing(&[]).only(&["meta"]).start().await;
    world.get("/v1/signup").send().await.problem("not-found");
    world.get("/healthz").send().await.expect(200);
    world.get("/openapi.json").send().await.expect(200);
}

/// The string literals of a Rust source, roughly: enough to look at the SQL in them.
fn literals(text: &str) -> Vec<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    code.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn sources(folder: &Path, ending: &str, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

#[e2e::test]
fn no_component_opens_a_transaction() {
    // Spin's pool gives a connection with an open transaction to the next request (decision 3).
    let mut files = Vec::new();
    sources(&root().join("components"), "rs", &mut files);
    assert!(files.len() > 50);
    let starts = [
        "begin",
        "start transaction",
        "commit",
        "rollback",
        "savepoint",
        "release savepoint",
        "abort",
        "prepare transaction",
        "set transaction",
        "lock table",
        "listen ",
        "set ",
    ];
    for (path, text) in files {
        for literal in literals(&text) {
            let sql = literal.trim().to_lowercase();
            let first = sql.split([';', '\n']).next().unwrap_or_default().trim();
            let found = starts.iter().find(|start| first == **start || first.starts_with(&format!("{} ", start.trim())));
            assert!(found.is_none() || !looks_like_sql(&sql), "{}: {literal:?}", path.display());
        }
    }
}

/// Whether a text is a statement and not a sentence: sentences of ours that begin with such a word end in a full stop or go on.
fn looks_like_sql(text: &str) -> bool {
    !text.ends_with('.') && text.split_whitespace().count() <= 6
}

#[e2e::test]
fn time_and_randomness_come_from_the_runtime_and_never_from_sql() {
    let mut files = Vec::new();
    sources(&root().join("components"), "rs", &mut files);
    let statements = files.iter().flat_map(|(path, text)| literals(text).into_iter().map(move |literal| (path.clone(), literal)));
    let mut schema = Vec::new();
    sources(&root().join("components/lib/store/schema"), "sql", &mut schema);
    assert!(schema.len() >= 30);
    let code = |text: &str| text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let all = statements.chain(schema.iter().map(|(path, text)| (path.clone(), code(text))));
    for (path, text) in all {
        let text = text.to_lowercase();
        for forbidden in [
            "now()",
            "current_timestamp",
            "localtimestamp",
            "current_date",
            "clock_timestamp",
            "statement_timestamp",
            "gen_random",
            "uuid_generate",
            " random()",
        ] {
            assert!(!text.contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
}
