//! Pages of a room on one core, beside Next.js. Each request is another viewer's, so that nothing kept
//! for a viewer helps.

use serde_json::{Value, json};

use super::{history, shapes};
use crate::Outcome;
use crate::context::Context;
use crate::http::{Http, PageRate, in_parallel, load_pages, page_request};
use crate::server::{Kind, Madang, UNLIMITED, baseline};

const CONNECTIONS: usize = 32;
/// Rooms by their members; each has one page of messages.
const ROOMS: [(usize, &str); 2] = [(2, "room of 2 members"), (200, "room of 200 members")];
const MESSAGES: usize = 50;
/// Viewers, each a member of one room of each kind.
const VIEWERS: usize = 4_000;
/// Windows of each page, in turns with the other servers.
const ROUNDS: usize = 3;

/// The requests for one page of one server.
struct Site {
    page: &'static str,
    /// Members of the room; 0 for the long history.
    members: usize,
    kind: Kind,
    port: u16,
    /// Paths with the cookies of viewers.
    viewers: Vec<(String, String)>,
}

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let viewers = context.size(VIEWERS, 400);
    let (mut sites, mut servers) = (Vec::new(), Vec::new());
    for kind in context.kinds(&[Kind::Madang]) {
        context.progress(format!("{viewers} viewers join rooms: {}", kind.name()));
        let madang = Madang::start(context, kind, &UNLIMITED)?;
        let (tokens, port) = (madang.guests(viewers)?, madang.process.port);
        for (members, page) in ROOMS {
            let rooms = fill_rooms(&madang, &tokens, members)?;
            let mut order: Vec<usize> = (0..viewers).collect();
            // Viewers of the same room do not follow one another.
            order.sort_by_key(|viewer| viewer % members);
            let viewer = |viewer: usize| (format!("/room/{}", rooms[viewer / members]), tokens[viewer].clone());
            sites.push(Site { page, members, kind, port, viewers: order.into_iter().map(viewer).collect() });
        }
        servers.push((madang.process, madang.folder));
    }
    let (next, folder) = baseline(context, Kind::Next, 0)?;
    for (members, page) in ROOMS {
        let viewers = vec![(format!("/room/{members}"), String::new())];
        sites.push(Site { page, members, kind: Kind::Next, port: next.port, viewers });
    }
    servers.push((next, folder));
    let mut rows = measure_in_turns(context, &sites)?;
    drop(servers);
    let history = history::get(context)?;
    let older = format!("/room/{}/messages?before={}", history.room, history.messages / 2);
    let pages = [("room with a long history", format!("/room/{}", history.room)), ("older messages in it", older)];
    let sites = pages.map(|(page, path)| {
        let viewers = history.tokens.iter().map(|token| (path.clone(), token.clone())).collect();
        Site { page, members: 0, kind: Kind::Madang, port: history.madang.process.port, viewers }
    });
    rows.extend(measure_in_turns(context, &sites)?);
    let shapes = shapes::measure(context)?;
    Ok(json!({ "viewers": viewers, "messages": history.messages, "rows": rows, "shapes": shapes }))
}

/// Creates rooms of so many members, each with one page of messages, and returns their ids.
fn fill_rooms(madang: &Madang, tokens: &[String], members: usize) -> Outcome<Vec<String>> {
    const FILLERS: usize = 16;
    let rooms: Vec<&[String]> = tokens.chunks(members).collect();
    let owners: Vec<&str> = rooms.iter().map(|members| members[0].as_str()).collect();
    // In the lobby they would be a list in every page.
    let ids = madang.rooms(&owners, members, false)?;
    in_parallel(FILLERS, |filler| {
        let mut http = Http::connect(madang.process.port)?;
        for (members, id) in rooms.iter().zip(&ids).skip(filler).step_by(FILLERS) {
            madang.join(id, &members[1..])?;
            for number in 1..=MESSAGES {
                let minutes = number % 12;
                let text = format!("오늘 회의 몇 시예요? The meeting is at {minutes}:30, see you there!");
                let sender = &members[number % members.len()];
                http.post(&format!("/api/rooms/{id}/messages"), Some(sender), &json!({ "text": text }))?;
            }
        }
        Ok(())
    })?;
    Ok(ids)
}

/// Measures each site uncompressed and compressed, and returns the median windows.
fn measure_in_turns(context: &Context, sites: &[Site]) -> Outcome<Vec<Value>> {
    let all: Vec<(&Site, bool)> = sites.iter().flat_map(|site| [(site, false), (site, true)]).collect();
    let mut windows: Vec<Vec<PageRate>> = vec![Vec::new(); all.len()];
    let requests = |site: &Site, is_packed: bool| -> Vec<String> {
        site.viewers.iter().map(|(path, cookie)| page_request(path, cookie, is_packed)).collect()
    };
    for round in 1..=context.size(ROUNDS, 1) {
        for ((site, is_packed), windows) in all.iter().zip(&mut windows) {
            let packed = if *is_packed { ", compressed" } else { "" };
            context.progress(format!("{}{packed}, round {round}: {}", site.page, site.kind.name()));
            windows.push(load_pages(site.port, CONNECTIONS, context.window(4), &requests(site, *is_packed))?);
        }
    }
    for windows in &mut windows {
        windows.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
    }
    let row = |(&(site, is_packed), windows): (&(&Site, bool), &Vec<PageRate>)| -> Outcome<Value> {
        let Site { page, members, kind, port, .. } = site;
        let bytes = Http::connect(*port)?.page(&requests(site, is_packed)[0])?.len();
        let PageRate { per_second, p50_ms, p99_ms } = windows[windows.len() / 2];
        Ok(json!({
            "page": page, "members": members, "kind": kind, "is_packed": is_packed, "bytes": bytes,
            "per_second": per_second, "p50_ms": p50_ms, "p99_ms": p99_ms,
        }))
    };
    all.iter().zip(&windows).map(row).collect()
}
