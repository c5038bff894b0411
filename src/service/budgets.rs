//! Budgets of networks, beside the rate limits of each user: guests are free, so that limits by user alone would let one
//! network store and publish without end. A network is an IPv4 address or an IPv6 /64, unless the settings say otherwise.
//!
//! The budgets are wide: a school or an office of 300 people behind one address does not notice them. Beside them the
//! server has one for all its guests and one for all its accounts, so that many networks together do not fill it either,
//! and guests do not use up what accounts need. A site, an IPv4 /24 or an IPv6 /48, has that of a few networks, as one
//! person can hold all of it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use parking_lot::Mutex;
use socketio::{Rate, RateLimiter};
use tokio::time::Instant;

use super::disk_space::DiskSpace;
use super::rates::take;
use crate::chat::server_settings::SharedSettings;
use crate::chat::user::UserKind;
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::network::{Guests, NetworkLimits};

/// What a stored row costs beside its text.
const ROW_BYTES: usize = 512;
const KIB: usize = 1_024;
/// The key of the server's own budgets.
const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// How many times the budget of one network a site has.
const SITE_SHARE: u32 = 4;
/// How many times the budget of one network all networks have together.
const SERVER_SHARE: u32 = 32;
/// How many origins are kept before old ones are looked for.
const MIN_SWEEP_AT: usize = 20_000;
/// Users with a request or an open socket are seen more often than this.
const FORGET_AFTER: Duration = Duration::from_secs(3_600);

/// Where a user was last seen.
struct Origin {
    network: IpAddr,
    kind: UserKind,
    seen_at: Instant,
}

struct Origins {
    users: HashMap<UserId, Origin>,
    /// How many are kept before old ones are forgotten. It follows the number of present users.
    sweep_at: usize,
}

/// The budgets of one kind of users: of each network, of each site and, under [`SERVER`], of all of them.
struct KindBudgets {
    of_network: Budget,
    of_site: Budget,
    of_server: Budget,
}

/// What may be created and stored.
struct Budget {
    rooms: RateLimiter<IpAddr>,
    sends: RateLimiter<IpAddr>,
    /// In KiB.
    stored: RateLimiter<IpAddr>,
}

impl Budget {
    /// `share` is how many times the budget of one network's guests it is.
    fn new(limits: &NetworkLimits, share: u32) -> Self {
        let stored = limits.megabytes_a_day.saturating_mul(share).max(1).saturating_mul(KIB as u32);
        Self {
            rooms: RateLimiter::new(Rate::per_hour(limits.rooms_an_hour.saturating_mul(share))),
            sends: RateLimiter::new(Rate::per_second(100 * share).burst(2_000 * share)),
            stored: RateLimiter::new(Rate::per(DAY, stored).burst(stored / 4 + 1)),
        }
    }
}

impl KindBudgets {
    fn new(limits: &NetworkLimits, share: u32) -> Self {
        Self {
            of_network: Budget::new(limits, share),
            of_site: Budget::new(limits, share * SITE_SHARE),
            of_server: Budget::new(limits, share * SERVER_SHARE),
        }
    }

    /// The budgets that a user of a network draws on.
    fn of(&self, network: IpAddr, site: IpAddr) -> [(&Budget, IpAddr); 3] {
        [(&self.of_network, network), (&self.of_site, site), (&self.of_server, SERVER)]
    }
}

/// The budgets of networks.
pub(super) struct Budgets {
    is_on: bool,
    limits: NetworkLimits,
    server: SharedSettings,
    origins: Mutex<Origins>,
    /// New guests of each site and of all of them; `rates` counts those of each network.
    new_guests_of_site: RateLimiter<IpAddr>,
    new_guests: RateLimiter<IpAddr>,
    guests: KindBudgets,
    accounts: KindBudgets,
}

/// What a guest is told who may not create rooms.
pub(super) const GUESTS_CANNOT_CREATE: &str = "guests cannot create rooms on this server";

impl Budgets {
    pub(super) fn new(is_on: bool, limits: NetworkLimits, server: SharedSettings) -> Self {
        let (guests, accounts) = (KindBudgets::new(&limits, 1), KindBudgets::new(&limits, 4));
        let origins = Mutex::new(Origins { users: HashMap::new(), sweep_at: MIN_SWEEP_AT });
        let new_guests = |share| RateLimiter::new(Rate::per_minute(60 * share).burst(400 * share));
        let (new_guests_of_site, new_guests) = (new_guests(SITE_SHARE), new_guests(SERVER_SHARE));
        Self { is_on, limits, server, origins, new_guests_of_site, new_guests, guests, accounts }
    }

    /// Returns the network of an address.
    pub(super) fn network(&self, address: IpAddr) -> IpAddr {
        self.limits.network(address)
    }

    /// Notes from which address a user's request or socket comes.
    pub(super) fn seen(&self, user_id: UserId, kind: UserKind, address: IpAddr) {
        let now = Instant::now();
        let mut origins = self.origins.lock();
        if origins.users.len() >= origins.sweep_at {
            origins.users.retain(|_, origin| now - origin.seen_at < FORGET_AFTER);
            origins.sweep_at = MIN_SWEEP_AT.max(origins.users.len() * 2);
        }
        origins.users.insert(user_id, Origin { network: self.network(address), kind, seen_at: now });
    }

