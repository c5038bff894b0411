//! How our few types travel to and from PostgreSQL, in its binary format.

use std::error::Error;
use std::fmt;

use bytes::{BufMut, BytesMut};
use postgres::Row;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::db::fault::Fault;
use crate::db::row::{Values, wrong_type};
use crate::db::value::Value;

type Outcome<T> = Result<T, Box<dyn Error + Sync + Send>>;

/// A parameter. Its `Debug` form does not show it: the driver logs it.
pub(super) struct Bound<'a>(pub(super) Value<'a>);

/// A parameter does not fit the type that its statement needs.
#[derive(Debug)]
pub(super) struct Misfit(String);

impl Bound<'_> {
    /// Returns the type of a parameter; the statement says which null is meant.
    pub(super) fn declared(&self) -> Type {
        match self.0 {
            Value::Null => Type::UNKNOWN,
            Value::Int(_) => Type::INT8,
            Value::Text(_) => Type::TEXT,
            Value::Blob(_) | Value::Id(_) => Type::BYTEA,
        }
    }
}

impl fmt::Debug for Bound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Misfit {}

impl ToSql for Bound<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Outcome<IsNull> {
        let misfit = |what: &str| Err(Misfit(format!("{what} where the statement needs {wanted}")).into());
        match (&self.0, wanted) {
            (Value::Null, _) => return Ok(IsNull::Yes),
            (Value::Int(int), &Type::INT8) => out.put_i64(*int),
            (Value::Int(int), &Type::INT4) => match i32::try_from(*int) {
                Ok(int) => out.put_i32(int),
                Err(_) => return misfit("a large integer"),
            },
            (Value::Int(int @ (0 | 1)), &Type::BOOL) => out.put_u8(u8::from(*int == 1)),
            // The one character that PostgreSQL cannot store. No text that is stored has it; it may be looked for.
            (Value::Text(text), &Type::TEXT | &Type::VARCHAR) if text.contains('\0') => {
                out.put_slice(text.replace('\0', "\u{fffd}").as_bytes());
            }
            (Value::Text(text), &Type::TEXT | &Type::VARCHAR) => out.put_slice(text.as_bytes()),
            (Value::Blob(bytes), &Type::BYTEA) => out.put_slice(bytes),
            (Value::Id(bytes), &Type::BYTEA) => out.put_slice(bytes),
            (Value::Int(_), _) => return misfit("an integer"),
            (Value::Text(_), _) => return misfit("a text"),
            (Value::Blob(_) | Value::Id(_), _) => return misfit("bytes"),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A column as one of our types; `None` when it is of no such type.
struct Cell<'a>(Option<Value<'a>>);

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Outcome<Self> {
        Ok(Self(match *kind {
            Type::INT8 => Some(Value::Int(i64::from_be_bytes(raw.try_into()?))),
            Type::INT4 => Some(Value::Int(i32::from_be_bytes(raw.try_into()?).into())),
            Type::BOOL => Some(Value::Int((raw != [0]).into())),
            Type::TEXT | Type::VARCHAR | Type::NAME => Some(Value::Text(std::str::from_utf8(raw)?)),
            Type::BYTEA => Some(Value::Blob(raw)),
            _ => None,
        }))
    }

    fn from_sql_null(_: &Type) -> Outcome<Self> {
        Ok(Self(Some(Value::Null)))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

pub(super) struct PostgresRow<'a>(pub(super) &'a Row);

impl Values for PostgresRow<'_> {
    fn value(&self, column: usize) -> Result<Value<'_>, Fault> {
        let cell: Option<Cell<'_>> = self.0.try_get(column).ok();
        cell.and_then(|cell| cell.0).ok_or_else(|| wrong_type(column))
    }
}
