//! The rooms of the server, and the forms about one of them.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use serde::Deserialize;

use super::{AdminQuery, back_to, open_reports};
use crate::error::Result;
use crate::ids::RoomId;
use crate::service::App;
use crate::view::admin::RoomsPage;
use crate::web::extract::{Caller, RoomPath, SignedIn};
use crate::web::form::Form;
use crate::web::page_error::{OrPageError, OrRedirect, PageResult};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/admin/rooms", get(show)).route("/admin/rooms/{id}", post(act))
}

#[derive(Deserialize)]
struct RoomsQuery {
    after: Option<RoomId>,
    #[serde(flatten)]
    common: AdminQuery,
}

/// `GET /admin/rooms`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Query(query): Query<RoomsQuery>,
) -> PageResult {
    let q = query.common.q.trim().to_owned();
    let page = app.all_rooms(me.user.id, q, query.after, None).await.or_problem(caller.lang)?;
    let page = RoomsPage {
        lang: caller.lang,
        head: query.common.head(open_reports(&app, &me).await.or_problem(caller.lang)?),
        rooms: &page.rooms,
        next: page.next.map(|next| next.to_string()),
    };
    Ok(Html(page.html()).into_response())
}

/// The buttons of the page.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Button {
    Close,
    Open,
    HandOver,
    Remove,
}

#[derive(Deserialize)]
struct RoomForm {
    act: Button,
    /// The e-mail address or the id of the new owner.
    #[serde(default)]
    to: String,
    #[serde(default)]
    q: String,
}

/// `POST /admin/rooms/{id}`
async fn act(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<RoomForm>,
) -> PageResult {
    back_to(caller.lang, "/admin/rooms", &[("q", &form.q)], carry_out(&app, &me, room.id, &form).await)
}

async fn carry_out(app: &App, me: &SignedIn, id: RoomId, form: &RoomForm) -> Result<()> {
    let my_id = me.user.id;
    match form.act {
        Button::Close | Button::Open => app.close_room(my_id, id, form.act == Button::Close).await.map(drop),
        Button::HandOver => {
            let to = app.find_user(my_id, form.to.clone()).await?;
            app.give_room(my_id, id, to).await.map(drop)
        }
        Button::Remove => {
            app.check_admin(my_id).await?;
            app.remove_room(&me.user, id).await
        }
    }
}
