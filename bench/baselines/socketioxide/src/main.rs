//! A chat room on socketioxide, as its examples build one: rooms, a message to all in the room, an
//! acknowledgement. Nothing is stored.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::serve::ListenerExt;
use serde::{Deserialize, Serialize};
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Data, Extension, SocketRef, State};
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Auth {
    name: String,
    room: String,
}

#[derive(Clone, Serialize)]
struct User {
    id: String,
    name: String,
    color: &'static str,
}

#[derive(Serialize)]
struct Joined {
    room: String,
}

#[derive(Deserialize)]
struct NewMessage {
    room: String,
    text: String,
}

#[derive(Serialize)]
struct Message {
    id: u64,
    room: String,
    user: User,
    text: String,
    at: u64,
}

#[derive(Serialize)]
struct Ack {
    ok: bool,
    id: u64,
}

#[derive(Clone, Default)]
struct Count(Arc<AtomicU64>);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (layer, io) = SocketIo::builder().with_state(Count::default()).build_layer();
    io.ns("/chat", connect);
    let app = axum::Router::new().layer(layer);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("socketioxide is ready on http://localhost:{}", listener.local_addr()?.port());
    let listener = listener.tap_io(|stream| {
        // A socket that has closed already needs no option.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, app).await?)
}

async fn connect(socket: SocketRef, Data(auth): Data<Auth>) {
    socket.extensions.insert(User { id: socket.id.to_string(), name: auth.name, color: "#3366cc" });
    socket.join(auth.room.clone());
    // The client may have left already.
    let _ = socket.emit("joined", &Joined { room: auth.room });
    socket.on("message", send);
}

async fn send(
    io: SocketIo,
    Data(new): Data<NewMessage>,
    Extension(user): Extension<User>,
    State(count): State<Count>,
    ack: AckSender,
) {
    let id = count.0.fetch_add(1, Ordering::Relaxed) + 1;
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let message =
        Message { id, room: new.room.clone(), user, text: new.text, at: since_1970.as_millis() as u64 };
    let Some(chat) = io.of("/chat") else { return };
    // The bench counts what slow readers do not get.
    let _ = chat.within(new.room).emit("message", &message).await;
    let _ = ack.send(&Ack { ok: true, id });
}
