use std::sync::Arc;

use super::*;
use crate::chat::direct;
use crate::chat::fixtures::{LIMITS, Store};
use crate::chat::message::{self, Cursor};
use crate::chat::room::NewRoom;

#[tokio::test]
async fn a_join_is_published_with_message_and_count_and_a_repeat_is_not() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let room = store.courtyard(&minji, 5).await;
    store.facts();
    let joined = store.enter(2, &jun, &room).await.unwrap();
    assert!(joined.newly);
    assert_eq!((joined.room.member_count, joined.room.rev), (2, 2));
    assert_eq!((joined.member.role, joined.member.read_seq), (Role::Member, Some(2)));
    assert!(
        matches!(&store.facts()[..], [Fact::Message { message: line, .. }, Fact::Joined { user, .. }, Fact::RoomChanged(changed)]
        if line.seq == 2 && **user == jun && **changed == joined.room)
    );
    let again = store.enter(3, &jun, &room).await.unwrap();
    assert!(!again.newly && again.member == joined.member && store.facts().is_empty());
}

#[tokio::test]
async fn refusals_have_the_documented_order() {
    let store = Store::open();
    let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
    let locked =
        NewRoom { title: "courtyard".into(), max: Some(2), password_hash: Some("phc".into()), ..NewRoom::default() };
    let room = store.create(&minji, locked).await;
    let id = room.id;
    let join_as = |me: UserId, proof: Proof| store.write(move |tx| join(tx, 2, me, id, proof.clone(), true));
    let stranger = store.write(move |tx| join(tx, 2, jun.id, RoomId::new(0), Proof::Open, true)).await;
    assert_eq!(stranger.unwrap_err().code, Code::RoomNotFound);
    assert_eq!(join_as(jun.id, Proof::Open).await.unwrap_err().code, Code::WrongPassword);
    assert_eq!(join_as(jun.id, Proof::Verified("old".into())).await.unwrap_err().code, Code::WrongPassword);
    join_as(jun.id, Proof::Verified("phc".into())).await.unwrap();
    assert!(!join_as(jun.id, Proof::Open).await.unwrap().newly);
    assert_eq!(join_as(sora.id, Proof::Open).await.unwrap_err().code, Code::WrongPassword);
    assert_eq!(join_as(sora.id, Proof::Verified("phc".into())).await.unwrap_err().code, Code::RoomFull);
    let ban = Kick { user_id: sora.id, ban: true, hours: None, reason: None, revoke_invites: false };
    store.write(move |tx| kick(tx, &LIMITS, 3, minji.id, id, ban.clone())).await.unwrap();
    assert_eq!(join_as(sora.id, Proof::Open).await.unwrap_err().code, Code::Banned);
    let seen = store.read(move |tx| join_check(tx, 9, Some(sora.id), id)).await.unwrap();
    assert!(seen.banned && !seen.is_member && seen.password_hash.as_deref() == Some("phc"));
    assert!(!store.read(move |tx| join_check(tx, 9, None, id)).await.unwrap().is_member);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_place_goes_to_exactly_one_of_fifty() {
    let store = Arc::new(Store::open());
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 2).await;
    let mut racers = Vec::new();
    for n in 0..50 {
        let racer = store.guest(&format!("racer {n}")).await;
        let (store, room) = (store.clone(), room.clone());
        racers.push(tokio::spawn(async move { store.enter(2, &racer, &room).await.map(|joined| joined.newly) }));
    }
    let (mut seated, mut full) = (0, 0);
    for racer in racers {
        match racer.await.unwrap() {
            Ok(_) => seated += 1,
            Err(refused) if refused.code == Code::RoomFull => full += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((seated, full), (1, 49));
    assert_eq!(store.read(move |tx| room::get(tx, None, room.id)).await.unwrap().member_count, 2);
}

#[tokio::test]
async fn an_owner_who_leaves_hands_over_to_the_first_who_joined() {
    let store = Store::open();
    let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
    let room = store.courtyard(&minji, 5).await;
    let id = room.id;
    store.enter(3, &sora, &room).await.unwrap();
    store.enter(4, &jun, &room).await.unwrap();
    store.facts();
    let leave_as = |me: UserId| store.write(move |tx| leave(tx, 5, me, id, true));
    let gone = leave_as(minji.id).await.unwrap();
    assert!(
        matches!(&store.facts()[..], [Fact::Message { message: exit, .. }, Fact::Left { rev, why: Leaving::Exit, .. },
            Fact::Message { message: owner, .. }, Fact::RoomChanged(changed)]
        if exit.rev == *rev && *rev == gone.rev && owner.system.as_ref().unwrap().event == SystemEvent::Owner
            && changed.owner.as_ref() == Some(&sora) && changed.member_count == 2)
    );
    assert_eq!(leave_as(minji.id).await.unwrap_err().code, Code::NotAMember);
    leave_as(sora.id).await.unwrap();
    // The last member leaves a lasting room, which the next to join owns.
    assert!(!leave_as(jun.id).await.unwrap().removed);
    let empty = store.read(move |tx| room::get(tx, None, id)).await.unwrap();
    assert_eq!((empty.member_count, empty.owner), (0, None));
    let next = store.enter(6, &minji, &room).await.unwrap();
    assert_eq!((next.member.role, next.room.owner.as_ref()), (Role::Owner, Some(&minji)));
}

#[tokio::test]
async fn an_ephemeral_room_is_removed_with_its_last_member() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let new = NewRoom { title: "courtyard".into(), ephemeral: true, ..NewRoom::default() };
    let room = store.create(&minji, new).await;
    let id = room.id;
    store.courtyard(&minji, 5).await;
    store.enter(2, &jun, &room).await.unwrap();
    let mut seats = store.read(all_ephemeral_members).await.unwrap();
    seats.sort_unstable();
    let mut expected = [(id, minji.id), (id, jun.id)];
    expected.sort_unstable();
    assert_eq!(seats, expected);
    store.write(move |tx| leave(tx, 3, minji.id, id, true)).await.unwrap();
    store.facts();
    let gone = store.write(move |tx| leave(tx, 3, jun.id, id, true)).await.unwrap();
    assert!(gone.removed);
    assert!(matches!(&store.facts()[..], [Fact::Message { .. }, Fact::Left { .. }, Fact::RoomRemoved { room_id, .. }]
        if *room_id == id));
    assert!(store.read(move |tx| room::find(tx, None, id)).await.unwrap().is_none());
}

#[tokio::test]
async fn only_a_higher_role_removes_a_member() {
    use Role::{Member, Moderator, Owner};
    let forbidden = Err(Code::Forbidden);
    for (mine, theirs, ban, expected) in [
        (Owner, Some(Moderator), false, Ok(())),
        (Owner, Some(Member), false, Ok(())),
        (Owner, Some(Member), true, Ok(())),
        (Owner, None, false, Err(Code::NotFound)),
        (Owner, None, true, Ok(())),
        (Moderator, Some(Owner), false, forbidden),
        (Moderator, Some(Owner), true, forbidden),
        (Moderator, Some(Moderator), true, forbidden),
        (Moderator, Some(Member), false, Ok(())),
        (Moderator, None, false, Err(Code::NotFound)),
        (Member, Some(Owner), false, forbidden),
        (Member, Some(Moderator), false, forbidden),
        (Member, Some(Member), true, forbidden),
        (Member, None, true, forbidden),
    ] {
        let store = Store::open();
        let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
        // The owner is minji, unless the case needs jun or sora.
        let owner = if mine == Owner {
            &jun
        } else if theirs == Some(Owner) {
            &sora
        } else {
            &minji
        };
        let room = store.courtyard(owner, 5).await;
        let id = room.id;
        for (person, role) in [(&jun, Some(mine)), (&sora, theirs)] {
            if let Some(role) = role.filter(|&role| role != Owner) {
                store.enter(2, person, &room).await.unwrap();
                let user_id = person.id;
                store.write(move |tx| set_role(tx, id, user_id, role)).await.unwrap();
            }
        }
        store.facts();
        let victim = Kick { user_id: sora.id, ban, hours: None, reason: Some("spam".into()), revoke_invites: false };
        let kicked = store.write(move |tx| kick(tx, &LIMITS, 3, jun.id, id, victim.clone())).await;
        let case = format!("{mine:?} {theirs:?} ban {ban}");
        assert_eq!(kicked.as_ref().map(drop).map_err(|refused| refused.code), expected, "{case}");
        let facts = store.facts();
        let Ok(rev) = kicked else {
            assert!(facts.is_empty(), "{case}");
            continue;
        };
        let Some(Fact::Message { message: line, .. }) = facts.first() else { panic!("{case}") };
        let system = line.system.as_ref().unwrap();
        assert_eq!(system.event, if ban { SystemEvent::Ban } else { SystemEvent::Kick });
        assert_eq!(
            (line.user.as_ref(), system.by.as_ref(), system.user.as_ref()),
            (Some(&jun), Some(&jun), Some(&sora))
        );
        assert_eq!((system.reason.as_deref(), line.rev), (Some("spam"), rev));
        let left = facts.iter().any(|fact| {
            matches!(fact, Fact::Left { user_id, rev: at, why: Leaving::Kicked { .. }, .. }
            if *user_id == sora.id && *at == rev)
        });
        assert_eq!(left, theirs.is_some(), "{case}");
        let back = store.enter(4, &sora, &room).await.map_err(|refused| refused.code);
        assert_eq!(back.err(), ban.then_some(Code::Banned), "{case}");
    }
}

#[tokio::test]
async fn removing_oneself_or_an_unknown_user_is_refused_and_a_second_ban_changes_nothing() {
    let store = Store::open();
    let (minji, sora) = (store.guest("minji").await, store.guest("sora").await);
    let room = store.courtyard(&minji, 5).await;
    let kick_out = |user_id: UserId, reason: &'static str| {
        let victim = Kick { user_id, ban: true, hours: None, reason: Some(reason.to_owned()), revoke_invites: false };
        store.write(move |tx| kick(tx, &LIMITS, 3, minji.id, room.id, victim.clone()))
    };
    let oneself = kick_out(minji.id, "").await.unwrap_err();
    assert_eq!((oneself.code, oneself.field.as_deref()), (Code::Invalid, Some("userId")));
    assert_eq!(kick_out(UserId::new(0), "").await.unwrap_err().code, Code::NotFound);
    let long: &'static str = Box::leak("x".repeat(201).into_boxed_str());
    assert_eq!(kick_out(sora.id, long).await.unwrap_err().code, Code::TooLong);
    assert_eq!(kick_out(sora.id, "").await.unwrap(), 2);
    store.facts();
    assert_eq!(kick_out(sora.id, "").await.unwrap(), 2);
    assert!(store.facts().is_empty());
}

