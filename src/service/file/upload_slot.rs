//! Limits how many bodies with files each user sends at once. Otherwise uploads in progress, which no quota counts,
//! could fill the disk.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::{Code, Result};
use crate::ids::UserId;

/// Bodies with files that one user may send at a time. Our pages send two.
const AT_ONCE: usize = 8;

/// The number of bodies with files that each user is sending.
#[derive(Clone, Debug, Default)]
pub struct Uploads(Arc<Mutex<HashMap<UserId, usize>>>);

/// One of a user's slots, released when it is dropped.
#[derive(Debug)]
pub struct UploadSlot {
    uploads: Uploads,
    user_id: UserId,
}

impl Uploads {
    /// # Errors
    /// `busy` when all slots are taken.
    pub(super) fn take(&self, user_id: UserId) -> Result<UploadSlot> {
        let mut slots = self.0.lock();
        let taken = slots.entry(user_id).or_default();
        if *taken >= AT_ONCE {
            return Err(Code::Busy.into());
        }
        *taken += 1;
        Ok(UploadSlot { uploads: self.clone(), user_id })
    }
}

impl Drop for UploadSlot {
    fn drop(&mut self) {
        let mut slots = self.uploads.0.lock();
        if let Some(taken) = slots.get_mut(&self.user_id) {
            *taken -= 1;
            if *taken == 0 {
                slots.remove(&self.user_id);
            }
        }
    }
}
