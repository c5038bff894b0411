//! Slack's markup, called mrkdwn, as ours: `*bold*` has two stars here, `~strike~` two tildes, and what stands in angle
//! brackets is an address or a name.

use super::link;

/// How far the end of an address or of an emphasis is looked for: a text of nothing but beginnings must not take long.
const NEAR: usize = 3_000;

/// The emoji that programs send by name. Others stay as they are.
const EMOJI: [(&str, &str); 36] = [
    ("white_check_mark", "✅"),
    ("heavy_check_mark", "✔️"),
    ("ballot_box_with_check", "☑️"),
    ("x", "❌"),
    ("no_entry", "⛔"),
    ("no_entry_sign", "🚫"),
    ("warning", "⚠️"),
    ("rotating_light", "🚨"),
    ("red_circle", "🔴"),
    ("large_orange_circle", "🟠"),
    ("large_yellow_circle", "🟡"),
    ("large_green_circle", "🟢"),
    ("large_blue_circle", "🔵"),
    ("white_circle", "⚪"),
    ("information_source", "ℹ️"),
    ("question", "❓"),
    ("exclamation", "❗"),
    ("rocket", "🚀"),
    ("tada", "🎉"),
    ("sparkles", "✨"),
    ("fire", "🔥"),
    ("bug", "🐛"),
    ("construction", "🚧"),
    ("hammer", "🔨"),
    ("wrench", "🔧"),
    ("package", "📦"),
    ("memo", "📝"),
    ("link", "🔗"),
    ("lock", "🔒"),
    ("bell", "🔔"),
    ("eyes", "👀"),
    ("hourglass_flowing_sand", "⏳"),
    ("chart_with_upwards_trend", "📈"),
    ("thumbsup", "👍"),
    ("+1", "👍"),
    ("-1", "👎"),
];

/// Returns a text of mrkdwn as our markup.
pub(super) fn to_markup(text: &str) -> String {
    let mut markup = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let before = markup.chars().next_back();
        let (written, taken) = match first {
            '`' => code(rest),
            '<' => bracket(rest),
            '&' => entity(rest),
            '*' => emphasis(rest, before, '*', "**"),
            '~' => emphasis(rest, before, '~', "~~"),
            ':' => emoji(rest),
            _ => None,
        }
        .unwrap_or_else(|| (first.to_string(), first.len_utf8()));
        markup += &written;
        rest = &rest[taken..];
    }
    markup
}

/// Reads code, in which only the entities of HTML mean something.
fn code(rest: &str) -> Option<(String, usize)> {
    let mark = if rest.starts_with("```") { "```" } else { "`" };
    let inside = &rest[mark.len()..];
    let end = inside.find(mark)?;
    let code = unescaped(&inside[..end]);
    Some((format!("{mark}{code}{mark}"), mark.len() * 2 + end))
}

/// Reads an address, a name or a date in angle brackets.
fn bracket(rest: &str) -> Option<(String, usize)> {
    // An address has no bracket of its own.
    let end = 1 + near(&rest[1..]).find(['<', '>', '\n']).filter(|&end| rest[1 + end..].starts_with('>'))?;
    let inside = unescaped(&rest[1..end]);
    let (target, label) = inside.split_once('|').unwrap_or((&inside, ""));
    let name = |sign: &str, target: &str| format!("{sign}{}", if label.is_empty() { target } else { label });
    let shown = match target.chars().next()? {
        '@' => name("@", &target[1..]),
        '#' => name("#", &target[1..]),
        '!' if label.is_empty() => format!("@{}", &target[1..]),
        '!' => label.to_owned(),
        _ if is_address(target) => link(target, label),
        _ => return None,
    };
    Some((shown, end + 1))
}

fn near(rest: &str) -> &str {
    &rest[..rest.floor_char_boundary(NEAR)]
}

fn is_address(target: &str) -> bool {
    ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme))
}

fn entity(rest: &str) -> Option<(String, usize)> {
    let known = [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")];
    let (name, shown) = known.into_iter().find(|(name, _)| rest.starts_with(name))?;
    Some((shown.to_owned(), name.len()))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Reads a marked text of one line: a mark stands between a word and what is no letter.
fn emphasis(rest: &str, before: Option<char>, sign: char, mark: &str) -> Option<(String, usize)> {
    if before.is_some_and(|c| c.is_alphanumeric() || c == sign) {
        return None;
    }
    let inside = &rest[sign.len_utf8()..];
    let end = near(inside).find([sign, '\n']).filter(|&end| inside[end..].starts_with(sign))?;
    let (text, after) = (&inside[..end], inside[end + sign.len_utf8()..].chars().next());
    let is_word = !text.is_empty() && text == text.trim();
    if !is_word || after.is_some_and(|c| c.is_alphanumeric() || c == sign) {
        return None;
    }
    Some((format!("{mark}{}{mark}", to_markup(text)), end + 2 * sign.len_utf8()))
}

fn emoji(rest: &str) -> Option<(String, usize)> {
    let end = rest[1..].find(|c: char| !(c.is_ascii_alphanumeric() || "_+-".contains(c)))? + 1;
    let name = rest[1..end].to_owned();
    let (_, emoji) = EMOJI.iter().find(|(known, _)| *known == name && rest[end..].starts_with(':'))?;
    Some(((*emoji).to_owned(), end + 1))
}
