//! Every call of the REST API.

use madang::config::Config;
use serde_json::{Value, json};

use super::scene::{Scene, Who, start_server};
use super::{Body, Cells, Row, check, in_an_hour, is_complete, new_email, outcome};
use crate::support::App;
use crate::support::fixtures::PASSWORD;
use crate::support::key;
use crate::support::push::Browser;

/// The answer for strangers: an identity is needed first.
const NOBODY: &str = "unauthenticated";
const OUT: &str = "not_a_member";
const NO: &str = "forbidden";
/// What is for others to decide does not exist.
const GONE: &str = "not_found";

/// The same for everyone with an identity.
const fn known(cell: &'static str) -> Cells {
    [NOBODY, cell, cell, cell, cell, cell, cell, cell]
}

/// For members of the room.
const fn inside(cell: &'static str) -> Cells {
    [NOBODY, OUT, cell, OUT, cell, cell, OUT, cell]
}

/// For moderators of the room.
const fn moderators(cell: &'static str) -> Cells {
    [NOBODY, OUT, NO, OUT, cell, cell, OUT, cell]
}

/// For the owner, and admins in the room.
const fn owners(cell: &'static str) -> Cells {
    [NOBODY, OUT, NO, OUT, NO, cell, OUT, cell]
}

/// For admins of the server.
const fn admins(cell: &'static str) -> Cells {
    [NOBODY, NO, NO, NO, NO, NO, cell, cell]
}

/// For users who can read the room's messages.
const fn readers(cell: &'static str) -> Cells {
    [NOBODY, NO, cell, NO, cell, cell, NO, cell]
}

