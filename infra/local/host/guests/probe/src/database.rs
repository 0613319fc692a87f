//! What the host's tests need of a database, by path. The address is the variable that the query names.

use spin_sdk::pg::{
    Certificate, Connection, DbValue, Error, Interval, OpenOptions, ParameterValue, PgError, QueryError, RangeBoundKind,
};
use spin_sdk::variables;

/// `/pg/query`, `/pg/execute`, `/pg/types`, `/pg/stream`, `/pg/drop`, `/pg/builder-sync`, each with `?<variable of the address>`,
/// the statement being the body. With `?<variable>&<variable of a CA>`, that CA is trusted.
pub(crate) async fn run(path: &str, query: &str, statement: &str) -> String {
    let (address, authority) = query.split_once('&').map_or((query, None), |(address, authority)| (address, Some(authority)));
    let address = variables::get(address).await.unwrap_or_default();
    if path == "/pg/open-sync" {
        return match spin_sdk::pg::wit::postgres::Connection::open(&address) {
            Ok(connection) => format!("{:?}", connection.query(statement, &[]).map(|set| set.rows)),
            Err(error) => format!("{error:?}"),
        };
    }
    if path == "/pg/builder-sync" {
        return match spin_sdk::pg::wit::postgres::ConnectionBuilder::new(&address).build() {
            Ok(connection) => format!("{:?}", connection.execute(statement, &[])),
            Err(error) => format!("{error:?}"),
        };
    }
    let ca_root = match authority {
        Some(name) => Some(Certificate::Text(variables::get(name).await.unwrap_or_default())),
        None => None,
    };
    let opened = match ca_root {
        Some(_) => Connection::open_with_options(&address, OpenOptions { ca_root }).await,
        None => Connection::open(&address).await,
    };
    let connection = match opened {
        Ok(connection) => connection,
        Err(error) => return describe(&error),
    };
    let outcome = match path {
        "/pg/query" => select(&connection, statement, Vec::new()).await,
        "/pg/text-parameter" => select(&connection, statement, vec![ParameterValue::Str("{}".to_owned())]).await,
        "/pg/execute" => connection.execute(statement, []).await.map(|count| count.to_string()),
        "/pg/types" => types(&connection).await,
        "/pg/nulls" => select(&connection, statement, vec![ParameterValue::DbNull]).await,
        "/pg/stream" => stream(&connection, statement).await,
        "/pg/drop" => drop_early(&connection, statement).await,
        _ => Ok("no such path".to_owned()),
    };
    outcome.unwrap_or_else(|error| describe(&error))
}

/// The parts of an error that tests look at.
fn describe(error: &Error) -> String {
    match error {
        Error::PgError(PgError::QueryFailed(QueryError::DbError(db))) => {
            let constraint = db.extras.iter().find(|(name, _)| name == "constraint").map(|(_, value)| value);
            format!("db-error {} {} | {} | {:?} | {constraint:?}", db.severity, db.code, db.message, db.detail)
        }
        other => format!("{other:?}"),
    }
}

async fn select(connection: &Connection, statement: &str, parameters: Vec<ParameterValue>) -> Result<String, Error> {
    let mut result = connection.query(statement, parameters).await?;
    let columns: Vec<String> = result.columns().iter().map(|column| format!("{}: {:?}", column.name, column.data_type)).collect();
    let mut rows = Vec::new();
    while let Some(row) = result.rows().next().await {
        rows.push(format!("{row:?}"));
    }
    result.result().await?;
    Ok(format!("[{}] {}", columns.join(", "), rows.join(" ")))
}

/// Counts the rows of a large result and adds up the first column.
async fn stream(connection: &Connection, statement: &str) -> Result<String, Error> {
    let mut result = connection.query(statement, []).await?;
    let (mut count, mut sum) = (0_u64, 0_i64);
    while let Some(row) = result.rows().next().await {
        count += 1;
        if let Some(DbValue::Int32(number)) = row.first() {
            sum += i64::from(*number);
        }
    }
    result.result().await?;
    Ok(format!("{count} {sum}"))
}

/// Leaves a large result after its first row, then uses the same connection again.
async fn drop_early(connection: &Connection, statement: &str) -> Result<String, Error> {
    let mut result = connection.query(statement, []).await?;
    let first = result.next().await.is_some();
    drop(result);
    let again = select(connection, "select 1", Vec::new()).await?;
    Ok(format!("{first} {again}"))
}

