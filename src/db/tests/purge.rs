//! What is deleted is in no part of the file.

use super::*;

/// Returns whether the database file has these bytes. The database must be closed.
fn has(folder: &Folder, word: &str) -> bool {
    let bytes = std::fs::read(folder.0.join("madang.db")).unwrap();
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

/// Abuse: N13
#[tokio::test]
async fn deleted_words_are_neither_in_the_file_nor_in_the_index() {
    let folder = Folder::sqlite();
    let open = || Db::open(folder.options(), |_: Vec<String>| {}).unwrap();
    let db = open();
    let fill = |tx: &mut Tx<'_, String>| {
        for number in 1..200 {
            tx.execute(
                "INSERT INTO meta (key, value) VALUES (?1, 'secretvalue')",
                &[&format!("key {number}").as_str()],
            )?;
            tx.index_new(number, Some(format!("kept{number} courtyard")));
        }
        tx.index_new(1_000, Some("secretindexed courtyard".into()));
        Ok(())
    };
    db.write(Subject::Server, fill).await.unwrap();
    let delete = |tx: &mut Tx<'_, String>| {
        tx.execute("DELETE FROM meta WHERE value = 'secretvalue'", &[])?;
        tx.index(1_000, None);
        Ok(())
    };
    db.write(Subject::Server, delete).await.unwrap();
    db.close().await;
    assert!(!has(&folder, "secretvalue") && has(&folder, "ecretindexed"), "the index still has its segment");
    let db = open();
    for _ in 0..10 {
        db.purge_index();
    }
    let find = |word: &'static str| {
        let wanted = Match(vec![vec![Term::whole(word)]]);
        db.read(move |tx| Ok(tx.matching(&wanted, 0, 2_000, 300)?))
    };
    db.write(Subject::Server, |_| Ok(())).await.unwrap();
    assert_eq!(find("courtyard").await.unwrap().len(), 199);
    assert_eq!(find("kept7").await.unwrap(), [7]);
    assert!(find("secretindexed").await.unwrap().is_empty());
    db.close().await;
    assert!(!has(&folder, "ecretindexed") && has(&folder, "ourtyard"));
}
