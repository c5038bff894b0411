use super::*;
use crate::chat::fixtures::{LIMITS, Store};
use crate::error::Code;

const MINUTE: i64 = 60_000;

/// Queues a job for a target at a time.
async fn put(store: &Store, now: i64, target: u128, payload: &'static str) {
    store.write(move |tx| enqueue(tx, now, JobKind::Preview, Target(target), None, payload)).await.unwrap();
}

async fn due_at(store: &Store, now: i64) -> Due {
    store.read(move |tx| due(tx, now, 10)).await.unwrap()
}

/// Returns the payloads of the due jobs.
async fn payloads(store: &Store, now: i64) -> Vec<String> {
    due_at(store, now).await.jobs.into_iter().map(|job| job.payload).collect()
}

async fn number_of(store: &Store, now: i64, payload: &str) -> i64 {
    due_at(store, now).await.jobs.into_iter().find(|job| job.payload == payload).unwrap().number
}

/// Fails a job at a time, and returns whether it was given up.
async fn fail(store: &Store, now: i64, number: i64) -> bool {
    store.write(move |tx| begin(tx, number)).await.unwrap();
    store.write(move |tx| failed(tx, &LIMITS, now, number)).await.unwrap()
}

async fn count(store: &Store) -> i64 {
    let sql = "SELECT COUNT(*) FROM outbox";
    store.read(move |tx| Ok(tx.query_one(sql, &[], |row| row.get(0))?)).await.unwrap()
}

#[tokio::test]
async fn a_job_exists_if_and_only_if_its_act_is_committed() {
    let store = Store::open();
    let undone: Result<()> = store
        .write(|tx| {
            enqueue(tx, 5, JobKind::Preview, Target(1), None, "a")?;
            Err(Code::Forbidden.into())
        })
        .await;
    assert!(undone.is_err() && store.facts().is_empty());
    assert_eq!(due_at(&store, 5).await, Due::default());
    put(&store, 5, 1, "a").await;
    assert!(matches!(store.facts()[..], [Fact::Queued]));
    let due = due_at(&store, 5).await;
    // PostgreSQL leaves out the number of an act that was undone.
    let number = due.jobs.first().map_or(0, |job| job.number);
    let job = Job { number, kind: JobKind::Preview, target: Target(1), payload: "a".into(), tries: 0 };
    assert_eq!(due.jobs, [job]);
    // A job that is not due yet sets the next time.
    assert_eq!(due_at(&store, 4).await, Due { jobs: Vec::new(), next_at: Some(5) });
}

#[tokio::test]
async fn jobs_of_one_target_run_in_order() {
    let store = Store::open();
    for (target, payload) in [(1, "a1"), (1, "a2"), (2, "b1"), (1, "a3")] {
        put(&store, 0, target, payload).await;
    }
    assert_eq!(payloads(&store, 0).await, ["a1", "b1"]);
    let (a1, b1) = (number_of(&store, 0, "a1").await, number_of(&store, 0, "b1").await);
    // The second does not overtake the first, and other targets do not wait.
    assert!(!fail(&store, 0, a1).await);
    assert_eq!(payloads(&store, 0).await, ["b1"]);
    store.write(move |tx| end(tx, 0, b1)).await.unwrap();
    let pause = LIMITS.outbox_pause_ms;
    assert_eq!(due_at(&store, pause - 1).await, Due { jobs: Vec::new(), next_at: Some(pause) });
    assert_eq!(payloads(&store, pause).await, ["a1"]);
    for next in ["a2", "a3"] {
        let first = due_at(&store, pause).await.jobs[0].number;
        store.write(move |tx| end(tx, pause, first)).await.unwrap();
        assert_eq!(payloads(&store, pause).await, [next]);
        // Ending it again ends no other job.
        store.write(move |tx| end(tx, pause, first)).await.unwrap();
        assert_eq!(payloads(&store, pause).await, [next]);
    }
}

#[tokio::test]
async fn a_failed_job_is_retried_with_growing_pauses_and_then_given_up() {
    let store = Store::open();
    put(&store, 0, 1, "first").await;
    put(&store, 0, 1, "second").await;
    let first = number_of(&store, 0, "first").await;
    let mut now = 0;
    for pause in [3, 12, 48] {
        assert!(!fail(&store, now, first).await);
        assert_eq!(due_at(&store, now).await, Due { jobs: Vec::new(), next_at: Some(now + pause * MINUTE) });
        now += pause * MINUTE;
    }
    assert_eq!(due_at(&store, now).await.jobs[0].tries, 3);
    assert!(fail(&store, now, first).await);
    assert_eq!(payloads(&store, now).await, ["second"]);
    // A job that waited for days is still tried once.
    let (second, late) = (number_of(&store, now, "second").await, now + LIMITS.outbox_age_ms);
    assert!(fail(&store, late, second).await);
    assert_eq!(count(&store).await, 0);
}

#[tokio::test]
async fn a_deleted_job_does_not_begin_and_its_number_is_not_reused() {
    let store = Store::open();
    put(&store, 0, 1, "a").await;
    let before = number_of(&store, 0, "a").await;
    store.write(|tx| drop_target(tx, JobKind::Preview, Target(1))).await.unwrap();
    put(&store, 0, 1, "b").await;
    assert!(!store.write(move |tx| begin(tx, before)).await.unwrap());
    assert!(!fail(&store, 0, before).await);
    // A worker that still runs the first job does not end the second.
    store.write(move |tx| end(tx, 0, before)).await.unwrap();
    assert_eq!(payloads(&store, 0).await, ["b"]);
}

#[tokio::test]
async fn waiting_jobs_are_counted_and_deleted_by_user() {
    let store = Store::open();
    let (minji, jun) = (store.guest("minji").await.id, store.guest("jun").await.id);
    for (target, who) in [(1, Some(minji)), (2, Some(minji)), (3, Some(jun)), (4, None)] {
        store.write(move |tx| enqueue(tx, 0, JobKind::Preview, Target(target), who, "x")).await.unwrap();
    }
    let waiting = |who| store.read(move |tx| waiting_of(tx, JobKind::Preview, who));
    assert_eq!((waiting(minji).await.unwrap(), waiting(jun).await.unwrap()), (2, 1));
    store.write(move |tx| drop_of_user(tx, JobKind::Preview, minji)).await.unwrap();
    assert_eq!((waiting(minji).await.unwrap(), count(&store).await), (0, 2));
}

#[tokio::test]
async fn due_jobs_are_a_range_of_an_index() {
    let store = Store::open_sqlite();
    for (sql, params) in [(DUE, 2), (NEXT, 1)] {
        let plan = store.read(move |tx| {
            let bound: Vec<&dyn Param> = vec![&1i64; params];
            Ok(tx.query_all(&format!("EXPLAIN QUERY PLAN {sql}"), &bound, |row| row.get::<String>(3))?)
        });
        let plan = plan.await.unwrap().join("\n");
        let is_range =
            plan.contains("USING INDEX outbox_due (due_at") || plan.contains("COVERING INDEX outbox_due (due_at");
        assert!(is_range && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}
