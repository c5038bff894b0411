//! The access matrix: every call, every event and every page, requested by every kind of user. A
//! new one without a row fails, and so does a row of something that no longer exists.
//! `docs/access.md` is generated from the rows.

mod bot;
mod event;
mod hidden;
mod malformed;
mod page;
mod rest;
mod routes;
mod scene;

use std::collections::BTreeSet;
use std::fmt::Write;

use madang::clock::{now_ms, rfc3339};
use madang::error::Code;
use serde_json::Value;

use crate::reference::is_current;
use crate::support::{App, Request, Response, key};
use scene::{Scene, Who};

/// The result for each user, in the order of [`Who::ALL`]: a status, an error code, `ok` for an
/// event, or the target of a redirect.
type Cells = [&'static str; Who::ALL.len()];

/// Redirects to the lobby, with a notice that an identity is needed.
const NOBODY: &str = "/?refused=unauthenticated";
/// Redirects to the log-in page, and from there back.
const LOG_IN: &str = "/login";

/// The results of a page, which leads a stranger to the log-in page, or of a form, which leads to the lobby.
const fn of_page(method: &'static str, mut cells: Cells) -> Cells {
    const AWAY: &[u8] = NOBODY.as_bytes();
    if matches!((method.as_bytes(), cells[0].as_bytes()), (b"GET", AWAY)) {
        cells[0] = LOG_IN;
    }
    cells
}

/// One valid request, so that a refusal depends on the user alone.
struct Row<Asked: 'static> {
    /// The HTTP method; empty for an event.
    method: &'static str,
    /// The path, or the name of the event.
    name: &'static str,
    cells: Cells,
    /// What the scene must contain; see [`Scene::prepare`].
    wants: &'static str,
    /// Whether success changes the scene, so that the next request needs a new one.
    spends: bool,
    ask: fn(&Scene, Who) -> Asked,
}

impl<Asked> Row<Asked> {
    const fn new(method: &'static str, name: &'static str, cells: Cells, ask: fn(&Scene, Who) -> Asked) -> Self {
        Self { method, name, cells, wants: "", spends: false, ask }
    }

    const fn wants(self, wants: &'static str) -> Self {
        Self { wants, ..self }
    }

    const fn spends(self) -> Self {
        Self { spends: true, ..self }
    }

    fn title(&self) -> String {
        format!("{} {}", self.method, self.name).trim().to_owned()
    }
}

