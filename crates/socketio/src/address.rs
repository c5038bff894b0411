//! How many of something one address holds at a time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

/// Counts by address, with a cap.
#[derive(Clone, Debug)]
pub struct Addresses {
    cap: usize,
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One of an address's places, given back on drop.
#[derive(Debug)]
pub struct Permit(Option<(Addresses, IpAddr)>);

impl Addresses {
    /// At most `cap` for each address; 0 for no limit.
    pub fn new(cap: usize) -> Self {
        Self { cap, held: Arc::default() }
    }

    /// Takes a place, or `None` when all of the address are taken.
    ///
    /// An IPv6 address counts with its whole /64, which is what one customer gets.
    pub fn acquire(&self, address: IpAddr) -> Option<Permit> {
        if self.cap == 0 {
            return Some(Permit(None));
        }
        let address = network(address);
        let mut held = self.held.lock();
        let count = held.entry(address).or_default();
        if *count >= self.cap {
            return None;
        }
        *count += 1;
        Some(Permit(Some((self.clone(), address))))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some((addresses, address)) = self.0.take() else { return };
        let mut held = addresses.held.lock();
        if let Some(count) = held.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                held.remove(&address);
            }
        }
    }
}

/// What counts as one address: an IPv4 address, mapped or not, or an IPv6 /64.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_run_out_and_come_back() {
        let addresses = Addresses::new(2);
        let home: IpAddr = "192.0.2.1".parse().unwrap();
        let first = addresses.acquire(home).unwrap();
        let _second = addresses.acquire(home).unwrap();
        assert!(addresses.acquire("::ffff:192.0.2.1".parse().unwrap()).is_none());
        assert!(addresses.acquire("192.0.2.2".parse().unwrap()).is_some());
        drop(first);
        assert!(addresses.acquire(home).is_some());
    }

    #[test]
    fn one_ipv6_network_is_one_address() {
        let addresses = Addresses::new(1);
        let _held = addresses.acquire("2001:db8::1".parse().unwrap()).unwrap();
        assert!(addresses.acquire("2001:db8::2".parse().unwrap()).is_none());
        assert!(addresses.acquire("2001:db8:0:1::1".parse().unwrap()).is_some());
    }
}
