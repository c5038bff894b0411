//! The tables of each part.

use super::table::{Table, number, thousands};
use crate::part::connects::Connects;
use crate::part::fanout::Fanout;
use crate::part::memory::Memory;
use crate::part::pages::Pages;
use crate::part::rooms::Rooms;
use crate::part::search::Search;
use crate::part::sends::Sends;
use crate::part::start::Start;
use crate::stand::Kind;
use crate::times::{Told, median, megabytes};

fn count(value: usize) -> String {
    thousands(value as i64)
}

fn whole(value: f64) -> String {
    thousands(value.round() as i64)
}

fn pair(told: &Told) -> String {
    format!("{}; {}", number(told.p50), number(told.p99))
}

pub(crate) fn fanout(part: &Fanout) -> Vec<Table> {
    let mut cost = Table::new(
        "Processor time per delivery, 20,000 deliveries a second",
        &["members", "who", "µs, median window", "windows", "Madang is", "bytes a frame", "lost, disordered"],
    );
    let mut times = Table::new(
        "From the send to the first, the median and the last member, and to the sender's ack: p50; p99 in ms",
        &["members", "who", "first", "median", "last", "ack"],
    );
    let mut most = Table::new(
        "Deliveries a second where the next message leaves when all have heard the last",
        &["members", "who", "deliveries a second"],
    );
    for row in &part.rows {
        let head = || [count(row.members), row.kind.name().to_owned()].into_iter();
        let windows: Vec<String> = row.cpu_us.iter().map(|us| number(*us)).collect();
        let ratio = part.ratio(row.members, row.kind).filter(|_| row.kind != Kind::Madang);
        let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2} ×"));
        let us = number(median(row.cpu_us.iter().copied()));
        let lost = thousands(row.lost as i64);
        cost.row(head().chain([us, windows.join(" "), ratio, count(row.frame_bytes), lost]));
        let ack = row.ack.as_ref().map_or_else(String::new, pair);
        times.row(head().chain([pair(&row.first), pair(&row.median), pair(&row.last), ack]));
        most.row(head().chain([whole(row.per_second)]));
    }
    vec![cost, times, most]
}

pub(crate) fn memory(part: &Memory) -> Vec<Table> {
    let columns = ["members", "who", "KB each", "MB in all"];
    let mut table = Table::new("Memory of idle members, the first 256 not counted in what each takes", &columns);
    for row in &part.rows {
        let name = row.kind.name().to_owned();
        table.row([count(row.members), name, number(row.each / 1024.0), number(megabytes(row.in_all))]);
    }
    vec![table]
}

pub(crate) fn connects(part: &Connects) -> Vec<Table> {
    let columns = ["members of a room", "who", "a second", "µs of the server for one"];
    let mut table = Table::new("Connects, 16 on their way at a time, to the answer to the join", &columns);
    for row in &part.rows {
        let name = row.kind.name().to_owned();
        table.row([count(row.per_room), name, whole(row.per_second), whole(row.cpu_us)]);
    }
    vec![table]
}

pub(crate) fn sends(part: &Sends) -> Vec<Table> {
    let columns = ["senders", "rooms", "who", "a second", "p50 ms", "p99 ms", "mean ms", "p99 / mean", "µs each"];
    let mut table = Table::new("Durable messages, acknowledged", &columns);
    for row in &part.rows {
        let rooms = if row.is_one_room { "one" } else { "of two" };
        let Told { p50, p99, mean, .. } = row.ack;
        let head = [count(row.senders), rooms.to_owned(), row.kind.name().to_owned(), whole(row.per_second)];
        let times = [p50, p99, mean, p99 / mean.max(f64::EPSILON)].map(number);
        table.row(head.into_iter().chain(times).chain([whole(row.cpu_us)]));
    }
    let columns = ["writers, rows of a batch", "search", "Db::write", "plain inserts", "share"];
    let mut store = Table::new("The store alone, and plain inserts of the same rows: messages a second", &columns);
    for row in &part.store {
        let search = if row.has_index { "on" } else { "off" };
        let share = format!("{:.0} %", 100.0 * row.share);
        store.row([count(row.writers), search.to_owned(), whole(row.store), whole(row.raw), share]);
    }
    let columns = ["", "p50 ms", "p99 ms", "slowest ms"];
    let mut disk = Table::new("The disk: a write of 4 KB and its sync", &columns);
    for (when, told) in ["before all this", "after it"].into_iter().zip(&part.syncs) {
        disk.row(std::iter::once(when.to_owned()).chain([told.p50, told.p99, told.max].map(number)));
    }
    vec![table, store, disk]
}

pub(crate) fn pages(part: &Pages) -> Vec<Table> {
    let title = format!("Pages by wrk on 32 connections; the long history is of {} messages", count(part.messages));
    let mut table = Table::new(title, &["page", "compressed", "a second", "p50 ms", "p99 ms", "bytes"]);
    for row in &part.rows {
        let packed = if row.is_packed { "yes" } else { "no" };
        let found = &row.found;
        let figures = [whole(found.per_second), number(found.p50_ms), number(found.p99_ms), count(row.bytes)];
        table.row([row.page.name().to_owned(), packed.to_owned()].into_iter().chain(figures));
    }
    vec![table]
}

pub(crate) fn search(part: &Search) -> Vec<Table> {
    let title = format!("{} searches among {} messages", count(part.queries), count(part.messages));
    let mut table = Table::new(title, &["", "p50 ms", "p95 ms", "p99 ms", "slowest ms"]);
    let Told { p50, p95, p99, max, .. } = part.times;
    table.row(std::iter::once("a search".to_owned()).chain([p50, p95, p99, max].map(number)));
    vec![table]
}

pub(crate) fn start(part: &Start) -> Vec<Table> {
    let mut table = Table::new("The start", &["what", "figure"]);
    let rows = [
        ("cold start to the first page", format!("{} ms", number(part.first_page))),
        ("idle memory after it", format!("{} MB", number(megabytes(part.idle)))),
        ("the program with everything inside", format!("{} MB", number(megabytes(part.binary)))),
    ];
    rows.into_iter().for_each(|(what, figure)| table.row([what.to_owned(), figure]));
    vec![table]
}

pub(crate) fn rooms(part: &Rooms) -> Vec<Table> {
    let columns =
        ["rooms", "sends a second", "µs a send", "ack p99 ms", "µs a delivery", "lobby pages a second", "MB in all"];
    let mut table =
        Table::new("A house of many rooms: 64 send to one after the other; one more room has 1,000 members", &columns);
    for row in &part.rows {
        let figures = [whole(row.sends), whole(row.send_us), number(row.ack_p99), number(row.delivery_us)];
        let rest = [whole(row.lobby), number(megabytes(row.memory))];
        table.row(std::iter::once(count(row.rooms)).chain(figures).chain(rest));
    }
    vec![table]
}
