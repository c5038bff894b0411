//! Socket.IO packets (protocol version 5): the text of an Engine.IO message, and the binary
//! messages that follow it as attachments.
//!
//! `<type>[<attachments>-][<namespace>,][<id>]<JSON>`

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::config::Config;
use crate::engine::payload::Packet;

/// Ids above this lose digits in JavaScript, and an acknowledgement would go to another event.
const MAX_ID: u64 = (1 << 53) - 1;
/// Names that the libraries reserve; no client emits them.
const RESERVED: [&str; 7] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", "error"];

/// A packet of a client. One with attachments is complete only when they have arrived.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) namespace: String,
    pub(crate) body: Body,
}

#[derive(Debug)]
pub(crate) enum Body {
    /// The handshake's payload: JSON of any form, absent when empty.
    Connect(Option<Box<RawValue>>),
    Disconnect,
    Event {
        event: Event,
        id: Option<u64>,
    },
    Ack {
        id: u64,
        args: Args,
    },
}

/// An event's name and arguments.
#[derive(Clone, Debug)]
pub struct Event {
    /// At most [`Config::max_event_name`](crate::Config::max_event_name) bytes, and no name that the
    /// libraries reserve.
    pub name: String,
    /// The arguments after the name.
    pub args: Args,
}

/// The arguments of an event or an acknowledgement: JSON values, in which
/// `{"_placeholder":true,"num":N}` stands for an attachment.
#[derive(Clone, Debug, Default)]
pub struct Args {
    /// JSON, unparsed.
    pub values: Vec<Box<RawValue>>,
    /// The attachments by number. At most [`Config::max_attachments`](crate::Config::max_attachments)
    /// from a client, each with exactly one placeholder.
    pub attachments: Vec<Bytes>,
}

/// The text is not a packet that a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl From<serde_json::Error> for Malformed {
    fn from(_: serde_json::Error) -> Self {
        Self
    }
}

impl Incoming {
    /// Parses the text of a packet; returns as well how many attachments must follow.
    pub(crate) fn parse(text: &str, config: &Config) -> Result<(Self, usize), Malformed> {
        let kind = *text.as_bytes().first().ok_or(Malformed)?;
        if !kind.is_ascii_digit() {
            return Err(Malformed);
        }
        let (attachments, rest) = match kind {
            b'5' | b'6' => split_attachments(&text[1..], config.max_attachments)?,
            _ => (None, &text[1..]),
        };
        let (namespace, rest) = split_namespace(rest)?;
        let (id, data) = split_id(rest)?;
        let body = match (kind, id) {
            (b'0', None) => Body::Connect(parse_connect(data)?),
            (b'1', None) if data.is_empty() => Body::Disconnect,
            (b'2' | b'5', id) => Body::Event { event: parse_event(data, attachments, config)?, id },
            (b'3' | b'6', Some(id)) => Body::Ack { id, args: parse_args(data, attachments, config)? },
            _ => return Err(Malformed),
        };
        Ok((Self { namespace: namespace.to_owned(), body }, attachments.unwrap_or(0)))
    }

    /// Adds the attachments that followed the text.
    pub(crate) fn attach(&mut self, attachments: Vec<Bytes>) {
        match &mut self.body {
            Body::Event { event, .. } => event.args.attachments = attachments,
            Body::Ack { args, .. } => args.attachments = attachments,
            Body::Connect(_) | Body::Disconnect => {}
        }
    }
}

fn split_attachments(text: &str, max: usize) -> Result<(Option<usize>, &str), Malformed> {
    let (count, rest) = text.split_once('-').ok_or(Malformed)?;
    if count.is_empty() || count.len() > 4 || !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Malformed);
    }
    let count = count.parse().map_err(|_| Malformed)?;
    if count > max { Err(Malformed) } else { Ok((Some(count), rest)) }
}

fn split_namespace(text: &str) -> Result<(&str, &str), Malformed> {
    if !text.starts_with('/') {
        return Ok(("/", text));
    }
    let (namespace, rest) = text.split_once(',').unwrap_or((text, ""));
    // The response to an unknown namespace names it, and must stay one packet in a polling payload.
    if namespace.bytes().any(|byte| byte.is_ascii_control()) { Err(Malformed) } else { Ok((namespace, rest)) }
}

fn split_id(text: &str) -> Result<(Option<u64>, &str), Malformed> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Ok((None, text));
    }
    let id = text[..digits].parse().map_err(|_| Malformed)?;
    if id > MAX_ID { Err(Malformed) } else { Ok((Some(id), &text[digits..])) }
}

fn parse_connect(data: &str) -> Result<Option<Box<RawValue>>, Malformed> {
    if data.is_empty() {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(data)?))
}

fn parse_event(data: &str, attachments: Option<usize>, config: &Config) -> Result<Event, Malformed> {
    let mut args = parse_args(data, attachments, config)?;
    if args.values.is_empty() {
        return Err(Malformed);
    }
    let name = parse_name(args.values.remove(0).get())?;
    if name.len() > config.max_event_name || RESERVED.contains(&name.as_str()) {
        return Err(Malformed);
    }
    Ok(Event { name, args })
}

