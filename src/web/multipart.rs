//! Uploads: multipart bodies whose files are written to disk as they arrive.

use std::time::Duration;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use tokio::time::{Instant, timeout};

use crate::chat::message::{NewMessage, Sent};
use crate::config::Config;
use crate::error::{Code, Error, Result};
use crate::files::Upload;
use crate::ids::{RoomId, UserId};
use crate::service::App;
use crate::service::file::UploadSlot;

/// Most bytes of a field that is not a file.
const FIELD_MAX: usize = 48 * 1024;

/// The errors of a body with files: of reading it, of [`App::may_upload`] and of what is in it.
pub(super) const CODES: &[Code] =
    &[Code::UnsupportedType, Code::TooLarge, Code::BadRequest, Code::Invalid, Code::BadImage, Code::TooMany];

/// The parts of an upload: the files and the fields beside them.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) files: Vec<Upload>,
    key: Option<String>,
    text: Option<String>,
    /// The stored message, where the key was seen before; no file was read then.
    pub(super) known: Option<Sent>,
    slot: Option<UploadSlot>,
}

/// How fast a body arrives, in all its parts: a trickle of text holds a connection as well as one of a file.
struct Pace {
    began: Instant,
    received: u64,
}

impl Pace {
    /// Counts what has arrived.
    ///
    /// # Errors
    /// `bad_request` when it is too slow.
    fn count(&mut self, bytes: usize, config: &Config) -> Result<()> {
        self.received += bytes as u64;
        let late = self.began.elapsed().saturating_sub(config.upload_grace);
        if (self.received as f64) < late.as_secs_f64() * config.upload_rate as f64 {
            return Err(Error::new(Code::BadRequest).with_message("the upload is too slow"));
        }
        Ok(())
    }
}

/// Who uploads, and for what.
#[derive(Clone, Copy)]
pub(super) struct UploadContext<'a> {
    pub(super) app: &'a App,
    pub(super) me: UserId,
    /// The room whose message the files are for.
    pub(super) room_id: Option<RoomId>,
    /// The most files in one body.
    pub(super) files_max: usize,
}

impl Parts {
    /// Reads a multipart body. Whether a file is allowed is checked at its first bytes; reading stops
    /// as soon as it is too large or too slow. A key in front of the files that was seen before ends
    /// the reading.
    ///
    /// # Errors
    /// `unsupported_type`, `too_large`, `bad_request`; `invalid` with the field; those of
    /// [`App::may_upload`]; `unavailable` when the disk is full.
    pub(super) async fn read(request: Request, context: UploadContext<'_>) -> Result<Self> {
        let is_multipart = request
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"multipart/form-data"));
        if !is_multipart {
            return Err(Code::UnsupportedType.into());
        }
        let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| Code::UnsupportedType)?;
        let mut parts = Self::default();
        let config = &context.app.config;
        let grace = config.upload_grace;
        let mut pace = Pace { began: Instant::now(), received: 0 };
        loop {
            let next = timeout(grace, multipart.next_field()).await.map_err(|_| stalled())?;
            let Some(field) = next.map_err(broken)? else { return Ok(parts) };
            pace.count(0, config)?;
            let name = field.name().unwrap_or_default().to_owned();
            match name.as_str() {
                "file" if parts.files.len() < context.files_max => {
                    parts.file(field, context, &mut pace).await?;
                    if parts.known.is_some() {
                        // The rest is read and dropped: a browser that is cut off while it sends
                        // does not show the response.
                        return drain(multipart, config, &mut pace).await.map(|()| parts);
                    }
                }
                "key" if parts.key.is_none() => parts.key = Some(text(field, config, &mut pace).await?),
                "text" if parts.text.is_none() => parts.text = Some(text(field, config, &mut pace).await?),
                _ => return Err(Error::invalid(name, "unknown or repeated field")),
            }
        }
    }

    async fn file(&mut self, mut field: Field<'_>, context: UploadContext<'_>, pace: &mut Pace) -> Result<()> {
        let config = &context.app.config;
        let name = field.file_name().unwrap_or_default().to_owned();
        // A browser sends an empty file for a field that was left empty.
        let Some(first) = next_chunk(&mut field, config.upload_grace).await? else { return Ok(()) };
        // Only a message has a key.
        let key = self.key.as_deref().filter(|_| context.room_id.is_some());
        self.known = context.app.may_upload(context.me, context.room_id, key).await?;
        if self.known.is_some() {
            return Ok(());
        }
        if self.slot.is_none() {
            self.slot = Some(context.app.upload_slot(context.me)?);
        }
        let mut incoming = context.app.files.receive().await?;
        let mut chunk = Some(first);
        while let Some(bytes) = chunk {
            if incoming.size() + bytes.len() as u64 > config.upload_max as u64 {
                return Err(Code::TooLarge.into());
            }
            incoming.write(&bytes).await?;
            pace.count(bytes.len(), config)?;
            chunk = next_chunk(&mut field, config.upload_grace).await?;
        }
        self.files.push(incoming.finish(name).await?);
        Ok(())
    }

    /// Takes the message that the files belong to.
    pub(super) fn take_message(&mut self) -> NewMessage {
        NewMessage { key: self.key.take(), text: self.text.take().unwrap_or_default(), ..NewMessage::default() }
    }
}

/// Reads the only file of a body, which belongs to no message of a room.
///
/// # Errors
/// As [`Parts::read`]; `invalid` with the field `file` when there is none.
pub(super) async fn single_file(request: Request, app: &App, me: UserId) -> Result<Upload> {
    let mut parts = Parts::read(request, UploadContext { app, me, room_id: None, files_max: 1 }).await?;
    parts.files.pop().ok_or_else(missing_file)
}

pub(super) fn missing_file() -> Error {
    Error::invalid("file", "the file is missing or empty")
}

async fn drain(mut multipart: Multipart, config: &Config, pace: &mut Pace) -> Result<()> {
    let grace = config.upload_grace;
    while let Some(mut field) = timeout(grace, multipart.next_field()).await.map_err(|_| stalled())?.map_err(broken)? {
        while let Some(chunk) = next_chunk(&mut field, grace).await? {
            pace.count(chunk.len(), config)?;
        }
        pace.count(0, config)?;
    }
    Ok(())
}

fn broken(error: MultipartError) -> Error {
    match error.status().as_u16() {
        413 => Code::TooLarge.into(),
        _ => Error::new(Code::BadRequest).with_message("the upload broke off or is no multipart body"),
    }
}

pub(super) fn stalled() -> Error {
    Error::new(Code::BadRequest).with_message("the upload stood still")
}

async fn next_chunk(field: &mut Field<'_>, grace: Duration) -> Result<Option<Bytes>> {
    loop {
        let chunk = timeout(grace, field.chunk()).await.map_err(|_| stalled())?.map_err(broken)?;
        // An empty chunk is not the end.
        if chunk.as_ref().is_none_or(|bytes| !bytes.is_empty()) {
            return Ok(chunk);
        }
    }
}

async fn text(mut field: Field<'_>, config: &Config, pace: &mut Pace) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = next_chunk(&mut field, config.upload_grace).await? {
        pace.count(chunk.len(), config)?;
        if bytes.len() + chunk.len() > FIELD_MAX {
            return Err(Code::TooLarge.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Error::new(Code::BadRequest).with_message("a field is not UTF-8"))
}
