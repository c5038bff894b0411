use std::collections::BTreeMap;

use super::changed::{SINCE, SINCE_JOINED, SINCE_SIZE, SINCE_SIZE_JOINED};
use super::*;
use crate::chat::fixtures::{House, LIMITS};
use crate::chat::room::Room;
use crate::chat::user::User;
use crate::error::Code;

fn texts(changes: &Changes) -> Vec<&str> {
    changes.messages.iter().map(|message| message.text.as_str()).filter(|text| !text.is_empty()).collect()
}

async fn read_page(house: &House, viewer: &User, room: &Room, cursor: Cursor, limit: u32) -> Changes {
    let (viewer, id) = (viewer.id, room.id);
    house.read(move |tx| page(tx, &LIMITS, Some(viewer), id, cursor, limit)).await.unwrap()
}

async fn read_since(house: &House, viewer: &User, room: &Room, rev: i64, limit: u32) -> Changes {
    let (viewer, id) = (viewer.id, room.id);
    house.read(move |tx| since(tx, &LIMITS, Some(viewer), id, rev, None, limit)).await.unwrap()
}

/// Stands in for an edit: the text changes at the room's next rev.
async fn edit(house: &House, room: &Room, seq: i64, text: &str) {
    let (id, text) = (room.id, text.to_owned());
    let act = move |tx: &mut Tx| {
        let rev = crate::chat::room::next_rev(tx, 3, id, true)?;
        let sql = "UPDATE messages SET rev = ?3, text = ?4 WHERE room_id = ?1 AND seq = ?2";
        Ok(tx.execute(sql, &[&id, &seq, &rev, &text])?)
    };
    house.write(act).await.unwrap();
}

#[tokio::test]
async fn pages_go_back_and_forth_without_hole_or_overlap() {
    let house = House::open();
    let minji = house.guest("minji").await;
    let room = house.courtyard(&minji, 5).await;
    for n in 2..=10 {
        house.say(&minji, &room, &n.to_string()).await;
    }
    let newest = read_page(&house, &minji, &room, Cursor::Newest, 4).await;
    assert_eq!((texts(&newest), newest.more, newest.rev, newest.gap), (vec!["7", "8", "9", "10"], true, 10, false));
    let before = read_page(&house, &minji, &room, Cursor::Before(7), 4).await;
    assert_eq!((texts(&before), before.more), (vec!["3", "4", "5", "6"], true));
    let first = read_page(&house, &minji, &room, Cursor::Before(3), 4).await;
    assert_eq!((first.messages.len(), first.more), (2, false));
    let after = read_page(&house, &minji, &room, Cursor::After(6), 3).await;
    assert_eq!((texts(&after), after.more), (vec!["7", "8", "9"], true));
    let last = read_page(&house, &minji, &room, Cursor::After(9), 3).await;
    assert_eq!((texts(&last), last.more), (vec!["10"], false));
}

