//! Polls that a close has overtaken: the client sends a poll and then, on another connection, a close,
//! and the close is handled first.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::engine::registry::Sid;

/// How long after the close such a poll may arrive.
const WAIT: Duration = Duration::from_secs(2);
/// Sessions remembered at most; of more, the oldest are forgotten.
const MAX: usize = 1_024;

/// The sessions that their clients closed while no poll waited. One poll of each still gets the noop
/// that it would have got in the right order.
#[derive(Debug, Default)]
pub(crate) struct LastPolls(Mutex<VecDeque<(Sid, Instant)>>);

impl LastPolls {
    /// Expects the last poll of a session.
    pub(crate) fn expect(&self, sid: Sid) {
        let now = Instant::now();
        let mut expected = self.0.lock();
        while expected.front().is_some_and(|(_, until)| *until <= now) || expected.len() >= MAX {
            expected.pop_front();
        }
        expected.push_back((sid, now + WAIT));
    }

    /// Returns whether a last poll of the session was expected, and expects it no longer.
    pub(crate) fn take(&self, sid: &Sid) -> bool {
        let mut expected = self.0.lock();
        let place = expected.iter().position(|(other, until)| other == sid && *until > Instant::now());
        place.is_some_and(|place| expected.remove(place).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_poll_of_each_session_is_expected_and_the_oldest_are_forgotten() {
        let polls = LastPolls::default();
        let sid = |number: usize| std::array::from_fn(|place| (number >> (8 * (place % 2))) as u8);
        (0..=MAX).for_each(|number| polls.expect(sid(number)));
        assert!(!polls.take(&sid(0)), "forgotten");
        assert!(polls.take(&sid(1)) && !polls.take(&sid(1)));
        assert!(polls.take(&sid(MAX)));
    }
}
