//! Finds messages: the index returns candidates, the newest first. The store says whether the user may see one, and
//! its text whether it really contains the words.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Instant;

use super::index::Mark;
use super::{Query, is_whole};
use crate::chat::in_list::{self, KEYS_AFTER_ONE};
use crate::chat::message::{self, Message};
use crate::chat::{Limits, Tx, member};
use crate::db::{Match, Term};
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, RoomId, UserId};
use crate::text;
use crate::text::hit::{self, Excerpt, Folded};

/// Candidates of the first query of the index, and of any.
const FIRST: u32 = 64;
const MOST: u32 = 4_096;
/// Candidates between two checks of the time.
const STEP: usize = 32;
/// The most terms that the words of a search may have.
const TERMS: usize = 64;
/// The most rooms in the query of the index. A user of more rooms searches by the words alone.
const ROOMS: usize = 64;
/// The most rooms of a user that are searched, the latest active first.
const ROOMS_MOST: u32 = 1_000;
/// The most users of one name in the query of the index.
const NAMESAKES: usize = 64;
/// The clock may be set back while the server runs, so the bounds of a day are a little wider.
const SLACK_MS: i64 = 10_000;

/// A search, and how long it may take.
#[derive(Clone, Debug)]
pub struct Request {
    pub query: Query,
    /// Only in this room.
    pub room_id: Option<RoomId>,
    /// Only by this user: a name or an id.
    pub from: Option<String>,
    /// Only messages older than this one: `next` of the previous page.
    pub older_than: Option<MessageId>,
    pub limit: u32,
    /// When to return what was found so far.
    pub until: Instant,
}

/// A message that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    pub message: Message,
    pub excerpt: Excerpt,
}

#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The newest first.
    pub hits: Vec<Hit>,
    /// Where to go on; `None` when everything was searched.
    pub next: Option<MessageId>,
}

/// Finds messages that `me` may see, the newest first.
///
/// # Errors
/// `search_unavailable` while the index is not complete; `room_not_found`, `not_a_member` for the room;
/// `invalid` with the field `limit`.
pub fn find(tx: &mut Tx, limits: &Limits, me: UserId, request: &Request) -> Result<Found> {
    let limit = limits.page(request.limit)? as usize;
    if !is_whole(tx)? {
        let why = "the index is not complete: run madang reindex";
        return Err(Error::new(Code::SearchUnavailable).with_message(why));
    }
    let Some(wanted) = wanted(tx, me, request)? else { return Ok(Found::default()) };
    let from = match request.query.after {
        Some(after) => last_before(tx, after.saturating_sub(SLACK_MS))?.unwrap_or(0),
        None => 0,
    };
    let mut below = match request.query.before {
        Some(before) => first_from(tx, before.saturating_add(SLACK_MS))?.unwrap_or(i64::MAX),
        None => i64::MAX,
    };
    if let Some(id) = request.older_than {
        below = below.min(number_of(tx, id)?);
    }
    let mut search = Search { me, request, names: folded_names(request), hits: Vec::new(), seen: None };
    let mut count = FIRST;
    loop {
        let numbers = tx.matching(&wanted, from, below, count)?;
        for step in numbers.chunks(STEP) {
            search.check(tx, step, limit)?;
            if search.hits.len() > limit {
                search.hits.truncate(limit);
                let next = search.hits.last().map(|hit| hit.id);
                return search.found(tx, next);
            }
            if Instant::now() >= request.until {
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

/// Returns the query of the index; `None` where nothing can be found.
fn wanted(tx: &mut Tx, me: UserId, request: &Request) -> Result<Option<Match>> {
    let mut groups: Vec<Vec<Term>> = Vec::new();
    for token in request.query.sought.iter().flat_map(|sought| sought.tokens()).take(TERMS) {
        let group = vec![Term { word: token.text.clone(), is_prefix: token.is_prefix }];
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    for names in [&request.query.from[..], request.from.as_slice()].into_iter().filter(|names| !names.is_empty()) {
        let users = users(tx, names)?;
        if users.is_empty() {
            return Ok(None);
        }
        if users.len() <= NAMESAKES {
            groups.push(users.into_iter().map(|id| Mark::Author(id).term()).collect());
        }
    }
    if request.query.has_file {
        groups.push(vec![Mark::File.term()]);
    }
    let rooms = rooms(tx, me, request)?;
    if rooms.is_empty() {
        return Ok(None);
    }
    // Without the rooms there are more candidates, never fewer results.
    if rooms.len() <= ROOMS || groups.is_empty() {
        let whispers = [Mark::Whisper(me).term()];
        groups.push(rooms.into_iter().map(|id| Mark::Room(id).term()).chain(whispers).collect());
    }
    Ok(Some(Match(groups)))
}

/// A stranger's direct room that the user has left without accepting it, of the members as `x`.
const REFUSED: &str = "(x.is_request = 1 AND x.hidden_rev IS NOT NULL)";

static MINE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT r.id, r.title_folded FROM members x JOIN rooms r ON r.id = x.room_id
         WHERE x.user_id = ?1 AND NOT {REFUSED} ORDER BY r.active_at DESC, r.id LIMIT ?2"
    )
});

/// Returns the rooms to search, of those of the user.
fn rooms(tx: &mut Tx, me: UserId, request: &Request) -> Result<Vec<RoomId>> {
    if let Some(room_id) = request.room_id {
        member::role(tx, me, room_id)?;
    }
    let mine: Vec<(RoomId, String)> = tx.query_all(&MINE, &[&me, &ROOMS_MOST], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let named: Vec<RoomId> = match &request.query.rooms[..] {
        [] => mine.into_iter().map(|(id, _)| id).collect(),
        names => names.iter().flat_map(|name| named(&mine, name)).collect(),
    };
    Ok(match request.room_id {
        None => named,
        // Also one beyond the most that are searched.
        Some(room_id) if request.query.rooms.is_empty() || named.contains(&room_id) => vec![room_id],
        Some(_) => Vec::new(),
    })
}

/// Returns the rooms of an id or a title, or else those whose title contains it.
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

/// Returns the users of ids or names; one more than the limit where there are too many.
fn users(tx: &mut Tx, names: &[String]) -> Result<Vec<UserId>> {
    let mut users = Vec::new();
    for name in names {
        match name.to_lowercase().parse() {
            Ok(id) => users.push(id),
            Err(_) => {
                let sql = "SELECT id FROM users WHERE name_folded = ?1 ORDER BY id DESC LIMIT ?2";
                let most = NAMESAKES as u64 + 1;
                users.extend(tx.query_all(sql, &[&text::fold(name), &most], |row| row.get::<UserId>(0))?);
            }
        }
    }
    Ok(users)
}

/// Returns the folded names or ids of which the sender must have one of each group.
fn folded_names(request: &Request) -> Vec<Vec<String>> {
    let groups = [&request.query.from[..], request.from.as_slice()].into_iter().filter(|names| !names.is_empty());
    groups.map(|names| names.iter().map(|name| text::fold(name)).collect()).collect()
}

/// Returns the highest number of a message from before a time, by its id.
fn last_before(tx: &mut Tx, ms: i64) -> Result<Option<i64>> {
    let sql = "SELECT number FROM messages WHERE id < ?1 ORDER BY id DESC LIMIT 1";
    Ok(tx.query_opt(sql, &[&least_id(ms)], |row| row.get(0))?)
}

fn first_from(tx: &mut Tx, ms: i64) -> Result<Option<i64>> {
    let sql = "SELECT number FROM messages WHERE id >= ?1 ORDER BY id LIMIT 1";
    Ok(tx.query_opt(sql, &[&least_id(ms)], |row| row.get(0))?)
}

/// Returns the least id that a message of a time can have.
fn least_id(ms: i64) -> MessageId {
    MessageId::from_u128((ms.clamp(0, (1 << 48) - 1) as u128) << 80)
}

/// Returns the number of a message, or the one after the message before it when it was deleted with its room.
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

/// A running search.
struct Search<'a> {
    me: UserId,
    request: &'a Request,
    names: Vec<Vec<String>>,
    hits: Vec<Marked>,
    /// The last visible candidate.
    seen: Option<MessageId>,
}

struct Marked {
    number: i64,
    id: MessageId,
    excerpt: Excerpt,
}

/// A candidate that the user may see.
struct Visible {
    number: i64,
    id: MessageId,
    text: String,
    created_at: i64,
    author: Option<UserId>,
    name: Option<String>,
}

/// Checks membership, whispers and the room's history setting in the statement that reads the text.
static VISIBLE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT m.number, m.id, m.text, m.created_at, m.user_id, u.name_folded
         FROM messages m JOIN rooms r ON r.id = m.room_id
           JOIN members x ON x.room_id = m.room_id AND x.user_id = ?1
           LEFT JOIN users u ON u.id = m.user_id AND u.deleted_at IS NULL
         WHERE m.kind <> 'system' AND m.deleted_at IS NULL
           AND (m.to_user_id IS NULL OR m.to_user_id = ?1 OR m.user_id = ?1)
           AND (r.history = 'all' OR m.seq >= x.joined_rev) AND NOT {REFUSED} AND m.number IN {KEYS_AFTER_ONE}"
    )
});

