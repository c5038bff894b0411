//! Limits how many bodies with files are taken at once: of each user, of each site, and in total. Otherwise uploads
//! in progress, which no quota counts, could fill the disk and use up the file handles.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::network::UploadLimits;

/// The number of bodies with files that are being sent.
#[derive(Clone, Debug)]
pub struct Uploads(Arc<Mutex<Taken>>);

#[derive(Debug)]
struct Taken {
    limits: UploadLimits,
    users: HashMap<UserId, usize>,
    sites: HashMap<IpAddr, usize>,
    total: usize,
}

/// One of the slots, released when it is dropped.
#[derive(Debug)]
pub struct UploadSlot {
    uploads: Uploads,
    user_id: UserId,
    site: IpAddr,
}

impl Uploads {
    pub(in crate::service) fn new(limits: UploadLimits) -> Self {
        Self(Arc::new(Mutex::new(Taken { limits, users: HashMap::new(), sites: HashMap::new(), total: 0 })))
    }

    /// # Errors
    /// `busy` when all slots are taken; the message says whose.
    pub(super) fn take(&self, user_id: UserId, site: IpAddr) -> Result<UploadSlot> {
        let mut taken = self.0.lock();
        let of = |count: Option<&usize>| count.copied().unwrap_or_default();
        for (count, most, who) in [
            (of(taken.users.get(&user_id)), taken.limits.per_user, "you are uploading too many files"),
            (of(taken.sites.get(&site)), taken.limits.per_site, "your network is uploading too many files"),
            (taken.total, taken.limits.total, "the server is taking too many uploads"),
        ] {
            if count >= most {
                return Err(Error::new(Code::Busy).with_message(format!("{who} at once; try again shortly")));
            }
        }
        *taken.users.entry(user_id).or_default() += 1;
        *taken.sites.entry(site).or_default() += 1;
        taken.total += 1;
        Ok(UploadSlot { uploads: self.clone(), user_id, site })
    }
}

impl Drop for UploadSlot {
    fn drop(&mut self) {
        let mut taken = self.uploads.0.lock();
        release(&mut taken.users, &self.user_id);
        release(&mut taken.sites, &self.site);
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
