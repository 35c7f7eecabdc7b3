//! A plot: lines and bars on two axes, drawn by plotters, and its legend.
//!
//! Separate from the plots, which only say what to draw, so that all of them look alike. Layout is fixed and computed
//! from the lengths of labels, because letters cannot be measured here. Next: [`super::svg`].
use super::axis::Axis;
use super::ink::Ink;
use super::svg::{Canvas, TEXT, picture, text_width};
use maud::{Markup, PreEscaped, html};
use plotters::chart::ChartBuilder;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, Cross, PathElement, Pixel, Polygon, Rectangle, Text, TriangleMarker};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, Color, IntoFont, IntoTextStyle, TRANSPARENT};
use std::cell::Cell;
use std::convert::Infallible;

/// Width of a plot in half pixels.
pub(crate) const WIDTH: u32 = 1440;
/// Half pixels from one turn of a zigzag to the next.
const ZIGZAG: usize = 22;
/// Width of a line in half pixels.
pub(crate) const LINE: u32 = 4;

/// A line, as points in places of the axes.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Ink of the line.
    pub(crate) ink: Ink,
    /// Points of the line.
    pub(crate) points: Vec<(f64, f64)>,
    /// Points with a marker.
    pub(crate) marks: Vec<(f64, f64)>,
}

/// A bar between two corners.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    /// Ink that fills the bar.
    pub(crate) ink: Ink,
    /// Lower left.
    pub(crate) from: (f64, f64),
    /// Upper right.
    pub(crate) to: (f64, f64),
    /// Words in the middle of the bar, where they fit.
    pub(crate) label: String,
}

/// A plot.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The question that it answers, which is its accessible name.
    pub(crate) question: String,
    /// Horizontal axis.
    pub(crate) x: Axis,
    /// Vertical axis.
    pub(crate) y: Axis,
    /// Height of the drawing in half pixels.
    pub(crate) height: u32,
    /// Lines, the first at the bottom.
    pub(crate) lines: Vec<Line>,
    /// Bars, under the lines.
    pub(crate) bars: Vec<Bar>,
}

type Drawn = Result<(), DrawingAreaErrorKind<Infallible>>;
type Area<'b> = DrawingArea<Canvas<'b>, Shift>;
/// A place in half pixels.
type Place = (i32, i32);

impl Frame {
    /// Draws the plot as SVG.
    ///
    /// # Panics
    /// Never: the canvas takes everything, and axes are never empty.
    pub(crate) fn draw(&self) -> Markup {
        let size = (WIDTH, self.height);
        picture(size, &self.question, &self.flat(), &drawn(size, |root, pen| self.draw_on(root, pen)))
    }

    /// Returns the places of all lines, markers and bars.
    fn places(&self) -> impl Iterator<Item = (f64, f64)> {
        let lines = self.lines.iter().flat_map(|line| line.points.iter().chain(&line.marks).copied());
        lines.chain(self.bars.iter().flat_map(|bar| [bar.from, bar.to]))
    }

    /// Returns `x`, `y` or both: the axes on which everything has the same place, so that no range could show more.
    fn flat(&self) -> String {
        let same = |of: fn((f64, f64)) -> f64| {
            let first = self.places().next().map(of);
            self.places().all(|place| Some(of(place)) == first)
        };
        format!("{}{}", if same(|at| at.0) { "x" } else { "" }, if same(|at| at.1) { "y" } else { "" })
    }

    fn draw_on(&self, root: &Area<'_>, pen: &Cell<Ink>) -> Drawn {
        let (x, y) = (&self.x, &self.y);
        let left = y.ticks.iter().map(|(_, word)| text_width(word)).max().unwrap_or(0) + 20;
        let right = x.ticks.last().map_or(0, |(_, word)| text_width(word) / 2) + 12;
        let mut chart = ChartBuilder::on(root)
            .margin_top(2 * TEXT)
            .margin_right(right)
            .x_label_area_size(2 * TEXT + 16)
            .y_label_area_size(left)
            .build_cartesian_2d(x.clone(), y.clone())?;
        let letters = ("sans-serif", TEXT).into_font().color(&BLACK);
        pen.set(Ink::Grid);
        let mut mesh = chart.configure_mesh();
        mesh.bold_line_style(BLACK).axis_style(TRANSPARENT).label_style(letters.clone()).draw()?;
        let (across, down) = chart.plotting_area().get_pixel_range();
        let corner = vec![(across.start, down.start), (across.start, down.end), (across.end, down.end)];
        pen.set(Ink::Axis);
        root.draw(&PathElement::new(corner, BLACK.stroke_width(2)))?;
        for bar in &self.bars {
            pen.set(bar.ink);
            draw_bar(root, bar, chart.backend_coord(&bar.from), chart.backend_coord(&bar.to))?;
        }
        for line in &self.lines {
            pen.set(line.ink);
            if !line.points.is_empty() {
                chart.draw_series([PathElement::new(line.points.clone(), BLACK.stroke_width(LINE))])?;
            }
            line.marks.iter().try_for_each(|at| marker(root, chart.backend_coord(at), line.ink))?;
        }
        let title = letters.into_text_style(root);
        root.draw(&Text::new(y.name.as_str(), (0, 4), title.clone()))?;
        let end = title.pos(Pos::new(HPos::Right, VPos::Bottom));
        root.draw(&Text::new(x.name.as_str(), (WIDTH as i32 - 8, self.height as i32 - 8), end))
    }
}

