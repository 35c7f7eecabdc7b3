//! Inks: colour, dashes and marker of each series. Colours are Okabe and Ito's. Series can be distinguished without
//! colour as well.
//!
//! Separate from drawing, because legend and plot must agree. An ink is a group of the SVG, with a class by which the
//! style sheet replaces the colour in dark mode.

/// Ink with which something is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ink {
    /// Axis lines.
    Axis,
    /// Lines of the mesh.
    Grid,
    /// Letters.
    Text,
    /// Series number n, by its place in the plan.
    Series(u8),
    /// The other, dotted series of the same colour: idle for attaching, p99 for the median.
    Faint(u8),
    /// Markers of series n that no line connects, such as the longest attaches.
    Loose(u8),
    /// A dot of series n: one of thousands.
    Dot(u8),
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
}

/// The colours on white, in the order of use. Orange and sky blue are darker than Okabe and Ito's, because thin lines
/// need a contrast of 3 : 1. Yellow would need more than that.
const COLORS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b37a00", "#2d93d0", "#000"];

/// Dashes of solid series. The pattern repeats after a different number of series than a colour does.
const DASHES: [&str; 6] = ["", "16 6", "18 5 4 5", "9 4", "26 8", "22 5 4 5 4 5"];

impl Ink {
    /// Returns the number of the series; `None` for inks without one.
    pub(crate) fn number(self) -> Option<u8> {
        match self {
            Self::Series(n)
            | Self::Faint(n)
            | Self::Loose(n)
            | Self::Dot(n)
            | Self::Bar(n)
            | Self::Often(n) => Some(n),
            Self::Axis | Self::Grid | Self::Text | Self::Wait | Self::Fault | Self::Shade => None,
        }
    }

    /// Returns the attributes of a group of this ink. In the style sheet, `s` is the colour. `k` is the number of the
    /// series, by which legend and plot find each other.
    pub(crate) fn attributes(self) -> String {
        let lines = r#"fill="none" stroke="currentColor""#;
        if let Some(n) = self.number() {
            let color = usize::from(n) % COLORS.len();
            let dash = match self.dash() {
                "" => String::new(),
                dash => format!(r#" stroke-dasharray="{dash}""#),
            };
            let edge =
                if matches!(self, Self::Bar(_) | Self::Often(_)) { r#" stroke-width="3""# } else { "" };
            return format!(r#"class="s{color} k{n}" color="{}" {lines}{edge}{dash}"#, COLORS[color]);
        }
        match self {
            Self::Axis => format!(r#"class="axis" {lines}"#),
            Self::Grid => format!(r##"class="grid" color="#ccc" {lines}"##),
            Self::Wait => format!(r#"class="wait" {lines}"#),
            Self::Fault => format!(r##"class="fault" color="#a33a00" {lines}"##),
            Self::Shade => r#"class="shade""#.to_owned(),
            _ => r#"class="text""#.to_owned(),
        }
    }

    /// Returns `stroke-dasharray`; empty for a solid line.
    fn dash(self) -> &'static str {
        match self {
            Self::Series(n) => DASHES[usize::from(n) % DASHES.len()],
            Self::Faint(_) => "3 5",
            // The second round of colours has a broken edge.
            Self::Bar(n) if usize::from(n) >= COLORS.len() => "8 5",
            Self::Often(_) => "3 4",
            _ => "",
        }
    }

    /// Returns the opacity of an area.
    pub(crate) fn opacity(self) -> f64 {
        match self {
            Self::Bar(_) => 0.3,
            Self::Often(_) => 0.15,
            Self::Shade => 0.16,
            _ => 1.0,
        }
    }

    /// Returns the marker of a series: 0 to 4, see [`super::frame`].
    pub(crate) fn marker(self) -> u8 {
        if self == Self::Fault { 4 } else { self.number().unwrap_or(0) % 5 }
    }
}

/// Returns the number of the series at `index`, however many there are.
pub(crate) fn series(index: usize) -> u8 {
    (index % 210) as u8
}