#[tokio::test]
async fn only_members_read_the_list_of_members() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 50).await;
    let (id, me) = (room.id, minji.id);
    let mut ids = vec![me];
    for n in 0..6 {
        let guest = store.guest(&format!("guest {n}")).await;
        store.enter(2 + n / 3, &guest, &room).await.unwrap();
        ids.push(guest.id);
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let members = store.read(move |tx| page(tx, &LIMITS, me, id, after, 2)).await.unwrap();
        seen.extend(members.members.iter().map(|member| member.user.id));
        after = members.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen[0], me);
    seen.sort_unstable();
    let mut all = ids.clone();
    all.sort_unstable();
    assert_eq!(seen, all);
    let wanted = [ids[5], UserId::new(0), ids[1]];
    let found = store.read(move |tx| by_ids(tx, me, id, &wanted)).await.unwrap();
    assert_eq!(found.iter().map(|member| member.user.id).collect::<Vec<_>>(), [ids[5], ids[1]]);
    let stranger = store.guest("stranger").await.id;
    assert_eq!(
        store.read(move |tx| page(tx, &LIMITS, stranger, id, None, 2)).await.unwrap_err().code,
        Code::NotAMember
    );
    assert_eq!(store.read(move |tx| get(tx, stranger, id, me)).await.unwrap_err().code, Code::NotAMember);
    assert_eq!(store.read(move |tx| get(tx, me, id, stranger)).await.unwrap_err().code, Code::NotAMember);
}

