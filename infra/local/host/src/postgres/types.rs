//! Values: PostgreSQL's types on one side, those of the WIT interface on the other. Which type fits which is Spin's choice.

use bytes::{Buf, BufMut, BytesMut};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use postgres_range::{BoundSided, BoundType, Normalizable, Range, RangeBound};
use rust_decimal::Decimal;
pub(super) use tokio_postgres::types::ToSql;
use tokio_postgres::types::{FromSql, IsNull, Type, accepts, to_sql_checked};
use uuid::Uuid;

use crate::bindings::postgres::{Column, DbDataType, DbValue, Interval, ParameterValue, RangeBoundKind};

type BoxedError = Box<dyn std::error::Error + Sync + Send>;
/// A range as WIT has it: each bound, if there is one, with its kind.
type WitRange<T> = (Option<(T, RangeBoundKind)>, Option<(T, RangeBoundKind)>);

/// The columns of a row.
pub(super) fn columns(row: &tokio_postgres::Row) -> Vec<Column> {
    row.columns().iter().map(|column| Column { name: column.name().to_owned(), data_type: data_type(column.type_()) }).collect()
}

fn data_type(of: &Type) -> DbDataType {
    match *of {
        Type::BOOL => DbDataType::Boolean,
        Type::BYTEA => DbDataType::Binary,
        Type::FLOAT4 => DbDataType::Floating32,
        Type::FLOAT8 => DbDataType::Floating64,
        Type::INT2 => DbDataType::Int16,
        Type::INT4 => DbDataType::Int32,
        Type::INT8 => DbDataType::Int64,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => DbDataType::Str,
        Type::TIMESTAMP | Type::TIMESTAMPTZ => DbDataType::Datetime,
        Type::DATE => DbDataType::Date,
        Type::TIME => DbDataType::Time,
        Type::UUID => DbDataType::Uuid,
        Type::JSONB => DbDataType::Jsonb,
        Type::NUMERIC => DbDataType::Decimal,
        Type::INT4_RANGE => DbDataType::RangeInt32,
        Type::INT8_RANGE => DbDataType::RangeInt64,
        Type::NUM_RANGE => DbDataType::RangeDecimal,
        Type::INT4_ARRAY => DbDataType::ArrayInt32,
        Type::INT8_ARRAY => DbDataType::ArrayInt64,
        Type::NUMERIC_ARRAY => DbDataType::ArrayDecimal,
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY => DbDataType::ArrayStr,
        Type::INTERVAL => DbDataType::Interval,
        _ => DbDataType::Other(of.name().to_owned()),
    }
}

/// The values of a row. A type that is known but cannot be read (`timestamptz`) is an error, as in Spin.
pub(super) fn row(row: &tokio_postgres::Row) -> Result<Vec<DbValue>, String> {
    (0..row.len()).map(|index| value(row, index)).collect()
}

fn value(row: &tokio_postgres::Row, index: usize) -> Result<DbValue, String> {
    let read = Reader { row, index };
    match *row.columns()[index].type_() {
        Type::BOOL => read.plain(DbValue::Boolean),
        Type::BYTEA => read.plain(DbValue::Binary),
        Type::FLOAT4 => read.plain(DbValue::Floating32),
        Type::FLOAT8 => read.plain(DbValue::Floating64),
        Type::INT2 => read.plain(DbValue::Int16),
        Type::INT4 => read.plain(DbValue::Int32),
        Type::INT8 => read.plain(DbValue::Int64),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => read.plain(DbValue::Str),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => read.plain(|at| DbValue::Datetime(datetime_out(at))),
        Type::DATE => read.plain(|date| DbValue::Date(date_out(date))),
        Type::TIME => read.plain(|time| DbValue::Time(time_out(time))),
        Type::UUID => read.plain(|id: Uuid| DbValue::Uuid(id.to_string())),
        Type::JSONB => read.plain(|json: serde_json::Value| DbValue::Jsonb(json.to_string().into_bytes())),
        Type::NUMERIC => read.plain(|number: Decimal| DbValue::Decimal(number.to_string())),
        Type::INT4_RANGE => read.plain(|range: Range<i32>| DbValue::RangeInt32(range_out(&range, |bound| *bound))),
        Type::INT8_RANGE => read.plain(|range: Range<i64>| DbValue::RangeInt64(range_out(&range, |bound| *bound))),
        Type::NUM_RANGE => {
            read.plain(|range: Range<Numeric>| DbValue::RangeDecimal(range_out(&range, |bound| bound.0.to_string())))
        }
        Type::INT4_ARRAY => read.plain(DbValue::ArrayInt32),
        Type::INT8_ARRAY => read.plain(DbValue::ArrayInt64),
        Type::NUMERIC_ARRAY => read.plain(|numbers: Vec<Option<Decimal>>| {
            DbValue::ArrayDecimal(numbers.into_iter().map(|number| number.map(|number| number.to_string())).collect())
        }),
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY => read.plain(DbValue::ArrayStr),
        Type::INTERVAL => read.plain(|interval: WireInterval| DbValue::Interval(interval.0)),
        _ => read.plain(|bytes: Opaque| DbValue::Unsupported(bytes.0)),
    }
}

