use super::*;
use crate::chat::fixtures::{LIMITS, Store};
use crate::error::Code;

const MINUTE: i64 = 60_000;

/// Queues a job for a target at a time.
async fn put(store: &Store, now: i64, target: u128, payload: &'static str) {
    store.write(move |tx| enqueue(tx, now, JobKind::Preview, Target(target), None, payload)).await.unwrap();
}

async fn due_at(store: &Store, now: i64) -> Due {
    store.read(move |tx| due(tx, now, JobKind::Preview, 10)).await.unwrap()
}

/// Returns the payloads of the due jobs.
async fn payloads(store: &Store, now: i64) -> Vec<String> {
    due_at(store, now).await.jobs.into_iter().map(|job| job.payload).collect()
}

/// Claims the due job of a payload for a node, if no other node has it.
async fn take(store: &Store, now: i64, node: u16, payload: &str) -> Option<Job> {
    let job = due_at(store, now).await.jobs.into_iter().find(|job| job.payload == payload)?;
    match store.write(move |tx| claim(tx, &LIMITS.jobs, now, node, &job)).await.unwrap() {
        Claimed::Mine(job) => Some(job),
        Claimed::GivenUp | Claimed::Lost => None,
    }
}

async fn end_job(store: &Store, now: i64, job: &Job) -> bool {
    let job = job.clone();
    store.write(move |tx| end(tx, now, &job)).await.unwrap()
}

/// Claims a job at a time and fails it.
async fn fail(store: &Store, now: i64, payload: &str) -> Failed {
    let job = take(store, now, 0, payload).await.unwrap();
    store.write(move |tx| failed(tx, &LIMITS.jobs, now, &job, "it broke", None)).await.unwrap()
}

/// Claims and ends the job of a payload.
async fn finish(store: &Store, now: i64, payload: &str) {
    let job = take(store, now, 0, payload).await.unwrap();
    assert!(end_job(store, now, &job).await);
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
    let job = Job { number, kind: JobKind::Preview, target: Target(1), payload: "a".into(), tries: 0, deferrals: 0 };
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
    // The second does not overtake the first, and other targets do not wait.
    assert_eq!(fail(&store, 0, "a1").await, Failed::Delayed);
    finish(&store, 0, "b1").await;
    let due = due_at(&store, 0).await;
    let back = due.next_at.unwrap();
    assert!(due.jobs.is_empty());
    assert_eq!(payloads(&store, back).await, ["a1"]);
    for (done, next) in [("a1", "a2"), ("a2", "a3")] {
        let first = take(&store, back, 0, done).await.unwrap();
        assert!(payloads(&store, back).await.is_empty());
        assert!(end_job(&store, back, &first).await);
        assert_eq!(payloads(&store, back).await, [next]);
        // Ending it again ends no other job.
        assert!(!end_job(&store, back, &first).await);
        assert_eq!(payloads(&store, back).await, [next]);
    }
}

#[tokio::test]
async fn a_failed_job_is_retried_with_growing_pauses_and_then_given_up() {
    let store = Store::open();
    put(&store, 0, 1, "first").await;
    put(&store, 0, 1, "second").await;
    let mut now = 0;
    for pause in [3, 12, 48] {
        assert_eq!(fail(&store, now, "first").await, Failed::Delayed);
        let due = due_at(&store, now).await;
        let next_at = due.next_at.unwrap();
        // Up to a quarter is added.
        assert!(due.jobs.is_empty() && (pause * MINUTE..=pause * MINUTE * 5 / 4).contains(&(next_at - now)));
        now = next_at;
    }
    assert_eq!(due_at(&store, now).await.jobs[0].tries, 3);
    assert_eq!(fail(&store, now, "first").await, Failed::GivenUp);
    assert_eq!(payloads(&store, now).await, ["second"]);
    // A job that waited for days is still tried once.
    assert_eq!(fail(&store, now + LIMITS.jobs.preview.age_ms, "second").await, Failed::GivenUp);
    assert_eq!(count(&store).await, 0);
    // Nobody misses a preview.
    assert_eq!(store.read(|tx| dead::list(tx, None, None, 10)).await.unwrap(), []);
}

#[tokio::test]
async fn a_claimed_job_is_one_nodes_until_its_claim_ends() {
    let store = Store::open();
    put(&store, 0, 1, "a").await;
    let mine = take(&store, 0, 1, "a").await.unwrap();
    let until = LIMITS.jobs.preview.claim_ms();
    assert_eq!(due_at(&store, until - 1).await, Due { jobs: Vec::new(), next_at: Some(until) });
    // Another node that has read it before finds it taken.
    let read_before = Job { tries: 0, ..mine.clone() };
    let claimed = store.write(move |tx| claim(tx, &LIMITS.jobs, 1, 2, &read_before)).await.unwrap();
    assert_eq!(claimed, Claimed::Lost);
    let theirs = take(&store, until, 2, "a").await.unwrap();
    // The first node was slow, and has lost the job.
    assert!(!end_job(&store, until, &mine).await);
    let late = store.write(move |tx| failed(tx, &LIMITS.jobs, until, &mine, "slow", None)).await.unwrap();
    assert_eq!(late, Failed::Lost);
    // The second ends before it is done.
    store.write(move |tx| release_claims(tx, until, 1)).await.unwrap();
    assert_eq!(payloads(&store, until).await.len(), 0);
    store.write(move |tx| release_claims(tx, until, 2)).await.unwrap();
    assert_eq!(payloads(&store, until).await, ["a"]);
    assert!(end_job(&store, until, &theirs).await, "it may still end it while no other node has it");
}

