//! The table of calls: each line is a route and its part of the reference.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::Code;
use crate::service::App;

/// Calls in the order they were added.
#[derive(Default)]
pub struct Calls {
    calls: Vec<Call>,
    routes: Vec<(&'static str, MethodRouter<App>)>,
    schemas: Schemas,
}

/// What is asked need not name what has a default; what is given names what is always there.
struct Schemas {
    asked: SchemaGenerator,
    given: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self {
            asked: settings.clone().for_deserialize().into_generator(),
            given: settings.for_serialize().into_generator(),
        }
    }
}

/// One call of the reference.
pub struct Call {
    pub method: &'static str,
    pub path: &'static str,
    pub about: &'static str,
    /// Whether it answers without an identity.
    pub is_open: bool,
    body: Option<Body>,
    query: Option<Value>,
    answer: (u16, Option<Value>),
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) readers: Readers,
}

/// How the fuzzer reads the query and the body of a call.
#[cfg(any(test, feature = "fuzzing"))]
#[derive(Clone, Copy, Default)]
pub(crate) struct Readers {
    pub(crate) query: Option<fn(&str) -> crate::error::Result<()>>,
    pub(crate) body: Option<fn(&[u8]) -> crate::error::Result<()>>,
}

enum Body {
    Json(Value),
    Multipart,
}

/// A call that is being described.
pub(super) struct Describe<'a> {
    call: Call,
    schemas: &'a mut Schemas,
}

impl Describe<'_> {
    pub(super) fn open(mut self) -> Self {
        self.call.is_open = true;
        self
    }

    pub(super) fn takes<T: JsonSchema + DeserializeOwned>(mut self) -> Self {
        #[cfg(any(test, feature = "fuzzing"))]
        {
            self.call.readers.body = Some(|body| crate::wire::from_json::<T>(body).map(drop));
        }
        self.call.body = Some(Body::Json(self.schemas.asked.subschema_for::<T>().to_value()));
        self
    }

    pub(super) fn takes_multipart(mut self) -> Self {
        self.call.body = Some(Body::Multipart);
        self
    }

    pub(super) fn asks<T: JsonSchema + DeserializeOwned>(mut self) -> Self {
        #[cfg(any(test, feature = "fuzzing"))]
        {
            self.call.readers.query = Some(|query| super::json::read::<T>(query).map(drop));
        }
        self.call.query = Some(self.schemas.asked.root_schema_for::<T>().to_value());
        self
    }

    pub(super) fn gives<T: JsonSchema>(mut self, status: u16) -> Self {
        self.call.answer = (status, Some(self.schemas.given.subschema_for::<T>().to_value()));
        self
    }

    pub(super) fn gives_nothing(mut self) -> Self {
        self.call.answer = (204, None);
        self
    }
}

impl Calls {
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
            is_open: false,
            body: None,
            query: None,
            answer: (200, None),
            #[cfg(any(test, feature = "fuzzing"))]
            readers: Default::default(),
        };
        let call = describe(Describe { call, schemas: &mut self.schemas }).call;
        self.calls.push(call);
        self.routes.push((path, route));
        self
    }

    /// The calls of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    pub(super) fn into_router(self) -> Router<App> {
        self.routes.into_iter().fold(Router::new(), |router, (path, route)| router.route(path, route))
    }

    /// The reference in OpenAPI 3.1.
    pub fn openapi(mut self) -> Value {
        let mut paths: BTreeMap<String, Value> = BTreeMap::new();
        for call in &self.calls {
            let path = paths.entry(format!("/api{}", call.path)).or_insert_with(|| json!({}));
            path[call.method.to_lowercase()] = call.operation();
        }
        let mut schemas = self.schemas.asked.take_definitions(true);
        schemas.extend(self.schemas.given.take_definitions(true));
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Madang",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "A chat that anyone can walk into. Errors are application/problem+json with a stable code.",
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
        if !self.is_open {
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
        let (status, schema) = &self.answer;
        let mut answer = json!({ "description": "Done." });
        if let Some(schema) = schema {
            answer["content"] = json!({ "application/json": { "schema": schema } });
        }
        let mut answers = json!({ "default": { "$ref": "#/components/responses/Error" } });
        answers[status.to_string()] = answer;
        operation["responses"] = answers;
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
