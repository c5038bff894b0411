//! Tests from outside: real HTTP, real sockets, a real SQLite.
//!
//! - `support`: the app in this process, fixtures, and websites to link to; clients are in `testkit`
//! - `web/<noun>`: pages and REST; `socket/<noun>`: events and acks
//! - `story`: long scenarios across every entry point
//! - `program`: the binary as a process: kills, logs, signals, backups
//! - `tls`: HTTPS, with certificates from files and from a certificate authority
//! - `bucket`: files in an S3 store; `nodes`: several servers on one database
//! - `reference`: the generated documents in `docs/` and types in `packages/client`; `UPDATE=1` rewrites them
//! - `access`: who may do what: every call, event and page for every kind of user
//! - `catalogue`: the catalogue of abuse and its proofs; it generates `docs/abuse.md`
//! - `architecture`: imports, layers and the style of the source; `markup_lint`: templates and scripts
//!
//! In the fixtures, minji owns the room "courtyard", and jun and sora join it. A doc line
//! `/// Abuse: Z4` names the rows of the catalogue that a test proves, and `/// Delivery: D3` the
//! promises of docs/delivery.md.

// The allowance for tests in clippy.toml does not include helpers, and nothing here is an API.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod access;
mod architecture;
mod bucket;
mod catalogue;
mod markup_lint;
mod nodes;
mod program;
mod reference;
mod socket;
mod story;
mod support;
mod tls;
mod web;