pub(super) const ROWS: &[Row<Body>] = &[
    row("GET", "/openapi.json", ["200"; 8], nothing),
    row("POST", "/guests", ["201"; 8], empty),
    row("POST", "/users", ["201", "201", NO, NO, NO, NO, NO, NO], |_, _| {
        Body::Json(json!({ "email": new_email(), "password": PASSWORD }))
    })
    .spends(),
    row("POST", "/users/link", ["not_found"; 8], |_, _| Body::Json(json!({ "email": "nobody@example.org" }))),
    // A user's token is not an API key.
    row("POST", "/tokens", ["unauthenticated"; 8], |_, _| Body::Json(json!({ "externalId": "7", "name": "seven" }))),
    row("POST", "/session", ["201"; 8], |_, _| {
        Body::Json(json!({ "email": "model@example.org", "password": PASSWORD }))
    })
    .spends(),
    row("DELETE", "/session", known("204"), nothing).spends(),
    row("GET", "/me", known("200"), nothing),
    row("PATCH", "/me", known("200"), |_, who| Body::Json(json!({ "name": who.name() }))),
    row("DELETE", "/me", known("204"), |_, _| Body::Json(json!({ "password": PASSWORD, "messages": "keep" }))).spends(),
    row("PUT", "/me/password", [NOBODY, NO, "204", "204", "204", "204", "204", "204"], |_, _| {
        Body::Json(json!({ "current": PASSWORD, "password": "a gate by the tree" }))
    })
    .spends(),
    row("PUT", "/me/picture", known("200"), |_, _| Body::File),
    row("DELETE", "/me/picture", known("200"), nothing),
    row("GET", "/me/sessions", known("200"), nothing),
    row("DELETE", "/me/sessions", known("204"), nothing),
    row("DELETE", "/me/sessions/{id}", known("204"), nothing).spends(),
    row("GET", "/me/export", known("200"), nothing),
    row("POST", "/me/export", known("204"), nothing).spends(),
    row("GET", "/me/blocks", known("200"), nothing),
    row("PUT", "/me/blocks/{userId}", known("204"), nothing),
    row("DELETE", "/me/blocks/{userId}", known("204"), nothing),
    row("GET", "/users/{id}", [NOBODY, "not_found", "200", "not_found", "200", "200", "not_found", "200"], nothing),
    row("GET", "/me/rooms", known("200"), nothing),
    row("POST", "/direct", known("201"), other),
    row("POST", "/rooms/{id}/accept", known("room_not_found"), nothing),
    row("GET", "/users", known("200"), nothing),
    row("GET", "/search", inside("200"), |scene, _| Body::Query(format!("q=hello&room={}", scene.room.id))),
    row("GET", "/rooms", ["200"; 8], nothing),
    row("POST", "/rooms", known("201"), |_, _| Body::Json(json!({ "title": "garden" }))),
    row("GET", "/rooms/{id}", ["200"; 8], nothing),
    row("PATCH", "/rooms/{id}", owners("200"), |_, _| Body::Json(json!({ "title": "garden" }))),
    row("DELETE", "/rooms/{id}", [NOBODY, OUT, NO, OUT, NO, "204", "204", "204"], nothing).spends(),
    row("PUT", "/rooms/{id}/owner", owners("200"), other).spends(),
    row("GET", "/rooms/{id}/members", inside("200"), nothing),
    row("POST", "/rooms/{id}/members", known("200"), empty).spends(),
    row("DELETE", "/rooms/{id}/members/me", inside("204"), nothing).spends(),
    row("DELETE", "/rooms/{id}/members/{userId}", moderators("204"), nothing).spends(),
    row("GET", "/me/notifications", known("200"), nothing),
    row("PUT", "/me/notifications", known("204"), |_, _| {
        Body::Json(json!({ "from": 1320, "until": 420, "minutesEast": 540 }))
    }),
    row("DELETE", "/me/notifications", known("204"), nothing),
    row("GET", "/me/digest", known("200"), nothing),
    row("PUT", "/me/digest", known("not_found"), |_, _| Body::Json(json!({ "minutes": 60 }))),
    row("DELETE", "/me/digest", known("not_found"), nothing),
    row("GET", "/me/push-subscriptions", known("200"), nothing),
    row("POST", "/me/push-subscriptions", known("201"), |_, _| {
        Body::Json(Browser::new().json(&format!("https://push.example.org/{}", key())))
    })
    .spends(),
    // The subscription belongs to nobody here.
    row("PATCH", "/me/push-subscriptions/{pushId}", known("not_found"), |_, _| {
        Body::Json(json!({ "hidesText": true }))
    }),
    row("DELETE", "/me/push-subscriptions/{pushId}", known("not_found"), nothing),
    row("POST", "/me/push-subscriptions/{pushId}/test", known("not_found"), nothing),
    row("GET", "/me/scheduled", known("200"), nothing),
    row("POST", "/rooms/{id}/scheduled", inside("201"), |_, _| {
        Body::Json(json!({ "text": "later", "at": in_an_hour(), "zone": "Asia/Seoul" }))
    }),
    // The scheduled message belongs to nobody here.
    row("PATCH", "/me/scheduled/{scheduledId}", known("not_found"), |_, _| Body::Json(json!({ "text": "sooner" }))),
    row("DELETE", "/me/scheduled/{scheduledId}", known("not_found"), nothing),
    row("POST", "/me/scheduled/{scheduledId}/send", known("not_found"), nothing),
    row("PUT", "/me/notifications/muted/{userId}", known("204"), nothing),
    row("DELETE", "/me/notifications/muted/{userId}", known("204"), nothing),
    row("PUT", "/rooms/{id}/notifications", inside("204"), |_, _| Body::Json(json!({ "level": "mentions" }))),
    row("PUT", "/rooms/{id}/moderators/{userId}", owners("204"), nothing).spends(),
    row("DELETE", "/rooms/{id}/moderators/{userId}", owners("204"), nothing),
    row("GET", "/rooms/{id}/bans", moderators("200"), nothing),
    row("DELETE", "/rooms/{id}/bans/{userId}", moderators("204"), nothing).spends().wants("banned"),
    row("GET", "/rooms/{id}/invites", moderators("200"), nothing),
    row("POST", "/rooms/{id}/invites", moderators("201"), empty),
    row("DELETE", "/rooms/{id}/invites/{code}", moderators("204"), nothing).spends().wants("invite"),
    row("GET", "/rooms/{id}/messages", inside("200"), nothing),
    row("POST", "/rooms/{id}/messages", inside("201"), |_, _| Body::Json(json!({ "text": "good evening" }))),
    row("GET", "/rooms/{id}/pins", inside("200"), nothing),
    // The message belongs to the member.
    row("PATCH", "/messages/{id}", [NOBODY, NO, "200", NO, NO, NO, NO, NO], |_, _| {
        Body::Json(json!({ "text": "bye" }))
    }),
    row("DELETE", "/messages/{id}", [NOBODY, NO, "200", NO, "200", "200", "200", "200"], nothing).spends(),
    row("PUT", "/messages/{id}/reactions/{emoji}", readers("200"), nothing),
    row("DELETE", "/messages/{id}/reactions/{emoji}", readers("200"), nothing),
    row("PUT", "/messages/{id}/pin", [NOBODY, NO, NO, NO, "200", "200", NO, "200"], nothing),
    row("DELETE", "/messages/{id}/pin", [NOBODY, NO, NO, NO, "200", "200", NO, "200"], nothing),
    row("GET", "/rooms/{id}/files", inside("200"), nothing),
    row("POST", "/rooms/{id}/files", inside("201"), |_, _| Body::File),
    row("POST", "/uploads", known("201"), |_, _| Body::File),
    // The report is of the member's message, by the guest in the room.
    row("POST", "/messages/{id}/reports", [NOBODY, NO, NO, NO, "201", "201", NO, "201"], |_, _| {
        Body::Json(json!({ "reason": "spam" }))
    }),
    row("POST", "/users/{userId}/reports", known("201"), |_, _| Body::Json(json!({ "reason": "spam" }))),
    row("GET", "/rooms/{id}/reports", [NOBODY, OUT, NO, OUT, "200", "200", "200", "200"], nothing),
    row("GET", "/admin/reports", admins("200"), nothing),
    row("POST", "/reports/{reportId}/decision", [NOBODY, GONE, GONE, GONE, "204", "204", "204", "204"], |_, _| {
        Body::Json(json!({ "decision": "dismiss" }))
    })
    .spends()
    .wants("report"),
    row("GET", "/rooms/{id}/mutes", moderators("200"), nothing),
    row("PUT", "/rooms/{id}/mutes/{userId}", moderators("204"), |_, _| Body::Json(json!({ "minutes": 5 }))).spends(),
    row("DELETE", "/rooms/{id}/mutes/{userId}", moderators("204"), nothing).spends().wants("mute"),
    row("PUT", "/rooms/{id}/lock", moderators("200"), |_, _| Body::Json(json!({ "minutes": 0 }))),
    row("PUT", "/messages/{id}/hidden", [NOBODY, NO, NO, NO, "200", "200", "200", "200"], nothing).spends(),
    row("DELETE", "/messages/{id}/hidden", [NOBODY, NO, NO, NO, "200", "200", "200", "200"], nothing)
        .spends()
        .wants("hidden"),
    row("GET", "/server", ["200"; 8], nothing),
    row("GET", "/admin/settings", admins("200"), nothing),
    row("PATCH", "/admin/settings", admins("200"), |_, _| Body::Json(json!({ "name": "Village" }))),
    row("PUT", "/admin/logo", admins("200"), |_, _| Body::File),
    row("DELETE", "/admin/logo", admins("200"), nothing),
    row("GET", "/admin/invites", admins("200"), nothing),
    row("POST", "/admin/invites", admins("201"), empty),
    row("DELETE", "/admin/invites/{code}", admins("204"), nothing).spends().wants("server invite"),
    row("GET", "/admin/audit", admins("200"), nothing),
    row("GET", "/admin/users", admins("200"), nothing),
    row("POST", "/admin/users", admins("201"), |_, _| Body::Json(json!({ "email": new_email(), "name": "hana" }))),
    row("PATCH", "/admin/users/{userId}", admins("200"), |_, _| Body::Json(json!({ "suspended": true }))).spends(),
    row("DELETE", "/admin/users/{userId}/sessions", admins("204"), nothing).spends(),
    // The target is a guest, who has no password.
    row("POST", "/admin/users/{userId}/reset", admins("not_found"), nothing),
    row("DELETE", "/admin/users/{userId}", admins("204"), |_, _| Body::Json(json!({ "messages": "keep" }))).spends(),
    row("GET", "/admin/rooms", admins("200"), nothing),
    row("PATCH", "/admin/rooms/{id}", admins("200"), |_, _| Body::Json(json!({ "closed": true }))).spends(),
    row("PUT", "/admin/rooms/{id}/owner", admins("200"), other).spends(),
    row("GET", "/admin/status", admins("200"), nothing),
    row("POST", "/admin/jobs/retry", admins("204"), nothing),
    // The server of these tests makes no backups.
    row("POST", "/admin/backups", admins("not_found"), nothing),
    row("GET", "/rooms/{id}/commands", inside("200"), nothing),
    row("POST", "/rooms/{id}/commands", inside("200"), |_, _| Body::Json(json!({ "text": "/shrug" }))),
    row("PUT", "/me/commands", known("forbidden"), |_, _| Body::Json(json!({ "commands": [] }))),
    row("GET", "/me/bots", known("200"), nothing),
    row("POST", "/me/bots", [NOBODY, NO, "201", "201", "201", "201", "201", "201"], |_, _| {
        Body::Json(json!({ "name": "reminder", "rights": ["read", "send"] }))
    })
    .spends(),
    // The bot belongs to nobody here.
    row("PATCH", "/me/bots/{userId}", known("not_found"), named),
    row("POST", "/me/bots/{userId}/rotate", known("not_found"), empty),
    row("DELETE", "/me/bots/{userId}", known("not_found"), nothing),
    row("GET", "/rooms/{id}/hooks", moderators("200"), nothing),
    row("POST", "/rooms/{id}/hooks", moderators("201"), named).spends(),
    row("PATCH", "/rooms/{id}/hooks/{hookId}", moderators("200"), named).wants("hook"),
    row("POST", "/rooms/{id}/hooks/{hookId}/rotate", moderators("200"), nothing).wants("hook"),
    row("PUT", "/rooms/{id}/hooks/{hookId}/picture", moderators("200"), |_, _| Body::File).wants("hook"),
    row("DELETE", "/rooms/{id}/hooks/{hookId}", moderators("204"), nothing).spends().wants("hook"),
    row("GET", "/rooms/{id}/outgoing-hooks", moderators("200"), nothing),
    row("POST", "/rooms/{id}/outgoing-hooks", moderators("201"), |_, _| {
        Body::Json(json!({ "url": "https://hooks.example/in", "events": ["message"] }))
    })
    .spends(),
    // The hook is an incoming one.
    row("POST", "/rooms/{id}/outgoing-hooks/{hookId}/rotate", moderators("not_found"), nothing).wants("hook"),
    row("POST", "/rooms/{id}/outgoing-hooks/{hookId}/resume", moderators("not_found"), nothing).wants("hook"),
    row("DELETE", "/rooms/{id}/outgoing-hooks/{hookId}", moderators("not_found"), nothing).wants("hook"),
    row("GET", "/rooms/{id}/outgoing-hooks/{hookId}/deliveries", moderators("not_found"), nothing).wants("hook"),
    row("POST", "/rooms/{id}/outgoing-hooks/{hookId}/deliveries/{deliveryId}/replay", moderators("not_found"), nothing)
        .wants("hook"),
    row("PUT", "/rooms/{id}/outgoing-hooks/{hookId}/commands", moderators("not_found"), |_, _| {
        Body::Json(json!({ "commands": [] }))
    })
    .wants("hook"),
    row("GET", "/admin/outgoing-hooks", admins("200"), nothing),
    row("POST", "/admin/outgoing-hooks", admins("201"), |_, _| {
        Body::Json(json!({ "url": "https://hooks.example/in", "events": ["roomCreated"] }))
    })
    .spends(),
    // The hook is one of the room.
    row("POST", "/admin/outgoing-hooks/{hookId}/rotate", admins("not_found"), nothing).wants("hook"),
    row("POST", "/admin/outgoing-hooks/{hookId}/resume", admins("not_found"), nothing).wants("hook"),
    row("DELETE", "/admin/outgoing-hooks/{hookId}", admins("not_found"), nothing).wants("hook"),
    row("GET", "/admin/outgoing-hooks/{hookId}/deliveries", admins("not_found"), nothing).wants("hook"),
    row("POST", "/admin/outgoing-hooks/{hookId}/deliveries/{deliveryId}/replay", admins("not_found"), nothing)
        .wants("hook"),
    row("GET", "/admin/jobs", admins("200"), nothing),
    // There is no such job.
    row("POST", "/admin/jobs/{number}/retry", admins("not_found"), nothing),
    row("DELETE", "/admin/jobs/{number}", admins("not_found"), nothing),
];

