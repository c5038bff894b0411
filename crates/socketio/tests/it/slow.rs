//! Clients that take too little of what is sent to them.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use parking_lot::Mutex;
use socketio::{Config, Namespace, Reason, Reply};
use tokio::io::AsyncReadExt;

use crate::support::{Frame, House, Polling, Upgrade, Ws, config, frame, ms, soon, until};

fn impatient() -> Config {
    Config { patience: ms(200), outbox: 64 * 1024, ..config() }
}

/// A namespace that keeps why its sockets ended.
fn noting(ends: &Arc<Mutex<Vec<Reason>>>) -> Namespace {
    let ends = Arc::clone(ends);
    Namespace::new("/")
        .on("echo", |_, text: String| async move { Reply::json(&text).unwrap() })
        .on("pieces", |socket, bytes: usize| async move {
            let part = Bytes::from("x".repeat(bytes / 2));
            let pieces = [Bytes::from_static(b"\""), part.clone(), part, Bytes::from_static(b"\"")];
            socket.send_paced(&socket.namespace().packet_in_pieces("whole", pieces));
            Reply::json(&true).unwrap()
        })
        .on("long", |_, bytes: usize| async move { Reply::json(&"x".repeat(bytes)).unwrap().paced() })
        .on_disconnect(move |_, reason| {
            ends.lock().push(reason);
            async {}
        })
}

/// A joined client whose kernel takes as little as it can.
async fn narrow(house: &House) -> Ws {
    let upgrade = Upgrade { receive_buffer: Some(4 * 1024), ..Upgrade::default() };
    let mut ws = Ws::open_with(house.at, &upgrade).await;
    ws.enter("/", "").await;
    ws
}

/// Broadcasts until somebody is let go, while a good reader hears all of it.
async fn broadcast_until_gone(house: &House, ends: &Mutex<Vec<Reason>>, good: &mut Ws) -> u32 {
    let namespace = house.of_name("/");
    let text = "x".repeat(1_000);
    let begun = Instant::now();
    let mut number = 0;
    while ends.lock().is_empty() {
        namespace.to_all().emit("n", &(number, &text)).await.unwrap();
        let heard = good.text().await;
        assert!(heard.starts_with(&format!("42[\"n\",[{number},")), "{}", &heard[..40]);
        number += 1;
        assert!(begun.elapsed() < ms(4_000), "nobody was let go");
        // The kernel's buffers of 100 KB are filled in a moment; then the pace of a busy room.
        tokio::time::sleep(ms(if number < 200 { 0 } else { 5 })).await;
    }
    number
}

/// Abuse: P17
#[tokio::test]
async fn a_stalled_reader_is_gone_within_its_patience_and_others_do_not_notice() {
    let ends = Arc::default();
    let house = House::open(Config { outbox: 1024 * 1024, ..impatient() }, [noting(&ends)]).await;
    let mut good = Ws::join(house.at, "/").await;
    let stalled = narrow(&house).await;
    let begun = Instant::now();
    broadcast_until_gone(&house, &ends, &mut good).await;
    assert_eq!(*ends.lock(), [Reason::SlowReader]);
    assert!(begun.elapsed() >= ms(195), "{:?}", begun.elapsed());
    assert!(begun.elapsed() < ms(1_500), "{:?}", begun.elapsed());
    assert_eq!((house.engine.session_count(), house.of_name("/").to_all().reached().len()), (1, 1));
    drop(stalled);
}

/// Abuse: P17
#[tokio::test]
async fn a_reader_with_too_much_waiting_is_gone_at_once() {
    let ends = Arc::default();
    let house = House::open(Config { patience: ms(60_000), ..impatient() }, [noting(&ends)]).await;
    let mut good = Ws::join(house.at, "/").await;
    let _stalled = narrow(&house).await;
    let sent = broadcast_until_gone(&house, &ends, &mut good).await;
    assert_eq!(*ends.lock(), [Reason::SlowReader]);
    assert!(sent > 64, "an outbox of 64 KiB takes as many messages");
}

