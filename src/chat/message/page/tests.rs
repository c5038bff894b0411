use std::collections::BTreeMap;

use super::sql::{SINCE, SINCE_JOINED, SINCE_SIZE, SINCE_SIZE_JOINED};
use super::*;
use crate::chat::fixtures::{LIMITS, Store};
use crate::chat::room::Room;
use crate::chat::user::User;
use crate::error::Code;

fn texts(changes: &Changes) -> Vec<&str> {
    changes.messages.iter().map(|message| message.text.as_str()).filter(|text| !text.is_empty()).collect()
}

async fn read_page(store: &Store, viewer: &User, room: &Room, cursor: Cursor, limit: u32) -> Changes {
    let (viewer, id) = (viewer.id, room.id);
    store.read(move |tx| page(tx, &LIMITS, Some(viewer), id, cursor, limit)).await.unwrap()
}

async fn read_since(store: &Store, viewer: &User, room: &Room, rev: i64, limit: u32) -> Changes {
    let (viewer, id) = (viewer.id, room.id);
    store.read(move |tx| since(tx, &LIMITS, Some(viewer), id, rev, None, limit)).await.unwrap()
}

/// Changes the text at the room's next rev, as an edit does.
async fn edit(store: &Store, room: &Room, seq: i64, text: &str) {
    let (id, text) = (room.id, text.to_owned());
    let act = move |tx: &mut Tx| {
        let rev = crate::chat::room::next_rev(tx, 3, id, true)?.rev;
        let sql = "UPDATE messages SET rev = ?3, text = ?4 WHERE room_id = ?1 AND seq = ?2";
        Ok(tx.execute(sql, &[&id, &seq, &rev, &text])?)
    };
    store.write(act).await.unwrap();
}

#[tokio::test]
async fn pages_go_back_and_forth_without_hole_or_overlap() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 5).await;
    for n in 2..=10 {
        store.say(&minji, &room, &n.to_string()).await;
    }
    let newest = read_page(&store, &minji, &room, Cursor::Newest, 4).await;
    assert_eq!((texts(&newest), newest.more, newest.rev, newest.gap), (vec!["7", "8", "9", "10"], true, 10, false));
    let before = read_page(&store, &minji, &room, Cursor::Before(7), 4).await;
    assert_eq!((texts(&before), before.more), (vec!["3", "4", "5", "6"], true));
    let first = read_page(&store, &minji, &room, Cursor::Before(3), 4).await;
    assert_eq!((first.messages.len(), first.more), (2, false));
    let after = read_page(&store, &minji, &room, Cursor::After(6), 3).await;
    assert_eq!((texts(&after), after.more), (vec!["7", "8", "9"], true));
    let last = read_page(&store, &minji, &room, Cursor::After(9), 3).await;
    assert_eq!((texts(&last), last.more), (vec!["10"], false));
}

#[tokio::test]
async fn whispers_between_others_are_on_no_page() {
    let store = Store::open();
    let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
    let room = store.courtyard(&minji, 5).await;
    store.enter(2, &jun, &room).await.unwrap();
    store.enter(2, &sora, &room).await.unwrap();
    store.say(&minji, &room, "all").await;
    store.whisper(&minji, &room, jun.id, "to jun").await;
    store.whisper(&jun, &room, minji.id, "to minji").await;
    store.whisper(&jun, &room, sora.id, "to sora").await;
    for (viewer, expected, rev) in [
        (&minji, vec!["all", "to jun", "to minji"], 6),
        (&jun, vec!["all", "to jun", "to minji", "to sora"], 7),
        (&sora, vec!["all", "to sora"], 7),
    ] {
        for cursor in [Cursor::Newest, Cursor::Before(99), Cursor::After(0)] {
            assert_eq!(texts(&read_page(&store, viewer, &room, cursor, 50).await), expected);
        }
        assert_eq!(texts(&read_since(&store, viewer, &room, 0, 50).await), expected);
        let (me, id) = (viewer.id, room.id);
        let resumed = store.read(move |tx| resume(tx, &LIMITS, Some(me), id, 0, None)).await.unwrap();
        assert_eq!(texts(&resumed), expected);
        assert_eq!(store.read(move |tx| visible_rev(tx, me, id)).await.unwrap(), rev);
    }
    let id = room.id;
    let public = store.read(move |tx| page(tx, &LIMITS, None, id, Cursor::Newest, 50)).await.unwrap();
    assert_eq!(texts(&public), ["all"]);
    let stranger = store.guest("stranger").await.id;
    for refused in [
        store.read(move |tx| page(tx, &LIMITS, Some(stranger), id, Cursor::Newest, 50)).await.map(drop),
        store.read(move |tx| since(tx, &LIMITS, Some(stranger), id, 0, None, 50)).await.map(drop),
        store.read(move |tx| resume(tx, &LIMITS, Some(stranger), id, 0, None)).await.map(drop),
        store.read(move |tx| visible_rev(tx, stranger, id)).await.map(drop),
    ] {
        assert_eq!(refused.unwrap_err().code, Code::NotAMember);
    }
}

#[tokio::test]
async fn paging_since_returns_every_change_while_others_write() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 5).await;
    for n in 2..=20 {
        store.say(&minji, &room, &n.to_string()).await;
    }
    let (mut held, mut at, mut round) = (BTreeMap::new(), 0, 0);
    loop {
        let changes = read_since(&store, &minji, &room, at, 3).await;
        assert!(changes.messages.is_sorted_by_key(|message| message.rev) && !changes.gap);
        for message in &changes.messages {
            assert!(message.rev > at && message.rev <= changes.rev);
            held.insert(message.seq, message.text.clone());
        }
        at = if changes.more { changes.messages.last().unwrap().rev } else { changes.rev };
        // Meanwhile one message behind and one ahead change, and a new one is sent.
        if round < 5 {
            edit(&store, &room, 2 + round, &format!("edited {round}")).await;
            edit(&store, &room, 20 - round, &format!("edited late {round}")).await;
            store.say(&minji, &room, &format!("new {round}")).await;
        } else if !changes.more {
            break;
        }
        round += 1;
    }
    let truth = read_page(&store, &minji, &room, Cursor::Newest, 100).await;
    let stored: BTreeMap<i64, String> = truth.messages.into_iter().map(|message| (message.seq, message.text)).collect();
    assert_eq!(held, stored);
    assert_eq!(at, truth.rev);
}

