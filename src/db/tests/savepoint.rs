//! What remains of acts that share a commit when one of them fails.

use super::*;

/// Abuse: N7
#[tokio::test]
async fn a_failing_or_panicking_act_rolls_back_only_its_own_changes() {
    let folder = Folder::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = heard.clone();
    let db = Db::open(folder.options(), move |facts: Vec<String>| hears.lock().extend(facts)).unwrap();
    let let_go = hold(&db).await;
    let (first, failing, panicking, last) = tokio::join!(
        db.write(Subject::Server, |tx| put(tx, "first")),
        db.write(Subject::Server, |tx| put(tx, "failing").and(Err::<(), _>(Error::invalid("text", "no")))),
        db.write(Subject::Server, |tx| -> Result<()> {
            put(tx, "panicking")?;
            panic!("planned");
        }),
        async {
            let_go.send(()).unwrap();
            db.write(Subject::Server, |tx| put(tx, "last")).await
        },
    );
    assert!(first.is_ok() && last.is_ok());
    assert_eq!(failing.unwrap_err().code, Code::Invalid);
    assert_eq!(panicking.unwrap_err().code, Code::Internal);
    assert_eq!(keys(&db).await, ["first", "last"]);
    assert_eq!(*heard.lock(), ["first", "last"]);
}
