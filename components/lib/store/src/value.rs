//! Values on their way to and from PostgreSQL, over the types that Spin's interface has.

use std::io::Write as _;

use domain::{GenerationId, SessionId, TenantId, UserId};
use jiff::{Timestamp, civil, tz::TimeZone};
use spin_sdk::pg::{DbValue, ParameterValue};
use uuid::Uuid;

use crate::Error;

/// A Rust value as a parameter.
pub(crate) trait Parameter {
    /// What it is sent as.
    const TYPE: &'static str;
    /// All values, where these are a closed list of names.
    const NAMES: &'static [&'static str] = &[];

    fn parameter(self) -> ParameterValue;
}

macro_rules! parameter {
    ($($type:ty as $name:literal => |$value:ident| $make:expr),* $(,)?) => {
        $(impl Parameter for $type {
            const TYPE: &'static str = $name;

            fn parameter(self) -> ParameterValue {
                let $value = self;
                $make
            }
        })*
    };
}

parameter! {
    bool as "boolean" => |value| ParameterValue::Boolean(value),
    i32 as "integer" => |value| ParameterValue::Int32(value),
    i16 as "smallint" => |value| ParameterValue::Int16(value),
    i64 as "bigint" => |value| ParameterValue::Int64(value),
    &str as "text" => |value| ParameterValue::Str(value.to_owned()),
    String as "text" => |value| ParameterValue::Str(value),
    Vec<u8> as "bytea" => |value| ParameterValue::Binary(value),
    &[u8] as "bytea" => |value| ParameterValue::Binary(value.to_vec()),
    Uuid as "uuid" => |value| ParameterValue::Uuid(value.to_string()),
    UserId as "uuid" => |value| ParameterValue::Uuid(value.to_string()),
    TenantId as "uuid" => |value| ParameterValue::Uuid(value.to_string()),
    SessionId as "uuid" => |value| ParameterValue::Uuid(value.to_string()),
    GenerationId as "uuid" => |value| ParameterValue::Uuid(value.to_string()),
    Timestamp as "timestamp" => |value| datetime(value),
    Vec<i32> as "integer[]" => |value| ParameterValue::ArrayInt32(value.into_iter().map(Some).collect()),
    Vec<String> as "text[]" => |value| ParameterValue::ArrayStr(value.into_iter().map(Some).collect()),
    // There is no array of ids in Spin's interface: the statement casts.
    &[UserId] as "text[]" => |value| ParameterValue::ArrayStr(value.iter().map(|id| Some(id.to_string())).collect()),
    &[GenerationId] as "text[]" => |value| ParameterValue::ArrayStr(value.iter().map(|id| Some(id.to_string())).collect()),
    Json as "jsonb" => |value| ParameterValue::Jsonb(value.0),
}

/// One of a closed list of names, as [`names!`](crate::statement) declares it.
pub(crate) trait Name {
    /// As the databases have it.
    fn text(self) -> &'static str;
}

impl<T: Parameter> Parameter for Option<T> {
    const TYPE: &'static str = T::TYPE;
    const NAMES: &'static [&'static str] = T::NAMES;

    fn parameter(self) -> ParameterValue {
        self.map_or(ParameterValue::DbNull, Parameter::parameter)
    }
}

/// The text of a JSON document, for `jsonb`.
pub(crate) struct Json(pub(crate) Vec<u8>);

/// `timestamp` is UTC by agreement and has microseconds.
fn datetime(time: Timestamp) -> ParameterValue {
    let at = time.to_zoned(TimeZone::UTC).datetime();
    let small = |n: i8| u8::try_from(n).unwrap_or(0);
    let nanoseconds = u32::try_from(at.subsec_nanosecond()).unwrap_or(0) / 1_000 * 1_000;
    ParameterValue::Datetime((
        i32::from(at.year()),
        small(at.month()),
        small(at.day()),
        small(at.hour()),
        small(at.minute()),
        small(at.second()),
        nanoseconds,
    ))
}

/// A column's value as a Rust value.
pub(crate) trait Column: Sized {
    /// What it must be.
    const TYPE: &'static str;

    fn column(value: DbValue) -> Option<Self>;
}

