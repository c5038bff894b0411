//! Event payloads: every event's decoder gets every payload. It accepts an object of its own fields,
//! each once, or refuses with an error.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::value::RawValue;
use socketio::Args;

use super::json::{fields, is_of, is_refusal};
use crate::error::Result;
use crate::socket::{client_events, decoders};
use crate::wire::{self, Auth};

/// Decodes a payload for every event and for the handshake.
///
/// # Panics
///
/// If a decoder accepts what it must not, or an error is not one of ours.
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
    let (mut request, mut given) = (inlined().for_deserialize().into_generator(), inlined().into_generator());
    let auth = request.subschema_for::<Auth>().to_value();
    let events = client_events(&mut request, &mut given).into_iter().map(|event| (event.name, event.payload));
    let all = events.chain([("connect", auth)]);
    all.map(|(name, schema)| (name, fields(&schema).expect("a payload is an object"))).collect()
});
