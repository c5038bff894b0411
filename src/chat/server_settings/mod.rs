//! The settings of the server that admins change while it runs. The operator's own settings are in `config`.

use std::sync::Arc;

use parking_lot::RwLock;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::admin_rights::require_admin;
use super::kinds::{AuditAction, DirectFrom, SignUpPolicy, WordAction};
use super::{Fact, Tx, audit};
use crate::config::RoomCreators;
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::network::Guests;
use crate::text::{self, word_filter::WordFilter};

const KEY: &str = "server settings";
/// Where logos are served, by their hash.
const LOGOS: &str = "/logo/";
const NAME_MAX: usize = 40;
const ANNOUNCEMENT_MAX: usize = 300;
const WELCOME_MAX: usize = 1_000;
const RULES_MAX: usize = 5_000;
const DOMAINS_MAX: usize = 100;
const WORDS_MAX: usize = 500;
const WORD_MAX: usize = 40;
const MINUTE: i64 = 60_000;
/// Thirty days.
const MINUTES_MAX: u32 = 43_200;
/// Ten years.
pub const KEEP_DAYS_MAX: u32 = 3_650;

/// What admins have set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ServerSettings {
    /// The name of the server on its pages; empty for Madang's own.
    pub name: String,
    /// The address of the logo, a square picture; null for Madang's own.
    pub logo: Option<String>,
    /// What the lobby says to visitors; empty for Madang's own sentence.
    pub welcome: String,
    /// The rules of the server, in the lobby and where people sign up.
    pub rules: String,
    /// A notice that the lobby shows to everybody; empty for none.
    pub announcement: String,
    /// Who may sign up. Users of server keys and admin links are not concerned.
    pub sign_up: SignUpPolicy,
    /// The hosts of the e-mail addresses that may sign up with `emailDomain`.
    pub email_domains: Vec<String>,
    /// Who may create open rooms; null as the setting `ROOM_CREATORS` says.
    pub room_creators: Option<RoomCreators>,
    /// What guests may do; null as the setting `GUESTS` says.
    pub guests: Option<Guests>,
    /// Who may open a direct room with somebody else, whatever that user allows. Admins always may.
    pub direct_from: DirectFrom,
    /// For how many minutes somebody new sends no links and no files; 0 for none.
    pub hold_minutes: u32,
    /// Words that the server does not want.
    pub words: Vec<UnwantedWord>,
    /// Until when nobody signs up or comes in as a guest, in milliseconds since 1970 UTC; null where people do.
    pub joins_locked_until: Option<i64>,
    /// For how many days messages are kept; 0 for good. Rooms may keep them for less.
    pub keep_messages_days: u32,
    /// For how many days the files of messages are kept; 0 for good, or as long as the message. Rooms may keep them for less.
    pub keep_files_days: u32,
    /// After how many days an open room in which nothing happens is removed; 0 for never.
    pub keep_idle_rooms_days: u32,
    /// After how many days without a visit the session of a guest ends, with their memberships; 0 for the 365 of every guest.
    pub keep_idle_guests_days: u32,
}

/// A word that the server does not want, however it is typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnwantedWord {
    /// 1 to 40 characters.
    pub word: String,
    pub action: WordAction,
}

/// The settings with the number of changes that have led to them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered {
    pub number: i64,
    #[serde(flatten)]
    pub settings: ServerSettings,
}

/// What was found in a text by the words of the settings of this number. Services look before their transaction, for which
/// others wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    number: i64,
    action: Option<WordAction>,
}

/// The present settings, shared by all that ask for them.
#[derive(Clone, Debug, Default)]
pub struct SharedSettings(Arc<RwLock<Present>>);

#[derive(Debug, Default)]
struct Present {
    settings: Arc<Numbered>,
    words: Arc<WordFilter<WordAction>>,
}

impl SharedSettings {
    pub fn get(&self) -> Arc<Numbered> {
        Arc::clone(&self.0.read().settings)
    }

