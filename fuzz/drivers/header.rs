//! Headers: identity, origin, client address, redirects and ranges.

use std::net::{IpAddr, Ipv4Addr};

use http::header::{ACCEPT_LANGUAGE, HOST, IF_NONE_MATCH, ORIGIN, RANGE, REFERER};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use super::response::is_own;
use crate::cookie;
use crate::i18n::Lang;
use crate::origin::{Judgement, Origin, Origins};
use crate::text;
use crate::web::range::{ByteRange, byte_range};
use crate::web::{etag, extract, redirect};

/// The size of the file that a range is requested of.
const SIZE: u64 = 1_000;
const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// Reads headers, one on each line, `name: value`.
///
/// # Panics
///
/// If a forged header is believed, or a redirect leaves the server.
pub fn header(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|&byte| byte == b'\n') {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(&line[..colon]), HeaderValue::from_bytes(line[colon + 1..].trim_ascii()))
        else {
            continue;
        };
        headers.append(name, value);
    }
    identity(&headers);
    origin(&headers);
    redirects(&headers);
    ranges(&headers);
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn identity(headers: &HeaderMap) {
    for is_https in [false, true] {
        if let Some(token) = cookie::token(headers, is_https) {
            let name = if is_https { "__Host-madang_session" } else { "madang_session" };
            let shown = format!("{name}={}", token.reveal());
            let mut cookies = headers.get_all(http::header::COOKIE).iter().filter_map(|value| value.to_str().ok());
            assert!(cookies.any(|cookies| cookies.contains(&shown)), "a token that was not sent");
            assert!(cookie::set_session(&token, is_https).as_bytes().starts_with(shown.as_bytes()));
        }
    }
    if let Some(Ok(token)) = extract::bearer(headers) {
        let shown = text(headers, http::header::AUTHORIZATION).unwrap_or_default();
        assert!(shown.ends_with(&token.reveal()), "a token that was not sent");
    }
    let _ = cookie::lang(headers);
    let _ = Lang::from_accept_language(text(headers, ACCEPT_LANGUAGE).unwrap_or_default());
}

fn origin(headers: &HeaderMap) {
    let network = |text: &str| text.parse().expect("a network");
    let public = Origins {
        has_tls: false,
        public: Origin::parse("https://chat.example").ok(),
        allowed: Vec::new(),
        proxies: vec![network("10.0.0.0/8"), network("fd00::/8")],
    };
    let origins: Vec<&HeaderValue> = headers.get_all(ORIGIN).iter().collect();
    let is_own = matches!(origins[..], []) || matches!(origins[..], [origin] if origin == "https://chat.example");
    assert_eq!(public.judge(headers) == Judgement::Own, is_own, "{origins:?}");
    assert_eq!(public.address(headers).as_deref(), Some("https://chat.example"));
    assert_eq!(public.client_address(STRANGER, headers), STRANGER, "a forged client address is believed");
    let hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<IpAddr> = hops.flat_map(|value| value.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
    let client = public.client_address(PROXY, headers);
    assert!(client == PROXY || hops.iter().any(|hop| hop.to_canonical() == client), "{client} of {hops:?}");
    if public.check_host(&Uri::from_static("/"), headers).is_ok() {
        is_own_host(text(headers, HOST).unwrap_or_default());
    }
    if let Some(address) = Origins::default().address(headers) {
        let authority = address.split_once("://").map(|(_, authority)| authority).unwrap_or_default();
        let is_plain = authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
        assert!(address.starts_with("http") && is_plain && !authority.is_empty(), "links name {address}");
    }
}

fn is_own_host(host: &str) {
    // Browsers do not send what is not a host name.
    let Ok(authority) = host.to_lowercase().parse::<Authority>() else { return };
    let name = authority.host();
    let is_loopback = name.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    assert!(matches!(name, "chat.example" | "localhost") || is_loopback, "{host} is accepted");
}

fn redirects(headers: &HeaderMap) {
    let referer = text(headers, REFERER);
    for next in [None, referer, text(headers, HeaderName::from_static("x-next"))] {
        let place = redirect::after_sign_in(next, headers);
        assert!(place.starts_with('/') && is_own(&place), "it redirects to {place}");
        HeaderValue::try_from(place).expect("an own address is a header");
    }
    let name = text::file_name(referer.unwrap_or_default());
    assert!(!name.is_empty() && !name.contains(['/', '\\']) && name.chars().count() <= 120, "{name:?}");
    crate::web::disposition("attachment", &name).expect("a name of a file is a header");
}

fn ranges(headers: &HeaderMap) {
    match byte_range(text(headers, RANGE).unwrap_or_default(), SIZE) {
        ByteRange::Part(part) => assert!(part.start < part.end && part.end <= SIZE, "{part:?}"),
        ByteRange::Whole | ByteRange::Unsatisfiable => {}
    }
    let tag = HeaderValue::from_static("\"a\"");
    if let Some(known) = headers.get(IF_NONE_MATCH) {
        let has_it = known.as_bytes().contains(&b'a') || known.as_bytes().contains(&b'*');
        assert!(has_it || !etag::matches(known, &tag));
    }
}
