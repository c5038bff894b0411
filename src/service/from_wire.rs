//! Requests of clients as the service takes them.

use super::{Key, RoomChange, RoomRequest, SignUp};
use crate::wire::{ChangeRoom, JoinCredentials, NewRoom, NewUser};

impl From<NewRoom> for RoomRequest {
    fn from(new: NewRoom) -> Self {
        let NewRoom { title, max, password, ephemeral, listed, history } = new;
        Self { title, max, password, ephemeral, unlisted: !listed, history }
    }
}

impl From<ChangeRoom> for RoomChange {
    fn from(change: ChangeRoom) -> Self {
        let ChangeRoom { title, max, password, listed, history, slow_seconds } = change;
        Self { title, max, password, listed, history, slow_seconds }
    }
}

impl From<JoinCredentials> for Key {
    fn from(credentials: JoinCredentials) -> Self {
        Self { password: credentials.password, invite: credentials.invite }
    }
}

impl From<NewUser> for SignUp {
    fn from(new: NewUser) -> Self {
        Self { email: new.email, password: new.password, name: new.name }
    }
}
