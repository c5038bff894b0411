//! Messages: history, what was missed, sending.

use axum::extract::{Path, State as Shared};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::{Json, Query};
use crate::chat::message::{Changes, Cursor, New, Sent};
use crate::error::{Error, Result};
use crate::ids::{FileId, UserId};
use crate::socket::wire::WireMessage;
use crate::state::State;
use crate::web::caller::{Caller, Me};
use crate::web::room::room_id;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListQuery {
    /// Messages before this seq.
    #[serde(default)]
    before: Option<i64>,
    /// Messages after this seq.
    #[serde(default)]
    after: Option<i64>,
    /// Messages changed since this rev.
    #[serde(default)]
    since: Option<i64>,
    /// The epoch of that rev.
    #[serde(default)]
    epoch: Option<String>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Messages {
    messages: Vec<WireMessage>,
    /// The room's rev in the same moment.
    rev: i64,
    epoch: String,
    /// Whether to ask again: with `since`, from the rev of the last one received.
    more: bool,
    /// Forget what you hold: `messages` is the newest page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    gap: bool,
}

pub(super) async fn list(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Me,
    Path(id): Path<String>,
    Query(asked): Query<ListQuery>,
) -> Result<Json<Messages>> {
    let (my_id, id) = (me.user.id, room_id(&id)?);
    let Changes { messages, rev, epoch, more, gap } = match (asked.since, asked.before, asked.after) {
        (Some(since), None, None) => state.changes(my_id, id, since, asked.epoch, asked.limit).await?,
        (None, Some(before), None) => state.history(my_id, id, Cursor::Before(before), asked.limit).await?,
        (None, None, Some(after)) => state.history(my_id, id, Cursor::After(after), asked.limit).await?,
        (None, None, None) => state.history(my_id, id, Cursor::Newest, asked.limit).await?,
        _ => return Err(Error::invalid("since", "only one of since, before and after can be asked")),
    };
    let messages = messages.into_iter().map(|message| WireMessage::new(message, caller.lang, Some(my_id)));
    Ok(Json(Messages { messages: messages.collect(), rev, epoch, more, gap }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewMessage {
    /// The sender's own id, 1 to 64 bytes: with it a send may be repeated.
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    text: String,
    /// The seq of the message that is answered.
    #[serde(default)]
    reply_to: Option<i64>,
    #[serde(default)]
    file_ids: Vec<FileId>,
    /// For a whisper: the only other person who sees it.
    #[serde(default)]
    to: Option<UserId>,
}

pub(super) async fn send(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Me,
    Path(id): Path<String>,
    Json(asked): Json<NewMessage>,
) -> Result<(StatusCode, Json<WireMessage>)> {
    let new =
        New { key: asked.key, text: asked.text, reply_to: asked.reply_to, file_ids: asked.file_ids, to: asked.to };
    let sent = state.send(me.user.id, room_id(&id)?, new).await?;
    Ok(answer(sent, &caller, &me))
}

/// 201 for a new message, 200 for the first answer again.
pub(super) fn answer(sent: Sent, caller: &Caller, me: &Me) -> (StatusCode, Json<WireMessage>) {
    let status = if sent.dup { StatusCode::OK } else { StatusCode::CREATED };
    (status, Json(WireMessage::new(sent.message, caller.lang, Some(me.user.id))))
}
