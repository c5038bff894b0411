//! The visitor: their language, and the guest that a form makes of them.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;

use crate::chat::user::User;
use crate::cookie;
use crate::error::{Code, Error, Result};
use crate::i18n::Lang;
use crate::service::App;
use crate::web::extract::{Caller, SignedIn};
use crate::web::form::{Form, with_cookie};
use crate::web::redirect::redirect_back;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/lang", post(choose_lang))
}

#[derive(Deserialize)]
struct ChooseLang {
    lang: String,
}

/// `POST /lang`
async fn choose_lang(headers: HeaderMap, Form(form): Form<ChooseLang>) -> Result<Response> {
    let lang = Lang::from_code(&form.lang).ok_or_else(|| Error::invalid("lang", "ko or en"))?;
    Ok(with_cookie(redirect_back(&headers), cookie::set_lang(lang)))
}

/// Returns the user who sends a form, under the name in it. A visitor without a session becomes a
/// guest; the response must then set the cookie.
pub(super) async fn identify(
    app: &App,
    caller: &Caller,
    me: Option<SignedIn>,
    name: Option<String>,
) -> Result<(Arc<User>, Option<HeaderValue>)> {
    let name = name.filter(|name| !name.trim().is_empty());
    let Some(me) = me else {
        if !app.takes_guests() {
            return Err(Code::Unauthenticated.into());
        }
        let entered = app.enter_as_guest(name, caller.clone().into()).await?;
        let cookie = cookie::set_session(&entered.token, app.config.origins.is_https());
        return Ok((Arc::new(entered.user), Some(cookie)));
    };
    match name.filter(|name| *name != me.user.name) {
        Some(name) => Ok((Arc::new(app.rename(&me.user, name).await?), None)),
        None => Ok((me.user, None)),
    }
}

/// Adds the cookie that [`identify`] made, also to an error.
pub(super) fn with_session(response: impl IntoResponse, cookie: Option<HeaderValue>) -> Response {
    let response = response.into_response();
    match cookie {
        Some(cookie) => with_cookie(response, cookie),
        None => response,
    }
}
