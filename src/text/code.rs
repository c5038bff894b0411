//! Code in coloured parts: comments, strings, numbers and keywords, for the languages that people paste. It reads each
//! byte once and knows no grammar, so no input is slow, and what it takes for something else only looks so.

/// What a part of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Comment,
    String,
    Number,
    Keyword,
}

/// What is shared by languages of one kind.
struct Family {
    names: &'static str,
    line_comment: &'static [&'static str],
    /// What begins, and ends, a part of several lines.
    blocks: &'static [(&'static str, &'static str, Part)],
    quotes: &'static [char],
    keywords: &'static str,
}

/// Beyond so many parts the rest of a block is plain, so that a message of nothing but digits becomes no page of tags.
const PARTS_MAX: usize = 400;

const FAMILIES: &[Family] = &[
    Family {
        names: "js javascript mjs jsx ts typescript tsx json java kotlin kt scala swift dart go c h cpp c++ hpp cs c# php rust rs css scss",
        line_comment: &["//"],
        blocks: &[("/*", "*/", Part::Comment), ("`", "`", Part::String), ("\"\"\"", "\"\"\"", Part::String)],
        quotes: &['"', '\''],
        keywords: "abstract as async auto await bool boolean break case catch char class const continue def default defer \
                   delete do double dyn else enum export extends extern false final finally float fn for foreach from func \
                   fun function go if impl implements import in int interface internal is let long loop match mod module mut \
                   namespace new nil null nullptr object of operator override package private protected pub public readonly \
                   ref return select self short sizeof static string struct super switch template this throw throws trait \
                   true try type typedef typeof undefined union unsafe use using val var virtual void when where while yield",
    },
    Family {
        names: "py python rb ruby sh bash zsh shell console yaml yml toml ini conf perl pl r dockerfile makefile make elixir ex",
        line_comment: &["#"],
        blocks: &[("\"\"\"", "\"\"\"", Part::String), ("'''", "'''", Part::String)],
        quotes: &['"', '\''],
        keywords: "and as assert async await begin break case class continue def del do done elif else elsif end ensure esac \
                   except export false fi finally for from function global if import in is lambda local module nil None nonlocal \
                   not null or pass raise require rescue return self then true True False try unless until when while with yield",
    },
    Family {
        names: "sql sqlite postgres postgresql mysql lua haskell hs",
        line_comment: &["--"],
        blocks: &[("/*", "*/", Part::Comment)],
        quotes: &['"', '\''],
        keywords: "add alter and as asc begin between by case commit constraint create cross default delete desc distinct do drop \
                   else end exists false for foreign from function group having if in index inner insert into is join key left \
                   let limit local module nil not null on or order outer primary references returning right rollback select set \
                   table then true union unique update using values view when where while with",
    },
    Family {
        names: "html xml svg vue",
        line_comment: &[],
        blocks: &[("<!--", "-->", Part::Comment)],
        quotes: &['"'],
        keywords: "",
    },
];

/// Colours a block, line by line.
pub struct Highlighter {
    family: &'static Family,
    /// What ends the part that an earlier line has begun.
    open: Option<(&'static str, Part)>,
    parts: usize,
}

impl Highlighter {
    /// Returns `None` for a language that it does not know.
    pub fn new(language: &str) -> Option<Self> {
        let language = language.to_ascii_lowercase();
        let family = FAMILIES.iter().find(|family| family.names.split(' ').any(|name| name == language))?;
        Some(Self { family, open: None, parts: 0 })
    }

    /// Splits the next line into its parts; together they are the line.
    pub fn line<'a>(&mut self, line: &'a str) -> Vec<(Option<Part>, &'a str)> {
        let mut found = Vec::new();
        let (mut at, mut plain) = (0, 0);
        while at < line.len() && self.parts < PARTS_MAX {
            let (part, length) = self.next(&line[at..], line[..at].chars().next_back());
            if part.is_some() {
                if plain < at {
                    found.push((None, &line[plain..at]));
                }
                found.push((part, &line[at..at + length]));
                self.parts += 1;
                plain = at + length;
            }
            at += length;
        }
        if plain < line.len() {
            found.push((None, &line[plain..]));
        }
        found
    }

