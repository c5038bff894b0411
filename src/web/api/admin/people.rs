//! The users of the server.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::Calls;
use super::{Json, Query};
use crate::chat::admin::{Act, Person, Show};
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::service::App;
use crate::web::extract::{SignedIn, UserPath};
use crate::web::form::no_store;
use crate::wire::{ChangeUser, CreateAccount, DeleteUser, OwnMessages};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/admin/users", list, "List all users, newest first. For admins of the server.", |call| {
            call.query::<ListQuery>().response::<Users>(200).refuses(&[Code::TooLong])
        })
        .add(
            "POST",
            "/admin/users",
            create,
            "Create an account, also where nobody can sign up. Its owner chooses a password by the link, which works once, within a \
             day. For admins of the server.",
            |call| {
                let codes = [Code::Invalid, Code::TooLong, Code::Filtered, Code::EmailTaken, Code::Busy, Code::Unavailable];
                call.body::<CreateAccount>().response::<CreatedAccount>(201).refuses(&codes)
            },
        )
        .add(
            "PATCH",
            "/admin/users/{userId}",
            change,
            "Suspend a user or lift that, make them an admin or not. For admins of the server, not about oneself.",
            |call| call.body::<ChangeUser>().response::<Person>(200).refuses(&[Code::TooLong, Code::Suspended]),
        )
        .add(
            "DELETE",
            "/admin/users/{userId}/sessions",
            end_sessions,
            "End all sessions of a user. For admins of the server.",
            |call| call.no_content().refuses(&[Code::Invalid]),
        )
        .add(
            "POST",
            "/admin/users/{userId}/reset",
            reset,
            "Create a link with which a user chooses a new password. It works once, within an hour. For admins of the server.",
            |call| call.response::<Link>(201),
        )
        .add(
            "DELETE",
            "/admin/users/{userId}",
            delete,
            "Delete a user. Messages stay without a sender or are deleted. For admins of the server.",
            |call| call.body::<DeleteUser>().no_content(),
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListQuery {
    /// A part of the name or of the e-mail address.
    #[serde(default)]
    q: String,
    /// `all`, `accounts`, `guests`, `admins` or `suspended`; all if left out.
    #[serde(default)]
    show: Show,
    /// `next` of the page before.
    #[serde(default)]
    after: Option<UserId>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Users {
    users: Vec<Person>,
    /// `after` of the next page; null on the last.
    next: Option<UserId>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Link {
    link: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreatedAccount {
    user: Person,
    link: String,
}

async fn list(State(app): State<App>, me: SignedIn, Query(query): Query<ListQuery>) -> Result<Json<Users>> {
    let page = app.people(me.user.id, query.q, query.show, query.after, query.limit).await?;
    Ok(Json(Users { users: page.people, next: page.next }))
}

async fn create(State(app): State<App>, me: SignedIn, Json(body): Json<CreateAccount>) -> Result<Response> {
    let (user, link) = app.create_account(me.user.id, body.email, body.name).await?;
    Ok(no_store((StatusCode::CREATED, Json(CreatedAccount { user, link })).into_response()))
}

async fn change(
    State(app): State<App>,
    me: SignedIn,
    user: UserPath,
    Json(body): Json<ChangeUser>,
) -> Result<Json<Person>> {
    app.act_on_user(me.user.id, user.id, act(&body)?).await?;
    app.person(me.user.id, user.id).await.map(Json)
}

/// Returns what a change asks for.
fn act(body: &ChangeUser) -> Result<Act> {
    for (field, is_given) in [("hours", body.hours.is_some()), ("reason", body.reason.is_some())] {
        if is_given && body.suspended != Some(true) {
            return Err(Error::invalid(field, format!("{field} is for suspended")));
        }
    }
    match (body.suspended, body.is_admin) {
        (Some(true), None) => Ok(Act::Suspend { hours: body.hours, reason: body.reason.clone() }),
        (Some(false), None) => Ok(Act::Restore),
        (None, Some(true)) => Ok(Act::MakeAdmin),
        (None, Some(false)) => Ok(Act::RemoveAdmin),
        _ => Err(Error::invalid("suspended", "either suspended or isAdmin must be given")),
    }
}

async fn end_sessions(State(app): State<App>, me: SignedIn, user: UserPath) -> Result<StatusCode> {
    app.act_on_user(me.user.id, user.id, Act::EndSessions).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn reset(State(app): State<App>, me: SignedIn, user: UserPath) -> Result<Response> {
    let link = app.reset_link_of(me.user.id, user.id).await?;
    Ok(no_store((StatusCode::CREATED, Json(Link { link })).into_response()))
}

async fn delete(
    State(app): State<App>,
    me: SignedIn,
    user: UserPath,
    Json(body): Json<DeleteUser>,
) -> Result<StatusCode> {
    app.delete_user(me.user.id, user.id, body.messages == OwnMessages::Remove).await?;
    Ok(StatusCode::NO_CONTENT)
}
