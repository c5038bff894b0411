//! Signing up.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::Calls;
use super::json::Json;
use crate::chat::account::Account;
use crate::chat::user::User;
use crate::error::{Code, Result};
use crate::service::{App, SignUpLink};
use crate::web::extract::{Caller, SignedIn};
use crate::web::form::no_store;
use crate::wire::{NewSignUpLink, NewUser};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("POST", "/users", sign_up, "Sign up. A guest becomes the account, with the same id.", |call| {
            call.public().body::<NewUser>().response::<SignedUp>(201).refuses(&[
                Code::TooLong,
                Code::Filtered,
                Code::EmailTaken,
                Code::Gone,
                Code::JoinsLocked,
            ])
        })
        .add(
            "POST",
            "/users/link",
            mail_sign_up_link,
            "Mail a link to sign up, where only e-mail addresses of some domains may (`signUp: emailDomain`). The answer does not \
             tell whether the address has an account.",
            |call| call.public().body::<NewSignUpLink>().no_content().refuses(&[Code::TooLong, Code::NotFound, Code::JoinsLocked, Code::RateLimited]),
        )
}

/// A new account. The token is shown only once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SignedUp {
    #[serde(flatten)]
    user: User,
    email: Option<String>,
    created_at: String,
    token: String,
}

async fn sign_up(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Json(body): Json<NewUser>,
) -> Result<Response> {
    let entered = app.sign_up(body.into(), me.as_ref().map(|me| &me.session), caller.into()).await?;
    let Account { user, email, created_at, .. } = app.account(entered.user.id).await?;
    let body = SignedUp { user, email, created_at, token: entered.token.reveal() };
    Ok(no_store((StatusCode::CREATED, Json(body)).into_response()))
}

async fn mail_sign_up_link(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<NewSignUpLink>,
) -> Result<StatusCode> {
    app.mail_sign_up_link(SignUpLink { email: body.email, next: None }, caller.lang, caller.address).await?;
    Ok(StatusCode::NO_CONTENT)
}
