//! The manifest: the first entry of an archive.

use serde::{Deserialize, Serialize};

use super::{DATABASE, path_of};
use crate::chat::consistency::Counts;

/// The version of the archive format.
pub(crate) const FORMAT: u32 = 1;

/// The content of an archive, in order.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    /// The version of madang that wrote it.
    pub(crate) madang: String,
    /// The schema version of the database.
    pub(crate) schema: i64,
    /// RFC 3339.
    pub(crate) made_at: String,
    pub(crate) counts: Counts,
    pub(crate) database: Part,
    /// Sorted by hash.
    pub(crate) files: Vec<Part>,
    /// The hashes of files that the database names but the data folder lacked.
    pub(crate) lost: Vec<String>,
}

/// One entry: its hash and size.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// In hexadecimal.
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

impl Manifest {
    /// Parses and validates a manifest.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Form {
            format: u32,
        }
        let wrong = |error: serde_json::Error| format!("invalid manifest: {error}");
        let Form { format } = serde_json::from_slice(text).map_err(wrong)?;
        if format != FORMAT {
            return Err(format!(
                "archive format {format} is not supported, only {FORMAT} (use the version of madang that wrote it)"
            ));
        }
        let manifest: Self = serde_json::from_slice(text).map_err(wrong)?;
        let hashes = || manifest.files.iter().map(|file| &file.sha256);
        let is_hash =
            |hash: &String| hash.len() == 64 && hash.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if !hashes().chain(&manifest.lost).chain([&manifest.database.sha256]).all(is_hash) {
            return Err("invalid manifest: a file name is not a SHA-256".into());
        }
        if !hashes().is_sorted_by(|one, next| one < next) {
            return Err("invalid manifest: files are repeated or not sorted".into());
        }
        let add = |sum: u64, file: &Part| sum.checked_add(file.bytes);
        if manifest.files.iter().try_fold(manifest.database.bytes, add).is_none() {
            return Err("invalid manifest: the sizes overflow".into());
        }
        Ok(manifest)
    }

    /// Returns the entries after the manifest, with their paths in the data folder.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (String, &Part)> {
        let files = self.files.iter().map(|file| (path_of(&file.sha256), file));
        [(DATABASE.to_owned(), &self.database)].into_iter().chain(files)
    }

    /// Returns the total size of the entries after the manifest.
    pub(crate) fn bytes(&self) -> u64 {
        self.parts().map(|(_, part)| part.bytes).sum()
    }
}
