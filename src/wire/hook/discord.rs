//! Discord's shape: `content`, and `embeds` beside it. Its Markdown is ours but for few signs.

use serde_json::Value;

use super::{Lines, bold, items, link, string};

pub(super) fn text(payload: &Value) -> String {
    let mut lines = Lines::default();
    lines.add(plain_links(string(payload, "content")));
    for embed in items(payload, "embeds") {
        let mut quoted = Lines::default();
        quoted.add(link(string(&embed["author"], "url"), string(&embed["author"], "name")));
        quoted.add(bold(&link(string(embed, "url"), string(embed, "title"))));
        quoted.add(plain_links(string(embed, "description")));
        for field in items(embed, "fields") {
            quoted.add_field(string(field, "name"), &plain_links(string(field, "value")));
        }
        quoted.add(string(&embed["image"], "url"));
        quoted.add(string(&embed["footer"], "text"));
        lines.add_quote(quoted);
    }
    lines.text()
}

/// Takes the angle brackets from addresses, by which Discord shows no preview.
fn plain_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("<http") {
        plain += &rest[..at];
        rest = &rest[at + 1..];
        let end = rest.find(|c: char| c == '>' || c.is_whitespace()).unwrap_or(rest.len());
        plain += &rest[..end];
        rest = rest[end..].strip_prefix('>').unwrap_or(&rest[end..]);
    }
    plain + rest
}
