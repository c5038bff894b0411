use super::*;
use crate::chat::fixtures::{House, LIMITS};

#[tokio::test]
async fn a_guest_has_the_name_given() {
    let house = House::open();
    let minji = house.write(|tx| make_guest(tx, &LIMITS, 1, " 민지 ")).await.unwrap();
    assert_eq!((minji.name.as_str(), minji.kind), ("민지", UserKind::Guest));
    let id = minji.id;
    assert_eq!(house.read(move |tx| get(tx, id)).await.unwrap(), minji);
    assert_eq!(house.write(|tx| make_guest(tx, &LIMITS, 1, "")).await.unwrap_err().code, Code::Invalid);
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
