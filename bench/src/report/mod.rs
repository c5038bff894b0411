//! The report: declares what a scenario shows, and writes it to the terminal, to performance.md, to the
//! plots, and the figures themselves to performance.json.

mod machine;
mod plot;
mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub(crate) use machine::Machine;
pub(crate) use plot::{Line, Plot};
use serde::{Deserialize, Serialize};
use serde_json::Value;
pub(crate) use table::Table;
use table::{Cells, number};

use crate::Outcome;
use crate::context::Context;

/// What a scenario shows of its figures.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) measure: fn(&Context) -> Outcome<Value>,
    pub(crate) tables: &'static [Table],
    pub(crate) plots: &'static [Plot],
    pub(crate) targets: &'static [Target],
}

/// A bound of one figure: what it is, the bound, its unit, and where it is found (see [`rows`]; the
/// last word is the figure's key).
#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtMost(&'static str, f64, &'static str, &'static str),
    AtLeast(&'static str, f64, &'static str, &'static str),
}

/// The figures of a scenario, with the machine and the commit they were measured on.
#[derive(Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) machine: Machine,
    pub(crate) figures: Value,
}

pub(crate) type Results = BTreeMap<String, Measured>;

/// Returns the rows of some figures: `rows kind=madang members=1000` are those of the list `rows` whose
/// fields have these values.
fn rows<'a>(figures: &'a Value, query: &str) -> Vec<&'a Value> {
    let mut words = query.split(' ');
    let rows = figures[words.next().unwrap_or_default()].as_array();
    let conditions: Vec<_> = words.filter_map(|word| word.split_once('=')).collect();
    let is_it = |row: &&Value| {
        conditions.iter().all(|(key, value)| match field(row, key) {
            Some(Value::String(text)) => text == value,
            Some(other) => other.to_string() == *value,
            None => false,
        })
    };
    rows.into_iter().flatten().filter(is_it).collect()
}

/// Returns a field by its key, which may lead into objects: `ack.p50`.
fn field<'a>(row: &'a Value, key: &str) -> Option<&'a Value> {
    key.split('.').try_fold(row, |value, key| value.get(key))
}

/// Returns the saved figures; a quick run ignores them.
pub(crate) fn read(context: &Context) -> Outcome<Results> {
    let file = context.docs.join("performance.json");
    if context.is_quick || !file.exists() {
        return Ok(Results::new());
    }
    Ok(serde_json::from_slice(&std::fs::read(&file)?).map_err(|error| format!("{}: {error}", file.display()))?)
}

/// Saves the figures, unless they are those of a quick run.
pub(crate) fn save(context: &Context, results: &Results) -> Outcome<()> {
    if context.is_quick {
        return Ok(());
    }
    Ok(std::fs::write(context.docs.join("performance.json"), serde_json::to_string_pretty(results)? + "\n")?)
}

/// Prints all tables, and writes the document and its plots unless the run is a quick one.
pub(crate) fn write(context: &Context, scenarios: &[Scenario], results: &Results) -> Outcome<()> {
    let machines = machine::describe(results);
    context.print(&machines);
    let mut texts = vec![("machine", machines)];
    let mut plots: Vec<(PathBuf, String)> = Vec::new();
    let mut targets = Cells::new("Targets", &["what", "target", "measured", "reached"]);
    for Scenario { name, tables, plots: shown, targets: bounds, .. } in scenarios {
        let Some(Measured { figures, .. }) = results.get(*name) else { continue };
        let Some(tables) = tables.iter().map(|table| table.fill(figures)).collect::<Option<Vec<Cells>>>() else {
            context.print(&format!("\n{name}: the saved figures are of an older form; measure again"));
            continue;
        };
        tables.iter().for_each(|table| context.print(&table.for_terminal()));
        texts.push((name, tables.iter().map(Cells::for_document).collect::<Vec<_>>().join("\n")));
        let folder = context.docs.join("performance");
        plots.extend(shown.iter().map(|plot| (folder.join(format!("{}.svg", plot.file)), plot.svg(figures))));
        bounds.iter().filter_map(|target| target.cells(figures)).for_each(|cells| targets.row(cells));
    }
    context.print(&targets.for_terminal());
    texts.push(("targets", targets.for_document()));
    if context.is_quick {
        return Ok(());
    }
    let file = context.docs.join("performance.md");
    let mut document = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    for (name, text) in texts {
        document = put(&document, name, &text)?;
    }
    plots.push((file, document));
    plots.iter().try_for_each(|(file, text)| Ok(std::fs::write(file, text)?))
}

/// Replaces the text between the markers of one name; the rest of the document is written by hand.
fn put(document: &str, name: &str, text: &str) -> Outcome<String> {
    let (start, end) = (format!("<!-- bench:{name} -->"), format!("<!-- /bench:{name} -->"));
    let parts = document.split_once(&start).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = parts.ok_or_else(|| format!("performance.md has no {start} … {end}"))?;
    Ok(format!("{before}{start}\n\n{}\n\n{end}{after}", text.trim()))
}

impl Target {
    /// Returns the target's row; `None` where its figure was not measured.
    fn cells(&self, figures: &Value) -> Option<Vec<String>> {
        let (Self::AtMost(what, bound, unit, query) | Self::AtLeast(what, bound, unit, query)) = *self;
        let (query, key) = query.rsplit_once(' ')?;
        let figure = field(rows(figures, query).first()?, key)?.as_f64()?;
        let (sign, is_reached) = match self {
            Self::AtMost(..) => ("≤", figure <= bound),
            Self::AtLeast(..) => ("≥", figure >= bound),
        };
        let with_unit = |figure| format!("{} {unit}", number(figure)).trim_end().to_owned();
        let reached = if is_reached { "yes" } else { "no" };
        Some(vec![what.to_owned(), format!("{sign} {}", with_unit(bound)), with_unit(figure), reached.to_owned()])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_text_between_the_markers_changes() {
        let document = "Before.\n<!-- bench:start -->\nold\n<!-- /bench:start -->\nAfter.";
        let changed = put(document, "start", "new\n").unwrap();
        assert_eq!(changed, "Before.\n<!-- bench:start -->\n\nnew\n\n<!-- /bench:start -->\nAfter.");
        assert!(put(document, "rooms", "new").is_err());
    }

    #[test]
    fn a_target_finds_its_figure() {
        let figures = json!({ "rows": [{ "kind": "floor", "ms": 1 }, { "kind": "madang", "ack": { "p50": 2.5 } }] });
        let target = Target::AtMost("ack", 2.0, "ms", "rows kind=madang ack.p50");
        assert_eq!(target.cells(&figures).unwrap(), ["ack", "≤ 2 ms", "2.5 ms", "no"]);
        assert!(Target::AtLeast("ack", 2.0, "", "rows kind=express ack.p50").cells(&figures).is_none());
    }
}
