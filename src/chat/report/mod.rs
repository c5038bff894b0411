//! Reports of messages and users, which moderators of the room and admins decide.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::admin_rights::{is_admin, require_admin};
use super::kinds::{Decision, ReportReason, Role, RoomKind};
use super::member::require_moderator;
use super::message;
use super::outgoing_hook::event::fire_report;
use super::user::{self, User};
use super::{Fact, Limits, Tx, member};
use crate::clock::rfc3339;
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, ReportId, RoomId, UserId};

mod context;
mod decide;

pub use context::Quoted;
pub use decide::{Act, Decided, decide};

const NOTE_MAX: usize = 500;
/// Open reports of one user.
const OPEN_MAX: u64 = 50;
/// How long a decided report is kept.
const KEPT_MS: i64 = 90 * 24 * 3_600_000;

/// A report, as those who decide see it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub id: ReportId,
    /// The room where it happened, and its title; null where it was in none, or in a direct room.
    pub room_id: Option<RoomId>,
    pub room_title: Option<String>,
    /// Null for a report of a user as such.
    pub message_id: Option<MessageId>,
    /// Whether the message is hidden now.
    pub is_hidden: bool,
    /// The reported user; null once their account is deleted.
    pub user: Option<User>,
    /// Who reported, for admins only; null for moderators and for a report of the word filter.
    pub by: Option<User>,
    pub reason: ReportReason,
    pub note: String,
    /// The message and some around it, as they were then.
    pub context: Vec<Quoted>,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
    pub decided_at: Option<String>,
    pub decision: Option<Decision>,
}

/// A page of reports, and the last of it if there is more.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    pub reports: Vec<Report>,
    pub next: Option<ReportId>,
}

/// A report to make.
#[derive(Clone, Debug)]
pub struct NewReport {
    pub reason: ReportReason,
    pub note: String,
}

/// Whose reports a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Those of one open room, for its moderators.
    Room(RoomId),
    /// All, for admins.
    Server,
}

/// Reports a message that one may see. The same again returns the first report.
///
/// # Errors
/// `invalid` with the field `reason` for that of the word filter; `forbidden` for one's own message or one that one may not see;
/// `too_long` with the field `note`; `too_many`.
pub fn report_message(tx: &mut Tx, now: i64, me: UserId, id: MessageId, new: NewReport) -> Result<ReportId> {
    check_reason(new.reason)?;
    let found = message::reportable(tx, me, id)?;
    if found.user_id == me {
        return Err(Code::Forbidden.into());
    }
    if let Some(first) = find_open(tx, me, found.user_id, (Some(found.room_id), Some(id)))? {
        return Ok(first);
    }
    let context = context::around(tx, &found)?;
    let report = Subject { room_id: Some(found.room_id), message_id: Some(id), is_private: found.is_private };
    add(tx, now, Some(me), found.user_id, report, new, &context)
}

/// Reports a user: to the moderators of an open room that both are in, else to the admins.
///
/// # Errors
/// `invalid` with the field `userId` for oneself, or with `reason` for that of the word filter; `not_found` for an unknown user; `not_a_member`, `room_not_found`;
/// `too_long` with the field `note`; `too_many`.
pub fn report_user(
    tx: &mut Tx,
    now: i64,
    me: UserId,
    user_id: UserId,
    room_id: Option<RoomId>,
    new: NewReport,
) -> Result<ReportId> {
    check_reason(new.reason)?;
    if user_id == me {
        return Err(Error::invalid("userId", "nobody reports oneself"));
    }
    user::find(tx, user_id)?.ok_or(Code::NotFound)?;
    let mut is_private = true;
    if let Some(room_id) = room_id {
        // The moderators of a room are not those of users who are not in it.
        is_private = member::membership(tx, me, room_id)?.kind == RoomKind::Direct
            || member::find_role(tx, user_id, room_id)?.is_none();
    }
    if let Some(first) = find_open(tx, me, user_id, (room_id, None))? {
        return Ok(first);
    }
    add(tx, now, Some(me), user_id, Subject { room_id, message_id: None, is_private }, new, &[])
}

/// Reports a message that the word filter has found, once while the report is open.
pub(super) fn report_by_filter(tx: &mut Tx, now: i64, id: MessageId) -> Result<()> {
    let Some(found) = message::reported_by_filter(tx, id)? else { return Ok(()) };
    let sql = "SELECT 1 FROM reports WHERE user_id = ?1 AND message_id = ?2 AND by_user_id IS NULL
               AND decided_at IS NULL LIMIT 1";
    if tx.query_opt(sql, &[&found.user_id, &id], |row| row.get::<i64>(0))?.is_some() {
        return Ok(());
    }
    let context = context::around(tx, &found)?;
    let new = NewReport { reason: ReportReason::Words, note: String::new() };
    let report = Subject { room_id: Some(found.room_id), message_id: Some(id), is_private: found.is_private };
    add(tx, now, None, found.user_id, report, new, &context).map(drop)
}

