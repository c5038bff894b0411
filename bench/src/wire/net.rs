//! All connections of one thread: who is ready now.

use std::io::ErrorKind;
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};

use super::{Link, Way};
use crate::Outcome;

pub(crate) struct Net {
    poll: Poll,
    events: Events,
    /// What is read goes through here; a frame whose end has not come is kept by its connection.
    pub(crate) buffer: Vec<u8>,
}

/// A connection about which the kernel has something to say.
#[derive(Clone, Copy)]
pub(crate) struct Ready {
    pub(crate) place: usize,
    /// Whether the other end has closed it.
    pub(crate) has_ended: bool,
}

impl Net {
    pub(crate) fn new() -> Outcome<Self> {
        Ok(Self { poll: Poll::new()?, events: Events::with_capacity(1024), buffer: vec![0; 256 * 1024] })
    }

    /// Begins to connect; `place` is what it is called when it is ready.
    pub(crate) fn connect(&self, place: usize, way: Way) -> Outcome<Link> {
        let mut link = Link::new(way)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut link.stream, Token(place), interest)?;
        Ok(link)
    }

    /// Waits at most so long until there is something to do, and puts it into `ready`.
    pub(crate) fn wait(&mut self, most: Duration, ready: &mut Vec<Ready>) -> Outcome<()> {
        ready.clear();
        match self.poll.poll(&mut self.events, Some(most)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        ready.extend(
            self.events
                .iter()
                .map(|event| Ready { place: event.token().0, has_ended: event.is_read_closed() || event.is_error() }),
        );
        Ok(())
    }
}
