//! The one file that a backup is: a tar, packed by zstd and sealed.
//!
//! ```text
//! zstd frame ── tar ── manifest.json       what follows, with the SHA-256 of each
//!                      madang.db           the database, as of one moment
//!                      files/ab/ab12…      every stored file that it names, by hash
//! seal ─────── a frame that zstd passes over: the SHA-256 of everything before it
//! ```
//!
//! `tar --zstd -xf` unpacks it. We read it more strictly: the entries must be those of the manifest, in
//! its order, and nothing of an entry's own name is ever used, so that there is no path to watch.

mod manifest;
mod read;
mod seal;
mod write;

use crate::files::path_of;

pub(super) use manifest::{FORMAT, Manifest, Part};
pub(super) use read::{read, read_manifest};
pub(super) use write::{Archive, Refused};

/// The names of entries.
const MANIFEST: &str = "manifest.json";
const DATABASE: &str = crate::config::DATABASE;
/// Most bytes of a manifest, which is read as a whole: about two and a half million files.
const MANIFEST_MAX: u64 = 256 * 1024 * 1024;

/// How far a long work has come, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// What is being done, for people: `packing`.
    pub doing: &'static str,
    pub done: u64,
    pub all: u64,
}

/// Hears how far a work has come; an error breaks it off.
pub type Watch<'a> = &'a mut dyn FnMut(Progress) -> Result<(), String>;

/// Bytes between two words to the watch, and of a buffer.
pub(super) const STRETCH: usize = 256 * 1024;

/// 32 bytes as 64 digits.
pub(super) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
