//! Why sessions and sockets end.

/// Why a session or a socket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DisconnectReason {
    /// The connection was closed or lost.
    TransportClose,
    /// The connection broke, or its polls overlapped or were aborted.
    TransportError,
    /// No pong came in time.
    PingTimeout,
    /// The client broke the protocol.
    ParseError,
    /// No namespace was joined, or a binary packet was not completed, in time.
    ConnectTimeout,
    /// The client read too little of what was sent to it.
    SlowClient,
    /// The client sent too much for too long.
    RateLimited,
    /// The client left the namespace.
    ClientDisconnect,
    /// The server removed the socket from the namespace.
    ServerDisconnect,
    /// The server closed the connection.
    ServerClose,
}

impl DisconnectReason {
    /// Returns whether the client should stay away: it broke the rules, or the server removed it. After
    /// any other reason it should reconnect by itself.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::ParseError | Self::RateLimited | Self::ServerDisconnect)
    }

    /// Returns Socket.IO's text for the reason, where it has one.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
            Self::PingTimeout => "ping timeout",
            Self::ParseError => "parse error",
            Self::ConnectTimeout => "connect timeout",
            Self::SlowClient => "slow client",
            Self::RateLimited => "rate limited",
            Self::ClientDisconnect => "client namespace disconnect",
            Self::ServerDisconnect => "server namespace disconnect",
            Self::ServerClose => "forced server close",
        }
    }
}
