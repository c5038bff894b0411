//! Plots as plain SVG, readable on light and on dark backgrounds.

use std::fmt::Write;

use serde_json::Value;

use super::{field, rows};
use crate::server::Kind;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 394.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = WIDTH - 20.0;
const TOP: f64 = 58.0;
/// The axis; its labels and the names of the lines are below.
const BOTTOM: f64 = HEIGHT - 84.0;
/// Colours on light and on dark backgrounds, in the order of the lines.
const COLOURS: [(&str, &str); 6] = [
    ("#c2410c", "#fb923c"),
    ("#64748b", "#94a3b8"),
    ("#1d4ed8", "#60a5fa"),
    ("#15803d", "#4ade80"),
    ("#7e22ce", "#c084fc"),
    ("#a16207", "#facc15"),
];

/// Figures over sizes. The sizes are logarithmic.
pub(crate) struct Plot {
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    pub(crate) across: &'static str,
    pub(crate) up: &'static str,
    pub(crate) is_log: bool,
    pub(crate) lines: &'static [Line],
}

/// Rows of the figures (see [`rows`]) as one line, or as one for each server if the name is empty.
pub(crate) struct Line {
    pub(crate) rows: &'static str,
    pub(crate) name: &'static str,
    pub(crate) x: &'static str,
    pub(crate) y: &'static str,
}

impl Plot {
    pub(super) fn svg(&self, figures: &Value) -> String {
        let mut lines: Vec<(&str, Vec<(f64, f64)>)> = Vec::new();
        for line in self.lines {
            for row in rows(figures, line.rows) {
                let name = if line.name.is_empty() { Kind::name_of(row).unwrap_or_default() } else { line.name };
                let value = |key| field(row, key).and_then(Value::as_f64).unwrap_or_default();
                let point = (value(line.x), value(line.y));
                match lines.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, points)) => points.push(point),
                    None => lines.push((name, vec![point])),
                }
            }
        }
        let points = || lines.iter().flat_map(|(_, points)| points);
        let range = |values: &mut dyn Iterator<Item = f64>| {
            values.fold((f64::MAX, f64::MIN_POSITIVE), |(least, most), value| (least.min(value), most.max(value)))
        };
        let (first, last) = range(&mut points().map(|point| point.0));
        let x = |size: f64| LEFT + (size / first).ln() / (last / first).ln().max(f64::EPSILON) * (RIGHT - LEFT);
        let (least, most) = range(&mut points().map(|point| point.1));
        let power = |value: f64| 10_f64.powf(value.log10().floor());
        let ticks: Vec<f64> = if self.is_log {
            let first = power(least.max(1e-3));
            (0..=(most / first).log10().ceil() as i32).map(|tick| first * 10_f64.powi(tick)).collect()
        } else {
            let step = if most / power(most) < 5.0 { power(most) / 2.0 } else { power(most) };
            (0..=(most / step).ceil() as i32).map(|tick| f64::from(tick) * step).collect()
        };
        let (bottom, top) = (ticks[0], ticks[ticks.len() - 1]);
        let y = |value: f64| {
            let part = if self.is_log { (value.max(bottom) / bottom).ln() / (top / bottom).ln() } else { value / top };
            BOTTOM - part * (BOTTOM - TOP)
        };
        let mut svg = head(self.title, self.up);
        for tick in ticks {
            let at = y(tick);
            let _ = writeln!(svg, r#"<line class="g" x1="{LEFT}" y1="{at:.1}" x2="{RIGHT}" y2="{at:.1}"/>"#);
            let _ = writeln!(svg, r#"<text x="{}" y="{:.1}" class="e">{}</text>"#, LEFT - 8.0, at + 4.0, short(tick));
        }
        let mut sizes: Vec<f64> = points().map(|point| point.0).collect();
        sizes.sort_by(f64::total_cmp);
        sizes.dedup();
        for size in sizes {
            let _ = writeln!(svg, r#"<text x="{:.1}" y="{}" class="m">{}</text>"#, x(size), BOTTOM + 18.0, short(size));
        }
        let middle = f64::midpoint(LEFT, RIGHT);
        let _ = writeln!(svg, r#"<text x="{middle}" y="{}" class="m">{}</text>"#, BOTTOM + 38.0, escape(self.across));
        for (number, (name, points)) in lines.iter().enumerate() {
            let (colour, name) = (number % COLOURS.len(), escape(name));
            let path: Vec<String> = points.iter().map(|point| format!("{:.1},{:.1}", x(point.0), y(point.1))).collect();
            let _ = writeln!(svg, r#"<polyline class="c{colour}" points="{}"/>"#, path.join(" "));
            for point in points {
                let (at, up, value) = (x(point.0), y(point.1), short(point.1));
                let title = format!("<title>{name}: {value}</title>");
                let _ =
                    writeln!(svg, r#"<circle class="c{colour}" cx="{at:.1}" cy="{up:.1}" r="3.5">{title}</circle>"#);
            }
            // Names stand in rows of three.
            let (left, up) = (LEFT + (number % 3) as f64 * 215.0, HEIGHT - 30.0 + (number / 3) as f64 * 18.0);
            let _ = writeln!(svg, r#"<circle class="c{colour}" cx="{left}" cy="{}" r="4"/>"#, up - 4.0);
            let _ = writeln!(svg, r#"<text x="{}" y="{up}">{name}</text>"#, left + 9.0);
        }
        svg + "</svg>\n"
    }
}

fn head(title: &str, up: &str) -> String {
    let colours = |is_dark: bool| -> String {
        let colour = |number: usize| if is_dark { COLOURS[number].1 } else { COLOURS[number].0 };
        let rules = |number| format!("polyline.c{number}{{stroke:{0}}}circle.c{number}{{fill:{0}}}", colour(number));
        (0..COLOURS.len()).map(rules).collect()
    };
    let (title, up) = (escape(title), escape(up));
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">
<style>text{{font:12px system-ui,sans-serif;fill:#333}}.t{{font-size:15px;font-weight:600}}.m{{text-anchor:middle}}
.e{{text-anchor:end}}.g{{stroke:#ddd}}.b{{fill:#fff}}polyline{{fill:none;stroke-width:2}}{}
@media(prefers-color-scheme:dark){{text{{fill:#ddd}}.g{{stroke:#444}}.b{{fill:#16181c}}{}}}</style>
<rect class="b" width="{WIDTH}" height="{HEIGHT}"/>
<text x="12" y="20" class="t">{title}</text>
<text x="12" y="40">{up}</text>
"#,
        colours(false),
        colours(true)
    )
}

/// A number as an axis has it.
fn short(value: f64) -> String {
    let text = match value {
        1e6.. => format!("{:.1}M", value / 1e6),
        1e3.. => format!("{:.1}k", value / 1e3),
        100.0.. => format!("{value:.0}"),
        _ => format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned(),
    };
    text.replace(".0M", "M").replace(".0k", "k")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
