//! What a search looks for in the index, and what is written to it. Each engine's folder has its own index.

/// What a row must have to be found: at least one term of each group. Without groups nothing is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match(pub Vec<Vec<Term>>);

/// A word of the index, whole or as a prefix: letters and digits, and anything that is not ASCII.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    pub word: String,
    pub is_prefix: bool,
}

impl Term {
    pub fn whole(word: impl Into<String>) -> Self {
        Self { word: word.into(), is_prefix: false }
    }

    pub fn prefix(word: impl Into<String>) -> Self {
        Self { word: word.into(), is_prefix: true }
    }
}

/// The words that a message has now, or none when it is removed from the index.
pub(super) struct Indexed {
    pub(super) number: i64,
    pub(super) words: Option<String>,
    /// Whether the index cannot have the message yet.
    pub(super) is_new: bool,
}
