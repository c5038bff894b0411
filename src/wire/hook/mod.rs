//! What programs send to incoming webhooks: Slack's shape, Discord's, or plain text, each read as our markup.

mod discord;
mod mrkdwn;
mod rich_text;
mod slack;

use serde_json::Value;

use crate::error::{Code, Error, Result};

/// Reads the body of a request to a hook and returns the text of the message.
///
/// # Errors
/// `bad_json` for a body that should be JSON; `invalid` with the field `text` where there is no text.
pub fn read(content_type: &str, body: &[u8]) -> Result<String> {
    let body = std::str::from_utf8(body).map_err(|_| Code::BadRequest)?;
    let text = match content_type {
        "text/plain" => body.to_owned(),
        // Many examples of the command curl send JSON under this type.
        "application/x-www-form-urlencoded" if !is_object(body) => from_form(body)?,
        "application/json" => from_json(body)?,
        _ if is_object(body) => from_json(body)?,
        _ => body.to_owned(),
    };
    match text.trim() {
        "" => Err(Error::invalid("text", "there is no text")),
        text => Ok(text.to_owned()),
    }
}

fn is_object(body: &str) -> bool {
    body.trim_start().starts_with('{')
}

/// Reads Slack's form: JSON in the field `payload`, or the field `text`.
fn from_form(body: &str) -> Result<String> {
    let field = |wanted: &str| url::form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == wanted);
    match (field("payload"), field("text")) {
        (Some((_, payload)), _) => from_json(&payload),
        (None, Some((_, text))) => Ok(mrkdwn::to_markup(&text)),
        (None, None) => Err(Error::invalid("payload", "the form has neither payload nor text")),
    }
}

fn from_json(body: &str) -> Result<String> {
    let payload: Value = serde_json::from_str(body).map_err(|_| Code::BadJson)?;
    let is_discords = ["content", "embeds"].iter().any(|name| !payload[name].is_null());
    Ok(if is_discords { discord::text(&payload) } else { slack::text(&payload) })
}

/// The lines of a message.
#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    /// Adds a text of one or more lines, unless it is empty.
    fn add(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref().trim();
        if !text.is_empty() {
            self.0.push(text.to_owned());
        }
    }

    /// Adds a text with a heading before it.
    fn add_field(&mut self, name: &str, value: &str) {
        match (name.trim(), value.trim()) {
            ("", value) => self.add(value),
            (name, value) if value.contains('\n') => {
                self.add(bold(name));
                self.add(value);
            }
            (name, value) => self.add(format!("{} {value}", bold(name))),
        }
    }

    /// Adds other lines as a quote.
    fn add_quote(&mut self, quoted: Self) {
        let quoted = quoted.text();
        let lines = quoted.lines().filter(|line| !line.trim().is_empty());
        self.add(lines.map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n"));
    }

    fn text(self) -> String {
        self.0.join("\n")
    }
}

/// Returns a text of one line in bold, unless it has marks of its own.
fn bold(text: &str) -> String {
    match text.trim() {
        "" => String::new(),
        text if text.contains(['*', '\n']) => text.to_owned(),
        text => format!("**{text}**"),
    }
}

/// Returns a link with a label, or the bare address where there is no label or it could not stand in brackets.
fn link(url: &str, label: &str) -> String {
    match label.trim() {
        _ if url.is_empty() => label.trim().to_owned(),
        label if label.is_empty() || label == url || label.contains(['[', ']', '\n']) => url.to_owned(),
        // An address is not cut at its own brackets.
        label => format!("[{label}]({})", url.replace('(', "%28").replace(')', "%29")),
    }
}

fn string<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn items<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests;
