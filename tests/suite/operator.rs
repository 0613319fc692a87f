//! Commands of `asknpic` by which an operator changes what the service holds.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Output;
use std::time::{Duration, SystemTime};

use asknpic::keys::{Keys, environment};
use asknpic::migrate::Database;
use e2e::jwt::{Jwt, key_bytes};
use e2e::{Applicant, Need, Person, World};
use serde_json::json;
use tokio::process::Command;

use crate::commands::asknpic;

/// "Grüezi, Wält 2026!" in each format that an import takes: of Identity V2, its V3 with three functions, and bcrypt.
const HASHES: &str = include_str!("../../components/lib/vault/vectors/passwords.txt");
const PASSWORD: &str = "Grüezi, Wält 2026!";

async fn import(world: &World, folder: &Path, file: &str, more: &[&str]) -> Output {
    let (url, ca) = world.admin_url(Database::Accounts);
    let mut command = Command::new(asknpic());
    command
        .args(["account", "import"])
        .arg(folder.join(file))
        .args(more)
        .env("ASKNPIC_ACCOUNTS_URL", url)
        .env_remove("ASKNPIC_PG_CA");
    if let Some(ca) = ca {
        std::fs::write(folder.join("ca.pem"), ca).unwrap();
        command.env("ASKNPIC_PG_CA", folder.join("ca.pem"));
    }
    command.output().await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[e2e::test]
async fn accounts_are_brought_in_with_their_hashes_once_and_only_if_every_line_is_good() {
    let world = World::needing(&[Need::OwnDatabases]).start().await;
    let dir = tempfile::tempdir().unwrap();
    let there = world.person().await;
    let hashes: Vec<_> = HASHES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' ')).collect();
    assert_eq!(hashes.len(), 10);
    let newcomers: Vec<_> = hashes.iter().map(|(who, hash)| (*who, *hash, Applicant::invent())).collect();
    let mut file = "email,password_hash,email_confirmed,phone,phone_verified,first_name,language\n".to_owned();
    for (number, (who, hash, newcomer)) in newcomers.iter().enumerate() {
        // Numbers that exist, by the numbering plan.
        let phone = if number == 0 { String::new() } else { format!("+33 6 12 34 56 {number:02}") };
        let email = newcomer.email.to_uppercase();
        writeln!(file, "{email},{hash},true,{phone},{},\"{who}, of old\",fr", number > 1).unwrap();
    }
    // Somebody who is here already, and somebody twice.
    for email in [&there.applicant.email, &format!(" {} ", newcomers[5].2.email)] {
        writeln!(file, "{email},{},true,,false,,en", hashes[0].1).unwrap();
    }
    std::fs::write(dir.path().join("good.csv"), &file).unwrap();

    // What is wrong is told by its line and without its values, and nothing is brought in.
    let bad = "nobody,x,true,,,,\nann@mail.example,plain text,true,,,,\nbob@mail.example,x\n";
    std::fs::write(dir.path().join("bad.csv"), format!("{file}{bad}")).unwrap();
    let before = world.counts().await;
    for more in [&[][..], &["--check"]] {
        let output = import(&world, dir.path(), "bad.csv", more).await;
        let told = text(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty(), "{told}");
        let lines: Vec<_> = told.lines().map(|line| line.split(':').next().unwrap()).collect();
        assert_eq!(lines[..3], ["line 14", "line 15", "line 16"], "{told}");
        assert!(told.contains("3 lines cannot be taken; nothing was imported"), "{told}");
        assert!(["nobody", "mail.example", "plain text"].iter().all(|value| !told.contains(value)), "{told}");
    }
    let checked = import(&world, dir.path(), "good.csv", &["--check"]).await;
    assert_eq!(text(&checked.stdout), "12 accounts can be imported\n", "{}", text(&checked.stderr));
    assert_eq!(world.counts().await, before);

    let output = import(&world, dir.path(), "good.csv", &[]).await;
    assert_eq!(text(&output.stdout), "10 accounts imported, 2 were there already\n", "{}", text(&output.stderr));
    let after = world.counts().await;
    let again = import(&world, dir.path(), "good.csv", &[]).await;
    assert_eq!(text(&again.stdout), "0 accounts imported, 12 were there already\n", "{}", text(&again.stderr));
    assert_eq!(world.counts().await, after, "a repeat changes nothing");

    // Each signs in with the password of old, and who was here before with their own.
    for (number, (who, _, newcomer)) in newcomers.iter().enumerate() {
        let old = Applicant { password: PASSWORD.to_owned(), ..newcomer.clone() };
        let answer = world.sign_in(&old).send().await;
        // A phone that was never verified has to be, as after a sign-up; without any, one is asked for later.
        if number == 1 {
            answer.problem("phone-unverified");
            continue;
        }
        let person = Person::of(&old, &answer);
        let account = world.get("/v1/me").bearer(&person.access).send().await.expect(200).json();
        assert_eq!(account["first_name"], format!("{who}, of old"));
        assert_eq!((&account["language"], &account["email_confirmed"]), (&json!("fr"), &json!(true)), "{who}");
        assert_eq!(account["phone_verified"], number > 1, "{who}");
    }
    assert_eq!(world.again(&there).await.user, there.user);
}

