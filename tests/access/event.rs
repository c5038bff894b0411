//! Every event that a client may send.

use serde_json::{Value, json};

use super::scene::{Scene, Who, start_server};
use super::{Cells, Row, check, is_complete};
use crate::support::App;
use crate::support::ConnectOptions;
use crate::support::key;

const NOBODY: &str = "unauthenticated";
const OUT: &str = "not_a_member";
const NO: &str = "forbidden";

const KNOWN: Cells = [NOBODY, "ok", "ok", "ok", "ok", "ok", "ok", "ok"];
const INSIDE: Cells = [NOBODY, OUT, "ok", OUT, "ok", "ok", OUT, "ok"];
const KEEPERS: Cells = [NOBODY, OUT, NO, OUT, "ok", "ok", OUT, "ok"];
const OWNERS: Cells = [NOBODY, OUT, NO, OUT, NO, "ok", OUT, "ok"];

pub(super) const ROWS: &[Row<Value>] = &[
    row("join", KNOWN, in_room).spends(),
    row("leave", INSIDE, in_room).spends(),
    row("message", INSIDE, |scene, _| json!({ "room": scene.room.id, "key": key(), "text": "good evening" })),
    // The message belongs to the member.
    row("edit", [NOBODY, NO, "ok", NO, NO, NO, NO, NO], |scene, _| json!({ "id": scene.message, "text": "bye" })),
    row("delete", [NOBODY, NO, "ok", NO, "ok", "ok", "ok", "ok"], |scene, _| json!({ "id": scene.message })).spends(),
    row(
        "react",
        [NOBODY, NO, "ok", NO, "ok", "ok", NO, "ok"],
        |scene, _| json!({ "id": scene.message, "emoji": "👍", "on": true }),
    ),
    row("pin", [NOBODY, NO, NO, NO, "ok", "ok", NO, "ok"], |scene, _| json!({ "id": scene.message, "on": true })),
    row("typing", INSIDE, in_room),
    row("read", INSIDE, |scene, _| json!({ "room": scene.room.id, "seq": 1 })),
    row("presence", KNOWN, |_, _| json!({ "state": "away" })),
    row("members", INSIDE, in_room),
    row("kick", KEEPERS, to_other).spends(),
    row("moderator", OWNERS, |scene, _| json!({ "room": scene.room.id, "userId": scene.other.id, "on": true }))
        .spends(),
    row("owner", OWNERS, to_other).spends(),
];

const fn row(name: &'static str, cells: Cells, ask: fn(&Scene, Who) -> Value) -> Row<Value> {
    Row::new("", name, cells, ask)
}

fn in_room(scene: &Scene, _: Who) -> Value {
    json!({ "room": scene.room.id })
}

fn to_other(scene: &Scene, _: Who) -> Value {
    json!({ "room": scene.room.id, "userId": scene.other.id })
}

/// Abuse: N1
#[tokio::test]
async fn every_event_as_every_user() {
    let app = start_server(|_| {}).await;
    let (mut asked, mut given) = Default::default();
    let events = madang::socket::client_events(&mut asked, &mut given);
    is_complete(ROWS.iter().map(Row::title), events.iter().map(|event| event.name.to_owned()));
    check(&app, ROWS, ask).await;
}

/// Returns the answer on a socket that is in the room if its user is a member.
async fn ask(app: &App, scene: &mut Scene, row: &Row<Value>, who: Who) -> (String, bool) {
    let Some(person) = scene.find(who) else {
        let error = app.turned_away(ConnectOptions::default()).await;
        return (error["code"].as_str().unwrap().to_owned(), false);
    };
    let client = match who.is_inside() {
        true => app.enter(person, &scene.room).await,
        false => app.connect(person).await,
    };
    let answer = client.emit(row.name, (row.ask)(scene, who)).await;
    match answer["ok"].as_bool().unwrap() {
        true => ("ok".to_owned(), true),
        false => (answer["error"]["code"].as_str().unwrap().to_owned(), false),
    }
}
