//! The page with the accounts of the server.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use crate::chat::member::Presence;
use crate::service::App;
use crate::view::{DirectoryEntry, PeoplePage};
use crate::web::extract::{Caller, SignedIn};
use crate::web::page_error::OrRedirect;
use crate::web::redirect::Notice;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/people", get(show))
}

#[derive(Deserialize)]
struct DirectoryQuery {
    #[serde(default)]
    q: String,
    after: Option<String>,
    #[serde(flatten)]
    notice: Notice,
}

/// `GET /people`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Query(query): Query<DirectoryQuery>,
) -> Response {
    // An invalid cursor shows the first page.
    let after = query.after.and_then(|after| after.parse().ok());
    let (people, next, notice) = match app.directory(me.user.id, Some(query.q.clone()), after, None).await {
        Ok((people, next)) => (people, next, query.notice.code()),
        Err(error) => (Vec::new(), None, Some(error.code)),
    };
    let hides_presence = app.hides_presence(me.user.id).await.unwrap_or(true);
    let presence_of = |id| match hides_presence {
        true => Presence::Offline,
        false => app.realtime.connections.presence(id),
    };
    let people = people.into_iter().map(|listed| DirectoryEntry { presence: presence_of(listed.user.id), listed });
    let page = PeoplePage {
        lang: caller.lang,
        me: &me.user,
        q: query.q.trim(),
        people: people.collect(),
        next: next.map(|next| next.to_string()),
        notice,
    };
    Html(page.html()).into_response()
}