impl Search<'_> {
    /// Checks candidates, in their order, until there is one hit more than the limit.
    fn check(&mut self, tx: &mut Tx, numbers: &[i64], limit: usize) -> Result<()> {
        let mut visible = in_list::in_chunks(&[&self.me], numbers, |params| {
            tx.query_all(&VISIBLE, params, |row| {
                let mut c = row.columns();
                let (number, id, text) = (c.next()?, c.next()?, c.next()?);
                Ok(Visible { number, id, text, created_at: c.next()?, author: c.next()?, name: c.next()? })
            })
        })?;
        visible.sort_unstable_by_key(|one| std::cmp::Reverse(one.number));
        for one in visible {
            self.seen = Some(one.id);
            if !self.fits(&one) {
                continue;
            }
            let sought = &self.request.query.sought;
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
        let Query { before, after, .. } = self.request.query;
        let is_in_time = before.is_none_or(|at| one.created_at < at) && after.is_none_or(|at| one.created_at >= at);
        let id = one.author.map(|id| id.to_string());
        let is = |name: &String| one.name.as_ref() == Some(name) || id.as_ref() == Some(name);
        is_in_time && self.names.iter().all(|names| names.iter().any(is))
    }

    fn found(self, tx: &mut Tx, next: Option<MessageId>) -> Result<Found> {
        let numbers: Vec<i64> = self.hits.iter().map(|hit| hit.number).collect();
        let mut loaded = message::by_numbers(tx, &numbers)?;
        for partial in loaded.iter_mut().filter(|message| message.is_partial) {
            partial.cut(member::membership(tx, self.me, partial.room_id)?.first_seq);
        }
        let mut messages: HashMap<MessageId, Message> = loaded.into_iter().map(|one| (one.id, one)).collect();
        let hits = self.hits.into_iter();
        let hits = hits.filter_map(|hit| Some(Hit { message: messages.remove(&hit.id)?, excerpt: hit.excerpt }));
        Ok(Found { hits: hits.collect(), next })
    }
}
