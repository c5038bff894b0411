//! Fuzz target for URLs and redirects.

use std::net::IpAddr;

use url::{Host, Url};

use super::{address, get, guard};

/// Parses the URL of a page and the target of its redirect, one on each line.
///
/// # Panics
/// Panics when a URL is accepted that must not be fetched.
pub fn addresses(data: &[u8]) {
    let Ok(lines) = std::str::from_utf8(data) else { return };
    let (first, next) = lines.split_once('\n').unwrap_or((lines, ""));
    let Some(url) = address::parse(first) else { return };
    may_be_fetched(&url);
    if let Some(to) = address::follow(&url, next) {
        may_be_fetched(&to);
        assert!(url.scheme() == "http" || to.scheme() == "https", "{url} gives up TLS for {to}");
    }
}

fn may_be_fetched(url: &Url) {
    assert!(matches!(url.scheme(), "http" | "https") && url.fragment().is_none(), "{url}");
    assert!(url.username().is_empty() && url.password().is_none(), "{url}");
    assert_eq!(address::parse(url.as_str()).as_ref(), Some(url).filter(|url| url.as_str().len() <= 2_048));
    let ip: IpAddr = match url.host() {
        Some(Host::Ipv4(v4)) => v4.into(),
        Some(Host::Ipv6(v6)) => v6.into(),
        Some(Host::Domain(_)) => {
            let request = get::request(url).expect("an accepted URL makes a request");
            assert!(!request.headers()[http::header::HOST].is_empty());
            return;
        }
        None => panic!("{url} has no host"),
    };
    let is_private = match ip.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || v6.is_unique_local(),
    };
    assert!(!(is_private && guard::may_reach(url, ip)), "{url} is not public");
    assert!(url.port().is_none() || !guard::may_reach(url, ip), "{url} has a port of its own");
}
