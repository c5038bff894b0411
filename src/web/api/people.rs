//! The people who stay.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::{Json, Query};
use crate::chat::user::User;
use crate::error::{Error, Result};
use crate::service::{App, DirectoryCursor};
use crate::web::caller::Me;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListQuery {
    /// A part of the name: syllables, first consonants (ㅎㄱㄷ of 홍길동), letters.
    #[serde(default)]
    q: Option<String>,
    /// `next` of the page before.
    #[serde(default)]
    after: Option<String>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Users {
    users: Vec<User>,
    /// `after` of the next page; null on the last. A page may have fewer people than asked for, or
    /// none, and still not be the last.
    next: Option<String>,
}

pub(super) async fn list(State(app): State<App>, me: Me, Query(query): Query<ListQuery>) -> Result<Json<Users>> {
    let after = query.after.map(|after| after.parse::<DirectoryCursor>()).transpose();
    let after = after.map_err(|()| Error::invalid("after", "after must be the next of a page"))?;
    let (people, next) = app.directory(me.user.id, query.q, after, query.limit).await?;
    let users = people.into_iter().map(|one| one.user).collect();
    Ok(Json(Users { users, next: next.map(|next| next.to_string()) }))
}
