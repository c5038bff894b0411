//! Echoes plain WebSocket messages through an Engine.IO session: conformance suites of RFC 6455 run against it.
//!
//! `cargo run -p socketio --example websocket -- PORT`, then for example `kosoku 127.0.0.1:PORT`.
//!
//! Engine.IO begins a text message with `4`. A proxy in front adds that byte to the client's frames and takes it from
//! the server's; everything else passes as it is, also what is no frame.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socketio::{
    Application, Config, DisconnectReason, Engine, FloodCheck, Limits, Message, Packet, Session, SessionHandler, serve,
};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, copy};
use tokio::net::{TcpListener, TcpStream};

/// The longest message: Autobahn's cases send 16 MiB.
const MAX: usize = 16 * 1024 * 1024 + 1;
const HANDSHAKE: &[u8] = b"GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\n";

struct Echo;

impl Application for Echo {
    fn open(&self, _session: &Arc<Session>) -> Box<dyn SessionHandler> {
        Box::new(Self)
    }
}

impl SessionHandler for Echo {
    fn message(&self, session: &Arc<Session>, message: Message, _flood: FloodCheck) -> Result<(), DisconnectReason> {
        match message {
            Message::Text(text) => session.send(&Packet::text(&text)),
            Message::Binary(data) => session.send(&Packet::binary(&data)),
        }
        Ok(())
    }

    fn closed(&self, _reason: DisconnectReason) {}
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(9001);
    let front = TcpListener::bind(("127.0.0.1", port)).await?;
    let engine_listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = engine_listener.local_addr()?;
    eprintln!("listening on {}", front.local_addr()?);
    tokio::spawn(serve_engine(engine_listener));
    loop {
        let (client, _) = front.accept().await?;
        tokio::spawn(async move {
            let server = TcpStream::connect(address).await?;
            proxy(client, server).await
        });
    }
}

async fn serve_engine(listener: TcpListener) {
    let config = Config {
        path: "/engine.io/".into(),
        ping_interval: Duration::from_secs(3_600),
        // On a busy machine such a message may take longer than ten seconds to be read.
        slow_client_timeout: Duration::from_secs(100),
        max_payload: MAX,
        max_fragments: usize::MAX,
        max_send_queue: 4 * MAX,
        sessions_per_address: 0,
        packets: None,
        handshakes: None,
        ..Config::default()
    };
    let engine = Engine::new(config, Echo);
    let service = move |request, address: SocketAddr| {
        let engine = Arc::clone(&engine);
        async move { engine.handle(request, address.ip()).await }
    };
    let limits = Limits { connections_per_address: 0, ..Limits::default() };
    serve(listener, limits, service, std::future::pending()).await;
}

async fn proxy(client: TcpStream, server: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let (mut from_client, mut from_server) = (BufReader::new(from_client), BufReader::new(from_server));
    from_client.read_until(b'\n', &mut Vec::new()).await?;
    to_server.write_all(HANDSHAKE).await?;
    let up = tokio::spawn(async move {
        copy_head(&mut from_client, &mut to_server).await?;
        while copy_frame(&mut from_client, &mut to_server, Prefix::Add).await? {}
        to_server.shutdown().await
    });
    copy_head(&mut from_server, &mut to_client).await?;
    // The open packet.
    copy_frame(&mut from_server, &mut tokio::io::sink(), Prefix::Remove).await?;
    while copy_frame(&mut from_server, &mut to_client, Prefix::Remove).await? {}
    to_client.shutdown().await?;
    up.await?
}

/// Copies the head of a request or response, to its empty line.
async fn copy_head(from: &mut (impl AsyncBufRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    let mut line = Vec::new();
    while line != b"\r\n" {
        line.clear();
        if from.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        to.write_all(&line).await?;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefix {
    Add,
    Remove,
}

/// Copies a frame, of its payload each byte as soon as it is there; returns whether there was one.
async fn copy_frame(
    from: &mut (impl AsyncBufRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    prefix: Prefix,
) -> io::Result<bool> {
    let mut head = [0; 2];
    if from.read_exact(&mut head).await.is_err() {
        return Ok(false);
    }
    let [first, second] = head;
    let mut length = match second & 0x7f {
        126 => u64::from(from.read_u16().await?),
        127 => from.read_u64().await?,
        short => u64::from(short),
    };
    let mut mask = [0; 4];
    let is_masked = second & 0x80 != 0;
    if is_masked {
        from.read_exact(&mut mask).await?;
    }
    let is_text = first & 0x0f == 1;
    match prefix {
        _ if !is_text => {}
        Prefix::Add => length = length.saturating_add(1),
        Prefix::Remove => {
            from.read_u8().await?;
            length -= 1;
        }
    }
    let mut out = vec![first];
    let masked_bit = second & 0x80;
    match length {
        0..=125 => out.push(masked_bit | length as u8),
        126..=0xffff => {
            out.push(masked_bit | 126);
            out.extend((length as u16).to_be_bytes());
        }
        _ => {
            out.push(masked_bit | 127);
            out.extend(length.to_be_bytes());
        }
    }
    if is_masked {
        out.extend(mask);
    }
    if !is_text || prefix == Prefix::Remove {
        to.write_all(&out).await?;
        copy(&mut from.take(length), to).await?;
        return Ok(true);
    }
    out.push(b'4' ^ mask[0]);
    to.write_all(&out).await?;
    // Every byte has moved by one place of the mask.
    let mut place = 0;
    while (place as u64) < length - 1 {
        let available = from.fill_buf().await?;
        if available.is_empty() {
            return Ok(false);
        }
        let count = available.len().min((length - 1) as usize - place);
        let moved = available[..count].iter().zip(place..);
        let bytes: Vec<u8> = moved.map(|(byte, at)| byte ^ mask[at & 3] ^ mask[(at + 1) & 3]).collect();
        to.write_all(&bytes).await?;
        from.consume(count);
        place += count;
    }
    Ok(true)
}
