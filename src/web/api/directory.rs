//! The directory: accounts by name.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::{Json, Query};
use crate::chat::user::User;
use crate::error::{Code, Result};
use crate::service::{App, DirectoryCursor};
use crate::web::extract::{SignedIn, cursor};

pub(super) fn calls(calls: Calls) -> Calls {
    calls.add("GET", "/users", list, "List accounts by name, or those whose name contains `q`.", |call| {
        call.query::<ListQuery>().response::<Users>(200).refuses(&[Code::TooLong])
    })
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListQuery {
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
struct Users {
    users: Vec<User>,
    /// `after` of the next page; null on the last. A page may have fewer users than `limit`, or
    /// none, and still not be the last.
    next: Option<String>,
}

async fn list(State(app): State<App>, me: SignedIn, Query(query): Query<ListQuery>) -> Result<Json<Users>> {
    let after = cursor::<DirectoryCursor>(query.after)?;
    let (people, next) = app.directory(me.user.id, query.q, after, query.limit).await?;
    let users = people.into_iter().map(|one| one.user).collect();
    Ok(Json(Users { users, next: next.map(|next| next.to_string()) }))
}
