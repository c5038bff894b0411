//! What is told of the figures: tables, targets, plots, and the file that keeps them.

mod document;
mod machine;
mod plot;
mod plots;
mod results;
mod table;
mod tables;
mod targets;

pub(crate) use machine::Machine;
pub(crate) use results::{Measured, Results};
use table::Table;

use crate::Outcome;
use crate::context::Context;

/// The figures that are kept. A glance has nothing to do with them.
pub(crate) fn read(context: &Context) -> Outcome<Results> {
    if context.is_quick {
        return Ok(Results::default());
    }
    Results::read(&context.docs.join("performance.json"))
}

/// Keeps the figures, unless they are a glance's.
pub(crate) fn keep(context: &Context, results: &Results) -> Outcome<()> {
    if context.is_quick {
        return Ok(());
    }
    results.write(&context.docs.join("performance.json"))
}

/// Prints everything that was measured and writes the document and its plots; of a glance nothing is
/// written.
pub(crate) fn tell(context: &Context, results: &Results) -> Outcome<()> {
    context.print(&machines(results));
    for (_, tables) in parts(results) {
        tables.iter().for_each(|table| context.print(&table.for_the_terminal()));
    }
    if context.is_quick { Ok(()) } else { write(context, results) }
}

fn write(context: &Context, results: &Results) -> Outcome<()> {
    let file = context.docs.join("performance.md");
    let mut document = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    document = document::put(&document, "machine", &machines(results))?;
    for (name, tables) in parts(results) {
        let text: Vec<String> = tables.iter().map(Table::for_a_document).collect();
        document = document::put(&document, name, &text.join("\n"))?;
    }
    for (name, plot) in plots::all(results) {
        document::write(&context.docs.join("performance").join(format!("{name}.svg")), &plot.svg())?;
    }
    document::write(&file, &document)
}

fn machines(results: &Results) -> String {
    let machines = results.machines();
    let is_one_run = machines.len() == 1;
    let lines = machines.into_iter().map(|(machine, parts)| match is_one_run {
        true => machine.sentence(),
        false => format!("- {}: {}", parts.join(", "), machine.sentence()),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The tables of all parts that were measured; the targets at the end.
fn parts(results: &Results) -> Vec<(&'static str, Vec<Table>)> {
    let all = [
        ("fanout", results.fanout.as_ref().map(|part| tables::fanout(&part.figures))),
        ("memory", results.memory.as_ref().map(|part| tables::memory(&part.figures))),
        ("connects", results.connects.as_ref().map(|part| tables::connects(&part.figures))),
        ("sends", results.sends.as_ref().map(|part| tables::sends(&part.figures))),
        ("pages", results.pages.as_ref().map(|part| tables::pages(&part.figures))),
        ("search", results.search.as_ref().map(|part| tables::search(&part.figures))),
        ("start", results.start.as_ref().map(|part| tables::start(&part.figures))),
        ("rooms", results.rooms.as_ref().map(|part| tables::rooms(&part.figures))),
        ("targets", Some(vec![targets::table(results)])),
    ];
    all.into_iter().filter_map(|(name, tables)| Some((name, tables?))).collect()
}