/// Sends a value of every type and compares what comes back.
async fn types(connection: &Connection) -> Result<String, Error> {
    use RangeBoundKind::{Exclusive, Inclusive};
    let text = |text: &str| text.to_owned();
    let cases = [
        ("bool", ParameterValue::Boolean(true), DbValue::Boolean(true)),
        ("\"char\"", ParameterValue::Int8(65), DbValue::Unsupported(vec![65])),
        ("int2", ParameterValue::Int16(-2), DbValue::Int16(-2)),
        ("int4", ParameterValue::Int32(-4), DbValue::Int32(-4)),
        ("int8", ParameterValue::Int64(i64::MIN), DbValue::Int64(i64::MIN)),
        ("float4", ParameterValue::Floating32(1.5), DbValue::Floating32(1.5)),
        ("float8", ParameterValue::Floating64(-0.125), DbValue::Floating64(-0.125)),
        ("text", ParameterValue::Str(text("é\u{1f3a8}")), DbValue::Str(text("é\u{1f3a8}"))),
        ("varchar", ParameterValue::Str(text("v")), DbValue::Str(text("v"))),
        ("bytea", ParameterValue::Binary(vec![0, 255]), DbValue::Binary(vec![0, 255])),
        ("date", ParameterValue::Date((2026, 2, 28)), DbValue::Date((2026, 2, 28))),
        ("time", ParameterValue::Time((23, 59, 58, 123_456_000)), DbValue::Time((23, 59, 58, 123_456_000))),
        (
            "timestamp",
            ParameterValue::Datetime((2026, 12, 31, 23, 59, 59, 999_999_000)),
            DbValue::Datetime((2026, 12, 31, 23, 59, 59, 999_999_000)),
        ),
        (
            "uuid",
            ParameterValue::Uuid(text("0193a1b2-0000-7000-8000-0123456789ab")),
            DbValue::Uuid(text("0193a1b2-0000-7000-8000-0123456789ab")),
        ),
        ("jsonb", ParameterValue::Jsonb(br#"{"a": [1, null]}"#.to_vec()), DbValue::Jsonb(br#"{"a":[1,null]}"#.to_vec())),
        ("numeric", ParameterValue::Decimal(text("12345.678900")), DbValue::Decimal(text("12345.678900"))),
        (
            "int4range",
            ParameterValue::RangeInt32((Some((1, Inclusive)), Some((5, Exclusive)))),
            DbValue::RangeInt32((Some((1, Inclusive)), Some((5, Exclusive)))),
        ),
        (
            "int8range",
            ParameterValue::RangeInt64((None, Some((5, Exclusive)))),
            DbValue::RangeInt64((None, Some((5, Exclusive)))),
        ),
        (
            "numrange",
            ParameterValue::RangeDecimal((Some((text("1.5"), Exclusive)), None)),
            DbValue::RangeDecimal((Some((text("1.5"), Exclusive)), None)),
        ),
        ("int4[]", ParameterValue::ArrayInt32(vec![Some(1), None]), DbValue::ArrayInt32(vec![Some(1), None])),
        ("int8[]", ParameterValue::ArrayInt64(vec![Some(-1)]), DbValue::ArrayInt64(vec![Some(-1)])),
        (
            "numeric[]",
            ParameterValue::ArrayDecimal(vec![Some(text("0.10")), None]),
            DbValue::ArrayDecimal(vec![Some(text("0.10")), None]),
        ),
        ("text[]", ParameterValue::ArrayStr(vec![Some(text("a,b")), None]), DbValue::ArrayStr(vec![Some(text("a,b")), None])),
        (
            "interval",
            ParameterValue::Interval(Interval { micros: 1, days: -2, months: 3 }),
            DbValue::Interval(Interval { micros: 1, days: -2, months: 3 }),
        ),
        ("int4", ParameterValue::DbNull, DbValue::DbNull),
        ("jsonb", ParameterValue::DbNull, DbValue::DbNull),
    ];
    let mut wrong = Vec::new();
    let count = cases.len();
    for (name, sent, expected) in cases {
        let mut result = connection.query(format!("select $1::{name}"), [sent]).await?;
        let got = result.rows().next().await.map(|row| format!("{row:?}"));
        result.result().await?;
        if got != Some(format!("[{expected:?}]")) {
            wrong.push(format!("{name}: {got:?} for {expected:?}"));
        }
    }
    Ok(format!("{count} types, wrong: {wrong:?}"))
}
