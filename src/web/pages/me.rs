//! One's own page and its forms.

use axum::extract::{Query, Request, State};
use axum::response::{Html, IntoResponse, Response};
use http::HeaderMap;
use serde::Deserialize;

use super::account::{SnapshotBatch, refused};
use crate::chat::account::Change;
use crate::cookie;
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::service::App;
use crate::view::account::{Done, MePage, Problem, Typed};
use crate::web::back;
use crate::web::caller::{Caller, Me};
use crate::web::form::{Form, redirect_with_error, see, with_cookie};
use crate::web::multipart::{Parts, Sender};
use crate::web::problem;

/// What was typed into a form that was refused.
#[derive(Default)]
struct Again {
    name: Option<String>,
    bio: Option<String>,
    email: Option<String>,
}

async fn page(
    app: &App,
    caller: &Caller,
    me: &Me,
    again: Again,
    done: Option<Done>,
    problem: Option<&Problem>,
) -> Result<String> {
    let account = app.account(me.user.id).await?;
    let page = MePage {
        lang: caller.lang,
        typed: Typed {
            name: again.name.as_deref().unwrap_or(&account.user.name),
            bio: again.bio.as_deref().unwrap_or(&account.bio),
            email: again.email.as_deref().unwrap_or_default(),
        },
        devices: &app.devices(&me.session).await?,
        blocks: &app.blocks(me.user.id).await?,
        account: &account,
        done,
        problem,
    };
    Ok(page.html())
}

/// `GET /me`
pub(crate) async fn show(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Query(arrival): Query<SnapshotBatch>,
) -> Response {
    let Some(me) = me else { return see("/login?next=/me") };
    match page(&app, &caller, &me, Again::default(), arrival.done(), None).await {
        Ok(html) => Html(html).into_response(),
        Err(error) => problem::page(&error, caller.lang),
    }
}

/// Back to the page with what was wrong beside the form, or on.
async fn finish<T>(
    (app, caller, me): (&App, &Caller, &Me),
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
    match page(app, caller, me, again, None, Some(&wrong)).await {
        Ok(html) => refused(&error, html),
        Err(error) => problem::page(&error, caller.lang),
    }
}

#[derive(Deserialize)]
pub(crate) struct Profile {
    name: String,
    /// Left out by the small form beside a talk, which only renames.
    bio: Option<String>,
}

/// `POST /me`
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    headers: HeaderMap,
    Form(form): Form<Profile>,
) -> Response {
    let Some(me) = me else { return redirect_with_error("/", Code::Unauthenticated) };
    let Some(bio) = form.bio else {
        let back = back::of_referer(&headers);
        return match app.rename(&me.user, form.name).await {
            Ok(_) => see(&back),
            Err(error) => redirect_with_error(&back, error.code),
        };
    };
    let again = Again { name: Some(form.name.clone()), bio: Some(bio.clone()), email: None };
    let change = Change { name: Some(form.name), bio: Some(bio), ..Change::default() };
    let acted = app.change_account(&me.user, change, None).await;
    finish((&app, &caller, &me), acted, "profile", &["name", "bio"], again).await
}

/// `POST /me/picture`
pub(crate) async fn set_picture(State(app): State<App>, caller: Caller, me: Option<Me>, request: Request) -> Response {
    let Some(me) = me else { return redirect_with_error("/", Code::Unauthenticated) };
    let acted = async {
        let sender = Sender { app: &app, me: me.user.id, room_id: None, files_max: 1 };
        let mut parts = Parts::read(request, sender).await?;
        let upload = parts.files.pop().ok_or_else(|| Error::invalid("file", "the file is missing or empty"))?;
        app.set_picture(me.user.id, upload).await
    };
    let acted = acted.await;
    finish((&app, &caller, &me), acted, "profile", &[], Again::default()).await
}

