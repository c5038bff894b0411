//! Where a form leads when it is done: to a path of ours, whatever the request says.

use http::HeaderMap;
use http::header::REFERER;

/// Bytes of a path that one is led back to.
const LONGEST: usize = 512;

/// A path that somebody asked to be led to, if it is one of ours: never another host, however it is
/// spelled.
pub(super) fn safe(path: &str) -> Option<&str> {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_path = path.starts_with('/') && !path.starts_with("//") && is_plain && path.len() <= LONGEST;
    let uri = path.parse::<http::Uri>().ok().filter(|uri| uri.authority().is_none() && uri.scheme().is_none());
    Some(path).filter(|_| is_path && uri.is_some())
}

/// The page that a request was sent from: its path alone, so that nobody is sent elsewhere.
pub(super) fn of_referer(headers: &HeaderMap) -> String {
    let referer = headers.get(REFERER).and_then(|referer| referer.to_str().ok()).unwrap_or_default();
    let path = referer.parse::<http::Uri>().map(|uri| uri.path().to_owned()).unwrap_or_default();
    safe(&path).unwrap_or("/").to_owned()
}

/// Where one goes on after the way in: what was asked for, else the room one came from, else the
/// lobby.
pub(crate) fn onward(asked: Option<&str>, headers: &HeaderMap) -> String {
    let from = of_referer(headers);
    let asked = asked.filter(|asked| !asked.is_empty());
    match asked {
        Some(asked) => safe(asked).unwrap_or("/").to_owned(),
        None if from.starts_with("/room/") || from.starts_with("/invite/") => from,
        None => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse: R10
    #[test]
    fn only_a_path_of_ours_is_gone_back_to() {
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
