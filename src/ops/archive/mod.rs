//! The backup file: a tar, compressed with zstd and sealed.
//!
//! ```text
//! zstd frame ── tar ── manifest.json       lists the other entries with their SHA-256
//!                      madang.db           a consistent copy of the database
//!                      files/ab/ab12…      every stored file that the copy names, by hash
//! seal ─────── a frame that zstd skips: the SHA-256 of everything before it
//! ```
//!
//! `tar --zstd -xf` unpacks it. With a passphrase or for a recipient, all of that is inside of a file in the format of age
//! ([`crate::age`]), which `age --decrypt` opens. This module reads it more strictly: the entries must be those of the
//! manifest, in its order. An entry's own name is never used as a path.

mod check;
mod manifest;
mod read;
mod seal;
mod source;
mod write;

use crate::files::path_of;

pub(super) use check::{Checked, check, check_database};
pub(super) use manifest::{FORMAT, Manifest, Part};
pub(super) use read::{Unpack, read, read_manifest};
pub use source::Source;
pub(super) use write::{Archive, Refused};

const MANIFEST: &str = "manifest.json";
const DATABASE: &str = crate::config::DATABASE;
/// The maximum size of a manifest, which is read as a whole: about two and a half million files.
const MANIFEST_MAX: u64 = 256 * 1024 * 1024;

/// The progress of a long command, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The current step, for display: `packing`.
    pub doing: &'static str,
    pub done: u64,
    pub all: u64,
}

/// Receives progress. An error stops the work.
pub type Watch<'a> = &'a mut dyn FnMut(Progress) -> Result<(), String>;

/// The size of a buffer, and the bytes between two progress reports.
pub(super) const STRETCH: usize = 256 * 1024;
