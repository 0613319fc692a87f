//! What a host refuses to start with, what it reports, and the cache.

use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use asknpic_host::{Config, Host};

use crate::client::text;
use crate::fixture::{App, wasm};

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_named_with_their_place() {
    let two = "[[trigger.http]]\nroute = \"/a\"\ncomponent = \"a\"\n[component.a]\nsource = \"<probe>\"\n[[trigger.http]]\nroute = \"/a/\"\ncomponent = \"b\"\n[component.b]\nsource = \"<probe>\"";
    let one = |lines: &str| format!("[[trigger.http]]\nroute = \"/a\"\ncomponent = \"a\"\n[component.a]\n{lines}");
    for (body, part) in [
        (two.to_owned(), "route \"/a/\" belongs to both \"a\" and \"b\""),
        (one("source = \"<probe>\"\nsauce = 1"), "unknown field `sauce`"),
        (one("source = \"missing.wasm\""), "component a: source (is it built?)"),
        (one("source = \"spin.toml\""), "component a: "),
        (one("source = \"<calc>\""), "component a: it does not export wasi:http/handler@0.3.0"),
        (
            one("source = \"<probe>\"") + "\n[variables]\nneeded = { required = true }",
            "required variables without a value: needed (set SPIN_VARIABLE_NEEDED)",
        ),
        (
            one("source = \"<probe>\"\nallowed_outbound_hosts = [\"{{ url }}\"]")
                + "\n[variables]\nurl = { default = \"http://h/path\" }",
            "component a: allowed_outbound_hosts \"{{ url }}\": it has a path",
        ),
    ] {
        let refusal = App::new(&body).refusal().await;
        assert!(refusal.contains(part), "{part}: {refusal}");
    }
    let missing = Host::start(Config::new("/nowhere/spin.toml")).await.err().unwrap().to_string();
    assert!(missing.starts_with("manifest /nowhere/spin.toml: "), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_named() {
    let app = App::probe("");
    let first = app.start().await;
    let mut config = app.config();
    config.listen = first.addr();
    let error = Host::start(config).await.err().unwrap().to_string();
    assert!(error.starts_with(&format!("cannot listen on {}: ", first.addr())), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn some_components_can_be_run_alone() {
    let app = App::new(
        r#"
        [[trigger.http]]
        route = "/a"
        component = "a"
        [component.a]
        source = "<probe>"
        [[trigger.http]]
        route = "/b"
        component = "b"
        [component.b]
        source = "missing.wasm"
        [[trigger.http]]
        route = { private = true }
        component = "c"
        [component.c]
        source = "<probe>"
        allowed_outbound_hosts = ["http://a.spin.internal"]
        "#,
    );
    let only = async |ids: &[&str]| {
        let mut config = app.config();
        config.only = Some(ids.iter().map(|id| (*id).to_owned()).collect());
        Host::start(config).await
    };
    let host = only(&["a"]).await.unwrap();
    assert_eq!(text(host.addr(), "/a").await, "path /a");
    assert_eq!(crate::client::get(host.addr(), "/b").await.status, 404);
    let error = only(&["c"]).await.err().unwrap().to_string();
    assert!(error.contains("it may call \"a\", which is not among the selected components"), "{error}");
    let host = only(&["a", "c"]).await.unwrap();
    let components = host.components();
    assert_eq!(
        components.iter().map(|component| (component.id.as_str(), component.routes.join(" "))).collect::<Vec<_>>(),
        [("a", "/a".to_owned()), ("c", "private".to_owned())]
    );
    assert_eq!(components[0].wasm_bytes, std::fs::metadata(wasm("probe")).unwrap().len());
    let error = only(&["x"]).await.err().unwrap().to_string();
    assert!(error.contains("there is no component \"x\"; there are a, b, c"), "{error}");
}

/// With wasm files of its own, so that nothing is in memory yet: they differ from the guest by a custom section.
#[tokio::test(flavor = "multi_thread")]
async fn compiled_components_are_cached() {
    let app = App::new("[[trigger.http]]\nroute = \"/...\"\ncomponent = \"own\"\n[component.own]\nsource = \"own.wasm\"");
    let cache = app.folder().join("cache");
    let start = async |marker: u8| {
        let mut bytes = std::fs::read(wasm("probe")).unwrap();
        bytes.extend_from_slice(&[0, 2, 1, marker]);
        std::fs::write(app.folder().join("own.wasm"), bytes).unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut config = app.config();
        config.cache_dir.clone_from(&cache);
        config.progress = Some({
            let seen = Arc::clone(&seen);
            Arc::new(move |progress| seen.lock().unwrap().push(progress))
        });
        let host = Host::start(config).await.unwrap();
        assert_eq!(text(host.addr(), "/a").await, "path /a");
        let seen = seen.lock().unwrap().clone();
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].component.as_str(), seen[0].done, seen[0].total), ("own", 1, 1));
        seen[0].compiled
    };
    let files = || -> Vec<_> { std::fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path()).collect() };
    assert!(start(1).await);
    assert!(!start(1).await, "from memory");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&cache), 0o700);
    assert_eq!(files().len(), 1);
    assert_eq!(mode(&files()[0]), 0o600);

    for marker in 2..9 {
        assert!(start(marker).await);
    }
    assert_eq!(files().len(), 4, "old versions go");
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_is_fast_once_compiled_and_many_hosts_fit_a_process() {
    let mut body = String::new();
    for n in 0..12 {
        writeln!(body, "[[trigger.http]]\nroute = \"/{n}\"\ncomponent = \"c{n}\"\n[component.c{n}]\nsource = \"<probe>\"")
            .unwrap();
    }
    let app = App::new(&body);
    drop(app.start().await);
    let mut fastest = Duration::MAX;
    let mut hosts = Vec::new();
    for _ in 0..32 {
        let started = Instant::now();
        hosts.push(app.start().await);
        fastest = fastest.min(started.elapsed());
    }
    assert!(fastest < Duration::from_millis(50), "{fastest:?}");
    // All 384 components are alive at the same time.
    let answers = hosts.iter().flat_map(|host| (0..12).map(move |n| (host.addr(), n)));
    let answers = answers.map(async |(addr, n)| assert_eq!(text(addr, &format!("/{n}")).await, format!("path /{n}")));
    futures::future::join_all(answers).await;
}
