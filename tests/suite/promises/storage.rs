//! Four databases, who may reach them, and how.

use asknpic::keys::ZONES;
use asknpic::migrate::Database;
use asknpic_local::tls;
use e2e::world::root;
use e2e::{Applicant, Need, World};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

/// A CA that has signed nothing here.
const OTHER_CA: &str = include_str!("../../fixtures/other-ca.pem");

fn manifest() -> toml::Table {
    std::fs::read_to_string(root().join("spin.toml")).unwrap().parse().unwrap()
}

#[e2e::test]
async fn promise_a63_four_databases_and_the_dataset_is_out_of_the_components_reach() {
    let world = World::needing(&[Need::OwnDatabases, Need::Keys]).start().await;
    let ca = Some(world.cluster().ca_pem());
    let names: std::collections::BTreeSet<_> = Database::ALL.map(|database| world.database_name(database)).into();
    assert_eq!(names.len(), 4);
    let mut oids = std::collections::BTreeSet::new();
    for database in Database::ALL {
        let client = world.database(database).await;
        let sql = "select oid from pg_database where datname = current_database()";
        oids.insert(client.query_one(sql, &[]).await.unwrap().get::<_, u32>(0));
        let crossing = "select count(*) from pg_extension where extname in ('dblink', 'postgres_fdw')";
        assert_eq!(client.query_one(crossing, &[]).await.unwrap().get::<_, i64>(0), 0, "{database} has a bridge to another");
    }
    assert_eq!(oids.len(), 4);

    // Real logins, with the passwords that the components have.
    let may = [
        ("identity", vec![Database::Accounts]),
        ("generation", vec![Database::Accounts, Database::Briefs, Database::Files]),
        ("rights", vec![Database::Accounts, Database::Briefs, Database::Files]),
        ("billing", vec![Database::Accounts]),
        ("lifecycle", Database::ALL.to_vec()),
        ("contact", vec![Database::Accounts]),
    ];
    assert_eq!(may.iter().map(|(zone, _)| *zone).collect::<Vec<_>>(), ZONES);
    for (zone, databases) in &may {
        for database in Database::ALL {
            let login = tls::connect(&world.zone_url(zone, database), ca).await;
            match login {
                Ok(_) => assert!(databases.contains(&database), "{zone} can connect to {database}"),
                Err(tls::Error::Connect(error)) => {
                    assert!(!databases.contains(&database), "{zone} cannot connect to {database}: {error}");
                    assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{zone} at {database}: {error}");
                }
                Err(error) => panic!("{zone} at {database}: {error}"),
            }
        }
    }
    // Inside a database a zone has no more than it needs: no zone reads the people, the salts or the sessions as tables.
    for zone in ["identity", "generation", "rights", "billing", "contact"] {
        let client = tls::connect(&world.zone_url(zone, Database::Accounts), ca).await.unwrap();
        for table in ["users", "user_keys", "sessions", "verifications"] {
            let error = client.query(&format!("select * from {table}"), &[]).await.expect_err(zone);
            assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{zone} {table}");
        }
        assert!(client.batch_execute("create table t (x int)").await.is_err(), "{zone} makes tables");
        assert!(client.batch_execute("set role lifecycle").await.is_err(), "{zone} becomes another");
    }

    // And the manifest gives no component an address or a password that leads there.
    let manifest = manifest();
    let routes = manifest["trigger"]["http"].as_array().unwrap();
    let is_private =
        |id: &str| routes.iter().filter(|route| route["component"].as_str() == Some(id)).all(|route| route["route"].is_table());
    for (id, component) in manifest["component"].as_table().unwrap() {
        // What only our own components can call is not the public API.
        if is_private(id) {
            continue;
        }
        let text = component.to_string();
        for forbidden in ["dataset", "lifecycle_password", "migrate", "postgres:"] {
            assert!(!text.replace("postgres://", "").contains(forbidden), "{id} has {forbidden}");
        }
    }
}

/// The database's state as readiness tells it, and the problem of a sign-up.
async fn refused(world: &World, problem: &str) {
    let ready = world.get("/readyz").send().await.expect(503).json();
    assert_eq!((&ready["status"], &ready["dependencies"]["accounts"]), (&"down".into(), &"down".into()), "{ready}");
    world.post("/v1/signup").json(&Applicant::invent().form()).send().await.problem(problem);
    assert_eq!(world.count("select count(*) from users").await, 0);
}

#[e2e::test]
async fn promise_a69_connections_to_postgresql_are_tls_and_verified() {
    let world = World::needing(&[Need::OwnDatabases]).start().await;
    let ready = world.get("/readyz").send().await.expect(200).json();
    assert_eq!(ready["dependencies"]["accounts"], "up");
    world.person().await;
    let sql = "select s.ssl, a.usename::text from pg_stat_ssl s join pg_stat_activity a using (pid) where a.datname = any($1)";
    let names = Database::ALL.map(|database| world.database_name(database));
    let rows = world.cluster().connect("postgres").await.unwrap().query(sql, &[&names.as_slice()]).await.unwrap();
    assert!(rows.iter().any(|row| row.get::<_, String>(1) == "identity"), "a component is connected");
    assert!(rows.iter().all(|row| row.get::<_, bool>(0)), "in plain text");

    // The server itself takes no plaintext, whoever asks.
    let plain = world.zone_url("identity", Database::Accounts).replace("sslmode=require", "sslmode=disable");
    let error = tokio_postgres::connect(&plain, NoTls).await.err().expect("plaintext is refused");
    assert_eq!(error.code(), Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION), "{error}");
    drop(world);

    // URLs that permit plaintext are refused by the components, before anything is sent.
    for weak in ["sslmode=prefer&", "sslmode=disable&", "sslmode=allow&", ""] {
        let edit = move |text: String| text.replace("sslmode=require&", weak);
        let world = World::needing(&[Need::OwnDatabases]).manifest(edit).start().await;
        refused(&world, "not-configured").await;
    }
    // A server that another CA vouches for.
    let world = World::needing(&[Need::OwnDatabases]).variable("pg_ca", OTHER_CA).start().await;
    refused(&world, "unavailable").await;
    drop(world);
    // The right server under a name that its certificate does not have.
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let target = World::needing(&[Need::OwnDatabases]);
    let target = target.variable("accounts_host", "127.0.0.2").variable("accounts_port", port.to_string()).start().await;
    let server = (target.cluster().host(), target.cluster().port());
    let relay = tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut to = TcpStream::connect(server).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
            });
        }
    });
    let through =
        target.zone_url("identity", Database::Accounts).replace(&format!("127.0.0.1:{}", server.1), &format!("127.0.0.2:{port}"));
    assert!(tls::connect(&through, Some(target.cluster().ca_pem())).await.is_err(), "our own tools verify the name too");
    refused(&target, "unavailable").await;
    relay.abort();
}

#[e2e::test]
async fn a_database_that_is_down_is_red_by_name_and_nothing_more() {
    let world = World::needing(&[Need::OwnDatabases]).variable("files_port", "9").start().await;
    let ready = world.get("/readyz").send().await.expect(503).json();
    let states: Vec<_> =
        ["accounts", "briefs", "files", "model"].iter().map(|name| ready["dependencies"][name].clone()).collect();
    assert_eq!(states, ["up", "up", "down", "up"].map(Value::from));
    let values = ready["dependencies"].as_object().unwrap().values();
    assert!(values.into_iter().all(|value| value == "up" || value == "down"), "{ready}");
    assert_eq!(ready.as_object().unwrap().len(), 2, "{ready}");
}
