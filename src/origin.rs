//! Where a request comes from: the origin of its page, the host it was sent to, and the address of
//! its client behind our proxies.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use http::header::{HOST, ORIGIN, REFERER};
use http::{HeaderMap, HeaderValue, Uri};
use ipnet::IpNet;

use crate::error::{Code, Error, Result};

/// `scheme://host[:port]` in the form that browsers send: lower case, no default port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Parses an origin from a setting; a path after it is ignored.
    ///
    /// # Errors
    /// Returns a sentence for the operator when the text is not an `http` or `https` address.
    pub fn parse(text: &str) -> Result<Self, String> {
        let origin = Self::of_uri(text).filter(|origin| matches!(origin.scheme(), "http" | "https"));
        origin.ok_or_else(|| format!("{text:?} is not an address like https://chat.example.org"))
    }

    /// Parses an origin of a setting that allows others: besides addresses also what apps send, such as
    /// `capacitor://localhost`, `file://` and `null`.
    ///
    /// # Errors
    /// Returns a sentence for the operator when the text is no origin.
    pub fn parse_allowed(text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        // The origins of pages without a host.
        if matches!(trimmed, "null" | "file://") {
            return Ok(Self(trimmed.to_owned()));
        }
        let app = "an app's origin like capacitor://localhost, file:// or null";
        Self::of_uri(text).ok_or_else(|| format!("{text:?} is not an address like https://app.example.org, or {app}"))
    }

    fn of_uri(text: &str) -> Option<Self> {
        let uri: Uri = text.trim().parse().ok()?;
        let (scheme, authority) = (uri.scheme_str()?.to_lowercase(), uri.authority()?.as_str().to_lowercase());
        // A pattern would never match anything, so it is refused here.
        let is_pattern = authority.contains(['@', '*']);
        (!is_pattern).then(|| Self(format!("{scheme}://{}", without_default_port(&authority, &scheme))))
    }

    fn scheme(&self) -> &str {
        self.0.split_once("://").map_or("", |(scheme, _)| scheme)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Returns the host name without the port.
    pub fn host(&self) -> &str {
        let authority = self.authority();
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        }
    }

    fn authority(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, authority)| authority)
    }
}

fn without_default_port<'a>(authority: &'a str, scheme: &str) -> &'a str {
    let port = match scheme {
        "https" | "wss" => ":443",
        "http" | "ws" => ":80",
        _ => return authority,
    };
    authority.strip_suffix(port).unwrap_or(authority)
}

/// The origins that may use this server, and the proxies that are trusted.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// The public address of this server. While it is unset, every `Host` is accepted.
    pub public: Option<Origin>,
    /// Whether this server speaks TLS itself.
    pub has_tls: bool,
    /// Other sites whose pages may use the API, with a bearer token only.
    pub allowed: Vec<Origin>,
    /// Networks of the proxies whose `X-Forwarded-For` is trusted.
    pub proxies: Vec<IpNet>,
}

/// The verdict on an `Origin` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// No header was sent (browsers leave it out on same-origin GET), or it names this server.
    Own,
    /// The header names an allowed site; the value goes back in `Access-Control-Allow-Origin`.
    Allowed(HeaderValue),
    Foreign,
}

impl Origins {
    /// Judges the `Origin` header, byte for byte in the form that browsers send. Swift's WebSockets send
    /// the origin of their own address instead of a page's: `wss://` is `https://` then.
    pub fn judge(&self, headers: &HeaderMap) -> Judgement {
        let mut values = headers.get_all(ORIGIN).iter();
        let Some(value) = values.next() else { return Judgement::Own };
        let (Ok(origin), None) = (value.to_str(), values.next()) else { return Judgement::Foreign };
        let page = as_page_origin(origin);
        let is_own = match &self.public {
            Some(public) => public.as_str() == page,
            None => is_of_host(&page, headers),
        };
        if is_own {
            Judgement::Own
        } else if self.allowed.iter().any(|allowed| allowed.as_str() == origin) {
            Judgement::Allowed(value.clone())
        } else {
            Judgement::Foreign
        }
    }

    /// Refuses a request that was sent to a host name other than ours, which protects against DNS
    /// rebinding. Loopback names are always accepted.
    ///
    /// # Errors
    /// `misdirected`.
    pub fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<()> {
        let Some(public) = &self.public else { return Ok(()) };
        let host = uri.authority().map(|authority| authority.as_str().to_owned()).or_else(|| host(headers));
        let scheme = if public.is_https() { "https" } else { "http" };
        let host = host.unwrap_or_default().to_lowercase();
        if without_default_port(&host, scheme) == public.authority() || is_loopback(&host) {
            return Ok(());
        }
        Err(Error::new(Code::Misdirected))
    }

