//! Content is encrypted from the moment it arrives, under a key that nobody stores.

use std::time::Duration;

use asknpic::migrate::Database;
use asknpic_local::model::Fault;
use e2e::crypto::{Owner, content_key, open};
use e2e::events::Events;
use e2e::haystack::Haystack;
use e2e::jwt::key_bytes;
use e2e::{Answer, Need, Person, World};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

const BRIEF: &str = "Poster for the jazz night of Zoë Quillfeather, 14 March in the Kornhaus, navy and gold, \
                     title \"Blue Quokka Ensemble\" top left, tickets at +41 79 555 01 47";

const NEEDS: [Need; 3] = [Need::OwnDatabases, Need::Keys, Need::Model];

async fn generate(world: &World, person: &Person, brief: &str) -> Value {
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": brief }));
    call.send().await.expect(201).json()
}

fn id(generation: &Value) -> Uuid {
    generation["id"].as_str().unwrap().parse().unwrap()
}

async fn part(world: &World, person: &Person, generation: &Value, name: &str) -> Answer {
    let path = format!("/v1/generations/{}/{name}", id(generation));
    world.get(path.trim_end_matches('/')).bearer(&person.access).send().await
}

/// What everybody may know of a file: the words of its schema.
async fn public(world: &World) -> Vec<u8> {
    world.get("/schemas/parametric-1.json").send().await.expect(200).body.to_vec()
}

async fn envelope(client: &Client, table: &str, generation: Uuid, kind: i16) -> Vec<u8> {
    let sql = format!("select envelope from {table} where generation_id = $1 and kind = $2");
    client.query_one(&sql, &[&generation, &kind]).await.unwrap().get(0)
}

async fn salt(world: &World, user: Uuid) -> Vec<u8> {
    let sql = "select salt from user_keys where user_id = $1";
    world.accounts().await.query_one(sql, &[&user]).await.unwrap().get(0)
}

#[e2e::test]
async fn promise_a10_no_database_ever_holds_a_brief_or_a_file_in_clear() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let public = public(&world).await;

    // While the model writes.
    world.model().fault(Fault::Slow { per_chunk_ms: 2 }).await;
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": BRIEF }));
    let mut events = Events::open(call).await;
    assert_eq!(events.next().await.unwrap().name, "accepted");
    assert_eq!(events.next().await.unwrap().name, "progress");
    let running = world.dump_all().await;
    assert!(running.iter().any(|cell| cell.place == "briefs.briefs.envelope"), "it is kept before the model is asked");
    assert_eq!(Haystack::of_cells(&running).pieces_of(BRIEF.as_bytes(), b""), Vec::<String>::new());
    let (rest, _) = events.rest().await;
    let done = rest.last().unwrap();
    assert_eq!(done.name, "done", "{done:?}");
    world.model().behave().await;

    // When it is delivered, and when it has failed.
    let file = part(&world, &person, &done.data, "file").await.expect(200).body;
    world.model().fault(Fault::BadFile).await;
    let call = world.post("/v1/generations").bearer(&person.access).json(&json!({ "brief": BRIEF }));
    call.send().await.problem("model-invalid-output");
    let cells = world.dump_all().await;
    let all = Haystack::of_cells(&cells);
    assert_eq!(all.pieces_of(BRIEF.as_bytes(), b""), Vec::<String>::new());
    assert_eq!(all.pieces_of(&file, &public), Vec::<String>::new());
    for place in ["briefs.briefs.envelope", "files.files.envelope"] {
        assert_eq!(cells.iter().filter(|cell| cell.place == place).count(), 1, "{place}: of the delivered one only");
    }
}

