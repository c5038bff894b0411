//! What every decoder of JSON owes, for the fuzzer.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Nack;
use crate::error::Error;

/// The fields of an object by its schema, if it is one.
pub(crate) fn fields(schema: &Value) -> Option<BTreeSet<String>> {
    Some(schema.get("properties")?.as_object()?.keys().cloned().collect())
}

/// What was taken had none but those fields, each at most once.
///
/// # Panics
/// Where it had others.
pub(crate) fn is_of(fields: &BTreeSet<String>, json: &[u8]) {
    let Keys(keys) = serde_json::from_slice(json).expect("what is taken is an object");
    let once: BTreeSet<String> = keys.iter().cloned().collect();
    assert_eq!(once.len(), keys.len(), "a field came twice: {keys:?}");
    assert!(once.is_subset(fields), "{once:?} were taken for {fields:?}");
}

/// A refusal is ours to give, and not much longer than what was said.
///
/// # Panics
/// Where it is not.
pub(crate) fn is_refusal(error: Error, said: &[u8]) {
    assert!(error.code.status() < 500, "{error:?}");
    let nack = serde_json::to_string(&Nack::new(error)).expect("a refusal is JSON");
    // Each byte may be told twice, in the longest of escapes.
    assert!(nack.len() <= 1_024 + 12 * said.len(), "{} bytes are refused with {}", said.len(), nack.len());
}

/// The keys of an object as they came.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Gather)
    }
}

struct Gather;

impl<'de> Visitor<'de> for Gather {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = map.next_entry()? {
            keys.push(key);
        }
        Ok(Keys(keys))
    }
}
