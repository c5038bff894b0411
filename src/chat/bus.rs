//! The bus between nodes: the facts of every transaction, in one table and in the order of the commits.
//!
//! A transaction of a writer holds the lock of all writers until its commit, so the next number has no gap and the order
//! of the numbers is that of the commits. Every node publishes the facts of all in this order.

use serde_json::value::RawValue;

use super::node::NodeId;
use super::{Fact, Tx};
use crate::error::{Error, Result};

/// Transactions read at once.
const BATCH: u32 = 200;
/// Transactions forgotten at once.
pub const FORGOTTEN: usize = 5_000;

/// The facts of one transaction.
#[derive(Clone, Debug)]
pub struct Published {
    pub number: i64,
    /// A JSON array.
    pub facts: String,
}

/// Returns the facts as they are stored.
///
/// # Errors
/// `internal` if one cannot be written as JSON.
pub fn encode(facts: &[Fact]) -> Result<String> {
    serde_json::to_string(facts).map_err(Error::internal)
}

/// Returns stored facts, or `None` if they are of a later version that knows more kinds.
pub fn decode(facts: &str) -> Option<Vec<Fact>> {
    let facts: Vec<&RawValue> = serde_json::from_str(facts).ok()?;
    facts.into_iter().map(|fact| serde_json::from_str(fact.get()).ok()).collect()
}

/// Adds the facts of a transaction at its end, and returns its number.
///
/// # Errors
/// `unavailable`.
pub fn append(tx: &mut Tx, now: i64, node: NodeId, facts: &str) -> Result<i64> {
    let sql = "INSERT INTO published_facts (number, node_id, published_at, facts)
               SELECT COALESCE(MAX(number), 0) + 1, ?1, ?2, ?3 FROM published_facts RETURNING number";
    Ok(tx.query_one(sql, &[&node, &now, &facts], |row| row.get(0))?)
}

/// Returns the highest number.
///
/// # Errors
/// `unavailable`.
pub fn head(tx: &mut Tx) -> Result<i64> {
    Ok(tx.query_one("SELECT COALESCE(MAX(number), 0) FROM published_facts", &[], |row| row.get(0))?)
}

/// Returns the next facts after a number, at most 200 transactions.
///
/// # Errors
/// `unavailable`.
pub fn after(tx: &mut Tx, number: i64) -> Result<Vec<Published>> {
    let sql = "SELECT number, facts FROM published_facts WHERE number > ?1 ORDER BY number LIMIT ?2";
    Ok(tx.query_all(sql, &[&number, &BATCH], |row| Ok(Published { number: row.get(0)?, facts: row.get(1)? }))?)
}

/// Removes the transactions up to a number, at most [`FORGOTTEN`], and returns how many. The last one stays: its number
/// is the highest.
///
/// # Errors
/// `unavailable`.
pub fn forget(tx: &mut Tx, number: i64) -> Result<usize> {
    // From the lowest number on, so that the others are not read.
    let sql = "DELETE FROM published_facts WHERE number <= ?1
                 AND number < (SELECT MAX(number) FROM published_facts)
                 AND number IN (SELECT number FROM published_facts ORDER BY number LIMIT ?2)";
    Ok(tx.execute(sql, &[&number, &(FORGOTTEN as u32)])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::fixtures::Store;

    #[tokio::test]
    async fn facts_have_numbers_without_a_gap_and_the_last_is_never_forgotten() {
        let store = Store::open();
        let node = NodeId::from_u16(1);
        let published = encode(&[Fact::Queued]).unwrap();
        for expected in 1..=3 {
            let facts = published.clone();
            assert_eq!(store.write(move |tx| append(tx, 0, node, &facts)).await.unwrap(), expected);
        }
        let numbers = async |after_number| -> Vec<i64> {
            let found = store.read(move |tx| after(tx, after_number)).await.unwrap();
            found.iter().map(|published| published.number).collect()
        };
        assert_eq!(numbers(1).await, [2, 3]);
        assert_eq!(store.write(|tx| forget(tx, 9)).await.unwrap(), 2);
        assert_eq!((numbers(0).await, store.read(head).await.unwrap()), (vec![3], 3));
        assert_eq!(store.write(move |tx| append(tx, 0, node, &published)).await.unwrap(), 4);
    }

    #[test]
    fn facts_of_a_later_version_are_not_read() {
        assert_eq!(decode(&encode(&[Fact::Queued]).unwrap()), Some(vec![Fact::Queued]));
        assert_eq!(decode(r#"["Queued",{"Unheard":{}}]"#), None);
    }
}
