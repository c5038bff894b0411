//! What every decoder of JSON guarantees.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::error::Error;
use crate::wire::Nack;

/// Returns the fields of an object by its schema.
pub(super) fn fields(schema: &Value) -> Option<BTreeSet<String>> {
    Some(schema.get("properties")?.as_object()?.keys().cloned().collect())
}

/// Checks that accepted JSON has only these fields, each at most once.
pub(super) fn is_of(fields: &BTreeSet<String>, json: &[u8]) {
    let Keys(keys) = serde_json::from_slice(json).expect("accepted JSON is an object");
    let once: BTreeSet<String> = keys.iter().cloned().collect();
    assert_eq!(once.len(), keys.len(), "a field came twice: {keys:?}");
    assert!(once.is_subset(fields), "{once:?} were taken for {fields:?}");
}

/// Checks that an error is one of ours, and not much longer than the input.
pub(super) fn is_refusal(error: Error, input: &[u8]) {
    assert!(error.code.status() < 500, "{error:?}");
    let nack = serde_json::to_string(&Nack::new(error)).expect("an error is JSON");
    // Each byte may appear twice, in the longest escape.
    assert!(nack.len() <= 1_024 + 12 * input.len(), "{} bytes are refused with {}", input.len(), nack.len());
}

/// The keys of an object in their order.
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
