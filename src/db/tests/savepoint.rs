//! What stays of acts that share a commit where one of them fails.

use super::*;

#[tokio::test]
async fn n7_a_failing_or_panicking_act_takes_only_itself_back() {
    let folder = Folder::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = heard.clone();
    let db = Db::open(folder.options(), move |facts: Vec<String>| hears.lock().extend(facts)).unwrap();
    let let_go = hold(&db).await;
    let (first, failing, panicking, last) = tokio::join!(
        db.write(|tx| put(tx, "first")),
        db.write(|tx| put(tx, "failing").and(Err::<(), _>(Error::invalid("text", "no")))),
        db.write(|tx| -> Result<()> {
            put(tx, "panicking")?;
            panic!("planned");
        }),
        async {
            let_go.send(()).unwrap();
            db.write(|tx| put(tx, "last")).await
        },
    );
    assert!(first.is_ok() && last.is_ok());
    assert_eq!(failing.unwrap_err().code, Code::Invalid);
    assert_eq!(panicking.unwrap_err().code, Code::Internal);
    assert_eq!(keys(&db).await, ["first", "last"]);
    assert_eq!(*heard.lock(), ["first", "last"]);
}

#[tokio::test]
async fn an_act_that_fails_behind_its_point_of_no_return_takes_its_commit_along_and_nothing_half_done_stays() {
    let folder = Folder::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = heard.clone();
    let db = Db::open(folder.options(), move |facts: Vec<String>| hears.lock().extend(facts)).unwrap();
    let refuse = || Err::<(), _>(Error::invalid("text", "no"));
    let let_go = hold(&db).await;
    // Who refuses before the first change has nothing to take back, and who has changed something
    // before has still its way back.
    let (first, early, half, last) = tokio::join!(
        db.write(|tx| {
            tx.point_of_no_return();
            put(tx, "first")
        }),
        db.write(move |tx| {
            tx.point_of_no_return();
            refuse()
        }),
        db.write(move |tx| {
            put(tx, "half")?;
            tx.point_of_no_return();
            refuse()
        }),
        async {
            let_go.send(()).unwrap();
            db.write(|tx| put(tx, "last")).await
        },
    );
    assert!(first.is_ok() && last.is_ok());
    assert_eq!([early.unwrap_err().code, half.unwrap_err().code], [Code::Invalid; 2]);
    assert_eq!(keys(&db).await, ["first", "last"]);
    let let_go = hold(&db).await;
    let (failing, other) = tokio::join!(
        db.write(move |tx| {
            tx.point_of_no_return();
            put(tx, "failing")?;
            refuse()
        }),
        async {
            let_go.send(()).unwrap();
            db.write(|tx| put(tx, "other")).await
        },
    );
    assert_eq!([failing.unwrap_err().code, other.unwrap_err().code], [Code::Unavailable; 2]);
    assert_eq!((keys(&db).await, heard.lock().len()), (vec!["first".to_owned(), "last".to_owned()], 2));
    db.write(|tx| put(tx, "other")).await.unwrap();
    // Alone in its commit it takes nobody along, also where it panics.
    let alone = db.write(|tx| -> Result<()> {
        tx.point_of_no_return();
        put(tx, "alone")?;
        panic!("planned");
    });
    assert_eq!(alone.await.unwrap_err().code, Code::Internal);
    assert_eq!(keys(&db).await, ["first", "last", "other"]);
}
