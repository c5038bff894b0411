//! A server that says everything back: what the official protocol suites are run against.
//!
//! `cargo run -p socketio --example echo -- --port N [--engine] [--ping-interval MS]
//! [--ping-timeout MS] [--max-payload BYTES] [--connect-timeout MS]`

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use socketio::{
    Admission, Application, Args, Config, Engine, Limits, Message, Namespace, Pace, Packet, Peer, Reason, Reply,
    Server, Session, Socket, serve,
};
use tokio::net::TcpListener;

struct Options {
    port: u16,
    is_engine: bool,
    config: Config,
}

/// Engine.IO alone: text comes back as text, bytes as bytes.
struct Echo;

impl Application for Echo {
    fn open(&self, _session: &Arc<Session>) -> Box<dyn Peer> {
        Box::new(Self)
    }
}

impl Peer for Echo {
    fn message(&self, session: &Arc<Session>, message: Message, _pace: Pace) -> Result<(), Reason> {
        match message {
            Message::Text(text) => session.send(&Packet::text(&text)),
            Message::Binary(data) => session.send(&Packet::binary(&data)),
        }
        Ok(())
    }

    fn closed(&self, _reason: Reason) {}
}

#[tokio::main]
async fn main() {
    let Options { port, is_engine, config } = match read_options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            std::process::exit(2);
        }
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap_or_else(|error| {
        eprintln!("cannot listen on port {port}: {error}");
        std::process::exit(1);
    });
    eprintln!("listening on {}", listener.local_addr().map_or_else(|_| port.to_string(), |at| at.to_string()));
    let interrupted = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    let limits = Limits { connections_per_address: 0, ..Limits::default() };
    if is_engine {
        let engine = Engine::new(config, Echo);
        let answer = move |request, peer: SocketAddr| {
            let engine = Arc::clone(&engine);
            async move { engine.handle(request, peer.ip()).await }
        };
        serve(listener, limits, answer, interrupted).await;
    } else {
        let server = Server::new(config, [echo("/"), echo("/custom")]);
        let answer = move |request, peer: SocketAddr| {
            let server = server.clone();
            async move { server.handle(request, peer.ip()).await }
        };
        serve(listener, limits, answer, interrupted).await;
    }
}

fn echo(name: &str) -> Namespace {
    Namespace::new(name)
        .guard(|socket: Socket, auth: Option<Box<RawValue>>| async move {
            let greet = move || {
                let args = Args { values: auth.into_iter().collect(), attachments: Vec::new() };
                let nothing = Args::one(&serde_json::json!({})).unwrap_or_default();
                socket.emit_args("auth", if args.values.is_empty() { &nothing } else { &args });
            };
            Ok(Admission::new().then(greet))
        })
        .on_args("message", |socket: Socket, args: Args| async move {
            socket.emit_args("message-back", &args);
            Reply::new(Args::default())
        })
        .on_args("message-with-ack", |_socket: Socket, args: Args| async move { Reply::new(args) })
}

fn read_options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let config = Config { handshakes: None, packets: None, sessions_per_address: 0, ..Config::default() };
    let mut options = Options { port: 3000, is_engine: false, config };
    while let Some(word) = words.next() {
        if word == "--engine" {
            options.is_engine = true;
            options.config.path = "/engine.io/".into();
            continue;
        }
        let value = words.next().and_then(|value| value.parse::<u64>().ok());
        let value = value.ok_or_else(|| format!("{word} needs a whole number"))?;
        match word.as_str() {
            "--port" => options.port = u16::try_from(value).map_err(|_| "--port is at most 65535")?,
            "--ping-interval" => options.config.ping_interval = Duration::from_millis(value),
            "--ping-timeout" => options.config.ping_timeout = Duration::from_millis(value),
            "--connect-timeout" => options.config.connect_timeout = Duration::from_millis(value),
            "--max-payload" => options.config.max_payload = value as usize,
            _ => return Err(format!("{word} is not an option of this server")),
        }
    }
    Ok(options)
}
