//! The SSRF guard: fetches reach public addresses only, never this machine or its networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use ipnet::IpNet;
use url::Url;

/// Networks that are not public, each with its source.
const REFUSED: &[(&str, &str)] = &[
    ("0.0.0.0/8", "this network, RFC 1122; many systems take it for themselves"),
    ("10.0.0.0/8", "private, RFC 1918"),
    ("100.64.0.0/10", "shared by a provider's customers, RFC 6598"),
    ("127.0.0.0/8", "loopback, RFC 1122"),
    ("168.63.129.16/32", "a cloud's own services, under an address that looks public"),
    ("169.254.0.0/16", "link-local, RFC 3927; where clouds keep their secrets"),
    ("172.16.0.0/12", "private, RFC 1918"),
    ("192.0.0.0/24", "protocol assignments, RFC 6890"),
    ("192.0.2.0/24", "documentation, RFC 5737"),
    ("192.88.99.0/24", "6to4 relays, RFC 7526"),
    ("192.168.0.0/16", "private, RFC 1918"),
    ("198.18.0.0/15", "benchmarks, RFC 2544"),
    ("198.51.100.0/24", "documentation, RFC 5737"),
    ("203.0.113.0/24", "documentation, RFC 5737"),
    ("224.0.0.0/4", "multicast, RFC 5771"),
    ("240.0.0.0/4", "reserved, RFC 1112, and broadcast, RFC 919"),
    ("::/96", "unspecified and loopback, RFC 4291, and v4-compatible, likewise"),
    ("::ffff:0:0/96", "v4-mapped, RFC 4291"),
    ("::ffff:0:0:0/96", "v4-translated, RFC 2765"),
    ("64:ff9b:1::/48", "a site's own translation, RFC 8215"),
    ("100::/64", "discarded, RFC 6666"),
    ("2001::/23", "protocol assignments, RFC 2928: Teredo, RFC 4380, benchmarks, RFC 5180, ORCHID, RFC 7343"),
    ("2001:db8::/32", "documentation, RFC 3849"),
    ("2002::/16", "6to4, RFC 3056, which carries any IPv4 address"),
    ("3fff::/20", "documentation, RFC 9637"),
    ("5f00::/16", "segment routing, RFC 9602"),
    ("fc00::/7", "unique local, RFC 4193"),
    ("fe80::/10", "link-local, RFC 4291"),
    ("fec0::/10", "site-local, RFC 3879"),
    ("ff00::/8", "multicast, RFC 4291"),
];

static NETWORKS: LazyLock<Vec<IpNet>> =
    LazyLock::new(|| REFUSED.iter().map(|(network, _)| network.parse().expect("the table above")).collect());

/// Returns whether an address of a host may be connected to: it must be public, on the default
/// port.
pub fn may_reach(url: &Url, address: IpAddr) -> bool {
    url.port().is_none() && is_global(address)
}

pub(crate) fn is_global(address: IpAddr) -> bool {
    if let IpAddr::V6(v6) = address
        && let Some(v4) = behind_translation(v6)
    {
        return is_global(v4.into());
    }
    // RFC 4291 assigns only an eighth of IPv6 to global unicast so far.
    let is_given_out = |v6: Ipv6Addr| v6.segments()[0] & 0xe000 == 0x2000;
    let may_be_a_host = match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(v6) => is_given_out(v6),
    };
    may_be_a_host && !NETWORKS.iter().any(|network| network.contains(&address))
}

/// Returns the IPv4 address behind a NAT64 address (RFC 6052). Machines with IPv6 only reach the
/// rest of the web through it.
fn behind_translation(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = v6.segments() else { return None };
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Some(Ipv4Addr::new(a, b, c, d))
}
