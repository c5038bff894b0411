//! One's own page and its forms.

use axum::extract::{Query, Request, State as Shared};
use axum::response::{Html, IntoResponse, Response};
use http::HeaderMap;
use serde::Deserialize;

use super::account::{Arrival, refused};
use super::back;
use super::caller::{Caller, Me};
use super::form::{Form, see, see_refused, with_cookie};
use super::problem;
use super::upload::{Parts, Sender};
use crate::chat::account::Change;
use crate::cookie;
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::state::State;
use crate::view::account::{Done, MePage, Problem, Typed};

/// What was typed into a form that was refused.
#[derive(Default)]
struct Again {
    name: Option<String>,
    bio: Option<String>,
    email: Option<String>,
}

async fn page(
    state: &State,
    caller: &Caller,
    me: &Me,
    again: Again,
    done: Option<Done>,
    problem: Option<&Problem>,
) -> Result<String> {
    let account = state.account(me.user.id).await?;
    let page = MePage {
        lang: caller.lang,
        typed: Typed {
            name: again.name.as_deref().unwrap_or(&account.user.name),
            bio: again.bio.as_deref().unwrap_or(&account.bio),
            email: again.email.as_deref().unwrap_or_default(),
        },
        devices: &state.devices(&me.session).await?,
        blocks: &state.blocks(me.user.id).await?,
        account: &account,
        done,
        problem,
    };
    Ok(page.html())
}

/// `GET /me`
pub(super) async fn show(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    Query(arrival): Query<Arrival>,
) -> Response {
    let Some(me) = me else { return see("/login?next=/me") };
    match page(&state, &caller, &me, Again::default(), arrival.done(), None).await {
        Ok(html) => Html(html).into_response(),
        Err(error) => problem::page(&error, caller.lang),
    }
}

/// Back to the page with what was wrong beside the form, or on.
async fn finish<T>(
    (state, caller, me): (&State, &Caller, &Me),
    acted: Result<T>,
    form: &'static str,
    fields: &[&str],
    again: Again,
) -> Response {
    let error = match acted {
        Ok(_) => return see(&format!("/me?done={}", Done::Saved.name())),
        Err(error) => error,
    };
    let wrong = Problem::new(&error, form, fields);
    match page(state, caller, me, again, None, Some(&wrong)).await {
        Ok(html) => refused(&error, html),
        Err(error) => problem::page(&error, caller.lang),
    }
}

#[derive(Deserialize)]
pub(super) struct Profile {
    name: String,
    /// Left out by the small form beside a talk, which only renames.
    bio: Option<String>,
}

/// `POST /me`
pub(super) async fn change(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    headers: HeaderMap,
    Form(asked): Form<Profile>,
) -> Response {
    let Some(me) = me else { return see_refused("/", Code::Unauthenticated) };
    let Some(bio) = asked.bio else {
        let back = back::of_referer(&headers);
        return match state.rename(&me.user, asked.name).await {
            Ok(_) => see(&back),
            Err(error) => see_refused(&back, error.code),
        };
    };
    let again = Again { name: Some(asked.name.clone()), bio: Some(bio.clone()), email: None };
    let change = Change { name: Some(asked.name), bio: Some(bio), ..Change::default() };
    let acted = state.change_account(&me.user, change, None).await;
    finish((&state, &caller, &me), acted, "profile", &["name", "bio"], again).await
}

/// `POST /me/picture`
pub(super) async fn set_picture(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    request: Request,
) -> Response {
    let Some(me) = me else { return see_refused("/", Code::Unauthenticated) };
    let acted = async {
        let sender = Sender { state: &state, me: me.user.id, room_id: None, files_max: 1 };
        let mut parts = Parts::read(request, sender).await?;
        let upload = parts.files.pop().ok_or_else(|| Error::invalid("file", "the file is missing or empty"))?;
        state.set_picture(me.user.id, upload).await
    };
    let acted = acted.await;
    finish((&state, &caller, &me), acted, "profile", &[], Again::default()).await
}

