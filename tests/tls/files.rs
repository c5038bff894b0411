//! Certificates in files.

use std::time::Duration;

use madang::config::Tls;
use serde_json::json;
use testkit::TempDir;

use super::{Authority, shown, shown_other, tunnel, write};
use crate::support::{App, Client, ConnectOptions, Person, Request, Room, key};

/// Starts an app with a certificate for localhost in files.
async fn secured(folder: &TempDir, authority: &Authority) -> App {
    let (cert, key) = authority.issue("localhost");
    let (cert, key) = (write(folder.path(), "cert.pem", &cert), write(folder.path(), "key.pem", &key));
    App::with(move |config| {
        config.tls = Some(Tls::Files { cert: cert.clone(), key: key.clone() });
        config.tls_check = Duration::from_millis(20);
        config.origins.has_tls = true;
    })
    .await
}

#[tokio::test]
async fn pages_and_sockets_work_over_https() {
    let (folder, authority) = (TempDir::new(), Authority::new());
    let app = secured(&folder, &authority).await;
    let at = tunnel(authority.client(), app.address, "localhost").await;
    let page = Request::new(at, "GET", "/").header("host", "localhost").send().await;
    assert_eq!(page.status, 200);
    assert!(page.header("strict-transport-security").is_some());

    let guest = Request::new(at, "POST", "/api/guests").json(&json!({ "name": "minji" })).send().await.is(201);
    let token = guest["token"].as_str().unwrap();
    let cookies = Request::new(at, "POST", "/api/guests").json(&json!({ "name": "jun" })).send().await;
    let set = cookies.header("set-cookie").unwrap_or_default();
    assert!(set.is_empty() || set.contains("; Secure"), "{set}");
    let room = Request::new(at, "POST", "/api/rooms").bearer(token).json(&json!({ "title": "courtyard" })).send().await;
    let made = room.is(201);
    let room = Room { id: made["id"].as_str().unwrap().to_owned(), made };
    let minji =
        Person { id: guest["user"]["id"].as_str().unwrap().into(), token: token.into(), user: guest["user"].clone() };
    let client = Client::open(at, ConnectOptions::of(&minji).room(&room)).await;
    client.take("joined").await;
    client.ok("message", json!({ "room": room.id, "key": key(), "text": "over TLS" })).await;
    assert_eq!(client.take("message").await["text"], "over TLS");
}

#[tokio::test]
async fn plain_http_on_the_port_of_https_is_told_so() {
    let (folder, authority) = (TempDir::new(), Authority::new());
    let app = secured(&folder, &authority).await;
    let answer = Request::new(app.address, "GET", "/").header("host", "localhost").send().await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("https://"), "{}", answer.text());
}

#[tokio::test]
async fn changed_files_are_read_again_once_they_match() {
    let (folder, authority) = (TempDir::new(), Authority::new());
    let app = secured(&folder, &authority).await;
    let client = authority.client();
    let first = shown(&client, app.address, "localhost").await.unwrap();
    let (cert, key) = authority.issue("localhost");
    write(folder.path(), "cert.pem", &cert);
    // The key is still the old one. What was there is served meanwhile.
    for _ in 0..20 {
        assert_eq!(shown(&client, app.address, "localhost").await.unwrap(), first);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    write(folder.path(), "key.pem", &key);
    let second = shown_other(&client, app.address, "localhost", Some(&first)).await;
    write(folder.path(), "cert.pem", "nonsense");
    std::fs::remove_file(folder.path().join("key.pem")).unwrap();
    for _ in 0..20 {
        assert_eq!(shown(&client, app.address, "localhost").await.unwrap(), second);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
