use super::*;
use crate::chat::fixtures::{House, LIMITS};
use crate::chat::member;
use crate::chat::message::{self, Cursor, New};
use crate::chat::room::Room;
use crate::chat::user::User;

fn gif(hash: &str) -> NewFile {
    NewFile {
        hash: hash.into(),
        thumb_hash: Some(format!("{hash}-thumb")),
        thumb_type: Some("image/png".into()),
        name: "../춤.gif".into(),
        media_type: "image/gif".into(),
        size: 1_024,
        width: Some(320),
        height: Some(240),
        animated: Some(true),
        placeholder: None,
    }
}

async fn post(house: &House, user: &User, room: &Room, new: New, file: NewFile) -> Result<message::Sent> {
    let (me, id) = (user.id, room.id);
    house.write(move |tx| message::send_with_files(tx, &LIMITS, 2, me, id, new, vec![file])).await
}

async fn sees(house: &House, user: &User, id: FileId) -> bool {
    let viewer = user.id;
    house.read(move |tx| get_visible(tx, viewer, id)).await.is_ok()
}

#[tokio::test]
async fn a_message_carries_its_file_and_may_say_nothing_else() {
    let house = House::open();
    let minji = house.guest("minji").await;
    let room = house.courtyard(&minji, 5).await;
    let sent = post(&house, &minji, &room, New::default(), gif("a")).await.unwrap().message;
    let file = &sent.files[0];
    assert_eq!((sent.text.as_str(), file.name.as_str(), file.animated), ("", "춤.gif", Some(true)));
    assert_eq!(file.url, format!("/files/{}", file.id));
    assert_eq!(file.thumbnail_url, Some(format!("/files/{}/thumbnail", file.id)));
    let id = room.id;
    let page = house.read(move |tx| message::page(tx, &LIMITS, None, id, Cursor::Newest, 50)).await.unwrap();
    assert_eq!(page.messages.last(), Some(&sent));
}

#[tokio::test]
async fn uploads_go_with_one_message_of_their_uploader_in_the_order_given() {
    let house = House::open();
    let (minji, jun) = (house.guest("minji").await, house.guest("jun").await);
    let room = house.courtyard(&minji, 5).await;
    house.enter(2, &jun, &room).await.unwrap();
    let me = minji.id;
    let first = house.write(move |tx| add(tx, &LIMITS, 1, me, gif("a"))).await.unwrap();
    let second = house.write(move |tx| add(tx, &LIMITS, 2, me, gif("b"))).await.unwrap();
    assert!(sees(&house, &minji, first.id).await && !sees(&house, &jun, first.id).await);
    let with = |ids: &[FileId]| New { file_ids: ids.to_vec(), ..New::default() };
    for (user, ids) in [(&jun, vec![first.id]), (&minji, vec![first.id, first.id])] {
        let refused = house.send(user, &room, with(&ids)).await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("fileIds"));
    }
    let sent = house.send(&minji, &room, with(&[second.id, first.id])).await.unwrap().message;
    assert_eq!(sent.files, [second.clone(), first.clone()]);
    assert!(house.send(&minji, &room, with(&[first.id])).await.is_err());
    assert!(sees(&house, &jun, first.id).await);
}

#[tokio::test]
async fn a_file_is_seen_by_who_sees_its_message() {
    let house = House::open();
    let (minji, jun, sora) = (house.guest("minji").await, house.guest("jun").await, house.guest("sora").await);
    let room = house.courtyard(&minji, 5).await;
    house.enter(2, &jun, &room).await.unwrap();
    let public = post(&house, &minji, &room, New::default(), gif("a")).await.unwrap().message.files[0].id;
    let whisper = New { to: Some(jun.id), ..New::default() };
    let secret = post(&house, &minji, &room, whisper, gif("a")).await.unwrap().message.files[0].id;
    assert!(!sees(&house, &sora, public).await);
    house.enter(3, &sora, &room).await.unwrap();
    assert!(sees(&house, &sora, public).await && !sees(&house, &sora, secret).await);
    assert!(sees(&house, &jun, secret).await && sees(&house, &minji, secret).await);
    let (me, id) = (jun.id, room.id);
    house.write(move |tx| member::leave(tx, 4, me, id, true)).await.unwrap();
    assert!(!sees(&house, &jun, public).await && !sees(&house, &jun, secret).await);
    assert!(!sees(&house, &minji, FileId::new(0)).await);
}

#[tokio::test]
async fn a_repeated_upload_adds_no_file() {
    let house = House::open();
    let minji = house.guest("minji").await;
    let room = house.courtyard(&minji, 5).await;
    let keyed = New { key: Some("k".into()), ..New::default() };
    let first = post(&house, &minji, &room, keyed.clone(), gif("a")).await.unwrap().message;
    let again = post(&house, &minji, &room, keyed, gif("b")).await.unwrap();
    assert!(again.dup && again.message == first);
    let hashes = ["a", "a-thumb", "b", "b-thumb", "b"].map(String::from);
    assert_eq!(house.read(move |tx| unreferenced(tx, &hashes)).await.unwrap(), ["b", "b-thumb"]);
}

#[tokio::test]
async fn bytes_go_when_the_last_file_of_them_goes() {
    let house = House::open();
    let minji = house.guest("minji").await;
    let (room, other) = (house.courtyard(&minji, 5).await, house.courtyard(&minji, 5).await);
    for room in [&room, &other] {
        post(&house, &minji, room, New::default(), gif("shared")).await.unwrap();
    }
    post(&house, &minji, &room, New::default(), gif("own")).await.unwrap();
    let me = minji.id;
    house.write(move |tx| crate::chat::room::remove(tx, 4, me, room.id)).await.unwrap();
    let swept = house.write(|tx| crate::chat::room::sweep(tx, 300)).await.unwrap();
    assert_eq!(swept.unneeded, ["own", "own-thumb"]);
    house.write(move |tx| add(tx, &LIMITS, 10, me, gif("late"))).await.unwrap();
    house.write(move |tx| add(tx, &LIMITS, 20, me, gif("later"))).await.unwrap();
    assert_eq!(house.write(|tx| sweep(tx, 20)).await.unwrap(), ["late", "late-thumb"]);
    assert!(house.write(|tx| sweep(tx, 20)).await.unwrap().is_empty());
}
