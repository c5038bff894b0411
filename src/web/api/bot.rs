//! Bots of an account.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::Json;
use crate::chat::bot;
use crate::chat::kinds::BotRight;
use crate::chat::session::Token;
use crate::chat::user::User;
use crate::clock::rfc3339;
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{SignedIn, UserPath};

/// The calls that bots may make, each with the right that it needs.
pub(super) const ALLOWED: &[(&str, &str, BotRight)] = &[
    ("GET", "/me", BotRight::Read),
    ("GET", "/me/rooms", BotRight::Read),
    ("GET", "/users/{id}", BotRight::Read),
    ("GET", "/rooms", BotRight::Read),
    ("GET", "/rooms/{id}", BotRight::Read),
    ("GET", "/rooms/{id}/members", BotRight::Read),
    ("GET", "/rooms/{id}/messages", BotRight::Read),
    ("GET", "/rooms/{id}/pins", BotRight::Read),
    ("GET", "/rooms/{id}/files", BotRight::Read),
    ("GET", "/search", BotRight::Read),
    ("POST", "/rooms/{id}/members", BotRight::Join),
    ("DELETE", "/rooms/{id}/members/me", BotRight::Join),
    ("POST", "/rooms/{id}/messages", BotRight::Send),
    ("POST", "/rooms/{id}/files", BotRight::Send),
    ("PUT", "/me/commands", BotRight::Send),
    ("POST", "/uploads", BotRight::Send),
    ("PATCH", "/messages/{id}", BotRight::Send),
    ("DELETE", "/messages/{id}", BotRight::Send),
    ("PUT", "/messages/{id}/reactions/{emoji}", BotRight::React),
    ("DELETE", "/messages/{id}/reactions/{emoji}", BotRight::React),
    ("POST", "/direct", BotRight::Direct),
];

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/me/bots", list, "List one's bots.", |call| call.response::<Bots>(200))
        .add(
            "POST",
            "/me/bots",
            create,
            "Create a bot. Its key, a bearer token and the token of its sockets, is shown once. For accounts.",
            |call| {
                call.body::<NewBot>().response::<BotWithKey>(201).refuses(&[
                    Code::TooLong,
                    Code::TooMany,
                    Code::Filtered,
                ])
            },
        )
        .add("PATCH", "/me/bots/{userId}", rename, "Rename a bot.", |call| {
            call.body::<BotName>().response::<Bot>(200).refuses(&[Code::TooLong, Code::Filtered])
        })
        .add(
            "POST",
            "/me/bots/{userId}/rotate",
            rotate,
            "Give a bot a new key, and other rights if there are any. The old key and its sockets end at once.",
            |call| call.body::<NewRights>().response::<BotWithKey>(200).refuses(&[Code::Suspended]),
        )
        .add("DELETE", "/me/bots/{userId}", delete, "Delete a bot. Its messages stay, without an author.", |call| {
            call.no_content()
        })
}

/// A program that takes part like a person, in rooms in which its owner is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Bot {
    user: User,
    rights: Vec<BotRight>,
    /// RFC 3339 UTC with milliseconds.
    created_at: String,
    /// When its key was last used, to an hour.
    used_at: Option<String>,
}

impl From<bot::Bot> for Bot {
    fn from(bot: bot::Bot) -> Self {
        Self {
            user: bot.user,
            rights: bot.rights,
            created_at: rfc3339(bot.created_at),
            used_at: bot.used_at.map(rfc3339),
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct BotWithKey {
    #[serde(flatten)]
    bot: Bot,
    /// A secret. It ends after 90 days without use.
    key: String,
}

impl BotWithKey {
    fn new((bot, key): (bot::Bot, Token)) -> Json<Self> {
        Json(Self { bot: bot.into(), key: key.reveal() })
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Bots {
    /// At most 20, the oldest first.
    bots: Vec<Bot>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewBot {
    name: String,
    /// What it may do; nothing else is allowed.
    rights: Vec<BotRight>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BotName {
    name: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewRights {
    /// Left out, the rights stay.
    #[serde(default)]
    rights: Option<Vec<BotRight>>,
}

async fn list(State(app): State<App>, me: SignedIn) -> Result<Json<Bots>> {
    let bots = app.bots(me.user.id).await?;
    Ok(Json(Bots { bots: bots.into_iter().map(Bot::from).collect() }))
}

async fn create(
    State(app): State<App>,
    me: SignedIn,
    Json(body): Json<NewBot>,
) -> Result<(StatusCode, Json<BotWithKey>)> {
    let created = app.create_bot(me.user.id, body.name, body.rights).await?;
    Ok((StatusCode::CREATED, BotWithKey::new(created)))
}

async fn rename(State(app): State<App>, me: SignedIn, bot: UserPath, Json(body): Json<BotName>) -> Result<Json<Bot>> {
    let bot = app.rename_bot(me.user.id, bot.id, body.name).await?;
    Ok(Json(bot.into()))
}

async fn rotate(
    State(app): State<App>,
    me: SignedIn,
    bot: UserPath,
    Json(body): Json<NewRights>,
) -> Result<Json<BotWithKey>> {
    app.rotate_bot(me.user.id, bot.id, body.rights).await.map(BotWithKey::new)
}

async fn delete(State(app): State<App>, me: SignedIn, bot: UserPath) -> Result<StatusCode> {
    app.delete_bot(me.user.id, bot.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
