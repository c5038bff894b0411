//! Who is sending files right now: one person has a few places, so that nobody fills the disk with
//! what is still on its way, where no quota counts it.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::{Code, Result};
use crate::ids::UserId;

/// Bodies with files that one person may send at a time. Our pages send two.
const AT_ONCE: usize = 8;

/// How many bodies with files each person is sending.
#[derive(Clone, Debug, Default)]
pub struct Uploads(Arc<Mutex<HashMap<UserId, usize>>>);

/// A place among those that one person has, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    uploads: Uploads,
    user_id: UserId,
}

impl Uploads {
    /// # Errors
    /// `busy` when all places are taken.
    pub(super) fn take(&self, user_id: UserId) -> Result<Place> {
        let mut places = self.0.lock();
        let taken = places.entry(user_id).or_default();
        if *taken >= AT_ONCE {
            return Err(Code::Busy.into());
        }
        *taken += 1;
        Ok(Place { uploads: self.clone(), user_id })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.uploads.0.lock();
        if let Some(taken) = places.get_mut(&self.user_id) {
            *taken -= 1;
            if *taken == 0 {
                places.remove(&self.user_id);
            }
        }
    }
}
