//! REST queries and bodies: every call's reader gets every input. It accepts its own fields, each
//! once, or refuses with an error.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::json::{fields, is_of, is_refusal};
use crate::web::api::calls;
use crate::web::api::{Call, Read};

/// Reads the input as a query and as a JSON body.
///
/// # Panics
///
/// If a reader accepts what it must not, or an error is not one of ours.
pub fn call(data: &[u8]) {
    for call in CALLS.iter() {
        if let (Some(read), Some(fields)) = (call.read_body, &call.body) {
            match read(data) {
                Ok(()) => is_of(fields, data),
                Err(error) => is_refusal(error, data),
            }
        }
        let query = std::str::from_utf8(data).ok().filter(|text| text.is_ascii());
        if let (Some(read), Some(query)) = (call.read_query, query) {
            match read(query) {
                Ok(()) => has_only(&call.query, query),
                Err(error) => is_refusal(error, data),
            }
        }
    }
}

fn has_only(fields: &BTreeSet<String>, query: &str) {
    let keys: Vec<_> = form_urlencoded::parse(query.as_bytes()).map(|(key, _)| key.into_owned()).collect();
    let once: BTreeSet<String> = keys.iter().cloned().collect();
    assert_eq!(once.len(), keys.len(), "a field came twice: {keys:?}");
    assert!(once.is_subset(fields), "{once:?} were taken for {fields:?}");
}

/// A call's readers and fields.
struct Fields {
    read_query: Option<Read<str>>,
    read_body: Option<Read<[u8]>>,
    query: BTreeSet<String>,
    body: Option<BTreeSet<String>>,
}

static CALLS: LazyLock<Vec<Fields>> = LazyLock::new(|| {
    let reference = calls(0).openapi();
    let known = |call: &Call| {
        let operation = &reference["paths"][format!("/api{}", call.path)][call.method.to_lowercase()];
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let query = parameters.filter(|parameter| parameter["in"] == "query");
        let query = query.filter_map(|parameter| Some(parameter["name"].as_str()?.to_owned())).collect();
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let body =
            body["$ref"].as_str().and_then(|place| reference.pointer(place.trim_start_matches('#'))).unwrap_or(body);
        Fields { read_query: call.read_query, read_body: call.read_body, query, body: fields(body) }
    };
    let all: Vec<Fields> = calls(0).iter().map(known).collect();
    let is_whole = |known: &&Fields| known.read_body.is_none() || known.body.is_some();
    assert!(all.len() > 40 && all.iter().filter(is_whole).count() == all.len(), "a call's body has no fields");
    all
});