#[tokio::test]
async fn numbers_of_another_epoch_are_a_gap() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 5).await;
    for n in 2..=60 {
        store.say(&minji, &room, &n.to_string()).await;
    }
    let (me, id, epoch) = (minji.id, room.id, room.epoch.clone());
    let read_both = |since_rev: i64, epoch: Option<&'static str>| {
        store.db.read(move |tx| {
            Ok((
                since(tx, &LIMITS, Some(me), id, since_rev, epoch, 4)?,
                resume(tx, &LIMITS, Some(me), id, since_rev, epoch)?,
            ))
        })
    };
    let epoch: &'static str = Box::leak(epoch.into_boxed_str());
    for (rev, epoch) in [(61, None), (i64::MAX, None), (60, Some("elsewhere"))] {
        let (since, resume) = read_both(rev, epoch).await.unwrap();
        assert!(since.gap && !since.more && resume.gap && !resume.more);
        assert_eq!(texts(&since), ["57", "58", "59", "60"]);
        assert_eq!(resume.messages.len(), 50);
    }
    let (since, resume) = read_both(58, Some(epoch)).await.unwrap();
    assert!(!since.gap && !resume.gap);
    assert_eq!((texts(&since), texts(&resume)), (vec!["59", "60"], vec!["59", "60"]));
    assert_eq!(read_both(60, None).await.unwrap().1.messages.len(), 0);
    assert_eq!(read_both(-1, None).await.unwrap_err().field.as_deref(), Some("since"));
}

#[tokio::test]
async fn a_resume_is_all_or_a_gap() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 5).await;
    for n in 2..=9 {
        store.say(&minji, &room, &format!("{n} {}", "x".repeat(1_000))).await;
    }
    let (me, id) = (minji.id, room.id);
    let resumed = |since_max_changes: u32, since_max_bytes: u64| {
        let limits = Limits { since_max_changes, since_max_bytes, page_default: 2, ..Limits::default() };
        store.read(move |tx| resume(tx, &limits, Some(me), id, 1, None))
    };
    let all = resumed(8, 100_000).await.unwrap();
    assert_eq!((all.messages.len(), all.gap, all.more, all.rev), (8, false, false, 9));
    for (changes, bytes) in [(7, 100_000), (8, 8_000)] {
        let part = resumed(changes, bytes).await.unwrap();
        assert_eq!((part.messages.len(), part.gap, part.rev), (2, true, 9));
        assert_eq!(part.messages[1].seq, 9);
    }
    // A new message that changed since is one change, and so is an old one that changed.
    for seq in [3, 9] {
        edit(&store, &room, seq, "short").await;
    }
    let seqs = |changes: &Changes| changes.messages.iter().map(|message| message.seq).collect::<Vec<_>>();
    let all = resumed(8, 100_000).await.unwrap();
    assert_eq!((seqs(&all), all.gap, all.rev), (vec![2, 4, 5, 6, 7, 8, 3, 9], false, 11));
    assert!(resumed(7, 100_000).await.unwrap().gap);
}

#[tokio::test]
async fn invalid_limits_and_cursors_are_refused() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 5).await;
    let (me, id) = (minji.id, room.id);
    for (cursor, limit, field) in [
        (Cursor::Newest, 0, "limit"),
        (Cursor::Newest, 101, "limit"),
        (Cursor::Before(-1), 50, "before"),
        (Cursor::After(-1), 50, "after"),
    ] {
        let refused = store.read(move |tx| page(tx, &LIMITS, Some(me), id, cursor, limit)).await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some(field));
    }
}

#[tokio::test]
async fn every_page_is_an_index_range() {
    let store = Store::open_sqlite();
    let statements: [(&str, bool); 6] = [
        (&BEFORE, true),
        (&AFTER, true),
        (&SINCE, false),
        (&SINCE_JOINED, true),
        (&SINCE_SIZE, false),
        (&SINCE_SIZE_JOINED, true),
    ];
    for (sql, has_bound) in statements {
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        let none: Option<i64> = None;
        let plan = store
            .read(move |tx| {
                let params: [&dyn Param; 5] = [&none; 5];
                Ok(tx.query_all(&explain, &params[..4 + usize::from(has_bound)], |row| row.get::<String>(3))?)
            })
            .await
            .unwrap();
        // A scan of one of these tables would read the whole history.
        let scans = plan.iter().any(|step| {
            step.starts_with("SCAN")
                && ["messages", " m", " q", " u", " t", " qu"].iter().any(|table| step.ends_with(table))
        });
        assert!(!scans, "{plan:#?}");
        assert!(!plan.iter().any(|step| step.contains("AUTOMATIC")), "{plan:#?}");
        for range in ["messages_public_", "messages_received_", "messages_whispered_"] {
            assert!(plan.iter().any(|step| step.contains(range)), "{range} {plan:#?}");
        }
        let is_by_rev = ![BEFORE.as_str(), AFTER.as_str()].contains(&sql);
        assert_eq!(plan.iter().any(|step| step.contains("messages_changed_rev")), is_by_rev, "{plan:#?}");
    }
}