const fn row(method: &'static str, name: &'static str, cells: Cells, ask: fn(&Scene, Who) -> Body) -> Row<Body> {
    Row::new(method, name, cells, ask)
}

fn nothing(_: &Scene, _: Who) -> Body {
    Body::Nothing
}

fn empty(_: &Scene, _: Who) -> Body {
    Body::Json(json!({}))
}

fn named(_: &Scene, _: Who) -> Body {
    Body::Json(json!({ "name": "builds" }))
}

fn other(scene: &Scene, _: Who) -> Body {
    Body::Json(json!({ "userId": scene.other.id }))
}

/// Returns the path with the values of the scene.
pub(super) fn path(scene: &Scene, row: &Row<Body>) -> String {
    let id = match row.name.split('/').nth(1).unwrap() {
        "messages" => &scene.message,
        "users" => &scene.other.id,
        // The id is looked up when it is needed.
        "me" => "{session}",
        _ => &scene.room.id,
    };
    let report = if row.wants == "report" { scene.named("report") } else { "" };
    let user_id = if row.wants == "banned" { scene.named("banned") } else { &scene.other.id };
    let code = if row.wants.ends_with("invite") { scene.named(row.wants) } else { "" };
    let hook_id = if row.wants == "hook" { scene.named("hook") } else { "" };
    let filled = row.name.replace("{hookId}", hook_id).replace("{deliveryId}", hook_id).replace("{reportId}", report);
    let filled = filled.replace("{pushId}", &scene.message).replace("{scheduledId}", &scene.message);
    let filled =
        filled.replace("{id}", id).replace("{userId}", user_id).replace("{code}", code).replace("{number}", "1");
    format!("/api{}", filled.replace("{emoji}", "%F0%9F%91%8D"))
}