/// `POST /me/picture/remove`
pub(crate) async fn remove_picture(State(app): State<App>, caller: Caller, me: Option<Me>) -> Response {
    let Some(me) = me else { return redirect_with_error("/", Code::Unauthenticated) };
    let acted = app.remove_picture(me.user.id).await;
    finish((&app, &caller, &me), acted, "profile", &[], Again::default()).await
}

#[derive(Deserialize)]
pub(crate) struct Presence {
    /// A box that is not ticked is not sent.
    hides: Option<String>,
}

/// `POST /me/presence`
pub(crate) async fn set_presence(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Form(form): Form<Presence>,
) -> Response {
    let Some(me) = me else { return redirect_with_error("/", Code::Unauthenticated) };
    let change = Change { hides_presence: Some(form.hides.is_some()), ..Change::default() };
    let acted = app.change_account(&me.user, change, None).await;
    finish((&app, &caller, &me), acted, "profile", &[], Again::default()).await
}

#[derive(Deserialize)]
pub(crate) struct NewEmail {
    email: String,
    password: String,
}

/// `POST /me/email`
pub(crate) async fn change_email(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Form(form): Form<NewEmail>,
) -> Response {
    let Some(me) = me else { return redirect_with_error("/", Code::Unauthenticated) };
    let change = Change { email: Some(form.email.clone()), ..Change::default() };
    let acted = app.change_account(&me.user, change, Some(form.password)).await;
    let again = Again { email: Some(form.email), ..Again::default() };
    finish((&app, &caller, &me), acted, "email", &["email", "password"], again).await
}

#[derive(Deserialize)]
pub(crate) struct NewPassword {
    current: String,
    password: String,
}

/// `POST /me/password`
pub(crate) async fn change_password(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Form(form): Form<NewPassword>,
) -> Response {
    let Some(me) = me else { return redirect_with_error("/", Code::Unauthenticated) };
    let acted = app.change_password(&me.session, form.current, form.password).await;
    finish((&app, &caller, &me), acted, "password", &["current", "password"], Again::default()).await
}

#[derive(Deserialize)]
pub(crate) struct Sessions {
    id: Option<String>,
}

/// `POST /me/sessions`: ends one, or all the others.
pub(crate) async fn end_sessions(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Form(form): Form<Sessions>,
) -> Response {
    let Some(me) = me else { return redirect_with_error("/", Code::Unauthenticated) };
    let acted = match form.id {
        Some(id) => app.log_out_device(&me.session, id).await.map(drop),
        None => app.log_out_everywhere(&me.session, false).await,
    };
    finish((&app, &caller, &me), acted, "sessions", &[], Again::default()).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Block {
    user_id: UserId,
    on: String,
}

/// `POST /me/blocks`
pub(crate) async fn block(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    headers: HeaderMap,
    Form(form): Form<Block>,
) -> Response {
    let Some(me) = me else { return redirect_with_error("/", Code::Unauthenticated) };
    let acted = match form.on.as_str() {
        "on" => app.block(me.user.id, form.user_id).await,
        _ => app.unblock(me.user.id, form.user_id).await,
    };
    let back = back::of_referer(&headers);
    match acted {
        _ if back == "/me" => finish((&app, &caller, &me), acted, "blocks", &[], Again::default()).await,
        Ok(()) => see(&back),
        Err(error) => redirect_with_error(&back, error.code),
    }
}

#[derive(Deserialize)]
pub(crate) struct Leave {
    messages: String,
    password: Option<String>,
}

/// `POST /me/delete`
pub(crate) async fn leave(State(app): State<App>, caller: Caller, me: Option<Me>, Form(form): Form<Leave>) -> Response {
    let Some(me) = me else { return redirect_with_error("/", Code::Unauthenticated) };
    match app.delete_account(me.user.id, form.password, form.messages == "remove").await {
        Ok(()) => {
            let forget = cookie::forget_session(app.config.origins.is_https());
            with_cookie(see(&format!("/login?done={}", Done::Left.name())), forget)
        }
        acted => finish((&app, &caller, &me), acted, "leave", &["password"], Again::default()).await,
    }
}
