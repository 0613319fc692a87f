//! Things that a brief names: drawn whole within their area.

use super::{ALL, Pen, steps};
use crate::document::{Area, Layer, gradient};

/// A pointed leaf or petal, its foot in the middle of the lower edge.
pub(super) const PETAL: &str = "M50 100C8 72 18 26 50 0C82 26 92 72 50 100Z";
/// A heart.
const HEART: &str = "M50 92C12 62 0 44 0 28C0 11 13 0 27 0C38 0 46 6 50 16C54 6 62 0 73 0C87 0 100 11 100 28C100 44 88 62 50 92Z";
/// A flame.
const FLAME: &str = "M50 0C60 24 86 40 86 66C86 86 70 100 50 100C30 100 14 86 14 66C14 40 40 24 50 0Z";
/// A crescent, open to the right.
pub(super) const CRESCENT: &str = "M62 2C30 2 8 24 8 50C8 76 30 98 62 98C44 88 34 70 34 50C34 30 44 12 62 2Z";

impl Pen<'_> {
    /// The head of a fox, in facets.
    pub(super) fn fox(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let r = area.side() * 0.4;
        let (fur, mut white, dark) = (self.color(0), self.white(), self.dark());
        if white == self.behind() {
            // White on white would be a hole.
            let role = self.palette.shapes_on(self.on).first().copied().unwrap_or(self.on);
            white = self.palette.rgb(role).mix(self.palette.rgb(self.on), 0.66).to_string();
        }
        let at = |x: f64, y: f64| [cx + x * r, cy + y * r];
        for side in [-1.0, 1.0] {
            self.push(Layer::polygon(&[at(side * 0.86, -1.0), at(side * 0.9, 0.05), at(side * 0.1, -0.42)], fur.as_str()));
            self.push(Layer::polygon(&[at(side * 0.78, -0.74), at(side * 0.78, -0.14), at(side * 0.32, -0.42)], dark.as_str()));
        }
        self.push(Layer::polygon(&[at(0.0, -0.52), at(0.95, -0.1), at(0.0, 0.98), at(-0.95, -0.1)], fur.as_str()));
        for side in [-1.0, 1.0] {
            self.push(Layer::polygon(&[at(side * 0.95, -0.1), at(side * 0.2, 0.34), at(0.0, 0.98)], white.as_str()));
            self.push(Layer::polygon(&[at(side * 0.2, 0.04), at(side * 0.56, -0.08), at(side * 0.4, 0.14)], dark.as_str()));
        }
        // The far side lies in the shade.
        self.push(Layer::polygon(&[at(0.0, -0.52), at(0.95, -0.1), at(0.0, 0.98)], dark.as_str()).with("opacity", 0.12));
        self.push(Layer::polygon(&[at(-0.15, 0.72), at(0.15, 0.72), at(0.0, 0.98)], dark));
    }

    /// The blades of a lens.
    pub(super) fn aperture(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let r = area.side() * 0.36;
        let (disc, behind, rim) = (self.color(0), self.behind(), self.color(1));
        self.push(Layer::circle(cx, cy, r, disc.as_str()));
        let corner = |at: f64, reach: f64| {
            let angle = (at * 60.0 + 12.0).to_radians();
            [cx + angle.cos() * reach, cy + angle.sin() * reach]
        };
        let hole = r * 0.44;
        let corners: Vec<[f64; 2]> = steps(6).map(|at| corner(at, hole)).collect();
        self.push(Layer::polygon(&corners, behind.as_str()));
        for at in steps(6) {
            let ([x, y], [from_x, from_y]) = (corner(at, hole), corner(at - 1.0, hole));
            // On along the hole's side until the rim.
            let (dx, dy) = ((x - from_x) / hole, (y - from_y) / hole);
            let along = (x - cx) * dx + (y - cy) * dy;
            let reach = -along + (along * along + r * r - hole * hole).max(0.0).sqrt();
            self.push(Layer::line([x - dx * 0.5, y - dy * 0.5, x + dx * reach, y + dy * reach], &behind, r * 0.04));
        }
        self.push(Layer::circle(cx, cy, r * 1.13, "none").stroke(&rim, r * 0.05));
    }

    /// Scissors, open.
    pub(super) fn scissors(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let r = area.side() * 0.48;
        let (blade, handle, screw) = (self.dark_or_light(), self.color(0), self.behind());
        let mut layers = Vec::new();
        for side in [-1.0, 1.0] {
            let at = |x: f64, y: f64| [side * x * r, y * r];
            layers.push(Layer::polygon(&[at(-0.2, 0.5), at(-0.06, 0.56), at(0.4, -0.62), at(0.42, -0.98)], blade.as_str()));
            let [x, y] = at(-0.26, 0.72);
            layers.push(Layer::circle(x, y, r * 0.22, "none").stroke(&handle, r * 0.1));
        }
        layers.push(Layer::circle(0.0, r * 0.02, r * 0.05, screw));
        self.push(Layer::group(cx, cy, layers).with("rotate", 24.0));
    }

    /// A water lily before the sun.
    pub(super) fn lotus(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let s = area.side();
        let (sun, glow) = (self.color(2), self.behind());
        let disc = gradient("linear", 90.0, &[(0.0, &sun, 1.0), (1.0, &glow, 1.0)]);
        self.push(Layer::circle(cx, cy - s * 0.08, s * 0.3, disc));
        let foot = cy + s * 0.24;
        let colors = [self.color(1), self.color(0), self.color(1), self.color(0)];
        for (at, angle) in [78.0, 52.0, 27.0, 0.0].into_iter().enumerate() {
            let tall = s * [0.34, 0.4, 0.45, 0.48][at];
            let wide = tall * 0.46;
            let edge = self.behind();
            for side in if angle > 0.0 { &[-1.0, 1.0][..] } else { &[1.0][..] } {
                let petal =
                    Layer::path(PETAL, Area::new(-wide / 2.0, -tall, wide, tall), colors[at].as_str()).stroke(&edge, s * 0.008);
                self.push(Layer::group(cx, foot, vec![petal]).with("rotate", angle * side));
            }
        }
        let water = self.color(1);
        for step in steps(3) {
            let wide = s * (0.62 - 0.17 * step);
            let bar = Area::new(cx - wide / 2.0, foot + s * (0.05 + 0.045 * step), wide, s * 0.013);
            self.push(Layer::rectangle(bar, water.as_str()).with("radius", s * 0.0065));
        }
    }

    /// Rockets that burst.
    pub(super) fn fireworks(&mut self, area: Area) {
        let (w, h) = (area.width, area.height);
        let side = area.side();
        let places: &[(f64, f64, f64)] = if w > h * 1.5 {
            &[(0.16, 0.5, 0.34), (0.5, 0.44, 0.44), (0.84, 0.52, 0.36), (0.33, 0.24, 0.2), (0.68, 0.22, 0.18)]
        } else {
            &[(0.5, 0.4, 0.36), (0.2, 0.26, 0.2), (0.82, 0.24, 0.22), (0.22, 0.68, 0.22), (0.8, 0.66, 0.2)]
        };
        for (at, (x, y, size)) in places.iter().enumerate() {
            let (place, r) = ([area.x + w * x, area.y + h * y], side * size);
            let (spark, dot) = (self.color(at), self.color(at + 1));
            let thin = r * 0.028;
            let count = if at == 0 { 20.0 } else { 14.0 };
            let bar =
                Layer::rectangle(Area::new(r * 0.3, -thin / 2.0, r * 0.46, thin), spark.as_str()).with("radius", thin / 2.0);
            let tip = Layer::circle(r * 0.9, 0.0, thin * 1.3, spark.as_str());
            self.push(Layer::ring(place[0], place[1], count, 0.0, vec![bar, tip]));
            let inner =
                Layer::rectangle(Area::new(r * 0.14, -thin / 2.0, r * 0.22, thin), dot.as_str()).with("radius", thin / 2.0);
            let between = Layer::circle(r * 0.66, 0.0, thin * 1.1, dot);
            self.push(Layer::ring(place[0], place[1], count, 0.0, vec![inner, between]).with("rotate", 180.0 / count));
        }
    }

    /// A planet with its ring, a moon and stars.
    pub(super) fn planet(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let s = area.side();
        let r = s * 0.24;
        let (body, shade, ring, light) = (self.color(0), self.color(1), self.color(2), self.light());
        self.stars(area, 26);
        let orbit = self.color(3);
        self.push(Layer::circle(cx, cy, s * 0.44, "none").stroke(&orbit, s * 0.003).dashed("dashed").with("opacity", 0.5));
        let (wide, high) = (r * 3.5, r * 0.95);
        let arc = |d: &str, color: &str| {
            Layer::path(d, Area::new(-wide / 2.0, -high / 2.0, wide, high), "none").stroke(color, r * 0.13)
        };
        let globe = gradient("linear", 60.0, &[(0.0, &body, 1.0), (0.35, &body, 1.0), (1.0, &shade, 1.0)]);
        let bands = vec![
            Layer::circle(0.0, 0.0, r, globe),
            Layer::rectangle(Area::new(-r, -r * 0.5, r * 2.0, r * 0.13), shade.as_str()).with("opacity", 0.5),
            Layer::rectangle(Area::new(-r, -r * 0.22, r * 2.0, r * 0.28), shade.as_str()).with("opacity", 0.4),
            Layer::rectangle(Area::new(-r, r * 0.42, r * 2.0, r * 0.1), light.as_str()).with("opacity", 0.3),
        ];
        let parts = vec![
            arc("M0 50A50 50 0 0 1 100 50", &ring),
            Layer::group(0.0, 0.0, bands).clipped("ellipse", Area::new(-r, -r, r * 2.0, r * 2.0)),
            arc("M0 50A50 50 0 0 0 100 50", &ring),
        ];
        self.push(Layer::group(cx, cy, parts).with("rotate", -20.0));
        self.push(Layer::circle(cx + s * 0.33, cy - s * 0.29, s * 0.045, light));
        self.push(Layer::circle(cx - s * 0.36, cy + s * 0.25, s * 0.022, ring));
    }

    /// Stars of two kinds, here and there.
    pub(super) fn stars(&mut self, area: Area, count: u32) {
        let light = self.light();
        let s = area.side();
        for at in 0..count {
            let x = area.x + area.width * self.random.between(0.04, 0.96);
            let y = area.y + area.height * self.random.between(0.03, 0.97);
            if at % 7 == 3 {
                let r = s * self.random.between(0.014, 0.026);
                let points: Vec<[f64; 2]> = steps(8)
                    .enumerate()
                    .map(|(at, step)| {
                        let angle = step * std::f64::consts::FRAC_PI_4;
                        let reach = if at % 2 == 0 { r } else { r * 0.26 };
                        [x + angle.sin() * reach, y - angle.cos() * reach]
                    })
                    .collect();
                self.push(Layer::polygon(&points, light.as_str()));
            } else {
                let r = s * self.random.between(0.002, 0.006);
                self.push(Layer::circle(x, y, r, light.as_str()).with("opacity", 0.8));
            }
        }
    }

    /// A birthday cake with its candles.
    pub(super) fn cake(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let s = area.side();
        let [base, icing, second, third] = [0, 1, 2, 3].map(|at| self.color(at));
        self.confetti(Area::new(area.x, area.y, area.width, area.height * 0.62));
        let (foot, wide) = (cy + s * 0.36, s * 0.62);
        self.push(Layer::rectangle(Area::new(cx - s * 0.4, foot, s * 0.8, s * 0.025), third.as_str()).with("radius", s * 0.0125));
        let lower = Area::new(cx - wide / 2.0, foot - s * 0.27, wide, s * 0.27);
        let upper = Area::new(cx - wide * 0.34, lower.y - s * 0.2, wide * 0.68, s * 0.21);
        for (tier, color, drip) in [(upper, &second, &icing), (lower, &base, &icing)] {
            self.push(Layer::rectangle(tier, color.as_str()).with("radius", s * 0.016));
            let high = tier.height * 0.52;
            let icing = "M0 0H100V52Q94 78 88 52Q82 26 76 56Q68 100 60 60Q54 30 48 56Q42 92 35 62Q28 36 22 58Q14 88 8 56L0 46Z";
            self.push(Layer::path(icing, Area::new(tier.x, tier.y, tier.width, high), drip.as_str()));
        }
        let dot = Layer::circle(0.0, 0.0, s * 0.016, third.as_str());
        self.push(Layer::row(lower.x + wide * 0.07, foot - s * 0.05, 8.0, [wide * 0.123, 0.0], vec![dot]));
        let (stick, fire) = (self.color(3), self.warm());
        let candle = vec![
            Layer::rectangle(Area::new(-s * 0.011, -s * 0.12, s * 0.022, s * 0.12), stick).with("radius", s * 0.008),
            Layer::path(FLAME, Area::new(-s * 0.022, -s * 0.185, s * 0.044, s * 0.06), fire),
        ];
        self.push(Layer::row(cx - wide * 0.24, upper.y, 5.0, [wide * 0.12, 0.0], candle));
    }

    /// Hearts, one large.
    pub(super) fn heart(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let s = area.side();
        for (at, (x, y, size)) in
            [(0.0, 0.02, 0.56), (-0.32, -0.27, 0.16), (0.33, -0.3, 0.2), (0.34, 0.27, 0.12), (-0.36, 0.22, 0.1)]
                .into_iter()
                .enumerate()
        {
            let side = s * size;
            let place = Area::new(cx + s * x - side / 2.0, cy + s * y - side / 2.0, side, side * 0.96);
            let color = self.color(at);
            self.push(Layer::path(HEART, place, color).with("rotate", [0.0, -18.0, 14.0, 20.0, -12.0][at]));
        }
    }

    /// A building of cubes, seen from above its corner.
    pub(super) fn cubes(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let e = area.side() * 0.21;
        let (dx, dy) = (e * 0.866, e * 0.5);
        let tones = self.tones();
        // One on top of four, of which the hindmost is hidden.
        for (x, y) in [(0.0, -3.0), (-1.0, 0.0), (1.0, 0.0), (0.0, 1.0)] {
            let (x, y) = (cx + x * dx, cy + y * dy);
            let [top, left, right] = [&tones[0], &tones[1], &tones[2]];
            self.push(Layer::polygon(&[[x, y - dy], [x + dx, y], [x, y + dy], [x - dx, y]], top.as_str()));
            self.push(Layer::polygon(&[[x - dx, y], [x, y + dy], [x, y + dy + e], [x - dx, y + e]], left.as_str()));
            self.push(Layer::polygon(&[[x + dx, y], [x, y + dy], [x, y + dy + e], [x + dx, y + e]], right.as_str()));
        }
    }

    /// A starburst that says percent.
    pub(super) fn burst(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let r = area.side() * 0.46;
        let spikes = |r: f64, depth: f64| -> Vec<[f64; 2]> {
            steps(40)
                .enumerate()
                .map(|(at, step)| {
                    let angle = step * std::f64::consts::PI / 20.0;
                    let reach = if at % 2 == 0 { r } else { r * depth };
                    [cx + angle.sin() * reach, cy - angle.cos() * reach]
                })
                .collect()
        };
        let (outer, inner) = (self.color(0), self.color(1));
        let shade = self.dark();
        self.push(Layer::polygon(&spikes(r, 0.86), outer.as_str()).shadow(&shade, r * 0.05, r * 0.08, 0.3));
        self.push(Layer::circle(cx, cy, r * 0.72, inner.as_str()));
        // The sign: two rings and a stroke.
        let sign = self.sign_on(1);
        let (ring, thick) = (r * 0.15, r * 0.1);
        self.push(Layer::line([cx + r * 0.3, cy - r * 0.42, cx - r * 0.3, cy + r * 0.42], &sign, thick));
        for side in [-1.0, 1.0] {
            self.push(Layer::circle(cx + side * r * 0.3, cy + side * r * 0.25, ring, "none").stroke(&sign, thick * 0.9));
        }
    }

    /// A window with lines of code, over another.
    pub(super) fn window(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let s = area.side();
        let (wide, high) = ((area.width * 0.84).min(s * 1.16), s * 0.72);
        let front = Area::new(cx - wide / 2.0 - s * 0.02, cy - high / 2.0 + s * 0.03, wide, high);
        let (under, shade) = (self.color(1), self.dark());
        let radius = s * 0.035;
        let back = Area::new(front.x + s * 0.07, front.y - s * 0.08, wide, high);
        self.push(Layer::rectangle(back, under.as_str()).with("radius", radius).with("opacity", 0.55));
        // Code is dark, whatever lies around it.
        let darkest = self.palette.rgb(self.by_lightness(false));
        let ground = if darkest.lightness() < 0.32 { shade.clone() } else { darkest.at(0.24, 1.0).to_string() };
        let window = Layer::rectangle(front, ground.as_str()).with("radius", radius).stroke(&under, s * 0.004);
        self.push(window.shadow(&shade, s * 0.02, s * 0.05, 0.35));
        let bright: Vec<String> = ALL
            .into_iter()
            .filter(|role| self.palette.rgb(*role).lightness() > 0.55)
            .map(|role| self.palette.paint(role))
            .collect();
        let color = |at: usize| bright.get(at % bright.len().max(1)).cloned().unwrap_or_else(|| "#ffffff".to_owned());
        for (at, step) in steps(3).enumerate() {
            let x = front.x + s * (0.055 + 0.05 * step);
            self.push(Layer::circle(x, front.y + s * 0.06, s * 0.015, color(at)));
        }
        // Indent and words of each line, in shares of the window.
        let lines: [(f64, &[f64]); 7] = [
            (0.0, &[0.2, 0.3]),
            (1.0, &[0.14, 0.22, 0.1]),
            (2.0, &[0.3, 0.12]),
            (2.0, &[0.1, 0.24, 0.14]),
            (1.0, &[0.26]),
            (1.0, &[0.12, 0.3]),
            (0.0, &[0.16]),
        ];
        let step = (high - s * 0.17) / 7.0;
        for (at, (indent, words)) in lines.into_iter().enumerate() {
            let y = front.y + s * 0.125 + step * f64::from(u32::try_from(at).unwrap_or(0));
            let mut x = front.x + s * 0.055 + indent * wide * 0.07;
            for (word, share) in words.iter().enumerate() {
                let bar = Area::new(x, y, wide * share, step * 0.42);
                self.push(Layer::rectangle(bar, color(at + word * 2)).with("radius", step * 0.21));
                x += wide * (share + 0.03);
            }
        }
    }

    /// A bottle and a glass.
    pub(super) fn wine(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let s = area.side();
        let (bottle, label, drink) = (self.dark_or_light(), self.color(1), self.color(0));
        let tall = s * 0.84;
        let shape = "M42 0H58V30C58 38 72 42 72 54V96Q72 100 68 100H32Q28 100 28 96V54C28 42 42 38 42 30Z";
        let place = Area::new(cx - s * 0.36, cy - tall / 2.0, tall * 0.5, tall);
        self.push(Layer::path(shape, place, bottle.as_str()));
        self.push(Layer::rectangle(
            Area::new(place.x + place.width * 0.28, place.y + tall * 0.62, place.width * 0.44, tall * 0.22),
            label,
        ));
        let high = s * 0.56;
        let glass = Area::new(cx + s * 0.02, cy + tall / 2.0 - high, high * 0.6, high);
        let bowl = "M18 0H82C88 34 76 56 54 60V94H72V100H28V94H46V60C24 56 12 34 18 0Z";
        self.push(Layer::path(bowl, glass, "none").stroke(&bottle, s * 0.014));
        self.push(Layer::path("M17 26H83C81 46 70 54 50 56C30 54 19 46 17 26Z", glass, drink));
    }
}
