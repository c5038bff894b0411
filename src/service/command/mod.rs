//! Slash commands.

mod hook;
mod slots;

use super::App;
use super::room::RoomChange;
use crate::chat::command::{self, BuiltIn, Command};
use crate::chat::kinds::NotifyLevel;
use crate::chat::message::{Message, NewMessage};
use crate::chat::user::User;
use crate::clock::now_ms;
use crate::error::{Code, Error, Result};
use crate::i18n::{Lang, local};
use crate::ids::{RoomId, UserId};

pub(super) use slots::CommandSlots;

/// The markup shows this face as it is.
const SHRUG: &str = r"¯\_(ツ)_/¯";

/// What a command has done.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// An answer for the user alone.
    pub answer: Option<String>,
    /// The message that was sent for them. To a bot it is a whisper, and the bot answers by one or to the room.
    pub message: Option<Message>,
}

/// Who runs a command, and how they are answered.
#[derive(Clone, Copy, Debug)]
pub struct CommandCaller<'a> {
    pub me: &'a User,
    pub lang: Lang,
    /// The beginning of links to this server.
    pub address: &'a str,
    /// The time zone that times in words are in; UTC if they do not say.
    pub zone: Option<&'a str>,
}

impl App {
    /// Replaces the commands of a bot.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden`; `too_many`; `invalid` with the field `name`, `hintKo` or `hintEn`.
    pub async fn set_commands(&self, me: UserId, commands: Vec<Command>) -> Result<()> {
        self.rates.act(me)?;
        self.write(me, move |tx, _, _| command::set(tx, me, &commands)).await
    }

    /// Returns the commands of the bots in a room.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`.
    pub async fn commands(&self, me: UserId, room_id: RoomId) -> Result<Vec<(Command, User)>> {
        self.db.read(move |tx| command::list(tx, me, room_id)).await
    }

    /// Runs a command that a member has typed.
    ///
    /// # Errors
    /// `not_found` for a command that the room does not have, which may be sent as a message; `command_failed` where the
    /// program of a webhook does not take it; those of what it does.
    pub async fn run_command(
        &self,
        caller: CommandCaller<'_>,
        room_id: RoomId,
        text: &str,
        key: Option<String>,
    ) -> Result<Done> {
        let CommandCaller { me, lang, address, zone } = caller;
        let (name, arguments) = command::parse(text).ok_or(Code::NotFound)?;
        let Some(command) = BuiltIn::from_name(&name) else {
            let wanted = name.clone();
            if let Some(bot) = self.db.read(move |tx| command::bot_of(tx, room_id, &wanted)).await? {
                let new = NewMessage { key, text: text.to_owned(), to: Some(bot), ..NewMessage::default() };
                return self.say(me.id, room_id, new).await;
            }
            return self.run_hook_command(me, room_id, &name, arguments, lang).await;
        };
        let words = &lang.strings().room;
        match command {
            BuiltIn::Me => {
                let text = emphasised(required(arguments)?);
                self.say(me.id, room_id, NewMessage { key, text, ..NewMessage::default() }).await
            }
            BuiltIn::Shrug => {
                let text = format!("{arguments} {SHRUG}").trim().to_owned();
                self.say(me.id, room_id, NewMessage { key, text, ..NewMessage::default() }).await
            }
            BuiltIn::Silent => {
                let text = required(arguments)?.to_owned();
                self.say(me.id, room_id, NewMessage { key, text, silent: true, ..NewMessage::default() }).await
            }
            BuiltIn::Topic => {
                let title = Some(required(arguments)?.to_owned());
                self.change_room(me, room_id, RoomChange { title, ..RoomChange::default() }).await?;
                Ok(Done::default())
            }
            BuiltIn::Invite => {
                let invite = self.create_invite(me.id, room_id, None, None).await?;
                let link = format!("{address}/invite/{}", invite.code);
                Ok(Done { answer: Some((words.command_invite)(&link)), message: None })
            }
            BuiltIn::Mute => {
                let is_off = arguments == "off";
                let level = if is_off { NotifyLevel::All } else { NotifyLevel::None };
                self.set_notify_level(me.id, room_id, level).await?;
                let answer = if is_off { words.command_unmuted } else { words.command_muted };
                Ok(Done { answer: Some(answer.to_owned()), message: None })
            }
            BuiltIn::Remind => {
                let due = self.remind(me.id, room_id, arguments, zone, lang).await?.due;
                let answer = (lang.strings().scheduled.reminds_at)(&local::date_and_time(&due, now_ms(), lang));
                Ok(Done { answer: Some(answer), message: None })
            }
        }
    }

    async fn say(&self, me: UserId, room_id: RoomId, new: NewMessage) -> Result<Done> {
        let sent = self.send(me, room_id, new).await?;
        Ok(Done { answer: None, message: Some(sent.message) })
    }
}

fn required(arguments: &str) -> Result<&str> {
    match arguments {
        "" => Err(Error::invalid("text", "the command needs more words")),
        _ => Ok(arguments),
    }
}

/// Puts each line of a text in italics.
fn emphasised(text: &str) -> String {
    let lines = text.lines().map(|line| match line.trim() {
        "" => String::new(),
        line => format!("_{line}_"),
    });
    lines.collect::<Vec<_>>().join("\n")
}
