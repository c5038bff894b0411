//! Fixtures: people, rooms and messages made through the API.

use std::sync::atomic::{AtomicU64, Ordering};

use madang::ids::UserId;
use serde_json::{Value, json};

use super::app::App;
use super::{Client, ConnectOptions, Person, Room};

/// The password of every account.
pub const PASSWORD: &str = "a tree by the gate";

/// An id as an SQL literal.
pub fn blob(id: &str) -> String {
    let prefix = if testkit::postgres::is_wanted() { "'\\x" } else { "X'" };
    format!("{prefix}{:032x}'", id.parse::<UserId>().unwrap().as_u128())
}

impl App {
    pub async fn guest(&self, name: &str) -> Person {
        let made = self.request("POST", "/api/guests").json(&json!({ "name": name })).send().await.is(201);
        let id = made["user"]["id"].as_str().unwrap().to_owned();
        Person { id, token: made["token"].as_str().unwrap().to_owned(), user: made["user"].clone() }
    }

    /// Creates an account with any name and a new e-mail address.
    pub async fn account(&self, name: &str) -> Person {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        self.sign_up(&format!("neighbour{number}@example.org"), name).await
    }

    /// Creates the account of `<name>@example.org`, whose password is [`PASSWORD`].
    pub async fn signed_up(&self, name: &str) -> Person {
        self.sign_up(&format!("{name}@example.org"), name).await
    }

    async fn sign_up(&self, email: &str, name: &str) -> Person {
        let form = json!({ "email": email, "password": PASSWORD, "name": name });
        let made = self.request("POST", "/api/users").json(&form).send().await.is(201);
        let id = made["id"].as_str().unwrap().to_owned();
        Person { id, token: made["token"].as_str().unwrap().to_owned(), user: made }
    }

    /// Logs in by REST to an account of [`App::signed_up`].
    pub async fn log_in(&self, name: &str) -> Person {
        let form = json!({ "email": format!("{name}@example.org"), "password": PASSWORD });
        let made = self.request("POST", "/api/session").json(&form).send().await.is(201);
        let id = made["user"]["id"].as_str().unwrap().to_owned();
        Person { id, token: made["token"].as_str().unwrap().to_owned(), user: made["user"].clone() }
    }

    /// Creates the guests minji, jun and sora.
    pub async fn three_guests(&self) -> [Person; 3] {
        [self.guest("minji").await, self.guest("jun").await, self.guest("sora").await]
    }

    /// Creates a lasting room with its owner in it.
    pub async fn courtyard(&self, maker: &Person) -> Room {
        self.room(maker, json!({ "title": "courtyard" })).await
    }

    pub async fn room(&self, maker: &Person, request: Value) -> Room {
        let made = self.call(maker, "POST", "/rooms", request).await.is(201);
        Room { id: made["id"].as_str().unwrap().to_owned(), made }
    }

    /// Waits until it is stored that a user has read a message.
    pub async fn has_read(&self, who: &Person, message: &Value) {
        let (id, seq) = (blob(&who.id), &message["seq"]);
        self.counts(&format!("SELECT COUNT(*) FROM members WHERE user_id = {id} AND read_seq >= {seq}"), 1).await;
    }

    /// Joins by REST.
    pub async fn join(&self, who: &Person, room: &Room) -> Value {
        self.call(who, "POST", &format!("/rooms/{}/members", room.id), json!({})).await.is(200)
    }

    /// Opens a person's socket and joins a room.
    pub async fn enter(&self, who: &Person, room: &Room) -> Client {
        let client = self.connect(who).await;
        client.join(room).await;
        client
    }

    /// Creates a room with three guests in it, each with a socket that has received the joins of the others.
    pub async fn room_of_three(&self) -> ([Person; 3], Room, [Client; 3]) {
        let people = self.three_guests().await;
        let room = self.courtyard(&people[0]).await;
        let minji = self.enter(&people[0], &room).await;
        let jun = self.enter(&people[1], &room).await;
        minji.take_where("join", |join| join["user"]["id"] == people[1].id).await;
        let sora = self.enter(&people[2], &room).await;
        for client in [&minji, &jun] {
            client.take_where("join", |join| join["user"]["id"] == people[2].id).await;
            client.take_where("message", |line| line["user"]["id"] == people[2].id).await;
        }
        (people, room, [minji, jun, sora])
    }

    /// Sends by REST.
    pub async fn say(&self, who: &Person, room: &Room, text: &str) -> Value {
        self.send(who, room, json!({ "text": text })).await
    }

    pub async fn send(&self, who: &Person, room: &Room, message: Value) -> Value {
        self.call(who, "POST", &format!("/rooms/{}/messages", room.id), message).await.is(201)
    }

    /// Returns the newest page of history as a person sees it.
    pub async fn history(&self, who: &Person, room: &Room) -> Vec<Value> {
        let page = self.call(who, "GET", &format!("/rooms/{}/messages?limit=100", room.id), Value::Null).await.is(200);
        page["messages"].as_array().unwrap().clone()
    }

    pub async fn show(&self, room: &Room) -> Value {
        self.get(&format!("/api/rooms/{}", room.id)).send().await.is(200)
    }

    /// Opens a socket that is refused, and returns the error.
    pub async fn turned_away(&self, opening: ConnectOptions) -> Value {
        let client = self.open_socket(opening).await;
        let error = client.take("connect_error").await;
        assert_eq!(error["data"]["message"], error["message"], "{error}");
        error["data"].clone()
    }
}

/// The texts of messages. A system message stands as its event.
pub fn texts(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| match message["kind"].as_str() {
            Some("system") => message["system"]["event"].as_str().unwrap(),
            _ => message["text"].as_str().unwrap(),
        })
        .collect()
}

/// The members of an object, sorted.
#[track_caller]
pub fn fields(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
