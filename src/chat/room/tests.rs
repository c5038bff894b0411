use std::collections::HashSet;

use super::*;
use crate::chat::fixtures::{LIMITS, Store};
use crate::chat::member::{self, Role};
use crate::chat::message::{self, Cursor, NewMessage};
use crate::chat::unread;

fn lines(facts: &[Fact]) -> Vec<SystemEvent> {
    let line = |fact: &Fact| if let Fact::Message { message, .. } = fact { message.system.clone() } else { None };
    facts.iter().filter_map(line).map(|system| system.event).collect()
}

#[tokio::test]
async fn the_creator_owns_the_room_and_is_a_member() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let new = NewRoom { title: " court\nyard ".into(), ..NewRoom::default() };
    let room = store.create(&minji, new).await;
    assert_eq!((room.title.as_str(), room.max, room.member_count, room.rev), ("court yard", 50, 1, 1));
    assert_eq!((room.owner.as_ref(), room.locked, room.epoch.len()), (Some(&minji), false, 8));
    let facts = store.facts();
    assert!(matches!(&facts[..], [Fact::RoomMade(made), Fact::Message { message: line, .. }, Fact::Joined { .. }]
        if **made == room && line.seq == 1 && line.user.as_ref() == Some(&minji)));
    assert_eq!(store.read(move |tx| get(tx, None, room.id)).await.unwrap(), room);
    let unknown = store.read(|tx| get(tx, None, RoomId::new(0))).await;
    assert_eq!(unknown.unwrap_err().code, Code::RoomNotFound);
}

#[tokio::test]
async fn a_busy_room_moves_to_the_top_of_the_lists_once_a_second() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let (me, user) = (minji.id, minji.clone());
    let [courtyard, kitchen] = [store.courtyard(&minji, 50).await.id, store.courtyard(&minji, 50).await.id];
    let begun = 1_000_000;
    for (after, room_id, first) in
        [(0, courtyard, courtyard), (500, kitchen, kitchen), (999, courtyard, kitchen), (1_000, courtyard, courtyard)]
    {
        let new = NewMessage { text: "hello".into(), ..NewMessage::default() };
        store.write(move |tx| message::send(tx, &LIMITS, begun + after, me, room_id, new.clone())).await.unwrap();
        let page = store.read(|tx| list::page(tx, &LIMITS, None, 10)).await.unwrap();
        assert_eq!(page.rooms[0].0.room.id, first, "{after} ms");
        let user = user.clone();
        let (mine, _) = store.read(move |tx| unread::my_rooms(tx, &user, None, 10)).await.unwrap();
        assert_eq!(mine[0].room.id, first, "{after} ms");
    }
}

#[tokio::test]
async fn each_message_names_the_rev_before_it() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 50).await;
    store.say(&minji, &room, "one").await;
    store.say(&minji, &room, "two").await;
    let places = store.facts().into_iter().filter_map(|fact| match fact {
        Fact::Message { message, position } => Some((position.previous_rev, position.rev, message.rev, position)),
        _ => None,
    });
    let places: Vec<_> = places.collect();
    assert_eq!(places.len(), 3);
    for (index, (previous, rev, of_message, position)) in (0..).zip(places) {
        assert_eq!((previous, rev, of_message), (index, index + 1, index + 1));
        assert_eq!((position.room_id, position.epoch), (room.id, room.epoch.clone()));
    }
}

#[tokio::test]
async fn a_room_needs_a_title_and_a_valid_size() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    for (title, max, field) in
        [(" ", None, "title"), ("x", Some(1), "max"), ("x", Some(0), "max"), ("x", Some(10_001), "max")]
    {
        let new = NewRoom { title: title.into(), max, ..NewRoom::default() };
        let refused = store.write(move |tx| create(tx, &LIMITS, 1, minji.id, new.clone())).await.unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (Code::Invalid, Some(field)));
    }
    let endless = Limits { room_max: 0, ..Limits::default() };
    let new = NewRoom { title: "x".into(), max: Some(1_000_000), ..NewRoom::default() };
    assert!(store.write(move |tx| create(tx, &endless, 1, minji.id, new.clone())).await.is_ok());
}

