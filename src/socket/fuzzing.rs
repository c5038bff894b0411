//! What clients say, for the fuzzer: each event's decoder gets each payload, and takes an object of
//! its own fields, each once, or refuses it with a word.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::value::RawValue;
use socketio::Args;

use super::{client_events, decoders};
use crate::error::Result;
use crate::wire::fuzzing::{fields, is_of, is_refusal};
use crate::wire::{self, Auth};

/// A payload as it comes with an event, or as the handshake's.
///
/// # Panics
/// Where a decoder takes what it must not, or a refusal is none.
pub fn event(data: &[u8]) {
    let Ok(payload) = serde_json::from_slice::<Box<RawValue>>(data) else { return };
    check("connect", data, wire::from_json::<Auth>(data).map(drop));
    let args = Args { values: vec![payload], attachments: Vec::new() };
    for (name, decode) in decoders() {
        check(name, data, decode(&args));
    }
}

fn check(event: &str, payload: &[u8], decoded: Result<()>) {
    match decoded {
        Ok(()) => is_of(&FIELDS[event], payload),
        Err(error) => is_refusal(error, payload),
    }
}

static FIELDS: LazyLock<BTreeMap<&'static str, BTreeSet<String>>> = LazyLock::new(|| {
    let inlined = || SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let (mut asked, mut given) = (inlined().for_deserialize().into_generator(), inlined().into_generator());
    let auth = asked.subschema_for::<Auth>().to_value();
    let events = client_events(&mut asked, &mut given).into_iter().map(|event| (event.name, event.payload));
    let all = events.chain([("connect", auth)]);
    all.map(|(name, schema)| (name, fields(&schema).expect("a payload is an object"))).collect()
});
