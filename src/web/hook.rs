//! The address of an incoming webhook, to which programs send what [`crate::wire::hook`] reads.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::response::IntoResponse;
use axum::routing::post;
use tokio::time::timeout;

use super::extract::{Caller, Path};
use super::form::{BODY_TIMEOUT, content_type, is_too_large};
use crate::error::{Code, Error, Result};
use crate::service::App;
use crate::wire::hook;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/hooks/{secret}", post(receive))
}

/// `POST /hooks/{secret}`: answers `ok`, as Slack does.
async fn receive(
    State(app): State<App>,
    caller: Caller,
    Path(secret): Path<String>,
    request: Request,
) -> Result<&'static str> {
    app.rates.read_from(caller.address)?;
    let secret = App::hook_secret(&secret)?;
    let content_type = content_type(&request).to_ascii_lowercase();
    if is_too_large(&request) {
        return Err(Code::TooLarge.into());
    }
    let body = timeout(BODY_TIMEOUT, Bytes::from_request(request, &app)).await;
    let body = body.map_err(|_| Error::new(Code::BadRequest).with_message("the body did not come"))?;
    let body = body.map_err(|rejection| match rejection.into_response().status().as_u16() {
        413 => Error::from(Code::TooLarge),
        _ => Code::BadRequest.into(),
    })?;
    // A body is read for those only who know an address.
    let found = app.hook_of(&secret).await?;
    let text = hook::read(&content_type, &body)?;
    app.post_by_hook(caller.address, found, secret, text).await?;
    Ok("ok")
}
