//! The memory that the store frees when it is idle.

use super::*;

#[tokio::test]
async fn connections_that_nobody_needs_are_closed_but_one() {
    let folder = Folder::sqlite();
    let db = Db::open(folder.options(), |_: Vec<String>| {}).unwrap();
    db.write(Subject::Server, |tx| put(tx, "x")).await.unwrap();
    let four_at_once = async || {
        let together = Arc::new(std::sync::Barrier::new(4));
        let read = async |together: Arc<std::sync::Barrier>| {
            db.read(move |tx| {
                together.wait();
                Ok(tx.query_one("SELECT COUNT(*) FROM meta", &[], |row| row.get::<i64>(0))?)
            })
            .await
        };
        let read = || read(Arc::clone(&together));
        let (a, b, c, d) = tokio::join!(read(), read(), read(), read());
        assert_eq!([a, b, c, d].map(Result::unwrap), [1; 4]);
    };
    four_at_once().await;
    assert_eq!(db.readers.idle_count(), 4);
    db.release_memory().await;
    assert_eq!(db.readers.idle_count(), 4, "all were in use since the store was opened");
    keys(&db).await;
    db.release_memory().await;
    assert_eq!(db.readers.idle_count(), 1, "the one that was used");
    db.release_memory().await;
    assert_eq!(db.readers.idle_count(), 1, "the next to read need not open one");
    four_at_once().await;
    db.write(Subject::Server, |tx| put(tx, "y")).await.unwrap();
    assert_eq!(keys(&db).await, ["x", "y"]);
}
