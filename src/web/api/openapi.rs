//! The table of calls as a document in OpenAPI 3.1.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::Calls;
use super::table::{Body, Call};
use crate::error::Code;

const ERROR: &str = "#/components/responses/Error";

/// `GET /api/openapi.json`
pub(super) async fn openapi() -> Response {
    // Made once: it is long, and anybody may ask for it. No limit of the server is in it.
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| super::calls(0).openapi().to_string());
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}

/// Two generators: in a request a field with a default is optional, in a response it is always there.
struct Schemas {
    requests: SchemaGenerator,
    responses: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self {
            requests: settings.clone().for_deserialize().into_generator(),
            responses: settings.for_serialize().into_generator(),
        }
    }
}

impl Calls {
    /// Returns the reference in OpenAPI 3.1.
    pub fn openapi(&self) -> Value {
        let mut generators = Schemas::default();
        let mut paths: BTreeMap<String, Value> = BTreeMap::new();
        for call in self.iter() {
            let path = paths.entry(format!("/api{}", call.path)).or_insert_with(|| json!({}));
            path[call.method.to_lowercase()] = operation(call, &mut generators);
        }
        let mut schemas = generators.requests.take_definitions(true);
        schemas.extend(generators.responses.take_definitions(true));
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Madang",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "A self-hosted chat server. Errors are application/problem+json with a stable code. \
                    A request whose head is malformed or too large is refused without a body, before it reaches a call.",
            },
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
                "responses": { "Error": error() },
            },
        })
    }
}

fn error() -> Value {
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
    json!({
        "description": format!("One of: {}.", codes.join(", ")),
        "content": { "application/problem+json": { "schema": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": { "type": "string", "enum": codes },
                "message": { "type": "string" },
                "field": { "type": "string" },
                "retryAfterMs": { "type": "integer" },
                "reason": { "type": "string" },
            },
        } } },
    })
}

fn operation(call: &Call, schemas: &mut Schemas) -> Value {
    let (parameters, responses) = (parameters(call, &mut schemas.requests), responses(call, &mut schemas.responses));
    let mut operation = json!({ "summary": call.about, "parameters": parameters, "responses": responses });
    if !call.is_public {
        operation["security"] = json!([{ "token": [] }]);
    }
    if let Some(right) = call.bot_right {
        operation["x-bot-right"] = json!(right);
    }
    if let Some(body) = &call.body {
        operation["requestBody"] = request_body(body, &mut schemas.requests);
    }
    operation
}

fn request_body(body: &Body, schemas: &mut SchemaGenerator) -> Value {
    match body {
        Body::Json(schema) => {
            json!({ "required": true, "content": { "application/json": { "schema": schema(schemas) } } })
        }
        Body::Multipart => json!({ "required": true, "content": { "multipart/form-data": { "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": { "type": "string", "format": "binary" },
                "key": { "type": "string" },
                "text": { "type": "string" },
            },
        } } } }),
    }
}

/// Returns every status of a call: success, what did not change, and the errors by status.
fn responses(call: &Call, schemas: &mut SchemaGenerator) -> Value {
    let schema = call.response.map(|schema| schema(schemas));
    let success = |about: &str| {
        let mut response = json!({ "description": about });
        if let Some(schema) = &schema {
            response["content"] = json!({ "application/json": { "schema": schema } });
        }
        response
    };
    let mut responses = Map::from_iter([(call.status.to_string(), success("Done."))]);
    if let Some((status, when)) = call.or_status {
        responses.insert(status.to_string(), success(when));
    }
    if call.method == "GET" {
        responses.insert("304".into(), json!({ "description": "What If-None-Match names has not changed." }));
    }
    let mut errors: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in call.codes() {
        errors.entry(code.status()).or_default().push(code.name());
    }
    for (status, names) in errors {
        let about = format!("One of: {}.", names.join(", "));
        responses.insert(status.to_string(), json!({ "$ref": ERROR, "description": about }));
    }
    responses.into()
}

fn parameters(call: &Call, schemas: &mut SchemaGenerator) -> Vec<Value> {
    let names = call.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = names
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let query = call.query.map(|schema| schema(schemas));
    let query = query.as_ref();
    let required = |name: &str| {
        query.and_then(|query| query["required"].as_array()).is_some_and(|names| names.iter().any(|one| one == name))
    };
    let properties = query.and_then(|query| query["properties"].as_object());
    for (name, schema) in properties.into_iter().flatten() {
        parameters.push(json!({ "name": name, "in": "query", "required": required(name), "schema": schema }));
    }
    parameters
}
