//! What the figures must show, and whether they do.

use super::results::Results;
use super::table::{Table, number, thousands};
use crate::part::fanout::Fanout;
use crate::part::memory::Memory;
use crate::part::pages::{Page, Pages};
use crate::part::sends::Sends;
use crate::part::start::Start;
use crate::stand::Kind;
use crate::times::megabytes;

/// A figure that is to be reached.
struct Target {
    what: String,
    bound: Bound,
    /// With how many digits and which unit it is told.
    unit: &'static str,
    measured: f64,
}

#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    fn is_reached(&self) -> bool {
        match self.bound {
            Bound::AtMost(most) => self.measured <= most,
            Bound::AtLeast(least) => self.measured >= least,
        }
    }
}

use Bound::{AtLeast, AtMost};

/// One line for each target whose part was measured.
pub(crate) fn table(results: &Results) -> Table {
    let mut targets = Vec::new();
    if let Some(part) = &results.fanout {
        fanout(&part.figures, &mut targets);
    }
    if let Some(part) = &results.memory {
        memory(&part.figures, &mut targets);
    }
    if let Some(part) = &results.sends {
        sends(&part.figures, &mut targets);
    }
    if let Some(part) = &results.pages {
        pages(&part.figures, &mut targets);
    }
    if let Some(part) = &results.start {
        start(&part.figures, &mut targets);
    }
    let mut table = Table::new("What it must show", &["what", "target", "measured", "reached"]);
    for target in targets {
        let (sign, bound) = match target.bound {
            AtMost(bound) => ("≤", bound),
            AtLeast(bound) => ("≥", bound),
        };
        let with_unit = |value: f64| format!("{} {}", figure(value), target.unit).trim_end().to_owned();
        let reached = if target.is_reached() { "yes" } else { "no" };
        let measured = with_unit(target.measured);
        table.row([target.what, format!("{sign} {}", with_unit(bound)), measured, reached.to_owned()]);
    }
    table
}

/// Bounds are told as they are set, without zeroes.
fn figure(value: f64) -> String {
    match value {
        value if value.fract() == 0.0 => thousands(value as i64),
        value => {
            let text = number(value);
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
        }
    }
}

fn add(targets: &mut Vec<Target>, what: impl Into<String>, bound: Bound, unit: &'static str, measured: Option<f64>) {
    if let Some(measured) = measured {
        targets.push(Target { what: what.into(), bound, unit, measured });
    }
}

fn fanout(part: &Fanout, targets: &mut Vec<Target>) {
    let to = |kind| part.ratio(1_000, kind);
    add(targets, "a delivery to 1,000 over Express + socket.io + SQLite", AtMost(0.4), "×", to(Kind::Express));
    add(targets, "a delivery to 1,000 over socketioxide", AtMost(0.6), "×", to(Kind::Socketioxide));
    for members in [1_000, 5_000, 18_000] {
        let what = format!("a delivery to {} over the floor", thousands(members as i64));
        add(targets, what, AtMost(1.1), "×", part.ratio(members, Kind::Floor));
    }
    let last = |kind| part.row(kind, 1_000).map(|row| row.last);
    if let (Some(ours), Some(floor), Some(express)) = (last(Kind::Madang), last(Kind::Floor), last(Kind::Express)) {
        add(targets, "to the last of 1,000, p50, over the floor", AtMost(1.15), "×", Some(ours.p50 / floor.p50));
        add(targets, "to the last of 1,000, p99, over the floor", AtMost(1.15), "×", Some(ours.p99 / floor.p99));
        add(targets, "to the last of 1,000, p50, over Express", AtMost(1.0), "×", Some(ours.p50 / express.p50));
        add(targets, "to the last of 1,000, p99, over Express", AtMost(1.0), "×", Some(ours.p99 / express.p99));
    }
    let ack = part.row(Kind::Madang, 1_000).and_then(|row| row.ack);
    add(targets, "the sender's own ack in a busy room, p50", AtMost(2.0), "ms", ack.map(|ack| ack.p50));
}

fn memory(part: &Memory, targets: &mut Vec<Target>) {
    for members in [1_000, 10_000, 18_000] {
        let each = part.row(Kind::Madang, members).map(|row| row.each / 1024.0);
        add(targets, format!("an idle member of {}", thousands(members as i64)), AtMost(3.0), "KB", each);
    }
    let in_all = part.row(Kind::Madang, 18_000).map(|row| megabytes(row.in_all));
    add(targets, "18,000 idle members in all", AtMost(80.0), "MB", in_all);
}

fn sends(part: &Sends, targets: &mut Vec<Target>) {
    let rate = |kind| part.row(kind, 256, false).map(|row| row.per_second);
    let what = "acked sends a second, 256 in rooms of two";
    add(targets, what, AtLeast(15_000.0), "", rate(Kind::Madang));
    add(targets, format!("{what}, SEARCH=off"), AtLeast(20_000.0), "", rate(Kind::MadangUnindexed));
    let over = rate(Kind::Madang).zip(rate(Kind::Express)).map(|(ours, theirs)| ours / theirs);
    add(targets, format!("{what}, over Express"), AtLeast(4.0), "×", over);
    let spread = part.row(Kind::Madang, 256, false).map(|row| row.ack.p99 / row.ack.mean);
    add(targets, "p99 of these over their mean", AtMost(2.5), "×", spread);
    let share = part.store(256, true).map(|row| 100.0 * row.share);
    add(targets, "the store alone, 256 writers, of the raw limit", AtLeast(50.0), "%", share);
}

fn pages(part: &Pages, targets: &mut Vec<Target>) {
    let rate = |page| part.row(page, false).map(|row| row.found.per_second);
    for (how, new, long) in
        [("kept", Page::NewRoom, Page::LongRoom), ("made anew", Page::NewRoomAnew, Page::LongRoomAnew)]
    {
        let (new, long, next) = (rate(new), rate(long), rate(Page::Next));
        let over = |one: Option<f64>, other: Option<f64>| one.zip(other).map(|(one, other)| one / other);
        add(targets, format!("room pages a second, 50 messages, {how}"), AtLeast(5_000.0), "", new);
        add(targets, format!("room pages, {how}, over Next.js"), AtLeast(20.0), "×", over(new, next));
        let name = format!("a page of a long room over one of a new room, {how}");
        add(targets, name, AtMost(1.5), "×", over(new, long));
    }
}

fn start(part: &Start, targets: &mut Vec<Target>) {
    add(targets, "cold start to the first page", AtMost(150.0), "ms", Some(part.first_page));
    add(targets, "idle memory", AtMost(20.0), "MB", Some(megabytes(part.idle)));
    add(targets, "the program", AtMost(30.0), "MB", Some(megabytes(part.binary)));
}
