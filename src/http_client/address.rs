//! URLs of pages, parsed the way browsers parse them.

use url::Url;

/// The maximum length of a URL in bytes; nobody links to a longer one on purpose.
const LONGEST: usize = 2_048;

/// Parses a URL from a text and removes its fragment. Returns `None` for a URL that is not fetched:
/// another scheme, or a user name or password before the host.
pub(crate) fn parse(text: &str) -> Option<Url> {
    if text.len() > LONGEST {
        return None;
    }
    checked(Url::parse(text).ok()?)
}

/// Resolves the target of a redirect. A redirect from HTTPS to HTTP is refused.
pub(crate) fn follow(from: &Url, location: &str) -> Option<Url> {
    if location.len() > LONGEST {
        return None;
    }
    let to = checked(from.join(location).ok()?)?;
    (from.scheme() == "http" || to.scheme() == "https").then_some(to)
}

fn checked(mut url: Url) -> Option<Url> {
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    url.set_fragment(None);
    (is_web && is_anonymous).then_some(url)
}
