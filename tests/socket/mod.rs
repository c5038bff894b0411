//! Events over sockets.

mod change;
mod direct;
mod drain;
mod ephemeral;
mod handshake;
mod history;
mod kick;
mod large_room;
mod lobby;
mod member;
mod member_limit;
mod mention;
mod message;
mod mute;
mod outbox;
mod presence;
mod preview;
mod race;
mod rate;
mod reaction;
mod read;
mod resume;
mod rev_heartbeat;
mod session;
mod unread;
