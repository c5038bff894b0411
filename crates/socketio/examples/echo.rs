//! A server that echoes everything: the official protocol suites run against it.
//!
//! `cargo run -p socketio --example echo -- --port N [--engine] [--ping-interval MS]
//! [--ping-timeout MS] [--max-payload BYTES] [--connect-timeout MS]`

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use socketio::{
    Admission, Application, Args, Config, DisconnectReason, Engine, FloodCheck, Limits, Message, Namespace, Packet,
    Reply, Server, Session, SessionHandler, Socket, serve,
};
use tokio::net::TcpListener;

struct Options {
    port: u16,
    is_engine: bool,
    config: Config,
}

/// Engine.IO alone: echoes text as text, bytes as bytes.
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
        let service = move |request, address: SocketAddr| {
            let engine = Arc::clone(&engine);
            async move { engine.handle(request, address.ip()).await }
        };
        serve(listener, limits, service, interrupted).await;
    } else {
        let server = Server::new(config, [echo("/"), echo("/custom")]);
        let service = move |request, address: SocketAddr| {
            let server = server.clone();
            async move { server.handle(request, address.ip()).await }
        };
        serve(listener, limits, service, interrupted).await;
    }
}

fn echo(name: &str) -> Namespace {
    Namespace::new(name)
        .connect_middleware(|socket: Socket, auth: Option<Box<RawValue>>| async move {
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

fn read_options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let config = Config { handshakes: None, packets: None, sessions_per_address: 0, ..Config::default() };
    let mut options = Options { port: 3000, is_engine: false, config };
    while let Some(option) = arguments.next() {
        if option == "--engine" {
            options.is_engine = true;
            options.config.path = "/engine.io/".into();
            continue;
        }
        let value = arguments.next().and_then(|value| value.parse::<u64>().ok());
        let value = value.ok_or_else(|| format!("{option} needs a whole number"))?;
        match option.as_str() {
            "--port" => options.port = u16::try_from(value).map_err(|_| "--port is at most 65535")?,
            "--ping-interval" => options.config.ping_interval = Duration::from_millis(value),
            "--ping-timeout" => options.config.ping_timeout = Duration::from_millis(value),
            "--connect-timeout" => options.config.connect_timeout = Duration::from_millis(value),
            "--max-payload" => options.config.max_payload = value as usize,
            _ => return Err(format!("unknown option: {option}")),
        }
    }
    Ok(options)
}