#[tokio::test]
async fn each_changed_setting_has_a_system_message() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let room = store.courtyard(&minji, 5).await;
    let id = room.id;
    store.enter(2, &jun, &room).await.unwrap();
    store.facts();
    let same =
        Change { title: Some("courtyard ".into()), max: Some(5), password_hash: Some(None), ..Change::default() };
    assert_eq!(store.write(move |tx| change(tx, &LIMITS, 3, minji.id, id, same.clone())).await.unwrap().rev, 2);
    assert!(store.facts().is_empty());
    let password_hash = Some(Some("phc".into()));
    let other = Change { title: Some("garden".into()), max: Some(9), password_hash, ..Change::default() };
    let changed = store.write(move |tx| change(tx, &LIMITS, 3, minji.id, id, other.clone())).await.unwrap();
    assert_eq!((changed.title.as_str(), changed.max, changed.locked, changed.rev), ("garden", 9, true, 5));
    let facts = store.facts();
    assert_eq!(lines(&facts), [SystemEvent::Title, SystemEvent::Max, SystemEvent::Password]);
    assert!(matches!(facts.last(), Some(Fact::RoomChanged(published)) if **published == changed));
    for (me, max, code) in [(minji.id, 1, Code::Invalid), (jun.id, 9, Code::Forbidden)] {
        let wanted = Change { max: Some(max), ..Change::default() };
        assert_eq!(store.write(move |tx| change(tx, &LIMITS, 3, me, id, wanted.clone())).await.unwrap_err().code, code);
    }
    let sora = store.guest("sora").await;
    let refused = store.write(move |tx| change(tx, &LIMITS, 3, sora.id, id, Change::default())).await;
    assert_eq!(refused.unwrap_err().code, Code::NotAMember);
}

#[tokio::test]
async fn the_size_cannot_be_below_the_number_of_members() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 5).await;
    for name in ["jun", "sora"] {
        store.enter(2, &store.guest(name).await, &room).await.unwrap();
    }
    let fewer = Change { max: Some(2), ..Change::default() };
    let refused = store.write(move |tx| change(tx, &LIMITS, 3, minji.id, room.id, fewer.clone())).await.unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), (Code::Invalid, Some("max")));
}

#[tokio::test]
async fn an_owner_hands_over_to_a_member() {
    let store = Store::open();
    let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
    let room = store.courtyard(&minji, 5).await;
    store.enter(2, &jun, &room).await.unwrap();
    store.facts();
    let hand = |from: UserId, to: UserId| store.write(move |tx| hand_over(tx, 3, from, room.id, to));
    assert_eq!(hand(jun.id, jun.id).await.unwrap_err().code, Code::Forbidden);
    assert_eq!(hand(minji.id, sora.id).await.unwrap_err().code, Code::NotFound);
    assert_eq!(hand(minji.id, minji.id).await.unwrap().rev, 2);
    let handed = hand(minji.id, jun.id).await.unwrap();
    assert_eq!((handed.owner.as_ref(), handed.rev), (Some(&jun), 3));
    let facts = store.facts();
    assert!(matches!(&facts[..], [Fact::Message { message: line, .. }, Fact::RoomChanged(_)]
        if line.user.as_ref() == Some(&minji) && line.system.as_ref().unwrap().user.as_ref() == Some(&jun)));
    let roles = store
        .read(move |tx| Ok((member::role(tx, minji.id, room.id)?, member::role(tx, jun.id, room.id)?)))
        .await
        .unwrap();
    assert_eq!(roles, (Role::Member, Role::Owner));
}

#[tokio::test]
async fn a_removed_room_leaves_nothing_behind() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let (room, other) = (store.courtyard(&minji, 5).await, store.courtyard(&minji, 5).await);
    store.enter(2, &jun, &room).await.unwrap();
    store.say(&jun, &room, "hello").await;
    store.facts();
    let id = room.id;
    assert_eq!(store.write(move |tx| remove(tx, 4, jun.id, id)).await.unwrap_err().code, Code::Forbidden);
    store.write(move |tx| remove(tx, 4, minji.id, id)).await.unwrap();
    assert!(matches!(&store.facts()[..], [Fact::RoomRemoved { room_id, .. }] if *room_id == id));
    let read = store.read(move |tx| message::page(tx, &LIMITS, Some(jun.id), id, Cursor::Newest, 50)).await;
    // Acts fail at once, before the messages are swept.
    assert_eq!(read.unwrap_err().code, Code::Gone);
    while store.write(|tx| sweep(tx, 1)).await.unwrap().has_more {}
    assert_eq!(count(&store, "SELECT COUNT(*) FROM messages WHERE room_id = ?1", id).await, 0);
    assert!(store.read(move |tx| get(tx, None, other.id)).await.is_ok());
    assert_eq!(count(&store, "SELECT COUNT(*) FROM messages WHERE room_id = ?1", other.id).await, 1);
    // The tombstone is known for a while, then the room is like one that never existed.
    store.write(|tx| forget_tombstones(tx, 4)).await.unwrap();
    assert_eq!(store.read(move |tx| Ok(missing(tx, id)?.code)).await.unwrap(), Code::Gone);
    store.write(|tx| forget_tombstones(tx, 5)).await.unwrap();
    assert_eq!(store.read(move |tx| Ok(missing(tx, id)?.code)).await.unwrap(), Code::RoomNotFound);
}

async fn count(store: &Store, sql: &'static str, id: RoomId) -> i64 {
    store.read(move |tx| Ok(tx.query_one(sql, &[&id], |row| row.get(0))?)).await.unwrap()
}

