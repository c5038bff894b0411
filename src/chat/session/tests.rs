use super::*;
use crate::chat::fixtures::{LIMITS, Store};

#[tokio::test]
async fn a_token_opens_its_session_until_it_is_closed() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let agent = "agent ".repeat(100);
    let ip = "127.0.0.1".parse().ok();
    let token = store.write(move |tx| open(tx, 0, minji.id, Some(&agent), ip)).await.unwrap();
    let shown: Token = token.reveal().parse().unwrap();
    assert_eq!((token.reveal().len(), &shown), (43, &token));
    let session = store.read(move |tx| find(tx, 1, &shown)).await.unwrap().unwrap();
    assert_eq!(session.user, minji);
    assert!(store.write(move |tx| close(tx, session.id)).await.unwrap());
    assert!(!store.write(move |tx| close(tx, session.id)).await.unwrap());
    assert!(store.read(move |tx| find(tx, 1, &token)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_guests_session_ends_after_a_year_unused() {
    let store = Store::open();
    let minji = store.guest("minji").await;
    let token = store.write(move |tx| open(tx, 0, minji.id, None, None)).await.unwrap();
    let id = token.session_id();
    let found = |now| store.read(move |tx| find_by_id(tx, now, id));
    assert!(found(365 * DAY - 1).await.unwrap().is_some());
    assert!(found(365 * DAY).await.unwrap().is_none());
    assert!(found(HOUR).await.unwrap().unwrap().is_stale(HOUR));
    store.write(move |tx| touch(tx, HOUR - 1, id)).await.unwrap();
    assert_eq!(found(HOUR).await.unwrap().unwrap().seen_at, 0);
    store.write(move |tx| touch(tx, HOUR, id)).await.unwrap();
    assert_eq!(found(HOUR).await.unwrap().unwrap().seen_at, HOUR);
    assert_eq!(store.write(|tx| sweep(tx, &LIMITS, 100 * DAY)).await.unwrap(), 0);
    assert_eq!(store.write(|tx| sweep(tx, &LIMITS, 366 * DAY)).await.unwrap(), 1);
}

#[test]
fn a_token_is_not_printed_by_debug() {
    let token = Token::new();
    assert_eq!(format!("{token:?}{:?}", token.session_id()), "Token(…)SessionId(…)");
    for text in ["", "x", &"A".repeat(44), &"!".repeat(43), &"B".repeat(43)] {
        assert_eq!(text.parse::<Token>(), Err(NotAToken), "{text}");
    }
}
