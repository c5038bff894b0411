use super::*;
use crate::chat::fixtures::{LIMITS, Store};

#[tokio::test]
async fn a_guest_has_the_given_name() {
    let store = Store::open();
    let minji = store.write(|tx| make_guest(tx, &LIMITS, 1, " 민지 ")).await.unwrap();
    assert_eq!((minji.name.as_str(), minji.kind), ("민지", UserKind::Guest));
    let id = minji.id;
    assert_eq!(store.read(move |tx| get(tx, id)).await.unwrap(), minji);
    assert_eq!(store.write(|tx| make_guest(tx, &LIMITS, 1, "")).await.unwrap_err().code, Code::Invalid);
    assert_eq!(store.read(|tx| get(tx, UserId::new(0))).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn the_same_name_again_publishes_nothing() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    store.write(move |tx| rename(tx, &LIMITS, minji.id, "  minji ")).await.unwrap();
    assert!(store.facts().is_empty());
    store.write(move |tx| rename(tx, &LIMITS, minji.id, "Minji Kim")).await.unwrap();
    assert!(matches!(&store.facts()[..], [Fact::UserChanged(user)] if user.name == "Minji Kim"));
}

#[tokio::test]
async fn users_are_found_in_any_number() {
    let store = Store::open();
    let mut ids = vec![UserId::new(0)];
    for n in 0..70 {
        ids.push(store.guest(&format!("guest {n}")).await.id);
    }
    assert_eq!(store.read(move |tx| find_all(tx, &ids)).await.unwrap().len(), 70);
    assert!(store.read(|tx| find_all(tx, &[])).await.unwrap().is_empty());
}
