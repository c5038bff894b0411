//! Every route of a page, a form or a file, as `src/web` declares them.

use madang::mail;
use madang::secret::Secret;

use super::routes::routes;
use super::scene::{Scene, Who, start_server};
use super::{Body, Cells, LOG_IN, NOBODY, Row, check, in_an_hour, is_complete, new_email, of_page, outcome};
use crate::support::fixtures::PASSWORD;
use crate::support::key;
use crate::support::{App, Response};

/// Redirects to the join page or the room, with the reason.
const OUT: &str = "/room/{id}?refused=not_a_member";
const NO: &str = "/room/{id}?refused=forbidden";
const ROOM: &str = "/room/{id}";
/// Redirects to the message.
const SAID: &str = "/room/{id}?at={seq}#m-{seq}";
/// Redirects to the lobby, with the reason.
const HOME: &str = "/?refused=not_a_member";
const GONE: &str = "/?done=deleted";

/// The error of what scripts fetch.
const NOT: &str = "forbidden";

const QUEUE: &str = "/admin/reports?done=saved";

/// A report of somebody in a room is for its members.
const REPORTED: Cells = {
    const OUTSIDE: &str = "/room/{id}/report?refused=not_a_member";
    const DONE: &str = "/room/{id}/report?done=saved";
    [NOBODY, OUTSIDE, DONE, OUTSIDE, DONE, DONE, OUTSIDE, DONE]
};

const ALL: Cells = ["200"; 8];

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

/// For admins of the server, wherever they are; others get a page about the error.
const fn admins(cell: &'static str) -> Cells {
    [NOBODY, "403", "403", "403", "403", "403", cell, cell]
}

/// Fetched by scripts: a refusal is an error instead of a redirect.
const fn fetched(guest: &'static str, member: &'static str, admin: &'static str) -> Cells {
    ["unauthenticated", guest, member, guest, "200", "200", admin, "200"]
}

/// For visitors without an account; users with one are redirected.
const fn newcomers(on: &'static str) -> Cells {
    ["200", "200", on, on, on, on, on, on]
}