/// `POST /me/picture/remove`
pub(super) async fn remove_picture(Shared(state): Shared<State>, caller: Caller, me: Option<Me>) -> Response {
    let Some(me) = me else { return see_refused("/", Code::Unauthenticated) };
    let acted = state.remove_picture(me.user.id).await;
    finish((&state, &caller, &me), acted, "profile", &[], Again::default()).await
}

#[derive(Deserialize)]
pub(super) struct Presence {
    /// A box that is not ticked is not sent.
    hides: Option<String>,
}

/// `POST /me/presence`
pub(super) async fn set_presence(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    Form(asked): Form<Presence>,
) -> Response {
    let Some(me) = me else { return see_refused("/", Code::Unauthenticated) };
    let change = Change { hides_presence: Some(asked.hides.is_some()), ..Change::default() };
    let acted = state.change_account(&me.user, change, None).await;
    finish((&state, &caller, &me), acted, "profile", &[], Again::default()).await
}

#[derive(Deserialize)]
pub(super) struct NewEmail {
    email: String,
    password: String,
}

/// `POST /me/email`
pub(super) async fn change_email(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    Form(asked): Form<NewEmail>,
) -> Response {
    let Some(me) = me else { return see_refused("/", Code::Unauthenticated) };
    let change = Change { email: Some(asked.email.clone()), ..Change::default() };
    let acted = state.change_account(&me.user, change, Some(asked.password)).await;
    let again = Again { email: Some(asked.email), ..Again::default() };
    finish((&state, &caller, &me), acted, "email", &["email", "password"], again).await
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    current: String,
    password: String,
}

/// `POST /me/password`
pub(super) async fn change_password(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    Form(asked): Form<NewPassword>,
) -> Response {
    let Some(me) = me else { return see_refused("/", Code::Unauthenticated) };
    let acted = state.change_password(&me.session, asked.current, asked.password).await;
    finish((&state, &caller, &me), acted, "password", &["current", "password"], Again::default()).await
}

#[derive(Deserialize)]
pub(super) struct Sessions {
    id: Option<String>,
}

/// `POST /me/sessions`: ends one, or all the others.
pub(super) async fn end_sessions(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    Form(asked): Form<Sessions>,
) -> Response {
    let Some(me) = me else { return see_refused("/", Code::Unauthenticated) };
    let acted = match asked.id {
        Some(id) => state.log_out_device(&me.session, id).await.map(drop),
        None => state.log_out_everywhere(&me.session, false).await,
    };
    finish((&state, &caller, &me), acted, "sessions", &[], Again::default()).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Block {
    user_id: UserId,
    on: String,
}

/// `POST /me/blocks`
pub(super) async fn block(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    headers: HeaderMap,
    Form(asked): Form<Block>,
) -> Response {
    let Some(me) = me else { return see_refused("/", Code::Unauthenticated) };
    let acted = match asked.on.as_str() {
        "on" => state.block(me.user.id, asked.user_id).await,
        _ => state.unblock(me.user.id, asked.user_id).await,
    };
    let back = back::of_referer(&headers);
    match acted {
        _ if back == "/me" => finish((&state, &caller, &me), acted, "blocks", &[], Again::default()).await,
        Ok(()) => see(&back),
        Err(error) => see_refused(&back, error.code),
    }
}

#[derive(Deserialize)]
pub(super) struct Leave {
    messages: String,
    password: Option<String>,
}

/// `POST /me/delete`
pub(super) async fn leave(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    Form(asked): Form<Leave>,
) -> Response {
    let Some(me) = me else { return see_refused("/", Code::Unauthenticated) };
    match state.leave_house(me.user.id, asked.password, asked.messages == "remove").await {
        Ok(()) => {
            let forget = cookie::forget_session(state.config.origins.is_https());
            with_cookie(see(&format!("/login?done={}", Done::Left.name())), forget)
        }
        acted => finish((&state, &caller, &me), acted, "leave", &["password"], Again::default()).await,
    }
}