    /// Looks for unwanted words in a text, as it is stored and as it is shown.
    pub fn look(&self, text: &str) -> Looked {
        let (number, words) = {
            let present = self.0.read();
            (present.settings.number, Arc::clone(&present.words))
        };
        if words.is_empty() {
            return Looked { number, action: None };
        }
        let text = text::without_controls(text);
        let shown = text::markup::shown(&text).and_then(|shown| words.strongest(&shown));
        Looked { number, action: words.strongest(&text).max(shown) }
    }

    /// Returns what is done about the words of a text, which may have been looked at before.
    pub fn action(&self, text: &str, looked: Option<Looked>) -> Option<WordAction> {
        let looked = looked.filter(|looked| looked.number == self.get().number);
        looked.unwrap_or_else(|| self.look(text)).action
    }

    /// Takes newer settings. Older ones are left out: they may be read before a change and arrive after it.
    pub fn set(&self, newer: Numbered) {
        let mut present = self.0.write();
        if newer.number > present.settings.number {
            let words = newer.words.iter().map(|unwanted| (unwanted.word.as_str(), unwanted.action));
            present.words = Arc::new(WordFilter::new(words));
            present.settings = Arc::new(newer);
        }
    }
}

impl std::ops::Deref for Numbered {
    type Target = ServerSettings;

    fn deref(&self) -> &ServerSettings {
        &self.settings
    }
}

impl PartialEq for SharedSettings {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for SharedSettings {}

/// New settings; a field that is left out stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The number of the settings that were changed; others may have changed them since.
    pub from: Option<i64>,
    pub name: Option<String>,
    pub welcome: Option<String>,
    pub rules: Option<String>,
    pub announcement: Option<String>,
    pub sign_up: Option<SignUpPolicy>,
    pub email_domains: Option<Vec<String>>,
    pub room_creators: Option<Option<RoomCreators>>,
    pub guests: Option<Option<Guests>>,
    pub direct_from: Option<DirectFrom>,
    pub hold_minutes: Option<u32>,
    pub words: Option<Vec<UnwantedWord>>,
    /// For how many minutes from now nobody comes in; 0 ends it.
    pub lock_minutes: Option<u32>,
    pub keep_messages_days: Option<u32>,
    pub keep_files_days: Option<u32>,
    pub keep_idle_rooms_days: Option<u32>,
    pub keep_idle_guests_days: Option<u32>,
}

/// Returns the stored settings.
///
/// # Errors
/// Those of the store; `internal` for what a later version has stored and this one cannot read, as the defaults let in
/// more than an admin has.
pub fn stored(tx: &mut Tx) -> Result<Numbered> {
    let text: Option<String> = tx.query_opt("SELECT value FROM meta WHERE key = ?1", &[&KEY], |row| row.get(0))?;
    text.map_or_else(|| Ok(Numbered::default()), |text| serde_json::from_str(&text).map_err(Error::internal))
}

/// Changes the settings. `me` is the admin, `None` for a command of the operator.
///
/// # Errors
/// `forbidden` unless an admin; `conflict` where they were changed since; `invalid` or `too_long` with the field.
pub fn change(tx: &mut Tx, now: i64, me: Option<UserId>, change: Change) -> Result<ServerSettings> {
    require_admin(tx, me)?;
    let before = stored(tx)?;
    if change.from.is_some_and(|from| from != before.number) {
        return Err(Code::Conflict.into());
    }
    let settings = checked(before.settings.clone(), now, change)?;
    store(tx, now, me, &before, settings)
}

/// Sets the logo by the hash of its stored bytes, or takes it away. Returns the hash of the one before, too.
///
/// # Errors
/// `forbidden` unless an admin.
pub fn set_logo(
    tx: &mut Tx,
    now: i64,
    me: Option<UserId>,
    hash: Option<&str>,
) -> Result<(ServerSettings, Option<String>)> {
    require_admin(tx, me)?;
    let before = stored(tx)?;
    let settings = ServerSettings { logo: hash.map(|hash| format!("{LOGOS}{hash}")), ..before.settings.clone() };
    let after = store(tx, now, me, &before, settings)?;
    Ok((after, before.logo_hash().map(str::to_owned)))
}