fn check_reason(reason: ReportReason) -> Result<()> {
    match reason {
        ReportReason::Words => Err(Error::invalid("reason", "only the word filter reports words")),
        _ => Ok(()),
    }
}

/// What a report is about.
struct Subject {
    room_id: Option<RoomId>,
    message_id: Option<MessageId>,
    is_private: bool,
}

/// Returns one's open report of a user about the same room and message.
fn find_open(
    tx: &mut Tx,
    me: UserId,
    user_id: UserId,
    about: (Option<RoomId>, Option<MessageId>),
) -> Result<Option<ReportId>> {
    let sql = "SELECT id, room_id, message_id FROM reports
               WHERE by_user_id = ?1 AND user_id = ?2 AND decided_at IS NULL LIMIT 100";
    let open = tx.query_all(sql, &[&me, &user_id], |row| Ok((row.get::<ReportId>(0)?, (row.get(1)?, row.get(2)?))))?;
    Ok(open.into_iter().find(|(_, found)| *found == about).map(|(id, _)| id))
}

fn add(
    tx: &mut Tx,
    now: i64,
    by: Option<UserId>,
    user_id: UserId,
    about: Subject,
    new: NewReport,
    context: &[Quoted],
) -> Result<ReportId> {
    let note = new.note.trim();
    if note.chars().count() > NOTE_MAX {
        return Err(Error::too_long("note", NOTE_MAX));
    }
    let count = "SELECT COUNT(*) FROM reports WHERE by_user_id = ?1 AND decided_at IS NULL";
    if by.is_some() && tx.query_one(count, &[&by], |row| row.get::<u64>(0))? >= OPEN_MAX {
        return Err(Code::TooMany.into());
    }
    let id = ReportId::new(now);
    let context = serde_json::to_string(context).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO reports
           (id, room_id, message_id, user_id, by_user_id, reason, note, context, is_private, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &[&id, &about.room_id, &about.message_id, &user_id, &by, &new.reason, &note, &context, &about.is_private, &now],
    )?;
    let room_id = about.room_id.filter(|_| !about.is_private);
    fire_report(tx, now, id, user_id, room_id)?;
    tx.publish(Fact::ReportsChanged { room_id, about: Some(user_id) });
    Ok(id)
}

fn select() -> String {
    let (user, by) = (user::columns("u"), user::columns("b"));
    format!(
        "SELECT p.id, p.room_id, r.title, p.message_id, CASE WHEN h.message_number IS NULL THEN 0 ELSE 1 END,
           {user}, {by}, p.reason, p.note, p.context, p.created_at, p.decided_at, p.decision
         FROM reports p LEFT JOIN rooms r ON r.id = p.room_id AND r.kind = 'open'
           LEFT JOIN messages m ON m.id = p.message_id LEFT JOIN hidden_messages h ON h.message_number = m.number
           LEFT JOIN users u ON u.id = p.user_id LEFT JOIN users b ON b.id = p.by_user_id"
    )
}

fn read(row: &Row<'_>) -> Result<Report, Fault> {
    let mut c = row.columns();
    Ok(Report {
        id: c.next()?,
        room_id: c.next()?,
        room_title: c.next()?,
        message_id: c.next()?,
        is_hidden: c.next()?,
        user: user::read(&mut c)?,
        by: user::read(&mut c)?,
        reason: c.next()?,
        note: c.next()?,
        context: serde_json::from_str(&c.next::<String>()?).unwrap_or_default(),
        created_at: rfc3339(c.next()?),
        decided_at: c.next::<Option<i64>>()?.map(rfc3339),
        decision: c.next()?,
    })
}

/// Returns a page of reports, the newest first: those that are open, or those that were decided. Moderators see neither
/// the reports of themselves nor who has reported.
///
/// # Errors
/// `forbidden`, `room_not_found`, `gone`, `not_a_member`; `invalid` with the field `limit`.
pub fn list(
    tx: &mut Tx,
    limits: &Limits,
    me: UserId,
    queue: Queue,
    is_open: bool,
    after: Option<ReportId>,
    limit: u32,
) -> Result<Reports> {
    let limit = limits.page(limit)?;
    let after = after.unwrap_or(ReportId::from_u128(u128::MAX));
    let most = u64::from(limit) + 1;
    let state = if is_open { "p.decided_at IS NULL" } else { "p.decided_at IS NOT NULL" };
    let page = format!("p.id < ?1 AND {state} ORDER BY p.id DESC LIMIT ?2");
    let mut reports = match queue {
        Queue::Server => {
            require_admin(tx, Some(me))?;
            tx.query_all(&format!("{} WHERE {page}", select()), &[&after, &most], read)?
        }
        Queue::Room(room_id) => {
            check_decides(tx, me, room_id)?;
            let of_room = "p.room_id IS NOT NULL AND p.room_id = ?3 AND p.is_private = 0 AND p.user_id <> ?4";
            let sql = format!("{} WHERE {of_room} AND {page}", select());
            tx.query_all(&sql, &[&after, &most, &room_id, &me], read)?
        }
    };
    let has_more = reports.len() > limit as usize;
    reports.truncate(limit as usize);
    if !is_admin(tx, me)? {
        reports.iter_mut().for_each(|report| report.by = None);
    }
    let next = reports.last().filter(|_| has_more).map(|report| report.id);
    Ok(Reports { reports, next })
}

