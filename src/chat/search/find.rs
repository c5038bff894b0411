//! Finding: the index names candidates, newest first; whether one may be seen is asked of the store,
//! and whether it really has the words of its text.

use std::collections::HashMap;
use std::time::Instant;

use super::{Mark, Query, is_whole};
use crate::chat::message::{self, Message};
use crate::chat::{Limits, Tx, in_chunks, many, member};
use crate::db::{Fault, Match, Row, Term};
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, RoomId, UserId};
use crate::text;
use crate::text::hit::{self, Excerpt, Folded};

/// Candidates looked at in one go at first, and at most.
const FIRST: u32 = 64;
const MOST: u32 = 4_096;
/// Candidates between two looks at the watch.
const STEP: usize = 32;
/// Terms that the words of a search may ask the index for in all.
const TERMS: usize = 64;
/// Rooms by which the index is asked. Who is in more is asked for by the words alone.
const ROOMS: usize = 64;
/// Rooms of one person that are looked at, the latest active first.
const ROOMS_MOST: u32 = 1_000;
/// Connections of one name by whom the index is asked.
const NAMESAKES: usize = 64;
/// A clock may be set back while the house is open: the edge of a day is looked at a little wider.
const SLACK_MS: i64 = 10_000;

/// What is asked, and how far to go for it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub query: Query,
    /// In this room alone.
    pub room_id: Option<RoomId>,
    /// By this person alone: a name or an id.
    pub from: Option<String>,
    /// Only what is older than this message: `next` of the page before.
    pub older_than: Option<MessageId>,
    pub limit: u32,
    /// When to answer with what there is.
    pub until: Instant,
}

/// A message that has what was asked for.
#[derive(Clone, Debug)]
pub struct Hit {
    pub message: Message,
    pub excerpt: Excerpt,
}

#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The newest first.
    pub hits: Vec<Hit>,
    /// Where to go on; none when everything has been looked at.
    pub next: Option<MessageId>,
}

/// Finds messages, the newest first, of those that `me` may see.
///
/// # Errors
/// `search_unavailable` while the index is not whole; `room_not_found`, `not_a_member` for the room;
/// `invalid` with the field `limit`.
pub fn find(tx: &mut Tx, limits: &Limits, me: UserId, asked: &Asked) -> Result<Found> {
    let limit = limits.page(asked.limit)? as usize;
    if !is_whole(tx)? {
        let why = "the index is not complete: run madang reindex";
        return Err(Error::new(Code::SearchUnavailable).with_message(why));
    }
    let Some(wanted) = wanted(tx, me, asked)? else { return Ok(Found::default()) };
    let from = match asked.query.after {
        Some(after) => last_before(tx, after.saturating_sub(SLACK_MS))?.unwrap_or(0),
        None => 0,
    };
    let mut below = match asked.query.before {
        Some(before) => first_from(tx, before.saturating_add(SLACK_MS))?.unwrap_or(i64::MAX),
        None => i64::MAX,
    };
    if let Some(id) = asked.older_than {
        below = below.min(number_of(tx, id)?);
    }
    let mut search = Search { me, asked, names: folded_names(asked), hits: Vec::new(), seen: None };
    let mut count = FIRST;
    loop {
        let numbers = tx.matching(&wanted, from, below, count)?;
        for step in numbers.chunks(STEP) {
            search.look(tx, step, limit)?;
            if search.hits.len() > limit {
                search.hits.truncate(limit);
                let next = search.hits.last().map(|hit| hit.id);
                return search.found(tx, next);
            }
            if Instant::now() >= asked.until {
                let looked_at = step.last().copied().unwrap_or_default();
                let next = match search.seen {
                    Some(seen) => Some(seen),
                    None => id_of(tx, looked_at)?,
                };
                return search.found(tx, next);
            }
        }
        let Some(&last) = numbers.last().filter(|_| numbers.len() == count as usize) else { break };
        below = last;
        count = (count * 4).min(MOST);
    }
    search.found(tx, None)
}

