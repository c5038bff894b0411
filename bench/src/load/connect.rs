//! How clients connect, and come back after a refusal or a closed connection as the stock client does.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use mio::{Interest, Token};

use super::{Connection, Load, Reading, Setup};
use crate::Outcome;

/// How long the stock client waits for a session to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// The stock client's delays between two attempts, in seconds.
const FIRST_DELAY: f64 = 1.0;
const LONGEST_DELAY: f64 = 5.0;

impl Load<'_> {
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

    pub(super) fn connect(&mut self, place: usize) -> Outcome<()> {
        let client = &mut self.clients[place];
        let Setup { ref hello, source, receive_buffer, .. } = client.setup;
        client.expected = self.deliveries.messages.len() as u64;
        match Connection::start(self.port, source, receive_buffer, hello.is_some(), self.tls.as_ref()) {
            Ok(mut connection) => {
                let interest = Interest::READABLE | Interest::WRITABLE;
                self.poll.registry().register(&mut connection.stream.socket, Token(place), interest)?;
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
    pub(super) fn refused(&mut self, place: usize, reason: &str) -> Outcome<()> {
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
    pub(super) fn closed(&mut self, place: usize) -> Outcome<()> {
        let client = &mut self.clients[place];
        client.closed_at = Some(Instant::now());
        if client.reading != Reading::All {
            self.disconnect(place);
            return Ok(());
        }
        let reason = if client.is_in { "closed" } else { "closed while connecting" };
        self.refused(place, reason)
    }

    pub(super) fn fire_timers(&mut self) -> Outcome<()> {
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
