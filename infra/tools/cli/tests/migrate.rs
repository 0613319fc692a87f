//! `asknpic migrate` against a private PostgreSQL.
#![expect(clippy::unwrap_used, reason = "tests")]

use asknpic::keys::{Keys, ZONES};
use asknpic::migrate::{self, Database, Error, RolePasswords, Urls};
use asknpic_local::postgres::{Cluster, DatabaseSet, OWNER, Options};
use asknpic_local::tls;
use tokio_postgres::Client;

async fn cluster() -> Cluster {
    Cluster::start(Options::temporary()).await.unwrap()
}

fn owner_urls(cluster: &Cluster) -> Urls {
    Urls::new(|database| cluster.owner_url(&database.to_string()))
}

async fn owner(cluster: &Cluster, database: &str) -> Client {
    tls::connect(&cluster.owner_url(database), Some(cluster.ca_pem())).await.unwrap()
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
    for migrate::Outcome { database, applied, version, functions } in &first {
        let files = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../components/lib/store/schema");
        assert_eq!(applied.len(), std::fs::read_dir(format!("{files}/{database}/tables")).unwrap().count(), "{database}");
        assert!(applied.last().unwrap().starts_with(&format!("V{version}__")), "{database}: {applied:?}");
        assert!(functions, "{database}");
    }
    for database in Database::ALL {
        let client = cluster.connect(&database.to_string()).await.unwrap();
        let owner = "select pg_get_userbyid(datdba)::text from pg_database where datname = current_database()";
        assert_eq!(client.query_one(owner, &[]).await.unwrap().get::<_, String>(0), OWNER, "{database}");
    }
    let second = run(&cluster, &RolePasswords::from(&keys)).await.unwrap();
    assert!(second.iter().all(|outcome| outcome.applied.is_empty() && !outcome.functions));
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
    assert!(outcomes.iter().all(|outcome| outcome.applied.is_empty() && !outcome.functions));
    let dataset = cluster.url("generation", keys.password("generation").unwrap(), &copy.dataset);
    assert!(tls::connect(&dataset, Some(cluster.ca_pem())).await.is_err());
}

/// Functions of `api` with who may call each, and the triggers that call one.
async fn functions(client: &Client) -> Vec<String> {
    let sql = "select format('%s %s', p.oid::regprocedure, p.proacl) from pg_proc p where p.pronamespace = 'api'::regnamespace
               union all select format('%s on %s', t.tgname, t.tgrelid::regclass) from pg_trigger t join pg_proc p on p.oid = t.tgfoid
               where p.pronamespace = 'api'::regnamespace
               order by 1";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn functions_are_made_anew_where_their_files_changed() {
    let cluster = cluster().await;
    let passwords = RolePasswords::default();
    run(&cluster, &passwords).await.unwrap();
    let mut client = owner(&cluster, "accounts").await;
    let made = functions(&client).await;
    assert!(made.iter().any(|line| line.starts_with("credits_released on ")), "{made:?}");
    let oid = "select 'api.me_read'::regproc::oid";
    let before: u32 = client.query_one(oid, &[]).await.unwrap().get(0);

    let mut files = Database::Accounts.functions().to_vec();
    files.push((
        "zzz",
        "create function api.added() returns integer language sql as 'select 1'; grant execute on function api.added to rights;",
    ));
    assert!(migrate::renew_functions(Database::Accounts, &mut client, &files).await.unwrap());
    assert_eq!(functions(&client).await.len(), made.len() + 1);
    let after: u32 = client.query_one(oid, &[]).await.unwrap().get(0);
    assert_ne!(before, after, "all are new");
    assert!(!migrate::renew_functions(Database::Accounts, &mut client, &files).await.unwrap(), "nothing changed");

    // The program's own again, and nothing else is left; rows of tables stay.
    client
        .batch_execute("insert into tenants (id, created_at) values ('00000000-0000-7000-8000-000000000001', '2030-01-01')")
        .await
        .unwrap();
    let outcomes = run(&cluster, &passwords).await.unwrap();
    let renewed: Vec<_> = outcomes.iter().filter(|outcome| outcome.functions).map(|outcome| outcome.database).collect();
    assert_eq!(renewed, [Database::Accounts]);
    assert_eq!(functions(&client).await, made);
    assert_eq!(client.query_one("select count(*) from tenants", &[]).await.unwrap().get::<_, i64>(0), 1);

    // A migration of tables that had to drop them.
    client.batch_execute("drop schema api cascade").await.unwrap();
    run(&cluster, &passwords).await.unwrap();
    assert_eq!(functions(&client).await, made);
}

#[tokio::test]
async fn a_file_that_fails_leaves_the_old_functions() {
    let cluster = cluster().await;
    run(&cluster, &RolePasswords::default()).await.unwrap();
    let mut client = owner(&cluster, "accounts").await;
    let made = functions(&client).await;
    let mut files = Database::Accounts.functions().to_vec();
    files.push(("zzz", "create function api.wrong() returns nonsense language sql as 'select 1'"));
    let error = migrate::renew_functions(Database::Accounts, &mut client, &files).await.unwrap_err();
    assert!(error.to_string().contains("functions/zzz.sql"), "{error}");
    assert_eq!(functions(&client).await, made);
    assert!(!migrate::renew_functions(Database::Accounts, &mut client, Database::Accounts.functions()).await.unwrap());
}

