//! Limits how many bodies with files are taken at once: of each user, of each network, and in total. Otherwise uploads
//! in progress, which no quota counts, could fill the disk and use up the file handles.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::{Code, Error, Result};
use crate::ids::UserId;

/// The number of bodies with files that are being sent.
#[derive(Clone, Debug)]
pub struct Uploads(Arc<Mutex<Taken>>);

#[derive(Debug)]
struct Taken {
    /// The limits: by user, by network, in total.
    max: (usize, usize, usize),
    users: HashMap<UserId, usize>,
    networks: HashMap<IpAddr, usize>,
    total: usize,
}

/// One of the slots, released when it is dropped.
#[derive(Debug)]
pub struct UploadSlot {
    uploads: Uploads,
    user_id: UserId,
    network: IpAddr,
}

impl Uploads {
    pub(in crate::service) fn new(max: (usize, usize, usize)) -> Self {
        Self(Arc::new(Mutex::new(Taken { max, users: HashMap::new(), networks: HashMap::new(), total: 0 })))
    }

    /// # Errors
    /// `busy` when all slots are taken; the message says whose.
    pub(super) fn take(&self, user_id: UserId, network: IpAddr) -> Result<UploadSlot> {
        let mut taken = self.0.lock();
        let of = |count: Option<&usize>| count.copied().unwrap_or_default();
        let (by_user, by_network, in_total) = taken.max;
        let refusal = if of(taken.users.get(&user_id)) >= by_user {
            Some("you are uploading too many files at once; try again shortly")
        } else if of(taken.networks.get(&network)) >= by_network {
            Some("your network is uploading too many files at once; try again shortly")
        } else {
            (taken.total >= in_total).then_some("the server is taking too many uploads at once; try again shortly")
        };
        if let Some(why) = refusal {
            return Err(Error::new(Code::Busy).with_message(why));
        }
        *taken.users.entry(user_id).or_default() += 1;
        *taken.networks.entry(network).or_default() += 1;
        taken.total += 1;
        Ok(UploadSlot { uploads: self.clone(), user_id, network })
    }
}

impl Drop for UploadSlot {
    fn drop(&mut self) {
        let mut taken = self.uploads.0.lock();
        release(&mut taken.users, &self.user_id);
        release(&mut taken.networks, &self.network);
        taken.total -= 1;
    }
}

fn release<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
