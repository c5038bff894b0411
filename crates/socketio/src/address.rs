//! Limits on how many of something one network address holds at a time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

/// Counts by address, up to a maximum.
#[derive(Clone, Debug)]
pub(crate) struct AddressLimit {
    max: usize,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One of an address's places, returned on drop, and with it another one.
#[derive(Debug)]
pub(crate) struct Permit(Option<(AddressLimit, IpAddr)>, Option<Box<Permit>>);

impl Permit {
    /// Holds another place as long as this one.
    pub(crate) fn and(mut self, other: Permit) -> Self {
        self.1 = Some(Box::new(other));
        self
    }
}

impl AddressLimit {
    /// At most `max` for each address; 0 for no limit.
    pub(crate) fn new(max: usize) -> Self {
        Self { max, counts: Arc::default() }
    }

    /// Takes a place, or returns `None` when the address has no more.
    pub(crate) fn acquire(&self, address: IpAddr) -> Option<Permit> {
        if self.max == 0 {
            return Some(Permit(None, None));
        }
        let address = network(address);
        let mut counts = self.counts.lock();
        let count = counts.entry(address).or_default();
        if *count >= self.max {
            return None;
        }
        *count += 1;
        Some(Permit(Some((self.clone(), address)), None))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some((limit, address)) = self.0.take() else { return };
        let mut counts = limit.counts.lock();
        if let Some(count) = counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&address);
            }
        }
    }
}

/// Returns what counts as one address: an IPv4 address, mapped to IPv6 or not, or the /64 of an IPv6
/// address, which is what one customer gets.
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
    fn permits_run_out_and_return_on_drop() {
        let limit = AddressLimit::new(2);
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let first = limit.acquire(address).unwrap();
        let _second = limit.acquire(address).unwrap();
        assert!(limit.acquire("::ffff:192.0.2.1".parse().unwrap()).is_none());
        assert!(limit.acquire("192.0.2.2".parse().unwrap()).is_some());
        drop(first);
        assert!(limit.acquire(address).is_some());
    }

    #[test]
    fn one_ipv6_network_is_one_address() {
        let limit = AddressLimit::new(1);
        let _permit = limit.acquire("2001:db8::1".parse().unwrap()).unwrap();
        assert!(limit.acquire("2001:db8::2".parse().unwrap()).is_none());
        assert!(limit.acquire("2001:db8:0:1::1".parse().unwrap()).is_some());
    }
}
