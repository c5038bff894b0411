//! Statements over a list of keys, such as `WHERE id IN (…)`.

use crate::db::{Fault, Param};
use crate::error::Result;

/// Keys of one statement. A fixed number keeps the text of the statement, and so its prepared form, the
/// same for every list.
const CHUNK: usize = 32;

/// The placeholders of a statement whose only parameters are the keys.
pub(super) const KEYS: &str = "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, \
     ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32)";

/// The placeholders of a statement with one parameter before the keys.
pub(super) const KEYS_AFTER_ONE: &str = "(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, \
     ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33)";

/// The placeholders of a statement with two parameters before the keys.
pub(super) const KEYS_AFTER_TWO: &str = "(?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, \
     ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34)";

/// Runs a statement over keys, a chunk at a time, after the parameters that come first.
pub(super) fn in_chunks<K: Param, T>(
    first: &[&dyn Param],
    keys: &[K],
    mut query: impl FnMut(&[&dyn Param]) -> Result<Vec<T>, Fault>,
) -> Result<Vec<T>> {
    let mut found = Vec::new();
    for chunk in keys.chunks(CHUNK) {
        // The last chunk is filled up with its last key, which changes no answer of an IN.
        let filled = (0..CHUNK).map(|index| &chunk[index.min(chunk.len() - 1)] as &dyn Param);
        let params: Vec<&dyn Param> = first.iter().copied().chain(filled).collect();
        found.append(&mut query(&params)?);
    }
    Ok(found)
}