#[e2e::test]
async fn promise_a60_content_keys_are_derived_and_never_stored() {
    let world = World::needing(&NEEDS).start().await;
    let (person, other) = (world.person().await, world.person().await);
    let generation = generate(&world, &person, BRIEF).await;
    generate(&world, &other, "a calm banner in green").await;

    // Derived as promised, by another implementation, the key opens what is stored.
    let master = key_bytes(world.variable("master_keys"));
    let (mine, theirs) = (salt(&world, person.user).await, salt(&world, other.user).await);
    assert!(mine.len() == 32 && theirs.len() == 32 && mine != theirs);
    let key = content_key(&master, &mine, person.user);
    let stored = envelope(&world.database(Database::Briefs).await, "briefs", id(&generation), 1).await;
    let owner = Owner { user: person.user, generation: id(&generation), kind: 1 };
    assert_eq!(open(&stored, &key, owner).as_deref(), Some(BRIEF.as_bytes()));
    let file = part(&world, &person, &generation, "file").await.expect(200).body;
    let stored = envelope(&world.database(Database::Files).await, "files", id(&generation), 3).await;
    assert_eq!(open(&stored, &key, Owner { kind: 3, ..owner }).as_deref(), Some(&file[..]));

    let all = Haystack::of_cells(&world.dump_all().await);
    all.lacks("the master key", &master);
    all.lacks("a content key", key);
    all.lacks("a content key", content_key(&master, &theirs, other.user));
    for name in ["signing_key", "otp_key", "limit_key", "refresh_key", "internal_key"] {
        all.lacks(name, key_bytes(world.variable(name)));
    }
    // The salt is in its own table of `accounts`, away from the content.
    assert_eq!(all.places_of(&mine), ["accounts.user_keys.salt"]);
}

#[e2e::test]
async fn promise_a61_content_opens_nowhere_but_in_its_place() {
    let world = World::needing(&NEEDS).start().await;
    let (ada, eve) = (world.person().await, world.person().await);
    let one = generate(&world, &ada, "Adas first: a banner about otters").await;
    let two = generate(&world, &ada, "Adas second: a card about herons").await;
    let hers = generate(&world, &eve, "Eves only: a logo about badgers").await;
    let (briefs, files) = (world.database(Database::Briefs).await, world.database(Database::Files).await);
    let own = envelope(&briefs, "briefs", id(&one), 1).await;
    let own_file = envelope(&files, "files", id(&one), 3).await;
    let secrets = ["otters", "herons", "badgers"];

    let put = async |client: &Client, table: &str, kind: i16, bytes: &[u8]| {
        let sql = format!("update {table} set envelope = $3 where generation_id = $1 and kind = $2");
        assert_eq!(client.execute(&sql, &[&id(&one), &kind, &bytes]).await.unwrap(), 1);
    };
    let shut = async |what: &str, part_name: &str| {
        let answer = part(&world, &ada, &one, part_name).await;
        answer.problem("internal");
        assert!(!secrets.iter().any(|secret| answer.text().contains(secret)), "{what}: {}", answer.text());
    };

    let mut changed = vec![
        ("another user's", envelope(&briefs, "briefs", id(&hers), 1).await),
        ("another generation's", envelope(&briefs, "briefs", id(&two), 1).await),
        ("another kind's", own_file.clone()),
        ("one that is cut off", own[..own.len() - 1].to_vec()),
        ("a header only", own[..15].to_vec()),
        ("an empty one", Vec::new()),
    ];
    for (what, place) in [("version", 0), ("key id", 2), ("nonce", 5), ("text", 20), ("tag", own.len() - 1)] {
        let mut bytes = own.clone();
        bytes[place] ^= 1;
        changed.push((what, bytes));
    }
    for (what, bytes) in &changed {
        put(&briefs, "briefs", 1, bytes).await;
        shut(what, "brief").await;
    }
    put(&briefs, "briefs", 1, &own).await;
    assert_eq!(part(&world, &ada, &one, "brief").await.expect(200).json()["brief"], "Adas first: a banner about otters");

    for (what, bytes) in [
        ("another user's", envelope(&files, "files", id(&hers), 3).await),
        ("another generation's", envelope(&files, "files", id(&two), 3).await),
        ("a brief", own.clone()),
    ] {
        put(&files, "files", 3, &bytes).await;
        for name in ["file", "visual.svg", "visual.png", ""] {
            shut(what, name).await;
        }
    }
    put(&files, "files", 3, &own_file).await;
    part(&world, &ada, &one, "file").await.expect(200);

    // Nor does it help to take the salt along: the user is part of the key.
    let accounts = world.accounts().await;
    let sql = "update user_keys set salt = (select salt from user_keys where user_id = $2) where user_id = $1";
    accounts.execute(sql, &[&ada.user, &eve.user]).await.unwrap();
    put(&briefs, "briefs", 1, &envelope(&briefs, "briefs", id(&hers), 1).await).await;
    shut("another user's with the salt", "brief").await;

    // Ids in the rows do not help either: moved as a whole, a row is the other user's and does not open.
    let sql = "update briefs set user_id = $2 where generation_id = $1";
    briefs.execute(sql, &[&id(&hers), &ada.user]).await.unwrap();
    accounts
        .execute("update generations set user_id = $2, tenant_id = $3 where id = $1", &[&id(&hers), &ada.user, &ada.tenant])
        .await
        .unwrap();
    let answer = part(&world, &ada, &hers, "brief").await;
    answer.problem("internal");
    assert!(!answer.text().contains("badgers"));
}