#[tokio::test]
async fn a_job_that_was_given_up_can_be_tried_again_by_hand() {
    let store = Store::open();
    let minji = store.guest("minji").await.id;
    let put =
        |payload: &'static str| store.write(move |tx| enqueue(tx, 0, JobKind::ResetEmail, minji, Some(minji), payload));
    put("ko").await.unwrap();
    let mut due = store.read(|tx| due(tx, 0, JobKind::ResetEmail, 10)).await.unwrap();
    let mut job = due.jobs.remove(0);
    job.tries = 99;
    let poison = job.clone();
    store.write(|tx| Ok(tx.execute("UPDATE outbox SET tries = 99", &[])?)).await.unwrap();
    assert_eq!(store.write(move |tx| claim(tx, &LIMITS.jobs, 5, 0, &poison)).await.unwrap(), Claimed::GivenUp);
    assert_eq!(count(&store).await, 0);
    let dead = store.read(|tx| dead::list(tx, None, None, 10)).await.unwrap();
    let shown = (dead[0].number, dead[0].kind.as_str(), dead[0].tries, dead[0].why.as_str());
    assert_eq!(shown, (job.number, "resetEmail", 99, "it never ended"));
    let number = job.number;
    store.write(move |tx| dead::retry(tx, 6, None, number)).await.unwrap();
    assert_eq!(store.write(move |tx| dead::retry(tx, 6, None, number)).await.unwrap_err().code, Code::NotFound);
    let again = store.read(|tx| super::due(tx, 6, JobKind::ResetEmail, 10)).await.unwrap().jobs.remove(0);
    assert_eq!((again.payload.as_str(), again.tries, again.target.into()), ("ko", 0, minji));
    assert!(again.number > number);
}

#[tokio::test]
async fn a_deleted_job_does_not_begin_and_its_number_is_not_reused() {
    let store = Store::open();
    put(&store, 0, 1, "a").await;
    let before = due_at(&store, 0).await.jobs.remove(0);
    store.write(|tx| drop_target(tx, JobKind::Preview, Target(1))).await.unwrap();
    put(&store, 0, 1, "b").await;
    let late = before.clone();
    assert_eq!(store.write(move |tx| claim(tx, &LIMITS.jobs, 0, 0, &late)).await.unwrap(), Claimed::Lost);
    // A worker that still runs the first job does not end the second.
    assert!(!end_job(&store, 0, &before).await);
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
    for (sql, params) in [(DUE, 3), (NEXT, 2)] {
        let plan = store.read(move |tx| {
            let bound: Vec<&dyn Param> = vec![&1i64; params];
            Ok(tx.query_all(&format!("EXPLAIN QUERY PLAN {sql}"), &bound, |row| row.get::<String>(3))?)
        });
        let plan = plan.await.unwrap().join("\n");
        let is_range = plan.contains("INDEX outbox_due (kind=? AND due_at");
        assert!(is_range && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[tokio::test]
async fn a_deferred_job_was_not_tried_and_its_claim_still_counts() {
    let store = Store::open();
    put(&store, 0, 1, "a").await;
    for round in 1..=10 {
        let now = round * MINUTE;
        let job = take(&store, now, 0, "a").await.unwrap();
        assert_eq!((job.tries, job.tried()), (round as u32, 1), "more often than it may be tried");
        let deferred = job.clone();
        let defer = move |tx: &mut Tx| defer(tx, &LIMITS.jobs, now, &deferred, MINUTE, "later");
        assert_eq!(store.write(defer).await.unwrap(), Failed::Delayed);
        assert!(payloads(&store, now + MINUTE - 1).await.is_empty());
        // A server that was frozen meanwhile ends nothing.
        assert!(!end_job(&store, now, &Job { tries: job.tries + 1, ..job }).await);
    }
    // One that would be too old is given up.
    let late = LIMITS.jobs.preview.age_ms + 20 * MINUTE;
    let job = take(&store, late, 0, "a").await.unwrap();
    let given_up = move |tx: &mut Tx| defer(tx, &LIMITS.jobs, late, &job, MINUTE, "later");
    assert_eq!(store.write(given_up).await.unwrap(), Failed::GivenUp);
    assert_eq!(count(&store).await, 0);
}

#[tokio::test]
async fn a_clock_that_was_ahead_delays_no_job() {
    let store = Store::open();
    put(&store, 60 * MINUTE, 1, "ahead").await;
    assert!(payloads(&store, MINUTE).await.is_empty());
    store.write(|tx: &mut Tx| hasten_untried(tx, MINUTE)).await.unwrap();
    assert_eq!(payloads(&store, MINUTE).await, ["ahead"]);
    // One that waits after a failure keeps its pause, or every restart would cost it a try.
    let job = take(&store, MINUTE, 0, "ahead").await.unwrap();
    let fail = move |tx: &mut Tx| failed(tx, &LIMITS.jobs, MINUTE, &job, "away", None);
    assert_eq!(store.write(fail).await.unwrap(), Failed::Delayed);
    store.write(|tx: &mut Tx| hasten_untried(tx, 2 * MINUTE)).await.unwrap();
    assert!(payloads(&store, 2 * MINUTE).await.is_empty());
}