/// Counts the open reports that a user may decide, in a room or all.
///
/// # Errors
/// As [`list`].
pub fn open_count(tx: &mut Tx, me: UserId, queue: Queue) -> Result<u64> {
    match queue {
        Queue::Server => {
            require_admin(tx, Some(me))?;
            let sql = "SELECT COUNT(*) FROM reports WHERE decided_at IS NULL";
            Ok(tx.query_one(sql, &[], |row| row.get(0))?)
        }
        Queue::Room(room_id) => {
            check_decides(tx, me, room_id)?;
            let sql = "SELECT COUNT(*) FROM reports WHERE room_id IS NOT NULL AND room_id = ?1 AND is_private = 0
                       AND user_id <> ?2 AND decided_at IS NULL";
            Ok(tx.query_one(sql, &[&room_id, &me], |row| row.get(0))?)
        }
    }
}

/// How many reports are open, in a room or of the whole server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenReports {
    pub room_id: Option<RoomId>,
    pub open: u64,
}

/// Counts the open reports for all who decide them: those of a room for its moderators and for admins, and all for admins.
/// Moderators do not count those of themselves.
///
/// # Errors
/// Only those of the store.
pub fn open_counts(tx: &mut Tx, room_id: Option<RoomId>) -> Result<BTreeMap<UserId, Vec<OpenReports>>> {
    let sql = "SELECT id FROM users WHERE is_admin = 1 AND deleted_at IS NULL";
    let admins: Vec<UserId> = tx.query_all(sql, &[], |row| row.get(0))?;
    let mut counts: BTreeMap<UserId, Vec<OpenReports>> = BTreeMap::new();
    if let Some(first) = admins.first() {
        let all = OpenReports { room_id: None, open: open_count(tx, *first, Queue::Server)? };
        counts.extend(admins.iter().map(|admin| (*admin, vec![all])));
    }
    let Some(room_id) = room_id else { return Ok(counts) };
    let sql = "SELECT user_id, COUNT(*) FROM reports
               WHERE room_id IS NOT NULL AND room_id = ?1 AND is_private = 0 AND decided_at IS NULL GROUP BY user_id";
    let about: BTreeMap<UserId, u64> =
        tx.query_all(sql, &[&room_id], |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect();
    let all: u64 = about.values().sum();
    let moderators = "SELECT user_id FROM members WHERE room_id = ?1 AND role <> ?2";
    let moderators: Vec<UserId> = tx.query_all(moderators, &[&room_id, &Role::Member], |row| row.get(0))?;
    for user_id in moderators.into_iter().chain(admins).collect::<BTreeSet<_>>() {
        let open = all - about.get(&user_id).unwrap_or(&0);
        counts.entry(user_id).or_default().push(OpenReports { room_id: Some(room_id), open });
    }
    Ok(counts)
}

/// Checks that a user decides the reports of a room: its moderators, and admins.
fn check_decides(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<()> {
    match require_moderator(tx, me, room_id) {
        Err(error) if error.code == Code::NotAMember && is_admin(tx, me)? => Ok(()),
        checked => checked.map(drop),
    }
}

/// Deletes reports that were decided long ago.
///
/// # Errors
/// Only those of the store.
pub fn sweep(tx: &mut Tx, now: i64) -> Result<()> {
    let sql = "DELETE FROM reports WHERE decided_at IS NOT NULL AND decided_at < ?1";
    tx.execute(sql, &[&(now - KEPT_MS)])?;
    Ok(())
}

/// Forgets what a user wrote, in the reports of them and of others: their account is deleted with their messages.
pub(super) fn forget_texts(tx: &mut Tx, user_id: UserId) -> Result<()> {
    tx.execute("UPDATE reports SET context = '[]' WHERE user_id = ?1", &[&user_id])?;
    tx.execute("UPDATE reports SET note = '' WHERE by_user_id = ?1", &[&user_id])?;
    let sql = "SELECT id, context FROM reports WHERE context LIKE ?1";
    let quoting: Vec<(ReportId, String)> =
        tx.query_all(sql, &[&format!("%{user_id}%")], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (id, context) in quoting {
        let mut context: Vec<Quoted> = serde_json::from_str(&context).unwrap_or_default();
        context.retain(|quoted| quoted.user_id != Some(user_id));
        let context = serde_json::to_string(&context).map_err(Error::internal)?;
        tx.execute("UPDATE reports SET context = ?2 WHERE id = ?1", &[&id, &context])?;
    }
    Ok(())
}
