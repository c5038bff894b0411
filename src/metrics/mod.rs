//! What the server counts of itself, in one table. `docs/metrics.md` is generated from it, and `GET /metrics` shows it
//! to Prometheus.
//!
//! The values belong to the process, as one process is one server. What is counted where it happens costs an atomic
//! addition; what has labels, a lock. Gauges are set when somebody asks.

mod kinds;
mod sample;

pub use kinds::{Counter, Counters, Gauge, Gauges, Histogram, Histograms, Reading};
pub use sample::Sample;

use kinds::Metric;

/// One line of the table.
pub struct Entry {
    pub name: &'static str,
    pub about: &'static str,
    pub kind: &'static str,
    pub labels: &'static [&'static str],
    metric: &'static dyn Metric,
}

macro_rules! metrics {
    ($($(#[doc = $about:literal])+ $constant:ident $kind:ident $(($bounds:expr))? $name:literal [$($label:literal),*];)+) => {
        $($(#[doc = $about])+ pub static $constant: $kind = $kind::new($($bounds)?);)+

        /// All metrics, in the order of the table.
        pub static TABLE: &[Entry] = &[$(Entry {
            name: $name,
            about: concat!($($about),+).trim_ascii(),
            kind: $kind::KIND,
            labels: &[$($label),*],
            metric: &$constant,
        },)+];
    };
}

/// Bounds of times, in seconds.
const TIMES: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Bounds of counts.
const COUNTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

metrics! {
    /// The version that runs; always 1.
    BUILD Gauges "madang_build_info" ["version"];
    /// Whether the server is ready, as `/readyz` says: 1 or 0.
    READY Gauge "madang_ready" [];
    /// Requests that were answered, by the template of their route. Those of the sockets are `/socket.io/`.
    HTTP_REQUESTS Counters "madang_http_requests_total" ["method", "route", "status"];
    /// Time from a request's head to the head of its answer.
    HTTP_SECONDS Histograms(TIMES) "madang_http_request_seconds" ["route"];
    /// Sessions of Socket.IO that are open.
    SOCKETS Gauge "madang_sockets" [];
    /// Users with an open socket in a room or in none.
    USERS_ONLINE Gauge "madang_users_online" [];
    /// Rooms that somebody is connected to.
    ROOMS_ONLINE Gauge "madang_rooms_online" [];
    /// Events of clients that were handled, with the code of the error or `ok`.
    EVENTS Counters "madang_socket_events_total" ["event", "outcome"];
    /// Time from an event to its acknowledgement.
    EVENT_SECONDS Histograms(TIMES) "madang_socket_event_seconds" ["event"];
    /// Sockets that ended, by the reason. `slow client` is one that read too little.
    DISCONNECTS Counters "madang_socket_disconnects_total" ["reason"];
    /// Messages that were stored, by pages, REST and sockets.
    SENDS Counter "madang_messages_sent_total" [];
    /// Time from a message's arrival to its durable place in the room.
    SEND_SECONDS Histogram(TIMES) "madang_message_send_seconds" [];
    /// Time to write one message to all sockets of its room.
    FANOUT_SECONDS Histogram(TIMES) "madang_fanout_seconds" [];
    /// Errors that were answered, by their code.
    ERRORS Counters "madang_errors_total" ["code"];
    /// Acts that one transaction of the writer has committed.
    BATCH_ACTS Histogram(COUNTS) "madang_writer_batch_acts" [];
    /// Time of the writer's COMMIT with its fsync.
    COMMIT_SECONDS Histogram(TIMES) "madang_writer_commit_seconds" [];
    /// Batches of the writer that could not be committed.
    COMMITS_FAILED Counter "madang_writer_commits_failed_total" [];
    /// Acts that wait for the writer.
    WRITER_QUEUE Gauge "madang_writer_queue" [];
    /// Time of a search, with the wait for its turn.
    SEARCH_SECONDS Histogram(TIMES) "madang_search_seconds" [];
    /// Jobs of the outbox that are due or were tried, by their kind.
    OUTBOX_JOBS Gauges "madang_outbox_jobs" ["kind"];
    /// How long the oldest of these jobs has waited, by its kind.
    OUTBOX_AGE Gauges "madang_outbox_oldest_seconds" ["kind"];
    /// Attempts of jobs that failed, by their kind.
    OUTBOX_FAILURES Counters "madang_outbox_failures_total" ["kind"];
    /// Free bytes on the disk of the data folder.
    DISK_FREE Gauge "madang_disk_free_bytes" [];
    /// When the newest backup was made that the server has made by itself, in seconds since 1970. 0 without one.
    BACKUP_AT Gauge "madang_backup_timestamp_seconds" [];
    /// Backups that the server could not make, or not restore for a check.
    BACKUPS_FAILED Counter "madang_backups_failed_total" [];
    /// When the certificate of this server ends, in seconds since 1970. 0 without one.
    CERTIFICATE_END Gauge "madang_certificate_expiry_timestamp_seconds" [];
    /// Physical memory of the process.
    MEMORY Gauge "process_resident_memory_bytes" [];
    /// Time on a processor of all threads.
    CPU_SECONDS Reading "process_cpu_seconds_total" [];
    /// Open file handles; each connection has one.
    OPEN_FILES Gauge "process_open_fds" [];
    /// Most file handles that the process may have.
    MAX_FILES Gauge "process_max_fds" [];
    /// When the process started, in seconds since 1970.
    STARTED Gauge "process_start_time_seconds" [];
}

/// Writes all metrics in the text format of Prometheus.
pub fn text() -> String {
    let mut text = String::with_capacity(16 * 1024);
    for entry in TABLE {
        let Entry { name, about, kind, labels, metric } = entry;
        text += &format!("# HELP {name} {about}\n# TYPE {name} {kind}\n");
        metric.write(name, labels, &mut text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions_and_are_unique() {
        let mut names: Vec<_> = TABLE.iter().map(|entry| entry.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
        for Entry { name, kind, about, .. } in TABLE {
            assert!(name.starts_with("madang_") || name.starts_with("process_"), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == "counter", "{name}");
            assert!(about.ends_with('.') || about.ends_with("0.") || about.contains(": 1 or 0"), "{name}: {about}");
        }
    }
}
