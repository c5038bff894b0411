//! How often a person, an address or a guess may come.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::error::{Error, Result};
use crate::ids::{KeyId, RoomId, UserId};

/// Typing is told at most this often for each person and room.
const TYPING: Duration = Duration::from_secs(3);

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    User(UserId),
    /// Of somebody without an identity.
    Address(IpAddr),
}

/// The limits per time of the doors. Those of packets and handshakes are the sockets' own.
pub struct Rates {
    is_on: bool,
    sends: Keyed<UserId>,
    guesses: Keyed<(RoomId, UserId, IpAddr)>,
    /// Guesses of all the people that one address may make up.
    guesses_of_all: Keyed<(RoomId, IpAddr)>,
    acts: Keyed<UserId>,
    guests: Keyed<IpAddr>,
    sign_ups: Keyed<IpAddr>,
    /// Accounts by a fingerprint of their e-mail, there or not, so that a key has a size.
    log_ins: Keyed<u64>,
    log_ins_of_all: Keyed<IpAddr>,
    confirmations: Keyed<UserId>,
    letters: Keyed<u64>,
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
            guesses_of_all: keyed(Quota::per_minute(number(30))),
            acts: keyed(Quota::per_second(number(2)).allow_burst(number(40))),
            guests: keyed(Quota::per_minute(number(60)).allow_burst(number(120))),
            sign_ups: keyed(Quota::per_minute(number(6)).allow_burst(number(20))),
            log_ins: keyed(Quota::per_minute(number(6)).allow_burst(number(10))),
            log_ins_of_all: keyed(Quota::per_minute(number(20)).allow_burst(number(40))),
            confirmations: keyed(Quota::per_minute(number(6)).allow_burst(number(10))),
            letters: keyed(Quota::per_hour(number(4)).allow_burst(number(3))),
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

    /// A message is to be sent.
    pub fn send(&self, me: UserId) -> Result<()> {
        self.check(&self.sends, me)
    }

    /// A room's password is to be guessed.
    pub fn guess(&self, room_id: RoomId, me: UserId, address: IpAddr) -> Result<()> {
        let network = socketio::network(address);
        self.check(&self.guesses, (room_id, me, network))?;
        self.check(&self.guesses_of_all, (room_id, network))
    }

    /// Something that a room, or all of one's rooms, is told of is to be done: a setting, a name, a
    /// kick, a leaving.
    pub fn act(&self, me: UserId) -> Result<()> {
        self.check(&self.acts, me)
    }

    /// A guest is to be made.
    pub fn guest(&self, address: IpAddr) -> Result<()> {
        self.check(&self.guests, socketio::network(address))
    }

    /// An account is to be made.
    pub fn sign_up(&self, address: IpAddr) -> Result<()> {
        self.check(&self.sign_ups, socketio::network(address))
    }

    /// A password is to be tried, of an account that may or may not be there. Sessions that are open
    /// are none of this: an attack on an account does not lock its owner out.
    pub fn log_in(&self, email: &str, address: IpAddr) -> Result<()> {
        self.check(&self.log_ins_of_all, socketio::network(address))?;
        self.check(&self.log_ins, self.fingerprints.hash_one(email))
    }

    /// Somebody who is logged in is to show their password again.
    pub fn confirm(&self, me: UserId) -> Result<()> {
        self.check(&self.confirmations, me)
    }

    /// A letter for a forgotten password is asked for.
    pub fn forgot(&self, address: IpAddr) -> Result<()> {
        self.check(&self.resets, socketio::network(address))
    }

    /// Whether an e-mail may get another letter now; if not, it is left out without a word.
    pub fn may_mail(&self, email: &str) -> bool {
        self.check(&self.letters, self.fingerprints.hash_one(email)).is_ok()
    }

    /// A link for a forgotten password is to be used.
    pub fn reset(&self, address: IpAddr) -> Result<()> {
        self.check(&self.resets, socketio::network(address))
    }

    /// A server is to bring somebody.
    pub fn outsider(&self, key_id: KeyId) -> Result<()> {
        self.check(&self.outsiders, key_id)
    }

    pub fn upload(&self, me: UserId) -> Result<()> {
        self.check(&self.uploads, me)
    }

    /// A room is to be made.
    pub fn room(&self, me: UserId) -> Result<()> {
        self.check(&self.rooms, me)
    }

    /// A socket is to join, with all that it missed.
    pub fn resume(&self, me: UserId) -> Result<()> {
        self.check(&self.resumes, me)
    }

    /// Messages are to be searched.
    pub fn search(&self, me: UserId) -> Result<()> {
        self.check(&self.searches, me)
    }

    /// A list is to be looked through for a name or a title.
    pub fn list(&self, asker: Asker) -> Result<()> {
        let network = |address| Asker::Address(socketio::network(address));
        self.check(&self.lists, if let Asker::Address(address) = asker { network(address) } else { asker })
    }

    /// Whether it is time to tell again that somebody types. This one holds always: it does not
    /// refuse, it only leaves out what was just told.
    pub fn may_send_typing(&self, room_id: RoomId, me: UserId) -> bool {
        self.typing.check_key(&(room_id, me)).is_ok()
    }

    /// A link of theirs is to be looked at. Nobody is refused by this: over it a message just has
    /// no preview, so that no one uses this server to knock on many doors.
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

    /// Forgets who has come to rest; called now and then.
    pub fn forget_idle(&self) {
        self.sends.retain_recent();
        self.guesses.retain_recent();
        self.guesses_of_all.retain_recent();
        self.acts.retain_recent();
        self.guests.retain_recent();
        self.sign_ups.retain_recent();
        self.log_ins.retain_recent();
        self.log_ins_of_all.retain_recent();
        self.confirmations.retain_recent();
        self.letters.retain_recent();
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
