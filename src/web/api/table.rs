//! The table of calls: each entry is a route and its operation in `docs/api.json`.

use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{Extension, Router};
use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::bot::ALLOWED;
use super::json::read;
use super::refusal::{ON_EVERY_CALL, Refusals};
use crate::chat::kinds::BotRight;
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::ForBots;
use crate::web::multipart;
use crate::wire::from_json;

/// Calls in the order they were added.
pub struct Calls {
    upload_max: usize,
    calls: Vec<Call>,
    routes: Vec<(&'static str, MethodRouter<App>)>,
}

/// Generates the schema of a type. Only the reference does, so that a start does not wait for it.
pub(super) type Schema = fn(&mut SchemaGenerator) -> Value;

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
    pub(super) body: Option<Body>,
    pub(super) query: Option<Schema>,
    /// The status of success.
    pub(super) status: u16,
    /// Another status of success, and when it is sent.
    pub(super) or_status: Option<(u16, &'static str)>,
    pub(super) response: Option<Schema>,
    /// The right with which bots may make it; `None` if they may not.
    pub(super) bot_right: Option<BotRight>,
    /// The errors of its extractors, and those that its entry names.
    codes: Vec<Code>,
}

pub(super) enum Body {
    Json(Schema),
    Multipart,
}

impl Call {
    fn new(method: &'static str, path: &'static str, about: &'static str, codes: Vec<Code>) -> Self {
        Self {
            method,
            path,
            about,
            is_public: false,
            read_query: None,
            read_body: None,
            body: None,
            query: None,
            status: 200,
            or_status: None,
            response: None,
            bot_right: ALLOWED.iter().find(|(m, p, _)| (*m, *p) == (method, path)).map(|(.., right)| *right),
            codes,
        }
    }

    /// Returns the errors that the call can answer, in the order of the table of errors.
    pub fn codes(&self) -> impl Iterator<Item = Code> {
        let is_possible = |code: &Code| self.codes.contains(code) || ON_EVERY_CALL.contains(code);
        Code::ALL.iter().copied().filter(is_possible)
    }

    fn names(&self, response: &Response) -> bool {
        let status = response.status().as_u16();
        match response.extensions().get::<Code>() {
            Some(&code) => self.codes().any(|known| known == code),
            None => status == self.status || self.or_status.is_some_and(|(other, _)| status == other),
        }
    }
}

/// Builds a [`Call`].
pub(super) struct Describe(Call);

impl Describe {
    pub(super) fn public(mut self) -> Self {
        self.0.is_public = true;
        self
    }

    pub(super) fn body<T: JsonSchema + DeserializeOwned>(mut self) -> Self {
        self.0.read_body = Some(|body| from_json::<T>(body).map(drop));
        self.0.body = Some(Body::Json(|schemas| schemas.subschema_for::<T>().to_value()));
        self
    }

    /// The body is multipart, with one file or several, and may be as large as an upload.
    pub(super) fn multipart(mut self) -> Self {
        self.0.body = Some(Body::Multipart);
        self.refuses(multipart::CODES)
    }

    pub(super) fn query<T: JsonSchema + DeserializeOwned>(mut self) -> Self {
        self.0.read_query = Some(|query| read::<T>(query).map(drop));
        self.0.query = Some(|schemas| schemas.root_schema_for::<T>().to_value());
        self
    }

    pub(super) fn response<T: JsonSchema>(mut self, status: u16) -> Self {
        self.0.status = status;
        self.0.response = Some(|schemas| schemas.subschema_for::<T>().to_value());
        self
    }

    /// The same response has another status at times.
    pub(super) fn or(mut self, status: u16, when: &'static str) -> Self {
        self.0.or_status = Some((status, when));
        self
    }

    pub(super) fn no_content(mut self) -> Self {
        self.0.status = 204;
        self
    }

    /// Only members of the room of the path get through.
    pub(super) fn for_members(self) -> Self {
        self.refuses(&[Code::RoomNotFound, Code::Gone, Code::NotAMember])
    }