/// Abuse: P17
#[tokio::test]
async fn too_much_behind_what_waited_for_company_is_too_much_at_once() {
    let ends = Arc::default();
    let house = House::open(Config { patience: ms(60_000), ..impatient() }, [noting(&ends)]).await;
    let _narrow = narrow(&house).await;
    let namespace = house.of_name("/");
    let socket = namespace.to_all().reached().remove(0);
    namespace.to_all().emit("short", &()).await.unwrap();
    socket.emit("long", &"x".repeat(1024 * 1024)).unwrap();
    until(|| *ends.lock() == [Reason::SlowReader]).await;
}

/// Abuse: P17
#[tokio::test]
async fn a_byte_now_and_then_is_no_progress() {
    let ends = Arc::default();
    let house = House::open(Config { outbox: 1024 * 1024, ..impatient() }, [noting(&ends)]).await;
    let mut good = Ws::join(house.at, "/").await;
    let Ws { mut stream, .. } = narrow(&house).await;
    let dripping = tokio::spawn(async move {
        let mut byte = [0];
        while stream.read_exact(&mut byte).await.is_ok() {
            tokio::time::sleep(ms(10)).await;
        }
    });
    broadcast_until_gone(&house, &ends, &mut good).await;
    assert_eq!(*ends.lock(), [Reason::SlowReader]);
    dripping.abort();
}

/// Abuse: P17
#[tokio::test]
async fn pongs_do_not_save_who_reads_nothing() {
    let ends = Arc::default();
    let beating = Config { ping_interval: ms(50), ping_timeout: ms(5_000), ..impatient() };
    let house = House::open(Config { outbox: 1024 * 1024, ..beating }, [noting(&ends)]).await;
    let stalled = narrow(&house).await;
    let (_reader, mut writer) = stalled.stream.into_split();
    let ponging = tokio::spawn(async move {
        while tokio::io::AsyncWriteExt::write_all(&mut writer, &frame(0x81, b"3")).await.is_ok() {
            tokio::time::sleep(ms(10)).await;
        }
    });
    let namespace = house.of_name("/");
    let text = "x".repeat(1_000);
    soon(async {
        while ends.lock().is_empty() {
            namespace.to_all().emit("n", &text).await.unwrap();
            tokio::time::sleep(ms(1)).await;
        }
    })
    .await;
    assert_eq!(*ends.lock(), [Reason::SlowReader]);
    house.is_empty().await;
    soon(ponging).await.unwrap();
}

/// Abuse: P17
#[tokio::test]
async fn a_polling_client_that_does_not_poll_is_gone_within_its_patience() {
    let ends = Arc::default();
    let house = House::open(impatient(), [noting(&ends)]).await;
    let session = Polling::open(house.at).await;
    session.join("/").await;
    let begun = Instant::now();
    house.of_name("/").to_all().emit("n", &1).await.unwrap();
    until(|| !ends.lock().is_empty()).await;
    assert_eq!(*ends.lock(), [Reason::SlowReader]);
    assert!(begun.elapsed() >= ms(195) && begun.elapsed() < ms(1_500), "{:?}", begun.elapsed());
    assert!(session.is_gone().await);

    let session = Polling::open(house.at).await;
    session.join("/").await;
    let text = "x".repeat(1_000);
    for _ in 0..70 {
        house.of_name("/").to_all().emit("n", &text).await.unwrap();
    }
    house.is_empty().await;
}

