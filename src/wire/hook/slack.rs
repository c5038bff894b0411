//! Slack's shape: `text`, or `blocks` in its place, and `attachments` below.

use serde_json::Value;

use super::mrkdwn::to_markup;
use super::rich_text::rich_text;
use super::{Lines, bold, items, link, string};

/// How deep blocks may contain attachments and those blocks.
const DEPTH: usize = 4;

pub(super) fn text(payload: &Value) -> String {
    let mut lines = Lines::default();
    add(payload, &mut lines, DEPTH);
    lines.text()
}

/// Adds a message, or an attachment that looks like one.
fn add(message: &Value, lines: &mut Lines, depth: usize) {
    let before = lines.0.len();
    items(message, "blocks").for_each(|block| add_block(block, lines));
    // Where there are blocks, the text is what notifications say.
    if lines.0.len() == before {
        lines.add(to_markup(string(message, "text")));
    }
    if depth > 0 {
        items(message, "attachments").for_each(|attachment| add_attachment(attachment, lines, depth - 1));
    }
}

fn add_block(block: &Value, lines: &mut Lines) {
    match string(block, "type") {
        "header" => lines.add(bold(&object(&block["text"]))),
        "section" => {
            lines.add(object(&block["text"]));
            items(block, "fields").for_each(|field| lines.add(object(field)));
            lines.add(element(&block["accessory"]));
        }
        "context" | "actions" => {
            let elements = items(block, "elements").map(element).filter(|text| !text.is_empty());
            lines.add(elements.collect::<Vec<_>>().join(" · "));
        }
        "image" => lines.add(image(block)),
        "video" => lines.add(link(string(block, "title_url"), &object(&block["title"]))),
        "markdown" => lines.add(string(block, "text")),
        "rich_text" => rich_text(block, lines),
        _ => {}
    }
}

/// Returns the text of a text object: its markup, or the characters that `plain_text` stands for.
fn object(object: &Value) -> String {
    match string(object, "type") {
        "mrkdwn" => to_markup(string(object, "text")),
        _ => string(object, "text").to_owned(),
    }
}

/// Returns what an element of a block shows. A button shows its address, as nobody here can press it.
fn element(element: &Value) -> String {
    match string(element, "type") {
        // An icon of a line.
        "image" => string(element, "alt_text").to_owned(),
        "button" => match string(element, "url") {
            "" => String::new(),
            url => link(url, &object(&element["text"])),
        },
        "mrkdwn" | "plain_text" => object(element),
        _ => String::new(),
    }
}

fn image(image: &Value) -> String {
    let title = object(&image["title"]);
    link(string(image, "image_url"), if title.is_empty() { string(image, "alt_text") } else { &title })
}

fn add_attachment(attachment: &Value, lines: &mut Lines, depth: usize) {
    lines.add(to_markup(string(attachment, "pretext")));
    let mut quoted = Lines::default();
    quoted.add(link(string(attachment, "author_link"), string(attachment, "author_name")));
    quoted.add(bold(&link(string(attachment, "title_link"), string(attachment, "title"))));
    add(attachment, &mut quoted, depth);
    for field in items(attachment, "fields") {
        quoted.add_field(string(field, "title"), &to_markup(string(field, "value")));
    }
    for button in items(attachment, "actions").filter(|action| !string(action, "url").is_empty()) {
        quoted.add(link(string(button, "url"), string(button, "text")));
    }
    quoted.add(string(attachment, "image_url"));
    if quoted.0.is_empty() {
        quoted.add(to_markup(string(attachment, "fallback")));
    }
    quoted.add(to_markup(string(attachment, "footer")));
    lines.add_quote(quoted);
}
