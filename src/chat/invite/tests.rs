use std::sync::Arc;

use super::*;
use crate::chat::fixtures::{LIMITS, Store};
use crate::chat::member::{Joining, Kick, Proof, join, kick, set_moderator};
use crate::chat::room::NewRoom;

const NOW: i64 = 1_000;

async fn locked(store: &Store, owner: &User, max: u32) -> Room {
    let new =
        NewRoom { title: "courtyard".into(), max: Some(max), password_hash: Some("phc".into()), ..Default::default() };
    store.create(owner, new).await
}

async fn made(store: &Store, by: &User, room: &Room, uses: Option<u32>, hours: Option<u32>) -> Result<Invite> {
    let (me, id) = (by.id, room.id);
    store.write(move |tx| create(tx, NOW, me, id, uses, hours)).await
}

async fn come(store: &Store, now: i64, user: &User, room: &Room, code: &str) -> Result<Joining> {
    let (me, id, code) = (user.id, room.id, code.to_owned());
    store.write(move |tx| join(tx, now, me, id, Proof::Invite(code.clone()), true)).await
}

#[track_caller]
fn is_dead<T>(done: Result<T>) {
    let error = done.map(drop).unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (Code::Gone, Some("invite")));
}

#[tokio::test]
async fn an_invite_is_counted_down_and_ends() {
    let store = Store::open();
    let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
    let room = locked(&store, &minji, 9).await;
    let invite = made(&store, &minji, &room, Some(2), Some(1)).await.unwrap();
    assert_eq!((invite.code.len(), invite.uses_left, invite.ends_at), (22, Some(2), Some(NOW + HOUR)));
    is_dead(come(&store, NOW + HOUR, &jun, &room, &invite.code).await);
    assert!(come(&store, NOW + HOUR - 1, &jun, &room, &invite.code).await.unwrap().newly);
    // A member who joins again uses nothing.
    assert!(!come(&store, NOW, &jun, &room, &invite.code).await.unwrap().newly);
    come(&store, NOW, &sora, &room, &invite.code).await.unwrap();
    let late = store.guest("late").await;
    is_dead(come(&store, NOW, &late, &room, &invite.code).await);
    let (me, id) = (minji.id, room.id);
    assert!(store.read(move |tx| list(tx, NOW, me, id)).await.unwrap().is_empty());
}

/// Abuse: A11
#[tokio::test]
async fn a_code_works_for_its_own_room_and_guesses_reveal_nothing() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let (room, other) = (locked(&store, &minji, 9).await, locked(&store, &minji, 9).await);
    let invite = made(&store, &minji, &other, None, None).await.unwrap();
    for code in [invite.code.as_str(), "", "x", "' OR 1=1", "AAAAAAAAAAAAAAAAAAAAAA"] {
        is_dead(come(&store, NOW, &jun, &room, code).await);
    }
    // An invalid code is refused even in a room without a password.
    let open = store.courtyard(&minji, 9).await;
    is_dead(come(&store, NOW, &jun, &open, "x").await);
    let (me, id, code) = (minji.id, room.id, invite.code.clone());
    let elsewhere = store.write(move |tx| revoke(tx, NOW, me, id, &code)).await;
    assert_eq!(elsewhere.unwrap_err().code, Code::NotFound);
    come(&store, NOW, &jun, &other, &invite.code).await.unwrap();
}

/// Abuse: A11
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_use_goes_to_exactly_one_user() {
    let store = Arc::new(Store::open());
    let minji = store.guest("minji").await;
    let room = locked(&store, &minji, 99).await;
    let invite = made(&store, &minji, &room, Some(1), None).await.unwrap();
    let mut racers = Vec::new();
    for n in 0..20 {
        let racer = store.guest(&format!("racer {n}")).await;
        let (store, room, code) = (store.clone(), room.clone(), invite.code.clone());
        racers.push(tokio::spawn(async move { come(&store, NOW, &racer, &room, &code).await.is_ok() }));
    }
    let mut inside = 0;
    for racer in racers {
        inside += usize::from(racer.await.unwrap());
    }
    assert_eq!(inside, 1);
}

/// Abuse: Z2
#[tokio::test]
async fn no_invite_bypasses_a_ban_or_a_full_room() {
    let store = Store::open();
    let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
    let room = locked(&store, &minji, 2).await;
    let invite = made(&store, &minji, &room, Some(1), None).await.unwrap();
    let (me, id) = (minji.id, room.id);
    let ban = Kick { user_id: jun.id, ban: true, hours: None, reason: None, revoke_invites: false };
    store.write(move |tx| kick(tx, &LIMITS, NOW, me, id, ban.clone())).await.unwrap();
    assert_eq!(come(&store, NOW, &jun, &room, &invite.code).await.map(drop).unwrap_err().code, Code::Banned);
    let forever = made(&store, &minji, &room, None, None).await.unwrap();
    come(&store, NOW, &sora, &room, &forever.code).await.unwrap();
    let late = store.guest("late").await;
    assert_eq!(come(&store, NOW, &late, &room, &invite.code).await.map(drop).unwrap_err().code, Code::RoomFull);
    // Neither used the invite.
    let left = store.read(move |tx| list(tx, NOW, me, id)).await.unwrap();
    assert!(left.iter().any(|left| left.code == invite.code && left.uses_left == Some(1)));
}

#[tokio::test]
async fn invites_end_with_the_rights_of_their_creator() {
    let store = Store::open();
    let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
    let room = store.courtyard(&minji, 9).await;
    store.enter(2, &jun, &room).await.unwrap();
    let (me, id, his) = (minji.id, room.id, jun.id);
    assert_eq!(made(&store, &jun, &room, None, None).await.map(drop).unwrap_err().code, Code::Forbidden);
    assert_eq!(made(&store, &sora, &room, None, None).await.map(drop).unwrap_err().code, Code::NotAMember);
    for end in ["unmade", "kicked"] {
        store.write(move |tx| set_moderator(tx, NOW, me, id, his, true)).await.unwrap();
        let invite = made(&store, &jun, &room, None, None).await.unwrap();
        match end {
            "unmade" => store.write(move |tx| set_moderator(tx, NOW, me, id, his, false)).await.unwrap(),
            _ => {
                let out = Kick { user_id: his, ban: false, hours: None, reason: None, revoke_invites: false };
                store.write(move |tx| kick(tx, &LIMITS, NOW, me, id, out.clone())).await.unwrap()
            }
        };
        is_dead(come(&store, NOW, &sora, &room, &invite.code).await);
    }
}

#[tokio::test]
async fn a_room_has_at_most_a_hundred_valid_invites() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 9).await;
    for _ in 0..MOST {
        made(&store, &minji, &room, None, Some(1)).await.unwrap();
    }
    assert_eq!(made(&store, &minji, &room, None, None).await.map(drop).unwrap_err().code, Code::TooMany);
    let (me, id) = (minji.id, room.id);
    store.write(move |tx| create(tx, NOW + HOUR, me, id, None, None)).await.unwrap();
    assert_eq!(store.read(move |tx| list(tx, NOW + HOUR, me, id)).await.unwrap().len(), 1);
}
