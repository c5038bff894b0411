//! The statements that read messages of room `?1` from place `?3` on, at most `?4`, as viewer `?2` may see
//! them: public ones, and whispers to or by them. The statements for viewers who see only what is since they
//! joined take the first visible seq as `?5`.

use std::sync::LazyLock;

use crate::chat::message::load;

// Each condition is a range of an index of its own, so whispers between others are never read.
const PUBLIC: &str = "to_user_id IS NULL";
const WHISPERS_TO_VIEWER: &str = "to_user_id IS NOT NULL AND to_user_id = ?2";
const WHISPERS_BY_VIEWER: &str = "to_user_id IS NOT NULL AND user_id = ?2";
// Few messages are ever changed, so only those that were have an entry in an index by rev.
const PUBLIC_UNCHANGED: &str = "to_user_id IS NULL AND rev = seq";
const PUBLIC_CHANGED: &str = "to_user_id IS NULL AND rev > seq";

const ALL_HISTORY: &str = "";
const SINCE_JOINED_ONLY: &str = "AND seq >= ?5";

/// Pages of history, by seq.
pub(super) static BEFORE: LazyLock<String> = LazyLock::new(|| page("<", "DESC"));
pub(super) static AFTER: LazyLock<String> = LazyLock::new(|| page(">", "ASC"));

/// Changes since a rev. The condition on seq is checked row by row, so it has statements of its own.
pub(super) static SINCE: LazyLock<String> = LazyLock::new(|| since(ALL_HISTORY));
pub(super) static SINCE_JOINED: LazyLock<String> = LazyLock::new(|| since(SINCE_JOINED_ONLY));

/// The number and bytes of what [`SINCE`] would find.
pub(super) static SINCE_SIZE: LazyLock<String> = LazyLock::new(|| since_size(ALL_HISTORY));
pub(super) static SINCE_SIZE_JOINED: LazyLock<String> = LazyLock::new(|| since_size(SINCE_JOINED_ONLY));

fn page(compare: &str, order: &str) -> String {
    let range = |condition| range(condition, "seq", compare, order, SINCE_JOINED_ONLY);
    select(&[range(PUBLIC), range(WHISPERS_TO_VIEWER), range(WHISPERS_BY_VIEWER)], order)
}

fn since(bound: &str) -> String {
    let range = |condition, place| range(condition, place, ">", "ASC", bound);
    let ranges = [
        range(PUBLIC_UNCHANGED, "seq"),
        range(PUBLIC_CHANGED, "rev"),
        range(WHISPERS_TO_VIEWER, "rev"),
        range(WHISPERS_BY_VIEWER, "rev"),
    ];
    select(&ranges, "ASC")
}

/// Counts each message once that has a newer seq or was changed since. It skips no rows, so it is cheap from
/// any rev on.
fn since_size(bound: &str) -> String {
    let range = |condition, place| range(condition, place, ">", "ASC", bound);
    let (sent, changed) = (range(PUBLIC, "seq"), range(PUBLIC_CHANGED, "rev"));
    let (to, by) = (range(WHISPERS_TO_VIEWER, "rev"), range(WHISPERS_BY_VIEWER, "rev"));
    format!(
        "SELECT COUNT(*), COALESCE(SUM(octet_length(m.text)), 0) FROM (
           SELECT number FROM ({sent}) d UNION SELECT number FROM ({changed}) e
           UNION SELECT number FROM ({to}) f UNION SELECT number FROM ({by}) g
         ) k JOIN messages m ON m.number = k.number"
    )
}

/// One range of an index: the numbers of messages, and their places.
fn range(condition: &str, place: &str, compare: &str, order: &str, bound: &str) -> String {
    format!(
        "SELECT number, place FROM (SELECT number, {place} AS place FROM messages
           WHERE room_id = ?1 AND {condition} AND {place} {compare} ?3 {bound}
           ORDER BY {place} {order} LIMIT ?4) a"
    )
}

/// Loads the first `?4` messages of several ranges together, in the order of their places.
fn select(ranges: &[String], order: &str) -> String {
    let (columns, join, ranges) = (load::columns(), load::JOIN, ranges.join(" UNION ALL "));
    format!(
        "SELECT {columns} FROM (SELECT number, place FROM ({ranges}) b ORDER BY place {order} LIMIT ?4) k
           JOIN messages m ON m.number = k.number {join}
         ORDER BY k.place {order}"
    )
}