fn store(
    tx: &mut Tx,
    now: i64,
    me: Option<UserId>,
    before: &Numbered,
    settings: ServerSettings,
) -> Result<ServerSettings> {
    let fields = changed_fields(&before.settings, &settings);
    if fields.is_empty() {
        return Ok(settings);
    }
    let after = Numbered { number: before.number + 1, settings };
    let text = serde_json::to_string(&after).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        &[&KEY, &text],
    )?;
    audit::append(tx, now, me, AuditAction::SettingsChanged, None, fields.join(","))?;
    tx.publish(Fact::SettingsChanged(Box::new(after.clone())));
    Ok(after.settings)
}

fn checked(mut settings: ServerSettings, now: i64, change: Change) -> Result<ServerSettings> {
    if let Some(name) = change.name {
        settings.name = text::optional_line(&name, "name", NAME_MAX)?;
    }
    set_text(&mut settings.welcome, change.welcome, "welcome", WELCOME_MAX)?;
    set_text(&mut settings.rules, change.rules, "rules", RULES_MAX)?;
    set_text(&mut settings.announcement, change.announcement, "announcement", ANNOUNCEMENT_MAX)?;
    if let Some(domains) = change.email_domains {
        settings.email_domains = checked_domains(domains)?;
    }
    settings.sign_up = change.sign_up.unwrap_or(settings.sign_up);
    settings.room_creators = change.room_creators.unwrap_or(settings.room_creators);
    settings.guests = change.guests.unwrap_or(settings.guests);
    settings.direct_from = change.direct_from.unwrap_or(settings.direct_from);
    settings.hold_minutes = within("holdMinutes", change.hold_minutes, MINUTES_MAX)?.unwrap_or(settings.hold_minutes);
    if let Some(words) = change.words {
        settings.words = checked_words(words)?;
    }
    if let Some(minutes) = within("lockMinutes", change.lock_minutes, MINUTES_MAX)? {
        settings.joins_locked_until = (minutes > 0).then(|| now + i64::from(minutes) * MINUTE);
    }
    for (kept, field, days) in [
        (&mut settings.keep_messages_days, "keepMessagesDays", change.keep_messages_days),
        (&mut settings.keep_files_days, "keepFilesDays", change.keep_files_days),
        (&mut settings.keep_idle_rooms_days, "keepIdleRoomsDays", change.keep_idle_rooms_days),
        (&mut settings.keep_idle_guests_days, "keepIdleGuestsDays", change.keep_idle_guests_days),
    ] {
        *kept = within(field, days, KEEP_DAYS_MAX)?.unwrap_or(*kept);
    }
    if settings.sign_up == SignUpPolicy::EmailDomain && settings.email_domains.is_empty() {
        return Err(Error::invalid("emailDomains", "name at least one host, for example example.org"));
    }
    Ok(settings)
}

fn within(field: &'static str, number: Option<u32>, max: u32) -> Result<Option<u32>> {
    match number {
        Some(number) if number > max => Err(Error::invalid(field, format!("{field} must be 0 to {max}"))),
        _ => Ok(number),
    }
}

fn checked_words(words: Vec<UnwantedWord>) -> Result<Vec<UnwantedWord>> {
    let is_fine = |word: &str| (1..=WORD_MAX).contains(&word.chars().count()) && word.chars().any(char::is_alphabetic);
    if words.len() > WORDS_MAX || words.iter().any(|unwanted| !is_fine(unwanted.word.trim())) {
        return Err(Error::invalid(
            "words",
            format!("words holds at most {WORDS_MAX}, each of 1 to {WORD_MAX} letters"),
        ));
    }
    let trimmed = |unwanted: UnwantedWord| UnwantedWord { word: unwanted.word.trim().to_owned(), ..unwanted };
    Ok(words.into_iter().map(trimmed).collect())
}