struct Reader<'a> {
    row: &'a tokio_postgres::Row,
    index: usize,
}

impl<'a> Reader<'a> {
    fn plain<T: FromSql<'a>>(&self, wrap: impl FnOnce(T) -> DbValue) -> Result<DbValue, String> {
        let value: Option<T> = self.row.try_get(self.index).map_err(|error| match std::error::Error::source(&error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        })?;
        Ok(value.map_or(DbValue::DbNull, wrap))
    }
}

/// Parameters as the driver takes them. An error names the kind of value, not the value.
pub(super) fn parameters(values: &[ParameterValue]) -> Result<Vec<Box<dyn ToSql + Sync + Send>>, String> {
    values.iter().map(parameter).collect()
}

fn parameter(value: &ParameterValue) -> Result<Box<dyn ToSql + Sync + Send>, String> {
    Ok(match value {
        ParameterValue::Boolean(value) => Box::new(*value),
        ParameterValue::Int8(value) => Box::new(*value),
        ParameterValue::Int16(value) => Box::new(*value),
        ParameterValue::Int32(value) => Box::new(*value),
        ParameterValue::Int64(value) => Box::new(*value),
        ParameterValue::Floating32(value) => Box::new(*value),
        ParameterValue::Floating64(value) => Box::new(*value),
        ParameterValue::Str(value) => Box::new(value.clone()),
        ParameterValue::Binary(value) => Box::new(value.clone()),
        ParameterValue::Date(value) => Box::new(date_in(*value)?),
        ParameterValue::Time(value) => Box::new(time_in(*value)?),
        ParameterValue::Datetime((year, month, day, hour, minute, second, nanosecond)) => {
            Box::new(NaiveDateTime::new(date_in((*year, *month, *day))?, time_in((*hour, *minute, *second, *nanosecond))?))
        }
        ParameterValue::Timestamp(value) => {
            Box::new(DateTime::<Utc>::from_timestamp(*value, 0).ok_or("invalid epoch timestamp")?)
        }
        ParameterValue::Uuid(value) => Box::new(Uuid::parse_str(value).map_err(|_| "invalid UUID")?),
        ParameterValue::Jsonb(value) => Box::new(serde_json::from_slice::<serde_json::Value>(value).map_err(|_| "invalid JSON")?),
        ParameterValue::Decimal(value) => Box::new(decimal_in(value)?),
        ParameterValue::RangeInt32(value) => Box::new(range_in(value, |bound| Ok(*bound))?),
        ParameterValue::RangeInt64(value) => Box::new(range_in(value, |bound| Ok(*bound))?),
        ParameterValue::RangeDecimal(value) => Box::new(range_in(value, |bound| decimal_in(bound).map(Numeric))?),
        ParameterValue::ArrayInt32(values) => Box::new(values.clone()),
        ParameterValue::ArrayInt64(values) => Box::new(values.clone()),
        ParameterValue::ArrayDecimal(values) => {
            let numbers = values.iter().map(|value| value.as_deref().map(decimal_in).transpose());
            Box::new(numbers.collect::<Result<Vec<Option<Decimal>>, String>>()?)
        }
        ParameterValue::ArrayStr(values) => Box::new(values.clone()),
        ParameterValue::Interval(value) => Box::new(WireInterval(*value)),
        ParameterValue::DbNull => Box::new(AnyNull),
    })
}

fn date_in((year, month, day): (i32, u8, u8)) -> Result<NaiveDate, String> {
    NaiveDate::from_ymd_opt(year, month.into(), day.into()).ok_or_else(|| "invalid date".to_owned())
}

fn time_in((hour, minute, second, nanosecond): (u8, u8, u8, u32)) -> Result<NaiveTime, String> {
    NaiveTime::from_hms_nano_opt(hour.into(), minute.into(), second.into(), nanosecond).ok_or_else(|| "invalid time".to_owned())
}

