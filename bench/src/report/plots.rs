//! Which figures are drawn.

use super::plot::{Line, Plot};
use super::results::Results;
use crate::part::fanout::{Fanout, Row};
use crate::part::memory::Memory;
use crate::part::rooms::Rooms;
use crate::part::sends::Sends;
use crate::stand::Kind;
use crate::times::{median, megabytes};

const KINDS: [Kind; 6] =
    [Kind::Madang, Kind::Floor, Kind::Socketioxide, Kind::Express, Kind::SocketIo, Kind::MadangUnindexed];

/// The plots of what was measured, by the name of their file.
pub(crate) fn all(results: &Results) -> Vec<(&'static str, Plot)> {
    let mut plots = Vec::new();
    if let Some(part) = &results.fanout {
        let cost = |row: &Row| median(row.cpu_us.iter().copied());
        plots.push((
            "fanout-cost",
            fanout(&part.figures, "Processor time per delivery", "µs, at 20,000 deliveries a second", cost),
        ));
        let last = |row: &Row| row.last.p50;
        plots.push((
            "fanout-last",
            Plot { is_log: true, ..fanout(&part.figures, "From the send to the last member", "ms, p50", last) },
        ));
    }
    if let Some(part) = &results.memory {
        plots.push(("memory", memory(&part.figures)));
    }
    if let Some(part) = &results.sends {
        plots.push(("sends", sends(&part.figures)));
    }
    if let Some(part) = &results.rooms {
        plots.push(("rooms", rooms(&part.figures)));
    }
    plots
}

/// A line for each server that has any points.
fn lines(points: impl Fn(Kind) -> Vec<(f64, f64)>) -> Vec<Line> {
    let all = KINDS.into_iter().map(|kind| Line { name: kind.name().to_owned(), points: points(kind) });
    all.filter(|line| !line.points.is_empty()).collect()
}

fn fanout(part: &Fanout, title: &str, up: &str, figure: impl Fn(&Row) -> f64) -> Plot {
    let of = |kind: Kind| {
        let rows = part.rows.iter().filter(|row| row.kind == kind);
        rows.map(|row| (row.members as f64, figure(row))).collect()
    };
    Plot {
        title: title.to_owned(),
        across: "members of the room".to_owned(),
        up: up.to_owned(),
        lines: lines(of),
        is_log: false,
    }
}

fn memory(part: &Memory) -> Plot {
    let of = |kind: Kind| {
        let rows = part.rows.iter().filter(|row| row.kind == kind);
        rows.map(|row| (row.members as f64, megabytes(row.in_all))).collect()
    };
    Plot {
        title: "Memory with idle members".to_owned(),
        across: "members of the room".to_owned(),
        up: "MB of the process".to_owned(),
        lines: lines(of),
        is_log: true,
    }
}

fn sends(part: &Sends) -> Plot {
    let of = |kind: Kind| {
        let rows = part.rows.iter().filter(|row| row.kind == kind && !row.is_one_room);
        rows.map(|row| (row.senders as f64, row.per_second)).collect()
    };
    let mut lines = lines(of);
    let raw = part.store.iter().filter(|row| row.has_index);
    let points: Vec<(f64, f64)> = raw.map(|row| (row.writers as f64, row.raw)).collect();
    lines.push(Line { name: "plain inserts, search on".to_owned(), points });
    Plot {
        title: "Durable messages acknowledged, rooms of two".to_owned(),
        across: "senders".to_owned(),
        up: "a second, one core".to_owned(),
        lines,
        is_log: true,
    }
}

fn rooms(part: &Rooms) -> Plot {
    let line = |name: &str, figure: fn(&crate::part::rooms::Row) -> f64| Line {
        name: name.to_owned(),
        points: part.rows.iter().map(|row| (row.rooms as f64, figure(row))).collect(),
    };
    let lines = vec![
        line("µs of a send", |row| row.send_us),
        line("µs of a delivery", |row| row.delivery_us),
        line("MB of the process", |row| megabytes(row.memory)),
    ];
    Plot {
        title: "Cost against the number of rooms".to_owned(),
        across: "rooms in the house".to_owned(),
        up: "µs of processor time; MB".to_owned(),
        lines,
        is_log: true,
    }
}
