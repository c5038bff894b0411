//! Rate limits, by user, by address or by the target of a guess.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use socketio::{Rate, RateLimiter};

use crate::error::{Error, Result};
use crate::ids::{HookId, KeyId, RoomId, UserId};
use crate::network::NetworkLimits;

/// Typing is sent at most this often for each user and room.
const TYPING: Duration = Duration::from_secs(3);

/// The client whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Requester {
    User(UserId),
    /// A client without an identity.
    Address(IpAddr),
}

/// The rate limits. Those of packets and handshakes are in crates/socketio.
pub struct Rates {
    is_on: bool,
    networks: NetworkLimits,
    sends: RateLimiter<UserId>,
    guesses: RateLimiter<(RoomId, UserId, IpAddr)>,
    /// Guesses of all guests that one address may create.
    guesses_by_address: RateLimiter<(RoomId, IpAddr)>,
    acts: RateLimiter<UserId>,
    guests: RateLimiter<IpAddr>,
    sign_ups: RateLimiter<IpAddr>,
    /// By a fingerprint of the e-mail, whether or not it has an account, so that a key has a fixed size.
    log_ins: RateLimiter<(u64, IpAddr)>,
    log_ins_by_email: RateLimiter<u64>,
    log_ins_by_network: RateLimiter<IpAddr>,
    confirmations: RateLimiter<UserId>,
    emails: RateLimiter<u64>,
    link_emails: RateLimiter<IpAddr>,
    outsiders: RateLimiter<KeyId>,
    fingerprints: RandomState,
    hooks: RateLimiter<HookId>,
    uploads: RateLimiter<UserId>,
    rooms: RateLimiter<UserId>,
    resumes: RateLimiter<UserId>,
    searches: RateLimiter<UserId>,
    reports: RateLimiter<UserId>,
    lists: RateLimiter<Requester>,
    reads: RateLimiter<UserId>,
    reads_by_network: RateLimiter<IpAddr>,
    typing: RateLimiter<(RoomId, UserId)>,
    previews: RateLimiter<UserId>,
}

impl Rates {
    pub fn new(is_on: bool, networks: NetworkLimits) -> Self {
        Self {
            is_on,
            networks,
            sends: RateLimiter::new(Rate::per_second(10).burst(30)),
            guesses: RateLimiter::new(Rate::per_minute(5)),
            // As many as can be verified at once: attempts count until they turn out to be right.
            guesses_by_address: RateLimiter::new(Rate::per_minute(30).burst(100)),
            acts: RateLimiter::new(Rate::per_second(2).burst(40)),
            // A school class or an internet café comes in at once from one address.
            guests: RateLimiter::new(Rate::per_minute(60).burst(400)),
            sign_ups: RateLimiter::new(Rate::per_minute(6).burst(20)),
            log_ins: RateLimiter::new(Rate::per_minute(6).burst(10)),
            log_ins_by_email: RateLimiter::new(Rate::per_minute(20).burst(40)),
            log_ins_by_network: RateLimiter::new(Rate::per_minute(20).burst(100)),
            confirmations: RateLimiter::new(Rate::per_minute(6).burst(10)),
            emails: RateLimiter::new(Rate::per_hour(4).burst(3)),
            link_emails: RateLimiter::new(Rate::per_minute(6).burst(20)),
            outsiders: RateLimiter::new(Rate::per_second(50).burst(500)),
            fingerprints: RandomState::new(),
            // A build that reports each of its steps.
            hooks: RateLimiter::new(Rate::per_second(1).burst(30)),
            uploads: RateLimiter::new(Rate::per_minute(30)),
            rooms: RateLimiter::new(Rate::per_minute(20)),
            resumes: RateLimiter::new(Rate::per_second(10).burst(200)),
            searches: RateLimiter::new(Rate::per_second(2).burst(20)),
            reports: RateLimiter::new(Rate::per_minute(2).burst(10)),
            lists: RateLimiter::new(Rate::per_second(10).burst(100)),
            // A page with its files, and many at once after a restart.
            reads: RateLimiter::new(Rate::per_second(20).burst(300)),
            reads_by_network: RateLimiter::new(Rate::per_second(200).burst(4_000)),
            previews: RateLimiter::new(Rate::per_minute(20)),
            typing: RateLimiter::new(Rate::per(TYPING, 1)),
        }
    }

    /// Counts a message.
    pub fn send(&self, me: UserId) -> Result<()> {
        self.check(&self.sends, me)
    }

    /// Counts a guess of a room's password or invite. A right one is taken back with [`Rates::guessed`].
    pub fn guess(&self, room_id: RoomId, me: UserId, address: IpAddr) -> Result<()> {
        let network = self.network(address);
        self.check(&self.guesses, (room_id, me, network))?;
        self.check(&self.guesses_by_address, (room_id, network))
    }

