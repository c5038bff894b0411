//! Tables, for the terminal and for a document.

use std::fmt::Write;

pub(crate) struct Table {
    pub(crate) title: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(title: impl Into<String>, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Self { title: title.into(), columns, rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Columns as wide as they need to be, the first to the left, the others to the right.
    pub(crate) fn for_the_terminal(&self) -> String {
        let lines = || std::iter::once(&self.columns).chain(&self.rows);
        let width = |column: usize| {
            let cells = lines().filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut text = format!("\n{}\n", self.title);
        for line in lines() {
            let mut out = String::new();
            for (place, (cell, width)) in line.iter().zip(&widths).enumerate() {
                let gap = " ".repeat(width - cell.chars().count());
                let _ = if place == 0 { write!(out, "  {cell}{gap}") } else { write!(out, "  {gap}{cell}") };
            }
            text.push_str(out.trim_end());
            text.push('\n');
        }
        text
    }

    pub(crate) fn for_a_document(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule: Vec<String> = (0..self.columns.len()).map(|place| rule(place).to_owned()).collect();
        let mut text = format!("**{}**\n\n", self.title);
        text += &line(&self.columns);
        text += &line(&rule);
        self.rows.iter().for_each(|row| text += &line(row));
        text
    }
}

fn rule(place: usize) -> &'static str {
    if place == 0 { "---" } else { "---:" }
}

/// A number with as many digits as one reads.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => thousands(value.round() as i64),
    }
}

/// A whole number with commas.
pub(crate) fn thousands(value: i64) -> String {
    let digits = value.abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_as_one_reads_them() {
        assert_eq!(number(1.234), "1.23");
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(123_456.7), "123,457");
        assert_eq!(thousands(1_000), "1,000");
    }

    #[test]
    fn a_table_is_the_same_in_both_forms() {
        let mut table = Table::new("Cost", &["who", "µs"]);
        table.row(["Madang".to_owned(), "5".to_owned()]);
        assert_eq!(table.for_the_terminal(), "\nCost\n  who     µs\n  Madang   5\n");
        assert_eq!(table.for_a_document(), "**Cost**\n\n| who | µs |\n| --- | ---: |\n| Madang | 5 |\n");
    }
}