/// Starts the host with the keys as they are in a file now.
async fn restart(world: &mut World, keys: &Keys) {
    world.stop_host().await;
    for name in ["signing_key", "verification_keys"] {
        world.set_variable(name, &keys.variables()[name]);
    }
    world.start_host().await;
}

async fn takes(world: &World, tokens: &[&str]) {
    for token in tokens {
        world.get("/v1/me").bearer(token).send().await.expect(200);
    }
}

async fn published(world: &World) -> Vec<String> {
    let set = world.get("/.well-known/jwks.json").send().await.expect(200).json();
    let kids = set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned());
    kids.filter(|kid| kid.starts_with("session-")).collect()
}

fn kid(token: &str) -> String {
    Jwt::read(token).header["kid"].as_str().unwrap().to_owned()
}

#[e2e::test]
async fn the_signing_key_is_replaced_while_old_and_new_processes_take_each_others_tokens() {
    let needs = [Need::Clock, Need::Keys, Need::Restart, Need::Variables];
    let mut world = World::needing(&needs).start().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.env");
    let lines = ["signing_key", "verification_keys"].map(|name| (name.to_owned(), world.variable(name).to_owned()));
    let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(&path).unwrap();
    file.write_all(environment(&lines.into()).as_bytes()).unwrap();
    let step = async || {
        let output = Command::new(asknpic()).args(["keys", "rotate-signing", "--file"]).arg(&path).output().await.unwrap();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let before = Keys::load(&path).unwrap();
    let person = world.person().await;
    let old = person.access.clone();

    let (done, told, error) = step().await;
    assert!(done && told.starts_with("1 of 3: the new key is published, the old one signs."), "{told}{error}");
    let first = Keys::load(&path).unwrap();
    restart(&mut world, &first).await;
    let at_first = world.again(&person).await.access;
    takes(&world, &[&old, &at_first]).await;
    assert_eq!((published(&world).await.len(), kid(&at_first)), (2, kid(&old)));
    // Processes of before, which run until they are restarted as well.
    restart(&mut world, &before).await;
    takes(&world, &[&old, &at_first]).await;

    let (done, told, error) = step().await;
    assert!(done && told.starts_with("2 of 3: the new key signs."), "{told}{error}");
    let second = Keys::load(&path).unwrap();
    restart(&mut world, &second).await;
    let at_second = world.again(&person).await.access;
    takes(&world, &[&old, &at_first, &at_second]).await;
    assert_ne!(kid(&at_second), kid(&old));
    assert_eq!(published(&world).await, [kid(&old), kid(&at_second)]);
    restart(&mut world, &first).await;
    takes(&world, &[&old, &at_first, &at_second]).await;

    // The old key is not forgotten while a token of it can be good.
    let (done, _, error) = step().await;
    assert!(!done && error.contains("15 more minutes"), "{error}");
    assert!(Keys::load(&path).unwrap() == second);
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(SystemTime::now() - Duration::from_mins(15)).unwrap();
    restart(&mut world, &second).await;
    world.advance(Duration::from_mins(15));
    let renewed = world.again(&person).await.access;
    let (done, told, error) = step().await;
    assert!(done && told.starts_with("3 of 3: the old key is forgotten."), "{told}{error}");
    restart(&mut world, &Keys::load(&path).unwrap()).await;
    takes(&world, &[&renewed, &world.again(&person).await.access]).await;
    assert_eq!(published(&world).await, [kid(&renewed)]);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // Whoever has the old key signs nothing any more that anybody believes.
    let now = world.now().as_second();
    let forged = Jwt::read(&renewed).header("kid", kid(&old)).claim("iat", now).claim("exp", now + 900);
    let forged = forged.ed25519(&key_bytes(&before.variables()["signing_key"]));
    world.get("/v1/me").bearer(&forged).send().await.problem("unauthenticated");
}
