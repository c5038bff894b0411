use super::*;
use crate::chat::cast::{House, LIMITS};
use crate::text::name as clean;

#[tokio::test]
async fn a_guest_has_the_name_given_or_a_friendly_one() {
    let house = House::open();
    let minji = house.write(|tx| make_guest(tx, &LIMITS, 1, Some(" 민지 "), true)).await.unwrap();
    assert_eq!((minji.name.as_str(), minji.kind), ("민지", UserKind::Guest));
    let nameless = house.write(|tx| make_guest(tx, &LIMITS, 1, None, true)).await.unwrap();
    assert_eq!(clean(&nameless.name, 40).unwrap(), nameless.name);
    assert_eq!(house.read(move |tx| get(tx, nameless.id)).await.unwrap(), nameless);
    assert_eq!(house.write(|tx| make_guest(tx, &LIMITS, 1, Some(""), true)).await.unwrap_err().code, Code::Invalid);
    assert_eq!(house.read(|tx| get(tx, UserId::new(0))).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn the_same_name_again_tells_nothing() {
    let house = House::open();
    let minji = house.guest("minji").await;
    house.write(move |tx| rename(tx, &LIMITS, minji.id, "  minji ")).await.unwrap();
    assert!(house.facts().is_empty());
    house.write(move |tx| rename(tx, &LIMITS, minji.id, "Minji Kim")).await.unwrap();
    assert!(matches!(&house.facts()[..], [Fact::UserChanged(user)] if user.name == "Minji Kim"));
}

#[tokio::test]
async fn people_are_found_in_any_number() {
    let house = House::open();
    let mut ids = vec![UserId::new(0)];
    for n in 0..70 {
        ids.push(house.guest(&format!("guest {n}")).await.id);
    }
    assert_eq!(house.read(move |tx| find_all(tx, &ids)).await.unwrap().len(), 70);
    assert!(house.read(|tx| find_all(tx, &[])).await.unwrap().is_empty());
}
