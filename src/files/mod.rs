//! The stored bytes of all files, and the files on their way in.

mod incoming;
mod local;

pub use incoming::{Incoming, Upload};
pub use local::{Files, INCOMING, STORED, place as stored_place};
