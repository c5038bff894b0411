//! The load generator: thousands of Socket.IO clients on one thread.
//!
//! Clients join rooms, answer pings, check that every message arrives once and in order, and measure
//! how long it took. Some of them send; when they reconnect, they do it as the stock client does.

mod client;
mod connection;
mod deliveries;
pub(crate) mod frame;
mod receive;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

pub(crate) use client::{Client, Reading, Setup};
use connection::Connection;
use deliveries::Deliveries;
pub(crate) use deliveries::{Message, Resume};

use crate::Outcome;
use crate::process::Process;
use crate::prose::Chance;
use crate::server::Server;
use crate::times::{Summary, Times, micros_each};

/// Clients that connect at the same time.
pub(crate) const AT_ONCE: usize = 16;
/// A server that sends nothing for this long while something is due has failed.
const MAX_SILENCE: Duration = Duration::from_secs(20);
/// A delivery that is later than this is lost.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the stock client waits for a session to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// The stock client's delays between two attempts, in seconds.
const FIRST_DELAY: f64 = 1.0;
const LONGEST_DELAY: f64 = 5.0;
/// No frame is longer.
const BUFFER: usize = 1024 * 1024;

/// Returns a sender's packet by its client and how many it has sent.
pub(crate) type Script<'a> = dyn Fn(usize, u64) -> String + 'a;

/// What senders reached in one window.
pub(crate) struct Sending {
    /// Acknowledged messages a second, and the times of their acknowledgements.
    pub(crate) per_second: f64,
    pub(crate) ack: Summary,
    /// Microseconds of the server's processor time for one message, its deliveries included.
    pub(crate) cpu_us: f64,
}

