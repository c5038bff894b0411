//! Slash commands of webhooks: posted to the address of the hook, whose answer goes to the user or to the room.

use std::time::Duration;

use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Done;
use crate::chat::hook_answer::HookAnswer;
use crate::chat::outgoing_hook::{self, CommandHook};
use crate::chat::session::Token;
use crate::chat::user::User;
use crate::clock::now_ms;
use crate::error::{Code, Error, Result};
use crate::http_client::{FetchError, Guarantee};
use crate::i18n::Lang;
use crate::ids::{DeliveryId, RoomId, UserId};
use crate::service::{App, log_failure, webhook_event};
use crate::text;
use crate::wire::hook::read_answer;

/// How long the program may take. What it answers when the user waits no longer is posted.
const LIMIT: Duration = Duration::from_secs(30);

/// A command on its way to a hook.
struct Call {
    hook: CommandHook,
    room_id: RoomId,
    user_id: UserId,
    id: String,
    body: bytes::Bytes,
}

impl App {
    /// Runs a command of a webhook of the room.
    ///
    /// # Errors
    /// `not_found` for a command that no hook of the room has; `rate_limited`, `busy`; `command_failed`;
    /// `room_not_found`, `gone`, `not_a_member`; `room_closed`, `muted`, `read_only`.
    pub(super) async fn run_hook_command(
        &self,
        me: &User,
        room_id: RoomId,
        name: &str,
        arguments: &str,
        lang: Lang,
    ) -> Result<Done> {
        let (user_id, wanted) = (me.id, name.to_owned());
        let found = self.db.read(move |tx| outgoing_hook::hook_of_command(tx, now_ms(), user_id, room_id, &wanted));
        let hook = found.await?.ok_or(Code::NotFound)?;
        self.rates.send(user_id)?;
        if hook.is_paused {
            return Err(failed("the webhook of this command is paused"));
        }
        let slot = self.command_slots.take(user_id, room_id).ok_or(Code::Busy)?;
        let hook_id = hook.id;
        let secret = self
            .write(room_id, move |tx, _, now| outgoing_hook::open_answers(tx, now, hook_id, room_id, user_id))
            .await?;
        let now = now_ms();
        let data = json!({
            "room": room_id, "user": me, "command": name, "text": arguments, "lang": lang.code(),
            "responseUrl": format!("{}/hooks/answers/{}", self.base_url, secret.reveal()),
        });
        let (id, body) = (DeliveryId::new(now).to_string(), webhook_event("command", now, &data));
        let words = &lang.strings().room;
        let still_working = (words.command_working)(&hook.user.name);
        let (answered, answer) = oneshot::channel();
        let app = self.clone();
        // Goes on when the user waits no longer.
        tokio::spawn(async move {
            let call = Call { hook, room_id, user_id, id, body };
            let result = app.call_hook(&call).await;
            drop(slot);
            if let Err(late) = answered.send(result) {
                log_failure("posting the late answer to a command", app.post_answer(call, late).await);
            }
        });
        match timeout(self.config.command_patience, answer).await {
            Ok(Ok(result)) => {
                let answer = result?.map(|answer| text::cut(&answer, self.config.limits.text_max));
                Ok(Done { answer, message: None })
            }
            Ok(Err(_)) => Err(Code::Internal.into()),
            Err(_) => Ok(Done { answer: Some(still_working), message: None }),
        }
    }

    /// Posts a command to its hook. An answer to the room is posted; one to the user is returned.
    async fn call_hook(&self, call: &Call) -> Result<Option<String>> {
        let Call { hook, room_id, user_id, id, body } = call;
        let answer = match self.post_signed(id, &hook.url, &hook.key, body.clone(), Guarantee::AtMostOnce(LIMIT)).await
        {
            Ok(answer) if (200..300).contains(&answer.status) => answer,
            Ok(answer) => return Err(failed(format!("the program answered {}", answer.status))),
            Err(FetchError::Busy(wait)) => return Err(Error::rate_limited(wait)),
            Err(error) => return Err(failed(error.why())),
        };
        let body = answer.body.ok_or_else(|| failed("the answer is too long or too slow"))?;
        let Some(answer) = read_answer(&body).map_err(|_| failed("the answer cannot be read"))? else {
            return Ok(None);
        };
        if !answer.is_for_room {
            return Ok(Some(answer.text));
        }
        let (hook_id, room_id, user_id) = (hook.id, *room_id, *user_id);
        self.realtime.wait_for_space(room_id).await;
        self.write(room_id, move |tx, limits, now| {
            outgoing_hook::answer(tx, limits, now, hook_id, room_id, user_id, &answer).map(drop)
        })
        .await?;
        Ok(None)
    }

    /// Whispers what came of a command to its user, who does not wait any longer.
    async fn post_answer(&self, call: Call, result: Result<Option<String>>) -> Result<()> {
        let text = match result {
            Ok(None) => return Ok(()),
            Ok(Some(text)) => text,
            Err(error) => format!("⚠ {}", error.message),
        };
        let answer = HookAnswer { text, is_for_room: false, silent: false };
        let Call { hook: CommandHook { id: hook_id, .. }, room_id, user_id, .. } = call;
        self.write(room_id, move |tx, limits, now| {
            outgoing_hook::answer(tx, limits, now, hook_id, room_id, user_id, &answer).map(drop)
        })
        .await
    }

    /// Posts what a program answers to a command at its address.
    ///
    /// # Errors
    /// `not_found`; `invalid` with the field `text`; `bad_json`; `room_closed`, `too_new`, `filtered`.
    pub async fn answer_command(&self, secret: Token, body: &[u8]) -> Result<()> {
        let answer = read_answer(body)?.ok_or_else(|| Error::invalid("text", "there is no text"))?;
        self.write(crate::db::Subject::Server, move |tx, limits, now| {
            outgoing_hook::answer_later(tx, limits, now, &secret, &answer)
        })
        .await
    }
}

fn failed(why: impl Into<String>) -> Error {
    Error::new(Code::CommandFailed).with_message(why.into())
}
