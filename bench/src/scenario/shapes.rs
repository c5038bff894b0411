//! Pages of 50 messages of costly markup: the time of such a page, and the sends of others while it is
//! requested.

use std::time::Instant;

use serde_json::{Value, json};

use crate::Outcome;
use crate::context::Context;
use crate::http::{Http, load_pages, page_request};
use crate::load::{AT_ONCE, Load, Setup, frame};
use crate::server::{Kind, Madang, UNLIMITED_WITHOUT_PINGS, hello, message};
use crate::times::Times;

/// The length of a message; the limit is 10,000 characters.
const LENGTH: usize = 9_990;
const MESSAGES: usize = 50;
/// Connections that request the page again and again while another user sends.
const CONNECTIONS: usize = 8;
/// Requests of the page by itself, each another viewer's.
const VIEWERS: usize = 5;

/// Measures a page of each shape: first none at all, then plain text, then the others.
pub(super) fn measure(context: &Context) -> Outcome<Vec<Value>> {
    let kinds = context.kinds(&[Kind::Madang]);
    Ok(kinds.into_iter().map(|kind| of_server(context, kind)).collect::<Outcome<Vec<_>>>()?.concat())
}

fn of_server(context: &Context, kind: Kind) -> Outcome<Vec<Value>> {
    let madang = Madang::start(context, kind, &UNLIMITED_WITHOUT_PINGS)?;
    let tokens = madang.guests(VIEWERS + 1)?;
    let (sender, viewers) = tokens.split_first().ok_or("no guests")?;
    let (port, own_room) = (madang.process.port, madang.room(sender, 50)?);
    let mut load = Load::with_script(port, |_, number| {
        message(&own_room, &format!("k{number}"), number, &frame::numbered(number, "hello"))
    })?;
    load.add(Setup { hello: Some(hello(sender, &own_room)), ..Setup::default() });
    load.join_all(AT_ONCE)?;
    let window = context.window(3);
    let mut measure = |name: &'static str, requests: &[String]| -> Outcome<Value> {
        context.progress(format!("50 messages of {name}: {}", kind.name()));
        let (mut times, mut bytes) = (Times::new()?, 0);
        for request in requests {
            let started = Instant::now();
            bytes = Http::connect(port)?.page(request)?.len();
            times.record(started.elapsed());
        }
        let connections = if requests.is_empty() { 0 } else { CONNECTIONS };
        let sends = std::thread::scope(|scope| {
            let load_all = || load_pages(port, connections, window, requests).map_err(|error| error.to_string());
            let pages = scope.spawn(load_all);
            // A page may take longer than the window.
            let until = Instant::now() + window;
            let sends = load.send_while(|| Instant::now() < until || !pages.is_finished())?;
            pages.join().map_err(|_| "a thread panicked")??;
            Ok::<_, Box<dyn std::error::Error>>(sends)
        })?;
        Ok(json!({ "shape": name, "kind": kind, "page": times.summary(), "bytes": bytes, "sends": sends }))
    };
    let mut all = vec![measure("no page", &[])?];
    for (name, text) in texts() {
        let room = madang.room(&viewers[0], 50)?;
        let mut http = Http::connect(port)?;
        for _ in 0..MESSAGES {
            let text = json!({ "text": text });
            http.post(&format!("/api/rooms/{room}/messages"), Some(&viewers[0]), &text)?;
        }
        madang.join(&room, &viewers[1..])?;
        let request = |viewer: &String| page_request(&format!("/room/{room}"), viewer, true);
        all.push(measure(name, &viewers.iter().map(request).collect::<Vec<_>>())?);
    }
    Ok(all)
}

/// Returns the messages by name.
fn texts() -> Vec<(&'static str, String)> {
    let lines = |line: &dyn Fn(usize) -> String| (0..700).map(line).collect::<String>();
    let ticks: String = (1..140).map(|count| "`".repeat(count) + " ").collect();
    let list = |depth: usize| format!("\n{}- a", "  ".repeat(depth));
    let repeated = |part: &str| part.repeat(LENGTH);
    let all = [
        ("plain text", repeated("hello world ")),
        ("brackets", repeated("[")),
        ("stars", repeated("*a_ ")),
        ("mixed stars", repeated("**a *b _c ~d ")),
        ("longer and longer backticks", ticks),
        ("backticks", repeated("`a")),
        ("nested quotes", repeated(">")),
        ("nested lists", (0..95).map(list).collect()),
        ("open links", repeated("[a](<b")),
        ("open tags", repeated("<a ")),
        ("open comments", repeated("<!-- ")),
        ("open instructions", repeated("<? ")),
        ("open CDATA", repeated("<![CDATA[")),
        ("link definitions", lines(&|number| format!("[a{number}]: /u{number}\n"))),
        ("equal definitions", repeated("[a]: /u\n\n")),
        ("used definitions", format!("[a]: /{}\n\n{}", "u".repeat(900), repeated("[a]"))),
        ("ampersands", repeated("&amp;")),
        ("escapes", repeated("\\*")),
        ("tables", format!("|a|b|\n|-|-|\n{}", repeated("|"))),
        ("nested emphasis", format!("{}a{}", "*".repeat(4_990), "*".repeat(4_990))),
        ("strong", repeated("**a ")),
        ("struck", repeated("~~a~")),
        ("addresses", repeated("http://a.b/ ")),
        ("half addresses", repeated("http")),
        ("mentions", repeated("@")),
        ("list items", repeated("- a\n")),
        ("quotes in lists", repeated("> - ")),
        ("pictures", repeated("![](")),
        ("less-than signs", repeated("<")),
        ("empty lines", format!("a{}b", "\n".repeat(LENGTH - 2))),
        ("numbered lists", repeated("1. ")),
        ("tabs", repeated("\t> ")),
        ("headings", repeated("# a\n")),
        ("underlined headings", repeated("a\n=\n")),
        ("entities", repeated("&#x10FFFF;")),
        ("combining marks", format!("a{}", repeated("\u{301}"))),
        ("Arabic", repeated("\u{645}\u{62d}\u{645}\u{62f} ")),
        ("bidirectional marks", format!("{}{}", "\u{202e}".repeat(4_990), "a".repeat(4_990))),
    ];
    all.into_iter().map(|(name, text)| (name, text.chars().take(LENGTH).collect())).collect()
}
