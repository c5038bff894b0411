//! Which backticks belong together: a run closes the nearest one before it of its length.

use std::collections::HashMap;

/// A line and a place in it.
pub(super) type Place = (usize, usize);

/// The closing run of each opening run of backticks in a paragraph, looked up instead of searched for.
pub(super) struct Ticks(HashMap<Place, Place>);

impl Ticks {
    pub(super) fn new(lines: &[&str]) -> Self {
        let mut next_of_length: HashMap<usize, Place> = HashMap::new();
        let mut closing = HashMap::new();
        for (number, line) in lines.iter().enumerate().rev() {
            let mut end = line.len();
            while let Some(last) = line[..end].rfind('`') {
                let start = line[..last].trim_end_matches('`').len();
                let length = last + 1 - start;
                if let Some(next) = next_of_length.insert(length, (number, start)) {
                    closing.insert((number, start), next);
                }
                end = start;
            }
        }
        Self(closing)
    }

    /// Returns the place of the run that closes the one at `place`.
    pub(super) fn closing(&self, place: Place) -> Option<Place> {
        self.0.get(&place).copied()
    }
}