    /// Returns the network of a user who was seen.
    pub(super) fn network_of(&self, me: UserId) -> IpAddr {
        self.origin(me).map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |(network, _)| network)
    }

    /// Returns the site of a user who was seen.
    pub(super) fn site_of(&self, me: UserId) -> IpAddr {
        self.limits.site(self.network_of(me))
    }

    /// Returns the network and the kind of a user who was seen.
    pub(super) fn network_and_kind(&self, me: UserId) -> Option<(String, UserKind)> {
        self.origin(me).map(|(network, kind)| (network.to_string(), kind))
    }

    /// Returns the network and the kind of a user who was seen.
    fn origin(&self, me: UserId) -> Option<(IpAddr, UserKind)> {
        self.origins.lock().users.get(&me).map(|origin| (origin.network, origin.kind))
    }

    /// Returns what guests may do: as admins have set it, else as the operator has.
    fn guests(&self) -> Guests {
        self.server.get().guests.unwrap_or(self.limits.guests)
    }

    /// Returns whether new guests may come in.
    pub(super) fn takes_guests(&self) -> bool {
        self.guests() != Guests::Off
    }

    /// Returns whether users of this kind may create rooms, open or direct.
    pub(super) fn may_create_rooms(&self, kind: UserKind) -> bool {
        kind != UserKind::Guest || self.guests() == Guests::On
    }

    /// Checks that a new guest may come in.
    ///
    /// # Errors
    /// `forbidden` where the settings allow no guests; `unavailable` on a full disk.
    pub(super) fn check_guest(&self, disk: &DiskSpace) -> Result<()> {
        if !self.takes_guests() {
            return Err(Error::new(Code::Forbidden).with_message("this server has no guests; log in or sign up"));
        }
        disk.check(UserKind::Guest)
    }

    /// Counts a new guest for their site and for the server, after `rates` has counted it for the network: what a network
    /// is refused must not count for others.
    ///
    /// # Errors
    /// `rate_limited`.
    pub(super) fn guest(&self, address: IpAddr) -> Result<()> {
        let site = self.limits.site(address);
        self.check_all(&[(&self.new_guests_of_site, site, 1), (&self.new_guests, SERVER, 1)])
    }

    /// Counts a new room, open or direct.
    ///
    /// # Errors
    /// `forbidden` for a guest where the settings say so; `rate_limited`; `unavailable` on a full disk.
    pub(super) fn room(&self, disk: &DiskSpace, me: UserId) -> Result<()> {
        let Some((network, kind)) = self.origin(me) else { return Ok(()) };
        if !self.may_create_rooms(kind) {
            return Err(Error::new(Code::Forbidden).with_message(GUESTS_CANNOT_CREATE));
        }
        disk.check(kind)?;
        let budgets = self.of(kind).of(network, self.limits.site(network));
        self.check_all(&budgets.map(|(budget, key)| (&budget.rooms, key, 1)))
    }

    /// Takes back a room that was not created after all.
    pub(super) fn take_back_room(&self, me: UserId) {
        if let Some((network, kind)) = self.origin(me) {
            let budgets = self.of(kind).of(network, self.limits.site(network));
            budgets.into_iter().for_each(|(budget, key)| budget.rooms.take_back(&key));
        }
    }

    /// Checks that the disk has space for what a user sends.
    ///
    /// # Errors
    /// `unavailable`.
    pub(super) fn check_space(&self, disk: &DiskSpace, me: UserId) -> Result<()> {
        self.origin(me).map_or(Ok(()), |(_, kind)| disk.check(kind))
    }

    /// Counts an act that stores text or files and is sent to others.
    ///
    /// # Errors
    /// `rate_limited`; `unavailable` on a full disk.
    pub(super) fn store(&self, disk: &DiskSpace, me: UserId, bytes: usize) -> Result<()> {
        let Some((network, kind)) = self.origin(me) else { return Ok(()) };
        disk.check(kind)?;
        let stored = (bytes + ROW_BYTES).div_ceil(KIB) as u32;
        let budgets = self.of(kind).of(network, self.limits.site(network));
        let wanted = budgets.map(|(budget, key)| [(&budget.sends, key, 1), (&budget.stored, key, stored)]);
        self.check_all(wanted.as_flattened())
    }

    fn of(&self, kind: UserKind) -> &KindBudgets {
        if kind == UserKind::Guest { &self.guests } else { &self.accounts }
    }

    /// Counts for several limits. When one refuses, nothing counts.
    fn check_all(&self, wanted: &[(&RateLimiter<IpAddr>, IpAddr, u32)]) -> Result<()> {
        for (index, &(limiter, key, count)) in wanted.iter().enumerate() {
            if let Err(refused) = self.check(limiter, key, count) {
                wanted[..index].iter().for_each(|(limiter, key, count)| limiter.take_back_many(key, *count));
                return Err(refused);
            }
        }
        Ok(())
    }

    fn check(&self, limiter: &RateLimiter<IpAddr>, network: IpAddr, count: u32) -> Result<()> {
        if self.is_on { take(limiter, network, count) } else { Ok(()) }
    }
}
