//! Statements in PostgreSQL's words, and those that a connection has prepared.

use std::collections::HashMap;

use postgres::Statement;

/// The number of prepared statements kept per connection; chat has fewer statements than this.
const CAPACITY: usize = 128;

/// Writes the placeholders `?1` as `$1`, except in quotes and comments. Returns the text and how many parameters it
/// has.
pub(super) fn translate(sql: &str) -> (String, usize) {
    let mut text = String::with_capacity(sql.len());
    let (mut count, mut rest) = (0, sql);
    while let Some(at) = rest.find(['?', '\'', '"', '-']) {
        let (before, found) = rest.split_at(at);
        text.push_str(before);
        let length = match found.as_bytes()[0] {
            b'?' => {
                let digits = found[1..].bytes().take_while(u8::is_ascii_digit).count();
                count = count.max(found[1..=digits].parse().unwrap_or(0));
                text.push('$');
                text.push_str(&found[1..=digits]);
                rest = &found[1 + digits..];
                continue;
            }
            b'-' if found.starts_with("--") => found.find('\n').unwrap_or(found.len()),
            b'-' => 1,
            // A doubled quote ends one string and begins the next, which does no harm.
            _ => found[1..].find(&found[..1]).map_or(found.len(), |end| end + 2),
        };
        text.push_str(&found[..length]);
        rest = &found[length..];
    }
    text.push_str(rest);
    (text, count)
}

/// The prepared statements of a connection, by their text before the translation. Those that were not used for the
/// longest time are dropped.
#[derive(Default)]
pub(super) struct Statements {
    prepared: HashMap<String, (Statement, u64)>,
    uses: u64,
}

impl Statements {
    pub(super) fn get(&mut self, sql: &str) -> Option<Statement> {
        self.uses += 1;
        let (statement, used) = self.prepared.get_mut(sql)?;
        *used = self.uses;
        Some(statement.clone())
    }

    pub(super) fn put(&mut self, sql: &str, statement: Statement) {
        if self.prepared.len() >= CAPACITY
            && let Some(oldest) = self.prepared.iter().min_by_key(|(_, (_, used))| *used).map(|(sql, _)| sql.clone())
        {
            self.prepared.remove(&oldest);
        }
        self.prepared.insert(sql.to_owned(), (statement, self.uses));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_translated_outside_of_quotes_and_comments() {
        for (sql, text, count) in [
            ("SELECT 1", "SELECT 1", 0),
            ("a = ?1 AND b - ?12 = ?2", "a = $1 AND b - $12 = $2", 12),
            ("x LIKE ?1 ESCAPE '\\'", "x LIKE $1 ESCAPE '\\'", 1),
            ("'?1' || '''?2' || \"?3\" || ?4", "'?1' || '''?2' || \"?3\" || $4", 4),
            ("a -- ?1 isn't\n, ?2", "a -- ?1 isn't\n, $2", 2),
            ("'마당?' || ?1", "'마당?' || $1", 1),
            ("'", "'", 0),
            ("?1 --", "$1 --", 1),
        ] {
            assert_eq!(translate(sql), (text.to_owned(), count), "{sql}");
        }
    }
}