macro_rules! column {
    ($($type:ty as $name:literal => $pattern:pat => $make:expr),* $(,)?) => {
        $(impl Column for $type {
            const TYPE: &'static str = $name;

            fn column(value: DbValue) -> Option<Self> {
                match value {
                    $pattern => $make,
                    _ => None,
                }
            }
        })*
    };
}

column! {
    bool as "boolean" => DbValue::Boolean(value) => Some(value),
    i16 as "smallint" => DbValue::Int16(value) => Some(value),
    i32 as "integer" => DbValue::Int32(value) => Some(value),
    i64 as "bigint" => DbValue::Int64(value) => Some(value),
    String as "text" => DbValue::Str(value) => Some(value),
    Vec<u8> as "bytea" => DbValue::Binary(value) => Some(value),
    Vec<String> as "text[]" => DbValue::ArrayStr(value) => value.into_iter().collect(),
    Uuid as "uuid" => DbValue::Uuid(value) => value.parse().ok(),
    Json as "jsonb" => DbValue::Jsonb(value) => Some(Self(value)),
    Timestamp as "timestamp" => DbValue::Datetime((year, month, day, hour, minute, second, nanosecond)) => {
        timestamp(year, [month, day, hour, minute, second], nanosecond)
    },
}

impl<T: Column> Column for Option<T> {
    const TYPE: &'static str = T::TYPE;

    fn column(value: DbValue) -> Option<Self> {
        match value {
            DbValue::DbNull => Some(None),
            value => T::column(value).map(Some),
        }
    }
}

fn timestamp(year: i32, parts: [u8; 5], nanosecond: u32) -> Option<Timestamp> {
    let [month, day, hour, minute, second] = parts.map(|part| i8::try_from(part).unwrap_or(-1));
    let at = civil::DateTime::new(i16::try_from(year).ok()?, month, day, hour, minute, second, i32::try_from(nanosecond).ok()?)
        .ok()?;
    at.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// Writes what failed as the line of JSON that `web` writes too: in one write, with no values, and of texts that need no escape.
pub(crate) fn log(statement: &str, error: &str) {
    let line =
        format!("{{\"event\":\"failure\",\"what\":\"{statement}\",\"error\":\"{error}\",\"at\":\"{}\"}}\n", Timestamp::now());
    // Nothing is to be done where it fails.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// A row whose columns are taken in order.
pub(crate) struct Row {
    statement: &'static str,
    taken: usize,
    values: std::vec::IntoIter<DbValue>,
}

impl Row {
    pub(crate) fn new(statement: &'static str, values: Vec<DbValue>) -> Self {
        Self { statement, taken: 0, values: values.into_iter() }
    }

    /// The next column. One that is missing or of another type is logged by its number, without its value.
    pub(crate) fn take<T: Column>(&mut self) -> Result<T, Error> {
        self.taken += 1;
        self.values.next().and_then(T::column).ok_or_else(|| self.undecodable(T::TYPE))
    }

    #[cold]
    fn undecodable(&self, wanted: &str) -> Error {
        log(self.statement, &format!("column {} is not {wanted}", self.taken));
        Error::Decode
    }

    /// The next column as one of our ids.
    pub(crate) fn take_id<T: From<Uuid>>(&mut self) -> Result<T, Error> {
        self.take::<Uuid>().map(T::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_survive_the_way_there_and_back_to_the_microsecond() {
        let time: Timestamp = "2024-02-29T23:59:59.123456789Z".parse().expect("a time");
        let ParameterValue::Datetime(parts) = time.parameter() else { panic!("a datetime") };
        let back = Timestamp::column(DbValue::Datetime(parts)).expect("a time");
        assert_eq!(back.to_string(), "2024-02-29T23:59:59.123456Z");
    }

    #[test]
    fn a_column_of_another_type_is_an_error() {
        let mut row = Row::new("a test", vec![DbValue::Int32(1), DbValue::DbNull]);
        assert_eq!(row.take::<i64>(), Err(Error::Decode));
        assert_eq!(row.take::<Option<String>>(), Ok(None));
        assert_eq!(row.take::<bool>(), Err(Error::Decode));
    }
}
