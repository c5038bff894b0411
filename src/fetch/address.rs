//! Addresses of pages, read the way browsers read them.

use url::Url;

/// Bytes of an address; nobody links to a longer one on purpose.
const LONGEST: usize = 2_048;

/// The page an address in a text leads to, without its fragment. `None` for what is not fetched:
/// other schemes, a name or password before the host.
pub(crate) fn parse(text: &str) -> Option<Url> {
    if text.len() > LONGEST {
        return None;
    }
    checked(Url::parse(text).ok()?)
}

/// Where a redirect leads. A page that came over TLS is not given up for one that did not.
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
