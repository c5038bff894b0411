//! The page of those who stay.

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;

use super::lobby::Notice;
use crate::error::Code;
use crate::service::App;
use crate::view::{ConnectedUser, PeoplePage};
use crate::web::caller::{Caller, Me};
use crate::web::form::redirect_with_error;

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
    after: Option<String>,
    #[serde(flatten)]
    notice: Notice,
}

/// `GET /people`
pub(crate) async fn show(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Query(query): Query<Asked>,
) -> Response {
    let Some(me) = me else { return redirect_with_error("/", Code::Unauthenticated) };
    // What is no place in the list is its beginning.
    let after = query.after.and_then(|after| after.parse().ok());
    let (people, next, notice) = match app.directory(me.user.id, Some(query.q.clone()), after, None).await {
        Ok((people, next)) => (people, next, query.notice.code()),
        Err(error) => (Vec::new(), None, Some(error.code)),
    };
    let people = people.into_iter();
    let people =
        people.map(|listed| ConnectedUser { presence: app.realtime.connections.presence(listed.user.id), listed });
    let page = PeoplePage {
        lang: caller.lang,
        me: &me.user,
        q: query.q.trim(),
        people: people.collect(),
        next: next.map(|next| next.to_string()),
        notice,
    };
    (StatusCode::OK, Html(page.html())).into_response()
}
