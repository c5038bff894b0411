//! Markers of lists. A number is one only if its list can show it as it was typed.

/// The most digits of a number. A year is a date.
const DIGITS: usize = 3;

/// The beginning of an item.
pub(super) struct Marker<'a> {
    pub(super) number: Option<&'a str>,
    pub(super) content: &'a str,
}

/// Reads the marker at the beginning of a line. What follows must be text: `2026. 3. 1.` is a date and `- - -` a line.
pub(super) fn marker(line: &str) -> Option<Marker<'_>> {
    let line = line.strip_prefix(' ').unwrap_or(line);
    let (number, rest) = match line.as_bytes().first()? {
        b'-' | b'*' => (None, &line[1..]),
        b'0'..=b'9' => {
            let digits = digits(line);
            let is_plain = digits <= DIGITS && (digits == 1 || !line.starts_with('0'));
            (Some(&line[..digits]), line[digits..].strip_prefix('.').filter(|_| is_plain)?)
        }
        _ => return None,
    };
    let content = rest.strip_prefix([' ', '\t'])?;
    let is_text = !content.trim().is_empty() && !begins_with_marker(content.trim_start());
    is_text.then_some(Marker { number, content })
}

fn begins_with_marker(content: &str) -> bool {
    let sign = match digits(content) {
        0 => content.strip_prefix(['-', '*']),
        digits => content[digits..].strip_prefix(['.', ')']),
    };
    sign.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}
