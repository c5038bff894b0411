//! Link previews: pages of the web and their addresses.

use std::net::IpAddr;

use url::{Host, Url};

use crate::http_client::{Document, address as url_address, get, guard};
use crate::preview::page::{self as preview, LONGEST};

/// Reads a document: its content type on the first line, its bytes below.
///
/// # Panics
///
/// If the title or description is longer than a line or the limit.
pub fn page(data: &[u8]) {
    let mut parts = data.splitn(2, |&byte| byte == b'\n');
    let content_type = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let bytes = parts.next().unwrap_or_default().to_vec();
    let Some(read) = preview::read(&Document { bytes, content_type }) else { return };
    for text in [Some(read.title), read.description, read.site].into_iter().flatten() {
        let is_one_line = text.split(' ').all(|word| !word.is_empty() && !word.contains(char::is_whitespace));
        assert!(is_one_line && text.chars().count() <= LONGEST, "{text:?}");
    }
}

/// Follows an address and, on the second line, its redirect.
///
/// # Panics
///
/// If either may not be fetched.
pub fn address(data: &[u8]) {
    let Ok(lines) = std::str::from_utf8(data) else { return };
    let (first, next) = lines.split_once('\n').unwrap_or((lines, ""));
    let Some(url) = url_address::parse(first) else { return };
    may_be_fetched(&url);
    if let Some(to) = url_address::follow(&url, next) {
        may_be_fetched(&to);
        assert!(url.scheme() == "http" || to.scheme() == "https", "{url} gives up TLS for {to}");
    }
}

fn may_be_fetched(url: &Url) {
    assert!(matches!(url.scheme(), "http" | "https") && url.fragment().is_none(), "{url}");
    assert!(url.username().is_empty() && url.password().is_none(), "{url}");
    assert_eq!(url_address::parse(url.as_str()).as_ref(), Some(url).filter(|url| url.as_str().len() <= 2_048));
    let ip: IpAddr = match url.host() {
        Some(Host::Ipv4(v4)) => v4.into(),
        Some(Host::Ipv6(v6)) => v6.into(),
        Some(Host::Domain(_)) => {
            let request = get::request(url).expect("an address can be requested");
            assert!(!request.headers()[http::header::HOST].is_empty());
            return;
        }
        None => panic!("{url} has no host"),
    };
    let is_private = match ip.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || v6.is_unique_local(),
    };
    assert!(!(is_private && guard::may_reach(url, ip)), "{url} is private");
    assert!(url.port().is_none() || !guard::may_reach(url, ip), "{url} has an unusual port");
}
