//! Polls that come by another server than the one that has the session.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::Nodes;
use crate::support::{Client, ConnectOptions, Request, TIMEOUT};

/// Passes each connection on to the next server.
struct RoundRobin {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl RoundRobin {
    async fn start(nodes: &Nodes) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let targets: Vec<SocketAddr> = nodes.apps.iter().map(|app| app.address).collect();
        let next = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let target = targets[next.fetch_add(1, Ordering::Relaxed) % targets.len()];
                tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(target).await {
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Self { address, task }
    }
}

impl Drop for RoundRobin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn a_client_polls_by_any_server() {
    let nodes = Nodes::start(3, None).await;
    let minji = nodes.node(0).guest("minji").await;
    let room = nodes.node(0).room(&minji, json!({ "title": "polls" })).await;
    let proxy = RoundRobin::start(&nodes).await;
    let options = ConnectOptions::of(&minji).room(&room).polling();
    let client = Client::open(proxy.address, options).await;
    client.take("joined").await;
    for number in 0..10 {
        client.say(&room, &format!("poll {number}")).await;
        client.receives(&format!("poll {number}")).await;
    }
}

#[tokio::test]
async fn the_session_of_a_server_that_has_ended_is_unknown_to_the_others() {
    let mut nodes = Nodes::start(1, None).await;
    nodes.change = Arc::new(|config| config.nodes.as_mut().unwrap().heartbeat = Duration::from_secs(3_600));
    nodes.add().await;
    let opened = Request::new(nodes.node(1).address, "GET", "/socket.io/?EIO=4&transport=polling").send().await;
    let sid = opened.text().split('"').nth(3).unwrap().to_owned();
    let poll = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
    // By the other server, once it knows this one: the body of a wrong packet is refused by the one that has it.
    let wrong = async {
        loop {
            let answer = nodes.node(0).request("POST", &poll).body("text/plain", "x").send().await;
            if answer.json()["code"] != 1 {
                return answer;
            }
        }
    };
    let wrong = tokio::time::timeout(TIMEOUT, wrong).await.expect("the poll is not handed over");
    assert_eq!((wrong.status, wrong.json()["code"].as_i64()), (400, Some(3)));
    let opened = Request::new(nodes.node(1).address, "GET", "/socket.io/?EIO=4&transport=polling").send().await;
    let sid = opened.text().split('"').nth(3).unwrap().to_owned();
    let poll = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
    // The server shows no more life. Until the others notice, they hand the polls over, which wait for a ping.
    let unknown = async {
        loop {
            let answer = nodes.node(0).request("POST", &poll).body("text/plain", "3").send().await;
            if answer.status != 200 {
                return answer;
            }
        }
    };
    let unknown = tokio::time::timeout(TIMEOUT, unknown).await.expect("the session stays known");
    assert_eq!((unknown.status, unknown.json()), (400, json!({ "code": 1, "message": "Session ID unknown" })));
}