/// What the index is asked for; `None` where nothing can be found.
fn wanted(tx: &mut Tx, me: UserId, asked: &Asked) -> Result<Option<Match>> {
    let mut groups: Vec<Vec<Term>> = Vec::new();
    for token in asked.query.sought.iter().flat_map(|sought| sought.tokens()).take(TERMS) {
        let group = vec![Term { word: token.text.clone(), is_prefix: token.is_prefix }];
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    for names in [&asked.query.from[..], asked.from.as_slice()].into_iter().filter(|names| !names.is_empty()) {
        let people = people(tx, names)?;
        if people.is_empty() {
            return Ok(None);
        }
        if people.len() <= NAMESAKES {
            groups.push(people.into_iter().map(|id| Mark::Author(id).term()).collect());
        }
    }
    if asked.query.has_file {
        groups.push(vec![Mark::File.term()]);
    }
    let rooms = rooms(tx, me, asked)?;
    if rooms.is_empty() {
        return Ok(None);
    }
    // Without the rooms more is looked at, never less found.
    if rooms.len() <= ROOMS || groups.is_empty() {
        let whispers = [Mark::Whisper(me).term()];
        groups.push(rooms.into_iter().map(|id| Mark::Room(id).term()).chain(whispers).collect());
    }
    Ok(Some(Match(groups)))
}

/// The rooms to look in, of those that the person is in.
fn rooms(tx: &mut Tx, me: UserId, asked: &Asked) -> Result<Vec<RoomId>> {
    if let Some(room_id) = asked.room_id {
        member::role(tx, me, room_id)?;
    }
    let sql = "SELECT r.id, r.title_folded FROM members x JOIN rooms r ON r.id = x.room_id WHERE x.user_id = ?1
               ORDER BY r.active_at DESC, r.id LIMIT ?2";
    let mine: Vec<(RoomId, String)> = tx.query_all(sql, &[&me, &ROOMS_MOST], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let named: Vec<RoomId> = match &asked.query.rooms[..] {
        [] => mine.into_iter().map(|(id, _)| id).collect(),
        names => names.iter().flat_map(|name| named(&mine, name)).collect(),
    };
    Ok(match asked.room_id {
        None => named,
        // A room beyond the most that are looked at is still one's own.
        Some(room_id) if asked.query.rooms.is_empty() || named.contains(&room_id) => vec![room_id],
        Some(_) => Vec::new(),
    })
}

/// The rooms of that id or title, or else those whose title has it.
fn named(mine: &[(RoomId, String)], name: &str) -> Vec<RoomId> {
    if let Ok(id) = name.to_lowercase().parse::<RoomId>() {
        return mine.iter().map(|(id, _)| *id).filter(|mine| *mine == id).collect();
    }
    let name = text::fold(name);
    let all = |fits: &dyn Fn(&str) -> bool| -> Vec<RoomId> {
        mine.iter().filter(|(_, title)| fits(title)).map(|(id, _)| *id).collect()
    };
    let same = all(&|title| title == name);
    if same.is_empty() { all(&|title| title.contains(&name)) } else { same }
}

/// The people of those ids or names; one more than are asked for where there are too many.
fn people(tx: &mut Tx, names: &[String]) -> Result<Vec<UserId>> {
    let mut people = Vec::new();
    for name in names {
        match name.to_lowercase().parse() {
            Ok(id) => people.push(id),
            Err(_) => {
                let sql = "SELECT id FROM users WHERE name_folded = ?1 ORDER BY id DESC LIMIT ?2";
                let most = NAMESAKES as u64 + 1;
                people.extend(tx.query_all(sql, &[&text::fold(name), &most], |row| row.get::<UserId>(0))?);
            }
        }
    }
    Ok(people)
}

/// The names that a message's author must have: one of each group. Folded, as ids are.
fn folded_names(asked: &Asked) -> Vec<Vec<String>> {
    let groups = [&asked.query.from[..], asked.from.as_slice()].into_iter().filter(|names| !names.is_empty());
    groups.map(|names| names.iter().map(|name| text::fold(name)).collect()).collect()
}

/// The highest number of a message from before a time, by its id.
fn last_before(tx: &mut Tx, ms: i64) -> Result<Option<i64>> {
    let sql = "SELECT number FROM messages WHERE id < ?1 ORDER BY id DESC LIMIT 1";
    Ok(tx.query_opt(sql, &[&born_at(ms)], |row| row.get(0))?)
}

fn first_from(tx: &mut Tx, ms: i64) -> Result<Option<i64>> {
    let sql = "SELECT number FROM messages WHERE id >= ?1 ORDER BY id LIMIT 1";
    Ok(tx.query_opt(sql, &[&born_at(ms)], |row| row.get(0))?)
}

/// The least id that a message of that time can have.
fn born_at(ms: i64) -> MessageId {
    MessageId::from_u128((ms.clamp(0, (1 << 48) - 1) as u128) << 80)
}

/// The number of a message, or of the one before it when it has gone with its room.
fn number_of(tx: &mut Tx, id: MessageId) -> Result<i64> {
    let exact = tx.query_opt("SELECT number FROM messages WHERE id = ?1", &[&id], |row| row.get(0))?;
    if let Some(number) = exact {
        return Ok(number);
    }
    let sql = "SELECT number FROM messages WHERE id < ?1 ORDER BY id DESC LIMIT 1";
    let before: Option<i64> = tx.query_opt(sql, &[&id], |row| row.get(0))?;
    Ok(before.map_or(0, |number| number + 1))
}

fn id_of(tx: &mut Tx, number: i64) -> Result<Option<MessageId>> {
    Ok(tx.query_opt("SELECT id FROM messages WHERE number = ?1", &[&number], |row| row.get(0))?)
}

/// A search under way.
struct Search<'a> {
    me: UserId,
    asked: &'a Asked,
    names: Vec<Vec<String>>,
    hits: Vec<Marked>,
    /// The last message looked at that may be seen.
    seen: Option<MessageId>,
}

struct Marked {
    number: i64,
    id: MessageId,
    excerpt: Excerpt,
}

/// A candidate that may be seen.
struct Visible {
    number: i64,
    id: MessageId,
    text: String,
    created_at: i64,
    author: Option<UserId>,
    name: Option<String>,
}

/// Membership, whispers and the room's history setting, of whoever asks, are in the same statement
/// that reads the text.
const VISIBLE: &str = concat!(
    "SELECT m.number, m.id, m.text, m.created_at, m.user_id, u.name_folded
     FROM messages m JOIN rooms r ON r.id = m.room_id
       JOIN members x ON x.room_id = m.room_id AND x.user_id = ?1
       LEFT JOIN users u ON u.id = m.user_id AND u.deleted_at IS NULL
     WHERE m.kind <> 'system' AND m.deleted_at IS NULL
       AND (m.to_user_id IS NULL OR m.to_user_id = ?1 OR m.user_id = ?1)
       AND (r.history = 'all' OR m.seq >= x.joined_rev) AND m.number IN ",
    many!(2)
);

impl Search<'_> {
    /// Looks at candidates, in their order, until there is one hit more than fits.
    fn look(&mut self, tx: &mut Tx, numbers: &[i64], limit: usize) -> Result<()> {
        let read = |row: &Row<'_>| -> Result<Visible, Fault> {
            let (text, created_at, author, name) = (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?);
            Ok(Visible { number: row.get(0)?, id: row.get(1)?, text, created_at, author, name })
        };
        let mut visible = in_chunks(&[&self.me], numbers, |params| tx.query_all(VISIBLE, params, read))?;
        visible.sort_unstable_by_key(|one| std::cmp::Reverse(one.number));
        for one in visible {
            self.seen = Some(one.id);
            if !self.fits(&one) {
                continue;
            }
            let sought = &self.asked.query.sought;
            let folded = Folded::new(&one.text);
            if sought.iter().all(|sought| folded.has(sought)) {
                let excerpt = hit::excerpt(&one.text, &folded, sought);
                self.hits.push(Marked { number: one.number, id: one.id, excerpt });
            }
            if self.hits.len() > limit {
                break;
            }
        }
        Ok(())
    }

    fn fits(&self, one: &Visible) -> bool {
        let Query { before, after, .. } = self.asked.query;
        let is_in_time = before.is_none_or(|at| one.created_at < at) && after.is_none_or(|at| one.created_at >= at);
        let id = one.author.map(|id| id.to_string());
        let is = |name: &String| one.name.as_ref() == Some(name) || id.as_ref() == Some(name);
        is_in_time && self.names.iter().all(|names| names.iter().any(is))
    }

    fn found(self, tx: &mut Tx, next: Option<MessageId>) -> Result<Found> {
        let numbers: Vec<i64> = self.hits.iter().map(|hit| hit.number).collect();
        let mut loaded = message::by_numbers(tx, &numbers)?;
        for partial in loaded.iter_mut().filter(|one| one.is_partial) {
            partial.cut(member::membership(tx, self.me, partial.room_id)?.first_seq);
        }
        let mut messages: HashMap<MessageId, Message> = loaded.into_iter().map(|one| (one.id, one)).collect();
        let hits = self.hits.into_iter();
        let hits = hits.filter_map(|hit| Some(Hit { message: messages.remove(&hit.id)?, excerpt: hit.excerpt }));
        Ok(Found { hits: hits.collect(), next })
    }
}
