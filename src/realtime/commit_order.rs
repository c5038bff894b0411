//! The order in which a node publishes the facts of all nodes: that of their commits.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use crate::chat::Fact;

/// Transactions that may wait for an earlier one; what does not fit is read from the database later.
const EARLY_MAX: usize = 10_000;

/// Publishes transactions by their number, without a gap and each once, however they arrive.
pub struct CommitOrder {
    early: Mutex<Early>,
    /// The number of the last transaction that was published.
    reached: watch::Sender<i64>,
    /// Wakes the reading from the database.
    pub gap_found: Notify,
}

/// Transactions that wait for an earlier one.
type Early = BTreeMap<i64, Vec<Fact>>;

impl CommitOrder {
    /// Begins after a transaction.
    pub fn after(number: i64) -> Self {
        Self { early: Mutex::default(), reached: watch::Sender::new(number), gap_found: Notify::new() }
    }

    /// Returns the number of the last transaction that was published.
    pub fn reached(&self) -> i64 {
        *self.reached.borrow()
    }

    /// Adds a transaction, and publishes all whose turn has come. One that was published before is dropped.
    pub fn add(&self, number: i64, facts: Vec<Fact>, publish: impl Fn(Vec<Fact>)) {
        let mut early = self.early.lock();
        let mut reached = self.reached();
        if number <= reached {
            return;
        }
        if early.len() < EARLY_MAX || number == reached + 1 {
            early.insert(number, facts);
        }
        let before = reached;
        // Under the lock: a later transaction must not overtake.
        while let Some(facts) = early.remove(&(reached + 1)) {
            publish(facts);
            reached += 1;
        }
        if reached > before {
            self.reached.send_replace(reached);
        }
        if !early.is_empty() {
            self.gap_found.notify_one();
        }
    }

    /// Goes on after another transaction, because those between are lost.
    pub fn jump(&self, number: i64) {
        let mut early = self.early.lock();
        early.clear();
        self.reached.send_replace(number);
    }

    /// Waits until a transaction was published.
    pub async fn wait_for(&self, number: i64) {
        if self.reached() >= number {
            return;
        }
        self.gap_found.notify_one();
        // The sender lives as long as `self`.
        let _ = self.reached.subscribe().wait_for(|reached| *reached >= number).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_are_published_in_order_and_once_however_they_arrive() {
        let order = CommitOrder::after(4);
        let published = Mutex::new(0);
        let add = |number| {
            order.add(number, vec![Fact::Queued], |facts| *published.lock() += facts.len());
            (*published.lock(), order.reached())
        };
        assert_eq!(add(6), (0, 4));
        assert_eq!(add(8), (0, 4));
        assert_eq!(add(5), (2, 6));
        assert_eq!(add(5), (2, 6));
        assert_eq!(add(7), (4, 8));
        order.jump(20);
        assert_eq!(add(9), (4, 20));
        assert_eq!(add(21), (5, 21));
    }
}