pub(super) const ROWS: &[Row<Body>] = &[
    row("GET", "/", ALL, nothing),
    row("POST", "/find", [ROOM; 8], |scene, _| form([("room", &scene.room.id)])),
    row("POST", "/lang", ["/"; 8], |_, _| form([("lang", "en")])),
    row("GET", "/offline", ALL, nothing),
    row("GET", "/people", known("200"), nothing),
    row("GET", "/search", [NOBODY, HOME, "200", HOME, "200", "200", HOME, "200"], |scene, _| {
        Body::Query(format!("q=hello&room={}", scene.room.id))
    }),
    row("GET", "/signup", newcomers("/me"), nothing),
    row("POST", "/signup", ["/", "/", "403", "403", "403", "403", "403", "403"], |_, _| {
        form([("email", &new_email()), ("name", "somebody"), ("password", PASSWORD)])
    })
    .spends(),
    row("GET", "/signup/link", ["/signup"; 8], nothing),
    row("POST", "/signup/link", ["404"; 8], |_, _| form([("email", "nobody@example.org")])),
    row("GET", "/signup/{code}", ["410", "410", "/me", "/me", "/me", "/me", "/me", "/me"], nothing).wants("reset link"),
    row("GET", "/login", newcomers("/"), nothing),
    row("POST", "/login", ["/"; 8], |_, _| form([("email", "model@example.org"), ("password", PASSWORD)])).spends(),
    row("GET", "/logout", ["/me"; 8], nothing),
    row("POST", "/logout", ["/"; 8], nothing).spends(),
    row("GET", "/forgot", ALL, nothing),
    row("POST", "/forgot", ALL, |_, _| form([("email", "nobody@example.org")])),
    row("GET", "/reset/{code}", ALL, nothing).wants("reset link"),
    row("POST", "/reset/{code}", ["/login?done=reset"; 8], |_, _| form([("password", "a gate by the tree")]))
        .spends()
        .wants("reset link"),
    // A link for another purpose.
    row("GET", "/email/{code}", ["410"; 8], nothing).wants("reset link"),
    row("POST", "/email/{code}", ["410"; 8], empty).wants("reset link"),
    row("GET", "/email/new/{code}", ["410"; 8], nothing).wants("reset link"),
    row("POST", "/email/new/{code}", ["410"; 8], empty).wants("reset link"),
    row("GET", "/unsubscribe/{link}", ["410"; 8], nothing),
    row("POST", "/unsubscribe/{link}", ["410"; 8], empty),
    row("GET", "/transfer", ["/me#transfer"; 8], nothing),
    row("POST", "/transfer", known("200"), empty),
    row("GET", "/transfer/{code}", ALL, nothing).wants("device link"),
    row("GET", "/transfer/{code}/qr.svg", ALL, nothing).wants("device link"),
    row("POST", "/transfer/{code}", ["/"; 8], |_, _| form([("next", "/")])).spends().wants("device link"),
    row("GET", "/admin/{code}", ALL, nothing).wants("admin link"),
    row("POST", "/admin/{code}", accounts("/login?next=/admin/{code}", "/admin"), empty).spends().wants("admin link"),
    row("GET", "/admin", admins("200"), nothing),
    row("GET", "/admin/charts", ["unauthenticated", NOT, NOT, NOT, NOT, NOT, "200", "200"], nothing),
    row("GET", "/admin/people", admins("200"), nothing),
    row("POST", "/admin/people", admins("200"), |_, _| form([("name", "hana"), ("email", &new_email())])),
    row("POST", "/admin/people/{userId}", admins("/admin/people?show=all&done=saved"), |_, _| {
        form([("act", "endSessions")])
    })
    .spends(),
    row("GET", "/admin/rooms", admins("200"), nothing),
    row("POST", "/admin/rooms/{id}", admins("/admin/rooms?done=saved"), |_, _| form([("act", "close")])).spends(),
    row("GET", "/admin/settings", admins("200"), nothing),
    row("POST", "/admin/settings", admins("/admin/settings?done=saved"), |_, _| {
        form([
            ("name", "Village"),
            ("announcement", ""),
            ("welcome", ""),
            ("rules", ""),
            ("signUp", "open"),
            ("emailDomains", ""),
            ("guests", ""),
            ("roomCreators", ""),
            ("directFrom", "everybody"),
        ])
    }),
    row("POST", "/admin/logo", admins("/admin/settings?done=saved"), |_, _| Body::File),
    row("POST", "/admin/logo/remove", admins("/admin/settings?done=saved"), empty),
    row("POST", "/admin/invites", admins("/admin/settings?done=saved"), |_, _| form([("uses", ""), ("hours", "")])),
    row("POST", "/admin/invites/{code}/delete", admins("/admin/settings?done=saved"), empty)
        .spends()
        .wants("server invite"),
    row("GET", "/admin/reports", admins("200"), nothing),
    row("POST", "/admin/lock", admins("/admin/settings?done=saved"), |_, _| form([("minutes", "0")])),
    row("GET", "/admin/log", admins("200"), nothing),
    row("POST", "/admin/jobs/retry", admins("/admin?done=saved"), empty),
    row("POST", "/admin/jobs/{number}", admins("/admin?refused=not_found"), |_, _| form([("act", "retry")])),
    // The server of these tests makes no backups.
    row("POST", "/admin/backups", admins("/admin?refused=not_found"), empty),
    row("GET", "/me", ["/login?next=/me", "200", "200", "200", "200", "200", "200", "200"], nothing),
    row("POST", "/me", known("/me?done=saved"), |_, who| form([("name", who.name()), ("bio", "here and there")])),
    row("POST", "/me/picture", known("/me?done=saved"), |_, _| Body::File),
    row("POST", "/me/picture/remove", known("/me?done=saved"), empty),
    row("POST", "/me/privacy", known("/me?done=saved"), empty),
    row("POST", "/me/notifications", known("/me?done=saved"), |_, _| form([("from", "22:00"), ("until", "07:00")])),
    row("POST", "/me/digest", account_holders("/me?done=saved"), |_, _| form([("minutes", "60")])),
    // The subscription belongs to nobody here.
    row("POST", "/me/push-subscriptions/{pushId}/text", known("404"), empty),
    row("POST", "/me/push-subscriptions/{pushId}/test", known("404"), empty),
    row("POST", "/me/push-subscriptions/{pushId}/delete", known("404"), empty),
    row("GET", "/me/scheduled", known("200"), nothing),
    row("POST", "/room/{id}/scheduled", inside("/me/scheduled"), |_, _| {
        form([("text", "later"), ("at", &in_an_hour()), ("zone", "Asia/Seoul")])
    }),
    row("POST", "/me/scheduled/{scheduledId}", known("/me/scheduled?refused=not_found"), |_, _| {
        form([("text", "sooner"), ("at", &in_an_hour()), ("zone", "Asia/Seoul")])
    }),
    row("POST", "/me/scheduled/{scheduledId}/cancel", known("/me/scheduled?refused=not_found"), empty),
    row("POST", "/me/scheduled/{scheduledId}/send", known("/me/scheduled?refused=not_found"), empty),
    row("POST", "/me/contact", known("/me?done=saved"), |_, _| form([("directFrom", "everybody")])),
    row("POST", "/me/email", account_holders("/me?done=saved"), |_, _| {
        let email = format!("{}@example.org", key().replace(' ', "-"));
        form([("email", &email), ("password", PASSWORD)])
    }),
    row("POST", "/me/password", account_holders("/me?done=saved"), |_, _| {
        form([("current", PASSWORD), ("password", "a gate by the tree")])
    })
    .spends(),
    row("POST", "/me/sessions", known("/me?done=saved"), empty),
    row("POST", "/me/export", known("/me?done=saved"), empty).spends(),
    row("GET", "/me/export/madang.zip", known("not_found"), nothing),
    row("POST", "/me/notifications/muted", known("/"), |scene, _| form([("userId", &scene.other.id), ("on", "on")])),
    row("POST", "/me/blocks", known("/"), |scene, _| form([("userId", &scene.other.id), ("on", "on")])),
    row("POST", "/me/delete", known("/login?done=left"), |_, _| form([("messages", "keep"), ("password", PASSWORD)]))
        .spends(),
    row("POST", "/direct", known(ROOM), to_other),
    row("POST", "/rooms", [ROOM; 8], |_, _| form([("title", "garden")])),
    row("GET", "/room/{id}", ["door", "door", "talk", "door", "talk", "talk", "door", "talk"], nothing),
    row("POST", "/room/{id}/enter", [ROOM; 8], empty).spends(),
    row("POST", "/room/{id}/leave", [NOBODY, HOME, "/", HOME, "/", "/", HOME, "/"], empty).spends(),
    row("POST", "/room/{id}/accept", known("/?refused=room_not_found"), empty),
    row("POST", "/room/{id}/kick", moderators(ROOM), to_other).spends(),
    row("POST", "/room/{id}/owner", owners(ROOM), to_other).spends(),
    row("POST", "/room/{id}/moderators", owners(ROOM), |scene, _| form([("userId", &scene.other.id), ("on", "true")]))
        .spends(),
    row("POST", "/room/{id}/notifications", inside(ROOM), |_, _| form([("level", "mentions")])),
    row("POST", "/room/{id}/bans/lift", moderators("/room/{id}/settings"), |scene, _| {
        form([("userId", scene.named("banned"))])
    })
    .spends()
    .wants("banned"),
    row("GET", "/room/{id}/report", known("200"), nothing),
    row("POST", "/room/{id}/report", REPORTED, |scene, _| form([("userId", &scene.other.id), ("reason", "spam")])),
    row("GET", "/room/{id}/reports", [NOBODY, "403", "403", "403", "200", "200", "200", "200"], nothing),
    row("POST", "/reports/{reportId}", [NOBODY, "404", "404", "404", QUEUE, QUEUE, QUEUE, QUEUE], |_, _| {
        form([("decision", "dismiss")])
    })
    .spends()
    .wants("report"),
    row("POST", "/room/{id}/mutes", moderators(ROOM), |scene, _| form([("userId", &scene.other.id), ("minutes", "5")]))
        .spends(),
    row("POST", "/room/{id}/mutes/lift", moderators("/room/{id}/reports?done=saved"), to_other).spends().wants("mute"),
    row("POST", "/room/{id}/lock", moderators("/room/{id}/reports?done=saved"), |_, _| form([("minutes", "0")])),
    row("GET", "/room/{id}/qr.svg", fetched("200", "200", "200"), nothing),
    row("POST", "/room/{id}/invites", moderators("/room/{id}#share"), |_, _| form([("uses", ""), ("hours", "")])),
    row("POST", "/room/{id}/invites/{code}/delete", moderators("/room/{id}#share"), empty).spends().wants("invite"),
    row("GET", "/room/{id}/invites/{code}/qr.svg", fetched("not_a_member", "forbidden", "not_a_member"), nothing)
        .wants("invite"),
    row("GET", "/invite/{code}", ["door", "door", ROOM, "door", ROOM, ROOM, "door", ROOM], nothing).wants("invite"),
    row("GET", "/room/{id}/settings", moderators("200"), nothing),
    row("POST", "/room/{id}/settings", owners(ROOM), |_, _| form([("title", "garden")])),
    row("POST", "/room/{id}/delete", [NOBODY, OUT, NO, OUT, NO, GONE, GONE, GONE], empty).spends(),
    row("GET", "/room/{id}/files", [ROOM, ROOM, "200", ROOM, "200", "200", ROOM, "200"], nothing),
    row("POST", "/room/{id}/acts", [NOBODY, NO, SAID, NO, SAID, SAID, NO, SAID], |scene, _| {
        form([("id", &scene.message), ("act", "react"), ("emoji", "👍")])
    }),
    row("GET", "/room/{id}/pins", fetched("not_a_member", "200", "not_a_member"), nothing),
    row("GET", "/room/{id}/messages", fetched("not_a_member", "200", "not_a_member"), |_, _| {
        Body::Query("before=100".into())
    }),
    row("POST", "/room/{id}/messages", inside("/room/{id}#end"), |_, _| Body::File),
    row("GET", "/me/bots", known("200"), nothing),
    row(
        "POST",
        "/me/bots",
        [NOBODY, "/me/bots?refused=forbidden", "200", "200", "200", "200", "200", "200"],
        |_, _| form([("name", "reminder"), ("read", "on")]),
    )
    .spends(),
    // The bot belongs to nobody here.
    row("POST", "/me/bots/{userId}/rotate", known("/me/bots?refused=not_found"), empty),
    row("POST", "/me/bots/{userId}/delete", known("/me/bots?refused=not_found"), empty),
    row("GET", "/room/{id}/hooks", moderators("200"), nothing),
    row("POST", "/room/{id}/hooks", moderators("200"), |_, _| form([("name", "builds")])).spends(),
    row("POST", "/room/{id}/hooks/{hookId}/rotate", moderators("200"), empty).wants("hook"),
    row("POST", "/room/{id}/hooks/{hookId}/delete", moderators("/room/{id}/hooks"), empty).spends().wants("hook"),
    row("POST", "/room/{id}/outgoing-hooks", moderators("200"), |_, _| {
        form([("url", "https://hooks.example/in"), ("message", "on")])
    })
    .spends(),
    // The hook is an incoming one.
    row("GET", "/room/{id}/outgoing-hooks/{hookId}", moderators("/room/{id}/hooks?refused=not_found"), nothing)
        .wants("hook"),
    row("POST", "/room/{id}/outgoing-hooks/{hookId}/rotate", moderators("/room/{id}/hooks?refused=not_found"), empty)
        .wants("hook"),
    row("POST", "/room/{id}/outgoing-hooks/{hookId}/resume", moderators("/room/{id}/hooks?refused=not_found"), empty)
        .wants("hook"),
    row("POST", "/room/{id}/outgoing-hooks/{hookId}/delete", moderators("/room/{id}/hooks?refused=not_found"), empty)
        .wants("hook"),
    row(
        "POST",
        "/room/{id}/outgoing-hooks/{hookId}/replay",
        moderators("/room/{id}/hooks?refused=not_found"),
        |scene, _| form([("id", scene.named("hook"))]),
    )
    .wants("hook"),
    row("GET", "/admin/hooks", admins("200"), nothing),
    row("POST", "/admin/outgoing-hooks", admins("200"), |_, _| {
        form([("url", "https://hooks.example/in"), ("roomCreated", "on")])
    })
    .spends(),
    // The hook is one of the room.
    row("GET", "/admin/outgoing-hooks/{hookId}", admins("/admin/hooks?refused=not_found"), nothing).wants("hook"),
    row("POST", "/admin/outgoing-hooks/{hookId}/rotate", admins("/admin/hooks?refused=not_found"), empty).wants("hook"),
    row("POST", "/admin/outgoing-hooks/{hookId}/resume", admins("/admin/hooks?refused=not_found"), empty).wants("hook"),
    row("POST", "/admin/outgoing-hooks/{hookId}/delete", admins("/admin/hooks?refused=not_found"), empty).wants("hook"),
    row("POST", "/admin/outgoing-hooks/{hookId}/replay", admins("/admin/hooks?refused=not_found"), |scene, _| {
        form([("id", scene.named("hook"))])
    })
    .wants("hook"),
    // There is no such command.
    row("POST", "/hooks/answers/{secret}", ["404"; 8], |_, _| Body::Json(serde_json::json!({ "text": "done" }))),
    // The secret is all that counts.
    row("POST", "/hooks/{secret}", ALL, |_, _| Body::Json(serde_json::json!({ "text": "built" }))).wants("hook secret"),
    // With METRICS_TOKEN, and without the token; else it does not exist.
    row("GET", "/metrics", ["401"; 8], nothing),
    row("GET", "/healthz", ALL, nothing),
    row("GET", "/readyz", ALL, nothing),
    row("GET", "/pictures/{hash}", fetched("200", "200", "200"), nothing).wants("picture"),
    row("GET", "/logo/{hash}", ALL, nothing).wants("logo"),
    row("GET", "/assets/{name}", ALL, nothing).wants("asset"),
    row("GET", "/socket.io/{name}", ALL, nothing),
    row("GET", "/favicon.ico", ["/assets/{name}"; 8], nothing),
    row("GET", "/robots.txt", ALL, nothing),
    row("GET", "/manifest.webmanifest", ALL, nothing),
    row("GET", "/sw.js", ALL, nothing),
    row("GET", "/files/{id}", fetched("not_found", "200", "not_found"), nothing).wants("file"),
    row("GET", "/files/{id}/thumbnail", fetched("not_found", "200", "not_found"), nothing).wants("file"),
];

