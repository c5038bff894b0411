//! The limit on open files of this process. Each connection takes one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than any server has connections. Some systems set no limit, and some programs are slow with a huge one.
const ENOUGH: u64 = 1 << 20;

/// Raises the soft limit, which most systems set to 1,024, as far as this process may.
pub fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH));
    if current.is_some_and(|current| current < wanted)
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
    {
        tracing::warn!(%error, "cannot raise the limit on open files");
    }
}

/// Returns how many connections may be open: as many as leave an eighth of the handles for the database, files and
/// pages. 0 without a limit.
pub fn connections() -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(0);
    let rest = (limit / 8).clamp(64, 1_024);
    if limit == 0 {
        return 0;
    }
    usize::try_from(limit.saturating_sub(rest)).unwrap_or(0).max(1)
}
