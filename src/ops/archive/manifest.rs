//! The first entry of an archive: what it holds.

use serde::{Deserialize, Serialize};

use super::{DATABASE, path_of};
use crate::chat::consistency::Counts;

/// The form of archives that this program writes and reads.
pub(crate) const FORMAT: u32 = 1;

/// What an archive holds, in the order in which it does.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    /// The version of the program that wrote it.
    pub(crate) madang: String,
    /// The version of the database's schema.
    pub(crate) schema: i64,
    /// RFC 3339.
    pub(crate) made_at: String,
    pub(crate) counts: Counts,
    pub(crate) database: Part,
    /// By hash.
    pub(crate) files: Vec<Part>,
    /// The hashes of files that the database names and whose bytes the house itself had lost.
    pub(crate) lost: Vec<String>,
}

/// Bytes, by what they are.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// In hexadecimal.
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

impl Manifest {
    /// Reads a manifest and looks whether it makes sense: only then is any part of it used.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Form {
            format: u32,
        }
        let wrong = |error: serde_json::Error| format!("its manifest cannot be read: {error}");
        let Form { format } = serde_json::from_slice(text).map_err(wrong)?;
        if format != FORMAT {
            return Err(format!(
                "it has form {format}, and this madang reads form {FORMAT}: use the madang that wrote it"
            ));
        }
        let manifest: Self = serde_json::from_slice(text).map_err(wrong)?;
        let hashes = || manifest.files.iter().map(|file| &file.sha256);
        let is_hash =
            |hash: &String| hash.len() == 64 && hash.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if !hashes().chain(&manifest.lost).chain([&manifest.database.sha256]).all(is_hash) {
            return Err("its manifest names a file by something that is no SHA-256".into());
        }
        if !hashes().is_sorted_by(|one, next| one < next) {
            return Err("its manifest names a file twice, or not in order".into());
        }
        let add = |sum: u64, file: &Part| sum.checked_add(file.bytes);
        if manifest.files.iter().try_fold(manifest.database.bytes, add).is_none() {
            return Err("its manifest names more bytes than there are".into());
        }
        Ok(manifest)
    }

    /// All that follows, by where it belongs in a data folder.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (String, &Part)> {
        let files = self.files.iter().map(|file| (path_of(&file.sha256), file));
        [(DATABASE.to_owned(), &self.database)].into_iter().chain(files)
    }

    /// Bytes of all that follows.
    pub(crate) fn bytes(&self) -> u64 {
        self.parts().map(|(_, part)| part.bytes).sum()
    }
}
