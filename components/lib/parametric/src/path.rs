//! SVG path data, read into absolute lines and curves with bounds, and written in one form.

use std::fmt::Write as _;

use kurbo::{BezPath, PathEl, Point, Shape as _};
use serde::{Serialize, Serializer};

use crate::{decimal, limits};

/// The outline of a `path` layer, in its own square.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PathData(pub(crate) BezPath);

impl PathData {
    /// Reads path data of any form. Nothing where it is none, is too long, or draws nothing.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > limits::PATH_BYTES {
            return None;
        }
        let path = BezPath::from_svg(text).ok()?;
        // An arc has become curves; nothing else than a few coordinates per element is kept.
        if path.elements().len() > limits::PATH_ELEMENTS || path.elements().len() < 2 {
            return None;
        }
        let rounded = Self(path.elements().iter().map(|element| round(*element)).collect::<Option<BezPath>>()?);
        let bounds = rounded.bounds();
        (bounds[2] > 0.0 || bounds[3] > 0.0).then_some(rounded)
    }

    /// Left, top, width and height of what is drawn, curves counted as they run.
    pub(crate) fn bounds(&self) -> [f64; 4] {
        let bounds = self.0.bounding_box();
        [bounds.x0, bounds.y0, bounds.width(), bounds.height()]
    }

    /// Moved and scaled: `x * scale + dx`, likewise `y`.
    pub(crate) fn placed(&self, [sx, sy]: [f64; 2], [dx, dy]: [f64; 2]) -> BezPath {
        kurbo::Affine::new([sx, 0.0, 0.0, sy, dx, dy]) * self.0.clone()
    }

    /// The same drawing in other units, rounded again.
    pub(crate) fn rescaled(&self, scale: [f64; 2], move_by: [f64; 2]) -> Option<Self> {
        Self::parse(&write(&self.placed(scale, move_by)))
    }
}

impl Serialize for PathData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&write(&self.0))
    }
}

/// Two decimals, within the coordinates of a file; nothing where a number is not finite.
fn round(element: PathEl) -> Option<PathEl> {
    let point = |p: Point| {
        let [x, y] = [p.x, p.y].map(|n| n.is_finite().then(|| decimal::round(n.clamp(-limits::COORDINATE, limits::COORDINATE))));
        Some(Point::new(x?, y?))
    };
    Some(match element {
        PathEl::MoveTo(a) => PathEl::MoveTo(point(a)?),
        PathEl::LineTo(a) => PathEl::LineTo(point(a)?),
        PathEl::QuadTo(a, b) => PathEl::QuadTo(point(a)?, point(b)?),
        PathEl::CurveTo(a, b, c) => PathEl::CurveTo(point(a)?, point(b)?, point(c)?),
        PathEl::ClosePath => PathEl::ClosePath,
    })
}

/// Path data in one form: absolute commands, at most three decimals.
pub(crate) fn write(path: &BezPath) -> String {
    let mut out = String::new();
    for element in path.elements() {
        let (letter, points): (char, &[Point]) = match element {
            PathEl::MoveTo(a) => ('M', &[*a]),
            PathEl::LineTo(a) => ('L', &[*a]),
            PathEl::QuadTo(a, b) => ('Q', &[*a, *b]),
            PathEl::CurveTo(a, b, c) => ('C', &[*a, *b, *c]),
            PathEl::ClosePath => ('Z', &[]),
        };
        out.push(letter);
        for (at, point) in points.iter().enumerate() {
            // Writing to a string does not fail.
            let _ = write!(out, "{}{} {}", if at == 0 { "" } else { " " }, decimal::n(point.x), decimal::n(point.y));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[expect(clippy::cast_possible_truncation, reason = "small")]
    fn round_to_whole(n: f64) -> i32 {
        n.round() as i32
    }

    #[test]
    fn every_form_becomes_one() {
        let path = PathData::parse("m10,10 h20v20l-20 0z").expect("a path");
        assert_eq!(write(&path.0), "M10 10L30 10L30 30L10 30Z");
        assert_eq!(path.bounds().map(round_to_whole), [10, 10, 20, 20]);
        let arc = PathData::parse("M0 50 A50 50 0 0 1 100 50 Z").expect("an arc");
        assert!((arc.bounds()[3] - 50.0).abs() < 0.1, "{:?}", arc.bounds());
        for text in ["", "M0 0", "hello", "M0 0L", "L 10 10", "M0 0 L0 0 Z", "M0 0 L1e999 3", &"M0 0L1 1".repeat(2_000)] {
            assert_eq!(PathData::parse(text), None, "{}", text.get(..20).unwrap_or(text));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_path_or_none_and_a_path_is_written_as_it_was_read(text in "[MmLlHhVvCcSsQqTtAaZz0-9 .,e-]{0,60}") {
            if let Some(path) = PathData::parse(&text) {
                let written = write(&path.0);
                prop_assert_eq!(PathData::parse(&written).map(|again| write(&again.0)), Some(written));
            }
        }
    }
}
