//! Curves that coincide: a reader sees the one on top and would take the other for missing.
//!
//! Separate from drawing. Distances are those on the drawing, because only there is one curve hidden by another.
use super::frame::{Frame, LINE, Line, WIDTH};
use super::ink::Ink;

/// A place in half pixels.
type Place = (f64, f64);

/// Returns the groups of lines of `frame` whose distance is nowhere more than the width of a line.
pub(crate) fn coincident(frame: &Frame) -> Vec<Vec<Ink>> {
    let drawn: Vec<(Ink, Vec<Place>)> =
        frame.lines.iter().map(|line| (line.ink, places(frame, line))).collect();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (n, (_, mine)) in drawn.iter().enumerate().filter(|(_, (_, places))| !places.is_empty()) {
        let same = |group: &&mut Vec<usize>| {
            let first = &drawn[group[0]].1;
            covers(first, mine) && covers(mine, first)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(n),
            None => groups.push(vec![n]),
        }
    }
    groups.retain(|group| group.len() > 1);
    groups.into_iter().map(|group| group.into_iter().map(|n| drawn[n].0).collect()).collect()
}

/// Returns the points of a line, or its markers when nothing connects them, on the drawing.
fn places(frame: &Frame, line: &Line) -> Vec<Place> {
    let scale = |at: f64, (low, high): (f64, f64), length: u32| (at - low) / (high - low) * f64::from(length);
    let points = if line.points.is_empty() { &line.marks } else { &line.points };
    let place = |(x, y): &Place| (scale(*x, frame.x.range, WIDTH), scale(*y, frame.y.range, frame.height));
    points.iter().map(place).collect()
}

/// Reports whether every corner of `other` is on `line`.
fn covers(line: &[Place], other: &[Place]) -> bool {
    let near = |at: &Place| {
        let ends = line.windows(2).map(|pair| (pair[0], pair[1])).chain([(line[0], line[0])]);
        ends.into_iter().any(|(a, b)| distance(*at, a, b) <= f64::from(LINE))
    };
    other.iter().all(near)
}

/// Returns the distance of `at` from the straight line between `a` and `b`.
fn distance(at: Place, a: Place, b: Place) -> f64 {
    let (along, to) = ((b.0 - a.0, b.1 - a.1), (at.0 - a.0, at.1 - a.1));
    let length = along.0 * along.0 + along.1 * along.1;
    let share =
        if length == 0.0 { 0.0 } else { ((to.0 * along.0 + to.1 * along.1) / length).clamp(0.0, 1.0) };
    (to.0 - share * along.0).hypot(to.1 - share * along.1)
}

#[cfg(test)]
mod tests {
    use super::super::axis::Axis;
    use super::*;

    #[test]
    fn only_curves_that_hide_each_other_coincide() {
        let line = |n: u8, points: &[Place]| Line {
            ink: Ink::Series(n),
            points: points.to_vec(),
            marks: Vec::new(),
        };
        let frame = Frame {
            question: String::new(),
            x: Axis::time("", 100),
            y: Axis::time("", 100),
            height: 400,
            lines: vec![
                line(0, &[(0.0, 0.0), (100.0, 100.0)]),
                line(1, &[(0.0, 0.0), (50.0, 50.4), (100.0, 100.0)]),
                line(2, &[(0.0, 0.0), (50.0, 53.0), (100.0, 100.0)]),
                line(3, &[(0.0, 0.0), (50.0, 50.0)]),
                line(4, &[]),
            ],
            bars: Vec::new(),
        };
        assert_eq!(coincident(&frame), [[Ink::Series(0), Ink::Series(1)]], "a shorter curve is another one");
    }
}
