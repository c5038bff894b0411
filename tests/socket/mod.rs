//! Events over sockets.

mod beacon;
mod change;
mod crowd;
mod direct;
mod drain;
mod ephemeral;
mod handshake;
mod history;
mod kick;
mod lobby;
mod member;
mod mention;
mod message;
mod outbox;
mod presence;
mod preview;
mod race;
mod rate;
mod reaction;
mod read;
mod resume;
mod seat;
mod session;
mod unread;
