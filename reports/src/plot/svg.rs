//! The form of the SVG: a plotters backend that writes a group for each ink, and the picture with its accessible name.
//!
//! Separate, because plotters' own SVG backend writes fixed colours and knows neither classes nor dashes. Plotters says
//! the shape, the width and the opacity of an element; the [`Ink`] of its group says the rest. Coordinates are half
//! pixels, so that whole numbers are fine enough. The picture is complete without a style sheet, which only replaces
//! colours.
use super::ink::Ink;
use maud::{Escaper, PreEscaped};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};
use std::cell::Cell;
use std::convert::Infallible;
use std::fmt::{Arguments, Write as _};

/// Width of a dot in half pixels.
const DOT: u32 = 6;
/// Height of letters in half pixels.
pub(crate) const TEXT: u32 = 24;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Collects elements in groups; [`picture`] wraps them. `present` closes the last group.
pub(crate) struct Canvas<'a> {
    out: &'a mut String,
    size: (u32, u32),
    /// Ink of the elements that come next.
    pen: &'a Cell<Ink>,
    /// Ink of the group that is open.
    group: Option<Ink>,
    /// Says that a path of dots is open.
    dots: bool,
}

impl<'a> Canvas<'a> {
    /// Returns a canvas of `size` half pixels that appends to `out`, and draws with the ink that `pen` has at the time.
    pub(crate) fn new(out: &'a mut String, size: (u32, u32), pen: &'a Cell<Ink>) -> Self {
        Self { out, size, pen, group: None, dots: false }
    }

    fn enter(&mut self, ink: Option<Ink>) {
        if std::mem::take(&mut self.dots) {
            let _ = write!(self.out, r#"" stroke-width="{DOT}" stroke-linecap="round"/>"#);
        }
        if self.group != ink {
            self.out.push_str(if self.group.is_some() { "</g>" } else { "" });
            ink.iter().for_each(|ink| self.out.push_str(&format!("<g {}>", ink.attributes())));
            self.group = ink;
        }
    }

    /// Writes an element: an area when `fill`, else a line.
    fn element(&mut self, shape: Arguments<'_>, style: &impl BackendStyle, fill: bool) -> Drawn {
        let alpha = style.color().alpha;
        if alpha > 0.0 {
            self.enter(Some(self.pen.get()));
            let look = match style.stroke_width() {
                _ if fill && alpha < 1.0 => format!(r#" fill="currentColor" fill-opacity="{alpha}""#),
                _ if fill => r#" fill="currentColor" stroke="none""#.to_owned(),
                1 => String::new(),
                width => format!(r#" stroke-width="{width}""#),
            };
            let _ = write!(self.out, "<{shape}{look}/>");
        }
        Ok(())
    }
}

/// Returns points as SVG writes them, each once.
fn points(path: impl IntoIterator<Item = BackendCoord>) -> String {
    let mut path: Vec<BackendCoord> = path.into_iter().collect();
    path.dedup();
    path.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
}

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        self.enter(None);
        Ok(())
    }

    /// Draws a dot. Dots that follow each other are one element, because a plot may have thousands.
    fn draw_pixel(&mut self, (x, y): BackendCoord, _: BackendColor) -> Drawn {
        let ink = Some(self.pen.get());
        if !self.dots || self.group != ink {
            self.enter(ink);
            self.out.push_str(r#"<path d=""#);
            self.dots = true;
        }
        let _ = write!(self.out, "M{x},{y}h0");
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.element(format_args!(r#"path d="M{}""#, points([from, to])), style, false)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        a: BackendCoord,
        b: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let (x, y, width, height) = (a.0, a.1, b.0 - a.0, b.1 - a.1);
        let shape = format_args!(r#"rect x="{x}" y="{y}" width="{width}" height="{height}""#);
        self.element(shape, style, fill)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.element(format_args!(r#"path d="M{}""#, points(path)), style, false)
    }

    fn draw_circle<S: BackendStyle>(&mut self, (x, y): BackendCoord, r: u32, style: &S, fill: bool) -> Drawn {
        self.element(format_args!(r#"circle cx="{x}" cy="{y}" r="{r}""#), style, fill)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.element(format_args!(r#"polygon points="{}""#, points(path)), style, true)
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        let anchor = match style.anchor().h_pos {
            HPos::Left => "",
            HPos::Center => r#" text-anchor="middle""#,
            HPos::Right => r#" text-anchor="end""#,
        };
        let dy = match style.anchor().v_pos {
            VPos::Top => 3 * TEXT / 4,
            VPos::Center => TEXT / 3,
            VPos::Bottom => 0,
        };
        self.enter(Some(Ink::Text));
        let _ = write!(self.out, r#"<text x="{x}" y="{}"{anchor}>"#, y + dy as i32);
        let _ = Escaper::new(self.out).write_str(text);
        self.out.push_str("</text>");
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        _: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        Ok((text_width(text), TEXT))
    }
}

/// Returns the width of `text` in half pixels, rather too much than too little: letters as wide as in DejaVu Sans, a
/// wide face.
pub(crate) fn text_width(text: &str) -> u32 {
    let percent = |letter: char| match letter {
        ' ' | '.' | ',' | ':' | '(' | ')' | 'i' | 'j' | 'l' | 't' | 'f' | 'r' => 42,
        '+' | '−' | '±' | '%' | 'm' | 'w' | 'M' | 'W' => 98,
        _ => 64,
    };
    (text.chars().map(percent).sum::<u32>() * TEXT).div_ceil(100)
}

/// Returns `body` as an `<svg>` of `size` half pixels that a screen reader calls `name`; `flat` names the axes on which
/// all values are the same.
pub(crate) fn picture(size: (u32, u32), name: &str, flat: &str, body: &str) -> PreEscaped<String> {
    let (width, height) = size;
    let mut out = format!(
        r#"<svg viewBox="0 0 {width} {height}" width="{}" height="{}" role="img" font-size="{TEXT}" data-flat="{flat}" font-family="system-ui,sans-serif" fill="currentColor"><title>"#,
        width / 2,
        height / 2
    );
    let _ = Escaper::new(&mut out).write_str(name);
    let _ = write!(out, "</title>{body}</svg>");
    PreEscaped(out)
}
