//! `spin:postgres` against a real server.

use std::fmt::Write;
use std::time::Duration;

use asknpic_host::Host;
use asknpic_local::postgres::{Cluster, Options};
use tokio::sync::OnceCell;

use crate::client::{get, post};
use crate::fixture::App;

/// A component that reads an address from each of these variables, the allowed hosts being those of the cluster.
fn app(cluster: &Cluster, addresses: &[(&str, String)]) -> App {
    let mut variables = String::new();
    for (name, value) in addresses {
        writeln!(variables, "{name} = {value:?}").unwrap();
    }
    let (host, port) = (cluster.host(), cluster.port());
    App::new(&format!(
        "[[trigger.http]]\nroute = \"/...\"\ncomponent = \"probe\"\n[component.probe]\nsource = \"<probe>\"\nallowed_outbound_hosts = [\"postgres://{host}:{port}\", \"postgres://wrong.example:{port}\"]\n[component.probe.variables]\n{variables}"
    ))
}

/// The cluster of all tests but those that stop it. It ends with the process.
async fn cluster() -> &'static Cluster {
    static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
    CLUSTER.get_or_init(async || Cluster::start(Options::temporary()).await.unwrap()).await
}

/// The address that most tests use, with the cluster's CA in `ca`.
fn addresses(cluster: &Cluster) -> [(&'static str, String); 2] {
    [("db", cluster.admin_url("postgres")), ("ca", cluster.ca_pem().to_owned())]
}

async fn ask(host: &Host, operation: &str, statement: &str) -> String {
    post(host.addr(), &format!("/pg/{operation}?db&ca"), statement.to_owned()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_all_types_survive() {
    let cluster = cluster().await;
    let app = app(cluster, &addresses(cluster));
    let host = app.start().await;
    assert_eq!(ask(&host, "types", "").await, "26 types, wrong: []");
    assert_eq!(
        ask(&host, "query", "select 1::int4 as one, 'x'::text as \"Two\", null::uuid as three, '{1,null}'::int4[] as four").await,
        "[one: DbDataType::Int32, Two: DbDataType::Str, three: DbDataType::Uuid, four: DbDataType::ArrayInt32] [DbValue::Int32(1), DbValue::Str(\"x\"), DbValue::DbNull, DbValue::ArrayInt32([Some(1), None])]"
    );
    // As in Spin, the columns come from the first row: without one there are none.
    assert_eq!(ask(&host, "query", "select 1 as one where false").await, "[] ");
    assert_eq!(
        ask(&host, "nulls", "select $1::timestamptz is null as null").await,
        "[null: DbDataType::Boolean] [DbValue::Boolean(true)]"
    );
    assert_eq!(ask(&host, "execute", "create table t (a int4)").await, "0");
    assert_eq!(ask(&host, "execute", "insert into t select * from generate_series(1, 5)").await, "5");
    // The functions that hold the instance while they run, which the SDK no longer uses.
    let plain = cluster.admin_url("postgres").replace("sslmode=require", "sslmode=disable");
    let app = self::app(cluster, &[("db", plain)]);
    let host = app.start().await;
    let seen = post(host.addr(), "/pg/open-sync?db", "select 1").await;
    assert!(seen.contains("no pg_hba.conf entry") || seen.contains("DbValue::Int32(1)"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn types_that_spin_cannot_take_are_not_taken_here_either() {
    let cluster = cluster().await;
    let app = app(cluster, &addresses(cluster));
    let host = app.start().await;
    let seen = ask(&host, "query", "select now()").await;
    assert!(seen.contains("QueryError::Text") && seen.contains("timestamptz"), "{seen}");
    let seen = ask(&host, "query", "select '127.0.0.1'::inet as address").await;
    assert!(seen.starts_with("[address: DbDataType::Other(\"inet\")] [DbValue::Unsupported("), "{seen}");
    for (refused, name) in [("jsonb", "Jsonb"), ("uuid", "Uuid"), ("timestamp", "Timestamp"), ("int4", "Int4")] {
        let seen = ask(&host, "text-parameter", &format!("select $1::{refused}")).await;
        assert!(
            seen.contains("QueryError::Text") && seen.contains(&format!("WrongType {{ postgres: {name}")),
            "{refused}: {seen}"
        );
    }
    assert!(ask(&host, "text-parameter", "select $1::text").await.ends_with("[DbValue::Str(\"{}\")]"));
    let seen = ask(&host, "query", "select 1; select 2").await;
    assert!(seen.starts_with("db-error ERROR 42601"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_server_have_spins_shape() {
    let cluster = cluster().await;
    let app = app(cluster, &addresses(cluster));
    let host = app.start().await;
    ask(&host, "execute", "create table person (email text constraint one_of_each unique)").await;
    assert_eq!(ask(&host, "execute", "insert into person values ('a@example.org')").await, "1");
    assert_eq!(
        ask(&host, "execute", "insert into person values ('a@example.org')").await,
        "db-error ERROR 23505 | duplicate key value violates unique constraint \"one_of_each\" | Some(\"Key (email)=(a@example.org) already exists.\") | Some(\"one_of_each\")"
    );
    assert!(
        ask(&host, "query", "select nonsense").await.starts_with("db-error ERROR 42703 | column \"nonsense\" does not exist")
    );
    // An error after the first rows: the rows come, then the error.
    assert!(
        ask(&host, "stream", "select 100 / (1000 - n) from generate_series(1, 2000) n").await.starts_with("db-error ERROR 22012")
    );
    // What a component provokes must not show its values in any log.
    assert!(!app.log.all().contains("a@example.org"));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_rows_stream() {
    let cluster = cluster().await;
    let app = app(cluster, &addresses(cluster));
    let mut config = app.config();
    // The result as a whole would not fit the instance.
    config.limits.memory = 24 << 20;
    let host = Host::start(config).await.unwrap();
    let rows = 100_000_i64;
    let seen = ask(&host, "stream", &format!("select n, repeat('x', 1000) from generate_series(1, {rows}) n")).await;
    assert_eq!(seen, format!("{rows} {}", rows * (rows + 1) / 2));
    // Leaving a result early frees the connection.
    assert_eq!(
        ask(&host, "drop", &format!("select n from generate_series(1, {rows}) n")).await,
        "true [?column?: DbDataType::Int32] [DbValue::Int32(1)]"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_verified() {
    let cluster = cluster().await;
    let url = cluster.admin_url("postgres");
    let other = {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem()
    };
    let config: tokio_postgres::Config = url.parse().unwrap();
    let password = String::from_utf8(config.get_password().unwrap().to_vec()).unwrap();
    let user = config.get_user().unwrap();
    let port = cluster.port();
    let wrong_name = format!(
        "host=wrong.example hostaddr=127.0.0.1 port={port} user={user} password='{password}' dbname=postgres sslmode=require"
    );
    let app = app(
        cluster,
        &[
            ("db", url.clone()),
            ("ca", cluster.ca_pem().to_owned()),
            ("other_ca", other),
            ("no_ca", "not a certificate".to_owned()),
            ("wrong_name", wrong_name),
            ("full", url.replace("sslmode=require", "sslmode=verify-full")),
        ],
    );
    let host = app.start().await;
    let ask = async |query: &str| post(host.addr(), &format!("/pg/query?{query}"), "select 1").await;
    assert!(url.contains("sslmode=require"), "{}", url.replace(&password, "…"));
    assert_eq!(ask("db&ca").await, "[?column?: DbDataType::Int32] [DbValue::Int32(1)]");
    for (query, part) in [
        ("db", "UnknownIssuer"),
        ("db&other_ca", "UnknownIssuer"),
        ("wrong_name&ca", "wrong.example"),
        ("db&no_ca", "invalid root certificate"),
        ("full&ca", "invalid connection string"),
    ] {
        let seen = ask(query).await;
        assert!(seen.contains(part) && !seen.contains("DbValue") && !seen.contains(&password), "{query}: {seen}");
    }
    // The authority belongs to the connection: the right one still works, the wrong ones still do not.
    assert!(ask("db&ca").await.contains("DbValue::Int32(1)"));
    assert!(ask("db&other_ca").await.contains("UnknownIssuer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_allowed_servers_are_reached() {
    let cluster = cluster().await;
    let app = app(
        cluster,
        &[
            ("other_port", "postgres://u:secret@127.0.0.1:1/db?sslmode=require".to_owned()),
            ("other_host", format!("postgres://u:secret@localhost:{}/db?sslmode=require", cluster.port())),
            ("default_port", "host=127.0.0.1 user=u".to_owned()),
            ("socket", "host=/var/run/postgresql user=u".to_owned()),
            ("second", format!("host=127.0.0.1,127.0.0.1 port={},1 user=u", cluster.port())),
            ("nonsense", "://".to_owned()),
        ],
    );
    let host = app.start().await;
    for (address, message) in [
        ("other_port", "address postgres://127.0.0.1:1 is not permitted".to_owned()),
        ("other_host", format!("address postgres://localhost:{} is not permitted", cluster.port())),
        ("default_port", "address postgres://127.0.0.1 is not permitted".to_owned()),
        ("socket", "Unix sockets are not supported".to_owned()),
        ("second", "address postgres://127.0.0.1:1 is not permitted".to_owned()),
        ("nonsense", "ConnectionFailed".to_owned()),
    ] {
        for operation in ["query", "open-sync", "builder-sync"] {
            let seen = post(host.addr(), &format!("/pg/{operation}?{address}"), "select 1").await;
            assert!(seen.contains("ConnectionFailed") && seen.contains(&message), "{operation} {address}: {seen}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_an_error_and_the_next_one_works() {
    let cluster = Cluster::start(Options::temporary()).await.unwrap();
    let app = app(&cluster, &addresses(&cluster));
    let host = app.start().await;
    assert!(ask(&host, "query", "select 1").await.contains("Int32(1)"));
    let lost = ask(&host, "query", "select pg_terminate_backend(pg_backend_pid())").await;
    assert!(lost.starts_with("db-error FATAL 57P01") || lost.contains("closed"), "{lost}");
    assert!(ask(&host, "query", "select 1").await.contains("Int32(1)"));
    cluster.stop().await;
    assert!(ask(&host, "query", "select 1").await.contains("ConnectionFailed"));
    cluster.restart().await.unwrap();
    assert!(ask(&host, "query", "select 1").await.contains("Int32(1)"));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_kept_and_a_transaction_left_open_leaks_as_in_spin() {
    let cluster = cluster().await;
    let app = app(cluster, &addresses(cluster));
    let host = app.start().await;
    let pid = ask(&host, "query", "select pg_backend_pid()").await;
    assert_eq!(ask(&host, "query", "select pg_backend_pid()").await, pid);
    // Settings of the session are reset …
    ask(&host, "execute", "set search_path to nowhere").await;
    assert!(!ask(&host, "query", "show search_path").await.contains("nowhere"));
    // … but an open transaction is not: the reason why components never send BEGIN.
    ask(&host, "execute", "begin").await;
    let assigned = ask(&host, "query", "select pg_current_xact_id()::text").await;
    assert_eq!(ask(&host, "query", "select pg_current_xact_id_if_assigned()::text").await.replace("_if_assigned", ""), assigned);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_has_sixty_four_connections_and_the_next_waits() {
    let cluster = cluster().await;
    let app = app(cluster, &addresses(cluster));
    let host = app.start().await;
    let addr = host.addr();
    let admin = cluster.connect("postgres").await.unwrap();
    let asking = |n: u32| {
        tokio::spawn(
            async move { post(addr, "/pg/query?db&ca", format!("select {n}, pg_advisory_xact_lock_shared(7)::text")).await },
        )
    };
    admin.execute("select pg_advisory_lock(7)", &[]).await.unwrap();
    let waiting: Vec<_> = (0..70).map(asking).collect();
    let busy = async || {
        let row =
            admin.query_one("select count(*) from pg_locks where locktype = 'advisory' and not granted", &[]).await.unwrap();
        row.get::<_, i64>(0)
    };
    while busy().await < 64 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(busy().await, 64);
    // Others are not held up by it.
    assert_eq!(get(addr, "/a").await.body, "path /a");
    admin.execute("select pg_advisory_unlock(7)", &[]).await.unwrap();
    for waiting in waiting {
        assert!(waiting.await.unwrap().contains("Int32"));
    }
}