#[tokio::test]
async fn a_long_history_is_deleted_completely_in_small_steps() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let room = store.courtyard(&minji, 5).await;
    store.enter(2, &jun, &room).await.unwrap();
    for n in 0..12 {
        store.say(&jun, &room, &n.to_string()).await;
        store.whisper(&jun, &room, minji.id, &n.to_string()).await;
    }
    let id = room.id;
    store.write(move |tx| remove(tx, 4, minji.id, id)).await.unwrap();
    let (sql, mut before, mut turns) = ("SELECT COUNT(*) FROM messages WHERE room_id = ?1", 26, 0);
    while store.write(|tx| sweep(tx, 5)).await.unwrap().has_more {
        let left = count(&store, sql, id).await;
        assert!(before - left <= 10, "{before} to {left}");
        (before, turns) = (left, turns + 1);
    }
    assert_eq!(before, 0);
    assert!(turns >= 3, "{turns}");
}

#[tokio::test]
async fn the_lobby_pages_through_all_open_rooms_once() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let mut ids = Vec::new();
    for n in 0..7 {
        let new = NewRoom { title: format!("Room {n}%"), ..NewRoom::default() };
        // Two of each time, so that a page also ends between equal times.
        ids.push(store.write(move |tx| create(tx, &LIMITS, n / 2, minji.id, new.clone())).await.unwrap().id);
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let rooms = store.read(move |tx| page(tx, &LIMITS, after, 2)).await.unwrap();
        seen.extend(rooms.rooms.into_iter().map(|(listed, _)| listed));
        after = rooms.next;
        if after.is_none() {
            break;
        }
    }
    let mut titles: Vec<&str> = seen.iter().map(|listed| listed.room.title.as_str()).collect();
    assert_eq!((titles.len(), titles[0]), (7, "Room 6%"));
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), 7);
}

#[tokio::test]
async fn the_lobby_finds_titles_in_any_case() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    for title in ["Garden", "우물가 GARDEN", "50% off", "a\\b"] {
        store.create(&minji, NewRoom { title: title.into(), ..NewRoom::default() }).await;
    }
    for (q, count) in [("garden", 2), ("우물", 1), ("%", 1), ("_", 0), ("\\", 1), ("' OR 1=1", 0), (" ", 4)] {
        let found = store.read(move |tx| titled(tx, &LIMITS, q, None, &HashSet::new(), 50)).await.unwrap();
        assert_eq!(found.rooms.len(), count, "{q}");
    }
    for limit in [0, 101] {
        let refused = store.read(move |tx| page(tx, &LIMITS, None, limit)).await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("limit"));
    }
}

#[tokio::test]
async fn a_direct_room_exists_only_for_its_members() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let room = store.courtyard(&minji, 2).await;
    store
        .write(move |tx| Ok(tx.execute("UPDATE rooms SET kind = 'direct' WHERE id = ?1", &[&room.id])?))
        .await
        .unwrap();
    assert!(store.read(move |tx| get(tx, Some(minji.id), room.id)).await.is_ok());
    for viewer in [None, Some(jun.id)] {
        assert_eq!(store.read(move |tx| get(tx, viewer, room.id)).await.unwrap_err().code, Code::RoomNotFound);
    }
    assert_eq!(store.enter(2, &jun, &room).await.unwrap_err().code, Code::RoomNotFound);
    assert_eq!(
        store.send(&jun, &room, message::NewMessage::default()).await.unwrap_err().field.as_deref(),
        Some("text")
    );
    let new = message::NewMessage { text: "hi".into(), ..message::NewMessage::default() };
    assert_eq!(store.send(&jun, &room, new).await.unwrap_err().code, Code::RoomNotFound);
    assert!(store.read(|tx| page(tx, &LIMITS, None, 50)).await.unwrap().rooms.is_empty());
}

/// Each row of the lobby counts rooms of its network, and every room page lists some. Unlisted rooms once made each page
/// slower, and so did the pages before one.
#[tokio::test]
async fn the_lobby_reads_only_what_it_shows() {
    let store = Store::open_sqlite();
    let plan = store.write(|tx| {
        page(tx, &LIMITS, None, 10)?;
        let explain = format!("EXPLAIN QUERY PLAN {}", tx.statements.last().unwrap());
        Ok(tx.query_all(&explain, &[&0i64, &RoomId::from_u128(0), &10i64], |row| row.get::<String>(3))?)
    });
    let plan = plan.await.unwrap();
    let counted = "SEARCH n USING COVERING INDEX rooms_network (network=? AND kind=? AND is_listed=? AND id>?)";
    assert!(plan.iter().any(|step| step == counted), "{plan:#?}");
    let listed = "SEARCH r USING INDEX rooms_active ((active_at,id)<(?,?))";
    assert!(plan.iter().any(|step| step == listed), "{plan:#?}");
}