/// Parses an event's name. A number, or text that is not Unicode, is one as it is written: the client
/// may send it, and no handler has it.
fn parse_name(json: &str) -> Result<String, Malformed> {
    match serde_json::from_str(json) {
        Ok(name) => Ok(name),
        Err(_) if json.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit()) => {
            Ok(json.to_owned())
        }
        Err(_) => Err(Malformed),
    }
}

fn parse_args(data: &str, attachments: Option<usize>, config: &Config) -> Result<Args, Malformed> {
    // Checked first, as serde_json reads nested values by recursion.
    if is_too_deep(data, config.max_depth) {
        return Err(Malformed);
    }
    let values: Vec<Box<RawValue>> = serde_json::from_str(data)?;
    if let Some(attachments) = attachments {
        check_placeholders(data, attachments)?;
    }
    Ok(Args { values, attachments: Vec::new() })
}

/// Returns whether JSON is nested deeper than allowed. Invalid JSON may give either result.
pub(crate) fn is_too_deep(json: &str, max: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > max {
            return true;
        }
    }
    false
}

/// Checks that each attachment has exactly one placeholder, and that there is no other.
fn check_placeholders(data: &str, attachments: usize) -> Result<(), Malformed> {
    fn mark(value: &serde_json::Value, seen: &mut [bool]) -> Result<(), Malformed> {
        match value {
            serde_json::Value::Array(items) => items.iter().try_for_each(|item| mark(item, seen)),
            serde_json::Value::Object(fields) => {
                let Some(placeholder) = fields.get("_placeholder") else {
                    return fields.values().try_for_each(|field| mark(field, seen));
                };
                let number = fields.get("num").and_then(serde_json::Value::as_u64).ok_or(Malformed)?;
                let place = seen.get_mut(number as usize).ok_or(Malformed)?;
                if placeholder != &serde_json::Value::Bool(true) || fields.len() != 2 || std::mem::replace(place, true)
                {
                    return Err(Malformed);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
    let mut seen = vec![false; attachments];
    mark(&serde_json::from_str(data)?, &mut seen)?;
    if seen.contains(&false) { Err(Malformed) } else { Ok(()) }
}

/// Encodes the response to an accepted CONNECT.
pub(crate) fn connect(namespace: &str, id: &str) -> Packet {
    Packet::text(&format!("0{}{{\"sid\":\"{id}\"}}", prefix(namespace)))
}

/// Encodes the response to a refused CONNECT; `error` is `{message, data?}` in JSON.
pub(crate) fn connect_error(namespace: &str, error: &str) -> Packet {
    Packet::text(&format!("4{}{error}", prefix(namespace)))
}

/// Encodes the disconnect of a socket: stock clients do not reconnect after it by themselves.
pub(crate) fn disconnect(namespace: &str) -> Packet {
    Packet::text(&format!("1{}", prefix(namespace)))
}

/// Encodes an event, which requests an acknowledgement if it has an id.
pub(crate) fn event(namespace: &str, name: &str, id: Option<u64>, args: &Args) -> Packet {
    let name = serde_json::Value::from(name).to_string();
    let values = std::iter::once(name.as_str()).chain(args.values.iter().map(|value| value.get()));
    encode(['2', '5'], namespace, id, values, &args.attachments)
}

/// Encodes an event whose one argument is JSON in pieces.
pub(crate) fn event_in_pieces(namespace: &str, name: &str, argument: impl IntoIterator<Item = Bytes>) -> Packet {
    let name = serde_json::Value::from(name);
    let begin = Bytes::from(format!("2{}[{name},", prefix(namespace)));
    Packet::text_in_pieces(std::iter::once(begin).chain(argument).chain([Bytes::from_static(b"]")]))
}

/// Encodes the acknowledgement of a client's event.
pub(crate) fn ack(namespace: &str, id: u64, args: &Args) -> Packet {
    encode(['3', '6'], namespace, Some(id), args.values.iter().map(|value| value.get()), &args.attachments)
}

fn encode<'a>(
    kinds: [char; 2],
    namespace: &str,
    id: Option<u64>,
    values: impl Iterator<Item = &'a str>,
    attachments: &[Bytes],
) -> Packet {
    let mut text = String::with_capacity(64);
    if attachments.is_empty() {
        text.push(kinds[0]);
    } else {
        text.push(kinds[1]);
        text += &attachments.len().to_string();
        text.push('-');
    }
    text += &prefix(namespace);
    if let Some(id) = id {
        text += &id.to_string();
    }
    text.push('[');
    for (place, value) in values.enumerate() {
        if place > 0 {
            text.push(',');
        }
        text += value;
    }
    text.push(']');
    Packet::with_attachments(&text, attachments)
}

fn prefix(namespace: &str) -> String {
    if namespace == "/" { String::new() } else { format!("{namespace},") }
}

impl Args {
    /// Creates one argument.
    ///
    /// # Errors
    /// When the value does not serialize to JSON, for example a map whose keys are not strings.
    pub fn one(value: &(impl serde::Serialize + ?Sized)) -> serde_json::Result<Self> {
        Ok(Self { values: vec![serde_json::value::to_raw_value(value)?], attachments: Vec::new() })
    }

    /// Deserializes the first argument; a missing one counts as `null`.
    ///
    /// # Errors
    /// When it is not a `T`.
    pub fn first<T: serde::de::DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.values.first().map_or("null", |value| value.get()))
    }
}

#[cfg(test)]
mod tests;
