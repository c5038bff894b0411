//! The load generator: thousands of Socket.IO clients on one thread.
//!
//! Clients join rooms, answer pings, check that every message arrives once and in order, and measure
//! how long it took. Some of them send; when they reconnect, they do it as the stock client does.

mod client;
mod connect;
mod connection;
mod deliveries;
pub(crate) mod frame;
mod receive;
mod send;
mod stream;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Poll};
use rustls::ClientConfig;

pub(crate) use client::{Client, Reading, Setup};
use connection::Connection;
use deliveries::Deliveries;
pub(crate) use deliveries::{Message, Resume};
pub(crate) use send::Sending;
pub(crate) use stream::trust;

use crate::Outcome;
use crate::prose::Chance;
use crate::server::Server;
use crate::times::Times;

/// Clients that connect at the same time.
pub(crate) const AT_ONCE: usize = 16;
/// A server that sends nothing for this long while something is due has failed.
const MAX_SILENCE: Duration = Duration::from_secs(20);
/// A delivery that is later than this is lost.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(20);
/// No frame is longer.
const BUFFER: usize = 1024 * 1024;

/// Returns a sender's packet by its client and how many it has sent.
pub(crate) type Script<'a> = dyn Fn(usize, u64) -> String + 'a;

pub(crate) struct Load<'a> {
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    pub(crate) clients: Vec<Client>,
    port: u16,
    /// Set if the clients speak TLS.
    tls: Option<Arc<ClientConfig>>,
    /// Whether a client that is refused or disconnected tries again; otherwise it ends the run.
    reconnects: bool,
    pub(crate) deliveries: Deliveries,
    pub(crate) resume: Resume,
    /// Clients that have been started, and those of them that are in.
    started: usize,
    inside: usize,
    /// When to connect a client again, or to give up its attempt.
    timers: BinaryHeap<Reverse<(Instant, usize, u32)>>,
    random: Chance,
    script: Option<Box<Script<'a>>>,
    is_sending: bool,
    /// Messages of senders that are not acknowledged yet.
    unacknowledged: usize,
    acks: Times,
    /// The frame of a numbered message, for the floor to repeat.
    pub(crate) sample: Vec<u8>,
}

impl<'a> Load<'a> {
    /// Clients of the server on a port; any refusal ends the run.
    pub(crate) fn new(port: u16) -> Outcome<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            buffer: vec![0; BUFFER],
            clients: Vec::new(),
            port,
            tls: None,
            reconnects: false,
            deliveries: Deliveries::new()?,
            resume: Resume::default(),
            started: 0,
            inside: 0,
            timers: BinaryHeap::new(),
            random: Chance::new(1),
            script: None,
            is_sending: false,
            unacknowledged: 0,
            acks: Times::new()?,
            sample: Vec::new(),
        })
    }

    /// Lets the clients speak TLS.
    pub(crate) fn with_tls(self, tls: Option<Arc<ClientConfig>>) -> Self {
        Self { tls, ..self }
    }

    /// Clients that reconnect as the stock client does.
    pub(crate) fn reconnecting(port: u16) -> Outcome<Self> {
        Ok(Self { reconnects: true, ..Self::new(port)? })
    }

    /// Clients with a script for those that send.
    pub(crate) fn with_script(port: u16, script: impl Fn(usize, u64) -> String + 'a) -> Outcome<Self> {
        Ok(Self { script: Some(Box::new(script)), ..Self::new(port)? })
    }

    /// Adds a client, which connects with the next [`join_all`](Self::join_all).
    pub(crate) fn add(&mut self, setup: Setup) {
        self.deliveries.readers += u32::from(!setup.is_roomless);
        self.clients.push(Client { setup, ..Client::default() });
    }

    /// Adds members of a server under test.
    pub(crate) fn add_members(&mut self, server: &Server, members: Range<usize>) {
        members.for_each(|member| self.add(Setup { hello: server.hello(member), ..Setup::default() }));
    }

    /// Connects all clients that were added, `at_once` at the same time.
    pub(crate) fn join_all(&mut self, at_once: usize) -> Outcome<()> {
        while self.inside < self.clients.len() {
            while self.started < self.clients.len() && self.started - self.inside < at_once {
                self.started += 1;
                self.connect(self.started - 1)?;
            }
            self.step_or_fail()?;
        }
        Ok(())
    }

    pub(crate) fn inside(&self) -> usize {
        self.inside
    }

    /// How many clients are in and have every change up to `rev`.
    pub(crate) fn up_to_date(&self, rev: i64) -> usize {
        let is_up_to_date = |client: &&Client| client.is_in && client.rev.is_some_and(|own| own >= rev);
        self.clients.iter().filter(is_up_to_date).count()
    }

    /// The client's end of its connection.
    pub(crate) fn address(&self, place: usize) -> Option<SocketAddr> {
        self.clients[place].connection.as_ref()?.stream.socket.local_addr().ok()
    }

    /// Sends a packet over a client's connection.
    pub(crate) fn send(&mut self, place: usize, packet: &str) -> Outcome<()> {
        let connection = self.clients[place].connection.as_mut().ok_or("the sender is disconnected")?;
        Ok(connection.send(packet)?)
    }

    /// Runs until `until`.
    pub(crate) fn run_until(&mut self, until: Instant) -> Outcome<()> {
        while Instant::now() < until {
            self.step(until)?;
        }
        Ok(())
    }

    pub(crate) fn run_for(&mut self, time: Duration) -> Outcome<()> {
        self.run_until(Instant::now() + time)
    }

    /// Runs until every message is delivered, or is late enough to count as lost.
    pub(crate) fn wait_delivered(&mut self) -> Outcome<()> {
        let until = Instant::now() + DELIVERY_TIMEOUT;
        while !self.deliveries.is_complete() && Instant::now() < until {
            self.step(until)?;
        }
        Ok(())
    }

    /// From now on a client reads in another way, and does not reconnect.
    pub(crate) fn stall(&mut self, place: usize, reading: Reading) {
        self.clients[place].reading = reading;
        self.deliveries.readers -= 1;
    }

    /// Lets each stalled client read its byte or send its pong.
    pub(crate) fn nudge(&mut self) -> Outcome<()> {
        for place in 0..self.clients.len() {
            let client = &mut self.clients[place];
            let Some(connection) = &mut client.connection else { continue };
            let is_alive = match client.reading {
                Reading::Bytes => {
                    let read = connection.read_byte();
                    client.bytes_read += read.unwrap_or_default();
                    read.is_some()
                }
                Reading::NothingWithPongs => connection.send("3").is_ok(),
                Reading::All | Reading::Nothing => true,
            };
            if !is_alive {
                self.closed(place)?;
            }
        }
        Ok(())
    }

    fn step_or_fail(&mut self) -> Outcome<()> {
        if self.step(Instant::now() + MAX_SILENCE)? { Ok(()) } else { Err("the server has stopped responding".into()) }
    }

    /// Waits for readiness, `until` at most, and handles it once; `false` when nothing happened.
    fn step(&mut self, until: Instant) -> Outcome<bool> {
        self.fire_timers()?;
        let next = self.timers.peek().map_or(until, |Reverse((at, ..))| until.min(*at));
        let timeout = next.saturating_duration_since(Instant::now());
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(true),
            polled => polled?,
        }
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            let place = event.token().0;
            if self.clients[place].reading == Reading::All {
                self.receive(place)?;
            } else if event.is_read_closed() || event.is_error() {
                self.closed(place)?;
            }
        }
        let is_idle = events.is_empty() && next == until;
        self.events = events;
        Ok(!is_idle)
    }
}
