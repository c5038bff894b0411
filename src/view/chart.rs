//! The lines of charts, as the points of SVG that takes its colours from the page.

use std::fmt::Write;

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 56.0;
/// Space above the highest value, so that its line is not cut.
const TOP: f64 = 3.0;

/// A line through values, the oldest at the left, and the area below it, in a box of 300 by 56.
pub(super) struct Plot {
    pub(super) line: String,
    pub(super) area: String,
}

impl Plot {
    pub(super) fn new(values: &[f64]) -> Self {
        let highest = values.iter().copied().fold(0.0, f64::max);
        let scale = if highest > 0.0 { (HEIGHT - TOP) / highest } else { 0.0 };
        let step = WIDTH / (values.len().max(2) - 1) as f64;
        let mut line = String::new();
        for (at, value) in values.iter().enumerate() {
            let _ = write!(line, "{:.1},{:.1} ", at as f64 * step, HEIGHT - value.max(0.0) * scale);
        }
        let end = values.len().saturating_sub(1) as f64 * step;
        let area = format!("0,{HEIGHT} {line}{end:.1},{HEIGHT}");
        line.truncate(line.trim_end().len());
        Self { line, area }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_left_to_right_and_no_lower_than_the_bottom() {
        let plot = Plot::new(&[0.0, 5.0, 10.0]);
        assert_eq!(plot.line, "0.0,56.0 150.0,29.5 300.0,3.0");
        assert_eq!(plot.area, "0,56 0.0,56.0 150.0,29.5 300.0,3.0 300.0,56");
        for values in [&[][..], &[0.0], &[-1.0, f64::NAN]] {
            let plot = Plot::new(values);
            assert!(!plot.area.contains("inf"), "{}", plot.area);
        }
    }
}
