//! A run: the parts that were asked for, one after the other, kept as soon as each is done.

use std::time::Instant;

use crate::Outcome;
use crate::context::{Context, Options};
use crate::part::filled::{self, Filled};
use crate::part::{connects, fanout, memory, pages, rooms, search, sends, start};
use crate::report::{self, Machine, Measured, Results};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Start,
    Fanout,
    Memory,
    Connects,
    Sends,
    Rooms,
    Pages,
    Search,
}

impl Part {
    pub(crate) const ALL: [Self; 8] =
        [Self::Start, Self::Fanout, Self::Memory, Self::Connects, Self::Sends, Self::Rooms, Self::Pages, Self::Search];
}

/// Measures the parts and tells all figures, also those of earlier runs.
pub(crate) fn run(options: &Options, parts: &[Part]) -> Outcome<()> {
    let context = Context::new(options)?;
    let mut results = report::read(&context)?;
    let machine = Machine::look(&context)?;
    // A long history takes minutes to make: the parts that read it share one.
    let mut filled = None;
    for part in parts {
        let begun = Instant::now();
        measure(&context, *part, &machine, &mut filled, &mut results)?;
        report::keep(&context, &results)?;
        context.print(&format!("{part:?}: measured in {} s", begun.elapsed().as_secs()));
    }
    context.done();
    report::tell(&context, &results)
}

fn measure(
    context: &Context,
    part: Part,
    machine: &Machine,
    filled: &mut Option<Filled>,
    results: &mut Results,
) -> Outcome<()> {
    match part {
        Part::Start => results.start = Some(measured(machine, start::run(context)?)),
        Part::Fanout => results.fanout = Some(measured(machine, fanout::run(context)?)),
        Part::Memory => results.memory = Some(measured(machine, memory::run(context)?)),
        Part::Connects => results.connects = Some(measured(machine, connects::run(context)?)),
        Part::Sends => results.sends = Some(measured(machine, sends::run(context)?)),
        Part::Rooms => results.rooms = Some(measured(machine, rooms::run(context)?)),
        Part::Pages => results.pages = Some(measured(machine, pages::run(context, history(context, filled)?)?)),
        Part::Search => results.search = Some(measured(machine, search::run(context, history(context, filled)?)?)),
    }
    Ok(())
}

fn history<'a>(context: &Context, filled: &'a mut Option<Filled>) -> Outcome<&'a Filled> {
    match filled {
        Some(filled) => Ok(filled),
        None => Ok(filled.insert(filled::fill(context)?)),
    }
}

fn measured<T>(machine: &Machine, figures: T) -> Measured<T> {
    Measured { machine: machine.clone(), figures }
}
