//! Tests from the outer wall: real HTTP, real sockets, a real SQLite, nothing of the inside.
//!
//! - `support`: the house (`app`), its visitors (`client`, `http`) and what they bring (`factory`)
//! - `web/<noun>`: pages and REST; `socket/<noun>`: what a socket says and hears
//! - `story`: one evening in the courtyard, and one life in the house, each told once over all doors
//! - `program`: the binary as a process: kills, logs, signals, backups
//! - `reference`: the generated papers in `docs/`; `UPDATE=1` rewrites them
//! - `access`: who may what: every call, event and address × everybody who may come by it
//! - `catalogue`: which row of the catalogue of abuse is proven where; it writes `docs/abuse.md`
//! - `architecture`: who may import whom, and other manners of the source
//!
//! The cast: minji makes the room "courtyard", jun and sora come by. A test whose name begins with
//! a letter and a number proves that row of the catalogue of abuse or of the promises of delivery.

// The allowance for tests in clippy.toml stops at helpers, and nothing here is anybody's API.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod access;
mod architecture;
mod catalogue;
mod program;
mod reference;
mod socket;
mod story;
mod support;
mod web;