#[tokio::test]
async fn whispers_between_others_are_nowhere() {
    let house = House::open();
    let (minji, jun, sora) = (house.guest("minji").await, house.guest("jun").await, house.guest("sora").await);
    let room = house.courtyard(&minji, 5).await;
    house.enter(2, &jun, &room).await.unwrap();
    house.enter(2, &sora, &room).await.unwrap();
    house.say(&minji, &room, "all").await;
    house.whisper(&minji, &room, jun.id, "to jun").await;
    house.whisper(&jun, &room, minji.id, "to minji").await;
    house.whisper(&jun, &room, sora.id, "to sora").await;
    for (viewer, expected, rev) in [
        (&minji, vec!["all", "to jun", "to minji"], 6),
        (&jun, vec!["all", "to jun", "to minji", "to sora"], 7),
        (&sora, vec!["all", "to sora"], 7),
    ] {
        for cursor in [Cursor::Newest, Cursor::Before(99), Cursor::After(0)] {
            assert_eq!(texts(&read_page(&house, viewer, &room, cursor, 50).await), expected);
        }
        assert_eq!(texts(&read_since(&house, viewer, &room, 0, 50).await), expected);
        let (me, id) = (viewer.id, room.id);
        let resumed = house.read(move |tx| resume(tx, &LIMITS, Some(me), id, 0, None)).await.unwrap();
        assert_eq!(texts(&resumed), expected);
        assert_eq!(house.read(move |tx| visible_rev(tx, me, id)).await.unwrap(), rev);
    }
    let id = room.id;
    let public = house.read(move |tx| page(tx, &LIMITS, None, id, Cursor::Newest, 50)).await.unwrap();
    assert_eq!(texts(&public), ["all"]);
    let stranger = house.guest("stranger").await.id;
    for refused in [
        house.read(move |tx| page(tx, &LIMITS, Some(stranger), id, Cursor::Newest, 50)).await.map(drop),
        house.read(move |tx| since(tx, &LIMITS, Some(stranger), id, 0, None, 50)).await.map(drop),
        house.read(move |tx| resume(tx, &LIMITS, Some(stranger), id, 0, None)).await.map(drop),
        house.read(move |tx| visible_rev(tx, stranger, id)).await.map(drop),
    ] {
        assert_eq!(refused.unwrap_err().code, Code::NotAMember);
    }
}

#[tokio::test]
async fn walking_since_meets_every_change_while_others_go_on() {
    let house = House::open();
    let minji = house.guest("minji").await;
    let room = house.courtyard(&minji, 5).await;
    for n in 2..=20 {
        house.say(&minji, &room, &n.to_string()).await;
    }
    let (mut held, mut at, mut round) = (BTreeMap::new(), 0, 0);
    loop {
        let changes = read_since(&house, &minji, &room, at, 3).await;
        assert!(changes.messages.is_sorted_by_key(|message| message.rev) && !changes.gap);
        for message in &changes.messages {
            assert!(message.rev > at && message.rev <= changes.rev);
            held.insert(message.seq, message.text.clone());
        }
        at = if changes.more { changes.messages.last().unwrap().rev } else { changes.rev };
        // Meanwhile one message behind and one ahead change, and a new one is said.
        if round < 5 {
            edit(&house, &room, 2 + round, &format!("edited {round}")).await;
            edit(&house, &room, 20 - round, &format!("edited late {round}")).await;
            house.say(&minji, &room, &format!("new {round}")).await;
        } else if !changes.more {
            break;
        }
        round += 1;
    }
    let truth = read_page(&house, &minji, &room, Cursor::Newest, 100).await;
    let stored: BTreeMap<i64, String> = truth.messages.into_iter().map(|message| (message.seq, message.text)).collect();
    assert_eq!(held, stored);
    assert_eq!(at, truth.rev);
}

#[tokio::test]
async fn numbers_from_elsewhere_are_a_gap() {
    let house = House::open();
    let minji = house.guest("minji").await;
    let room = house.courtyard(&minji, 5).await;
    for n in 2..=60 {
        house.say(&minji, &room, &n.to_string()).await;
    }
    let (me, id, epoch) = (minji.id, room.id, room.epoch.clone());
    let asked = |since_rev: i64, epoch: Option<&'static str>| {
        house.db.read(move |tx| {
            Ok((
                since(tx, &LIMITS, Some(me), id, since_rev, epoch, 4)?,
                resume(tx, &LIMITS, Some(me), id, since_rev, epoch)?,
            ))
        })
    };
    let epoch: &'static str = Box::leak(epoch.into_boxed_str());
    for (rev, epoch) in [(61, None), (i64::MAX, None), (60, Some("elsewhere"))] {
        let (since, resume) = asked(rev, epoch).await.unwrap();
        assert!(since.gap && !since.more && resume.gap && !resume.more);
        assert_eq!(texts(&since), ["57", "58", "59", "60"]);
        assert_eq!(resume.messages.len(), 50);
    }
    let (since, resume) = asked(58, Some(epoch)).await.unwrap();
    assert!(!since.gap && !resume.gap);
    assert_eq!((texts(&since), texts(&resume)), (vec!["59", "60"], vec!["59", "60"]));
    assert_eq!(asked(60, None).await.unwrap().1.messages.len(), 0);
    assert_eq!(asked(-1, None).await.unwrap_err().field.as_deref(), Some("since"));
}

