use std::sync::Arc;

use super::*;
use crate::chat::fixtures::{House, LIMITS};
use crate::chat::member::{Joining, Kick, Proof, join, kick, set_moderator};
use crate::chat::room::NewRoom;

const NOW: i64 = 1_000;

async fn locked(house: &House, owner: &User, max: u32) -> Room {
    let new =
        NewRoom { title: "courtyard".into(), max: Some(max), password_hash: Some("phc".into()), ..Default::default() };
    house.create(owner, new).await
}

async fn made(house: &House, by: &User, room: &Room, uses: Option<u32>, hours: Option<u32>) -> Result<Invite> {
    let (me, id) = (by.id, room.id);
    house.write(move |tx| create(tx, NOW, me, id, uses, hours)).await
}

async fn come(house: &House, now: i64, user: &User, room: &Room, code: &str) -> Result<Joining> {
    let (me, id, code) = (user.id, room.id, code.to_owned());
    house.write(move |tx| join(tx, now, me, id, Proof::Invite(code), true)).await
}

#[track_caller]
fn is_dead<T>(done: Result<T>) {
    let error = done.map(drop).unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (Code::Gone, Some("invite")));
}

#[tokio::test]
async fn an_invite_is_counted_down_and_ends() {
    let house = House::open();
    let (minji, jun, sora) = (house.guest("minji").await, house.guest("jun").await, house.guest("sora").await);
    let room = locked(&house, &minji, 9).await;
    let invite = made(&house, &minji, &room, Some(2), Some(1)).await.unwrap();
    assert_eq!((invite.code.len(), invite.uses_left, invite.ends_at), (22, Some(2), Some(NOW + HOUR)));
    is_dead(come(&house, NOW + HOUR, &jun, &room, &invite.code).await);
    assert!(come(&house, NOW + HOUR - 1, &jun, &room, &invite.code).await.unwrap().newly);
    // Who is in already uses nothing up.
    assert!(!come(&house, NOW, &jun, &room, &invite.code).await.unwrap().newly);
    come(&house, NOW, &sora, &room, &invite.code).await.unwrap();
    let late = house.guest("late").await;
    is_dead(come(&house, NOW, &late, &room, &invite.code).await);
    let (me, id) = (minji.id, room.id);
    assert!(house.read(move |tx| list(tx, NOW, me, id)).await.unwrap().is_empty());
}

/// Abuse: A11
#[tokio::test]
async fn a_code_opens_its_own_room_and_no_try_tells_more() {
    let house = House::open();
    let (minji, jun) = (house.guest("minji").await, house.guest("jun").await);
    let (room, other) = (locked(&house, &minji, 9).await, locked(&house, &minji, 9).await);
    let invite = made(&house, &minji, &other, None, None).await.unwrap();
    for code in [invite.code.as_str(), "", "x", "' OR 1=1", "AAAAAAAAAAAAAAAAAAAAAA"] {
        is_dead(come(&house, NOW, &jun, &room, code).await);
    }
    // Nor past an open door with a code that is none.
    let open = house.courtyard(&minji, 9).await;
    is_dead(come(&house, NOW, &jun, &open, "x").await);
    let (me, id, code) = (minji.id, room.id, invite.code.clone());
    let elsewhere = house.write(move |tx| revoke(tx, me, id, &code)).await;
    assert_eq!(elsewhere.unwrap_err().code, Code::NotFound);
    come(&house, NOW, &jun, &other, &invite.code).await.unwrap();
}

/// Abuse: A11
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_use_goes_to_exactly_one() {
    let house = Arc::new(House::open());
    let minji = house.guest("minji").await;
    let room = locked(&house, &minji, 99).await;
    let invite = made(&house, &minji, &room, Some(1), None).await.unwrap();
    let mut racers = Vec::new();
    for n in 0..20 {
        let racer = house.guest(&format!("racer {n}")).await;
        let (house, room, code) = (house.clone(), room.clone(), invite.code.clone());
        racers.push(tokio::spawn(async move { come(&house, NOW, &racer, &room, &code).await.is_ok() }));
    }
    let mut inside = 0;
    for racer in racers {
        inside += usize::from(racer.await.unwrap());
    }
    assert_eq!(inside, 1);
}

/// Abuse: Z2
#[tokio::test]
async fn no_invite_leads_past_a_ban_or_into_a_full_room() {
    let house = House::open();
    let (minji, jun, sora) = (house.guest("minji").await, house.guest("jun").await, house.guest("sora").await);
    let room = locked(&house, &minji, 2).await;
    let invite = made(&house, &minji, &room, Some(1), None).await.unwrap();
    let (me, id) = (minji.id, room.id);
    let ban = Kick { user_id: jun.id, ban: true, reason: None };
    house.write(move |tx| kick(tx, &LIMITS, NOW, me, id, ban)).await.unwrap();
    assert_eq!(come(&house, NOW, &jun, &room, &invite.code).await.map(drop).unwrap_err().code, Code::Banned);
    let forever = made(&house, &minji, &room, None, None).await.unwrap();
    come(&house, NOW, &sora, &room, &forever.code).await.unwrap();
    let late = house.guest("late").await;
    assert_eq!(come(&house, NOW, &late, &room, &invite.code).await.map(drop).unwrap_err().code, Code::RoomFull);
    // Neither used it up.
    let left = house.read(move |tx| list(tx, NOW, me, id)).await.unwrap();
    assert!(left.iter().any(|left| left.code == invite.code && left.uses_left == Some(1)));
}

#[tokio::test]
async fn invites_end_with_the_powers_of_their_maker() {
    let house = House::open();
    let (minji, jun, sora) = (house.guest("minji").await, house.guest("jun").await, house.guest("sora").await);
    let room = house.courtyard(&minji, 9).await;
    house.enter(2, &jun, &room).await.unwrap();
    let (me, id, his) = (minji.id, room.id, jun.id);
    assert_eq!(made(&house, &jun, &room, None, None).await.map(drop).unwrap_err().code, Code::Forbidden);
    assert_eq!(made(&house, &sora, &room, None, None).await.map(drop).unwrap_err().code, Code::NotAMember);
    for end in ["unmade", "kicked"] {
        house.write(move |tx| set_moderator(tx, NOW, me, id, his, true)).await.unwrap();
        let invite = made(&house, &jun, &room, None, None).await.unwrap();
        match end {
            "unmade" => house.write(move |tx| set_moderator(tx, NOW, me, id, his, false)).await.unwrap(),
            _ => {
                let out = Kick { user_id: his, ban: false, reason: None };
                house.write(move |tx| kick(tx, &LIMITS, NOW, me, id, out)).await.unwrap()
            }
        };
        is_dead(come(&house, NOW, &sora, &room, &invite.code).await);
    }
}

#[tokio::test]
async fn a_room_has_at_most_a_hundred_living_invites() {
    let house = House::open();
    let minji = house.guest("minji").await;
    let room = house.courtyard(&minji, 9).await;
    for _ in 0..MOST {
        made(&house, &minji, &room, None, Some(1)).await.unwrap();
    }
    assert_eq!(made(&house, &minji, &room, None, None).await.map(drop).unwrap_err().code, Code::TooMany);
    let (me, id) = (minji.id, room.id);
    house.write(move |tx| create(tx, NOW + HOUR, me, id, None, None)).await.unwrap();
    assert_eq!(house.read(move |tx| list(tx, NOW + HOUR, me, id)).await.unwrap().len(), 1);
}
