//! Colours, dashes and markers of series: Okabe and Ito's colours. Series can be distinguished without colour as well.
//!
//! Separate from drawing, because legend and plot must agree. Plotters knows colours only, so a kind of ink travels
//! through it as an RGB value that represents it. [`super::svg`] turns this value into attributes. The style sheet of
//! the report replaces the colours in dark mode by class.
use plotters::style::RGBColor;

/// Ink with which something is drawn.
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
    /// Part number n of a bar: a light fill with an edge, so that letters on it are legible.
    Bar(u8),
    /// Part number n of a bar for a span in which something comes and goes: half as strong, with a dotted edge.
    Often(u8),
    /// A span of waiting: a zigzag in the colour of letters.
    Wait,
    /// A mark of a fault.
    Fault,
    /// Number of failures at that time: a faint fill behind lines.
    Shade,
    /// The other, dashed series of the same colour: idle for attaching, raw for corrected.
    Faint(u8),
}

/// The colours on white, in the order of use. Orange and sky blue are darker than Okabe and Ito's, because thin lines
/// need a contrast of 3 : 1. Yellow would need more than that.
const COLORS: [&str; 7] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B37A00", "#2D93D0", "#000000"];

/// Dashes of solid and of faint series. A pattern repeats after a different number of series than a colour does.
const DASHES: [&str; 6] = ["", "16 6", "18 5 4 5", "9 4", "26 8", "22 5 4 5 4 5"];

impl Ink {
    /// Returns the ink as a colour that plotters can carry.
    pub(crate) fn rgb(self) -> RGBColor {
        match self {
            Self::Axis => RGBColor(0, 0, 0),
            Self::Grid => RGBColor(0, 0, 1),
            Self::Text => RGBColor(0, 0, 2),
            Self::Series(n) => RGBColor(1, n, 0),
            Self::Faint(n) => RGBColor(2, n, 0),
            Self::Bar(n) => RGBColor(3, n, 0),
            Self::Often(n) => RGBColor(4, n, 0),
            Self::Wait => RGBColor(0, 0, 3),
            Self::Fault => RGBColor(0, 0, 4),
            Self::Shade => RGBColor(0, 0, 5),
        }
    }

    /// Returns the ink of such a colour.
    pub(crate) fn from_rgb(rgb: (u8, u8, u8)) -> Self {
        match rgb {
            (1, n, _) => Self::Series(n),
            (2, n, _) => Self::Faint(n),
            (3, n, _) => Self::Bar(n),
            (4, n, _) => Self::Often(n),
            (_, _, 3) => Self::Wait,
            (_, _, 4) => Self::Fault,
            (_, _, 5) => Self::Shade,
            (_, _, 1) => Self::Grid,
            (_, _, 2) => Self::Text,
            _ => Self::Axis,
        }
    }

    /// Returns the classes: `s` is the colour in the style sheet, `k` the number of the series, by which legend and
    /// plot find each other.
    pub(crate) fn class(self) -> String {
        match self {
            Self::Axis => "axis".to_owned(),
            Self::Grid => "grid".to_owned(),
            Self::Text => String::new(),
            Self::Wait => "wait".to_owned(),
            Self::Fault => "fault".to_owned(),
            Self::Shade => "shade".to_owned(),
            Self::Series(n) | Self::Faint(n) | Self::Bar(n) | Self::Often(n) => {
                format!("s{} k{n}", usize::from(n) % COLORS.len())
            }
        }
    }

    /// Returns the number of the series in a legend; `None` for inks without one.
    pub(crate) fn number(self) -> Option<u8> {
        match self {
            Self::Series(n) | Self::Faint(n) | Self::Bar(n) => Some(n),
            Self::Axis
            | Self::Grid
            | Self::Text
            | Self::Often(_)
            | Self::Wait
            | Self::Fault
            | Self::Shade => None,
        }
    }

    /// Returns the colour where there is no style sheet.
    pub(crate) fn color(self) -> &'static str {
        match self {
            Self::Axis | Self::Text | Self::Wait | Self::Shade => "currentColor",
            Self::Fault => "#a33a00",
            Self::Grid => "#cccccc",
            Self::Series(n) | Self::Faint(n) | Self::Bar(n) | Self::Often(n) => {
                COLORS[usize::from(n) % COLORS.len()]
            }
        }
    }

    /// Returns `stroke-dasharray`; empty for a solid line.
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
            Self::Often(_) => "3 4",
            Self::Axis | Self::Grid | Self::Text | Self::Wait | Self::Fault | Self::Shade => "",
        }
    }

    /// Returns the marker of a series: 0 to 4, see [`super::frame`].
    pub(crate) fn marker(self) -> u8 {
        match self {
            Self::Series(n) | Self::Faint(n) | Self::Bar(n) | Self::Often(n) => n % 5,
            Self::Fault => 4,
            Self::Axis | Self::Grid | Self::Text | Self::Wait | Self::Shade => 0,
        }
    }
}

/// Returns the number of the series at `index`, however many there are.
pub(crate) fn series(index: usize) -> u8 {
    (index % 210) as u8
}
