//! Lines as an SVG picture, both scales logarithmic.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 110.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// Colours that people who see few colours can tell apart (Okabe and Ito).
const COLOURS: [&str; 4] = ["#0072b2", "#009e73", "#d55e00", "#cc79a7"];

/// A picture.
#[derive(Debug)]
pub struct Chart<'a> {
    /// What it shows.
    pub title: &'a str,
    /// What goes to the right.
    pub x: &'a str,
    /// What goes up.
    pub y: &'a str,
    /// What is drawn.
    pub lines: &'a [Line],
}

/// One line of a picture.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is called.
    pub name: String,
    /// Where it goes.
    pub points: Vec<(f64, f64)>,
}

impl Chart<'_> {
    /// The picture.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let x_scale = Scale::new(points().map(|point| point.0), LEFT..=WIDTH - RIGHT);
        let y_scale = Scale::new(points().map(|point| point.1), HEIGHT - BOTTOM..=TOP);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
             font-size=\"13\" role=\"img\">\n<title>{title}</title>\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n\
             <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">{title}</text>\n",
            title = self.title
        );
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for value in x_scale.ticks() {
            let x = x_scale.place(value);
            let _ = writeln!(
                svg,
                "<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"#ddd\"/><text x=\"{x:.1}\" y=\"{}\" \
                 text-anchor=\"middle\">{value}</text>",
                bottom + 18.0
            );
        }
        for value in y_scale.ticks() {
            let y = y_scale.place(value);
            let _ = writeln!(
                svg,
                "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{:.1}\" \
                 text-anchor=\"end\">{value}</text>",
                LEFT - 8.0,
                y + 4.0
            );
        }
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n\
             <text transform=\"translate(16 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            (LEFT + right) / 2.0,
            HEIGHT - 10.0,
            self.x,
            (TOP + bottom) / 2.0,
            self.y
        );
        for (line, colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            let places: Vec<_> = line
                .points
                .iter()
                .map(|(x, y)| (x_scale.place(*x), y_scale.place(*y)))
                .collect();
            let path: Vec<_> = places
                .iter()
                .map(|(x, y)| format!("{x:.1},{y:.1}"))
                .collect();
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                path.join(" ")
            );
            for (x, y) in &places {
                let _ = write!(
                    svg,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"
                );
            }
            if let Some((x, y)) = places.last() {
                let _ = writeln!(
                    svg,
                    "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{}</text>",
                    x + 10.0,
                    y + 4.0,
                    line.name
                );
            }
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// Numbers to places.
struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// From the power of ten below the least value to the one above the most.
    fn new(values: impl Iterator<Item = f64> + Clone, places: RangeInclusive<f64>) -> Self {
        let logarithms = values.map(f64::log10);
        let low = logarithms.clone().fold(f64::MAX, f64::min).floor();
        let high = logarithms.fold(f64::MIN, f64::max).ceil().max(low + 1.0);
        Self {
            low,
            high,
            from: *places.start(),
            to: *places.end(),
        }
    }

    fn place(&self, value: f64) -> f64 {
        let part = (value.log10() - self.low) / (self.high - self.low);
        self.from + part * (self.to - self.from)
    }

    fn ticks(&self) -> Vec<f64> {
        let mut powers = Vec::new();
        let mut power = self.low;
        while power <= self.high {
            powers.push(10_f64.powf(power));
            power += 1.0;
        }
        powers
    }
}
