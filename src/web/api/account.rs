//! Accounts: logging in, users of another server, and one's own account.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};

use super::Calls;
use super::json::Json;
use super::session::logged_out;
use super::user::Entered;
use crate::chat::account::Account;
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{Caller, SignedIn, bearer};
use crate::web::form::no_store;
use crate::wire::{ChangeAccount, DeleteAccount, LogIn, NewPassword, NewToken, OwnMessages};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add(
            "POST",
            "/tokens",
            token,
            "Create or find a user of your own server, with a server key as bearer. The same id gives the same user.",
            |call| {
                call.body::<NewToken>().response::<Entered>(201).refuses(&[
                    Code::Unauthenticated,
                    Code::Suspended,
                    Code::RateLimited,
                    Code::TooLong,
                    Code::Filtered,
                ])
            },
        )
        .add("POST", "/session", log_in, "Log in with e-mail address and password.", |call| {
            call.public().body::<LogIn>().response::<Entered>(201).refuses(&[Code::BadCredentials, Code::Suspended])
        })
        .add("GET", "/me", show, "The signed-in user.", |call| call.response::<Account>(200).refuses(&[Code::NotFound]))
        .add(
            "PATCH",
            "/me",
            change,
            "Change name, bio, e-mail address, or what others see. With `signUp: emailDomain`, a link is mailed to a new address: \
             `email` stays until it is confirmed there.",
            |call| {
                call.body::<ChangeAccount>().response::<Account>(200).refuses(&[
                    Code::TooLong,
                    Code::Filtered,
                    Code::BadCredentials,
                    Code::NotFound,
                    Code::EmailTaken,
                    Code::Conflict,
                ])
            },
        )
        .add(
            "DELETE",
            "/me",
            delete_account,
            "Delete the account. Messages stay without a sender or are deleted.",
            |call| call.body::<DeleteAccount>().no_content().refuses(&[Code::BadCredentials]),
        )
        .add(
            "PUT",
            "/me/password",
            change_password,
            "Change the password. All other sessions end and their sockets are closed.",
            |call| {
                call.body::<NewPassword>().no_content().refuses(&[Code::TooLong, Code::BadCredentials, Code::NotFound])
            },
        )
}

async fn log_in(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Json(body): Json<LogIn>,
) -> Result<Response> {
    let former = me.as_ref().map(|me| &me.session);
    let entered = app.log_in(body.email, body.password, former, caller.into()).await?;
    Ok(no_store((StatusCode::CREATED, Json(Entered::from(entered))).into_response()))
}

async fn token(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<NewToken>,
) -> Result<Response> {
    let key = bearer(&headers).ok_or(Code::Unauthenticated)??;
    let entered = app.enter_outsider(key, body.into(), caller.into()).await?;
    Ok(no_store((StatusCode::CREATED, Json(Entered::from(entered))).into_response()))
}

async fn show(State(app): State<App>, me: SignedIn) -> Result<Json<Account>> {
    app.account(me.user.id).await.map(Json)
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    Json(mut body): Json<ChangeAccount>,
) -> Result<Json<Account>> {
    let password = body.password.take();
    let (account, _) = app.change_account(&me.user, body.into(), password, caller.lang, caller.address).await?;
    Ok(Json(account))
}

async fn change_password(State(app): State<App>, me: SignedIn, Json(body): Json<NewPassword>) -> Result<StatusCode> {
    app.change_password(&me.session, body.current, body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_account(State(app): State<App>, me: SignedIn, Json(body): Json<DeleteAccount>) -> Result<Response> {
    app.delete_account(me.user.id, body.password, body.messages == OwnMessages::Remove).await?;
    Ok(logged_out(&app, true))
}
