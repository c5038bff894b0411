//! Errors as responses: `application/problem+json` for programs, a page for browsers.

use std::any::Any;

use axum::Json;
use axum::extract::{OriginalUri, Request};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

use super::extract::Caller;
use crate::error::{Code, Error};
use crate::i18n::Lang;
use crate::metrics;
use crate::view::ErrorPage;

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (code, retry_after) = (self.code, self.retry_after);
        metrics::ERRORS.add(&[code.name()]);
        let mut response = (status, Json(self)).into_response();
        // `as_page_for_browsers` reads it.
        response.extensions_mut().insert(code);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(after) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(after.as_secs() + 1));
        }
        response
    }
}

/// Returns a page about an error.
pub(super) fn error_page(error: &Error, lang: Lang) -> Response {
    metrics::ERRORS.add(&[error.code.name()]);
    page_about(error.code, lang)
}

fn page_about(code: Code, lang: Lang) -> Response {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Html(ErrorPage { lang, code }.html())).into_response()
}

/// Turns an error of any handler into a page where the request asks for HTML. The API always
/// responds with JSON.
pub(super) async fn as_page_for_browsers(caller: Caller, request: Request, next: Next) -> Response {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let wants_page = accept.contains("text/html") && !request.uri().path().starts_with("/api/");
    let response = next.run(request).await;
    match response.extensions().get::<Code>() {
        Some(&code) if wants_page => page_about(code, caller.lang),
        _ => response,
    }
}

/// Responds to an unknown path: with JSON below `/api/`, else with a page.
pub(super) async fn not_found(OriginalUri(uri): OriginalUri, caller: Caller) -> Response {
    if uri.path().starts_with("/api/") {
        return Error::new(Code::NotFound).into_response();
    }
    error_page(&Code::NotFound.into(), caller.lang)
}

pub(super) async fn method_not_allowed() -> Response {
    Error::new(Code::MethodNotAllowed).into_response()
}

/// Responds after a panic of a handler, which costs only this one response.
pub(super) fn after_panic(_panic: Box<dyn Any + Send + 'static>) -> Response {
    Error::internal("a handler panicked").into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http::{Request, Response, StatusCode};
    use tower::ServiceExt;

    use crate::web::with_common_layers;

    async fn early() -> &'static str {
        panic!("planned")
    }

    async fn late() -> &'static str {
        tokio::task::yield_now().await;
        panic!("planned")
    }

    /// No route of the server panics on demand, so two of the test's own stand inside its layers.
    ///
    /// Abuse: N7
    #[tokio::test]
    async fn a_panic_in_a_handler_costs_one_response() {
        let router =
            Router::new().route("/early", get(early)).route("/late", get(late)).route("/", get(async || "well"));
        let router = with_common_layers(router, true);
        let send = |path: &str, accept: &str| -> _ {
            let request = Request::get(path).header("accept", accept).body(Body::empty()).unwrap();
            let router = router.clone();
            async move { router.oneshot(request).await.unwrap() }
        };
        let header = |response: &Response<Body>, name: &str| response.headers()[name].to_str().unwrap().to_owned();
        for path in ["/early", "/late"] {
            let response = send(path, "*/*").await;
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
            assert_eq!(header(&response, "content-type"), "application/problem+json");
            assert!(header(&response, "content-security-policy").contains("default-src 'none'"));
            assert_eq!(header(&response, "x-request-id").len(), 16);
            let body = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
            assert!(!String::from_utf8_lossy(&body).contains("planned"), "{body:?}");
            let page = send(path, "text/html").await;
            assert!(header(&page, "content-type").starts_with("text/html"), "{path}");
            assert_eq!(send("/", "*/*").await.status(), StatusCode::OK);
        }
    }
}
