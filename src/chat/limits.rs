//! Limits of sizes and counts. They are settings, so that operators and tests can change them.

use super::kinds::WordAction;
use super::outbox::Policies;
use super::server_settings::SharedSettings;
use crate::error::{Code, Error, Result};

const HOUR: i64 = 3_600_000;
/// A year.
const HOURS_MAX: u32 = 8_760;

/// Returns when something ends that lasts for some hours, or for good.
///
/// # Errors
/// `invalid` with the field `hours`.
pub(super) fn end_after(now: i64, hours: Option<u32>) -> Result<Option<i64>> {
    match hours {
        Some(hours) if !(1..=HOURS_MAX).contains(&hours) => {
            Err(Error::invalid("hours", format!("hours must be 1 to {HOURS_MAX}")))
        }
        hours => Ok(hours.map(|hours| now + i64::from(hours) * HOUR)),
    }
}

/// The limits, by default those of the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Characters of a message.
    pub text_max: usize,
    /// Characters of a room's title.
    pub title_max: usize,
    /// Characters of a user's name.
    pub name_max: usize,
    /// Characters of the line about oneself.
    pub bio_max: usize,
    /// Bytes of the sender's own id for a message.
    pub key_max: usize,
    /// Characters of the reason of a kick.
    pub reason_max: usize,
    /// Files on one message.
    pub files_max: usize,
    /// Users that one message mentions.
    pub mentions_max: usize,
    /// Different emoji of the reactions to one message.
    pub reactions_max: usize,
    /// Pinned messages of a room.
    pub pins_max: usize,
    /// Users that one user blocks, and as many whose messages do not notify them.
    pub blocks_max: u32,
    /// How long one's own message may be edited and deleted; 0 for no limit.
    pub change_window_ms: i64,
    /// Uploads of one user that wait for a message.
    pub waiting_files_max: u64,
    /// Bytes of those.
    pub waiting_bytes_max: u64,
    /// Bytes of all files of one user, each with its overhead; 0 for no limit.
    pub stored_bytes_max: u64,
    /// The most members a room may allow; 0 for no limit.
    pub room_max: u32,
    /// The members a new room allows by default.
    pub room_max_default: u32,
    /// Rows on one page.
    pub page_max: u32,
    /// Rows on a page by default.
    pub page_default: u32,
    /// Changes that a resume returns before it is a gap.
    pub since_max_changes: u32,
    /// Bytes of messages that a resume returns before it is a gap.
    pub since_max_bytes: u64,
    /// Links of one user that wait for their preview; 0 turns previews off.
    pub waiting_previews_max: u64,
    /// How long a message can be read before its notifications go out.
    pub notify_after_ms: i64,
    /// How long a room that has notified a member is silent to them, but for what is for them alone.
    pub notify_pause_ms: i64,
    /// How the jobs of the outbox are run.
    pub jobs: Policies,
    /// What admins have set, as it is now.
    pub server: SharedSettings,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_max: 10_000,
            title_max: 80,
            name_max: 40,
            bio_max: 160,
            key_max: 64,
            reason_max: 200,
            files_max: 10,
            mentions_max: 50,
            reactions_max: 20,
            pins_max: 50,
            blocks_max: 1_000,
            change_window_ms: 24 * 3_600_000,
            waiting_files_max: 100,
            waiting_bytes_max: 100 << 20,
            stored_bytes_max: 2 << 30,
            room_max: 10_000,
            room_max_default: 50,
            page_max: 100,
            page_default: 50,
            since_max_changes: 500,
            since_max_bytes: 512 * 1024,
            waiting_previews_max: 20,
            notify_after_ms: 5_000,
            notify_pause_ms: 60_000,
            jobs: Policies::default(),
            server: SharedSettings::default(),
        }
    }
}

impl Limits {
    /// Checks a name, a title or a bio against the words that the server does not want. Nobody looks at them later, so a word that
    /// is held is refused.
    ///
    /// # Errors
    /// `filtered` with the field.
    pub(super) fn check_words(&self, field: &'static str, text: &str) -> Result<()> {
        match self.server.action(text, None) {
            Some(WordAction::Hold | WordAction::Refuse) => Err(Error::new(Code::Filtered).with_field(field)),
            Some(WordAction::Warn) | None => Ok(()),
        }
    }

    /// Checks the `limit` of a request.
    ///
    /// # Errors
    /// `invalid` unless 1 to `page_max`; the field is `limit`.
    pub fn page(&self, limit: u32) -> Result<u32> {
        if (1..=self.page_max).contains(&limit) {
            return Ok(limit);
        }
        Err(Error::invalid("limit", format!("limit must be 1 to {}", self.page_max)))
    }
}
