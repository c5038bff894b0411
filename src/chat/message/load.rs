//! Rows become messages, with their people, files and answered messages, in a number of statements
//! that does not grow with the number of messages on a page.

use super::system_message::Line;
use super::{Message, Reply, preview, reaction};
use crate::chat::user;
use crate::chat::{Tx, file};
use crate::clock::rfc3339;
use crate::db::{Fault, Row};
use crate::error::{Code, Result};
use crate::ids::UserId;
use crate::text;

/// What [`read`] takes, from the messages as `m` with their people and answered messages.
macro_rules! message_columns {
    () => {
        concat!(
            "m.number, m.id, m.room_id, m.seq, m.rev, m.kind, m.text, m.system, m.file_count, m.edited_at, ",
            "m.deleted_at, m.created_at, m.key, m.mentions, m.reaction_count, m.pinned_at, m.preview, ",
            crate::chat::user::user_columns!("u"),
            ", ",
            crate::chat::user::user_columns!("t"),
            ", ",
            crate::chat::message::load::reply_columns!(),
            ", CASE WHEN m.seq < m.rev OR m.reply_to IS NOT NULL THEN
               (SELECT 1 FROM rooms b WHERE b.id = m.room_id AND b.history = 'joined') END"
        )
    };
}
pub(super) use message_columns;

/// What [`read_reply`] takes, from the answered message as `q` and who wrote it as `qu`.
macro_rules! reply_columns {
    () => {
        concat!("q.seq, substr(q.text, 1, 400), ", crate::chat::user::user_columns!("qu"))
    };
}
pub(super) use reply_columns;

/// How many columns an answered message takes in a row.
pub(super) const REPLY_WIDTH: usize = 2 + user::WIDTH;

/// The answered message from the columns at `at`; `None` where an outer join found none.
pub(super) fn read_reply(row: &Row<'_>, at: usize) -> Result<Option<Reply>, Fault> {
    let Some(seq) = row.get::<Option<i64>>(at)? else { return Ok(None) };
    let user = user::read(row, at + 2)?;
    Ok(Some(Reply { seq, user, excerpt: text::excerpt(&row.get::<String>(at + 1)?) }))
}

macro_rules! message_joins {
    () => {
        " LEFT JOIN users u ON u.id = m.user_id LEFT JOIN users t ON t.id = m.to_user_id
          LEFT JOIN messages q ON q.number = m.reply_to LEFT JOIN users qu ON qu.id = q.user_id"
    };
}
pub(super) use message_joins;

/// A message whose files and system line still want loading.
pub(super) struct Loaded {
    number: i64,
    line: Option<String>,
    has_files: bool,
    has_reactions: bool,
    message: Message,
}

pub(super) fn read(row: &Row<'_>) -> Result<Loaded, Fault> {
    const PEOPLE: usize = 17;
    const REPLY: usize = PEOPLE + 2 * user::WIDTH;
    let time = |column| Ok::<_, Fault>(row.get::<Option<i64>>(column)?.map(rfc3339));
    Ok(Loaded {
        number: row.get(0)?,
        line: row.get(7)?,
        has_files: row.get::<i64>(8)? > 0,
        has_reactions: row.get::<i64>(14)? > 0,
        message: Message {
            id: row.get(1)?,
            room_id: row.get(2)?,
            seq: row.get(3)?,
            rev: row.get(4)?,
            kind: row.get(5)?,
            user: user::read(row, PEOPLE)?,
            text: row.get(6)?,
            system: None,
            to: user::read(row, PEOPLE + user::WIDTH)?,
            files: Vec::new(),
            reply_to: read_reply(row, REPLY)?,
            reactions: Vec::new(),
            mentions: match row.get::<Option<String>>(13)? {
                Some(kept) => serde_json::from_str(&kept).map_err(|error| Fault::Wrong(error.to_string()))?,
                None => Vec::new(),
            },
            preview: preview::from_column(row.get(16)?)?,
            pinned_at: time(15)?,
            edited_at: time(9)?,
            deleted_at: time(10)?,
            created_at: rfc3339(row.get(11)?),
            key: row.get(12)?,
            is_partial: row.get::<Option<i64>>(REPLY + REPLY_WIDTH)?.is_some(),
        },
    })
}

/// Fills in files, reactions and system lines, and keeps the order.
pub(super) fn complete(tx: &mut Tx, loaded: Vec<Loaded>) -> Result<Vec<Message>> {
    let with_files: Vec<i64> = loaded.iter().filter(|one| one.has_files).map(|one| one.number).collect();
    let mut files = file::of_messages(tx, &with_files)?;
    let with_reactions: Vec<i64> = loaded.iter().filter(|one| one.has_reactions).map(|one| one.number).collect();
    let mut reactions = reaction::of_messages(tx, &with_reactions)?;
    let lines: Vec<Option<Line>> = loaded
        .iter()
        .map(|one| one.line.as_deref().map(serde_json::from_str).transpose())
        .collect::<Result<_, _>>()
        .map_err(|error| Fault::Wrong(error.to_string()))?;
    let mut named: Vec<UserId> = lines.iter().flatten().flat_map(|line| [line.user, line.by]).flatten().collect();
    named.sort_unstable();
    named.dedup();
    let known = user::find_all(tx, &named)?;
    let finished = loaded.into_iter().zip(lines).map(|(one, line)| {
        let mut message = one.message;
        message.system = line.and_then(|line| line.system(&known));
        let of_this = |(number, _): &mut (i64, _)| *number == one.number;
        message.reactions = reactions.extract_if(.., of_this).map(|(_, reaction)| reaction).collect();
        message.files = files.extract_if(.., |(number, _)| *number == one.number).map(|(_, file)| file).collect();
        message
    });
    Ok(finished.collect())
}

/// The message of a number that was just written or found.
pub(super) fn get(tx: &mut Tx, number: i64) -> Result<Message> {
    let sql = concat!("SELECT ", message_columns!(), " FROM messages m", message_joins!(), " WHERE m.number = ?1");
    let loaded = tx.query_all(sql, &[&number], read)?;
    complete(tx, loaded)?.pop().ok_or(Code::NotFound.into())
}

/// The messages of the numbers that there are, in no order.
pub(in crate::chat) fn by_numbers(tx: &mut Tx, numbers: &[i64]) -> Result<Vec<Message>> {
    let sql = concat!(
        "SELECT ",
        message_columns!(),
        " FROM messages m",
        message_joins!(),
        " WHERE m.number IN ",
        crate::chat::many!(1)
    );
    let loaded = crate::chat::in_chunks(&[], numbers, |params| tx.query_all(sql, params, read))?;
    complete(tx, loaded)
}