/// The body of a request.
enum Body {
    Nothing,
    /// Appended to the path.
    Query(String),
    Json(Value),
    Form(Vec<(&'static str, String)>),
    File,
}

impl Body {
    /// Builds the request, without an identity.
    fn request(self, app: &App, method: &str, path: &str) -> Request {
        let request = app.request(method, path);
        match self {
            Self::Nothing => request,
            Self::Query(query) => app.request(method, &format!("{path}?{query}")),
            Self::Json(body) => request.json(&body),
            Self::Form(fields) => {
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                request.form(&fields)
            }
            Self::File => {
                let key = crate::support::key();
                request.multipart(Some(("sky.png", &crate::support::picture::png(8, 8))), &[("key", &key)])
            }
        }
    }
}

/// Returns the error code, checked against its status; for any other answer the status.
fn outcome(answer: &Response) -> String {
    // R8: no answer may be stored in a shared cache. Assets are the same for everyone.
    let caching = answer.header("cache-control").unwrap_or_default();
    let depends = answer.headers.iter().any(|(name, value)| name == "vary" && value.contains("cookie"));
    let is_for_one = caching.starts_with("private") || caching == "no-store";
    assert!(is_for_one || caching.starts_with("public") && !depends, "{answer:?}");
    if answer.header("content-type") != Some("application/problem+json") {
        return answer.status.to_string();
    }
    let error = answer.json();
    let known = Code::ALL.iter().find(|code| error["code"] == code.name());
    assert_eq!(known.map(|code| code.status()), Some(answer.status), "{error}");
    error["code"].as_str().unwrap().to_owned()
}

/// Checks that the rows cover everything that exists, and nothing else.
#[track_caller]
fn is_complete(rows: impl Iterator<Item = String>, there: impl Iterator<Item = String>) {
    let (mut listed, mut twice) = (BTreeSet::new(), Vec::new());
    for row in rows {
        if !listed.insert(row.clone()) {
            twice.push(row);
        }
    }
    let there: BTreeSet<String> = there.collect();
    let (missing, idle): (Vec<_>, Vec<_>) = (there.difference(&listed).collect(), listed.difference(&there).collect());
    assert!(missing.is_empty(), "who may? Without a row are {missing:#?}");
    assert!(idle.is_empty() && twice.is_empty(), "rows of nothing: {idle:#?}, rows twice: {twice:#?}");
}

/// The number of concurrent strands of rows, each with scenes of its own.
const STRANDS: usize = 4;

/// Sends every request as every user with `ask`, which also returns whether it succeeded. Fails
/// with all cells that differ from the table.
async fn check<T>(app: &App, rows: &[Row<T>], ask: impl AsyncFn(&App, &mut Scene, &Row<T>, Who) -> (String, bool)) {
    let strand = async |strand: usize| {
        let (mut wrong, mut scene) = (Vec::new(), Scene::new(app).await);
        for row in rows {
            // Rows with the same name run in the same strand, because one-time links, for example,
            // invalidate each other.
            let first = rows.iter().position(|first| first.name == row.name).unwrap();
            if first % STRANDS != strand {
                continue;
            }
            for who in Who::ALL {
                let (found, is_done) = ask(app, &mut scene, row, who).await;
                let said = row.cells[who as usize];
                if said != found {
                    wrong.push(format!("{} by {}: {said} in the table, {found} in truth", row.title(), who.name()));
                }
                if is_done && row.spends {
                    scene = Scene::new(app).await;
                }
            }
        }
        wrong
    };
    let strands: [_; STRANDS] = tokio::join!(strand(0), strand(1), strand(2), strand(3)).into();
    let wrong = strands.concat();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_access_reference_is_current() {
    let mut paper = String::from(
        "# Permissions\n\n\
         Generated from `tests/access/`, which makes every request as every kind of user.\n\n\
         The room is open, listed and without a password. A *stranger* has no identity; a *guest* was never in the \
         room; a *kicked* user was a member and was removed without a ban; *admin outside* and *admin inside* are \
         admins of the server, and the second is an ordinary member of the room. The requests are valid, so a \
         refusal depends only on the user. `–` is `unauthenticated`.\n\n\
         For everyone except their two users, direct rooms and whispers do not exist (`room_not_found`, \
         `forbidden`), for admins too.\n",
    );
    table(&mut paper, "REST", "A number is the status of a success, a word is the code of an error.", rest::ROWS);
    table(&mut paper, "Events", "In the namespace `/chat`. The handshake refuses a stranger.", event::ROWS);
    let about = "A number is the status of the response, a word is the code of an error. Forms redirect: to the *lobby*, \
                 to the *room* (which shows others its join page) or to another path, with the code of an error that \
                 is shown there. A room's address shows its join page (*door*) or the room itself (*talk*).";
    table(&mut paper, "Pages, forms and files", about, page::ROWS);
    is_current("access.md", &paper);
}

fn table<T>(paper: &mut String, title: &str, about: &str, rows: &[Row<T>]) {
    writeln!(paper, "\n## {title}\n\n{about}\n").unwrap();
    let names: Vec<_> = Who::ALL.iter().map(|who| who.name()).collect();
    writeln!(paper, "| | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len())).unwrap();
    for row in rows {
        let cells: Vec<_> = row.cells.iter().map(|cell| shown(cell)).collect();
        writeln!(paper, "| `{}` | {} |", row.title(), cells.join(" | ")).unwrap();
    }
}

fn shown(cell: &str) -> String {
    let (place, why) = cell.split_once("?refused=").map_or((cell, None), |(place, code)| (place, Some(code)));
    let place = match place {
        "unauthenticated" => "–",
        "/" => "lobby",
        "/room/{id}" => "room",
        place => place,
    };
    match why {
        Some(code) => format!("{place}: `{code}`"),
        None if place.contains(['_', '/']) || Code::ALL.iter().any(|code| code.name() == place) => format!("`{place}`"),
        None => place.to_owned(),
    }
}

/// Returns an address that no account has.
fn new_email() -> String {
    format!("{}@example.org", key().replace(' ', "-"))
}

/// A time that is not over when the request is handled.
fn in_an_hour() -> String {
    rfc3339(now_ms() + 3_600_000)
}