    /// The call changes what others see in a room.
    pub(super) fn writes(self) -> Self {
        self.refuses(&[Code::RoomClosed, Code::Muted, Code::ReadOnly, Code::TooNew, Code::Filtered])
    }

    /// Names errors of the rule behind the call. Those of its extractors are known already.
    pub(super) fn refuses(mut self, codes: &[Code]) -> Self {
        self.0.codes.extend(codes);
        self
    }
}

impl Calls {
    /// Returns an empty table. Uploads may have bodies of `upload_max` bytes.
    pub(super) fn new(upload_max: usize) -> Self {
        Self { upload_max, calls: Vec::new(), routes: Vec::new() }
    }

    pub(super) fn add<T: Refusals + 'static>(
        mut self,
        method: &'static str,
        path: &'static str,
        handler: impl Handler<T, App>,
        about: &'static str,
        describe: impl FnOnce(Describe) -> Describe,
    ) -> Self {
        let call = Call::new(method, path, about, T::codes());
        let Describe(call) = describe(Describe(call));
        let mut route = on(filter(method), handler);
        if matches!(call.body, Some(Body::Multipart)) {
            route = route.layer(DefaultBodyLimit::max(self.upload_max));
        }
        if let Some(right) = call.bot_right {
            route = route.layer(Extension(ForBots(right)));
        }
        self.calls.push(call);
        self.routes.push((path, route));
        self
    }

    /// Returns the calls of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    pub(super) fn into_router(self) -> Router<App> {
        let routes = self.routes.into_iter().zip(self.calls);
        routes.fold(Router::new(), |router, ((path, route), call)| router.route(path, checked(route, call)))
    }
}

/// Returns the route with a check that its entry in the table names each status and error of its responses. Only debug
/// builds check, so every test is a test of the reference, too.
fn checked<S: Clone + Send + Sync + 'static>(route: MethodRouter<S>, call: Call) -> MethodRouter<S> {
    if !cfg!(debug_assertions) {
        return route;
    }
    let call = std::sync::Arc::new(call);
    route.layer(axum::middleware::map_response(move |response: Response| {
        let call = call.clone();
        async move {
            let (method, path, status) = (call.method, call.path, response.status());
            let code = response.extensions().get::<Code>().map(|code| code.name());
            assert!(call.names(&response), "the entry of {method} {path} does not name {status} {code:?}");
            response
        }
    }))
}

fn filter(method: &str) -> MethodFilter {
    let method = http::Method::from_bytes(method.as_bytes()).expect("a method");
    MethodFilter::try_from(method).expect("a method that routes know")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::response::IntoResponse;
    use http::{Request, StatusCode};
    use tower::ServiceExt;

    use super::*;
    use crate::error::Error;

    /// Answers a call whose entry names 200 and `gone` with `answer`.
    async fn respond(answer: impl IntoResponse + Clone + Send + Sync + 'static) -> StatusCode {
        let route = on(MethodFilter::GET, async move || answer);
        let router = Router::new().route("/", checked(route, Call::new("GET", "/", "", vec![Code::Gone])));
        router.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap().status()
    }

    #[tokio::test]
    async fn what_an_entry_names_is_answered() {
        assert_eq!(respond(StatusCode::OK).await, 200);
        assert_eq!(respond(Error::new(Code::Gone)).await, 410);
        assert_eq!(respond(Error::new(Code::Internal)).await, 500);
    }

    #[tokio::test]
    #[should_panic(expected = "the entry of GET / does not name 429")]
    async fn an_error_that_no_entry_names_fails_every_test_that_meets_it() {
        respond(Error::new(Code::RateLimited)).await;
    }

    #[tokio::test]
    #[should_panic(expected = "does not name 418")]
    async fn a_status_that_no_entry_names_fails_every_test_that_meets_it() {
        respond(StatusCode::IM_A_TEAPOT).await;
    }
}
