//! Networks: the addresses that count as one client, and what the clients of one may take.

use std::net::IpAddr;

use clap::ValueEnum;
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What guests may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Guests {
    On,
    Rooms,
    Off,
}

/// The budgets of networks.
#[derive(Clone, Debug)]
pub struct NetworkLimits {
    pub guests: Guests,
    /// The length of the prefix that makes a network, for IPv4 and IPv6.
    pub prefixes: (u8, u8),
    /// Megabytes that the guests of one network may store in a day; its accounts, four times as many.
    pub megabytes_a_day: u32,
    /// Rooms that the guests of one network may create in an hour; its accounts, four times as many.
    pub rooms_an_hour: u32,
}

/// How many uploads may be in progress.
#[derive(Clone, Copy, Debug)]
pub struct UploadLimits {
    pub per_user: usize,
    /// Of one [`NetworkLimits::site`].
    pub per_site: usize,
    pub total: usize,
}

impl Default for NetworkLimits {
    fn default() -> Self {
        Self { guests: Guests::On, prefixes: (32, 64), megabytes_a_day: 1_024, rooms_an_hour: 60 }
    }
}

impl NetworkLimits {
    /// Returns the network of an address, as its first address.
    pub fn network(&self, address: IpAddr) -> IpAddr {
        cut(address, self.prefixes)
    }

    /// Returns the site of a network, as its first address: what one holder of many networks usually has, an IPv4 /24 or
    /// an IPv6 /48.
    pub fn site(&self, network: IpAddr) -> IpAddr {
        cut(network, (self.prefixes.0.min(24), self.prefixes.1.min(48)))
    }
}

fn cut(address: IpAddr, (v4, v6): (u8, u8)) -> IpAddr {
    let address = address.to_canonical();
    let prefix = if address.is_ipv4() { v4 } else { v6 };
    IpNet::new(address, prefix).map_or(address, |network| network.network())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_counts_as_one_network() {
        let wide = NetworkLimits { prefixes: (24, 56), ..NetworkLimits::default() };
        for (address, alone, network) in [
            ("192.0.2.77", "192.0.2.77", "192.0.2.0"),
            ("::ffff:192.0.2.77", "192.0.2.77", "192.0.2.0"),
            ("2001:db8:1:2ff:3:4:5:6", "2001:db8:1:2ff::", "2001:db8:1:200::"),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(NetworkLimits::default().network(address).to_string(), alone);
            assert_eq!(wide.network(address).to_string(), network);
        }
    }
}
