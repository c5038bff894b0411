use std::net::{IpAddr, Ipv4Addr};
use std::task::Waker;
use std::time::Duration;

use tokio::time::advance;

use super::*;
use crate::engine::{Application, Engine};

struct Silent;

impl Application for Silent {
    fn open(&self, _: &Arc<Session>) -> Box<dyn SessionHandler> {
        Box::new(Self)
    }
}

impl SessionHandler for Silent {
    fn message(&self, _: &Arc<Session>, _: Message, _: FloodCheck) -> Result<(), DisconnectReason> {
        Ok(())
    }

    fn closed(&self, _: DisconnectReason) {}
}

/// On a busy machine the owner runs late, and the client had what was left of its time.
#[tokio::test(start_paused = true)]
async fn a_ping_that_leaves_late_leaves_the_client_its_whole_time() {
    let config = Config::default();
    let (interval, timeout, moment) = (config.ping_interval, config.ping_timeout, Duration::from_millis(1));
    let session = Engine::new(config, Silent).polling_session(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let tick = || session.tick(Waker::noop());
    advance(interval + timeout - moment).await;
    assert!(matches!(tick(), Tick::At(_)));
    assert!(matches!(session.poll(), PollResult::Payload(ping) if ping == "2"));
    advance(timeout - moment).await;
    assert!(matches!(tick(), Tick::At(_)) && session.is_open());
    session.receive(Ok(Incoming::Pong)).unwrap();
    advance(interval - moment).await;
    assert!(matches!(tick(), Tick::At(_)) && session.is_open());
}

#[tokio::test(start_paused = true)]
async fn a_ping_that_nobody_takes_ends_the_session_at_interval_and_timeout() {
    let config = Config::default();
    let (interval, timeout) = (config.ping_interval, config.ping_timeout);
    let session = Engine::new(config, Silent).polling_session(IpAddr::V4(Ipv4Addr::LOCALHOST));
    advance(interval + timeout / 2).await;
    assert!(matches!(session.tick(Waker::noop()), Tick::At(_)));
    advance(timeout / 2).await;
    assert!(!session.is_open());
    assert!(matches!(session.tick(Waker::noop()), Tick::End(DisconnectReason::PingTimeout)));
}
