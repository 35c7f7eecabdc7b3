//! Colours, dashes and markers of series: Okabe and Ito's colours, told apart without colour as well.
//!
//! Apart from drawing, because legend and plot must agree. Plotters knows colours only, so a kind of ink travels
//! through it as an RGB value that stands for it, and [`super::svg`] turns it into attributes; the style sheet of the
//! report replaces the colours in dark mode by class.
use plotters::style::RGBColor;

/// What something is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Axis lines.
    Axis,
    /// Lines of the mesh.
    Grid,
    /// Letters.
    Text,
    /// Series number n, by its place in the plan.
    Series(u8),
    /// Part number n of a bar: a light fill, so that letters can stand on it, with an edge.
    Bar(u8),
    /// The other, dashed series of the same colour: idle beside attaching, raw beside corrected.
    Faint(u8),
}

/// The colours on white, in the order of use; yellow is too light for a thin line.
const COLORS: [&str; 7] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];

/// Dashes of solid and of faint series. A pattern repeats after a different number of series than a colour does.
const DASHES: [&str; 6] = ["", "16 6", "18 5 4 5", "9 4", "26 8", "22 5 4 5 4 5"];

impl Ink {
    /// As a colour that plotters can carry.
    pub(crate) fn rgb(self) -> RGBColor {
        match self {
            Self::Axis => RGBColor(0, 0, 0),
            Self::Grid => RGBColor(0, 0, 1),
            Self::Text => RGBColor(0, 0, 2),
            Self::Series(n) => RGBColor(1, n, 0),
            Self::Faint(n) => RGBColor(2, n, 0),
            Self::Bar(n) => RGBColor(3, n, 0),
        }
    }

    /// Back from the colour.
    pub(crate) fn from_rgb(rgb: (u8, u8, u8)) -> Self {
        match rgb {
            (1, n, _) => Self::Series(n),
            (2, n, _) => Self::Faint(n),
            (3, n, _) => Self::Bar(n),
            (_, _, 1) => Self::Grid,
            (_, _, 2) => Self::Text,
            _ => Self::Axis,
        }
    }

    /// Class in the style sheet.
    pub(crate) fn class(self) -> String {
        match self {
            Self::Axis => "axis".to_owned(),
            Self::Grid => "grid".to_owned(),
            Self::Text => String::new(),
            Self::Series(n) | Self::Faint(n) | Self::Bar(n) => format!("s{}", usize::from(n) % COLORS.len()),
        }
    }

    /// Colour where there is no style sheet.
    pub(crate) fn color(self) -> &'static str {
        match self {
            Self::Axis | Self::Text => "currentColor",
            Self::Grid => "#cccccc",
            Self::Series(n) | Self::Faint(n) | Self::Bar(n) => COLORS[usize::from(n) % COLORS.len()],
        }
    }

    /// `stroke-dasharray`; empty for a solid line.
    pub(crate) fn dash(self) -> &'static str {
        match self {
            Self::Series(n) => DASHES[usize::from(n) % DASHES.len()],
            Self::Faint(_) => "3 5",
            // The second round of colours has a broken edge.
            Self::Bar(n) => {
                if usize::from(n) < COLORS.len() {
                    ""
                } else {
                    "8 5"
                }
            }
            Self::Axis | Self::Grid | Self::Text => "",
        }
    }

    /// Marker of a series: 0 to 4, see [`super::frame`].
    pub(crate) fn marker(self) -> u8 {
        match self {
            Self::Series(n) | Self::Faint(n) | Self::Bar(n) => n % 5,
            Self::Axis | Self::Grid | Self::Text => 0,
        }
    }
}

/// Series number `index`, however many there are.
pub(crate) fn series(index: usize) -> u8 {
    (index % 210) as u8
}
