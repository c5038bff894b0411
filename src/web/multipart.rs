//! Uploads: multipart bodies whose files go to the disk as they come.

use std::time::Duration;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use tokio::time::{Instant, timeout};

use crate::chat::message::{New, Sent};
use crate::error::{Code, Error, Result};
use crate::files::Upload;
use crate::ids::{RoomId, UserId};
use crate::service::App;
use crate::service::file::UploadSlot;

/// Bytes of a field that is not a file.
const FIELD_MAX: usize = 48 * 1024;

/// The parts of an upload: the files and the fields beside them.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) files: Vec<Upload>,
    key: Option<String>,
    text: Option<String>,
    /// The first answer, where the key was seen before: then no file was taken.
    pub(super) known: Option<Sent>,
    place: Option<UploadSlot>,
}

/// Who sends what to where.
#[derive(Clone, Copy)]
pub(super) struct Sender<'a> {
    pub(super) app: &'a App,
    pub(super) me: UserId,
    /// The room whose message the files are for.
    pub(super) room_id: Option<RoomId>,
    /// How many files are taken.
    pub(super) files_max: usize,
}

impl Parts {
    /// Reads a multipart body. Each file is asked for at the door once its first bytes have come,
    /// and given up as soon as it is too large or too slow. A key that stands before the files is
    /// known by then, and a repeated one ends the reading.
    ///
    /// # Errors
    /// `unsupported_type`, `too_large`, `bad_request`; `invalid` with the field; those of
    /// [`App::may_upload`]; `unavailable` when the disk takes no more.
    pub(super) async fn read(request: Request, sender: Sender<'_>) -> Result<Self> {
        let is_multipart = request
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"multipart/form-data"));
        if !is_multipart {
            return Err(Code::UnsupportedType.into());
        }
        let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| Code::UnsupportedType)?;
        let mut parts = Self::default();
        let patience = sender.app.config.upload_grace;
        loop {
            let next = timeout(patience, multipart.next_field()).await.map_err(|_| stood_still())?;
            let Some(field) = next.map_err(broken)? else { return Ok(parts) };
            let name = field.name().unwrap_or_default().to_owned();
            match name.as_str() {
                "file" if parts.files.len() < sender.files_max => {
                    parts.file(field, sender).await?;
                    if parts.known.is_some() {
                        // The rest is let in and forgotten, as a browser that is cut off while it
                        // sends does not see the answer.
                        return drain(multipart, patience).await.map(|()| parts);
                    }
                }
                "key" if parts.key.is_none() => parts.key = Some(text(field, patience).await?),
                "text" if parts.text.is_none() => parts.text = Some(text(field, patience).await?),
                _ => return Err(Error::invalid(name, "unknown or repeated field")),
            }
        }
    }

    async fn file(&mut self, mut field: Field<'_>, sender: Sender<'_>) -> Result<()> {
        let config = &sender.app.config;
        let name = field.file_name().unwrap_or_default().to_owned();
        // A form whose file was left empty is a message without one.
        let Some(first) = next_chunk(&mut field, config.upload_grace).await? else { return Ok(()) };
        // A key is a message's: where there is none, it says nothing.
        let key = self.key.as_deref().filter(|_| sender.room_id.is_some());
        self.known = sender.app.may_upload(sender.me, sender.room_id, key).await?;
        if self.known.is_some() {
            return Ok(());
        }
        if self.place.is_none() {
            self.place = Some(sender.app.upload_slot(sender.me)?);
        }
        let began = Instant::now();
        let mut incoming = sender.app.files.receive().await?;
        let mut chunk = Some(first);
        while let Some(bytes) = chunk {
            if incoming.size() + bytes.len() as u64 > config.upload_max as u64 {
                return Err(Code::TooLarge.into());
            }
            incoming.write(&bytes).await?;
            let late = began.elapsed().saturating_sub(config.upload_grace);
            if (incoming.size() as f64) < late.as_secs_f64() * config.upload_rate as f64 {
                return Err(Error::new(Code::BadRequest).with_message("the upload is too slow"));
            }
            chunk = next_chunk(&mut field, config.upload_grace).await?;
        }
        self.files.push(incoming.finish(name).await?);
        Ok(())
    }

    /// What is to be sent with the files.
    pub(super) fn message(&mut self) -> New {
        New { key: self.key.take(), text: self.text.take().unwrap_or_default(), ..New::default() }
    }
}

/// The one file of a body that is for no message of a room yet.
///
/// # Errors
/// As [`Parts::read`]; `invalid` with the field `file` when there is none.
pub(super) async fn one(request: Request, app: &App, me: UserId) -> Result<Upload> {
    let mut parts = Parts::read(request, Sender { app, me, room_id: None, files_max: 1 }).await?;
    parts.files.pop().ok_or_else(missing)
}

pub(super) fn missing() -> Error {
    Error::invalid("file", "the file is missing or empty")
}

async fn drain(mut multipart: Multipart, patience: Duration) -> Result<()> {
    while let Some(mut field) =
        timeout(patience, multipart.next_field()).await.map_err(|_| stood_still())?.map_err(broken)?
    {
        while next_chunk(&mut field, patience).await?.is_some() {}
    }
    Ok(())
}

fn broken(error: MultipartError) -> Error {
    match error.status().as_u16() {
        413 => Code::TooLarge.into(),
        _ => Error::new(Code::BadRequest).with_message("the upload broke off or is no multipart body"),
    }
}

pub(super) fn stood_still() -> Error {
    Error::new(Code::BadRequest).with_message("the upload stood still")
}

async fn next_chunk(field: &mut Field<'_>, patience: Duration) -> Result<Option<Bytes>> {
    loop {
        let chunk = timeout(patience, field.chunk()).await.map_err(|_| stood_still())?.map_err(broken)?;
        // A piece of nothing is none, and says nothing of the end.
        if chunk.as_ref().is_none_or(|bytes| !bytes.is_empty()) {
            return Ok(chunk);
        }
    }
}

async fn text(mut field: Field<'_>, patience: Duration) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = next_chunk(&mut field, patience).await? {
        if bytes.len() + chunk.len() > FIELD_MAX {
            return Err(Code::TooLarge.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Error::new(Code::BadRequest).with_message("a field is not UTF-8"))
}
