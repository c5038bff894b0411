//! The only clock of the server. Time is shown to people and ends sessions; nothing is ordered by
//! it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

use crate::failpoint;

/// Returns milliseconds since 1970 UTC.
pub fn now_ms() -> i64 {
    // A clock before 1970 belongs to a machine without one; with zero the server keeps running.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    now + failpoint::clock_error_ms()
}

/// How far the clock may be from where it was expected. It drifts, and is corrected by seconds.
const DRIFT_MS: i64 = 10 * 60_000;

/// The clock as seen by work that cannot be undone, such as deleting what has expired. It says nothing for a while
/// after it has jumped: a clock that is wrong is often put right soon.
#[derive(Debug)]
pub struct SettledClock {
    /// A time of the clock, and the moment at which it was read.
    since: Mutex<(i64, Instant)>,
}

impl SettledClock {
    pub fn new() -> Self {
        Self { since: Mutex::new((now_ms(), Instant::now())) }
    }

    /// Returns the time if the clock has not jumped for this long.
    pub fn now_ms(&self, settling: Duration) -> Option<i64> {
        self.look(now_ms(), Instant::now(), settling)
    }

    fn look(&self, now: i64, moment: Instant, settling: Duration) -> Option<i64> {
        let mut since = self.since.lock();
        let error = now - since.0 - moment.duration_since(since.1).as_millis() as i64;
        if error.abs() > DRIFT_MS {
            tracing::warn!(by_s = error / 1_000, "the clock jumped; nothing that has expired is deleted for now");
            *since = (now, moment);
        }
        (moment.duration_since(since.1) >= settling).then_some(now)
    }
}

impl Default for SettledClock {
    fn default() -> Self {
        Self::new()
    }
}

/// Formats a time as RFC 3339 in UTC with milliseconds: `2026-11-21T09:30:00.000Z`.
pub fn rfc3339(ms: i64) -> String {
    let stamp = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{stamp:.3}")
}

/// Formats a time for a file name, in UTC to the second: `20261121T093000Z`. Such names sort by
/// time.
pub fn stamp(ms: i64) -> String {
    rfc3339(ms).chars().take(19).filter(|c| !matches!(c, '-' | ':')).chain(['Z']).collect()
}

/// Parses an RFC 3339 time with any offset into milliseconds since 1970.
pub fn from_rfc3339(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// Returns when a day such as `2026-11-20` begins in a time zone `zone` minutes ahead of UTC.
pub fn from_day(text: &str, zone: i32) -> Option<i64> {
    let day = text.parse::<jiff::civil::Date>().ok().filter(|_| text.len() == "2026-11-20".len())?;
    let offset = jiff::tz::Offset::from_seconds(zone.checked_mul(60)?).ok()?;
    Some(offset.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse: N14
    #[test]
    fn a_clock_that_jumps_says_nothing_until_it_has_settled() {
        const HOUR: Duration = Duration::from_secs(3_600);
        let start = Instant::now();
        let clock = SettledClock { since: Mutex::new((0, start)) };
        let look = |hours: u32, ahead_ms: i64| {
            let passed = HOUR * hours;
            clock.look(passed.as_millis() as i64 + ahead_ms, start + passed, HOUR)
        };
        let year = 365 * 24 * 3_600_000;
        assert_eq!(look(0, 0), None, "it has just been started");
        assert_eq!(look(1, 0), Some(3_600_000));
        assert_eq!(look(2, 60_000), Some(2 * 3_600_000 + 60_000), "a correction");
        assert_eq!(look(3, year), None);
        assert_eq!(look(3, 0), None, "back, and that is a jump as well");
        assert_eq!(look(4, 0), Some(4 * 3_600_000));
        assert_eq!((look(5, -year), look(6, -year)), (None, Some(6 * 3_600_000 - year)));
    }

    #[test]
    fn a_day_begins_at_local_midnight() {
        assert_eq!(from_day("1970-01-01", 0), Some(0));
        assert_eq!(from_day("1970-01-02", 540), Some(15 * 3_600_000));
        assert_eq!(from_rfc3339("1970-01-01T09:00:00.120+09:00"), Some(120));
        for text in ["", "noon", "1970-13-01", "1970-1-1", "19700101", "1970-01-01T00:00Z", "-009999-01-01"] {
            assert_eq!(from_day(text, 0), None, "{text}");
        }
        assert_eq!(from_day("1970-01-01", i32::MAX), None);
    }

    #[test]
    fn times_have_three_digits_of_milliseconds_and_a_z() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_763_000_000_120), "2025-11-13T02:13:20.120Z");
        assert_eq!(rfc3339(i64::MAX), "1970-01-01T00:00:00.000Z");
        assert_eq!(stamp(1_763_000_000_120), "20251113T021320Z");
    }

    #[test]
    fn times_are_read_back() {
        assert_eq!(from_rfc3339("2025-11-13T11:13:20.120+09:00"), Some(1_763_000_000_120));
        assert_eq!(from_rfc3339("yesterday"), None);
    }

    #[test]
    fn the_clock_runs() {
        assert!(now_ms() > 1_700_000_000_000);
    }
}
