//! Clients that send: at a fixed rate, or each the next message when the last is acknowledged.

use std::time::{Duration, Instant};

use super::Load;
use crate::Outcome;
use crate::process::Process;
use crate::times::{Summary, Times, micros_each};

/// What senders reached in one window.
pub(crate) struct Sending {
    /// Acknowledged messages a second, and the times of their acknowledgements.
    pub(crate) per_second: f64,
    pub(crate) ack: Summary,
    /// Microseconds of the server's processor time for one message, its deliveries included.
    pub(crate) cpu_us: f64,
}

impl Load<'_> {
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

    pub(super) fn send_next(&mut self, place: usize) -> Outcome<()> {
        let script = self.script.as_ref().ok_or("there is no script")?;
        let packet = script(place, self.clients[place].sent);
        let client = &mut self.clients[place];
        client.sent += 1;
        client.sent_at = Some(Instant::now());
        self.unacknowledged += 1;
        self.send(place, &packet)
    }
}
