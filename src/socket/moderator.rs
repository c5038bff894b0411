//! Moderators over the socket.

use super::ChatSocket;
use crate::error::Result;
use crate::service::App;
use crate::wire::{Answer, Moderator, Rev};

pub(super) async fn set(app: App, socket: ChatSocket, request: Moderator) -> Result<Answer<Rev>> {
    let rev = app.set_moderator(socket.user()?.id, request.room.id()?, request.user_id, request.on).await?;
    Ok(Rev { rev }.into())
}
