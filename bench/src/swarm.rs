//! Members of one room on one thread who come, go and come back as the stock client does, and who
//! check that of every change up to the present they hold each one once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::Outcome;
use crate::frame::{self, Heard};
use crate::prose::Chance;

const UPGRADE: &str = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bWFkYW5nIGJlbmNoIG9rIQ==\r\n\r\n";
/// How long the stock client waits for a session to open.
const OPENING: Duration = Duration::from_secs(20);
/// The stock client's waits between two tries: the first, and the longest.
const FIRST_WAIT: f64 = 1.0;
const LONGEST_WAIT: f64 = 5.0;

/// How a member takes what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    All,
    /// One byte for each call of [`Swarm::sip`].
    Sips,
    Nothing,
    /// Nothing, but a pong for each call of [`Swarm::sip`].
    NothingWithPongs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Away,
    Connecting,
    Upgrading,
    Opening,
    Joining,
    In,
}

struct Member {
    source: Ipv4Addr,
    token: String,
    receive_buffer: Option<usize>,
    stream: Option<TcpStream>,
    stage: Stage,
    reading: Reading,
    /// The beginning of a frame whose end has not come.
    rest: Vec<u8>,
    /// Where the mark stood in the last message.
    mark: usize,
    /// It holds every change up to this rev; `None` before it came in for the first time.
    held: Option<i64>,
    /// Tries since it was last in.
    tries: u32,
    /// The how-many-eth connection this is, so that the deadline of an earlier one is known.
    connection: u32,
    /// Bytes taken in sips.
    sipped: u64,
    came_at: Option<Instant>,
    gone_at: Option<Instant>,
}

/// What went wrong, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// Tries that came to nothing, by why.
    pub(crate) refusals: BTreeMap<String, u64>,
    /// Changes that were left out, or came twice.
    pub(crate) holes: u64,
    pub(crate) doubles: u64,
    /// Resumes that were answered with the newest page.
    pub(crate) gaps: u64,
}

pub(crate) struct Swarm {
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    members: Vec<Member>,
    /// When to look at whom again: to come back, or to give up a try.
    due: BinaryHeap<Reverse<(Instant, usize, u32)>>,
    chance: Chance,
    port: u16,
    room: String,
    pub(crate) faults: Faults,
    /// When each of the bench's messages was sent.
    sent_at: Vec<Instant>,
    /// How long the last message was, as one frame.
    pub(crate) frame_bytes: u64,
    /// How long each delivery took, in microseconds, those of the same message side by side.
    pub(crate) deliveries: Vec<Vec<u32>>,
}

#[derive(Deserialize)]
struct Joined {
    rev: i64,
    messages: Vec<Change>,
    #[serde(default)]
    gap: bool,
}

#[derive(Deserialize)]
struct Change {
    rev: i64,
}

#[derive(Deserialize)]
struct Refused {
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    code: String,
}

