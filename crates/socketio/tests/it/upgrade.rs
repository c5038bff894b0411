//! From polling to WebSocket.

use socketio::Config;

use crate::support::{Frame, Polling, TestServer, Upgrade, Ws, config, echoes, ms, until};

async fn joined(config: Config) -> (TestServer, Polling) {
    let server = TestServer::open(config, echoes()).await;
    let session = Polling::open(server.at).await;
    session.join("/").await;
    (server, session)
}

async fn probed(server: &TestServer, session: &Polling) -> Ws {
    let mut ws = Upgrade::of(session).connect(server.at).await.unwrap();
    ws.send("2probe").await;
    assert_eq!(ws.text().await, "3probe");
    ws
}

/// Queues this many numbered messages for the session.
async fn queue(server: &TestServer, numbers: std::ops::Range<u32>) {
    let namespace = server.of_name("/");
    for number in numbers {
        namespace.to_all().emit("n", &number).await.unwrap();
    }
}

fn numbered(numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|number| format!("42[\"n\",{number}]")).collect()
}

async fn texts(ws: &mut Ws, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    while texts.len() < count {
        texts.push(ws.text().await);
    }
    texts
}

#[tokio::test]
async fn a_session_upgrades_and_continues() {
    let (server, session) = joined(config()).await;
    let mut waiting = session.start_poll().await;
    tokio::time::sleep(ms(20)).await;
    let mut ws = probed(&server, &session).await;
    assert_eq!(waiting.response().await.unwrap().body, "6", "the poll ends so that the client can pause polling");
    ws.send("5").await;
    ws.send("42[\"echo\",1]").await;
    assert_eq!(ws.text().await, "42[\"echo\",1]");
    assert_eq!(server.engine.session_count(), 1);
    drop(ws);
    server.wait_until_empty().await;
}

/// Abuse: P15
#[tokio::test]
async fn messages_queued_on_both_sides_cross_in_order() {
    let (server, session) = joined(config()).await;
    queue(&server, 0..3).await;
    let mut ws = Upgrade::of(&session).connect(server.at).await.unwrap();
    queue(&server, 3..6).await;
    assert_eq!(session.poll().await.body.split('\x1e').collect::<Vec<_>>(), numbered(0..6), "polling continues");
    queue(&server, 6..9).await;
    ws.send("2probe").await;
    assert_eq!(ws.text().await, "3probe");
    queue(&server, 9..12).await;
    assert_eq!(session.poll().await.body, "6", "queued packets go to the new transport");
    queue(&server, 12..15).await;
    // The `5` and the packets after it arrive together.
    let mut bytes = crate::support::frame(0x81, b"5");
    (0..5).for_each(|number| bytes.extend(crate::support::frame(0x81, format!("42[\"echo\",{number}]").as_bytes())));
    ws.send_bytes(&bytes).await;
    assert_eq!(texts(&mut ws, 9).await, numbered(6..15));
    let echoed: Vec<_> = (0..5).map(|number| format!("42[\"echo\",{number}]")).collect();
    assert_eq!(texts(&mut ws, 5).await, echoed);
    ws.silence(ms(20)).await;
}

/// Abuse: P15
#[tokio::test]
async fn an_upgrade_cut_before_its_end_leaves_polling_intact() {
    for step in 0..4 {
        let (server, session) = joined(config()).await;
        queue(&server, 0..2).await;
        let mut ws = Upgrade::of(&session).connect(server.at).await.unwrap();
        match step {
            0 => {}
            1 => ws.send_bytes(&crate::support::frame(0x81, b"2probe")[..4]).await,
            2 => ws.send("2probe").await,
            _ => {
                ws.send("2probe").await;
                assert_eq!(ws.text().await, "3probe");
                queue(&server, 2..4).await;
                ws.send_bytes(&crate::support::frame(0x81, b"5")[..3]).await;
            }
        }
        ws.cut();
        // Polls get noops until the server notices the cut.
        let mut received = Vec::new();
        while received.len() < if step == 3 { 4 } else { 2 } {
            let body = session.poll().await.body;
            received.extend(body.split('\x1e').filter(|packet| *packet != "6").map(str::to_owned));
        }
        assert_eq!(received, numbered(0..received.len() as u32), "step {step}");
        assert_eq!(session.post("42[\"echo\"]").await.body, "ok");
        assert_eq!(session.poll().await.body, "42[\"echo\"]");
        // Another upgrade is possible.
        let mut ws = probed(&server, &session).await;
        ws.send("5").await;
        ws.send("42[\"echo\"]").await;
        assert_eq!(ws.text().await, "42[\"echo\"]");
    }
}

/// Abuse: P15
#[tokio::test]
async fn a_cut_after_the_end_of_the_upgrade_ends_the_session() {
    let (server, session) = joined(config()).await;
    let mut ws = probed(&server, &session).await;
    ws.send("5").await;
    ws.cut();
    server.wait_until_empty().await;
    assert!(session.is_gone().await);
}

/// Abuse: P14
#[tokio::test]
async fn an_unfinished_upgrade_times_out() {
    let (server, session) = joined(Config { upgrade_timeout: ms(60), ..config() }).await;
    let mut begun = Upgrade::of(&session).connect(server.at).await.unwrap();
    assert_eq!(begun.next().await, Frame::End);
    let mut halfway = probed(&server, &session).await;
    queue(&server, 0..1).await;
    assert_eq!(halfway.next().await, Frame::End);
    // A poll right before the timeout gets a noop.
    let mut body = session.poll().await.body;
    while body == "6" {
        body = session.poll().await.body;
    }
    assert_eq!(body, "42[\"n\",0]");
}