#[tokio::test]
async fn a_request_in_the_way_is_waited_for() {
    let cluster = cluster().await;
    run(&cluster, &RolePasswords::default()).await.unwrap();
    let mut client = owner(&cluster, "accounts").await;
    let other = owner(&cluster, "accounts").await;
    other.batch_execute("begin; lock table tenants in row share mode").await.unwrap();
    let files = [("one", "create function api.one() returns integer language sql as 'select 1'")];
    let renewal = migrate::renew_functions(Database::Accounts, &mut client, &files);
    // It cannot be done before the other ends, so this order is certain.
    let (renewed, ()) = tokio::join!(renewal, async {
        let waits = "select count(*) from pg_locks where not granted";
        while other.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::task::yield_now().await;
        }
        other.batch_execute("commit").await.unwrap();
    });
    assert!(renewed.unwrap());
}

#[tokio::test]
async fn functions_stand_in_api_and_in_the_file_of_the_module_that_calls_them() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.."));
    let store = root.join("components/lib/store/src");
    let mut seen = std::collections::BTreeSet::new();
    for database in Database::ALL {
        for (stem, sql) in database.functions() {
            // Evidence is an operator's affair: no component has a statement for it.
            let module = [store.join("accounts"), store.clone(), root.join("infra/tools/cli/src")]
                .into_iter()
                .map(|folder| folder.join(format!("{stem}.rs")))
                .find(|path| path.exists());
            assert!(module.is_some(), "{database}/functions/{stem}.sql is beside no module");
            for line in sql.lines().filter(|line| line.starts_with("create ")) {
                let name = line.split("function ").nth(1).and_then(|rest| rest.split('(').next());
                let Some(name) = name.filter(|_| line.starts_with("create function ")) else {
                    assert!(
                        ["create view api.", "create type api.", "create trigger ", "create constraint trigger "]
                            .iter()
                            .any(|start| line.starts_with(start)),
                        "{stem}: {line}"
                    );
                    continue;
                };
                assert!(name.starts_with("api."), "{stem}: {line}");
                assert!(seen.insert((database, name.to_owned())), "{name} stands twice");
            }
        }
    }
    let cluster = cluster().await;
    run(&cluster, &RolePasswords::default()).await.unwrap();
    for database in Database::ALL {
        let client = owner(&cluster, &database.to_string()).await;
        let sql = "select p.pronamespace::regnamespace::text || '.' || p.proname from pg_proc p
                   where p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)";
        let found: Vec<String> = client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
        let named: Vec<_> = seen.iter().filter(|(of, _)| *of == database).map(|(_, name)| name).collect();
        assert_eq!(found.len(), named.len(), "{database}");
        assert!(found.iter().all(|name| named.contains(&name)), "{database}: {found:?}");
    }
}

/// What `functions/sessions.sql` says of functions that run as their owner without a path of their own: nobody can put something of
/// theirs before what those use, and they name the schema of everything themselves.
#[tokio::test]
async fn no_path_of_a_caller_changes_what_a_function_means() {
    let cluster = cluster().await;
    let keys = Keys::generate().unwrap();
    run(&cluster, &RolePasswords::from(&keys)).await.unwrap();
    let mut unset = 0;
    for database in Database::ALL {
        let mut client = owner(&cluster, &database.to_string()).await;
        for zone in ZONES {
            let sql = "select count(*) from pg_namespace where has_schema_privilege($1::text, oid, 'create')";
            assert_eq!(client.query_one(sql, &[&zone]).await.unwrap().get::<_, i64>(0), 0, "{database}: {zone}");
            let sql = "select has_database_privilege($1::text, current_database(), 'temporary, create')";
            assert!(!client.query_one(sql, &[&zone]).await.unwrap().get::<_, bool>(0), "{database}: {zone}");
        }
        let sql = "select p.proname::text, p.prosecdef, coalesce(p.proconfig::text, ''), p.pronargs::integer
                   from pg_proc p where p.pronamespace = 'api'::regnamespace order by 1";
        for row in client.query(sql, &[]).await.unwrap() {
            let (name, definer, config): (String, bool, String) = (row.get(0), row.get(1), row.get(2));
            if config == "{\"search_path=pg_catalog, api, public, pg_temp\"}" {
                continue;
            }
            assert_eq!(config, "", "{database}.{name}");
            if definer {
                unset += 1;
                let arguments = vec!["null"; usize::try_from(row.get::<_, i32>(3)).unwrap()].join(", ");
                let call = format!("select * from api.{name}({arguments})");
                let transaction = client.transaction().await.unwrap();
                transaction.batch_execute("set local search_path = ''").await.unwrap();
                let result = transaction.query(&call, &[]).await;
                assert!(result.is_ok(), "{call}: {:?}", result.err());
            }
        }
    }
    assert!(unset > 5, "{unset}");
}
