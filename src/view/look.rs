//! How a message looks to one viewer: whose it is, what it continues, and its local time. The page brings it along, so
//! that nothing moves when the scripts start; `web/ts/lib/arrange.ts` does the same for messages that come later.

use crate::chat::message::{Message, MessageKind, SystemEvent};
use crate::clock::{from_rfc3339, now_ms};
use crate::i18n::{Lang, local};
use crate::ids::UserId;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
/// So many joins in a row become one line.
const FOLDED_FROM: usize = 3;

/// The viewer of a page.
#[derive(Clone, Copy)]
pub(super) struct Viewer {
    pub(super) id: UserId,
    pub(super) lang: Lang,
    pub(super) minutes_east: i32,
}

/// How one message looks. The default is that of a live event, which is the same for all viewers.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    pub(super) is_own: bool,
    /// Whether it was whispered to the viewer.
    pub(super) is_to_me: bool,
    /// Whether it continues the run of the message before.
    pub(super) joins: bool,
    /// Whether the next message continues its run.
    pub(super) goes_on: bool,
    /// The line of the day that begins with it.
    pub(super) day: Option<String>,
    pub(super) clock: Option<String>,
    /// The line of a run of joins, on its first message.
    pub(super) folds: Option<String>,
    /// Whether it is in such a run, behind the first.
    pub(super) is_folded: bool,
}

/// A message of a page.
pub(super) struct Row<'a> {
    pub(super) message: &'a Message,
    pub(super) look: Look,
}

/// Returns the messages of a page as a viewer sees them.
pub(super) fn rows(messages: &[Message], viewer: Viewer) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::with_capacity(messages.len());
    let today = day_of(now_ms(), viewer);
    for message in messages {
        let at = from_rfc3339(&message.created_at);
        let before = rows.last().map(|row| row.message);
        let joins = before.is_some_and(|before| continues(before, message));
        if let Some(before) = rows.last_mut() {
            before.look.goes_on = joins;
        }
        let day = at.map(|at| day_of(at, viewer));
        let is_first = day.is_some() && before.and_then(|before| local_day(before, viewer)) != day;
        let look = Look {
            is_own: message.user.as_ref().is_some_and(|user| user.id == viewer.id),
            is_to_me: message.to.as_ref().is_some_and(|to| to.id == viewer.id),
            joins,
            day: day.filter(|_| is_first).map(|day| local::day_name(day, today, viewer.lang)),
            clock: at.map(|at| local::clock(at + i64::from(viewer.minutes_east) * MINUTE_MS, viewer.lang)),
            ..Look::default()
        };
        rows.push(Row { message, look });
    }
    fold(&mut rows, viewer.lang);
    rows
}

/// Returns the messages of a page as all viewers get them.
pub(super) fn plain_rows(messages: &[Message]) -> Vec<Row<'_>> {
    messages.iter().map(|message| Row { message, look: Look::default() }).collect()
}

/// Returns the look of a message that scripts fill.
pub(super) fn plain_look() -> Look {
    Look::default()
}

fn day_of(at: i64, viewer: Viewer) -> i64 {
    (at + i64::from(viewer.minutes_east) * MINUTE_MS).div_euclid(DAY_MS)
}

fn local_day(message: &Message, viewer: Viewer) -> Option<i64> {
    from_rfc3339(&message.created_at).map(|at| day_of(at, viewer))
}

/// Whether two messages are of one sender in one minute.
fn continues(before: &Message, message: &Message) -> bool {
    let run = |message: &Message| {
        let minute = from_rfc3339(&message.created_at).map(|at| at.div_euclid(MINUTE_MS));
        let user = message.user.as_ref().map(|user| user.id);
        (user, message.kind, message.to.as_ref().map(|to| to.id), minute)
    };
    message.kind != MessageKind::System && run(before) == run(message)
}

