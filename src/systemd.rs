//! What the server tells systemd: that it is ready, that it is alive, that it ends. Without systemd this does nothing.

use std::env;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Something that systemd waits for, as `sd_notify` writes it.
#[derive(Clone, Copy, Debug)]
pub enum State {
    Ready,
    Alive,
    Stopping,
}

/// Sends a state. Errors do not matter: systemd notices by itself when nothing comes.
pub fn notify(state: State) {
    let Some(path) = env::var_os("NOTIFY_SOCKET") else { return };
    let address = match path.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(&path),
    };
    let text = match state {
        State::Ready => "READY=1",
        State::Alive => "WATCHDOG=1",
        State::Stopping => "STOPPING=1",
    };
    if let (Ok(socket), Ok(address)) = (UnixDatagram::unbound(), address) {
        let _ = socket.send_to_addr(text.as_bytes(), &address);
    }
}

/// Returns how often systemd wants to hear that this process is alive.
pub fn watchdog() -> Option<Duration> {
    let number = |name| env::var(name).ok()?.parse::<u64>().ok();
    let is_ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
    let period = number("WATCHDOG_USEC").filter(|&micros| micros > 0 && is_ours)?;
    // Twice as often, so that one that is late does no harm.
    Some(Duration::from_micros(period / 2).max(Duration::from_millis(100)))
}
