//! Plots as plain SVG, readable on light and on dark.

use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 394.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 58.0;
/// Below the axis: its labels, and the names of the lines.
const BOTTOM: f64 = 84.0;
/// One class for each line; more there are never.
const COLOURS: usize = 6;

/// Figures over sizes, a line for each server.
pub(crate) struct Plot {
    pub(crate) title: String,
    pub(crate) across: String,
    pub(crate) up: String,
    pub(crate) lines: Vec<Line>,
    /// Whether the figures are far apart, so that each step upwards is a factor.
    pub(crate) is_log: bool,
}

pub(crate) struct Line {
    pub(crate) name: String,
    /// Sizes, ascending, and their figures.
    pub(crate) points: Vec<(f64, f64)>,
}

impl Plot {
    /// Sizes are always as far apart as their factors.
    pub(crate) fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let mut sizes: Vec<f64> = points().map(|point| point.0).collect();
        sizes.sort_by(f64::total_cmp);
        sizes.dedup();
        let (least, most) = (sizes.first().copied().unwrap_or(1.0), sizes.last().copied().unwrap_or(1.0));
        let x = |size: f64| {
            let part = if most > least { (size / least).ln() / (most / least).ln() } else { 0.5 };
            LEFT + part * (WIDTH - LEFT - RIGHT)
        };
        let scale = Scale::over(points().map(|point| point.1), self.is_log);
        let mut svg = head(&self.title, &self.up);
        self.grid(&mut svg, &scale);
        for size in &sizes {
            let at = x(*size);
            let bottom = HEIGHT - BOTTOM;
            let _ = writeln!(svg, r#"<text x="{at:.1}" y="{:.1}" class="m">{}</text>"#, bottom + 18.0, short(*size));
        }
        let middle = (LEFT + WIDTH - RIGHT) / 2.0;
        let _ = writeln!(
            svg,
            r#"<text x="{middle:.1}" y="{:.1}" class="m">{}</text>"#,
            HEIGHT - BOTTOM + 38.0,
            escape(&self.across)
        );
        for (number, line) in self.lines.iter().enumerate() {
            let colour = number % COLOURS;
            let places: Vec<String> =
                line.points.iter().map(|(size, figure)| format!("{:.1},{:.1}", x(*size), scale.y(*figure))).collect();
            let _ = writeln!(svg, r#"<polyline class="l c{colour}" points="{}"/>"#, places.join(" "));
            for (size, figure) in &line.points {
                let (at, up) = (x(*size), scale.y(*figure));
                let _ = writeln!(
                    svg,
                    r#"<circle class="d c{colour}" cx="{at:.1}" cy="{up:.1}" r="3.5"><title>{}: {}</title></circle>"#,
                    escape(&line.name),
                    short(*figure)
                );
            }
            name(&mut svg, number, self.lines.len(), &line.name);
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn grid(&self, svg: &mut String, scale: &Scale) {
        for step in scale.steps() {
            let up = scale.y(step);
            let right = WIDTH - RIGHT;
            let _ = writeln!(svg, r#"<line class="g" x1="{LEFT}" y1="{up:.1}" x2="{right}" y2="{up:.1}"/>"#);
            let _ =
                writeln!(svg, r#"<text x="{:.1}" y="{:.1}" class="e">{}</text>"#, LEFT - 8.0, up + 4.0, short(step));
        }
    }
}

/// From figures to places.
struct Scale {
    least: f64,
    most: f64,
    is_log: bool,
}

impl Scale {
    fn over(figures: impl Iterator<Item = f64> + Clone, is_log: bool) -> Self {
        let most = figures.clone().fold(f64::MIN_POSITIVE, f64::max);
        if is_log {
            let least = figures.fold(most, f64::min).max(1e-3);
            return Self { least: power_below(least), most: power_below(most) * 10.0, is_log };
        }
        let step = step(most);
        Self { least: 0.0, most: (most / step).ceil() * step, is_log }
    }

    fn y(&self, figure: f64) -> f64 {
        let part = if self.is_log {
            (figure.max(self.least) / self.least).ln() / (self.most / self.least).ln()
        } else {
            figure / self.most
        };
        HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP)
    }

    fn steps(&self) -> Vec<f64> {
        if self.is_log {
            return std::iter::successors(Some(self.least), |step| Some(step * 10.0))
                .take_while(|step| *step <= self.most * 1.01)
                .collect();
        }
        let step = step(self.most);
        (0..=(self.most / step).round() as u32).map(|count| f64::from(count) * step).collect()
    }
}

fn power_below(figure: f64) -> f64 {
    10_f64.powf(figure.log10().floor())
}

/// A round step, so that there are four to ten of them.
fn step(most: f64) -> f64 {
    let power = power_below(most);
    match most / power {
        ..2.0 => power / 4.0,
        2.0..5.0 => power / 2.0,
        _ => power,
    }
}

/// A number as an axis has it.
fn short(figure: f64) -> String {
    let text = match figure {
        1e6.. => format!("{:.1}M", figure / 1e6),
        10e3.. => format!("{:.0}k", figure / 1e3),
        1e3.. => format!("{:.1}k", figure / 1e3),
        100.0.. => format!("{figure:.0}"),
        _ => format!("{figure:.2}").trim_end_matches('0').trim_end_matches('.').to_owned(),
    };
    text.replace(".0M", "M").replace(".0k", "k")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn head(title: &str, up: &str) -> String {
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{}">"#,
        escape(title)
    );
    svg.push_str(
        "\n<style>text{font:12px system-ui,sans-serif;fill:#333}.t{font-size:15px;font-weight:600}.m{text-anchor:middle}\
         .e{text-anchor:end}.g{stroke:#ddd}.l{fill:none;stroke-width:2}.b{fill:#fff}\
         .l.c0{stroke:#c2410c}.d.c0{fill:#c2410c}.l.c1{stroke:#64748b}.d.c1{fill:#64748b}.l.c2{stroke:#1d4ed8}.d.c2{fill:#1d4ed8}\
         .l.c3{stroke:#15803d}.d.c3{fill:#15803d}.l.c4{stroke:#7e22ce}.d.c4{fill:#7e22ce}.l.c5{stroke:#a16207}.d.c5{fill:#a16207}\
         @media(prefers-color-scheme:dark){text{fill:#ddd}.g{stroke:#444}.b{fill:#16181c}\
         .l.c0{stroke:#fb923c}.d.c0{fill:#fb923c}.l.c1{stroke:#94a3b8}.d.c1{fill:#94a3b8}.l.c2{stroke:#60a5fa}.d.c2{fill:#60a5fa}\
         .l.c3{stroke:#4ade80}.d.c3{fill:#4ade80}.l.c4{stroke:#c084fc}.d.c4{fill:#c084fc}.l.c5{stroke:#facc15}.d.c5{fill:#facc15}}\
         </style>\n",
    );
    let _ = writeln!(svg, r#"<rect class="b" width="{WIDTH}" height="{HEIGHT}"/>"#);
    let _ = writeln!(svg, r#"<text x="12" y="20" class="t">{}</text>"#, escape(title));
    let _ = writeln!(svg, r#"<text x="12" y="36">{}</text>"#, escape(up));
    svg
}

/// What a line is called, below the axis: three names to a row.
fn name(svg: &mut String, number: usize, of: usize, name: &str) {
    let rows = of.div_ceil(3);
    let left = LEFT + (number % 3) as f64 * 215.0;
    let up = HEIGHT - 12.0 - 18.0 * (rows - 1 - number / 3) as f64;
    let _ = writeln!(svg, r#"<circle class="d c{}" cx="{left:.1}" cy="{:.1}" r="4"/>"#, number % COLOURS, up - 4.0);
    let _ = writeln!(svg, r#"<text x="{:.1}" y="{up:.1}">{}</text>"#, left + 9.0, escape(name));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_figures_stand_higher_and_all_within_the_frame() {
        for is_log in [false, true] {
            let scale = Scale::over([1.0, 40.0, 700.0].into_iter(), is_log);
            assert!(scale.y(40.0) > scale.y(700.0));
            assert!(scale.y(700.0) >= TOP && scale.y(1.0) <= HEIGHT - BOTTOM);
        }
    }

    #[test]
    fn a_plot_names_its_lines() {
        let line = |name: &str| Line { name: name.to_owned(), points: vec![(100.0, 5.0), (1_000.0, 4.0)] };
        let lines = vec![line("Madang"), line("A & B")];
        let svg = Plot { title: "Cost".into(), across: "members".into(), up: "µs".into(), lines, is_log: false }.svg();
        assert!(svg.contains(">A &amp; B</text>") && svg.matches("<polyline").count() == 2, "{svg}");
    }

    #[test]
    fn an_axis_has_round_steps() {
        assert_eq!(step(22.0), 5.0);
        assert_eq!(short(18_000.0), "18k");
        assert_eq!(short(1_000_000.0), "1M");
        assert_eq!(short(0.25), "0.25");
    }
}
