//! Profiles, and one's own picture.

use axum::extract::{Request, State};

use super::Calls;
use super::json::Json;
use crate::chat::user::{Profile, User};
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{Path, SignedIn};
use crate::web::multipart::single_file;

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add(
            "PUT",
            "/me/picture",
            set_picture,
            "Set the profile picture (multipart: `file`); its middle is shown as a square.",
            |call| call.multipart().response::<User>(200),
        )
        .add("DELETE", "/me/picture", remove_picture, "Remove the profile picture.", |call| call.response::<User>(200))
        .add(
            "GET",
            "/users/{id}",
            show,
            "A user's profile. Accounts are visible to everyone, guests to users who share a room with them.",
            |call| call.response::<Profile>(200),
        )
}

async fn show(State(app): State<App>, me: SignedIn, Path(id): Path<String>) -> Result<Json<Profile>> {
    let id = id.parse().map_err(|_| Code::NotFound)?;
    app.profile(me.user.id, id).await.map(Json)
}

async fn set_picture(State(app): State<App>, me: SignedIn, request: Request) -> Result<Json<User>> {
    let upload = single_file(request, &app, me.user.id).await?;
    app.set_picture(me.user.id, upload).await.map(Json)
}

async fn remove_picture(State(app): State<App>, me: SignedIn) -> Result<Json<User>> {
    app.remove_picture(me.user.id).await.map(Json)
}
