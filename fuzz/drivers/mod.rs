//! Fuzz drivers: one function per parser that reads untrusted bytes. Each takes any input and panics
//! if the parser breaks a promise.
//!
//! They are a module of the server, but only in tests and for the fuzzer (`feature = "fuzzing"`).
//! `fuzz/targets` runs them in the fuzzer, and `replay` runs the known inputs in `cargo test`.

mod address;
mod call;
mod event;
mod header;
mod json;
mod link;
mod markup;
mod page;
mod picture;
mod request;
mod response;
mod search;
mod server;
mod tempdir;

#[cfg(test)]
mod replay;

pub use address::address;
pub use call::call;
pub use event::event;
pub use header::header;
pub use link::link;
pub use markup::markup;
pub use page::page;
pub use picture::picture;
pub use request::{request, upload};
pub use search::search;

/// A target: its name and its driver.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: [Target; 11] = [
    ("address", address),
    ("call", call),
    ("event", event),
    ("header", header),
    ("link", link),
    ("markup", markup),
    ("page", page),
    ("picture", picture),
    ("request", request),
    ("search", search),
    ("upload", upload),
];
