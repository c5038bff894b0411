//! The values of settings. One that cannot be meant is refused with a sentence.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use crate::origin::Origin;

pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let alone = || text.parse::<IpAddr>().map(IpNet::from);
    let network: IpNet =
        text.parse().or_else(|_| alone()).map_err(|_| format!("{text:?} is not a network like 10.0.0.0/8"))?;
    if network.prefix_len() == 0 {
        return Err(format!("{text:?} is everybody: any client could then claim any address"));
    }
    Ok(network)
}

pub(super) fn port(text: &str) -> Result<u16, String> {
    text.trim().parse().map_err(|_| "a port is a number from 0 to 65535".to_owned())
}

/// Parses a period such as `90m`, `24h` or `7d`.
pub(super) fn period(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let seconds = match unit.trim() {
        "m" => 60,
        "h" => 3_600,
        "d" => 24 * 3_600,
        _ => return Err(format!("{text:?} is not a time like 90m, 24h or 7d")),
    };
    let number: u32 = positive(number)?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

/// A port, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionalPort(pub(super) Option<u16>);

pub(super) fn optional_port(text: &str) -> Result<OptionalPort, String> {
    if text.trim() == "off" {
        return Ok(OptionalPort(None));
    }
    port(text).map(|port| OptionalPort(Some(port))).map_err(|error| format!("{error}, or off"))
}

/// Parses a name or an address to get a certificate for.
pub(super) fn tls_domain(text: &str) -> Result<String, String> {
    let name = text.trim().trim_start_matches('[').trim_end_matches(']').to_lowercase();
    if name.parse::<IpAddr>().is_ok() {
        return Ok(name);
    }
    let is_label = |label: &str| {
        let is_plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        !label.is_empty() && label.len() <= 63 && is_plain && !label.starts_with('-') && !label.ends_with('-')
    };
    if name.starts_with("*.") {
        return Err(format!("a certificate for {name} needs a change of the DNS, which this server cannot make"));
    }
    if name.len() > 253 || !name.split('.').all(is_label) {
        return Err(format!("{text:?} is not a name like chat.example.org (without https:// and without a port)"));
    }
    Ok(name)
}

pub(super) fn https_url(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text.trim()).ok().filter(|url| url.scheme() == "https" && url.has_host());
    url.map(String::from).ok_or_else(|| format!("{text:?} is not an https:// address"))
}

pub(super) fn public_url(text: &str) -> Result<Origin, String> {
    let origin = Origin::parse(text)?;
    let uri: http::Uri = text.trim().parse().map_err(|_| format!("{text:?} is not an address"))?;
    match uri.path_and_query().map(http::uri::PathAndQuery::as_str) {
        None | Some("" | "/") => Ok(origin),
        Some(path) => {
            let host = origin.as_str();
            Err(format!("it cannot have a path like {path}: madang answers at the root of a host (use {host})"))
        }
    }
}

/// Parses a number of which zero would make the server useless.
pub(super) fn positive<N: std::str::FromStr + Default + PartialEq>(text: &str) -> Result<N, String> {
    let number = text.trim().parse().ok().filter(|number| *number != N::default());
    number.ok_or_else(|| "it must be a number above 0".to_owned())
}
