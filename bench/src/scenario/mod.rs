//! The scenarios: one file for each figure, with how it is measured and what is shown of it.

mod connects;
mod fanout;
pub(crate) mod history;
mod memory;
mod pages;
mod rooms;
mod search;
mod sends;
mod shapes;
mod stalled;
mod start;
mod storm;

use std::time::Instant;

use clap::builder::PossibleValuesParser;

use crate::Outcome;
use crate::context::Context;
use crate::report::{self, Machine, Measured, Scenario};

static ALL: [Scenario; 10] = [
    start::SCENARIO,
    fanout::SCENARIO,
    memory::SCENARIO,
    connects::SCENARIO,
    sends::SCENARIO,
    rooms::SCENARIO,
    pages::SCENARIO,
    search::SCENARIO,
    stalled::SCENARIO,
    storm::SCENARIO,
];

pub(crate) fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(["all", "report"].into_iter().chain(ALL.iter().map(|scenario| scenario.name)))
}

/// Measures a scenario, or all, and reports every figure, also those of earlier runs.
pub(crate) fn run(context: &Context, only: &str) -> Outcome<()> {
    let mut results = report::read(context)?;
    let machine = Machine::read(context)?;
    for Scenario { name, measure, .. } in ALL.iter().filter(|scenario| only == "all" || only == scenario.name) {
        let started = Instant::now();
        let figures = measure(context).map_err(|error| format!("{name}: {error}"))?;
        results.insert((*name).to_owned(), Measured { machine: machine.clone(), figures });
        // A later scenario may fail.
        report::save(context, &results)?;
        context.print(&format!("{name}: measured in {} s", started.elapsed().as_secs()));
    }
    context.finish();
    report::write(context, &ALL, &results)
}