    /// Takes back a guess that was right, so that many who know the password come in from one network.
    pub fn guessed(&self, room_id: RoomId, me: UserId, address: IpAddr) {
        let network = self.network(address);
        self.guesses.take_back(&(room_id, me, network));
        self.guesses_by_address.take_back(&(room_id, network));
    }

    /// Counts an act that is sent to a room, or to all rooms of the user: a setting, a name, a kick, a leave.
    pub fn act(&self, me: UserId) -> Result<()> {
        self.check(&self.acts, me)
    }

    /// Counts a new guest.
    pub fn guest(&self, address: IpAddr) -> Result<()> {
        self.check(&self.guests, self.network(address))
    }

    /// Counts a sign-up.
    pub fn sign_up(&self, address: IpAddr) -> Result<()> {
        self.check(&self.sign_ups, self.network(address))
    }

    /// Counts a log-in of a network, before anything is looked up. A right one is taken back with [`Rates::logged_in`].
    pub fn log_in_network(&self, address: IpAddr) -> Result<()> {
        self.check(&self.log_ins_by_network, self.network(address))
    }

    /// Counts a log-in, whether or not the account exists: for the account from this network, and from all networks
    /// together. The last leaves out a `known` network, from which the account has a session, so that an attack from
    /// elsewhere does not lock its owner out.
    pub fn log_in(&self, email: &str, address: IpAddr, known: bool) -> Result<()> {
        let email = self.fingerprints.hash_one(email);
        self.check(&self.log_ins, (email, self.network(address)))?;
        if known { Ok(()) } else { self.check(&self.log_ins_by_email, email) }
    }

    /// Takes back a log-in that was right: many people may log in from one network.
    pub fn logged_in(&self, address: IpAddr) {
        self.log_ins_by_network.take_back(&self.network(address));
    }

    /// Counts a password that a signed-in user enters again.
    pub fn confirm(&self, me: UserId) -> Result<()> {
        self.check(&self.confirmations, me)
    }

    /// Counts a request for an e-mail with a link, from somebody who is not signed in.
    pub fn mail(&self, address: IpAddr) -> Result<()> {
        self.check(&self.link_emails, self.network(address))
    }

    /// Whether an address may be sent another e-mail now.
    pub fn may_mail(&self, email: &str) -> bool {
        self.check(&self.emails, self.fingerprints.hash_one(email)).is_ok()
    }

    /// Counts the use of a link for a forgotten password.
    pub fn reset(&self, address: IpAddr) -> Result<()> {
        self.check(&self.link_emails, self.network(address))
    }

    /// Counts a token for a user of another server.
    pub fn outsider(&self, key_id: KeyId) -> Result<()> {
        self.check(&self.outsiders, key_id)
    }

    /// Counts a message by an incoming webhook.
    pub fn hook(&self, id: HookId) -> Result<()> {
        self.check(&self.hooks, id)
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

    /// Counts a report.
    pub fn report(&self, me: UserId) -> Result<()> {
        self.check(&self.reports, me)
    }

    /// Counts a search.
    pub fn search(&self, me: UserId) -> Result<()> {
        self.check(&self.searches, me)
    }

    /// Counts a list that is filtered by a name or a title.
    pub fn list(&self, requester: Requester) -> Result<()> {
        let network = |address| Requester::Address(self.network(address));
        self.check(&self.lists, if let Requester::Address(address) = requester { network(address) } else { requester })
    }

    /// Counts a request that only reads, for the network that it comes from.
    pub fn read_from(&self, address: IpAddr) -> Result<()> {
        self.check(&self.reads_by_network, self.network(address))
    }

    /// Counts a request of a user that only reads.
    pub fn read(&self, me: UserId) -> Result<()> {
        self.check(&self.reads, me)
    }

    /// Whether a typing event may be sent again. This limit is always in force: it refuses nothing, it only leaves
    /// out events that were just sent.
    pub fn may_send_typing(&self, room_id: RoomId, me: UserId) -> bool {
        self.typing.check((room_id, me)).is_ok()
    }

    /// Counts a link preview. Over the limit a message has no preview, so that nobody uses this server to scan others.
    pub fn preview(&self, me: UserId) -> Result<()> {
        self.check(&self.previews, me)
    }

    fn network(&self, address: IpAddr) -> IpAddr {
        self.networks.network(address)
    }

    fn check<K: Hash + Eq>(&self, limiter: &RateLimiter<K>, key: K) -> Result<()> {
        if self.is_on { take(limiter, key, 1) } else { Ok(()) }
    }
}

/// Takes from a rate.
///
/// # Errors
/// `rate_limited`, with the time to wait.
pub(super) fn take<K: Hash + Eq>(limiter: &RateLimiter<K>, key: K, count: u32) -> Result<()> {
    limiter.check_many(key, count).map_err(|wait| Error::rate_limited(wait.max(Duration::from_millis(1))))
}
