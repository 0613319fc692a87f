//! Commands of `asknpic` that promise to do what the service does.

use std::path::{Path, PathBuf};

use e2e::World;
use e2e::http::Call;
use e2e::world::root;
use serde_json::json;
use tokio::process::Command;

/// The program that Cargo built beside this test.
pub(crate) fn asknpic() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("asknpic")
}

async fn rendered(file: &Path, arguments: &[&str]) -> Vec<u8> {
    let output =
        Command::new(asknpic()).arg("render").arg(file).args(["--out", "-"]).args(arguments).current_dir(root()).output().await;
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "a final file needs no correction: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[e2e::test]
async fn a_file_on_disk_is_drawn_to_the_byte_as_by_the_service() {
    let world = World::start().await;
    let person = world.person().await;
    let body = json!({ "brief": "Poster for a jazz night, navy and gold, \"Blue Hour\", 12 December" });
    let made = world.post("/v1/generations").bearer(&person.access).json(&body).send().await.expect(201).json();
    let id = made["id"].as_str().unwrap();
    let get = |path: &str| -> Call { world.get(&format!("/v1/generations/{id}/{path}")).bearer(&person.access) };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("visual.json");
    std::fs::write(&file, get("file").send().await.expect(200).body).unwrap();
    for (path, arguments) in [
        ("visual.svg", &["--format", "svg"][..]),
        ("visual.png?width=700", &["--format", "png", "--width", "700"]),
        ("visual.png?width=90&p.accent=%23ffffff", &["--format", "png", "--width", "90", "--param", "accent=#ffffff"]),
    ] {
        let service = get(path).send().await.expect(200).body;
        let disk = rendered(&file, &[arguments, &["--generation", id]].concat()).await;
        assert!(service == disk, "{path}: {} and {} bytes", service.len(), disk.len());
    }
}