/// Abuse: P14
#[tokio::test]
async fn a_second_upgrade_is_rejected_and_does_not_disturb_the_first() {
    let (server, session) = joined(config()).await;
    let mut first = Upgrade::of(&session).connect(server.at).await.unwrap();
    let mut second = Upgrade::of(&session).connect(server.at).await.unwrap();
    assert_eq!(second.close_code().await, 1008);
    first.send("2probe").await;
    assert_eq!(first.text().await, "3probe");
    assert_eq!(Upgrade::of(&session).connect(server.at).await.unwrap().close_code().await, 1008);
    first.send("5").await;
    first.send("42[\"echo\"]").await;
    assert_eq!(first.text().await, "42[\"echo\"]");
    assert_eq!(Upgrade::of(&session).connect(server.at).await.unwrap().close_code().await, 1008);
    assert_eq!(session.poll().await.code(), (400, 3));
    assert_eq!(session.post("1").await.code(), (400, 3));
    first.send("42[\"echo\"]").await;
    assert_eq!(first.text().await, "42[\"echo\"]");
}

/// Abuse: P14
#[tokio::test]
async fn a_poll_that_crosses_the_end_of_the_upgrade_is_refused() {
    for _ in 0..20 {
        let (server, session) = joined(config()).await;
        let mut ws = probed(&server, &session).await;
        ws.send("5").await;
        assert_eq!(session.poll().await.code(), (400, 3));
        ws.send("42[\"echo\"]").await;
        assert_eq!(ws.text().await, "42[\"echo\"]");
    }
}

#[tokio::test]
async fn anything_but_probe_and_upgrade_abandons_it() {
    for first in ["42[\"echo\"]", "2", "", "abc"] {
        let (server, session) = joined(config()).await;
        let mut ws = Upgrade::of(&session).connect(server.at).await.unwrap();
        ws.send(first).await;
        ws.ended().await;
        let mut ws = probed(&server, &session).await;
        ws.send(first).await;
        ws.ended().await;
        assert_eq!(session.post("42[\"echo\"]").await.body, "ok", "polling continues");
    }
}

/// Clients for microcontrollers send the `5` alone, others the probe twice.
#[tokio::test]
async fn an_upgrade_needs_no_probe_and_may_have_two() {
    for probes in [0, 2] {
        let (server, session) = joined(config()).await;
        let mut waiting = session.start_poll().await;
        tokio::time::sleep(ms(20)).await;
        let mut ws = Upgrade::of(&session).connect(server.at).await.unwrap();
        for _ in 0..probes {
            ws.send("2probe").await;
            assert_eq!(ws.text().await, "3probe");
        }
        ws.send_frame(0x89, b"ping").await;
        assert_eq!(ws.next().await, Frame::Pong(b"ping".to_vec()));
        ws.send("5").await;
        ws.send("42[\"echo\",1]").await;
        assert_eq!(waiting.response().await.unwrap().body, "6");
        assert_eq!(ws.text().await, "42[\"echo\",1]");
    }
}

#[tokio::test]
async fn an_upgrade_does_not_overtake_a_post_in_progress() {
    let (server, session) = joined(config()).await;
    let mut ws = probed(&server, &session).await;
    let event = "42[\"echo\",\"posted\"]";
    let mut post = crate::support::Http::connect(server.at).await;
    let length = event.len();
    post.send(format!("POST {} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n", session.target())).await;
    tokio::time::sleep(ms(20)).await;
    ws.send("5").await;
    ws.ended().await;
    post.send(event).await;
    assert_eq!(post.response().await.unwrap().body, "ok");
    assert_eq!(session.poll().await.body, event);
}

#[tokio::test]
async fn the_end_of_a_session_ends_its_upgrade() {
    let (server, session) = joined(Config { upgrade_timeout: ms(100), ..config() }).await;
    let mut ws = probed(&server, &session).await;
    session.post("1").await;
    until(|| server.engine.session_count() == 0).await;
    ws.send("5").await;
    ws.ended().await;
}

/// Abuse: P15
#[tokio::test]
async fn broadcasts_during_an_upgrade_are_not_lost() {
    let (server, session) = joined(config()).await;
    let namespace = server.of_name("/");
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let broadcaster = tokio::spawn(async move {
        let mut number = 0u32;
        while stopped.try_recv().is_err() {
            namespace.to_all().emit("n", &number).await.unwrap();
            number += 1;
            if number.is_multiple_of(8) {
                tokio::time::sleep(ms(1)).await;
            }
        }
        number
    });
    let mut received: Vec<String> = Vec::new();
    let take = |received: &mut Vec<String>, body: &str| {
        received.extend(body.split('\x1e').filter(|packet| *packet != "6").map(str::to_owned));
    };
    for _ in 0..3 {
        take(&mut received, &session.poll().await.body);
    }
    let mut ws = probed(&server, &session).await;
    take(&mut received, &session.poll().await.body);
    ws.send("5").await;
    for _ in 0..200 {
        received.push(ws.text().await);
    }
    stop.send(()).unwrap();
    let total = broadcaster.await.unwrap();
    while received.len() < total as usize {
        received.push(ws.text().await);
    }
    assert_eq!(received, numbered(0..total));
}
