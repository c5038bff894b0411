//! What the kernel knows of connections and of the machine's load.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::Outcome;
use crate::process::ticks;

/// A connection to a server, as the kernel sees it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Connection {
    /// Whether the server's end is open. The client may not notice the close: the kernel ignores a
    /// reset that falls outside a full window.
    pub(crate) is_open: bool,
    /// Bytes that the server has written and the client has not read.
    pub(crate) in_flight: u64,
}

/// Returns the connections to a server by the client's address. Both ends of a loopback connection
/// have a line in `/proc/net/tcp`: the server's holds the bytes not acknowledged, the client's the
/// bytes not read.
pub(crate) fn connections(server: u16) -> Outcome<HashMap<SocketAddr, Connection>> {
    let mut connections: HashMap<SocketAddr, Connection> = HashMap::new();
    for line in std::fs::read_to_string("/proc/net/tcp")?.lines().skip(1) {
        let mut columns = line.split_ascii_whitespace().skip(1);
        let (local, remote) = (address(columns.next())?, address(columns.next())?);
        let queues = columns.nth(1).and_then(|queues| queues.split_once(':')).ok_or("cannot read /proc/net/tcp")?;
        if local.port() == server {
            let connection = connections.entry(remote).or_default();
            connection.is_open = true;
            connection.in_flight += u64::from_str_radix(queues.0, 16)?;
        } else if remote.port() == server {
            connections.entry(local).or_default().in_flight += u64::from_str_radix(queues.1, 16)?;
        }
    }
    Ok(connections)
}

fn address(text: Option<&str>) -> Outcome<SocketAddr> {
    let (address, port) = text.and_then(|text| text.split_once(':')).ok_or("cannot read /proc/net/tcp")?;
    // The address is in network byte order, printed as a native number.
    let address = Ipv4Addr::from(u32::from_str_radix(address, 16)?.to_ne_bytes());
    Ok(SocketAddr::from((address, u16::from_str_radix(port, 16)?)))
}

/// Returns the processor time that all processes have used.
pub(crate) fn total_cpu() -> Outcome<Duration> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let numbers = stat.lines().next().and_then(|line| line.strip_prefix("cpu ")).ok_or("cannot read /proc/stat")?;
    let numbers: Vec<u64> = numbers.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    // user, nice, system, idle, iowait, irq, softirq, steal
    let busy = numbers.iter().take(8).enumerate().filter(|(column, _)| ![3, 4].contains(column));
    Ok(ticks(busy.map(|(_, number)| number).sum()))
}
