//! Redirects after a form, always to a path of this server.

use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use http::header::REFERER;
use serde::Deserialize;

use crate::error::{Code, Error};
use crate::ids::RoomId;

/// Most bytes of a path that a request may ask to be redirected to.
const MAX_LENGTH: usize = 512;

/// Redirects with 303, so that the browser follows by GET.
pub(super) fn redirect(path: &str) -> Response {
    Redirect::to(path).into_response()
}

pub(super) fn redirect_to_room(id: RoomId) -> Response {
    redirect(&format!("/room/{id}"))
}

/// Redirects to the log-in page, which leads to a path of this server.
pub(super) fn redirect_to_log_in(next: &str) -> Response {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    redirect(&format!("/login?{query}"))
}

/// Redirects to a page that shows the error. Only the names of the code and of the field go into the address.
pub(super) fn redirect_with_error(path: &str, error: &Error) -> Response {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(error_query(error)).finish();
    redirect(&format!("{path}?{query}"))
}

/// Returns the query of a page that shows an error.
pub(super) fn error_query(error: &Error) -> impl Iterator<Item = (&'static str, &str)> {
    let field = error.field.as_deref().map(|field| ("field", field));
    std::iter::once(("refused", error.code.name())).chain(field)
}

/// The error that [`redirect_with_error`] has brought to a page.
#[derive(Deserialize)]
pub(super) struct Notice {
    refused: Option<String>,
    field: Option<String>,
}

impl Notice {
    /// Returns the code, unless the address names none of the known ones.
    pub(super) fn code(&self) -> Option<Code> {
        Code::from_name(self.refused.as_deref()?)
    }

    /// Returns the code with the field that it concerns, which is empty for none.
    pub(super) fn refusal(&self) -> Option<(Code, &str)> {
        Some((self.code()?, self.field.as_deref().unwrap_or_default()))
    }
}

/// Redirects to the page that sent the form.
pub(super) fn redirect_back(headers: &HeaderMap) -> Response {
    redirect(&referer(headers))
}

/// Returns a path that a request asks to be redirected to, unless it could lead to another host.
pub(super) fn safe(path: &str) -> Option<&str> {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_path = path.starts_with('/') && !path.starts_with("//") && is_plain && path.len() <= MAX_LENGTH;
    let uri = path.parse::<http::Uri>().ok().filter(|uri| uri.authority().is_none() && uri.scheme().is_none());
    Some(path).filter(|_| is_path && uri.is_some())
}

/// Returns the path of the page that sent the request.
pub(super) fn referer(headers: &HeaderMap) -> String {
    let referer = headers.get(REFERER).and_then(|referer| referer.to_str().ok()).unwrap_or_default();
    let path = referer.parse::<http::Uri>().map(|uri| uri.path().to_owned()).unwrap_or_default();
    safe(&path).unwrap_or("/").to_owned()
}

/// Returns the path to go to after signing in: `next` if given, else the room or invite that the
/// visitor came from, else the lobby.
pub(crate) fn after_sign_in(next: Option<&str>, headers: &HeaderMap) -> String {
    let from = referer(headers);
    match next.filter(|next| !next.is_empty()) {
        Some(next) => safe(next).unwrap_or("/").to_owned(),
        None if from.starts_with("/room/") || from.starts_with("/invite/") => from,
        None => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse: R10
    #[test]
    fn only_a_path_of_this_server_is_redirected_to() {
        for fine in ["/", "/me", "/room/abc?before=3", "/admin/AbC-_9"] {
            assert_eq!(safe(fine), Some(fine));
        }
        let long = format!("/{}", "x".repeat(600));
        for bad in [
            "",
            "me",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a b",
            "/\r\nset-cookie: x",
            "/\t/evil.example",
            "/\u{2028}",
            "/방",
            long.as_str(),
        ] {
            assert_eq!(safe(bad), None, "{bad:?}");
        }
    }
}
