//! A plot: lines and bars on two axes, drawn by plotters, and its legend.
//!
//! Separate from the plots, which only say what to draw, so that all of them look alike. Layout is fixed and computed
//! from the lengths of labels, because letters cannot be measured here. Next: [`super::svg`].
use super::axis::Axis;
use super::ink::Ink;
use super::svg::{Canvas, TEXT, picture, text_width};
use maud::{Markup, html};
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, Cross, EmptyElement, PathElement, Polygon, Rectangle, Text, TriangleMarker};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, IntoTextStyle, ShapeStyle};
use std::convert::Infallible;

/// Width of a plot in half pixels.
const WIDTH: u32 = 1440;
/// Half pixels from one turn of a zigzag to the next.
const ZIGZAG: usize = 22;

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
type Chart<'c, 'b> = ChartContext<'c, Canvas<'b>, Cartesian2d<Axis, Axis>>;
type Area<'b> = DrawingArea<Canvas<'b>, Shift>;

impl Frame {
    /// Draws the plot as SVG.
    ///
    /// # Panics
    /// Never: the canvas takes everything, and axes are never empty.
    pub(crate) fn draw(&self) -> Markup {
        let size = (WIDTH, self.height);
        let mut body = String::new();
        self.draw_on(&Canvas::new(&mut body, size).into_drawing_area())
            .expect("a string takes every element");
        picture(size, &self.question, &body)
    }

    fn draw_on(&self, root: &Area<'_>) -> Drawn {
        let (x, y) = (&self.x, &self.y);
        let left = y.ticks.iter().map(|(_, word)| text_width(word)).max().unwrap_or(0) + 20;
        let right = x.ticks.last().map_or(0, |(_, word)| text_width(word) / 2) + 12;
        let mut chart = ChartBuilder::on(root)
            .margin_top(2 * TEXT)
            .margin_right(right)
            .x_label_area_size(2 * TEXT + 16)
            .y_label_area_size(left)
            .build_cartesian_2d(x.clone(), y.clone())?;
        mesh(&mut chart)?;
        let black = Ink::Text.rgb();
        let style = ("sans-serif", TEXT).into_font().into_text_style(root).color(&black);
        for bar in &self.bars {
            let (from, to) = (chart.backend_coord(&bar.from), chart.backend_coord(&bar.to));
            if bar.ink == Ink::Wait {
                root.draw(&zigzag(from, to))?;
                continue;
            }
            // A bar without any width would not be drawn at all.
            let corner = (to.0.max(from.0 + 2), to.1);
            root.draw(&Rectangle::new([(from.0, corner.1), (corner.0, from.1)], bar.ink.rgb().filled()))?;
            if text_width(&bar.label) < from.0.abs_diff(to.0) {
                let middle = i32::midpoint(from.0, to.0);
                let style = style.pos(Pos::new(HPos::Center, VPos::Center));
                root.draw(&Text::new(bar.label.as_str(), (middle, i32::midpoint(from.1, to.1)), style))?;
            }
        }
        for line in &self.lines {
            let style = ShapeStyle::from(line.ink.rgb()).stroke_width(4);
            if !line.points.is_empty() {
                chart.draw_series([PathElement::new(line.points.clone(), style)])?;
            }
            for at in &line.marks {
                marker(&mut chart, *at, line.ink)?;
            }
        }
        root.draw(&Text::new(y.name.as_str(), (0, 4), style.clone()))?;
        let end = style.pos(Pos::new(HPos::Right, VPos::Bottom));
        root.draw(&Text::new(x.name.as_str(), (WIDTH as i32 - 8, self.height as i32 - 8), end))
    }
}

/// Draws a zigzag from `from` to `to`, in half pixels: a span of waiting, which differs from a bar by its shape alone.
fn zigzag(from: (i32, i32), to: (i32, i32)) -> PathElement<(i32, i32)> {
    let (left, right) = (from.0.min(to.0), from.0.max(to.0).max(from.0.min(to.0) + 2));
    let points = (left..right).step_by(ZIGZAG).chain([right]).enumerate();
    let points = points.map(|(n, x)| (x, if n % 2 == 0 { from.1 } else { to.1 }));
    PathElement::new(points.collect::<Vec<_>>(), ShapeStyle::from(Ink::Wait.rgb()).stroke_width(3))
}

fn mesh(chart: &mut Chart<'_, '_>) -> Drawn {
    chart
        .configure_mesh()
        .bold_line_style(Ink::Grid.rgb())
        .light_line_style(Ink::Grid.rgb().mix(0.0))
        .axis_style(ShapeStyle::from(Ink::Axis.rgb()).stroke_width(2))
        .label_style(("sans-serif", TEXT).into_font().color(&Ink::Text.rgb()))
        .draw()
}

/// Draws a marker in the shape of its series: circle, square, triangle, diamond or cross.
fn marker(chart: &mut Chart<'_, '_>, at: (f64, f64), ink: Ink) -> Drawn {
    let full = ink.rgb().filled();
    match ink.marker() {
        0 => chart.draw_series([Circle::new(at, 7, full)]).map(drop),
        1 => {
            let square = EmptyElement::at(at) + Rectangle::new([(-6, -6), (6, 6)], full);
            chart.draw_series([square]).map(drop)
        }
        2 => chart.draw_series([TriangleMarker::new(at, 9, full)]).map(drop),
        3 => {
            let diamond = EmptyElement::at(at) + Polygon::new(vec![(0, -9), (9, 0), (0, 9), (-9, 0)], full);
            chart.draw_series([diamond]).map(drop)
        }
        _ => chart.draw_series([Cross::new(at, 7, ShapeStyle::from(ink.rgb()).stroke_width(4))]).map(drop),
    }
}

/// Renders the legend of the lines or bars. Each name has a sample of its line.
pub(crate) fn legend(entries: &[(Ink, String)], bars: bool) -> Markup {
    html! {
        ul.legend {
            @for (ink, name) in entries { li data-k=[ink.number()] { (swatch(*ink, bars)) " " (name) } }
        }
    }
}

/// Draws a piece of a line with its marker, or of a bar.
fn swatch(ink: Ink, bar: bool) -> Markup {
    let frame = |out: &mut String| -> Drawn {
        let root = Canvas::new(out, (72, 24)).into_drawing_area();
        if ink == Ink::Wait {
            return root.draw(&zigzag((2, 22), (70, 2)));
        }
        if ink == Ink::Shade || (bar && ink != Ink::Fault) {
            return root.draw(&Rectangle::new([(0, 2), (72, 22)], ink.rgb().filled()));
        }
        if ink != Ink::Fault {
            root.draw(&PathElement::new(
                vec![(0, 12), (72, 12)],
                ShapeStyle::from(ink.rgb()).stroke_width(4),
            ))?;
        }
        let mut chart = ChartBuilder::on(&root).build_cartesian_2d(Axis::unit(), Axis::unit())?;
        marker(&mut chart, (0.5, 0.5), ink)
    };
    let mut body = String::new();
    frame(&mut body).expect("a string takes every element");
    html! { svg width="36" height="12" viewBox="0 0 72 24" aria-hidden="true" { (maud::PreEscaped(body)) } }
}
