//! What programs send to incoming webhooks: Slack's shape, Discord's, or plain text, each read as our markup.

mod discord;
mod mrkdwn;
mod rich_text;
mod slack;

use serde_json::Value;

use crate::chat::hook_answer::HookAnswer;
use crate::error::{Code, Error, Result};

/// The bit of Discord's `flags` that is called SUPPRESS_NOTIFICATIONS.
const DISCORD_SILENT: u64 = 1 << 12;

/// What a program posts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookPost {
    pub text: String,
    /// Whether it notifies nobody.
    pub silent: bool,
}

impl From<String> for HookPost {
    fn from(text: String) -> Self {
        Self { text, silent: false }
    }
}

/// Reads the body of a request to a hook.
///
/// # Errors
/// `unsupported_type` for a page, XML or a form with parts; `bad_json` for a body that should be JSON; `invalid` with the field `text`
/// where there is no text.
pub fn read(content_type: &str, body: &[u8]) -> Result<HookPost> {
    let body = std::str::from_utf8(body).map_err(|_| Code::BadRequest)?;
    let post = match content_type {
        "text/plain" => body.to_owned().into(),
        // Many examples of the command curl send JSON under this type.
        "application/x-www-form-urlencoded" if !is_object(body) => from_form(body)?,
        "application/json" => from_json(body)?,
        "multipart/form-data" | "text/html" | "text/xml" | "application/xml" => {
            return Err(Code::UnsupportedType.into());
        }
        _ if is_object(body) => from_json(body)?,
        _ => body.to_owned().into(),
    };
    match post.text.trim() {
        "" => Err(Error::invalid("text", "there is no text")),
        text => Ok(HookPost { text: text.to_owned(), ..post }),
    }
}

fn is_object(body: &str) -> bool {
    body.trim_start().starts_with('{')
}

/// Reads Slack's form: JSON in the field `payload`, or the field `text`.
fn from_form(body: &str) -> Result<HookPost> {
    let field = |wanted: &str| url::form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == wanted);
    match (field("payload"), field("text")) {
        (Some((_, payload)), _) => from_json(&payload),
        (None, Some((_, text))) => Ok(mrkdwn::to_markup(&text).into()),
        (None, None) => Err(Error::invalid("payload", "the form has neither payload nor text")),
    }
}

fn from_json(body: &str) -> Result<HookPost> {
    let payload: Value = serde_json::from_str(body).map_err(|_| Code::BadJson)?;
    let is_discords = !string(&payload, "content").is_empty() || items(&payload, "embeds").next().is_some();
    let text = if is_discords { discord::text(&payload) } else { slack::text(&payload) };
    let is_suppressed = is_discords && payload["flags"].as_u64().is_some_and(|flags| flags & DISCORD_SILENT != 0);
    Ok(HookPost { text, silent: payload["silent"] == true || is_suppressed })
}

/// Reads what the program behind a webhook answers to a slash command: Slack's shape, or plain text for the user alone.
/// `None` for an empty answer.
///
/// # Errors
/// `bad_request` for a body that is no text.
pub fn read_answer(body: &[u8]) -> Result<Option<HookAnswer>> {
    let body = std::str::from_utf8(body).map_err(|_| Code::BadRequest)?;
    let payload: Value = serde_json::from_str(body).unwrap_or_default();
    let post = if payload.is_object() { from_json(body)? } else { body.to_owned().into() };
    let is_for_room = payload["response_type"] == "in_channel";
    let text = post.text.trim().to_owned();
    Ok(if text.is_empty() { None } else { Some(HookAnswer { text, is_for_room, silent: post.silent }) })
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