pub(crate) struct Load<'a> {
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    pub(crate) clients: Vec<Client>,
    port: u16,
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
        self.deliveries.readers += 1;
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
        self.clients[place].connection.as_ref()?.stream.local_addr().ok()
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

    /// Sends messages at a fixed rate, waits until they are delivered, and returns the microseconds of the
    /// server's processor time for one delivery.
    pub(crate) fn cost_of_delivery(
        &mut self,
        server: &Process,
        count: u32,
        pause: Duration,
        mut send: impl FnMut(&mut Self) -> Outcome<()>,
    ) -> Outcome<f64> {
        let (cpu, first) = (server.cpu()?, self.deliveries.messages.len());
        let mut next = Instant::now();
        for _ in 0..count {
            self.run_until(next)?;
            send(self)?;
            next += pause;
        }
        self.run_until(next)?;
        self.wait_delivered()?;
        let received = self.deliveries.messages[first..].iter().map(|message| u64::from(message.received)).sum();
        Ok(micros_each(server.cpu()? - cpu, received))
    }

    /// Lets the first `senders` clients send, each the next message when the last is acknowledged.
    pub(crate) fn start_sending(&mut self, senders: usize) -> Outcome<()> {
        self.is_sending = true;
        self.acks = Times::new()?;
        for place in 0..senders {
            self.clients[place].is_sender = true;
            self.send_next(place)?;
        }
        Ok(())
    }

    /// Lets the senders send until so many messages are acknowledged.
    pub(crate) fn send_until(&mut self, count: u64) -> Outcome<()> {
        while self.acks.count() < count {
            self.step_or_fail()?;
        }
        Ok(())
    }

    /// Stops the senders and waits for their last acknowledgements.
    pub(crate) fn stop_sending(&mut self) -> Outcome<()> {
        self.is_sending = false;
        while self.unacknowledged > 0 {
            self.step_or_fail()?;
        }
        Ok(())
    }

    /// Lets the first client send for as long as `goes_on`, and returns the times of its acknowledgements.
    pub(crate) fn send_while(&mut self, goes_on: impl Fn() -> bool) -> Outcome<Summary> {
        self.start_sending(1)?;
        while goes_on() {
            self.run_for(Duration::from_millis(10))?;
        }
        self.stop_sending()?;
        Ok(self.acks.summary())
    }

    /// Lets clients send, and measures them and the server for one window after the warm-up.
    pub(crate) fn send_for(
        &mut self,
        senders: usize,
        server: &Process,
        warm_up: Duration,
        window: Duration,
    ) -> Outcome<Sending> {
        self.start_sending(senders)?;
        let mut cpu = Duration::ZERO;
        for time in [warm_up, window] {
            self.acks = Times::new()?;
            cpu = server.cpu()?;
            let until = Instant::now() + time;
            while Instant::now() < until {
                self.step_or_fail()?;
            }
        }
        let (count, ack) = (self.acks.count(), self.acks.summary());
        let cpu_us = micros_each(server.cpu()? - cpu, count);
        self.stop_sending()?;
        Ok(Sending { per_second: count as f64 / window.as_secs_f64(), ack, cpu_us })
    }

    fn send_next(&mut self, place: usize) -> Outcome<()> {
        let script = self.script.as_ref().ok_or("there is no script")?;
        let packet = script(place, self.clients[place].sent);
        let client = &mut self.clients[place];
        client.sent += 1;
        client.sent_at = Some(Instant::now());
        self.unacknowledged += 1;
        self.send(place, &packet)
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

    /// Closes all connections from the clients' side.
    pub(crate) fn disconnect_all(&mut self) {
        (0..self.clients.len()).for_each(|place| self.disconnect(place));
    }

    /// Lets all clients that are disconnected connect again now.
    pub(crate) fn reconnect_all(&mut self) {
        let now = Instant::now();
        let away = self.clients.iter().enumerate().filter(|(_, client)| client.connection.is_none());
        self.timers.extend(away.map(|(place, client)| Reverse((now, place, client.generation))));
    }

    fn connect(&mut self, place: usize) -> Outcome<()> {
        let client = &mut self.clients[place];
        let Setup { ref hello, source, receive_buffer, .. } = client.setup;
        client.expected = self.deliveries.messages.len() as u64;
        match Connection::start(self.port, source, receive_buffer, hello.is_some()) {
            Ok(mut connection) => {
                let interest = Interest::READABLE | Interest::WRITABLE;
                self.poll.registry().register(&mut connection.stream, Token(place), interest)?;
                client.connection = Some(connection);
            }
            Err(error) => return self.refused(place, &format!("not connected: {error}")),
        }
        self.timers.push(Reverse((Instant::now() + CONNECT_TIMEOUT, place, client.generation)));
        Ok(())
    }

    fn disconnect(&mut self, place: usize) {
        let client = &mut self.clients[place];
        client.connection = None;
        client.generation += 1;
        self.inside -= usize::from(client.is_in);
        client.is_in = false;
    }

    /// An attempt has failed: the next follows after the stock client's delay.
    fn refused(&mut self, place: usize, reason: &str) -> Outcome<()> {
        self.disconnect(place);
        if !self.reconnects {
            return Err(format!("the server refused a client: {reason}").into());
        }
        let client = &mut self.clients[place];
        *self.resume.refusals.entry(reason.to_owned()).or_default() += 1;
        let delay = (FIRST_DELAY * f64::from(1 << client.attempts.min(8))).min(2.0 * LONGEST_DELAY);
        let jitter = 0.5 + self.random.below(1_000) as f64 / 1_000.0;
        client.attempts += 1;
        let delay = Duration::from_secs_f64((delay * jitter).min(LONGEST_DELAY));
        self.timers.push(Reverse((Instant::now() + delay, place, client.generation)));
        Ok(())
    }

    /// The server has closed a connection.
    fn closed(&mut self, place: usize) -> Outcome<()> {
        let client = &mut self.clients[place];
        client.closed_at = Some(Instant::now());
        if client.reading != Reading::All {
            self.disconnect(place);
            return Ok(());
        }
        let reason = if client.is_in { "closed" } else { "closed while connecting" };
        self.refused(place, reason)
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

    fn fire_timers(&mut self) -> Outcome<()> {
        let now = Instant::now();
        while let Some(&Reverse((at, place, generation))) = self.timers.peek()
            && at <= now
        {
            self.timers.pop();
            let client = &self.clients[place];
            match &client.connection {
                _ if client.generation != generation => {}
                None => self.connect(place)?,
                // A client whose session is open waits for the room as long as it takes.
                Some(connection) if !connection.is_open() => self.refused(place, "timeout")?,
                Some(_) => {}
            }
        }
        Ok(())
    }
}
