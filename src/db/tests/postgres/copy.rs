//! Copies of a database file.

use super::*;

const ROWS: i64 = 1_700;

/// Makes a database file with rows.
async fn source() -> Folder {
    let folder = Folder::sqlite();
    let db: Db<String> = Db::open(folder.options(), |_| {}).unwrap();
    let fill = |tx: &mut Tx<'_, String>| {
        for number in 0..ROWS {
            let sql = "INSERT INTO tombstones (room_id, removed_at, is_swept) VALUES (?1, ?2, 1)";
            tx.execute(sql, &[&RoomId::from_u128(number.unsigned_abs().into()), &number])?;
        }
        Ok(())
    };
    db.write(Subject::Server, fill).await.unwrap();
    db.close().await;
    folder
}

/// Copies, and stops with an error once so many rows are copied. The driver blocks, so it gets a thread.
fn copy(source: &Folder, target: &Database, stop_at: u64) -> Result<u64, Fault> {
    let (source, url) = (source.options().path, target.url());
    let watch = move |progress: CopyProgress| match progress.done >= stop_at {
        true => Err(Fault::Refused("stopped".into())),
        false => Ok(()),
    };
    let work =
        move || StoreCopy::open(Inspection::open(&source)?, Server::test(url))?.run(watch).map(|copied| copied.rows);
    std::thread::spawn(work).join().unwrap()
}

#[tokio::test]
async fn a_copy_that_was_interrupted_goes_on_and_no_server_uses_a_part_of_one() {
    let (source, database) = (source().await, Database::new());
    assert_eq!(copy(&source, &database, 1_000), Err(Fault::Refused("stopped".into())));
    let part = database.count("SELECT COUNT(*) FROM tombstones");
    assert!((1_000..ROWS).contains(&part), "{part}");
    let refused = Db::<String>::open(options(database.url()), |_| {}).err().unwrap().to_string();
    assert!(refused.contains("a part of a copy"), "{refused}");
    assert_eq!(copy(&source, &database, u64::MAX), Ok(ROWS as u64));
    assert_eq!(database.count("SELECT COUNT(DISTINCT room_id) FROM tombstones"), ROWS);
    Db::<String>::open(options(database.url()), |_| {}).unwrap().close().await;
}

#[tokio::test]
async fn a_copy_of_a_source_that_changed_meanwhile_is_refused() {
    let (source, database) = (source().await, Database::new());
    copy(&source, &database, 1_000).unwrap_err();
    let db: Db<String> = Db::open(source.options(), |_| {}).unwrap();
    let change =
        |tx: &mut Tx<'_, String>| Ok(tx.execute("UPDATE tombstones SET removed_at = 0 WHERE removed_at = 7", &[])?);
    assert_eq!(db.write(Subject::Server, change).await, Ok(1));
    db.close().await;
    let refused = copy(&source, &database, u64::MAX).unwrap_err().to_string();
    assert!(refused.contains("tombstones differs"), "{refused}");
}
