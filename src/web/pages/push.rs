//! The browsers that are pushed to, by form. A browser subscribes by script, at `/api/me/push-subscriptions`.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;

use super::me::{MyPage, Typed};
use crate::service::App;
use crate::web::extract::{Caller, PushPath, SignedIn};
use crate::web::form::Form;
use crate::web::page_error::OrRedirect;
use crate::web::redirect::redirect;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/me/push-subscriptions/{pushId}/text", post(set_hides_text))
        .route("/me/push-subscriptions/{pushId}/test", post(test))
        .route("/me/push-subscriptions/{pushId}/delete", post(unsubscribe))
}

#[derive(Deserialize)]
struct SetHidesText {
    /// `on`, or left out.
    hides: Option<String>,
}

/// `POST /me/push-subscriptions/{pushId}/text`
async fn set_hides_text(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    push: PushPath,
    Form(form): Form<SetHidesText>,
) -> Response {
    let set = app.set_push_hides_text(me.user.id, push.id, form.hides.is_some()).await;
    MyPage::new(&app, &caller, &me).after(set, "push", &[], Typed::default()).await
}

/// `POST /me/push-subscriptions/{pushId}/test`: the list says how it went.
async fn test(State(app): State<App>, caller: Caller, me: OrRedirect<SignedIn>, push: PushPath) -> Response {
    match app.test_push(me.user.id, push.id).await {
        Ok(Some(_)) => redirect("/me#push"),
        tested => MyPage::new(&app, &caller, &me).after(tested, "push", &[], Typed::default()).await,
    }
}

/// `POST /me/push-subscriptions/{pushId}/delete`
async fn unsubscribe(State(app): State<App>, caller: Caller, me: OrRedirect<SignedIn>, push: PushPath) -> Response {
    let done = app.unsubscribe(me.user.id, push.id).await;
    MyPage::new(&app, &caller, &me).after(done, "push", &[], Typed::default()).await
}
