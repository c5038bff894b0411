//! What the kernel tells of connections and of the machine.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::Outcome;
use crate::process::ticks;

/// A connection to a server, as the kernel sees it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Connection {
    /// Whether the server still has its end. The client need not hear of that: a reset does not count
    /// where it falls outside of a window that is full.
    pub(crate) is_held: bool,
    /// Bytes written there and not yet read here.
    pub(crate) on_its_way: u64,
}

/// The connections to a server by the client's end. Read from `/proc/net/tcp`, where both ends of a
/// loopback connection have a line: the server's tells what was not yet acknowledged, the client's
/// what was not yet read.
pub(crate) fn connections(server: u16) -> Outcome<HashMap<SocketAddr, Connection>> {
    let mut connections: HashMap<SocketAddr, Connection> = HashMap::new();
    for line in std::fs::read_to_string("/proc/net/tcp")?.lines().skip(1) {
        let mut columns = line.split_ascii_whitespace().skip(1);
        let (local, remote) = (end(columns.next())?, end(columns.next())?);
        let queues = columns.nth(1).and_then(|queues| queues.split_once(':')).ok_or("a strange /proc/net/tcp")?;
        if local.port() == server {
            let connection = connections.entry(remote).or_default();
            connection.is_held = true;
            connection.on_its_way += u64::from_str_radix(queues.0, 16)?;
        } else if remote.port() == server {
            connections.entry(local).or_default().on_its_way += u64::from_str_radix(queues.1, 16)?;
        }
    }
    Ok(connections)
}

fn end(text: Option<&str>) -> Outcome<SocketAddr> {
    let (address, port) = text.and_then(|text| text.split_once(':')).ok_or("a strange /proc/net/tcp")?;
    // The address is in the order of the network, printed as a number of this machine.
    let address = Ipv4Addr::from(u32::from_str_radix(address, 16)?.to_ne_bytes());
    Ok(SocketAddr::from((address, u16::from_str_radix(port, 16)?)))
}

/// The processor time that all processes have used.
pub(crate) fn cpu_of_all() -> Outcome<Duration> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let numbers = stat.lines().next().and_then(|line| line.strip_prefix("cpu ")).ok_or("a strange /proc/stat")?;
    let numbers: Vec<u64> = numbers.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    // user, nice, system, idle, iowait, irq, softirq, steal
    let busy = numbers.iter().take(8).enumerate().filter(|(place, _)| ![3, 4].contains(place));
    Ok(ticks(busy.map(|(_, number)| number).sum()))
}
