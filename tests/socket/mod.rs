//! What a socket says and hears.

mod beacon;
mod crowd;
mod drain;
mod ephemeral;
mod handshake;
mod kick;
mod lobby;
mod member;
mod message;
mod race;
mod rate;
mod read;
mod resume;
mod seat;
