//! Tables of figures, for the terminal and for a document.

use serde_json::Value;

use super::{field, rows};
use crate::server::Kind;

/// A table of some rows of the figures.
pub(crate) struct Table {
    /// `{key}` stands for a figure that the rows share.
    pub(crate) title: &'static str,
    /// Which rows; see [`rows`].
    pub(crate) rows: &'static str,
    /// Headings, and the keys of the fields below them.
    pub(crate) columns: &'static [(&'static str, &'static str)],
}

impl Table {
    /// Returns the cells; `None` where the figures have other fields.
    pub(super) fn fill(&self, figures: &Value) -> Option<Cells> {
        let mut title = self.title.to_owned();
        for (key, value) in figures.as_object()?.iter().filter(|(_, value)| value.is_number()) {
            title = title.replace(&format!("{{{key}}}"), &cell(value));
        }
        let mut table = Cells::new(&title, &self.columns.iter().map(|(heading, _)| *heading).collect::<Vec<_>>());
        for row in rows(figures, self.rows) {
            let cells = self.columns.iter().map(|(_, key)| match *key {
                "kind" => Some(Kind::name_of(row)?.to_owned()),
                key => Some(cell(field(row, key)?)),
            });
            table.row(cells.collect::<Option<Vec<_>>>()?);
        }
        if table.rows.is_empty() { None } else { Some(table) }
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(is_so) => if *is_so { "yes" } else { "no" }.to_owned(),
        Value::Number(figure) => number(figure.as_f64().unwrap_or_default()),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(cell).collect::<Vec<_>>().join(" "),
        Value::Object(times) => format!("{}; {}", cell(&times["p50"]), cell(&times["p99"])),
    }
}

/// A number with as many digits as are read.
pub(super) fn number(value: f64) -> String {
    let digits = match value.abs() {
        _ if value.fract() == 0.0 => 0,
        0.0..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { out } else { format!("{out}.{fraction}") }
}

pub(super) struct Cells {
    title: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Cells {
    pub(super) fn new(title: &str, columns: &[&str]) -> Self {
        Self { title: title.to_owned(), columns: columns.iter().map(|&c| c.to_owned()).collect(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    fn lines(&self) -> impl Iterator<Item = &Vec<String>> {
        std::iter::once(&self.columns).chain(&self.rows)
    }

    /// Returns columns as wide as they need to be, the first to the left, the others to the right.
    pub(super) fn for_terminal(&self) -> String {
        let mut text = format!("\n{}\n", self.title);
        for line in self.lines() {
            for (column, cell) in line.iter().enumerate() {
                let width = self.lines().map(|line| line[column].chars().count()).max().unwrap_or_default();
                text += &if column == 0 { format!("  {cell:<width$}") } else { format!("  {cell:>width$}") };
            }
            text = text.trim_end().to_owned() + "\n";
        }
        text
    }

    pub(super) fn for_document(&self) -> String {
        let rules: Vec<String> =
            (0..self.columns.len()).map(|at| if at == 0 { "---" } else { "---:" }.to_owned()).collect();
        let lines = std::iter::once(&self.columns).chain([&rules]).chain(&self.rows);
        let lines: String = lines.map(|cells| format!("| {} |\n", cells.join(" | "))).collect();
        format!("**{}**\n\n{lines}", self.title)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_are_read() {
        let numbers = [1.234, 12.34, 123_456.7, 1_000.0, 0.5].map(number);
        assert_eq!(numbers, ["1.23", "12.3", "123,457", "1,000", "0.5"]);
    }

    #[test]
    fn a_table_is_filled_from_rows() {
        let columns = &[("server", "kind"), ("µs", "us")];
        let table = Table { title: "Cost of {count}", rows: "rows", columns };
        let cells = table.fill(&json!({ "count": 3, "rows": [{ "kind": "madang", "us": 5 }] })).unwrap();
        assert_eq!(cells.for_terminal(), "\nCost of 3\n  server  µs\n  Madang   5\n");
        assert_eq!(cells.for_document(), "**Cost of 3**\n\n| server | µs |\n| --- | ---: |\n| Madang | 5 |\n");
        assert!(table.fill(&json!({ "rows": [{ "kind": "madang" }] })).is_none());
    }
}
