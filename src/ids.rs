//! Ids: 128 bits made by the application, 48 of time and 80 of randomness. They sort by age, stay
//! close together in an index and cannot be guessed. On the wire they are 26 characters of
//! lower-case Crockford base 32; in the database 16 bytes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

/// The error for a text that is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])+ $name:ident,)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// Returns a new id for something created at `now`, in milliseconds since 1970 UTC.
            pub fn new(now: i64) -> Self { Self(make(now)) }
            /// Returns when it was made, in milliseconds since 1970 UTC.
            pub fn created_at(self) -> i64 { (self.0 >> 80) as i64 }
            pub fn as_u128(self) -> u128 { self.0 }
            pub const fn from_u128(value: u128) -> Self { Self(value) }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(encode(self.0, &mut [0; LENGTH])) }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(self, f) }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> { decode(text).map(Self) }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(encode(self.0, &mut [0; LENGTH]))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(|NotAnId| serde::de::Error::custom("not an id"))
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> { "Id".into() }
            fn inline_schema() -> bool { true }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-hjkmnp-tv-z]{26}$" })
            }
        }
    )+};
}

ids! {
    /// A user: guest, account or bot.
    UserId,
    /// A chat room.
    RoomId,
    /// A message, from a user or the system.
    MessageId,
    /// A stored file.
    FileId,
    /// A report of a message or a user.
    ReportId,
    /// An API key of another server that brings its own users.
    KeyId,
    /// A webhook, incoming or outgoing.
    HookId,
    /// An event on its way to an outgoing webhook.
    DeliveryId,
    /// A push subscription of a browser.
    PushId,
    /// A scheduled message or a reminder.
    ScheduledId,
}

/// Returns a random id, unique across processes.
pub fn random() -> String {
    MessageId::new(0).to_string()
}

/// Returns the number of a new id for something created at `now`, in milliseconds since 1970 UTC.
pub(crate) fn make(now: i64) -> u128 {
    let mut chance = [0; 16];
    // The random source of the operating system does not fail after boot, and no id is safe without
    // it.
    getrandom::fill(&mut chance).expect("the system's random source");
    let chance = u128::from_le_bytes(chance) & ((1 << 80) - 1);
    ((now as u128 & ((1 << 48) - 1)) << 80) | chance
}

fn encode(value: u128, buffer: &mut [u8; LENGTH]) -> &str {
    for (place, byte) in buffer.iter_mut().rev().enumerate() {
        *byte = ALPHABET[(value >> (5 * place)) as usize & 31];
    }
    std::str::from_utf8(buffer).expect("the alphabet is ASCII")
}

fn decode(text: &str) -> Result<u128, NotAnId> {
    if text.len() != LENGTH {
        return Err(NotAnId);
    }
    text.bytes().enumerate().try_fold(0u128, |value, (place, byte)| {
        let digit = ALPHABET.iter().position(|&letter| letter == byte).ok_or(NotAnId)? as u128;
        // 26 characters hold 130 bits, so the first one may only carry three.
        if place == 0 && digit > 7 {
            return Err(NotAnId);
        }
        Ok((value << 5) | digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_the_way_through_text() {
        let id = RoomId::new(1_763_000_000_000);
        assert_eq!(id.to_string().parse::<RoomId>(), Ok(id));
        assert_eq!(id.to_string().len(), LENGTH);
    }

    #[test]
    fn later_ids_sort_after_earlier_ones_in_text_too() {
        let (early, late) = (RoomId::new(1_000), RoomId::new(2_000));
        assert!(early < late && early.to_string() < late.to_string());
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "../etc/passwd", "' OR 1=1", "💥", "zzzzzzzzzzzzzzzzzzzzzzzzzz", "0123456789ABCDEFGHJKMNPQRS"]
        {
            assert_eq!(text.parse::<RoomId>(), Err(NotAnId), "{text}");
        }
    }
}