#[tokio::test]
async fn a_summary_is_one_system_message() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let room = store.courtyard(&minji, 500).await;
    let id = room.id;
    let joined = store.write(move |tx| join(tx, 2, jun.id, id, Proof::Open, false)).await.unwrap();
    assert_eq!((joined.room.rev, joined.member.read_seq), (1, Some(1)));
    store.write(move |tx| system_message::post_summary(tx, 3, id, SystemEvent::Join, jun.id, 41)).await.unwrap();
    let page = store.read(move |tx| message::page(tx, &LIMITS, None, id, Cursor::Newest, 1)).await.unwrap();
    let line = &page.messages[0];
    assert_eq!((line.user.as_ref(), line.system.as_ref().unwrap().others), (Some(&jun), Some(41)));
    let odd = store.write(move |tx| system_message::post_summary(tx, 3, id, SystemEvent::Kick, jun.id, 41)).await;
    assert_eq!(odd.unwrap_err().code, Code::Invalid);
}

#[tokio::test]
async fn a_stranger_does_not_learn_that_a_request_was_read() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let (me, other) = (jun.id, minji.id);
    let (room, _) = store.write(move |tx| direct::open(tx, 2, me, other)).await.unwrap();
    let (id, rev) = (room.id, store.say(&jun, &room, "hello?").await.seq);
    let read = || store.write(move |tx| mark_read(tx, id, vec![(other, rev)]));
    assert_eq!(read().await.unwrap(), []);
    store.write(move |tx| direct::accept(tx, other, id)).await.unwrap();
    assert_eq!(read().await.unwrap(), [(other, rev)]);
}
