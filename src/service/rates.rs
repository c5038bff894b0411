//! Rate limits, by user, address or what is guessed at.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::error::{Error, Result};
use crate::ids::{KeyId, RoomId, UserId};

/// Typing is sent at most this often for each user and room.
const TYPING: Duration = Duration::from_secs(3);

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// The client whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    User(UserId),
    /// A client without an identity.
    Address(IpAddr),
}

/// The rate limits. Those of packets and handshakes are in crates/socketio.
pub struct Rates {
    is_on: bool,
    sends: Keyed<UserId>,
    guesses: Keyed<(RoomId, UserId, IpAddr)>,
    /// Guesses of all guests that one address may create.
    guesses_by_address: Keyed<(RoomId, IpAddr)>,
    acts: Keyed<UserId>,
    guests: Keyed<IpAddr>,
    sign_ups: Keyed<IpAddr>,
    /// By a fingerprint of the e-mail, whether or not it has an account, so that a key has a fixed size.
    log_ins: Keyed<u64>,
    log_ins_by_address: Keyed<IpAddr>,
    confirmations: Keyed<UserId>,
    emails: Keyed<u64>,
    resets: Keyed<IpAddr>,
    outsiders: Keyed<KeyId>,
    fingerprints: RandomState,
    uploads: Keyed<UserId>,
    rooms: Keyed<UserId>,
    resumes: Keyed<UserId>,
    searches: Keyed<UserId>,
    lists: Keyed<Asker>,
    typing: Keyed<(RoomId, UserId)>,
    previews: Keyed<UserId>,
}

