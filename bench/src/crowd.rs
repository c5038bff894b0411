//! All clients of a run, on one thread: they listen, answer pings, count, and keep the times.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::Outcome;
use crate::frame::{self, Heard};

const UPGRADE: &str = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bWFkYW5nIGJlbmNoIG9rIQ==\r\n\r\n";
/// Clients that may be on their way in at a time.
const COMING: usize = 32;

/// Which of the two servers a client listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Madang,
    Floor,
}

pub(crate) struct Crowd {
    poll: Poll,
    events: Events,
    members: Vec<Member>,
    buffer: Vec<u8>,
    coming: usize,
    madang: Tally,
    floor: Tally,
    /// A message as Madang framed it for a listener, for the floor to repeat.
    pub(crate) sample: Vec<u8>,
}

struct Member {
    stream: TcpStream,
    side: Side,
    stage: Stage,
    /// What to say when the session is open.
    hello: String,
    /// The beginning of a frame whose end has not come.
    rest: Vec<u8>,
    /// Where the mark stood in the last message.
    place: usize,
    /// The message that must come next.
    next: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Upgrading,
    Coming,
    Listening,
}

/// What one side's listeners have heard.
#[derive(Default)]
pub(crate) struct Tally {
    members: u32,
    pub(crate) flights: Vec<Flight>,
    /// Messages that came twice, out of order, or after one that did not come at all.
    pub(crate) faults: u64,
}

/// One message on its way: when it was sent, and how long it took to whom.
#[derive(Clone, Copy)]
pub(crate) struct Flight {
    sent_at: Instant,
    pub(crate) heard: u32,
    pub(crate) first: Duration,
    pub(crate) median: Duration,
    pub(crate) last: Duration,
    pub(crate) ack: Duration,
}

impl Tally {
    fn hear(&mut self, number: u64) {
        let members = self.members;
        let Some(flight) = self.flights.get_mut(number as usize) else {
            self.faults += 1;
            return;
        };
        let took = flight.sent_at.elapsed();
        flight.heard += 1;
        if flight.heard == 1 {
            flight.first = took;
        }
        if flight.heard == members.div_ceil(2) {
            flight.median = took;
        }
        flight.last = took;
    }

    /// Whether all have heard the last message, and with it, as order holds, everything.
    pub(crate) fn is_quiet(&self) -> bool {
        self.flights.last().is_none_or(|flight| flight.heard >= self.members)
    }

    /// Deliveries that were due and did not come.
    pub(crate) fn lost(&self) -> u64 {
        self.flights.iter().map(|flight| u64::from(self.members.saturating_sub(flight.heard))).sum()
    }
}

