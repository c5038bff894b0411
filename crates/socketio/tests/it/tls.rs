//! The same protocol over TLS: what is encrypted cannot be taken back, and still nothing is lost or overtakes.

use std::sync::Arc;

use socketio::{Config, DisconnectReason, Limits, Listener, Namespace, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Frame, Http, Polling, TestServer, Tls, Upgrade, Ws, config, echoes, ms, soon, until};

/// A server with TLS, and the address of a tunnel to it.
async fn secured(
    config: Config,
    namespaces: impl IntoIterator<Item = Namespace>,
) -> (TestServer, Arc<Tls>, std::net::SocketAddr) {
    let tls = Arc::new(Tls::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let listener = Listener::with_tls(listener, Arc::clone(&tls.server));
    let server = TestServer::on(listener, at, Server::new(config, namespaces), Limits::default()).await;
    let tunnel = tls.tunnel(at).await;
    (server, tls, tunnel)
}

#[tokio::test]
async fn every_transport_works_over_tls() {
    let (_server, _, at) = secured(config(), echoes()).await;
    let long = "x".repeat(60 * 1024);

    let mut ws = Ws::join(at, "/").await;
    ws.send(&format!("421[\"echo\",\"{long}\"]")).await;
    assert_eq!(ws.text().await, format!("42[\"echo\",\"{long}\"]"));
    assert_eq!(ws.text().await, format!("431[\"{long}\"]"));
    ws.send_frame(0x81, b"451-[\"echo\",{\"_placeholder\":true,\"num\":0}]").await;
    ws.send_frame(0x82, long.as_bytes()).await;
    assert_eq!(ws.text().await, "451-[\"echo\",{\"_placeholder\":true,\"num\":0}]");
    assert_eq!(ws.next().await, Frame::Binary(long.clone().into_bytes()));

    let polling = Polling::open(at).await;
    polling.join("/").await;
    let mut upgraded = Upgrade::of(&polling).connect(at).await.unwrap();
    upgraded.send("2probe").await;
    assert_eq!(upgraded.text().await, "3probe");
    upgraded.send("5").await;
    upgraded.send("42[\"echo\",1]").await;
    assert_eq!(upgraded.text().await, "42[\"echo\",1]");
    // The Close frame arrives, and the end of TLS behind it.
    upgraded.send("41").await;
    upgraded.send_frame(0x88, &[]).await;
    upgraded.ended().await;
}

/// Reads nothing while much is sent to it and pongs are put between, then everything.
#[tokio::test]
async fn a_client_that_reads_late_gets_every_byte_in_order() {
    const COUNT: usize = 600;
    let config = Config { slow_client_timeout: ms(60_000), max_send_queue: 64 << 20, ..config() };
    let (server, _, at) = secured(config, echoes()).await;
    let upgrade = Upgrade { receive_buffer: Some(4 * 1024), ..Upgrade::default() };
    let mut ws = Ws::open_with(at, &upgrade).await;
    ws.enter("/", "").await;
    let namespace = server.of_name("/");
    let text = |number: usize| "가".repeat(number % 7 * 911);
    for number in 0..COUNT {
        namespace.to_all().emit("n", &(number, text(number))).await.unwrap();
        if number % 50 == 0 {
            ws.send_frame(0x89, b"are you there").await;
            tokio::task::yield_now().await;
        }
    }
    let (mut number, mut pongs) = (0, 0);
    while number < COUNT {
        match ws.next().await {
            Frame::Text(packet) => {
                assert_eq!(packet, format!("42[\"n\",[{number},\"{}\"]]", text(number)));
                number += 1;
            }
            Frame::Pong(data) => {
                assert_eq!(data, b"are you there");
                pongs += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(pongs <= COUNT / 50, "{pongs}");
    ws.send("42[\"echo\",\"still there\"]").await;
    loop {
        match ws.next().await {
            Frame::Pong(_) => {}
            frame => break assert_eq!(frame, Frame::Text("42[\"echo\",\"still there\"]".into())),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_that_send_at_once_keep_their_order() {
    const SENDERS: usize = 8;
    const EACH: usize = 200;
    let config = Config { max_send_queue: 64 << 20, ..config() };
    let (server, _, at) = secured(config, echoes()).await;
    let mut ws = Ws::join(at, "/").await;
    for sender in 0..SENDERS {
        let namespace = server.of_name("/");
        tokio::spawn(async move {
            for number in 0..EACH {
                namespace.to_all().emit("n", &(sender, number, "x".repeat(number))).await.unwrap();
            }
        });
    }
    let mut next = [0; SENDERS];
    for sent in 0..SENDERS * EACH {
        if sent % 16 == 0 {
            ws.send("42[\"hi\"]").await;
        }
        let packet = ws.text().await;
        let arguments: (String, (usize, usize, String)) = serde_json::from_str(&packet[2..]).unwrap();
        let (_, (sender, number, _)) = arguments;
        assert_eq!(number, next[sender]);
        next[sender] += 1;
    }
}

/// Abuse: P17
#[tokio::test]
async fn a_client_that_stops_reading_is_disconnected_over_tls_too() {
    let ends = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let recorded = Arc::clone(&ends);
    let namespace = Namespace::new("/").on_disconnect(move |_, reason| {
        recorded.lock().push(reason);
        async {}
    });
    let config = Config { slow_client_timeout: ms(200), ..config() };
    let (server, _, at) = secured(config, [namespace]).await;
    let upgrade = Upgrade { receive_buffer: Some(4 * 1024), ..Upgrade::default() };
    let mut ws = Ws::open_with(at, &upgrade).await;
    ws.enter("/", "").await;
    for _ in 0..400 {
        server.of_name("/").to_all().emit("n", &"x".repeat(1_000)).await.unwrap();
    }
    until(|| !ends.lock().is_empty()).await;
    assert_eq!(*ends.lock(), [DisconnectReason::SlowClient]);
}

#[tokio::test]
async fn plain_http_is_told_to_use_https_and_other_bytes_get_nothing() {
    let (server, tls, _) = secured(config(), echoes()).await;
    let mut plain = Http::connect(server.at).await;
    plain.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let mut answer = String::new();
    soon(plain.stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("https://"), "{answer}");
    let mut noise = Http::connect(server.at).await;
    noise.send("\x01\x02\x03\x04 not a handshake\r\n\r\n").await;
    let mut answer = Vec::new();
    let _ = soon(noise.stream.read_to_end(&mut answer)).await;
    // At most a TLS alert.
    assert!(answer.len() < 8, "{answer:?}");
    let mut stream = tls.connect(server.at).await;
    stream.write_all(b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut head = [0; 15];
    soon(stream.read_exact(&mut head)).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
}

/// Responses of many lengths: with some of them the last bytes wait in rustls and not in hyper.
///
/// Abuse: H9
#[tokio::test]
async fn a_response_over_tls_that_nobody_reads_ends_the_connection() {
    const COUNT: usize = 256;
    const STEP: usize = 10 * 1024;
    let tls = Tls::new();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = tcp.local_addr().unwrap();
    let limits = Limits { connections_per_address: COUNT, write_timeout: ms(100), ..Limits::default() };
    let service = |request: http::Request<hyper::body::Incoming>, _| async move {
        let bytes: usize = request.uri().path()[1..].parse().unwrap();
        http::Response::new(http_body_util::Full::new(bytes::Bytes::from(vec![b'x'; bytes])))
    };
    let listener = Listener::with_tls(tcp, Arc::clone(&tls.server));
    let server = tokio::spawn(socketio::serve(listener, limits, service, std::future::pending()));
    let mut silent = Vec::new();
    for number in 0..COUNT {
        let mut stream = tls.connect(at).await;
        let request = format!("GET /{} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", number * STEP);
        stream.write_all(request.as_bytes()).await.unwrap();
        silent.push(stream);
    }
    // The address may have as many connections again once all of these are gone.
    let mut others = Vec::new();
    let begun = std::time::Instant::now();
    while others.len() < COUNT {
        assert!(begun.elapsed() < ms(20_000), "{} of {COUNT} connections are left", COUNT - others.len());
        match soon(tls.try_connect(at)).await {
            Ok(stream) => others.push(stream),
            Err(_) => tokio::time::sleep(ms(5)).await,
        }
    }
    server.abort();
}