const fn number(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

impl Rates {
    pub fn new(is_on: bool) -> Self {
        fn keyed<K: Hash + Eq + Clone>(quota: Quota) -> Keyed<K> {
            RateLimiter::new(quota, HashMapStateStore::default(), DefaultClock::default())
        }
        Self {
            is_on,
            sends: keyed(Quota::per_second(number(10)).allow_burst(number(30))),
            guesses: keyed(Quota::per_minute(number(5))),
            guesses_by_address: keyed(Quota::per_minute(number(30))),
            acts: keyed(Quota::per_second(number(2)).allow_burst(number(40))),
            guests: keyed(Quota::per_minute(number(60)).allow_burst(number(120))),
            sign_ups: keyed(Quota::per_minute(number(6)).allow_burst(number(20))),
            log_ins: keyed(Quota::per_minute(number(6)).allow_burst(number(10))),
            log_ins_by_address: keyed(Quota::per_minute(number(20)).allow_burst(number(40))),
            confirmations: keyed(Quota::per_minute(number(6)).allow_burst(number(10))),
            emails: keyed(Quota::per_hour(number(4)).allow_burst(number(3))),
            resets: keyed(Quota::per_minute(number(6)).allow_burst(number(20))),
            outsiders: keyed(Quota::per_second(number(50)).allow_burst(number(500))),
            fingerprints: RandomState::new(),
            uploads: keyed(Quota::per_minute(number(30))),
            rooms: keyed(Quota::per_minute(number(20))),
            resumes: keyed(Quota::per_second(number(10)).allow_burst(number(200))),
            searches: keyed(Quota::per_second(number(2)).allow_burst(number(20))),
            lists: keyed(Quota::per_second(number(10)).allow_burst(number(100))),
            previews: keyed(Quota::per_minute(number(20))),
            typing: keyed(Quota::with_period(TYPING).unwrap_or(Quota::per_second(NonZeroU32::MIN))),
        }
    }

    /// Counts a message.
    pub fn send(&self, me: UserId) -> Result<()> {
        self.check(&self.sends, me)
    }

    /// Counts a guess of a room's password or invite.
    pub fn guess(&self, room_id: RoomId, me: UserId, address: IpAddr) -> Result<()> {
        let network = socketio::network(address);
        self.check(&self.guesses, (room_id, me, network))?;
        self.check(&self.guesses_by_address, (room_id, network))
    }

    /// Counts an act that a room, or all of one's rooms, is sent: a setting, a name, a kick, a leave.
    pub fn act(&self, me: UserId) -> Result<()> {
        self.check(&self.acts, me)
    }

    /// Counts a new guest.
    pub fn guest(&self, address: IpAddr) -> Result<()> {
        self.check(&self.guests, socketio::network(address))
    }

    /// Counts a sign-up.
    pub fn sign_up(&self, address: IpAddr) -> Result<()> {
        self.check(&self.sign_ups, socketio::network(address))
    }

    /// Counts a log-in, whether or not the account exists. Open sessions are not affected: an attack on an account does
    /// not lock its owner out of them.
    pub fn log_in(&self, email: &str, address: IpAddr) -> Result<()> {
        self.check(&self.log_ins_by_address, socketio::network(address))?;
        self.check(&self.log_ins, self.fingerprints.hash_one(email))
    }

    /// Counts a password that a signed-in user enters again.
    pub fn confirm(&self, me: UserId) -> Result<()> {
        self.check(&self.confirmations, me)
    }

    /// Counts a request for an e-mail about a forgotten password.
    pub fn forgot(&self, address: IpAddr) -> Result<()> {
        self.check(&self.resets, socketio::network(address))
    }

    /// Whether an address may be sent another e-mail now; if not, it is left out silently.
    pub fn may_mail(&self, email: &str) -> bool {
        self.check(&self.emails, self.fingerprints.hash_one(email)).is_ok()
    }

    /// Counts the use of a link for a forgotten password.
    pub fn reset(&self, address: IpAddr) -> Result<()> {
        self.check(&self.resets, socketio::network(address))
    }

    /// Counts a token for a user of another server.
    pub fn outsider(&self, key_id: KeyId) -> Result<()> {
        self.check(&self.outsiders, key_id)
    }

    pub fn upload(&self, me: UserId) -> Result<()> {
        self.check(&self.uploads, me)
    }

    /// Counts a new room.
    pub fn room(&self, me: UserId) -> Result<()> {
        self.check(&self.rooms, me)
    }

    /// Counts a join, with everything that it missed.
    pub fn resume(&self, me: UserId) -> Result<()> {
        self.check(&self.resumes, me)
    }

    /// Counts a search.
    pub fn search(&self, me: UserId) -> Result<()> {
        self.check(&self.searches, me)
    }

    /// Counts a list that is filtered by a name or a title.
    pub fn list(&self, asker: Asker) -> Result<()> {
        let network = |address| Asker::Address(socketio::network(address));
        self.check(&self.lists, if let Asker::Address(address) = asker { network(address) } else { asker })
    }

    /// Whether it is time to send again that a user types. Always in force: it does not refuse, it only leaves out what
    /// was just sent.
    pub fn may_send_typing(&self, room_id: RoomId, me: UserId) -> bool {
        self.typing.check_key(&(room_id, me)).is_ok()
    }

    /// Counts a link preview. Over the limit a message has no preview, so that nobody uses this server to scan others.
    pub fn preview(&self, me: UserId) -> Result<()> {
        self.check(&self.previews, me)
    }

    fn check<K: Hash + Eq + Clone>(&self, limiter: &Keyed<K>, key: K) -> Result<()> {
        if !self.is_on {
            return Ok(());
        }
        limiter.check_key(&key).map_err(|early| {
            let wait = early.wait_time_from(DefaultClock::default().now());
            Error::rate_limited(wait.max(Duration::from_millis(1)))
        })
    }

    /// Forgets keys that are at their full quota again; called by the housekeeping.
    pub fn forget_idle(&self) {
        self.sends.retain_recent();
        self.guesses.retain_recent();
        self.guesses_by_address.retain_recent();
        self.acts.retain_recent();
        self.guests.retain_recent();
        self.sign_ups.retain_recent();
        self.log_ins.retain_recent();
        self.log_ins_by_address.retain_recent();
        self.confirmations.retain_recent();
        self.emails.retain_recent();
        self.resets.retain_recent();
        self.outsiders.retain_recent();
        self.uploads.retain_recent();
        self.rooms.retain_recent();
        self.resumes.retain_recent();
        self.searches.retain_recent();
        self.lists.retain_recent();
        self.typing.retain_recent();
        self.previews.retain_recent();
    }
}
