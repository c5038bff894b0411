//! The few types that travel between Rust and a column, the same on every engine.

use crate::ids::{DeliveryId, FileId, HookId, KeyId, MessageId, PushId, ReportId, RoomId, ScheduledId, UserId};

/// A value on its way into a statement or out of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
    /// An id as its 16 bytes, big-endian, so that ids sort by age in the store too.
    Id([u8; 16]),
}

/// What can be bound to a placeholder.
pub trait Param {
    fn value(&self) -> Value<'_>;
}

/// What can be read from a column; `None` when the column holds another type.
pub trait Column: Sized {
    fn from_value(value: Value<'_>) -> Option<Self>;
}

impl<T: Param + ?Sized> Param for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl<T: Param> Param for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Param::value)
    }
}

impl<T: Column> Column for Option<T> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        if value == Value::Null { Some(None) } else { T::from_value(value).map(Some) }
    }
}

impl Param for i64 {
    fn value(&self) -> Value<'_> {
        Value::Int(*self)
    }
}

impl Column for i64 {
    fn from_value(value: Value<'_>) -> Option<Self> {
        if let Value::Int(int) = value { Some(int) } else { None }
    }
}

impl Param for u32 {
    fn value(&self) -> Value<'_> {
        Value::Int(i64::from(*self))
    }
}

impl Column for u32 {
    fn from_value(value: Value<'_>) -> Option<Self> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl Param for u64 {
    fn value(&self) -> Value<'_> {
        // Our sizes and counts stay far below 2^63.
        Value::Int(i64::try_from(*self).unwrap_or(i64::MAX))
    }
}

impl Column for u64 {
    fn from_value(value: Value<'_>) -> Option<Self> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl Param for bool {
    fn value(&self) -> Value<'_> {
        Value::Int(i64::from(*self))
    }
}

impl Column for bool {
    fn from_value(value: Value<'_>) -> Option<Self> {
        i64::from_value(value).map(|int| int != 0)
    }
}

impl Param for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Param for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Column for String {
    fn from_value(value: Value<'_>) -> Option<Self> {
        if let Value::Text(text) = value { Some(text.to_owned()) } else { None }
    }
}

impl Param for [u8; 32] {
    fn value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl Column for [u8; 32] {
    fn from_value(value: Value<'_>) -> Option<Self> {
        if let Value::Blob(bytes) = value { bytes.try_into().ok() } else { None }
    }
}

macro_rules! ids {
    ($($id:ident)+) => {$(
        impl Param for $id {
            fn value(&self) -> Value<'_> {
                Value::Id(self.as_u128().to_be_bytes())
            }
        }

        impl Column for $id {
            fn from_value(value: Value<'_>) -> Option<Self> {
                let bytes = match value {
                    Value::Id(bytes) => bytes,
                    Value::Blob(bytes) => bytes.try_into().ok()?,
                    _ => return None,
                };
                Some(Self::from_u128(u128::from_be_bytes(bytes)))
            }
        }
    )+};
}

ids! { UserId RoomId MessageId FileId KeyId ReportId HookId DeliveryId PushId ScheduledId }
