//! The values of settings. One that cannot be meant is refused with a sentence.

use std::net::IpAddr;

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