/// Makes one line of many joins, or exits, in a row.
fn fold(rows: &mut [Row<'_>], lang: Lang) {
    let mut start = 0;
    while start < rows.len() {
        let Some(event) = foldable(rows[start].message) else {
            start += 1;
            continue;
        };
        let more =
            rows[start + 1..].iter().take_while(|row| foldable(row.message) == Some(event) && row.look.day.is_none());
        let count = more.count() + 1;
        if count >= FOLDED_FROM {
            let name = rows[start].message.user.as_ref().map_or("", |user| user.name.as_str());
            rows[start].look.folds = Some(folded_line(event, name, count - 1, lang));
            for row in &mut rows[start + 1..start + count] {
                row.look.is_folded = true;
            }
        }
        start += count;
    }
}

/// Returns the event of a line about one user, if such lines are folded.
fn foldable(message: &Message) -> Option<SystemEvent> {
    let system = message.system.as_ref()?;
    let is_one = system.others.unwrap_or_default() == 0 && message.user.is_some();
    Some(system.event).filter(|event| is_one && matches!(event, SystemEvent::Join | SystemEvent::Exit))
}

fn folded_line(event: SystemEvent, name: &str, others: usize, lang: Lang) -> String {
    let strings = &lang.strings().script;
    let line = if event == SystemEvent::Join { strings.joined_others } else { strings.left_others };
    line.replace('#', &others.to_string()).replace('…', name)
}

/// Returns the name under which scripts fold a line; empty for one that is not folded.
pub(super) fn fold_event(message: &Message) -> &'static str {
    match foldable(message) {
        Some(SystemEvent::Join) => "join",
        Some(_) => "exit",
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::message::System;
    use crate::chat::user::{User, UserKind};
    use crate::ids::{MessageId, RoomId};

    const KST: i32 = 540;

    fn said(by: u128, at: &str) -> Message {
        let user = User {
            id: UserId::from_u128(by),
            kind: UserKind::Account,
            name: format!("user {by}"),
            color: "",
            picture: None,
        };
        let (id, room) = (MessageId::from_u128(1), RoomId::from_u128(1));
        let message = Message::new(id, room, MessageKind::Text, Some(user), String::new(), 0);
        Message { created_at: at.to_owned(), ..message }
    }

    fn joined(by: u128) -> Message {
        let system = System {
            event: SystemEvent::Join,
            user: None,
            by: None,
            reason: None,
            title: None,
            max: None,
            others: None,
        };
        Message { kind: MessageKind::System, system: Some(system), ..said(by, "2026-11-13T08:30:00.000Z") }
    }

    fn viewer(lang: Lang) -> Viewer {
        Viewer { id: UserId::from_u128(1), lang, minutes_east: KST }
    }

    #[test]
    fn runs_days_and_times_are_those_of_the_viewer() {
        let messages = [
            said(1, "2026-11-13T14:59:10.000Z"),
            said(1, "2026-11-13T14:59:50.000Z"),
            said(2, "2026-11-13T14:59:55.000Z"),
            said(2, "2026-11-13T15:00:05.000Z"),
        ];
        let rows = rows(&messages, viewer(Lang::Ko));
        let looks: Vec<_> = rows.iter().map(|row| (row.look.is_own, row.look.joins, row.look.goes_on)).collect();
        assert_eq!(looks, [(true, false, true), (true, true, false), (false, false, false), (false, false, false)]);
        let days: Vec<_> = rows.iter().map(|row| row.look.day.as_deref()).collect();
        assert_eq!(days, [Some("2026년 11월 13일 금요일"), None, None, Some("2026년 11월 14일 토요일")]);
        assert_eq!(rows[0].look.clock.as_deref(), Some("오후 11:59"));
        assert_eq!(rows[3].look.clock.as_deref(), Some("오전 12:00"));
    }

    #[test]
    fn many_joins_in_a_row_are_one_line() {
        let messages = [joined(1), joined(2), joined(3), joined(4)];
        let rows = rows(&messages, viewer(Lang::En));
        assert_eq!(rows[0].look.folds.as_deref(), Some("user 1 and 3 others joined."));
        assert_eq!(rows.iter().filter(|row| row.look.is_folded).count(), 3);
        let two = [joined(1), joined(2)];
        assert!(super::rows(&two, viewer(Lang::En)).iter().all(|row| row.look.folds.is_none()));
    }
}