#[tokio::test]
async fn a_reader_that_pauses_within_its_patience_gets_everything_in_order() {
    let ends = Arc::default();
    let patient = Config { patience: ms(5_000), outbox: 4 * 1024 * 1024, ..config() };
    let house = House::open(patient, [noting(&ends)]).await;
    let mut ws = narrow(&house).await;
    let namespace = house.of_name("/");
    let text = "x".repeat(700);
    for number in 0..2_000 {
        namespace.to_all().emit("n", &(number, &text)).await.unwrap();
    }
    // What a client sends meanwhile is heard, though nothing leaves.
    ws.send("4277[\"echo\",\"heard\"]").await;
    tokio::time::sleep(ms(50)).await;
    for number in 0..2_000 {
        let heard = ws.text().await;
        assert!(heard.starts_with(&format!("42[\"n\",[{number},")), "{}", &heard[..40]);
    }
    assert_eq!(ws.text().await, "4377[\"heard\"]");
    assert!(ends.lock().is_empty());
}

#[tokio::test]
async fn a_paced_answer_may_be_longer_than_the_outbox_and_take_longer_than_the_patience() {
    let ends = Arc::default();
    let house = House::open(Config { patience: ms(300), ..impatient() }, [noting(&ends)]).await;
    let mut ws = narrow(&house).await;
    ws.send("421[\"long\",600000]").await;
    let begun = Instant::now();
    // Read at a pace that takes longer than the patience, but goes on.
    let mut taken = Vec::new();
    let mut part = [0; 16 * 1024];
    let mut live = false;
    while taken.len() < 600_000 {
        let count = soon(ws.stream.read(&mut part)).await.unwrap();
        assert_ne!(count, 0, "let go after {} bytes and {:?}", taken.len(), begun.elapsed());
        taken.extend(&part[..count]);
        tokio::time::sleep(ms(5)).await;
        if !live && taken.len() > 300_000 {
            live = true;
            house.of_name("/").to_all().emit("n", &"behind it").await.unwrap();
        }
    }
    assert!(begun.elapsed() > ms(300), "{:?}", begun.elapsed());
    let end = b"42[\"n\",\"behind it\"]";
    while !taken.ends_with(end) {
        let count = soon(ws.stream.read(&mut part)).await.unwrap();
        assert_ne!(count, 0);
        taken.extend(&part[..count]);
    }
    assert!(ends.lock().is_empty());
}

#[tokio::test]
async fn what_is_sent_in_pieces_comes_whole_whatever_the_reader_takes() {
    let house = House::open(config(), [noting(&Arc::default())]).await;
    let whole = format!("42[\"whole\",\"{}\"]", "x".repeat(300_000));
    let (mut quick, mut slow) = (Ws::join(house.at, "/").await, narrow(&house).await);
    for ws in [&mut quick, &mut slow] {
        ws.send("421[\"pieces\",300000]").await;
        assert!(ws.text().await == whole);
        assert_eq!(ws.text().await, "431[true]");
    }
    let polling = Polling::open(house.at).await;
    polling.join("/").await;
    polling.post("421[\"pieces\",300000]").await;
    let mut heard = polling.poll().await.body;
    if heard == whole {
        // The answer goes with the next poll where this one was quick.
        heard = format!("{heard}\x1e{}", polling.poll().await.body);
    }
    assert!(heard == format!("{whole}\x1e431[true]"), "{} bytes", heard.len());
}

#[tokio::test]
async fn a_close_never_lands_in_the_middle_of_a_frame() {
    let ends = Arc::default();
    let house = House::open(Config { outbox: 8 * 1024 * 1024, ..impatient() }, [noting(&ends)]).await;
    let mut ws = narrow(&house).await;
    let namespace = house.of_name("/");
    let text = "x".repeat(3_000);
    for _ in 0..500 {
        namespace.to_all().emit("n", &text).await.unwrap();
    }
    namespace.to_all().reached()[0].session().close(Reason::ServerClose);
    house.is_empty().await;
    let whole = format!("42[\"n\",\"{text}\"]");
    loop {
        match ws.next().await {
            Frame::Text(heard) => assert_eq!(heard, whole),
            Frame::Close(_) | Frame::End => break,
            other => panic!("{other:?}"),
        }
    }
}
