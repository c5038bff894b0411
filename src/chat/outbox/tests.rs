use super::*;
use crate::chat::fixtures::{House, LIMITS};
use crate::error::Code;

const MINUTE: i64 = 60_000;

/// Queues something for a target at a time.
async fn put(house: &House, now: i64, target: u128, payload: &'static str) {
    house.write(move |tx| enqueue(tx, now, JobKind::Preview, Target(target), None, payload)).await.unwrap();
}

async fn due_at(house: &House, now: i64) -> Due {
    house.read(move |tx| due(tx, now, 10)).await.unwrap()
}

/// The payloads of what is due.
async fn payloads(house: &House, now: i64) -> Vec<String> {
    due_at(house, now).await.jobs.into_iter().map(|job| job.payload).collect()
}

async fn number_of(house: &House, now: i64, payload: &str) -> i64 {
    due_at(house, now).await.jobs.into_iter().find(|job| job.payload == payload).unwrap().number
}

/// A try that comes to nothing, at a time; whether the row was given up.
async fn fail(house: &House, now: i64, number: i64) -> bool {
    house.write(move |tx| begin(tx, number)).await.unwrap();
    house.write(move |tx| failed(tx, &LIMITS, now, number)).await.unwrap()
}

async fn count(house: &House) -> i64 {
    let sql = "SELECT COUNT(*) FROM outbox";
    house.read(move |tx| Ok(tx.query_one(sql, &[], |row| row.get(0))?)).await.unwrap()
}

#[tokio::test]
async fn what_an_act_queues_is_there_if_and_only_if_the_act_is() {
    let house = House::open();
    let undone: Result<()> = house
        .write(|tx| {
            enqueue(tx, 5, JobKind::Preview, Target(1), None, "a")?;
            Err(Code::Forbidden.into())
        })
        .await;
    assert!(undone.is_err() && house.facts().is_empty());
    assert_eq!(due_at(&house, 5).await, Due::default());
    put(&house, 5, 1, "a").await;
    assert!(matches!(house.facts()[..], [Fact::Queued]));
    let due = due_at(&house, 5).await;
    let job = Job { number: 1, kind: JobKind::Preview, target: Target(1), payload: "a".into(), tries: 0 };
    assert_eq!(due.jobs, [job]);
    // What is not due yet says when it is.
    assert_eq!(due_at(&house, 4).await, Due { jobs: Vec::new(), next_at: Some(5) });
}

#[tokio::test]
async fn of_one_target_the_rows_come_one_after_the_other() {
    let house = House::open();
    for (target, payload) in [(1, "a1"), (1, "a2"), (2, "b1"), (1, "a3")] {
        put(&house, 0, target, payload).await;
    }
    assert_eq!(payloads(&house, 0).await, ["a1", "b1"]);
    let (a1, b1) = (number_of(&house, 0, "a1").await, number_of(&house, 0, "b1").await);
    // The second does not overtake the first, however long that takes, and others do not wait.
    assert!(!fail(&house, 0, a1).await);
    assert_eq!(payloads(&house, 0).await, ["b1"]);
    house.write(move |tx| end(tx, 0, b1)).await.unwrap();
    let pause = LIMITS.outbox_pause_ms;
    assert_eq!(due_at(&house, pause - 1).await, Due { jobs: Vec::new(), next_at: Some(pause) });
    assert_eq!(payloads(&house, pause).await, ["a1"]);
    for next in ["a2", "a3"] {
        let first = due_at(&house, pause).await.jobs[0].number;
        house.write(move |tx| end(tx, pause, first)).await.unwrap();
        assert_eq!(payloads(&house, pause).await, [next]);
        // Ending it again ends nothing else.
        house.write(move |tx| end(tx, pause, first)).await.unwrap();
        assert_eq!(payloads(&house, pause).await, [next]);
    }
}

#[tokio::test]
async fn what_fails_is_tried_again_ever_later_and_then_given_up() {
    let house = House::open();
    put(&house, 0, 1, "first").await;
    put(&house, 0, 1, "second").await;
    let first = number_of(&house, 0, "first").await;
    let mut now = 0;
    for pause in [3, 12, 48] {
        assert!(!fail(&house, now, first).await);
        assert_eq!(due_at(&house, now).await, Due { jobs: Vec::new(), next_at: Some(now + pause * MINUTE) });
        now += pause * MINUTE;
    }
    assert_eq!(due_at(&house, now).await.jobs[0].tries, 3);
    assert!(fail(&house, now, first).await);
    assert_eq!(payloads(&house, now).await, ["second"]);
    // What lay there for days is tried once all the same.
    let (second, late) = (number_of(&house, now, "second").await, now + LIMITS.outbox_age_ms);
    assert!(fail(&house, late, second).await);
    assert_eq!(count(&house).await, 0);
}

#[tokio::test]
async fn what_is_taken_back_is_not_begun_and_its_number_is_nobody_elses() {
    let house = House::open();
    put(&house, 0, 1, "a").await;
    let before = number_of(&house, 0, "a").await;
    house.write(|tx| drop_target(tx, JobKind::Preview, Target(1))).await.unwrap();
    put(&house, 0, 1, "b").await;
    assert!(!house.write(move |tx| begin(tx, before)).await.unwrap());
    assert!(!fail(&house, 0, before).await);
    // Who was still at work on the first one does not end the second.
    house.write(move |tx| end(tx, 0, before)).await.unwrap();
    assert_eq!(payloads(&house, 0).await, ["b"]);
}

#[tokio::test]
async fn what_waits_is_counted_and_taken_back_by_person() {
    let house = House::open();
    let (minji, jun) = (house.guest("minji").await.id, house.guest("jun").await.id);
    for (target, who) in [(1, Some(minji)), (2, Some(minji)), (3, Some(jun)), (4, None)] {
        house.write(move |tx| enqueue(tx, 0, JobKind::Preview, Target(target), who, "x")).await.unwrap();
    }
    let waiting = |who| house.read(move |tx| waiting_of(tx, JobKind::Preview, who));
    assert_eq!((waiting(minji).await.unwrap(), waiting(jun).await.unwrap()), (2, 1));
    house.write(move |tx| drop_of_user(tx, JobKind::Preview, minji)).await.unwrap();
    assert_eq!((waiting(minji).await.unwrap(), count(&house).await), (0, 2));
}

#[tokio::test]
async fn what_is_due_is_a_range_of_an_index_whatever_else_waits() {
    let house = House::open();
    for (sql, params) in [(DUE, 2), (NEXT, 1)] {
        let plan = house.read(move |tx| {
            let bound: Vec<&dyn Param> = vec![&1i64; params];
            Ok(tx.query_all(&format!("EXPLAIN QUERY PLAN {sql}"), &bound, |row| row.get::<String>(3))?)
        });
        let plan = plan.await.unwrap().join("\n");
        let is_range =
            plan.contains("USING INDEX outbox_due (due_at") || plan.contains("COVERING INDEX outbox_due (due_at");
        assert!(is_range && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}