    /// Returns the address of this server for use in links: the public address when it is set, else
    /// the origin of the page that sent the request, else the `Host` header. A header
    /// is used only if it can be a plain authority.
    pub fn address(&self, headers: &HeaderMap) -> Option<String> {
        if let Some(public) = &self.public {
            return Some(public.0.clone());
        }
        let page = headers.get(REFERER).and_then(|value| value.to_str().ok()).and_then(origin_of);
        if let Some(origin) = page.filter(|origin| is_of_host(origin, headers)) {
            return Some(origin.to_owned());
        }
        let host = host(headers)?.to_lowercase();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        let scheme = if self.has_tls { "https" } else { "http" };
        (!host.is_empty() && host.bytes().all(is_plain)).then(|| format!("{scheme}://{host}"))
    }

    /// Returns the client's address: the TCP peer, or what our proxies report. The last address in
    /// `X-Forwarded-For` that is not one of our proxies counts; the ones before it can be forged.
    pub fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let mut hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
        while self.is_proxy(client) {
            let Some(before) = hops.pop().and_then(parse_hop) else { break };
            client = before.to_canonical();
        }
        client
    }

    /// Returns whether the address belongs to one of our proxies.
    pub fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|proxy| proxy.contains(&address))
    }

    /// Returns whether pages are served over HTTPS, which a `Secure` cookie needs.
    pub fn is_https(&self) -> bool {
        self.has_tls || self.public.as_ref().is_some_and(Origin::is_https)
    }
}

/// Parses an address of `X-Forwarded-For`. Some proxies write a port behind it, or brackets around it.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip()).ok();
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(with_port).or_else(in_brackets)
}

fn as_page_origin(origin: &str) -> Cow<'_, str> {
    match origin.split_once("://") {
        Some(("ws", authority)) => format!("http://{authority}").into(),
        Some(("wss", authority)) => format!("https://{authority}").into(),
        _ => origin.into(),
    }
}

/// Returns the origin part of a URL.
fn origin_of(url: &str) -> Option<&str> {
    let start = url.find("://")? + "://".len();
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |end| start + end);
    Some(&url[..end])
}

fn host(headers: &HeaderMap) -> Option<String> {
    headers.get(HOST)?.to_str().ok().map(str::to_owned)
}

fn is_of_host(origin: &str, headers: &HeaderMap) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let Some(host) = host(headers) else { return false };
    matches!(scheme, "http" | "https") && authority == without_default_port(&host.to_lowercase(), scheme)
}

fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn public() -> Origins {
        Origins {
            has_tls: false,
            public: Origin::parse("https://Chat.example:443/").ok(),
            allowed: vec![Origin::parse("https://app.example").expect("an origin")],
            proxies: vec!["10.0.0.0/8".parse().expect("a network")],
        }
    }

    /// Abuse: H6, H7
    #[test]
    fn only_our_own_origin_passes() {
        for (origin, judgement) in [
            ("https://chat.example", Judgement::Own),
            ("https://app.example", Judgement::Allowed(HeaderValue::from_static("https://app.example"))),
            ("wss://chat.example", Judgement::Own),
            ("ws://chat.example", Judgement::Foreign),
            ("wss://app.example", Judgement::Foreign),
            ("https://evil.example", Judgement::Foreign),
            ("null", Judgement::Foreign),
            ("file://", Judgement::Foreign),
            ("https://chat.example.evil.com", Judgement::Foreign),
            ("https://chat.example:8443", Judgement::Foreign),
            ("http://chat.example", Judgement::Foreign),
            ("HTTPS://CHAT.EXAMPLE", Judgement::Foreign),
            ("https://chat.example.", Judgement::Foreign),
        ] {
            assert_eq!(public().judge(&headers(&[("origin", origin)])), judgement, "{origin}");
        }
        assert_eq!(public().judge(&headers(&[])), Judgement::Own);
        let twice = headers(&[("origin", "https://chat.example"), ("origin", "https://evil.example")]);
        assert_eq!(public().judge(&twice), Judgement::Foreign);
    }

    #[test]
    fn apps_are_allowed_by_the_origins_they_send() {
        for origin in
            ["capacitor://localhost", "ionic://localhost", "file://", "null", "wss://app.example", "https://a.b"]
        {
            let origins = Origins { allowed: vec![Origin::parse_allowed(origin).expect(origin)], ..public() };
            let allowed = Judgement::Allowed(HeaderValue::from_static(origin));
            assert_eq!(origins.judge(&headers(&[("origin", origin)])), allowed);
            assert_eq!(public().judge(&headers(&[("origin", origin)])), Judgement::Foreign);
        }
        for (text, origin) in [(" Capacitor://LocalHost/ ", "capacitor://localhost"), ("ws://a:80", "ws://a")] {
            assert_eq!(Origin::parse_allowed(text).as_ref().map(Origin::as_str), Ok(origin));
        }
        for text in ["", "*", "https://*.example", "capacitor://", "app.example", "https://a@b"] {
            assert!(Origin::parse_allowed(text).is_err(), "{text}");
        }
        assert!(Origin::parse("capacitor://localhost").is_err() && Origin::parse("null").is_err(), "not a PUBLIC_URL");
    }

    #[test]
    fn without_a_public_url_the_host_decides() {
        let any = Origins::default();
        let swift = headers(&[("origin", "ws://192.0.2.7:3000"), ("host", "192.0.2.7:3000")]);
        assert_eq!(any.judge(&swift), Judgement::Own);
        let own = headers(&[("origin", "http://192.0.2.7:3000"), ("host", "192.0.2.7:3000")]);
        assert_eq!(any.judge(&own), Judgement::Own);
        let plain = headers(&[("origin", "http://chat.example"), ("host", "chat.example:80")]);
        assert_eq!(any.judge(&plain), Judgement::Own);
        let other = headers(&[("origin", "http://192.0.2.7:3001"), ("host", "192.0.2.7:3000")]);
        assert_eq!(any.judge(&other), Judgement::Foreign);
        assert_eq!(any.judge(&headers(&[("origin", "http://a.example")])), Judgement::Foreign);
    }

    /// Abuse: A11
    #[test]
    fn links_name_our_address_and_nothing_a_stranger_wrote() {
        let any = Origins::default();
        for (referer, host, address) in [
            ("https://chat.example/room/1", "chat.example", Some("https://chat.example")),
            ("https://evil.example/room/1", "chat.example", Some("http://chat.example")),
            ("", "192.0.2.7:3000", Some("http://192.0.2.7:3000")),
            ("", "chat.example/\"><script>", None),
            ("", "user@chat.example", None),
        ] {
            let request = headers(&[("referer", referer), ("host", host)]);
            assert_eq!(any.address(&request).as_deref(), address, "{referer} {host}");
        }
        let poisoned = headers(&[("referer", "https://evil.example/"), ("host", "evil.example")]);
        assert_eq!(public().address(&poisoned).as_deref(), Some("https://chat.example"));
        assert_eq!(any.address(&headers(&[])), None);
    }

    /// Abuse: R9
    #[test]
    fn another_host_is_misdirected() {
        let uri = Uri::from_static("/");
        for (host, is_ours) in [
            ("chat.example", true),
            ("CHAT.example:443", true),
            ("localhost:3000", true),
            ("127.0.0.1", true),
            ("[::1]:3000", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
        ] {
            assert_eq!(public().check_host(&uri, &headers(&[("host", host)])).is_ok(), is_ours, "{host}");
        }
        let absolute = Uri::from_static("http://evil.example/");
        assert!(public().check_host(&absolute, &headers(&[("host", "chat.example")])).is_err());
    }

    /// Abuse: H15
    #[test]
    fn forwarded_addresses_are_believed_from_our_proxies_alone() {
        let spoofed = headers(&[("x-forwarded-for", "203.0.113.9, 198.51.100.4, 10.0.0.2")]);
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert_eq!(public().client_address(address("192.0.2.1"), &spoofed), address("192.0.2.1"));
        assert_eq!(public().client_address(address("10.0.0.1"), &spoofed), address("198.51.100.4"));
        assert_eq!(public().client_address(address("10.0.0.1"), &headers(&[])), address("10.0.0.1"));
        for (hops, client) in [
            ("203.0.113.9:40000", "203.0.113.9"),
            ("[2001:db8::1]:40000, 10.0.0.2:80", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[::ffff:203.0.113.9]:1", "203.0.113.9"),
            ("unknown, 10.0.0.2", "10.0.0.2"),
            ("203.0.113.9:99999", "10.0.0.1"),
        ] {
            let headers = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), HeaderValue::from_static(hops))]);
            assert_eq!(public().client_address(address("10.0.0.1"), &headers), address(client), "{hops}");
        }
    }
}