impl Crowd {
    pub(crate) fn new() -> Outcome<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            members: Vec::new(),
            buffer: vec![0; 64 * 1024],
            coming: 0,
            madang: Tally::default(),
            floor: Tally::default(),
            sample: Vec::new(),
        })
    }

    pub(crate) fn tally(&mut self, side: Side) -> &mut Tally {
        match side {
            Side::Madang => &mut self.madang,
            Side::Floor => &mut self.floor,
        }
    }

    /// Connects one more listener; `hello` is the Socket.IO packet that lets it into the room.
    pub(crate) fn add(&mut self, side: Side, port: u16, hello: String) -> Outcome<()> {
        while self.coming >= COMING {
            self.turn(Duration::from_secs(5))?;
        }
        // Connected the blocking way: on loopback it is done when it returns.
        let stream = std::net::TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        self.poll.registry().register(&mut stream, Token(self.members.len()), Interest::READABLE)?;
        let stage = if side == Side::Madang { Stage::Upgrading } else { Stage::Listening };
        if stage == Stage::Upgrading {
            stream.write_all(UPGRADE.as_bytes())?;
            self.coming += 1;
        }
        let next = self.tally(side).flights.len() as u64;
        self.tally(side).members += 1;
        self.members.push(Member { stream, side, stage, hello, rest: Vec::new(), place: 0, next });
        Ok(())
    }

    /// Lets time pass until all have come in.
    pub(crate) fn all_come(&mut self) -> Outcome<()> {
        while self.coming > 0 {
            self.turn(Duration::from_secs(5))?;
        }
        Ok(())
    }

    /// Notes that the next message is on its way, and gives its number.
    pub(crate) fn depart(&mut self, side: Side) -> u64 {
        let zero = Duration::ZERO;
        let flight = Flight { sent_at: Instant::now(), heard: 0, first: zero, median: zero, last: zero, ack: zero };
        let flights = &mut self.tally(side).flights;
        flights.push(flight);
        flights.len() as u64 - 1
    }

    /// Says something over the first listener's connection.
    pub(crate) fn say(&mut self, packet: &str) -> Outcome<()> {
        Ok(self.members[0].stream.write_all(&frame::text(packet))?)
    }

    /// Listens until `until`.
    pub(crate) fn listen(&mut self, until: Instant) -> Outcome<()> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.poll(left)?;
        }
    }

    /// Hears what there is to hear; an error when nothing comes for so long.
    fn turn(&mut self, patience: Duration) -> Outcome<()> {
        if self.poll(patience)? { Ok(()) } else { Err("the server has stopped answering".into()) }
    }

    fn poll(&mut self, most: Duration) -> Outcome<bool> {
        match self.poll.poll(&mut self.events, Some(most)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(true),
            polled => polled?,
        }
        let ready: Vec<usize> = self.events.iter().map(|event| event.token().0).collect();
        for &place in &ready {
            self.read(place)?;
        }
        Ok(!ready.is_empty())
    }

    fn read(&mut self, place: usize) -> Outcome<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        loop {
            match self.members[place].stream.read(&mut buffer) {
                Ok(0) => return Err("the server closed a connection".into()),
                Ok(count) => {
                    self.take(place, &buffer[..count])?;
                    // A short read has emptied the stream: the next bytes are an event of their own.
                    if count < buffer.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        self.buffer = buffer;
        Ok(())
    }

    fn take(&mut self, place: usize, bytes: &[u8]) -> Outcome<()> {
        let mut rest = std::mem::take(&mut self.members[place].rest);
        if rest.is_empty() {
            let used = self.frames(place, bytes)?;
            rest.extend_from_slice(&bytes[used..]);
        } else {
            rest.extend_from_slice(bytes);
            let used = self.frames(place, &rest)?;
            rest.drain(..used);
        }
        if rest.is_empty() {
            // Thousands of idle buffers would be the generator's own memory trouble.
            rest = Vec::new();
        }
        self.members[place].rest = rest;
        Ok(())
    }

    fn frames(&mut self, place: usize, bytes: &[u8]) -> Outcome<usize> {
        let mut used = 0;
        let member = &mut self.members[place];
        if member.stage == Stage::Upgrading {
            let Some(end) = frame::find(bytes, b"\r\n\r\n") else { return Ok(0) };
            if !bytes.starts_with(b"HTTP/1.1 101") {
                return Err(format!("no upgrade: {}", String::from_utf8_lossy(&bytes[..end])).into());
            }
            member.stage = Stage::Coming;
            used = end + 4;
        }
        while let Some((length, payload)) = frame::split(&bytes[used..]) {
            let heard = frame::hear(payload, &mut self.members[place].place);
            self.hear(place, heard, payload, &bytes[used..used + length])?;
            used += length;
        }
        Ok(used)
    }

    fn hear(&mut self, place: usize, heard: Heard, payload: &[u8], whole: &[u8]) -> Outcome<()> {
        let member = &mut self.members[place];
        match heard {
            Heard::Message(number) => {
                let side = member.side;
                let is_due = member.next == number;
                member.next = number + 1;
                // The first listener is the sender, whose frame carries its key as well.
                if place == 1 && self.sample.is_empty() {
                    self.sample = whole.to_vec();
                }
                let tally = self.tally(side);
                tally.faults += u64::from(!is_due);
                tally.hear(number);
            }
            Heard::Ack { id, is_ok } => {
                let flight = self.madang.flights.get_mut(id as usize);
                let flight = flight
                    .filter(|_| is_ok)
                    .ok_or_else(|| format!("a message was refused: {}", String::from_utf8_lossy(payload)))?;
                flight.ack = flight.sent_at.elapsed();
            }
            Heard::Ping => member.stream.write_all(&frame::text("3"))?,
            Heard::Open => {
                let hello = frame::text(&member.hello);
                member.stream.write_all(&hello)?;
            }
            Heard::Joined => {
                member.stage = Stage::Listening;
                self.coming -= 1;
            }
            Heard::Refused => return Err(format!("refused: {}", String::from_utf8_lossy(payload)).into()),
            Heard::Other => {}
        }
        Ok(())
    }
}
