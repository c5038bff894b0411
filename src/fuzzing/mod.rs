//! The parsers that meet a stranger's bytes, for the fuzzer in `fuzz/`: each takes anything and
//! panics where a promise is broken. Not part of the interface, and not in the product.
//!
//! Each is beside what it tries, in the `fuzzing.rs` of that folder.

pub use crate::chat::search::fuzzing::question;
pub use crate::http_client::fuzzing::addresses;
pub use crate::image::fuzzing::picture;
pub use crate::preview::fuzzing::document;
pub use crate::socket::fuzzing::event;
pub use crate::view::fuzzing::rendered;
pub use crate::web::api::fuzzing::call;
pub use crate::web::fuzzing::{headers, request, upload};

/// The name of a target, and what is run for it.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 10] = [
    ("address", addresses),
    ("call", call),
    ("event", event),
    ("header", headers),
    ("markup", rendered),
    ("page", document),
    ("picture", picture),
    ("request", request),
    ("search", question),
    ("upload", upload),
];

#[cfg(test)]
mod tests;
