//! The form of the SVG: a plotters backend that writes classes, `currentColor`, dashes and an accessible name.
//!
//! Separate, because plotters' own SVG backend writes fixed colours and knows no dashes. Coordinates are half pixels,
//! so that whole numbers are fine enough. Every attribute is also in the element itself: the picture is complete
//! without a style sheet, which only replaces colours.
use super::ink::Ink;
use maud::{Escaper, PreEscaped};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};
use std::convert::Infallible;
use std::fmt::Write as _;

/// Height of letters in half pixels.
pub(crate) const TEXT: u32 = 24;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// An element of straight lines: its attributes, and the places in the text where its points and the element end.
#[derive(Clone, Copy)]
struct Straight {
    rgb: (u8, u8, u8),
    width: u32,
    points_end: usize,
    end: usize,
}

/// Collects elements; [`picture`] wraps them.
pub(crate) struct Canvas<'a> {
    out: &'a mut String,
    size: (u32, u32),
    /// The element of straight lines that was written last.
    line: Option<Straight>,
}

impl<'a> Canvas<'a> {
    /// Returns a canvas of `size` half pixels that appends to `out`.
    pub(crate) fn new(out: &'a mut String, size: (u32, u32)) -> Self {
        Self { out, size, line: None }
    }

    fn stroke(&mut self, color: BackendColor, width: u32) {
        let ink = Ink::from_rgb(color.rgb);
        let _ = write!(
            self.out,
            r#" class="{}" fill="none" stroke="{}" stroke-width="{width}""#,
            ink.class(),
            ink.color()
        );
        self.dash(ink);
    }

    /// Writes the dashes of `ink`, if it has any, and the end of the element.
    fn dash(&mut self, ink: Ink) {
        if !ink.dash().is_empty() {
            let _ = write!(self.out, r#" stroke-dasharray="{}""#, ink.dash());
        }
        self.out.push_str("/>");
    }

    /// Writes the fill of an area; the class `f` marks it as one for the style sheet.
    fn fill(&mut self, color: BackendColor) {
        let ink = Ink::from_rgb(color.rgb);
        let opacity = if ink == Ink::Shade { r#" fill-opacity=".16""# } else { "" };
        let _ = write!(self.out, r#" class="f {}" fill="{}"{opacity}/>"#, ink.class(), ink.color());
    }

    /// Writes a light fill with an edge, for bars.
    fn bar(&mut self, color: BackendColor) {
        let ink = Ink::from_rgb(color.rgb);
        let opacity = if matches!(ink, Ink::Often(_)) { ".15" } else { ".3" };
        let (class, color) = (ink.class(), ink.color());
        let _ = write!(
            self.out,
            r#" class="b {class}" fill="{color}" fill-opacity="{opacity}" stroke="{color}""#
        );
        self.out.push_str(r#" stroke-width="3""#);
        self.dash(ink);
    }

    fn points(&mut self, points: impl IntoIterator<Item = BackendCoord>) {
        let mut last = None;
        for (x, y) in points {
            if last == Some((x, y)) {
                continue;
            }
            let blank = if last.is_some() { " " } else { "" };
            let _ = write!(self.out, "{blank}{x},{y}");
            last = Some((x, y));
        }
    }
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
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect((x, y), (x + 1, y + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        if style.color().alpha > 0.0 {
            let (rgb, width) = (style.color().rgb, style.stroke_width());
            let points = format!("M{},{} {},{}", from.0, from.1, to.0, to.1);
            // Lines of one mesh follow each other, and are one element.
            let end = self.out.len();
            let last = self.line.filter(|line| (line.rgb, line.width, line.end) == (rgb, width, end));
            let points_end = if let Some(last) = last {
                self.out.insert_str(last.points_end, &points);
                last.points_end + points.len()
            } else {
                self.out.push_str(r#"<path d=""#);
                self.out.push_str(&points);
                let points_end = self.out.len();
                self.out.push('"');
                self.stroke(style.color(), width);
                points_end
            };
            self.line = Some(Straight { rgb, width, points_end, end: self.out.len() });
        }
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        a: BackendCoord,
        b: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        if style.color().alpha > 0.0 {
            let (width, height) = (b.0 - a.0, b.1 - a.1);
            let _ = write!(self.out, r#"<rect x="{}" y="{}" width="{width}" height="{height}""#, a.0, a.1);
            match (Ink::from_rgb(style.color().rgb), fill) {
                (Ink::Bar(_) | Ink::Often(_), true) => self.bar(style.color()),
                (_, true) => self.fill(style.color()),
                (_, false) => self.stroke(style.color(), style.stroke_width()),
            }
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        if style.color().alpha > 0.0 {
            self.out.push_str(r#"<polyline points=""#);
            self.points(path);
            self.out.push('"');
            self.stroke(style.color(), style.stroke_width());
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, (x, y): BackendCoord, r: u32, style: &S, fill: bool) -> Drawn {
        if style.color().alpha > 0.0 {
            let _ = write!(self.out, r#"<circle cx="{x}" cy="{y}" r="{r}""#);
            if fill { self.fill(style.color()) } else { self.stroke(style.color(), style.stroke_width()) }
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        if style.color().alpha > 0.0 {
            self.out.push_str(r#"<polygon points=""#);
            self.points(path);
            self.out.push('"');
            self.fill(style.color());
        }
        Ok(())
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

/// Returns `body` as an `<svg>` of `size` half pixels that a screen reader calls `name`.
pub(crate) fn picture(size: (u32, u32), name: &str, body: &str) -> PreEscaped<String> {
    let mut out = String::with_capacity(body.len() + 400);
    let _ = write!(
        out,
        r#"<svg viewBox="0 0 {} {}" width="{}" height="{}" role="img" font-size="{TEXT}" "#,
        size.0,
        size.1,
        size.0 / 2,
        size.1 / 2
    );
    out.push_str(r#"font-family="system-ui,sans-serif" fill="currentColor"><title>"#);
    let _ = Escaper::new(&mut out).write_str(name);
    let _ = write!(out, "</title>{body}</svg>");
    PreEscaped(out)
}
