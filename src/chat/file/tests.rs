use super::*;
use crate::chat::fixtures::{LIMITS, Store};
use crate::chat::member;
use crate::chat::message::{self, Cursor, NewMessage};
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

async fn post(store: &Store, user: &User, room: &Room, new: NewMessage, file: NewFile) -> Result<message::Sent> {
    let (me, id) = (user.id, room.id);
    store.write(move |tx| message::send_with_files(tx, &LIMITS, 2, me, id, new.clone(), vec![file.clone()])).await
}

async fn sees(store: &Store, user: &User, id: FileId) -> bool {
    let viewer = user.id;
    store.read(move |tx| get_visible(tx, viewer, id)).await.is_ok()
}

#[tokio::test]
async fn a_message_with_a_file_needs_no_text() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 5).await;
    let sent = post(&store, &minji, &room, NewMessage::default(), gif("a")).await.unwrap().message;
    let file = &sent.files[0];
    assert_eq!((sent.text.as_str(), file.name.as_str(), file.animated), ("", "춤.gif", Some(true)));
    assert_eq!(file.url, format!("/files/{}", file.id));
    assert_eq!(file.thumbnail_url, Some(format!("/files/{}/thumbnail", file.id)));
    let id = room.id;
    let page = store.read(move |tx| message::page(tx, &LIMITS, None, id, Cursor::Newest, 50)).await.unwrap();
    assert_eq!(page.messages.last(), Some(&sent));
}

#[tokio::test]
async fn uploads_are_put_on_one_message_of_their_uploader_in_order() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await, store.guest("jun").await);
    let room = store.courtyard(&minji, 5).await;
    store.enter(2, &jun, &room).await.unwrap();
    let me = minji.id;
    let first = store.write(move |tx| add(tx, &LIMITS, 1, me, gif("a"))).await.unwrap();
    let second = store.write(move |tx| add(tx, &LIMITS, 2, me, gif("b"))).await.unwrap();
    assert!(sees(&store, &minji, first.id).await && !sees(&store, &jun, first.id).await);
    let with = |ids: &[FileId]| NewMessage { file_ids: ids.to_vec(), ..NewMessage::default() };
    for (user, ids) in [(&jun, vec![first.id]), (&minji, vec![first.id, first.id])] {
        let refused = store.send(user, &room, with(&ids)).await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("fileIds"));
    }
    let sent = store.send(&minji, &room, with(&[second.id, first.id])).await.unwrap().message;
    assert_eq!(sent.files, [second.clone(), first.clone()]);
    assert!(store.send(&minji, &room, with(&[first.id])).await.is_err());
    assert!(sees(&store, &jun, first.id).await);
}

#[tokio::test]
async fn a_file_is_visible_to_those_who_see_its_message() {
    let store = Store::open();
    let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
    let room = store.courtyard(&minji, 5).await;
    store.enter(2, &jun, &room).await.unwrap();
    let public = post(&store, &minji, &room, NewMessage::default(), gif("a")).await.unwrap().message.files[0].id;
    let whisper = NewMessage { to: Some(jun.id), ..NewMessage::default() };
    let secret = post(&store, &minji, &room, whisper, gif("a")).await.unwrap().message.files[0].id;
    assert!(!sees(&store, &sora, public).await);
    store.enter(3, &sora, &room).await.unwrap();
    assert!(sees(&store, &sora, public).await && !sees(&store, &sora, secret).await);
    assert!(sees(&store, &jun, secret).await && sees(&store, &minji, secret).await);
    let (me, id) = (jun.id, room.id);
    store.write(move |tx| member::leave(tx, 4, me, id, true)).await.unwrap();
    assert!(!sees(&store, &jun, public).await && !sees(&store, &jun, secret).await);
    assert!(!sees(&store, &minji, FileId::new(0)).await);
}

#[tokio::test]
async fn a_repeated_upload_adds_no_file() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let room = store.courtyard(&minji, 5).await;
    let keyed = NewMessage { key: Some("k".into()), ..NewMessage::default() };
    let first = post(&store, &minji, &room, keyed.clone(), gif("a")).await.unwrap().message;
    let again = post(&store, &minji, &room, keyed, gif("b")).await.unwrap();
    assert!(again.dup && again.message == first);
    let hashes = ["a", "a-thumb", "b", "b-thumb", "b"].map(String::from);
    assert_eq!(store.read(move |tx| unreferenced(tx, &hashes)).await.unwrap(), ["b", "b-thumb"]);
}

#[tokio::test]
async fn bytes_are_unneeded_when_their_last_file_is_deleted() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let (room, other) = (store.courtyard(&minji, 5).await, store.courtyard(&minji, 5).await);
    for room in [&room, &other] {
        post(&store, &minji, room, NewMessage::default(), gif("shared")).await.unwrap();
    }
    post(&store, &minji, &room, NewMessage::default(), gif("own")).await.unwrap();
    let me = minji.id;
    store.write(move |tx| crate::chat::room::remove(tx, 4, me, room.id)).await.unwrap();
    let swept = store.write(|tx| crate::chat::room::sweep(tx, 300)).await.unwrap();
    assert_eq!(swept.unneeded, ["own", "own-thumb"]);
    store.write(move |tx| add(tx, &LIMITS, 10, me, gif("late"))).await.unwrap();
    store.write(move |tx| add(tx, &LIMITS, 20, me, gif("later"))).await.unwrap();
    assert_eq!(store.write(|tx| sweep(tx, 20)).await.unwrap(), ["late", "late-thumb"]);
    assert!(store.write(|tx| sweep(tx, 20)).await.unwrap().is_empty());
}
