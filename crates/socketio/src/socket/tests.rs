use std::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::engine::Engine;
use crate::engine::session::{FloodCheck, SessionHandler};
use crate::{Application, Config, Message};

struct NoOwner;

impl SocketOwner for NoOwner {
    fn remove(&self, _: &Socket, _: bool) {}
}

struct NoHandler;

impl Application for NoHandler {
    fn open(&self, _: &Arc<Session>) -> Box<dyn SessionHandler> {
        Box::new(Self)
    }
}

impl SessionHandler for NoHandler {
    fn message(&self, _: &Arc<Session>, _: Message, _: FloodCheck) -> Result<(), DisconnectReason> {
        Ok(())
    }

    fn closed(&self, _: DisconnectReason) {}
}

fn connected() -> Socket {
    let engine = Engine::new(Config::default(), NoHandler);
    let session = engine.polling_session(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let socket = Socket::new(Arc::new(Namespace::new("/")), session, Arc::new(NoOwner));
    socket.connected().unwrap();
    socket
}

fn pending_count(socket: &Socket) -> usize {
    socket.0.state.lock().pending.as_ref().map_or(0, |pending| pending.senders.len())
}

#[tokio::test(start_paused = true)]
async fn requested_acknowledgements_are_forgotten_by_timeout_drop_and_end() {
    let socket = connected();
    let result = socket.emit_with_ack("ask", &(), Duration::from_secs(1)).await;
    assert_eq!((result.err(), pending_count(&socket)), (Some(AckError::Timeout), 0));
    let asking = {
        let socket = socket.clone();
        tokio::spawn(async move { socket.emit_with_ack("ask", &(), Duration::from_secs(1)).await })
    };
    tokio::task::yield_now().await;
    assert_eq!(pending_count(&socket), 1);
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    assert_eq!(pending_count(&socket), 0);
    socket.end(DisconnectReason::ServerDisconnect);
    let result = socket.emit_with_ack("ask", &(), Duration::from_secs(1)).await;
    assert_eq!((result.err(), pending_count(&socket)), (Some(AckError::Disconnected), 0));
}
