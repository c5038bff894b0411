//! The page of those who stay.

use axum::extract::{Query, State as Shared};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;

use super::caller::{Caller, Me};
use super::form::see_refused;
use super::lobby::Notice;
use crate::error::Code;
use crate::state::State;
use crate::view::{PeoplePage, Person};

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    after: Option<String>,
    #[serde(flatten)]
    notice: Notice,
}

/// `GET /people`
pub(super) async fn show(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    Query(asked): Query<Asked>,
) -> Response {
    let Some(me) = me else { return see_refused("/", Code::Unauthenticated) };
    // What is no place in the list is its beginning.
    let after = asked.after.and_then(|after| after.parse().ok());
    let (people, next, notice) = match state.people(me.user.id, Some(asked.q.clone()), after, None).await {
        Ok((people, next)) => (people, next, asked.notice.code()),
        Err(error) => (Vec::new(), None, Some(error.code)),
    };
    let people = people.into_iter();
    let people = people.map(|listed| Person { presence: state.live.people.presence(listed.user.id), listed });
    let page = PeoplePage {
        lang: caller.lang,
        me: &me.user,
        q: asked.q.trim(),
        people: people.collect(),
        next: next.map(|next| next.to_string()),
        notice,
    };
    (StatusCode::OK, Html(page.html())).into_response()
}
