//! The program, the machine's clock and its limits.

use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;
use rustix::process::{Resource, getrlimit};

use super::Finding;
use crate::clock;
use crate::config::Config;
use crate::lock::Lock;
use crate::memory;

/// When this version was written, in milliseconds since 1970. No clock that is right is before it.
const WRITTEN_MS: i64 = 1_790_000_000_000;
/// Twenty years. This version will not be run that long.
const FAR_MS: i64 = 20 * 365 * 86_400_000;
/// A zone and its seconds east of UTC in 1970.
const KNOWN_ZONE: &str = "Asia/Seoul";
const KNOWN_OFFSET: i32 = 9 * 3_600;
/// File handles for a few thousand people.
const ENOUGH_FILES: u64 = 8_192;
/// Memory that a server with a hundred people needs, with room for pictures.
const ENOUGH_MEMORY: u64 = 256 << 20;

pub(super) fn findings(config: &Config) -> Vec<Finding> {
    let clock = clock_of(clock::now_ms());
    vec![version(config), clock, time_zones(jiff::tz::db()), file_handles(), memory_of(memory::available())]
}

fn version(config: &Config) -> Finding {
    let version = env!("CARGO_PKG_VERSION");
    let state = match Lock::server_address(&config.data_dir) {
        Some(address) => format!("a server runs at {address}"),
        None if Lock::is_server_running(&config.data_dir) => "a server runs".to_owned(),
        None => "no server runs on this data folder".to_owned(),
    };
    Finding::ok("version", format!("madang {version}; {state}"))
}

fn clock_of(now: i64) -> Finding {
    let time = clock::rfc3339(now);
    if now < WRITTEN_MS {
        let advice = "set it (run: timedatectl set-ntp true); sessions and certificates depend on it";
        return Finding::error("clock", format!("it says {time}, which is before this program was written"), advice);
    }
    if now > WRITTEN_MS + FAR_MS {
        let advice = "set it (run: timedatectl set-ntp true); what is written now would stay the newest for years";
        return Finding::error("clock", format!("it says {time}, which is far in the future"), advice);
    }
    Finding::ok("clock", time)
}

/// Checks the data from which scheduled messages and quiet hours are counted: that of the system, else the program's own.
fn time_zones(zones: &TimeZoneDatabase) -> Finding {
    let seoul = zones.get(KNOWN_ZONE).map(|zone| zone.to_offset(Timestamp::UNIX_EPOCH).seconds());
    match seoul {
        Ok(KNOWN_OFFSET) => Finding::ok("time zones", format!("{} are known", zones.available().count())),
        Ok(offset) => Finding::warning(
            "time zones",
            format!("{KNOWN_ZONE} is {offset} seconds east of UTC in the system's data, and should be {KNOWN_OFFSET}"),
            "install the package tzdata again",
        ),
        Err(error) => Finding::warning("time zones", error.to_string(), "install the package tzdata again"),
    }
}

fn file_handles() -> Finding {
    // The server raises its soft limit up to this one.
    let most = getrlimit(Resource::Nofile).maximum;
    match most {
        Some(most) if most < ENOUGH_FILES => Finding::warning(
            "file handles",
            format!("{most} at most, and each connection takes one"),
            "raise it: LimitNOFILE=1048576 in systemd, ulimits.nofile in Docker, or ulimit -n",
        ),
        Some(most) => Finding::ok("file handles", format!("{most} at most")),
        None => Finding::ok("file handles", "no limit"),
    }
}

fn memory_of(available: Option<u64>) -> Finding {
    let Some(bytes) = available else { return Finding::skipped("memory", "its limit cannot be read") };
    let mib = bytes >> 20;
    if bytes < ENOUGH_MEMORY {
        let advice = "give it 256 MiB or more; large pictures are refused with less";
        return Finding::warning("memory", format!("{mib} MiB may be used"), advice);
    }
    Finding::ok("memory", format!("{mib} MiB may be used"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::doctor::Level;

    #[test]
    fn a_wrong_clock_missing_time_zones_and_a_tiny_machine_are_named() {
        assert_eq!(clock_of(0).level, Level::Error);
        assert!(clock_of(0).message.contains("1970-01-01"));
        assert_eq!(clock_of(WRITTEN_MS + 1).level, Level::Ok);
        assert_eq!(clock_of(WRITTEN_MS + FAR_MS + 1).level, Level::Error);
        assert_eq!(time_zones(jiff::tz::db()).level, Level::Ok);
        assert_eq!(time_zones(&TimeZoneDatabase::none()).level, Level::Warning);
        assert_eq!(memory_of(Some(64 << 20)).level, Level::Warning);
        assert_eq!(memory_of(Some(1 << 30)).level, Level::Ok);
        assert_eq!(memory_of(None).level, Level::Skipped);
    }
}
