//! The query language: words, phrases in quotes, and filters
//! (`from:name in:room before:2026-11-20 after:2026-11-01 has:file`). The operators of search engines are plain text.

use crate::clock;
use crate::error::{Error, Result};
use crate::text::token::Sought;

const LONGEST: usize = 200;
const WORDS: usize = 16;

/// A parsed query. All parts must match; of several names or rooms any one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub sought: Vec<Sought>,
    /// Names or ids of users.
    pub from: Vec<String>,
    /// Titles or ids of rooms.
    pub rooms: Vec<String>,
    /// Only messages sent before this time, in milliseconds since 1970 UTC.
    pub before: Option<i64>,
    /// Only messages sent at this time or later.
    pub after: Option<i64>,
    pub has_file: bool,
}

impl Query {
    /// Parses a query; a day begins `zone` minutes before it does in UTC.
    ///
    /// # Errors
    /// `invalid` or `too_long` with the field `q`: for nothing to search, over 200 characters or 16 words, or an invalid
    /// date.
    pub fn parse(q: &str, zone: i32) -> Result<Self> {
        let q = q.trim();
        if q.chars().count() > LONGEST {
            return Err(Error::too_long("q", LONGEST));
        }
        let mut query = Self::default();
        let mut rest = q;
        let mut count = 0;
        while !rest.is_empty() {
            let (key, typed) = key(rest);
            let (value, after) = value(typed);
            query.add(key, value, zone)?;
            rest = after.trim_start();
            count += 1;
        }
        if count > WORDS {
            return Err(Error::invalid("q", format!("q has more than {WORDS} words")));
        }
        let is_narrowed = query != Self { sought: query.sought.clone(), ..Self::default() };
        if !is_narrowed && !query.sought.iter().any(Sought::is_searchable) {
            return Err(Error::invalid("q", "q must have a word to look for"));
        }
        Ok(query)
    }

    fn add(&mut self, key: Option<Key>, value: &str, zone: i32) -> Result<()> {
        match key {
            None => self.sought.extend(Sought::new(value)),
            Some(Key::From) => self.from.push(value.to_owned()),
            Some(Key::In) => self.rooms.push(value.to_owned()),
            Some(Key::Before) => {
                let day = time("q", value, zone)?;
                self.before = Some(self.before.map_or(day, |other| other.min(day)));
            }
            Some(Key::After) => {
                let day = time("q", value, zone)?;
                self.after = Some(self.after.map_or(day, |other| other.max(day)));
            }
            Some(Key::Has) if value.eq_ignore_ascii_case("file") => self.has_file = true,
            Some(Key::Has) => return Err(Error::invalid("q", "only has:file is known")),
        }
        Ok(())
    }
}

/// Parses a day or an RFC 3339 time.
///
/// # Errors
/// `invalid` with the field.
pub fn time(field: &'static str, typed: &str, zone: i32) -> Result<i64> {
    let wrong = || Error::invalid(field, "a date looks like 2026-11-20");
    clock::from_day(typed, zone).or_else(|| clock::from_rfc3339(typed)).ok_or_else(wrong)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    From,
    In,
    Before,
    After,
    Has,
}

const KEYS: [(&str, Key); 5] =
    [("from:", Key::From), ("in:", Key::In), ("before:", Key::Before), ("after:", Key::After), ("has:", Key::Has)];

/// Returns the filter key at the beginning of a text, if a value follows, and the rest.
fn key(text: &str) -> (Option<Key>, &str) {
    let found = KEYS.iter().find_map(|(name, key)| {
        let (start, rest) = text.split_at_checked(name.len())?;
        let has_value = rest.chars().next().is_some_and(|c| !c.is_whitespace());
        (start.eq_ignore_ascii_case(name) && has_value).then_some((Some(*key), rest))
    });
    found.unwrap_or((None, text))
}

/// Returns the word or phrase at the beginning of a text, and the rest. An unclosed quote holds everything that
/// follows. Phones type curly quotes.
fn value(text: &str) -> (&str, &str) {
    const QUOTES: [char; 3] = ['"', '“', '”'];
    if let Some(quoted) = text.strip_prefix(QUOTES) {
        return quoted.split_once(QUOTES).unwrap_or((quoted, ""));
    }
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(q: &str) -> Query {
        Query::parse(q, 0).unwrap_or_else(|error| panic!("{q}: {error}"))
    }

    fn sought(words: &[&str]) -> Vec<Sought> {
        words.iter().filter_map(|word| Sought::new(word)).collect()
    }

    #[test]
    fn words_phrases_and_filters() {
        let parsed = query("  김밥 from:\"파란 고래\" In:마당 has:FILE “two words” ");
        assert_eq!(parsed.sought, sought(&["김밥", "two words"]));
        assert_eq!((parsed.from, parsed.rooms), (vec!["파란 고래".to_owned()], vec!["마당".to_owned()]));
        assert!(parsed.has_file);
        let parsed = query("x before:2026-11-20 after:2026-11-01 before:2026-11-10");
        assert_eq!(clock::rfc3339(parsed.before.unwrap()), "2026-11-10T00:00:00.000Z");
        assert_eq!(clock::rfc3339(parsed.after.unwrap()), "2026-11-01T00:00:00.000Z");
        let parsed = Query::parse("after:2026-11-20", 540).unwrap();
        assert_eq!(clock::rfc3339(parsed.after.unwrap()), "2026-11-19T15:00:00.000Z");
        let parsed = query("after:2026-11-20T10:00:00+09:00");
        assert_eq!(clock::rfc3339(parsed.after.unwrap()), "2026-11-20T01:00:00.000Z");
    }

    /// Abuse: Q1
    #[test]
    fn operators_of_engines_are_text() {
        for (q, words) in [
            ("a AND b", &["a", "AND", "b"][..]),
            ("NEAR(a b)", &["NEAR(a", "b)"]),
            ("col:x -y ^z w*", &["col:x", "-y", "^z", "w*"]),
            ("\"open", &["open"]),
            ("x\"y", &["x\"y"]),
            ("in: the store", &["in:", "the", "store"]),
            ("100% a_b a&b|!c:*", &["100%", "a_b", "a&b|!c:*"]),
        ] {
            assert_eq!(query(q), Query { sought: sought(words), ..Query::default() }, "{q}");
        }
    }

    /// Abuse: Q4
    #[test]
    fn invalid_queries_are_refused() {
        for q in ["", "   ", "\"\"", "?!", "*", "before:noon", "after:2026-13-01", "has:video", &"a ".repeat(17)] {
            assert_eq!(Query::parse(q, 0).unwrap_err().field.as_deref(), Some("q"), "{q}");
        }
        assert_eq!(Query::parse(&"가".repeat(201), 0).unwrap_err().code, crate::error::Code::TooLong);
        assert!(Query::parse(&"가".repeat(200), 0).is_ok());
    }
}
