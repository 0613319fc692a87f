//! `asknpic migrate` against a private PostgreSQL.
#![expect(clippy::unwrap_used, reason = "tests")]

use asknpic::keys::{Keys, ZONES};
use asknpic::migrate::{self, Database, Error, RolePasswords, Urls};
use asknpic_local::postgres::{Cluster, DatabaseSet, OWNER, Options};
use asknpic_local::tls;

async fn cluster() -> Cluster {
    Cluster::start(Options::temporary()).await.unwrap()
}

fn owner_urls(cluster: &Cluster) -> Urls {
    Urls::new(|database| cluster.owner_url(&database.to_string()))
}

async fn run(cluster: &Cluster, passwords: &RolePasswords) -> Result<Vec<migrate::Outcome>, Error> {
    migrate::run(&owner_urls(cluster), Some(cluster.ca_pem()), passwords, |_| {}).await
}

#[tokio::test]
async fn makes_the_four_databases_and_runs_each_migration_once() {
    let cluster = cluster().await;
    let keys = Keys::generate().unwrap();
    let first = run(&cluster, &RolePasswords::from(&keys)).await.unwrap();
    assert_eq!(first.iter().map(|outcome| outcome.database).collect::<Vec<_>>(), Database::ALL);
    for migrate::Outcome { database, applied, version } in &first {
        let files = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../components/lib/store/schema");
        assert_eq!(applied.len(), std::fs::read_dir(format!("{files}/{database}/tables")).unwrap().count(), "{database}");
        assert!(applied.last().unwrap().starts_with(&format!("V{version}__")), "{database}: {applied:?}");
    }
    for database in Database::ALL {
        let client = cluster.connect(&database.to_string()).await.unwrap();
        let owner = "select pg_get_userbyid(datdba)::text from pg_database where datname = current_database()";
        assert_eq!(client.query_one(owner, &[]).await.unwrap().get::<_, String>(0), OWNER, "{database}");
    }
    let second = run(&cluster, &RolePasswords::from(&keys)).await.unwrap();
    assert!(second.iter().all(|outcome| outcome.applied.is_empty()));
    assert!(first.iter().zip(&second).all(|(one, other)| one.version == other.version));
}

#[tokio::test]
async fn the_zones_sign_in_with_their_passwords_only_where_they_belong() {
    let cluster = cluster().await;
    let keys = Keys::generate().unwrap();
    run(&cluster, &RolePasswords::from(&keys)).await.unwrap();
    let connect = async |zone: &str, password: &str, database: &str| {
        tls::connect(&cluster.url(zone, password, database), Some(cluster.ca_pem())).await.is_ok()
    };
    for zone in ZONES {
        assert!(connect(zone, keys.password(zone).unwrap(), "accounts").await, "{zone}");
        assert!(!connect(zone, "wrong", "accounts").await, "{zone}");
        assert_eq!(connect(zone, keys.password(zone).unwrap(), "dataset").await, zone == "lifecycle", "{zone}");
    }
    // Without passwords, the ones that are set stay.
    run(&cluster, &RolePasswords::default()).await.unwrap();
    assert!(connect("identity", keys.password("identity").unwrap(), "accounts").await);

    let admin = cluster.connect("postgres").await.unwrap();
    let privileged = "select rolname::text from pg_roles where rolname = any($1) and (rolsuper or rolcreatedb or rolcreaterole or rolbypassrls)";
    assert!(admin.query(privileged, &[&ZONES.as_slice()]).await.unwrap().is_empty());
    let log = std::fs::read_to_string(cluster.log_file()).unwrap();
    assert!(ZONES.iter().all(|zone| !log.contains(keys.password(zone).unwrap())));
}

#[tokio::test]
async fn several_at_once_take_turns() {
    let cluster = cluster().await;
    let keys = RolePasswords::from(&Keys::generate().unwrap());
    let (a, b, c) = tokio::join!(run(&cluster, &keys), run(&cluster, &keys), run(&cluster, &keys));
    let all = [a.unwrap(), b.unwrap(), c.unwrap()];
    for (at, database) in Database::ALL.into_iter().enumerate() {
        let applied = all.iter().filter(|outcomes| !outcomes[at].applied.is_empty()).count();
        assert_eq!(applied, 1, "{database} is migrated by one of them");
    }
}

#[tokio::test]
async fn a_newer_schema_and_a_changed_migration_are_refused() {
    let cluster = cluster().await;
    let passwords = RolePasswords::default();
    run(&cluster, &passwords).await.unwrap();
    let client = cluster.connect("files").await.unwrap();
    client
        .batch_execute(
            "insert into refinery_schema_history (version, name, applied_on, checksum)
             values (9000, 'from_the_future', '2030-01-01T00:00:00Z', '1')",
        )
        .await
        .unwrap();
    let error = run(&cluster, &passwords).await.unwrap_err();
    assert!(matches!(error, Error::Newer { database: Database::Files, found: 9000, .. }), "{error}");

    client.batch_execute("delete from refinery_schema_history where version = 9000").await.unwrap();
    client.batch_execute("update refinery_schema_history set checksum = '1' where version = 1").await.unwrap();
    let error = run(&cluster, &passwords).await.unwrap_err();
    assert!(matches!(error, Error::Changed { database: Database::Files, .. }), "{error}");
}

#[tokio::test]
async fn plaintext_strangers_and_missing_rights_are_refused() {
    let cluster = cluster().await;
    let passwords = RolePasswords::default();
    let plain = Urls::new(|database| cluster.owner_url(&database.to_string()).replace("sslmode=require", "sslmode=prefer"));
    let error = migrate::run(&plain, Some(cluster.ca_pem()), &passwords, |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::Connect { source: tls::Error::Plaintext, .. }), "{error}");

    let error = migrate::run(&owner_urls(&cluster), None, &passwords, |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::Connect { source: tls::Error::Connect(_), .. }), "an unknown CA: {error}");

    cluster.connect("postgres").await.unwrap().batch_execute("create role modest login password 'x'").await.unwrap();
    let modest = Urls::new(|database| cluster.url("modest", "x", &database.to_string()));
    let error = migrate::run(&modest, Some(cluster.ca_pem()), &passwords, |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::Missing(Database::Accounts)), "{error}");
}

#[tokio::test]
async fn a_migrated_set_is_a_template_for_others() {
    let cluster = cluster().await;
    let keys = Keys::generate().unwrap();
    run(&cluster, &RolePasswords::from(&keys)).await.unwrap();
    let copy = cluster.clone_database_set(&DatabaseSet::named(""), "t_").await.unwrap();
    let urls = Urls::new(|database| cluster.owner_url(&format!("t_{database}")));
    let outcomes = migrate::run(&urls, Some(cluster.ca_pem()), &RolePasswords::default(), |_| {}).await.unwrap();
    assert!(outcomes.iter().all(|outcome| outcome.applied.is_empty()));
    let dataset = cluster.url("generation", keys.password("generation").unwrap(), &copy.dataset);
    assert!(tls::connect(&dataset, Some(cluster.ca_pem())).await.is_err());
}
