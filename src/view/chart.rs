//! Charts of the figures of the last hour, as SVG that takes its colours from the page.

use std::fmt::Write;

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 56.0;
/// Space above the highest value, so that its line is not cut.
const TOP: f64 = 3.0;

/// Returns an SVG with a line through the values, the oldest at the left, and the area below it. `name` is for those
/// who cannot see it.
pub(super) fn chart(values: &[f64], name: &str) -> String {
    let highest = values.iter().copied().fold(0.0, f64::max);
    let scale = if highest > 0.0 { (HEIGHT - TOP) / highest } else { 0.0 };
    let step = WIDTH / (values.len().max(2) - 1) as f64;
    let mut points = String::new();
    for (at, value) in values.iter().enumerate() {
        let _ = write!(points, "{:.1},{:.1} ", at as f64 * step, HEIGHT - value.max(0.0) * scale);
    }
    let end = values.len().saturating_sub(1) as f64 * step;
    let name = askama::filters::escape(name, askama::filters::Html).map(|name| name.to_string()).unwrap_or_default();
    format!(
        "<svg class=\"chart__plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{name}\">\
         <polygon class=\"chart__area\" points=\"0,{HEIGHT} {points}{end:.1},{HEIGHT}\"/>\
         <polyline class=\"chart__line\" points=\"{}\"/></svg>",
        points.trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_left_to_right_and_no_lower_than_the_bottom() {
        let svg = chart(&[0.0, 5.0, 10.0], "online <3");
        assert!(svg.contains("points=\"0.0,56.0 150.0,29.5 300.0,3.0\""), "{svg}");
        assert!(svg.contains("aria-label=\"online &#60;3\""), "{svg}");
        for values in [&[][..], &[0.0], &[-1.0, f64::NAN]] {
            let svg = chart(values, "");
            assert!(!svg.contains("inf"), "{svg}");
        }
    }
}