/// Returns the elements that `draw` draws on a canvas of `size` half pixels.
fn drawn(size: (u32, u32), draw: impl FnOnce(&Area<'_>, &Cell<Ink>) -> Drawn) -> String {
    let (mut body, pen) = (String::new(), Cell::new(Ink::Text));
    let root = Canvas::new(&mut body, size, &pen).into_drawing_area();
    draw(&root, &pen).and_then(|()| root.present()).expect("a string takes every element");
    drop(root);
    body
}

/// Draws a bar with its words, where they fit, or a span of waiting.
fn draw_bar(root: &Area<'_>, bar: &Bar, from: Place, to: Place) -> Drawn {
    if bar.ink == Ink::Wait {
        return root.draw(&zigzag(from, to));
    }
    // A bar without any width would not be drawn at all.
    let right = to.0.max(from.0 + 2);
    let fill = BLACK.mix(bar.ink.opacity()).filled();
    root.draw(&Rectangle::new([(from.0, to.1), (right, from.1)], fill))?;
    if bar.label.is_empty() || text_width(&bar.label) >= from.0.abs_diff(to.0) {
        return Ok(());
    }
    let letters = ("sans-serif", TEXT).into_font().color(&BLACK).pos(Pos::new(HPos::Center, VPos::Center));
    let middle = (i32::midpoint(from.0, to.0), i32::midpoint(from.1, to.1));
    root.draw(&Text::new(bar.label.as_str(), middle, letters))
}

/// Returns a zigzag: a span of waiting, which differs from a bar by its shape alone.
fn zigzag(from: Place, to: Place) -> PathElement<Place> {
    let (left, right) = (from.0.min(to.0), from.0.max(to.0).max(from.0.min(to.0) + 2));
    let points = (left..right).step_by(ZIGZAG).chain([right]).enumerate();
    let points = points.map(|(n, x)| (x, if n % 2 == 0 { from.1 } else { to.1 }));
    PathElement::new(points.collect::<Vec<_>>(), BLACK.stroke_width(3))
}

/// Draws a marker in the shape of its series: circle, square, triangle, diamond or cross; or a dot.
fn marker(root: &Area<'_>, (x, y): Place, ink: Ink) -> Drawn {
    let full = BLACK.filled();
    if matches!(ink, Ink::Dot(_)) {
        return root.draw(&Pixel::new((x, y), BLACK));
    }
    match ink.marker() {
        0 => root.draw(&Circle::new((x, y), 7, full)),
        1 => root.draw(&Rectangle::new([(x - 6, y - 6), (x + 6, y + 6)], full)),
        2 => root.draw(&TriangleMarker::new((x, y), 9, full)),
        3 => root.draw(&Polygon::new(vec![(x, y - 9), (x + 9, y), (x, y + 9), (x - 9, y)], full)),
        _ => root.draw(&Cross::new((x, y), 7, BLACK.stroke_width(LINE))),
    }
}

/// Renders the legend. Each name has a sample of its line or bar.
pub(crate) fn legend(entries: &[(Ink, String)]) -> Markup {
    html! { ul.legend { @for (ink, name) in entries { li data-k=[ink.number()] { (swatch(*ink)) " " (name) } } } }
}

/// Draws a piece of a line with its marker, or of a bar.
fn swatch(ink: Ink) -> Markup {
    let body = drawn((72, 24), |root, pen| {
        pen.set(ink);
        match ink {
            Ink::Wait => return root.draw(&zigzag((2, 22), (70, 2))),
            Ink::Bar(_) | Ink::Often(_) | Ink::Shade => {
                let fill = BLACK.mix(ink.opacity()).filled();
                return root.draw(&Rectangle::new([(0, 2), (72, 22)], fill));
            }
            Ink::Fault | Ink::Loose(_) | Ink::Dot(_) => {}
            _ => root.draw(&PathElement::new(vec![(0, 12), (72, 12)], BLACK.stroke_width(LINE)))?,
        }
        marker(root, (36, 12), ink)
    });
    html! { svg aria-hidden="true" viewBox="0 0 72 24" { (PreEscaped(body)) } }
}
