//! How the jobs of each kind are run: how many at a time, how often they are tried, and how long they wait between tries.

use super::JobKind;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// How the jobs of a kind are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Jobs that one server runs at a time.
    pub at_once: usize,
    /// How often a job is tried before it is given up.
    pub tries: u32,
    /// How long a job waits after its first failure.
    pub first_pause_ms: i64,
    /// How many times as long it waits after each further failure.
    pub factor: i64,
    /// The longest pause.
    pub pause_max_ms: i64,
    /// How old a job may be and still be tried again.
    pub age_ms: i64,
    /// How long one try may take. A claim lasts twice as long.
    pub try_ms: i64,
    /// Whether a job that was given up is kept for admins.
    pub is_kept: bool,
}

/// The policies of all kinds. No setting changes them; tests do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    pub preview: Policy,
    pub reset_email: Policy,
    pub sign_up_email: Policy,
    pub hook: Policy,
    pub notify: Policy,
    pub push: Policy,
    /// Also for the mails that confirm an address.
    pub digest: Policy,
    pub export: Policy,
    pub scheduled: Policy,
}

impl Default for Policies {
    fn default() -> Self {
        // The first pause is longer than a failed fetch is cached, or the second try of a link would find the first
        // failure.
        let preview = Policy {
            at_once: 8,
            tries: 4,
            first_pause_ms: 3 * MINUTE,
            factor: 4,
            pause_max_ms: HOUR,
            age_ms: 24 * HOUR,
            try_ms: MINUTE,
            is_kept: false,
        };
        // E-mails leave one at a time, so those that run wait for each other.
        let reset_email = Policy { at_once: 4, try_ms: 2 * MINUTE, is_kept: true, ..preview.clone() };
        // From one minute to six hours, over half a day. The list of deliveries shows what was given up.
        let hook = Policy {
            at_once: 64,
            tries: 8,
            first_pause_ms: MINUTE,
            factor: 3,
            pause_max_ms: 6 * HOUR,
            age_ms: 48 * HOUR,
            try_ms: 30 * SECOND,
            is_kept: false,
        };
        // It speaks to nobody outside, so only the database can make it fail.
        let notify = Policy { at_once: 4, tries: 8, first_pause_ms: 5 * SECOND, ..preview.clone() };
        // Push services ask to come back later; what nobody was told for half a day is old. Four times as many as one
        // service gets at once, so that a slow one does not delay the others.
        let push = Policy {
            at_once: 256,
            tries: 8,
            first_pause_ms: 30 * SECOND,
            factor: 3,
            pause_max_ms: 2 * HOUR,
            age_ms: 12 * HOUR,
            try_ms: 30 * SECOND,
            is_kept: false,
        };
        // Unproven addresses are not kept: users can ask again. Also for new addresses of accounts.
        let sign_up_email = Policy { is_kept: false, ..reset_email.clone() };
        let digest = reset_email.clone();
        // It reads all that somebody has ever sent, one user after another.
        let export = Policy { at_once: 1, try_ms: 30 * MINUTE, is_kept: true, ..preview.clone() };
        // Slow mode may let many wait for days. What could not be sent is a draft again.
        let scheduled = Policy {
            at_once: 8,
            tries: 12,
            first_pause_ms: 5 * SECOND,
            factor: 2,
            pause_max_ms: HOUR,
            age_ms: 7 * 24 * HOUR,
            try_ms: 30 * SECOND,
            is_kept: false,
        };
        Self { preview, reset_email, sign_up_email, hook, notify, push, digest, export, scheduled }
    }
}

impl Policies {
    pub fn of(&self, kind: JobKind) -> &Policy {
        match kind {
            JobKind::Preview => &self.preview,
            JobKind::ResetEmail => &self.reset_email,
            JobKind::SignUpEmail | JobKind::NewEmail => &self.sign_up_email,
            JobKind::Hook => &self.hook,
            JobKind::Notify => &self.notify,
            JobKind::Push => &self.push,
            JobKind::Digest | JobKind::ConfirmEmail => &self.digest,
            JobKind::Export => &self.export,
            JobKind::Scheduled => &self.scheduled,
        }
    }
}

impl Policy {
    /// Returns the pause of a job after a number of tries, in milliseconds. Up to a quarter is added by the job's number,
    /// so that jobs that failed together do not come back together.
    pub(super) fn pause_ms(&self, number: i64, tries: u32) -> i64 {
        let growth = self.factor.saturating_pow(tries.saturating_sub(1));
        let pause = self.first_pause_ms.saturating_mul(growth).min(self.pause_max_ms);
        // Fibonacci hashing spreads consecutive numbers.
        let spread = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(tries) % 256;
        pause + pause / 1_024 * spread as i64
    }

    /// How long a claim lasts, in milliseconds: longer than a try, so that a job is never run twice at a time by servers
    /// whose clocks agree.
    pub(super) fn claim_ms(&self) -> i64 {
        self.try_ms.saturating_mul(2)
    }
}