fn set_text(present: &mut String, new: Option<String>, field: &'static str, max: usize) -> Result<()> {
    let Some(new) = new else { return Ok(()) };
    let is_shown = |&c: &char| c == '\n' || !(c.is_control() || text::is_direction_control(c));
    let new: String = new.replace("\r\n", "\n").chars().filter(is_shown).collect();
    let new = new.trim();
    if new.chars().count() > max {
        return Err(Error::too_long(field, max));
    }
    new.clone_into(present);
    Ok(())
}

fn checked_domains(domains: Vec<String>) -> Result<Vec<String>> {
    let wrong = || Error::invalid("emailDomains", "emailDomains holds at most 100 hosts such as example.org");
    let mut checked = Vec::new();
    for domain in domains {
        let domain = domain.trim().trim_start_matches('@').to_lowercase();
        if domain.is_empty() || checked.contains(&domain) {
            continue;
        }
        // The part behind the @ of an address, as it is compared.
        let key = text::email(&format!("a@{domain}")).map_err(|_| wrong())?;
        checked.extend(text::email_key(&key).split_once('@').map(|(_, host)| host.to_owned()));
    }
    if checked.len() > DOMAINS_MAX { Err(wrong()) } else { Ok(checked) }
}

/// Returns the names of the fields that differ, for the audit log.
fn changed_fields(before: &ServerSettings, after: &ServerSettings) -> Vec<String> {
    let fields = |settings: &ServerSettings| match serde_json::to_value(settings) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (before, after) = (fields(before), fields(after));
    after.into_iter().filter(|(name, value)| before.get(name) != Some(value)).map(|(name, _)| name).collect()
}

impl ServerSettings {
    /// Returns whether the pages offer to sign up.
    pub fn offers_sign_up(&self) -> bool {
        self.sign_up != SignUpPolicy::Closed
    }

    /// Returns the hash of the bytes of the logo.
    pub fn logo_hash(&self) -> Option<&str> {
        self.logo.as_deref()?.strip_prefix(LOGOS)
    }

    /// Checks that somebody new may come in now.
    ///
    /// # Errors
    /// `joins_locked`, with the time that is left.
    pub fn check_joins(&self, now: i64) -> Result<()> {
        match self.joins_locked_until {
            Some(until) if until > now => Err(Error::allowed_in(Code::JoinsLocked, until - now)),
            _ => Ok(()),
        }
    }

    /// Checks that somebody with an e-mail address may sign up. The caller takes the invite or the mailed link.
    ///
    /// # Errors
    /// `forbidden`, or `invalid` with the field `email`, `invite` or `code`.
    pub fn check_sign_up(&self, email: &str, has_invite: bool, has_code: bool) -> Result<()> {
        match self.sign_up {
            SignUpPolicy::Open => Ok(()),
            SignUpPolicy::Closed => Err(Error::new(Code::Forbidden).with_message("nobody can sign up on this server")),
            SignUpPolicy::Invite if has_invite => Ok(()),
            SignUpPolicy::Invite => Err(Error::invalid("invite", "an invite is needed to sign up on this server")),
            SignUpPolicy::EmailDomain => {
                self.check_email(email)?;
                match has_code {
                    true => Ok(()),
                    false => Err(Error::invalid("code", "open the link that was mailed to the address")),
                }
            }
        }
    }

    /// Checks the e-mail address of an account, where only those of some domains are allowed.
    ///
    /// # Errors
    /// `invalid` with the field `email`.
    pub fn check_email(&self, email: &str) -> Result<()> {
        let key = text::email_key(email);
        let host = key.rsplit_once('@').map(|(_, host)| host).unwrap_or_default();
        match self.sign_up != SignUpPolicy::EmailDomain || self.email_domains.iter().any(|domain| domain == host) {
            true => Ok(()),
            false => Err(Error::invalid("email", "only some e-mail addresses are allowed on this server")),
        }
    }
}

#[cfg(test)]
mod tests;
