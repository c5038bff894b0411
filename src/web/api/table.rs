//! The table of calls: each entry is a route and its operation in `docs/api.json`.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::json::read;
use crate::error::{Code, Result};
use crate::service::App;
use crate::wire::from_json;

/// Calls in the order they were added.
pub struct Calls {
    upload_max: usize,
    calls: Vec<Call>,
    routes: Vec<(&'static str, MethodRouter<App>)>,
    schemas: Schemas,
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

/// Reads input as a handler does, and drops it.
pub type Read<T> = fn(&T) -> Result<()>;

/// One call, as the reference describes it.
pub struct Call {
    pub method: &'static str,
    pub path: &'static str,
    pub about: &'static str,
    /// Whether it needs no session.
    pub is_public: bool,
    pub read_query: Option<Read<str>>,
    /// Reads a body of JSON.
    pub read_body: Option<Read<[u8]>>,
    body: Option<Body>,
    query: Option<Value>,
    response: (u16, Option<Value>),
}

enum Body {
    Json(Value),
    Multipart,
}

/// Builds a [`Call`].
pub(super) struct Describe<'a> {
    call: Call,
    schemas: &'a mut Schemas,
}

impl Describe<'_> {
    pub(super) fn public(mut self) -> Self {
        self.call.is_public = true;
        self
    }

    pub(super) fn body<T: JsonSchema + DeserializeOwned>(mut self) -> Self {
        self.call.read_body = Some(|body| from_json::<T>(body).map(drop));
        self.call.body = Some(Body::Json(self.schemas.requests.subschema_for::<T>().to_value()));
        self
    }

    pub(super) fn multipart(mut self) -> Self {
        self.call.body = Some(Body::Multipart);
        self
    }

    pub(super) fn query<T: JsonSchema + DeserializeOwned>(mut self) -> Self {
        self.call.read_query = Some(|query| read::<T>(query).map(drop));
        self.call.query = Some(self.schemas.requests.root_schema_for::<T>().to_value());
        self
    }

    pub(super) fn response<T: JsonSchema>(mut self, status: u16) -> Self {
        self.call.response = (status, Some(self.schemas.responses.subschema_for::<T>().to_value()));
        self
    }

    pub(super) fn no_content(mut self) -> Self {
        self.call.response = (204, None);
        self
    }
}

impl Calls {
    /// Returns an empty table. Uploads may have bodies of `upload_max` bytes.
    pub(super) fn new(upload_max: usize) -> Self {
        Self { upload_max, calls: Vec::new(), routes: Vec::new(), schemas: Schemas::default() }
    }

    /// Returns the limit of a multipart body, for the route of an upload.
    pub(super) fn upload_limit(&self) -> DefaultBodyLimit {
        DefaultBodyLimit::max(self.upload_max)
    }

    pub(super) fn add(
        mut self,
        method: &'static str,
        path: &'static str,
        route: MethodRouter<App>,
        about: &'static str,
        describe: impl for<'a> FnOnce(Describe<'a>) -> Describe<'a>,
    ) -> Self {
        let call = Call {
            method,
            path,
            about,
            is_public: false,
            read_query: None,
            read_body: None,
            body: None,
            query: None,
            response: (200, None),
        };
        let call = describe(Describe { call, schemas: &mut self.schemas }).call;
        self.calls.push(call);
        self.routes.push((path, route));
        self
    }

    /// Returns the calls of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    pub(super) fn into_router(self) -> Router<App> {
        self.routes.into_iter().fold(Router::new(), |router, (path, route)| router.route(path, route))
    }

    /// Returns the reference in OpenAPI 3.1.
    pub fn openapi(mut self) -> Value {
        let mut paths: BTreeMap<String, Value> = BTreeMap::new();
        for call in &self.calls {
            let path = paths.entry(format!("/api{}", call.path)).or_insert_with(|| json!({}));
            path[call.method.to_lowercase()] = call.operation();
        }
        let mut schemas = self.schemas.requests.take_definitions(true);
        schemas.extend(self.schemas.responses.take_definitions(true));
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Madang",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "A self-hosted chat server. Errors are application/problem+json with a stable code.",
            },
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
                "responses": { "Error": {
                    "description": format!("One of: {}.", Code::ALL.iter().map(|code| code.name()).collect::<Vec<_>>().join(", ")),
                    "content": { "application/problem+json": { "schema": {
                        "type": "object",
                        "required": ["code", "message"],
                        "properties": {
                            "code": { "type": "string", "enum": Code::ALL.iter().map(|code| code.name()).collect::<Vec<_>>() },
                            "message": { "type": "string" },
                            "field": { "type": "string" },
                            "retryAfterMs": { "type": "integer" },
                        },
                    } } },
                } },
            },
        })
    }
}

impl Call {
    fn operation(&self) -> Value {
        let mut operation = json!({ "summary": self.about, "parameters": self.parameters() });
        if !self.is_public {
            operation["security"] = json!([{ "token": [] }]);
        }
        match &self.body {
            Some(Body::Json(schema)) => {
                operation["requestBody"] =
                    json!({ "required": true, "content": { "application/json": { "schema": schema } } });
            }
            Some(Body::Multipart) => {
                operation["requestBody"] = json!({ "required": true, "content": { "multipart/form-data": { "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": { "type": "string", "format": "binary" },
                        "key": { "type": "string" },
                        "text": { "type": "string" },
                    },
                } } } });
            }
            None => {}
        }
        let (status, schema) = &self.response;
        let mut response = json!({ "description": "Done." });
        if let Some(schema) = schema {
            response["content"] = json!({ "application/json": { "schema": schema } });
        }
        let mut responses = json!({ "default": { "$ref": "#/components/responses/Error" } });
        responses[status.to_string()] = response;
        operation["responses"] = responses;
        operation
    }

    fn parameters(&self) -> Vec<Value> {
        let names = self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let mut parameters: Vec<Value> = names
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        let properties = self.query.as_ref().and_then(|query| query["properties"].as_object());
        for (name, schema) in properties.into_iter().flatten() {
            parameters.push(json!({ "name": name, "in": "query", "schema": schema }));
        }
        parameters
    }
}

/// `GET /api/openapi.json`
pub(super) async fn openapi(State(app): State<App>) -> Response {
    axum::Json(super::calls(app.config.upload_max).openapi()).into_response()
}
