//! The addresses of incoming webhooks and of answers to slash commands, to which programs send what [`crate::wire::hook`] reads.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::response::IntoResponse;
use axum::routing::post;
use tokio::time::timeout;

use super::extract::{Caller, Path};
use super::form::{BODY_TIMEOUT, content_type, is_too_large};
use crate::chat::session::Token;
use crate::error::{Code, Error, Result};
use crate::service::App;
use crate::wire::hook::{self, HookPost};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/hooks/{secret}", post(receive)).route("/hooks/answers/{secret}", post(answer))
}

/// `POST /hooks/{secret}`: answers `ok`, as Slack does.
async fn receive(
    State(app): State<App>,
    caller: Caller,
    Path(secret): Path<String>,
    request: Request,
) -> Result<&'static str> {
    let secret = secret_of(&app, &caller, &secret)?;
    let (content_type, body) = read_body(&app, request).await?;
    let found = app.hook_of(&secret).await?;
    let HookPost { text, silent } = hook::read(&content_type, &body)?;
    app.post_by_hook(caller.address, found, secret, text, silent).await?;
    Ok("ok")
}

/// `POST /hooks/answers/{secret}`: what the program behind a webhook answers to a slash command.
async fn answer(
    State(app): State<App>,
    caller: Caller,
    Path(secret): Path<String>,
    request: Request,
) -> Result<&'static str> {
    let secret = secret_of(&app, &caller, &secret)?;
    let (_, body) = read_body(&app, request).await?;
    app.answer_command(secret, &body).await?;
    Ok("ok")
}

/// Counts the request of a network, and reads the secret of its path.
fn secret_of(app: &App, caller: &Caller, secret: &str) -> Result<Token> {
    app.rates.read_from(caller.address)?;
    App::hook_secret(secret)
}

/// Reads a body and its type.
async fn read_body(app: &App, request: Request) -> Result<(String, Bytes)> {
    let content_type = content_type(&request).to_ascii_lowercase();
    if is_too_large(&request) {
        return Err(Code::TooLarge.into());
    }
    let body = timeout(BODY_TIMEOUT, Bytes::from_request(request, app)).await;
    let body = body.map_err(|_| Error::new(Code::BadRequest).with_message("the body did not come"))?;
    let body = body.map_err(|rejection| match rejection.into_response().status().as_u16() {
        413 => Error::from(Code::TooLarge),
        _ => Code::BadRequest.into(),
    })?;
    Ok((content_type, body))
}
