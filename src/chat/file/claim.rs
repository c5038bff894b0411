//! Contents that a node stores or removes now. Without this, one node could remove the bytes of a content, as no row names
//! it, while another stores the same content and is about to write its row.

use super::unreferenced;
use crate::chat::Tx;
use crate::chat::node::NodeId;
use crate::error::Result;

/// Notes that contents are stored now, until [`release`]. Returns `false` if one of them is being removed.
///
/// # Errors
/// Only those of the store.
pub fn claim_storing(tx: &mut Tx, node: NodeId, id: &str, hashes: &[String]) -> Result<bool> {
    for hash in hashes {
        let removal = "SELECT 1 FROM file_claims WHERE hash = ?1 AND is_removal = 1 LIMIT 1";
        if tx.query_opt(removal, &[hash], |row| row.get::<i64>(0))?.is_some() {
            return Ok(false);
        }
    }
    insert(tx, node, id, hashes, false)?;
    Ok(true)
}

/// Notes that contents are removed now, until [`release`]. Returns those that no row names and nobody stores.
///
/// # Errors
/// Only those of the store.
pub fn claim_removal(tx: &mut Tx, node: NodeId, id: &str, hashes: &[String]) -> Result<Vec<String>> {
    let mut unneeded = unreferenced(tx, hashes)?;
    let mut claimed = Vec::new();
    for hash in &unneeded {
        let sql = "SELECT 1 FROM file_claims WHERE hash = ?1 LIMIT 1";
        if tx.query_opt(sql, &[hash], |row| row.get::<i64>(0))?.is_some() {
            claimed.push(hash.clone());
        }
    }
    unneeded.retain(|hash| !claimed.contains(hash));
    insert(tx, node, id, &unneeded, true)?;
    Ok(unneeded)
}

fn insert(tx: &mut Tx, node: NodeId, id: &str, hashes: &[String], is_removal: bool) -> Result<()> {
    for hash in hashes {
        tx.execute(
            "INSERT INTO file_claims (id, hash, node_id, is_removal) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            &[&id, hash, &node, &is_removal],
        )?;
    }
    Ok(())
}

/// Ends a claim. Returns whether there was one: that of a node that was taken for ended is gone.
///
/// # Errors
/// Only those of the store.
pub fn release(tx: &mut Tx, id: &str) -> Result<bool> {
    Ok(tx.execute("DELETE FROM file_claims WHERE id = ?1", &[&id])? > 0)
}