impl Swarm {
    pub(crate) fn new(port: u16, room: &str) -> Outcome<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            buffer: vec![0; 256 * 1024],
            members: Vec::new(),
            due: BinaryHeap::new(),
            chance: Chance::new(1),
            port,
            room: room.to_owned(),
            faults: Faults::default(),
            sent_at: Vec::new(),
            frame_bytes: 0,
            deliveries: Vec::new(),
        })
    }

    /// One more member, who is away.
    pub(crate) fn add(&mut self, source: Ipv4Addr, token: String, receive_buffer: Option<usize>) {
        self.members.push(Member {
            source,
            token,
            receive_buffer,
            stream: None,
            stage: Stage::Away,
            reading: Reading::All,
            rest: Vec::new(),
            mark: 0,
            held: None,
            tries: 0,
            connection: 0,
            sipped: 0,
            came_at: None,
            gone_at: None,
        });
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// Lets all come in, no more than `at_once` on their way at a time.
    pub(crate) fn come_in(&mut self, at_once: usize, patience: Duration) -> Outcome<()> {
        let until = Instant::now() + patience;
        let mut next = 0;
        while next < self.members.len() || self.inside() < self.members.len() {
            if Instant::now() >= until {
                return Err(format!("only {} are in: {:?}", self.inside(), self.faults).into());
            }
            let room = at_once.saturating_sub(next - self.inside().min(next));
            let end = (next + room).min(self.members.len());
            for place in next..end {
                self.connect(place)?;
            }
            next = end;
            self.live(Instant::now() + Duration::from_millis(10))?;
        }
        Ok(())
    }

    /// How many are in the room.
    pub(crate) fn inside(&self) -> usize {
        self.members.iter().filter(|member| member.stage == Stage::In).count()
    }

    /// How many are in the room and hold everything up to `rev`.
    pub(crate) fn holding(&self, rev: i64) -> usize {
        let holds = |member: &&Member| member.stage == Stage::In && member.held.is_some_and(|held| held >= rev);
        self.members.iter().filter(holds).count()
    }

    /// When each came in last.
    pub(crate) fn came_at(&self) -> Vec<Instant> {
        self.members.iter().filter_map(|member| member.came_at).collect()
    }

    /// When a member's connection was ended by the server.
    pub(crate) fn gone_at(&self, place: usize) -> Option<Instant> {
        self.members[place].gone_at
    }

    /// The address of a member's end of the connection.
    pub(crate) fn address(&self, place: usize) -> Option<SocketAddr> {
        self.members[place].stream.as_ref()?.local_addr().ok()
    }

    /// How many have heard one of the bench's messages.
    pub(crate) fn heard(&self, number: usize) -> usize {
        self.deliveries[number].len()
    }

    /// How many take all that they are sent.
    pub(crate) fn readers(&self) -> usize {
        self.members.iter().filter(|member| member.reading == Reading::All).count()
    }

    pub(crate) fn sipped(&self, place: usize) -> u64 {
        self.members[place].sipped
    }

    /// From now on a member takes what it is sent another way, and does not come back when it is gone.
    pub(crate) fn stall(&mut self, place: usize, reading: Reading) {
        self.members[place].reading = reading;
    }

    /// Cuts all connections.
    pub(crate) fn cut(&mut self) {
        for member in &mut self.members {
            member.leave();
        }
    }

    /// Lets all who are away come back now.
    pub(crate) fn come_back(&mut self) {
        let now = Instant::now();
        let away = self.members.iter().enumerate().filter(|(_, member)| member.stage == Stage::Away);
        self.due.extend(away.map(|(place, member)| Reverse((now, place, member.connection))));
    }

    /// Sends one of the bench's messages over the first member's connection.
    pub(crate) fn say(&mut self, text: &str) -> Outcome<()> {
        let number = self.sent_at.len();
        let (room, width) = (&self.room, frame::DIGITS);
        let packet = format!(
            r#"42/chat,{number}["message",{{"room":"{room}","key":"k{number}","text":"bench {number:0width$} {text}"}}]"#
        );
        self.sent_at.push(Instant::now());
        self.deliveries.push(Vec::with_capacity(self.members.len()));
        let stream = self.members[0].stream.as_mut().ok_or("the talker is away")?;
        Ok(stream.write_all(&frame::text(&packet))?)
    }

    /// Lets those who take sips have one, and those who send pongs send one.
    pub(crate) fn sip(&mut self) {
        for place in 0..self.members.len() {
            let member = &mut self.members[place];
            let Some(stream) = &mut member.stream else { continue };
            let is_alive = match member.reading {
                Reading::Sips => match stream.read(&mut [0]) {
                    Ok(count) => {
                        member.sipped += count as u64;
                        count > 0
                    }
                    Err(error) => error.kind() == ErrorKind::WouldBlock,
                },
                Reading::NothingWithPongs => stream.write_all(&frame::text("3")).is_ok(),
                Reading::All | Reading::Nothing => true,
            };
            if !is_alive {
                self.gone(place);
            }
        }
    }

    /// Lives until `until`.
    pub(crate) fn live(&mut self, until: Instant) -> Outcome<()> {
        while Instant::now() < until {
            self.turn(until)?;
        }
        Ok(())
    }

    /// Takes what there is to take, and does what is due, once; waits until `until` at most.
    fn turn(&mut self, until: Instant) -> Outcome<()> {
        self.do_what_is_due()?;
        let next = self.due.peek().map_or(until, |Reverse((at, ..))| until.min(*at));
        match self.poll.poll(&mut self.events, Some(next.saturating_duration_since(Instant::now()))) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        let ready = self.events.iter().map(|event| (event.token().0, event.is_read_closed() || event.is_error()));
        for (place, has_ended) in ready.collect::<Vec<_>>() {
            if self.members[place].stage == Stage::Connecting {
                self.upgrade(place);
            } else if self.members[place].reading == Reading::All {
                self.read(place)?;
            } else if has_ended {
                self.gone(place);
            }
        }
        Ok(())
    }

    fn do_what_is_due(&mut self) -> Outcome<()> {
        let now = Instant::now();
        while let Some(Reverse((at, place, connection))) = self.due.peek().copied()
            && at <= now
        {
            self.due.pop();
            let member = &self.members[place];
            match member.stage {
                _ if member.connection != connection => {}
                Stage::Away => self.connect(place)?,
                // What waits for its turn to join waits as long as it takes, as the stock client does.
                Stage::Connecting | Stage::Upgrading => self.refused(place, "timeout"),
                Stage::Opening | Stage::Joining | Stage::In => {}
            }
        }
        Ok(())
    }

    fn connect(&mut self, place: usize) -> Outcome<()> {
        let member = &mut self.members[place];
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM.nonblocking(), None)?;
        if let Some(bytes) = member.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        socket.set_tcp_nodelay(true)?;
        socket.bind(&SocketAddr::from((member.source, 0)).into())?;
        let connected = socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)).into());
        let under_way = rustix::io::Errno::INPROGRESS.raw_os_error();
        member.connection += 1;
        member.stage = Stage::Connecting;
        if let Err(error) = connected
            && error.raw_os_error() != Some(under_way)
        {
            self.refused(place, "not connected");
            return Ok(());
        }
        let mut stream = TcpStream::from_std(socket.into());
        self.poll.registry().register(&mut stream, Token(place), Interest::READABLE | Interest::WRITABLE)?;
        member.stream = Some(stream);
        self.due.push(Reverse((Instant::now() + OPENING, place, member.connection)));
        Ok(())
    }

    fn upgrade(&mut self, place: usize) {
        let member = &mut self.members[place];
        let Some(stream) = &mut member.stream else { return };
        // An event of a connection that was given up may still be on its way.
        if stream.peer_addr().is_err() && stream.take_error().is_ok_and(|error| error.is_none()) {
            return;
        }
        match stream.write_all(UPGRADE.as_bytes()) {
            Ok(()) => member.stage = Stage::Upgrading,
            Err(_) => self.refused(place, "not connected"),
        }
    }

    /// A try came to nothing: the next is made as the stock client does.
    fn refused(&mut self, place: usize, why: &str) {
        *self.faults.refusals.entry(why.to_owned()).or_default() += 1;
        let member = &mut self.members[place];
        member.leave();
        let wait = (FIRST_WAIT * f64::from(1 << member.tries.min(8))).min(2.0 * LONGEST_WAIT);
        let jitter = 0.5 + self.chance.below(1_000) as f64 / 1_000.0;
        member.tries += 1;
        let wait = Duration::from_secs_f64((wait * jitter).min(LONGEST_WAIT));
        self.due.push(Reverse((Instant::now() + wait, place, member.connection)));
    }

    /// The server has ended a connection.
    fn gone(&mut self, place: usize) {
        let member = &mut self.members[place];
        member.gone_at = Some(Instant::now());
        if member.reading == Reading::All {
            let why = if member.stage == Stage::In { "closed while in" } else { "closed on the way in" };
            self.refused(place, why);
        } else {
            member.leave();
        }
    }

    fn read(&mut self, place: usize) -> Outcome<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut is_alive = true;
        while let Some(stream) = &mut self.members[place].stream {
            match stream.read(&mut buffer) {
                Ok(0) => is_alive = false,
                Ok(count) => {
                    self.take(place, &buffer[..count])?;
                    // A short read has emptied the stream: the next bytes are an event of their own.
                    if count == buffer.len() {
                        continue;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => is_alive = false,
            }
            break;
        }
        self.buffer = buffer;
        if !is_alive {
            self.gone(place);
        }
        Ok(())
    }

    fn take(&mut self, place: usize, bytes: &[u8]) -> Outcome<()> {
        let mut rest = std::mem::take(&mut self.members[place].rest);
        let connection = self.members[place].connection;
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
        let member = &mut self.members[place];
        if member.connection == connection && member.stream.is_some() {
            member.rest = rest;
        }
        Ok(())
    }

    fn frames(&mut self, place: usize, bytes: &[u8]) -> Outcome<usize> {
        let mut used = 0;
        if self.members[place].stage == Stage::Upgrading {
            let Some(end) = frame::find(bytes, b"\r\n\r\n") else { return Ok(0) };
            if !bytes.starts_with(b"HTTP/1.1 101") {
                let status = bytes.get(9..12).unwrap_or_default();
                self.refused(place, &format!("HTTP {}", String::from_utf8_lossy(status)));
                return Ok(bytes.len());
            }
            self.members[place].stage = Stage::Opening;
            used = end + 4;
        }
        while let Some((length, payload)) = frame::split(&bytes[used..]) {
            self.hear(place, payload)?;
            used += length;
            if self.members[place].stream.is_none() {
                return Ok(bytes.len());
            }
        }
        Ok(used)
    }

    fn hear(&mut self, place: usize, payload: &[u8]) -> Outcome<()> {
        let member = &mut self.members[place];
        let Some(stream) = &mut member.stream else { return Ok(()) };
        match frame::hear(payload, &mut member.mark) {
            Heard::Ping => stream.write_all(&frame::text("3"))?,
            Heard::Open => {
                let since = member.held.map(|held| format!(r#","since":{held}"#)).unwrap_or_default();
                let (token, room) = (&member.token, &self.room);
                stream.write_all(&frame::text(&format!(r#"40/chat,{{"token":"{token}","room":"{room}"{since}}}"#)))?;
                member.stage = Stage::Joining;
            }
            Heard::Joined => self.joined(place, payload)?,
            Heard::Refused => {
                let json = payload.get(8..).unwrap_or_default();
                let refused: Refused = serde_json::from_slice(json).unwrap_or(Refused { data: None });
                let why = refused.data.map_or_else(|| "refused".to_owned(), |data| data.code);
                self.refused(place, &why);
            }
            Heard::Ack { is_ok: false, .. } => {
                return Err(format!("a message was refused: {}", String::from_utf8_lossy(payload)).into());
            }
            Heard::Message(number) => {
                if let Some(sent_at) = self.sent_at.get(number as usize) {
                    self.deliveries[number as usize].push(sent_at.elapsed().as_micros() as u32);
                }
                // The first is the sender, whose frame carries its key as well.
                if place == 1 {
                    self.frame_bytes = frame::length(payload.len()) as u64;
                }
                self.changed(place, payload);
            }
            Heard::Other => self.changed(place, payload),
            Heard::Ack { .. } => {}
        }
        Ok(())
    }

    fn joined(&mut self, place: usize, payload: &[u8]) -> Outcome<()> {
        let (_, joined): (IgnoredAny, Joined) = serde_json::from_slice(&payload["42/chat,".len()..])?;
        let member = &mut self.members[place];
        if let Some(held) = member.held {
            if joined.gap {
                self.faults.gaps += 1;
            } else {
                // All that was missed, each change once: here nothing is changed twice.
                let due = held + 1..=joined.rev;
                let count = due.clone().count();
                self.faults.holes += u64::from(!joined.messages.iter().map(|change| change.rev).eq(due));
                self.faults.doubles += joined.messages.len().saturating_sub(count) as u64;
            }
        }
        member.held = Some(joined.rev);
        member.stage = Stage::In;
        member.tries = 0;
        member.came_at = Some(Instant::now());
        Ok(())
    }

    /// A live change: the next one must be the next.
    fn changed(&mut self, place: usize, payload: &[u8]) {
        if !payload.starts_with(b"42/chat,[\"message\"") {
            return;
        }
        let member = &mut self.members[place];
        let (Some(rev), Some(held)) = (frame::rev(payload), member.held) else { return };
        self.faults.doubles += u64::from(rev <= held);
        self.faults.holes += u64::from(rev > held + 1);
        member.held = Some(rev.max(held));
    }
}

impl Member {
    fn leave(&mut self) {
        // What was due for this connection concerns no other.
        self.connection += 1;
        self.stream = None;
        self.rest = Vec::new();
        self.stage = Stage::Away;
    }
}