    /// Returns what the rest of a line begins with, and the bytes of it: at least one character.
    fn next(&mut self, rest: &str, before: Option<char>) -> (Option<Part>, usize) {
        if let Some((end, part)) = self.open {
            return (Some(part), self.end_of_part(rest, 0, end));
        }
        let Some(first) = rest.chars().next() else { return (None, 0) };
        let begins_word = before.is_none_or(|before| before.is_whitespace() || "({[;,".contains(before));
        let is_comment = |sign: &&&str| rest.starts_with(**sign) && (**sign != "#" || begins_word);
        if self.family.line_comment.iter().find(is_comment).is_some() {
            return (Some(Part::Comment), rest.len());
        }
        if let Some(&(begin, end, part)) = self.family.blocks.iter().find(|(begin, ..)| rest.starts_with(begin)) {
            self.open = Some((end, part));
            return (Some(part), self.end_of_part(rest, begin.len(), end));
        }
        if self.family.quotes.contains(&first) {
            return quoted(rest, first);
        }
        if first.is_ascii_digit() {
            return (Some(Part::Number), length_while(rest, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_')));
        }
        if is_word(first) {
            let length = length_while(rest, is_word);
            let is_keyword =
                self.family.keywords.split_ascii_whitespace().any(|keyword| self.is_same(keyword, &rest[..length]));
            return (is_keyword.then_some(Part::Keyword), length);
        }
        (None, first.len_utf8())
    }

    /// Returns the bytes to behind the end of a part, which is open until it is found.
    fn end_of_part(&mut self, rest: &str, from: usize, end: &str) -> usize {
        match rest[from..].find(end) {
            Some(found) => {
                self.open = None;
                from + found + end.len()
            }
            None => rest.len(),
        }
    }

    /// SQL is written in capitals as well.
    fn is_same(&self, keyword: &str, word: &str) -> bool {
        if self.family.line_comment == ["--"] { keyword.eq_ignore_ascii_case(word) } else { keyword == word }
    }
}

/// Returns a text in quotes. A single quote that nothing closes soon is an apostrophe, or begins a lifetime.
fn quoted(rest: &str, quote: char) -> (Option<Part>, usize) {
    let (mut length, mut is_escaped) = (1, false);
    for c in rest.chars().skip(1) {
        length += c.len_utf8();
        if c == quote && !is_escaped {
            return (Some(Part::String), length);
        }
        if quote == '\'' && length > SINGLE_QUOTED_MAX {
            return (None, 1);
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    if quote == '\'' { (None, 1) } else { (Some(Part::String), length) }
}

/// A single quote looks so far for its end, so that many of them cost no more than a few looks at each byte.
const SINGLE_QUOTED_MAX: usize = 80;

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '@')
}

fn length_while(text: &str, is_in: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_in(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coloured(language: &str, code: &str) -> Vec<(Part, String)> {
        let mut highlighter = Highlighter::new(language).unwrap();
        let lines = code.lines().flat_map(|line| highlighter.line(line));
        lines.filter_map(|(part, text)| Some((part?, text.to_owned()))).collect()
    }

    #[test]
    fn comments_strings_numbers_and_keywords_are_found() {
        let found = coloured("Rust", "let n = 0x1f; // it's \"so\"\n/* a\nb */ fn f<'a>(c: &'a str) -> char { 'x' }");
        let part =
            |kind: Part| found.iter().filter(|(part, _)| *part == kind).map(|(_, text)| &**text).collect::<Vec<_>>();
        assert_eq!(part(Part::Keyword), ["let", "fn", "char"]);
        assert_eq!(part(Part::Number), ["0x1f"]);
        assert_eq!(part(Part::Comment), ["// it's \"so\"", "/* a", "b */"]);
        assert_eq!(coloured("py", "x = \"#1\"  # one\ns = '''a\nb'''").len(), 4);
        assert_eq!(
            coloured("sql", "SELECT 1 -- all"),
            [
                (Part::Keyword, "SELECT".to_owned()),
                (Part::Number, "1".to_owned()),
                (Part::Comment, "-- all".to_owned())
            ]
        );
        assert!(Highlighter::new("klingon").is_none());
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_typed_stays_what_it_is(code in "([\"'`#/*\\\\<!>-]|\\PC|가|let |0|\"\"\"){0,200}", name in "rust|py|sql|html") {
            let mut highlighter = Highlighter::new(&name).unwrap();
            let whole: String = highlighter.line(&code).into_iter().map(|(_, text)| text).collect();
            proptest::prop_assert_eq!(whole, code);
        }
    }

    #[test]
    fn the_worst_lines_are_read_once_and_get_a_bounded_number_of_parts() {
        for line in ["'", "\"\\", "/*", "1 ", "`", "if ", "'a", "<!--", "\"\"\"", "a'"].map(|part| part.repeat(5_000)) {
            for language in ["rust", "py", "sql", "html"] {
                let mut highlighter = Highlighter::new(language).unwrap();
                let parts = highlighter.line(&line);
                assert!(parts.len() <= 2 * PARTS_MAX + 1);
                assert_eq!(parts.iter().map(|(_, text)| text.len()).sum::<usize>(), line.len());
            }
        }
    }
}