/// Abuse: N1, R8
#[tokio::test]
async fn every_rest_call_by_every_kind_of_user() {
    let app = start_server(|_| {}).await;
    let calls = madang::web::api::calls(Config::default().upload_max);
    let there = calls.iter().map(|call| format!("{} {}", call.method, call.path));
    is_complete(ROWS.iter().map(Row::title), there);
    check(&app, ROWS, ask).await;
}

async fn ask(app: &App, scene: &mut Scene, row: &Row<Body>, who: Who) -> (String, bool) {
    scene.prepare(app, row.wants).await;
    let mut path = path(scene, row);
    if path.contains("{session}") {
        path = path.replace("{session}", &session(app, scene, who).await);
    }
    let request = (row.ask)(scene, who).request(app, row.method, &path);
    let request = match scene.find(who) {
        Some(person) => request.bearer(&person.token),
        None => request,
    };
    let found = outcome(&request.send().await);
    let is_done = found.starts_with('2');
    (found, is_done)
}

/// Returns the id of the user's only session; the stranger uses the member's.
async fn session(app: &App, scene: &Scene, who: Who) -> String {
    let person = scene.find(who).unwrap_or(scene.member());
    let listed = app.call(person, "GET", "/me/sessions", Value::Null).await.is(200);
    listed["sessions"][0]["id"].as_str().unwrap().to_owned()
}

/// The reference says of each call whether it needs an identity.
#[test]
fn calls_without_a_session_are_marked_as_public() {
    for call in madang::web::api::calls(Config::default().upload_max).iter() {
        // A call without a row fails above, by its name.
        let row = ROWS.iter().find(|row| row.method == call.method && row.name == call.path);
        let Some(row) = row else { continue };
        assert_eq!(row.cells[0] != NOBODY, call.is_public, "{} {}", call.method, call.path);
    }
}
