//! The ids of sockets.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The id of a socket, which its client knows as well. It is not the session's id and gives no access.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SocketId([u8; 15]);

impl SocketId {
    pub(crate) fn new() -> Self {
        let mut random = [0; 15];
        // The operating system's random source does not fail after boot.
        getrandom::fill(&mut random).expect("the system's random source");
        Self(random)
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
