//! Passwords of rooms: hashed, and checked when somebody joins.

use std::net::IpAddr;

use super::App;
use crate::chat::member::{Proof, wrong_password};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

impl App {
    /// Hashes the password of a room. An empty field of a form means no password.
    pub(super) async fn hash_room_password(&self, me: UserId, password: Option<String>) -> Result<Option<String>> {
        match password.filter(|password| !password.is_empty()) {
            Some(password) => self.passwords.hash(self.budgets.network_of(me), password).await.map(Some),
            None => Ok(None),
        }
    }

    /// Checks the password of a room against its hash.
    ///
    /// # Errors
    /// `rate_limited`; `wrong_password`, also for none; `busy`.
    pub(super) async fn check_room_password(
        &self,
        me: UserId,
        room_id: RoomId,
        password: Option<String>,
        hash: String,
        address: IpAddr,
    ) -> Result<Proof> {
        let password = password.filter(|password| !password.is_empty()).ok_or_else(wrong_password)?;
        self.rates.guess(room_id, me, address)?;
        if self.passwords.verify(self.budgets.network(address), password, hash.clone()).await? {
            self.rates.guessed(room_id, me, address);
            return Ok(Proof::Verified(hash));
        }
        Err(wrong_password())
    }
}