fn decimal_in(text: &str) -> Result<Decimal, String> {
    Decimal::from_str_exact(text).map_err(|_| "invalid decimal".to_owned())
}

/// Months, days, hours, minutes and seconds fit a byte.
fn byte(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn date_out(date: NaiveDate) -> (i32, u8, u8) {
    (date.year(), byte(date.month()), byte(date.day()))
}

fn time_out(time: NaiveTime) -> (u8, u8, u8, u32) {
    (byte(time.hour()), byte(time.minute()), byte(time.second()), time.nanosecond())
}

fn datetime_out(at: NaiveDateTime) -> (i32, u8, u8, u8, u8, u8, u32) {
    let ((year, month, day), (hour, minute, second, nanosecond)) = (date_out(at.date()), time_out(at.time()));
    (year, month, day, hour, minute, second, nanosecond)
}

fn range_out<T: PartialOrd + Normalizable, W>(range: &Range<T>, convert: impl Fn(&T) -> W) -> WitRange<W> {
    let kind = |kind| match kind {
        BoundType::Inclusive => RangeBoundKind::Inclusive,
        BoundType::Exclusive => RangeBoundKind::Exclusive,
    };
    let lower = range.lower().map(|bound| (convert(&bound.value), kind(bound.type_)));
    let upper = range.upper().map(|bound| (convert(&bound.value), kind(bound.type_)));
    (lower, upper)
}

fn range_in<W, T: PartialOrd + Normalizable>(
    (lower, upper): &WitRange<W>,
    convert: impl Fn(&W) -> Result<T, String>,
) -> Result<Range<T>, String> {
    fn bound<S: BoundSided, W, T: PartialOrd + Normalizable>(
        bound: Option<&(W, RangeBoundKind)>,
        convert: impl Fn(&W) -> Result<T, String>,
    ) -> Result<Option<RangeBound<S, T>>, String> {
        let Some((value, kind)) = bound else { return Ok(None) };
        let kind = match kind {
            RangeBoundKind::Inclusive => BoundType::Inclusive,
            RangeBoundKind::Exclusive => BoundType::Exclusive,
        };
        Ok(Some(RangeBound::new(convert(value)?, kind)))
    }
    Ok(Range::new(bound(lower.as_ref(), &convert)?, bound(upper.as_ref(), &convert)?))
}

/// A decimal that can bound a range.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Numeric(Decimal);

impl Normalizable for Numeric {
    fn normalize<S: BoundSided>(bound: RangeBound<S, Self>) -> RangeBound<S, Self> {
        bound
    }
}

impl ToSql for Numeric {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxedError> {
        self.0.to_sql(ty, out)
    }

    fn accepts(ty: &Type) -> bool {
        <Decimal as ToSql>::accepts(ty)
    }

    to_sql_checked!();
}

impl FromSql<'_> for Numeric {
    fn from_sql(ty: &Type, raw: &[u8]) -> Result<Self, BoxedError> {
        Decimal::from_sql(ty, raw).map(Self)
    }

    fn accepts(ty: &Type) -> bool {
        <Decimal as FromSql>::accepts(ty)
    }
}

/// An interval on the wire: microseconds, days, months, big-endian.
#[derive(Debug)]
struct WireInterval(Interval);

impl ToSql for WireInterval {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, BoxedError> {
        out.put_i64(self.0.micros);
        out.put_i32(self.0.days);
        out.put_i32(self.0.months);
        Ok(IsNull::No)
    }

    accepts!(INTERVAL);
    to_sql_checked!();
}

impl FromSql<'_> for WireInterval {
    fn from_sql(_: &Type, mut raw: &[u8]) -> Result<Self, BoxedError> {
        if raw.len() != 16 {
            return Err("an interval has 16 bytes".into());
        }
        Ok(Self(Interval { micros: raw.get_i64(), days: raw.get_i32(), months: raw.get_i32() }))
    }

    accepts!(INTERVAL);
}

/// The bytes of a type that the interface does not know.
struct Opaque(Vec<u8>);

impl FromSql<'_> for Opaque {
    fn from_sql(_: &Type, raw: &[u8]) -> Result<Self, BoxedError> {
        Ok(Self(raw.to_vec()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// NULL for a column of any type; the driver's own is typed.
#[derive(Debug)]
struct AnyNull;

impl ToSql for AnyNull {
    fn to_sql(&self, _: &Type, _: &mut BytesMut) -> Result<IsNull, BoxedError> {
        Ok(IsNull::Yes)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
