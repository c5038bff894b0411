//! Slash commands.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::Json;
use crate::chat::command::{self, BuiltIn};
use crate::chat::user::User;
use crate::error::{Code, Result};
use crate::i18n::Lang;
use crate::service::{App, CommandCaller};
use crate::web::extract::{Caller, RoomPath, SignedIn};
use crate::wire::WireMessage;

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add(
            "GET",
            "/rooms/{id}/commands",
            list,
            "List the slash commands of a room: those that every room has, and those of its bots and webhooks.",
            |call| call.response::<Commands>(200).for_members(),
        )
        .add(
            "POST",
            "/rooms/{id}/commands",
            run,
            "Run a slash command. One of a bot is whispered to it, and the bot answers by a whisper or to the room; one of a \
             webhook is posted to its address, whose answer is for the caller or for the room. `not_found` for a text that is no command of the room, which may be sent as a message.",
            |call| {
                call.body::<Run>().response::<Ran>(200).for_members().writes().refuses(&[
                    Code::NotFound,
                    Code::TooLong,
                    Code::TooMany,
                    Code::CommandFailed,
                ])
            },
        )
        .add("PUT", "/me/commands", set, "Replace one's slash commands. For bots.", |call| {
            call.body::<SetCommands>().no_content().refuses(&[Code::TooMany])
        })
}

#[derive(Serialize, JsonSchema)]
struct Commands {
    commands: Vec<Command>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Command {
    /// Without the slash.
    name: String,
    /// What it does and takes, in Korean and English.
    hint_ko: String,
    hint_en: String,
    /// The bot or the webhook whose it is; null for one that every room has.
    bot: Option<User>,
}

impl Command {
    fn built_in((at, command): (usize, BuiltIn)) -> Self {
        let hint = |lang: Lang| lang.strings().room.command_hints[at].to_owned();
        Self { name: command.name().to_owned(), hint_ko: hint(Lang::Ko), hint_en: hint(Lang::En), bot: None }
    }
}

impl From<(command::Command, User)> for Command {
    fn from((command, bot): (command::Command, User)) -> Self {
        Self { name: command.name, hint_ko: command.hint_ko, hint_en: command.hint_en, bot: Some(bot) }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Run {
    /// As it is typed, with the slash.
    text: String,
    /// The sender's own id, as for a message.
    #[serde(default)]
    key: Option<String>,
    /// The IANA name of the time zone that `/remind` reads times in, such as `Asia/Seoul`; UTC if left out.
    #[serde(default)]
    zone: Option<String>,
}

/// What a command has done.
#[derive(Serialize, JsonSchema)]
struct Ran {
    /// An answer for the caller alone.
    answer: Option<String>,
    /// The message that was sent.
    message: Option<WireMessage>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetCommands {
    /// At most twenty.
    commands: Vec<NewCommand>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewCommand {
    /// A word without the slash.
    name: String,
    /// At most 80 characters.
    hint_ko: String,
    hint_en: String,
}

async fn list(State(app): State<App>, me: SignedIn, room: RoomPath) -> Result<Json<Commands>> {
    let of_bots = app.commands(me.user.id, room.id).await?;
    let built_in = BuiltIn::ALL.into_iter().enumerate().map(Command::built_in);
    Ok(Json(Commands { commands: built_in.chain(of_bots.into_iter().map(Command::from)).collect() }))
}

async fn run(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    room: RoomPath,
    headers: HeaderMap,
    Json(body): Json<Run>,
) -> Result<Json<Ran>> {
    let address = app.config.origins.address(&headers).unwrap_or_default();
    let zone = body.zone.as_deref();
    let from = CommandCaller { me: &me.user, lang: caller.lang, address: &address, zone };
    let done = app.run_command(from, room.id, &body.text, body.key).await?;
    let message = done.message.map(|message| WireMessage::new(message, caller.lang, Some(me.user.id)));
    Ok(Json(Ran { answer: done.answer, message }))
}

impl SetCommands {
    pub(super) fn commands(self) -> Vec<command::Command> {
        let command = |NewCommand { name, hint_ko, hint_en }| command::Command { name, hint_ko, hint_en };
        self.commands.into_iter().map(command).collect()
    }
}

async fn set(State(app): State<App>, me: SignedIn, Json(body): Json<SetCommands>) -> Result<StatusCode> {
    app.set_commands(me.user.id, body.commands()).await?;
    Ok(StatusCode::NO_CONTENT)
}
