//! Slack's `rich_text` blocks, which its own editor makes.

use serde_json::Value;

use super::{Lines, items, link, mrkdwn, string};

pub(super) fn rich_text(block: &Value, lines: &mut Lines) {
    for part in items(block, "elements") {
        match string(part, "type") {
            "rich_text_list" => add_list(part, lines),
            "rich_text_quote" => {
                let mut quoted = Lines::default();
                quoted.add(section(part));
                lines.add_quote(quoted);
            }
            "rich_text_preformatted" => lines.add(format!("```\n{}\n```", plain(part).trim_end())),
            _ => lines.add(section(part)),
        }
    }
}

fn add_list(list: &Value, lines: &mut Lines) {
    let indent = "  ".repeat(list["indent"].as_u64().unwrap_or(0).min(8) as usize);
    let is_ordered = string(list, "style") == "ordered";
    let offset = list["offset"].as_u64().unwrap_or(0).min(900) as usize;
    let rows = items(list, "elements").enumerate().map(|(at, item)| {
        let mark = if is_ordered { format!("{}.", offset + at + 1) } else { "-".to_owned() };
        format!("{indent}{mark} {}", section(item).trim())
    });
    // Not trimmed: the spaces say how deep it is.
    lines.0.push(rows.collect::<Vec<_>>().join("\n"));
}

fn section(section: &Value) -> String {
    items(section, "elements").map(element).collect()
}

fn element(element: &Value) -> String {
    let text = string(element, "text");
    match string(element, "type") {
        "text" => styled(text, &element["style"]),
        "link" => link(string(element, "url"), text),
        "emoji" => emoji(element),
        "user" => format!("@{}", string(element, "user_id")),
        "usergroup" => format!("@{}", string(element, "usergroup_id")),
        "channel" => format!("#{}", string(element, "channel_id")),
        "broadcast" => format!("@{}", string(element, "range")),
        _ => text.to_owned(),
    }
}

/// Returns a text without its styles, as code has none.
fn plain(section: &Value) -> String {
    let texts = items(section, "elements").map(|element| match string(element, "type") {
        "link" => string(element, "url"),
        _ => string(element, "text"),
    });
    texts.collect()
}

/// Returns a text with the marks of its style, which stand at its letters.
fn styled(text: &str, style: &Value) -> String {
    let core = text.trim();
    if core.is_empty() || core.contains('\n') {
        return text.to_owned();
    }
    let is = |name: &str| style[name].as_bool().unwrap_or(false);
    let mut marked = core.to_owned();
    if is("code") {
        marked = format!("`{marked}`");
    }
    for (name, mark) in [("strike", "~~"), ("italic", "_"), ("bold", "**")] {
        if is(name) {
            marked = format!("{mark}{marked}{mark}");
        }
    }
    text.replacen(core, &marked, 1)
}

fn emoji(element: &Value) -> String {
    let code_points = string(element, "unicode").split('-');
    let characters = code_points.map(|hex| u32::from_str_radix(hex, 16).ok().and_then(char::from_u32));
    match characters.collect::<Option<String>>() {
        Some(emoji) if !emoji.is_empty() => emoji,
        _ => mrkdwn::to_markup(&format!(":{}:", string(element, "name"))),
    }
}