#[e2e::test]
async fn promise_a64_a_stolen_content_database_is_useless() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let generation = generate(&world, &person, BRIEF).await;
    let file = part(&world, &person, &generation, "file").await.expect(200).body;
    let public = public(&world).await;
    let master = key_bytes(world.variable("master_keys"));
    let user_salt = salt(&world, person.user).await;
    for (database, table, kind, text) in
        [(Database::Briefs, "briefs", 1, BRIEF.as_bytes()), (Database::Files, "files", 3, &file[..])]
    {
        // All that a thief has: ids, kinds, times and bytes that look random.
        let columns = world.tables(database).await.remove(table).unwrap();
        assert_eq!(columns.into_iter().collect::<Vec<_>>(), ["created_at", "envelope", "generation_id", "kind", "user_id"]);
        let haystack = Haystack::of_cells(&world.dump(database).await);
        assert_eq!(haystack.pieces_of(text, &public), Vec::<String>::new());
        haystack.lacks("the salt", &user_salt);
        haystack.lacks("the master key", &master);

        let stored = envelope(&world.database(database).await, table, id(&generation), kind).await;
        assert_eq!(stored.len(), 1 + 2 + 12 + text.len() + 16, "version, key id, nonce, text, tag");
        let owner = Owner { user: person.user, generation: id(&generation), kind: u8::try_from(kind).unwrap() };
        let right = content_key(&master, &user_salt, person.user);
        assert_eq!(open(&stored, &right, owner).as_deref(), Some(text));
        // The master key without the salt, the salt without the master key, and what a thief could try with ids.
        let zeros = [0; 32];
        let guesses = [
            content_key(&master, &zeros, person.user),
            content_key(&master, person.user.as_bytes(), person.user),
            content_key(&zeros, &user_salt, person.user),
            content_key(&user_salt, &user_salt, person.user),
            content_key(person.user.as_bytes(), id(&generation).as_bytes(), person.user),
            master.clone().try_into().unwrap(),
        ];
        assert!(guesses.iter().all(|guess| open(&stored, guess, owner).is_none()));
    }
    // One text twice is two ciphertexts.
    world.advance(Duration::from_secs(1));
    let again = generate(&world, &person, BRIEF).await;
    let briefs = world.database(Database::Briefs).await;
    let (first, second) =
        (envelope(&briefs, "briefs", id(&generation), 1).await, envelope(&briefs, "briefs", id(&again), 1).await);
    let bytes = Haystack::of_cells(&[e2e::database::Cell { place: "first".to_owned(), bytes: first }]);
    assert_eq!(bytes.pieces_of(&second[3..], b""), Vec::<String>::new());
}
