//! Errors as answers: `application/problem+json` for programs, a page for people.

use std::any::Any;

use axum::Json;
use axum::extract::{OriginalUri, Request};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

use super::caller::Caller;
use crate::error::{Code, Error};
use crate::i18n::Lang;
use crate::view::ErrorPage;

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (code, retry_after) = (self.code, self.retry_after);
        let mut answer = (status, Json(self)).into_response();
        // Kept beside the body for `for_people`.
        answer.extensions_mut().insert(code);
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(after) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(after.as_secs() + 1));
        }
        answer
    }
}

/// An error as people read it.
pub(super) fn page(error: &Error, lang: Lang) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Html(ErrorPage { lang, code: error.code }.html())).into_response()
}

/// Turns a refusal, whoever spoke it, into a page where a person goes to an address. The API and
/// what scripts and pictures ask for stay as they are: they do not ask for HTML.
pub(super) async fn for_people(caller: Caller, request: Request, next: Next) -> Response {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let is_for_a_person = accept.contains("text/html") && !request.uri().path().starts_with("/api/");
    let answer = next.run(request).await;
    match answer.extensions().get::<Code>() {
        Some(&code) if is_for_a_person => page(&code.into(), caller.lang),
        _ => answer,
    }
}

/// No such address. Programs and people are told in their own way.
pub(super) async fn page_not_found(OriginalUri(uri): OriginalUri, caller: Caller) -> Response {
    if uri.path().starts_with("/api/") {
        return Error::new(Code::NotFound).into_response();
    }
    page(&Code::NotFound.into(), caller.lang)
}

pub(super) async fn method_not_allowed() -> Response {
    Error::new(Code::MethodNotAllowed).into_response()
}

/// A handler panicked: one answer is lost, not the house.
pub(super) fn panicked(_panic: Box<dyn Any + Send + 'static>) -> Response {
    Error::internal("a handler panicked").into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http::{Request, Response, StatusCode};
    use tower::ServiceExt;

    use crate::web::sealed;

    async fn early() -> &'static str {
        panic!("planned")
    }

    async fn late() -> &'static str {
        tokio::task::yield_now().await;
        panic!("planned")
    }

    /// No door of the house panics when it is asked to, so two others stand in its frame.
    ///
    /// Abuse: N7
    #[tokio::test]
    async fn a_panic_in_a_handler_is_one_lost_answer() {
        let doors =
            Router::new().route("/early", get(early)).route("/late", get(late)).route("/", get(async || "well"));
        let doors = sealed(doors);
        let ask = |path: &str, accept: &str| -> _ {
            let request = Request::get(path).header("accept", accept).body(Body::empty()).unwrap();
            let doors = doors.clone();
            async move { doors.oneshot(request).await.unwrap() }
        };
        let header = |answer: &Response<Body>, name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        for path in ["/early", "/late"] {
            let answer = ask(path, "*/*").await;
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
            assert_eq!(header(&answer, "content-type"), "application/problem+json");
            assert!(header(&answer, "content-security-policy").contains("default-src 'none'"));
            assert_eq!(header(&answer, "x-request-id").len(), 16);
            let body = axum::body::to_bytes(answer.into_body(), 1_000).await.unwrap();
            assert!(!String::from_utf8_lossy(&body).contains("planned"), "{body:?}");
            let page = ask(path, "text/html").await;
            assert!(header(&page, "content-type").starts_with("text/html"), "{path}");
            assert_eq!(ask("/", "*/*").await.status(), StatusCode::OK);
        }
    }
}
