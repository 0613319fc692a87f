//! Things by which a trade or a place is known.

use super::{Pen, steps};
use crate::document::{Area, Layer};

/// A round loaf.
const LOAF: &str = "M2 62C2 30 22 8 50 8C78 8 98 30 98 62C98 80 92 92 80 92H20C8 92 2 80 2 62Z";
/// A cut in its crust.
const CUT: &str = "M0 100C10 50 50 10 100 0C92 46 56 84 0 100Z";
/// A grain of an ear.
const GRAIN: &str = "M50 0C86 30 86 72 50 100C14 72 14 30 50 0Z";
/// A bee's wing.
const WING: &str = "M4 96C0 50 30 2 66 2C92 2 100 24 92 44C80 74 44 92 4 96Z";
/// The outline of a mask.
const MASK: &str = "M4 8C20 16 34 19 50 19C66 19 80 16 96 8C99 44 92 82 50 99C8 82 1 44 4 8Z";
/// An eye that laughs, and a mouth.
const EYE: &str = "M0 78C12 14 88 14 100 78C74 46 26 46 0 78Z";
const MOUTH: &str = "M0 0C30 26 70 26 100 0C96 62 74 100 50 100C26 100 4 62 0 0Z";

impl Pen<'_> {
    /// A loaf before two ears of wheat.
    pub(super) fn loaf(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let s = area.side();
        let (crust, ear, behind) = (self.color(0), self.color(1), self.behind());
        for side in [-1.0, 1.0] {
            let mut ears = vec![Layer::line([0.0, s * 0.16, 0.0, -s * 0.3], &ear, s * 0.014)];
            let grain = |x: f64, turn: f64| {
                let area = Area::new(x - s * 0.026, -s * 0.05, s * 0.052, s * 0.1);
                Layer::path(GRAIN, area, ear.as_str()).with("rotate", turn)
            };
            for way in [-1.0, 1.0] {
                ears.push(Layer::row(0.0, -s * 0.3, 4.0, [0.0, s * 0.085], vec![grain(way * s * 0.038, way * 32.0)]));
            }
            ears.push(Layer::group(0.0, -s * 0.36, vec![grain(0.0, 0.0)]));
            self.push(Layer::group(cx + side * s * 0.17, cy - s * 0.02, ears).with("rotate", side * 30.0));
        }
        let loaf = Area::new(cx - s * 0.33, cy - s * 0.1, s * 0.66, s * 0.38);
        self.push(Layer::path(LOAF, loaf, crust).stroke(&behind, s * 0.018));
        for step in steps(3) {
            let cut = Area::new(cx + (step - 1.0) * s * 0.16 - s * 0.06, cy - s * 0.03, s * 0.12, s * 0.16);
            self.push(Layer::path(CUT, cut, behind.as_str()));
        }
    }

    /// A stall under a striped awning.
    pub(super) fn stall(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let s = area.side();
        let (cloth, mut other, post) = (self.color(0), self.light(), self.dark_or_light());
        if other == cloth {
            other = self.color(1);
        }
        let (left, top, wide) = (cx - s * 0.4, cy - s * 0.36, s * 0.8);
        for side in [0.04, 0.93] {
            self.push(Layer::rectangle(Area::new(left + wide * side, top + s * 0.1, s * 0.024, s * 0.66), post.as_str()));
        }
        // What is sold stands behind the counter's edge.
        let counter = top + s * 0.5;
        for (at, (x, high)) in [(0.12, 0.1), (0.29, 0.17), (0.43, 0.08), (0.6, 0.14), (0.76, 0.11)].into_iter().enumerate() {
            let thing = Area::new(left + wide * x, counter - s * high, wide * 0.12, s * high);
            let color = self.color(1 + at % 3);
            self.push(match at % 3 {
                0 => Layer::rectangle(thing, color).with("radius", s * 0.012),
                1 => Layer::path(GRAIN, thing, color),
                _ => Layer::ellipse(Area::new(thing.x, counter - wide * 0.12, wide * 0.12, wide * 0.12), color),
            });
        }
        self.push(Layer::rectangle(Area::new(left, counter, wide, s * 0.2), cloth.as_str()));
        self.push(Layer::rectangle(Area::new(left, counter, wide, s * 0.03), post.as_str()));
        let (stripe, high) = (wide / 8.0, s * 0.17);
        for (at, step) in steps(8).enumerate() {
            let color = if at % 2 == 0 { cloth.as_str() } else { other.as_str() };
            let x = left + stripe * step;
            self.push(Layer::ellipse(Area::new(x, top + high - stripe / 2.0, stripe, stripe), color));
            let narrow = |edge: f64| cx + (edge - cx) * 0.86;
            self.push(Layer::polygon(
                &[[narrow(x), top], [narrow(x + stripe), top], [x + stripe, top + high], [x, top + high]],
                color,
            ));
        }
    }

    /// A bee, its stripes cut to its body.
    pub(super) fn bee(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let s = area.side();
        let (warm, wing) = (self.warm(), self.color(2));
        // On yellow it would be another colour: it becomes a pale one.
        let behind = self.palette.rgb(self.on);
        let yellow = (60.0..112.0).contains(&behind.hue()) && behind.chroma() > 0.08;
        let body = if yellow { behind.mix(crate::color::Rgb::new(0xffffff), 0.72).to_string() } else { warm };
        let stripe = if self.dark() == self.behind() { self.behind() } else { self.dark() };
        let mut bee = Vec::new();
        for side in [-1.0, 1.0] {
            let feeler = "M0 100C0 40 40 0 100 0";
            let long = Area::new(if side > 0.0 { s * 0.03 } else { -s * 0.13 }, -s * 0.42, s * 0.1, s * 0.14);
            let layer = Layer::path(feeler, long, "none").stroke(&stripe, s * 0.014);
            bee.push(if side > 0.0 { layer } else { mirrored(layer, "M100 100C100 40 60 0 0 0") });
        }
        bee.push(Layer::circle(0.0, -s * 0.24, s * 0.105, stripe.as_str()));
        let trunk = Area::new(-s * 0.165, -s * 0.22, s * 0.33, s * 0.54);
        let mut inside = vec![Layer::ellipse(trunk, body.as_str())];
        for step in steps(3) {
            inside
                .push(Layer::rectangle(Area::new(trunk.x, -s * 0.1 + step * s * 0.14, trunk.width, s * 0.065), stripe.as_str()));
        }
        bee.push(Layer::group(0.0, 0.0, inside).clipped("ellipse", trunk));
        for side in [-1.0, 1.0] {
            for (share, drop, opacity) in [(1.0, 0.0, 0.92), (0.7, 0.13, 0.8)] {
                let (wide, high) = (s * 0.36 * share, s * 0.27 * share);
                let x = if side > 0.0 { s * 0.1 } else { -s * 0.1 - wide };
                let at = Area::new(x, -s * 0.28 + s * drop, wide, high);
                let layer = Layer::path(WING, at, wing.as_str()).with("opacity", opacity);
                let left = "M96 96C100 50 70 2 34 2C8 2 0 24 8 44C20 74 56 92 96 96Z";
                bee.push(if side > 0.0 { layer } else { mirrored(layer, left) });
            }
        }
        self.push(Layer::group(cx, cy, bee).with("rotate", 16.0));
    }

    /// The masks of comedy and tragedy.
    pub(super) fn masks(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let s = area.side();
        let dark = self.palette.rgb(self.on).mix(crate::color::Rgb::new(0), 0.55).to_string();
        for (way, x, y) in [(-1.0, s * 0.17, s * 0.05), (1.0, -s * 0.15, -s * 0.04)] {
            let laughs = way > 0.0;
            let face = self.color(usize::from(!laughs));
            let hole = self.behind();
            let side = s * 0.52;
            let at = |x: f64, y: f64, wide: f64, high: f64| Area::new(x * side, y * side, wide * side, high * side);
            let mut mask = vec![Layer::path(MASK, at(-0.5, -0.5, 1.0, 1.1), face).shadow(&dark, s * 0.012, s * 0.03, 0.35)];
            for eye in [-1.0, 1.0] {
                let drawn = Layer::path(EYE, at(eye * 0.22 - 0.13, -0.22, 0.26, 0.2), hole.as_str());
                mask.push(if laughs { drawn } else { drawn.with("rotate", 180.0 + eye * 14.0) });
            }
            let mouth = Layer::path(MOUTH, at(-0.27, 0.12, 0.54, 0.26), hole);
            mask.push(if laughs { mouth } else { mouth.with("rotate", 180.0) });
            self.push(Layer::group(cx + x, cy + y, mask).with("rotate", way * -9.0));
        }
    }
}

/// The same layer with the path that looks the other way.
fn mirrored(layer: Layer, d: &str) -> Layer {
    layer.with("d", d)
}
