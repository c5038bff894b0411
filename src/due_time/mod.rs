//! When something is due: the date and the time of day that a user has chosen, the zone that they meant, and the moment
//! that follows from both.
//!
//! The zones are those of the IANA database: the system's, or the copy inside the program where the system has none.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, Unit, Zoned, ZonedRound};

mod when;

pub(crate) use when::When;

use crate::error::{Error, Result};

/// The longest name of a zone that is looked up.
const ZONE_MAX: usize = 64;

/// When something is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueTime {
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    /// The same in its zone: `2026-12-01T09:00`, with seconds where there are any.
    pub local: String,
    /// The name of the zone: `Asia/Seoul`.
    pub zone: String,
}

impl DueTime {
    /// Reads a local time such as `2026-12-01T09:00` in a zone, or a time with an offset such as `2026-12-01T00:00:00Z`, which
    /// needs no zone.
    ///
    /// A time that the zone skips when its clocks go forward is as much later; of one that it has twice, the first counts.
    ///
    /// # Errors
    /// `invalid` with the field `at` or `zone`.
    pub fn parse(at: &str, zone: Option<&str>) -> Result<Self> {
        if let Ok(moment) = at.parse::<Timestamp>() {
            return Self::of(moment.to_zoned(find_zone(zone.unwrap_or("UTC"))?));
        }
        let local: DateTime = at.parse().map_err(|_| bad_time())?;
        let zone = zone.ok_or_else(|| Error::invalid("zone", "zone is needed where at has no offset"))?;
        Self::of(find_zone(zone)?.to_zoned(local).map_err(|_| bad_time())?)
    }

    /// Returns when something is due that is asked for in words now.
    ///
    /// # Errors
    /// `invalid` with the field `zone`, or `at` for a day that does not exist.
    pub fn of_words(when: &When, now: i64, zone: &str) -> Result<Self> {
        let now = Timestamp::from_millisecond(now).map_err(|_| bad_time())?.to_zoned(find_zone(zone)?);
        Self::of(when.after(&now).ok_or_else(bad_time)?)
    }

    /// Returns the same local time where the rules of its zone have changed since; `None` where the moment is still right.
    pub fn corrected(&self) -> Option<Self> {
        // A local time that comes twice is right at both moments.
        let moment = Timestamp::from_millisecond(self.at).ok()?.to_zoned(find_zone(&self.zone).ok()?);
        let is_right = Self::of(moment).is_ok_and(|found| found.local == self.local);
        if is_right { None } else { Self::parse(&self.local, Some(&self.zone)).ok() }
    }

    /// Returns how many minutes the zone is ahead of UTC when this is due.
    pub fn minutes_east(&self) -> i32 {
        let (Ok(zone), Ok(moment)) = (find_zone(&self.zone), Timestamp::from_millisecond(self.at)) else { return 0 };
        zone.to_offset(moment).seconds() / 60
    }

    fn of(zoned: Zoned) -> Result<Self> {
        let zone = zoned.time_zone().iana_name().unwrap_or("UTC").to_owned();
        // Not earlier than was asked for.
        let whole = ZonedRound::new().smallest(Unit::Second).mode(RoundMode::Ceil);
        let due = zoned.round(whole).map_err(|_| bad_time())?;
        let shown = if due.second() == 0 { "%Y-%m-%dT%H:%M" } else { "%Y-%m-%dT%H:%M:%S" };
        Ok(Self { at: due.timestamp().as_millisecond(), local: due.strftime(shown).to_string(), zone })
    }
}

fn find_zone(name: &str) -> Result<TimeZone> {
    let is_name = name.len() <= ZONE_MAX && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b));
    // Files beside the zones: what they mean depends on the machine, or is nothing.
    let is_zone = !["localtime", "posixrules", "Factory", "Etc/Unknown"].iter().any(|no| no.eq_ignore_ascii_case(name));
    let found = if is_name && is_zone { TimeZone::get(name).ok() } else { None };
    found.ok_or_else(|| Error::invalid("zone", "zone must be a name of the IANA database, such as Asia/Seoul"))
}

fn bad_time() -> Error {
    Error::invalid("at", "at must be a time such as 2026-12-01T09:00 or 2026-12-01T00:00:00Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(at: &str, zone: &str) -> DueTime {
        DueTime::parse(at, Some(zone)).unwrap()
    }

    #[test]
    fn a_local_time_is_a_moment_in_its_zone() {
        let due = parse("2026-12-01T09:00", "Asia/Seoul");
        assert_eq!(due, DueTime::parse("2026-12-01T00:00:00Z", Some("asia/seoul")).unwrap());
        assert_eq!(
            (due.local.as_str(), due.zone.as_str(), due.minutes_east()),
            ("2026-12-01T09:00", "Asia/Seoul", 540)
        );
        let utc = DueTime::parse("2026-12-01T09:00:07+09:00", None).unwrap();
        assert_eq!((utc.at, utc.local.as_str(), utc.zone.as_str()), (due.at + 7_000, "2026-12-01T00:00:07", "UTC"));
    }

    #[test]
    fn nine_in_the_morning_stays_nine_when_the_clocks_change() {
        let (before, after) = (parse("2027-03-27T09:00", "Europe/Berlin"), parse("2027-03-28T09:00", "Europe/Berlin"));
        assert_eq!(after.at - before.at, 23 * 3_600_000);
        // 02:30 does not exist on that day, and exists twice in October.
        assert_eq!(parse("2027-03-28T02:30", "Europe/Berlin").local, "2027-03-28T03:30");
        let twice = parse("2027-10-31T02:30", "Europe/Berlin");
        assert_eq!(twice.at, DueTime::parse("2027-10-31T00:30:00Z", None).unwrap().at);
        assert_eq!(twice.corrected(), None);
        let second = DueTime::parse("2027-10-31T01:30:00Z", Some("Europe/Berlin")).unwrap();
        assert_eq!((second.local.as_str(), second.corrected()), ("2027-10-31T02:30", None));
    }

    #[test]
    fn a_moment_that_does_not_fit_its_local_time_is_corrected() {
        let due = parse("2026-12-01T09:00", "Asia/Seoul");
        let moved = DueTime { at: due.at - 3_600_000, ..due.clone() };
        assert_eq!(moved.corrected(), Some(due));
    }

    /// Abuse: M14
    #[test]
    fn what_is_no_time_or_zone_is_refused_with_its_field() {
        let long = "A".repeat(65);
        for (at, zone, field) in [
            ("", Some("UTC"), "at"),
            ("tomorrow", Some("UTC"), "at"),
            ("2026-02-30T09:00", Some("UTC"), "at"),
            ("2026-12-01T25:00", Some("UTC"), "at"),
            ("99999-12-01T09:00", Some("UTC"), "at"),
            ("2026-12-01T09:00", None, "zone"),
            ("2026-12-01T09:00", Some(""), "zone"),
            ("2026-12-01T09:00", Some("Mars/Olympus"), "zone"),
            ("2026-12-01T09:00", Some("../etc/passwd"), "zone"),
            ("2026-12-01T09:00", Some("서울"), "zone"),
            ("2026-12-01T09:00", Some("localtime"), "zone"),
            ("2026-12-01T09:00", Some("etc/unknown"), "zone"),
            ("2026-12-01T09:00", Some(&long), "zone"),
        ] {
            let error = DueTime::parse(at, zone).unwrap_err();
            assert_eq!(error.field.as_deref(), Some(field), "{at} {zone:?}");
        }
    }
}
