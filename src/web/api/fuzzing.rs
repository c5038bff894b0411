//! What REST is asked, for the fuzzer: every call's reader of queries and of bodies gets whatever
//! comes, and takes its own fields, each once, or refuses it with a word.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::calls;
use crate::error::Result;
use crate::wire::fuzzing::{fields, is_of, is_refusal};

/// A query, and a body of JSON: the same bytes are both.
///
/// # Panics
/// Where a reader takes what it must not, or a refusal is none.
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
                Ok(()) => asks_only(&call.query, query),
                Err(error) => is_refusal(error, data),
            }
        }
    }
}

fn asks_only(fields: &BTreeSet<String>, query: &str) {
    let keys: Vec<_> = form_urlencoded::parse(query.as_bytes()).map(|(key, _)| key.into_owned()).collect();
    let once: BTreeSet<String> = keys.iter().cloned().collect();
    assert_eq!(once.len(), keys.len(), "a field came twice: {keys:?}");
    assert!(once.is_subset(fields), "{once:?} were taken for {fields:?}");
}

/// A call with the fields that it knows.
struct Known {
    read_query: Option<fn(&str) -> Result<()>>,
    read_body: Option<fn(&[u8]) -> Result<()>>,
    query: BTreeSet<String>,
    body: Option<BTreeSet<String>>,
}

static CALLS: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let paper = calls(0).openapi();
    let known = |call: &super::Call| {
        let operation = &paper["paths"][format!("/api{}", call.path)][call.method.to_lowercase()];
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let asked = parameters.filter(|parameter| parameter["in"] == "query");
        let query = asked.filter_map(|parameter| Some(parameter["name"].as_str()?.to_owned())).collect();
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let body = body["$ref"].as_str().and_then(|place| paper.pointer(place.trim_start_matches('#'))).unwrap_or(body);
        Known { read_query: call.read_query, read_body: call.read_body, query, body: fields(body) }
    };
    let all: Vec<Known> = calls(0).iter().map(known).collect();
    let is_whole = |known: &&Known| known.read_body.is_none() || known.body.is_some();
    assert!(all.len() > 40 && all.iter().filter(is_whole).count() == all.len(), "a call's body has no fields");
    all
});