#[tokio::test]
async fn a_resume_is_all_or_a_gap() {
    let house = House::open();
    let minji = house.guest("minji").await;
    let room = house.courtyard(&minji, 5).await;
    for n in 2..=9 {
        house.say(&minji, &room, &format!("{n} {}", "x".repeat(1_000))).await;
    }
    let (me, id) = (minji.id, room.id);
    let resumed = |since_max_changes: u32, since_max_bytes: u64| {
        let limits = Limits { since_max_changes, since_max_bytes, page_default: 2, ..Limits::default() };
        house.read(move |tx| resume(tx, &limits, Some(me), id, 1, None))
    };
    let all = resumed(8, 100_000).await.unwrap();
    assert_eq!((all.messages.len(), all.gap, all.more, all.rev), (8, false, false, 9));
    for (changes, bytes) in [(7, 100_000), (8, 8_000)] {
        let part = resumed(changes, bytes).await.unwrap();
        assert_eq!((part.messages.len(), part.gap, part.rev), (2, true, 9));
        assert_eq!(part.messages[1].seq, 9);
    }
    // A message that is new and changed since is one change, and one that is old and changed is one too.
    for seq in [3, 9] {
        edit(&house, &room, seq, "short").await;
    }
    let seqs = |changes: &Changes| changes.messages.iter().map(|message| message.seq).collect::<Vec<_>>();
    let all = resumed(8, 100_000).await.unwrap();
    assert_eq!((seqs(&all), all.gap, all.rev), (vec![2, 4, 5, 6, 7, 8, 3, 9], false, 11));
    assert!(resumed(7, 100_000).await.unwrap().gap);
}

#[tokio::test]
async fn a_page_is_never_clamped_or_guessed() {
    let house = House::open();
    let minji = house.guest("minji").await;
    let room = house.courtyard(&minji, 5).await;
    let (me, id) = (minji.id, room.id);
    for (cursor, limit, field) in [
        (Cursor::Newest, 0, "limit"),
        (Cursor::Newest, 101, "limit"),
        (Cursor::Before(-1), 50, "before"),
        (Cursor::After(-1), 50, "after"),
    ] {
        let refused = house.read(move |tx| page(tx, &LIMITS, Some(me), id, cursor, limit)).await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some(field));
    }
}

#[tokio::test]
async fn every_page_is_an_index_range() {
    let house = House::open();
    for (sql, has_bound) in [
        (BEFORE, true),
        (AFTER, true),
        (SINCE, false),
        (SINCE_JOINED, true),
        (SINCE_SIZE, false),
        (SINCE_SIZE_JOINED, true),
    ] {
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        let none: Option<i64> = None;
        let plan = house
            .read(move |tx| {
                let params: [&dyn Param; 5] = [&none; 5];
                Ok(tx.query_all(&explain, &params[..4 + usize::from(has_bound)], |row| row.get::<String>(3))?)
            })
            .await
            .unwrap();
        // The rows found are few; what must never happen is a walk over a table of history.
        let walks = plan.iter().any(|step| {
            step.starts_with("SCAN")
                && ["messages", " m", " q", " u", " t", " qu"].iter().any(|table| step.ends_with(table))
        });
        assert!(!walks, "{plan:#?}");
        assert!(!plan.iter().any(|step| step.contains("AUTOMATIC")), "{plan:#?}");
        for range in ["messages_public_", "messages_received_", "messages_whispered_"] {
            assert!(plan.iter().any(|step| step.contains(range)), "{range} {plan:#?}");
        }
        let is_by_rev = ![BEFORE, AFTER].contains(&sql);
        assert_eq!(plan.iter().any(|step| step.contains("messages_changed_rev")), is_by_rev, "{plan:#?}");
    }
}