/// For accounts; guests get the same answer as strangers.
const fn accounts(others: &'static str, cell: &'static str) -> Cells {
    [others, others, cell, cell, cell, cell, cell, cell]
}

/// For users with an e-mail and a password; a guest has none to change.
const fn account_holders(cell: &'static str) -> Cells {
    [NOBODY, "403", cell, cell, cell, cell, cell, cell]
}

const fn row(method: &'static str, name: &'static str, cells: Cells, ask: fn(&Scene, Who) -> Body) -> Row<Body> {
    Row::new(method, name, of_page(method, cells), ask)
}

fn nothing(_: &Scene, _: Who) -> Body {
    Body::Nothing
}

fn empty(_: &Scene, _: Who) -> Body {
    form([])
}

fn to_other(scene: &Scene, _: Who) -> Body {
    form([("userId", &scene.other.id)])
}

fn form<const N: usize>(fields: [(&'static str, &str); N]) -> Body {
    Body::Form(fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect())
}

/// Returns the path with the values of the scene.
pub(super) fn path(scene: &Scene, row: &Row<Body>) -> String {
    let id = if row.wants == "file" { scene.named("file") } else { &scene.room.id };
    let made = if row.wants.is_empty() { "" } else { scene.named(row.wants) };
    let filled = row.name.replace("{id}", id).replace("{code}", made).replace("{hash}", made);
    let filled = filled.replace("{userId}", &scene.other.id).replace("{hookId}", made).replace("{secret}", made);
    let filled = filled.replace("{reportId}", made).replace("{pushId}", &scene.message).replace("{number}", "1");
    let filled = filled.replace("{scheduledId}", &scene.message);
    let name = if row.wants == "asset" { made } else { "socket.io.js" };
    filled.replace("{name}", name)
}

/// Abuse: N1, R8
#[tokio::test]
async fn every_page_form_and_file_by_every_kind_of_user() {
    // With e-mail, so that the page for forgotten passwords exists. No mail server is running.
    let app = start_server(|config| {
        let url = "smtp://127.0.0.1:9".to_owned();
        config.mail = Some(mail::Settings { url: Secret::new(url), from: "Madang <madang@example.org>".into() });
        config.metrics.token = Some(Secret::new("0123456789abcdef"));
    })
    .await;
    // The metrics are answered before the routes.
    is_complete(ROWS.iter().map(Row::title), routes().into_iter().chain(["GET /metrics".to_owned()]));
    check(&app, ROWS, ask).await;
}

async fn ask(app: &App, scene: &mut Scene, row: &Row<Body>, who: Who) -> (String, bool) {
    scene.prepare(app, row.wants).await;
    let request = (row.ask)(scene, who).request(app, row.method, &path(scene, row));
    let request = match scene.find(who) {
        Some(person) => request.cookie(&person.token),
        None => request,
    };
    let answer = request.send().await;
    let found = shown(&answer, scene);
    let is_refused = found.contains("refused=") || answer.status >= 400;
    (found, !is_refused)
}

/// Returns the target of a redirect, with placeholders for the values of the scene, or the kind of the answer.
fn shown(answer: &Response, scene: &Scene) -> String {
    if let Some(place) = answer.header("location") {
        assert!(matches!(answer.status, 303 | 308), "{}", answer.status);
        return template(place, scene);
    }
    let text = answer.text();
    match outcome(answer).as_str() {
        "200" if text.contains("/enter\"") => "door".to_owned(),
        "200" if text.contains("id=\"timeline\"") => "talk".to_owned(),
        status => status.to_owned(),
    }
}

fn template(place: &str, scene: &Scene) -> String {
    let place = match place.strip_prefix("/room/") {
        Some(rest) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            format!("/room/{{id}}{}", &rest[end..])
        }
        None if place.starts_with("/login?next=%2F") => LOG_IN.to_owned(),
        None if place.starts_with("/assets/") => "/assets/{name}".to_owned(),
        None => place.to_owned(),
    };
    let place = match place.split_once("?at=").and_then(|(room, at)| Some((room, at.split_once("#m-")?))) {
        Some((room, (seq, same))) if seq == same => format!("{room}?at={{seq}}#m-{{seq}}"),
        _ => place,
    };
    scene.codes().fold(place, |place, code| place.replace(code, "{code}"))
}
