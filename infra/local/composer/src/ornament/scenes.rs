//! Pictures that stand on their area's lower edge and may run over its sides.

use super::{
    ALL, Pen, steps,
    subjects::{CRESCENT, PETAL},
};
use crate::{
    color::Rgb,
    document::{Area, Layer, gradient, text_of},
};

/// A bat with its wings spread; the lower half of the square is empty.
const BAT: &str = "M0 20Q15 5 35 18Q40 9 44 9L46 0L50 7L54 0L56 9Q60 9 65 18Q85 5 100 20Q88 24 84 40Q74 32 66 42Q58 38 50 52Q42 38 34 42Q26 32 16 40Q12 24 0 20Z";

impl Pen<'_> {
    /// Light over a horizon: nothing at the area's top, a colour at its foot.
    fn glow(&mut self, area: Area, color: &str, strength: f64) {
        let light = gradient("linear", 90.0, &[(0.0, color, 0.0), (1.0, color, strength)]);
        self.push(Layer::rectangle(area, light));
    }

    /// A record that rises over the lower edge, with its arm.
    pub(super) fn vinyl(&mut self, area: Area) {
        let (w, h) = (area.width, area.height);
        let r = (w * 0.46).min(h * 0.86);
        let (cx, cy) = (area.x + w * 0.5, area.bottom() - r * 0.16);
        let (glow, label, band) = (self.color(1), self.color(0), self.color(2));
        self.glow(area, &glow, 0.35);
        let disc = self.dark_or_light();
        let groove = self.behind();
        self.push(Layer::circle(cx, cy, r, disc.as_str()).shadow(&groove, r * 0.02, r * 0.06, 0.5));
        let (first, step) = (r * 0.44, r * 0.045);
        let (corner, side) = (
            format!("-{} - index * {}", text_of(first), text_of(step)),
            format!("{} + index * {}", text_of(first * 2.0), text_of(step * 2.0)),
        );
        let ring = Layer::ellipse(Area::new(0.0, 0.0, 1.0, 1.0), "none")
            .stroke(&groove, (r * 0.005).max(1.0))
            .with("x", corner.as_str())
            .with("y", corner.as_str())
            .with("width", side.as_str())
            .with("height", side.as_str())
            .with("opacity", "0.5 - abs(index - 5) * 0.05");
        self.push(Layer::row(cx, cy, 12.0, [0.0, 0.0], vec![ring]));
        // Light that lies on the grooves.
        let sheen = |angle: f64, strength: f64, color: &str| {
            let half: f64 = 0.16;
            Layer::group(
                cx,
                cy,
                vec![
                    Layer::polygon(&[[0.0, 0.0], [r * half, -r * 0.98], [-r * half, -r * 0.98]], color).with("opacity", strength),
                ],
            )
            .with("rotate", angle)
        };
        self.push(sheen(-38.0, 0.1, &label));
        self.push(sheen(44.0, 0.08, &label));
        self.push(Layer::circle(cx, cy, r * 0.37, label.as_str()));
        self.push(Layer::circle(cx, cy, r * 0.27, "none").stroke(&band, r * 0.035));
        self.push(Layer::circle(cx, cy, r * 0.05, groove.as_str()));
        let arm = self.light();
        let (px, py) = (cx + r * 0.84, cy - r * 1.0);
        let tip = [cx + r * 0.4, cy - r * 0.42];
        self.push(Layer::circle(px, py, r * 0.1, band.as_str()));
        let reach = Area::new(tip[0], py, px - tip[0], tip[1] - py);
        self.push(Layer::path("M100 0C96 44 64 66 0 100", reach, "none").stroke(&arm, r * 0.03));
        self.push(Layer::circle(px, py, r * 0.05, arm.as_str()));
        let head = Area::new(tip[0] - r * 0.05, tip[1] - r * 0.02, r * 0.13, r * 0.07);
        self.push(Layer::rectangle(head, arm).with("rotate", 152.0).with("radius", r * 0.012));
    }

    /// A sun over a grid that runs to the horizon.
    pub(super) fn neon(&mut self, area: Area) {
        let (w, h) = (area.width, area.height);
        let horizon = area.y + h * 0.56;
        let cx = area.center().0;
        let [line, low, high] = [0, 1, 2].map(|at| self.color(at));
        self.glow(Area::new(area.x, area.y, w, horizon - area.y), &low, 0.5);
        self.stars(Area::new(area.x, area.y, w, h * 0.4), 22);
        let r = (w * 0.3).min(h * 0.44);
        let cy = horizon - r * 0.42;
        self.push(Layer::circle(cx, cy, r, gradient("linear", 90.0, &[(0.0, &high, 1.0), (0.7, &low, 1.0)])));
        let ground = self.behind();
        for step in steps(4) {
            let y = cy + r * (-0.08 + 0.15 * step);
            self.push(Layer::rectangle(Area::new(cx - r, y, r * 2.0, r * (0.02 + 0.018 * step)), ground.as_str()));
        }
        for (at, x, wide, tall) in [(1, 0.02, 0.44, 0.2), (1, 0.98, 0.5, 0.25), (0, 0.2, 0.36, 0.12), (0, 0.78, 0.34, 0.14)] {
            let (x, wide, tall) = (area.x + w * x, w * wide, h * tall);
            let peak = [[x - wide / 2.0, horizon], [x - wide * 0.06, horizon - tall], [x + wide / 2.0, horizon]];
            let edge = if at == 0 { &line } else { &low };
            self.push(Layer::polygon(&peak, ground.as_str()).stroke(edge, w * 0.002));
        }
        let floor = Area::new(area.x, horizon, w, area.bottom() - horizon);
        self.push(Layer::rectangle(floor, ground.as_str()));
        let away = Layer::line([cx, horizon, 0.0, area.bottom()], &line, w * 0.0022)
            .with("x1", format!("{} + (index - 12) * {}", text_of(cx), text_of(w * 0.022)))
            .with("x2", format!("{} + (index - 12) * {}", text_of(cx), text_of(w * 0.16)));
        self.push(Layer::row(0.0, 0.0, 25.0, [0.0, 0.0], vec![away]).with("opacity", 0.8));
        let across = format!("{} + index * index * {}", text_of(horizon), text_of(floor.height / 81.0));
        let bar = Layer::line([area.x, 0.0, area.right(), 0.0], &line, w * 0.0026)
            .with("y1", across.as_str())
            .with("y2", across.as_str())
            .with("opacity", "0.35 + index * 0.07");
        self.push(Layer::row(0.0, 0.0, 10.0, [0.0, 0.0], vec![bar]));
    }

    /// Pumpkins that grin under a moon, and bats.
    pub(super) fn pumpkins(&mut self, area: Area) {
        let (w, h) = (area.width, area.height);
        let s = area.side();
        let (fruit, moon, dark) = (self.warm(), self.light(), self.dark());
        let (mx, my, mr) = (area.x + w * 0.5, area.y + h * 0.44, s * 0.27);
        let halo = gradient("radial", 0.0, &[(0.0, &fruit, 0.55), (0.6, &fruit, 0.2), (1.0, &fruit, 0.0)]);
        self.push(Layer::circle(mx, my, (mr * 1.75).min(my - area.y), halo));
        self.push(Layer::circle(mx, my, mr, moon.as_str()));
        for (x, y, size) in [(0.3, 0.2, 0.2), (0.56, 0.36, 0.26), (0.78, 0.14, 0.15), (0.15, 0.42, 0.12), (0.86, 0.44, 0.1)] {
            let side = s * size;
            let bat = Area::new(area.x + w * x - side / 2.0, area.y + h * y - side * 0.26, side, side);
            let color = if (x - 0.5_f64).abs() < 0.25 { &dark } else { &fruit };
            self.push(Layer::path(BAT, bat, color.as_str()));
        }
        let hill = Area::new(area.x - w * 0.25, area.bottom() - h * 0.2, w * 1.5, h * 0.6);
        let ground = self.color(2);
        self.push(Layer::ellipse(hill, ground));
        for (x, y, size, face) in [(0.2, 0.9, 0.2, false), (0.83, 0.91, 0.24, true), (0.51, 0.87, 0.36, true)] {
            self.pumpkin(area.x + w * x, area.y + h * y, s * size, &fruit, face);
        }
    }

    fn pumpkin(&mut self, cx: f64, cy: f64, wide: f64, fruit: &str, face: bool) {
        let high = wide * 0.78;
        let (shade, glow) = (self.dark(), self.light());
        let (stem, _) = self.greens();
        let stem_box = Area::new(cx - wide * 0.07, cy - high * 0.68, wide * 0.2, wide * 0.24);
        self.push(Layer::path("M20 100C30 60 20 40 60 0L100 14C70 40 74 70 76 100Z", stem_box, stem));
        for (shift, share) in [(-0.33, 0.36), (0.33, 0.36), (-0.17, 0.42), (0.17, 0.42), (0.0, 0.38)] {
            let rib = Area::new(cx + wide * (shift - share / 2.0), cy - high / 2.0, wide * share, high);
            self.push(Layer::ellipse(rib, fruit).stroke(&shade, wide * 0.008));
        }
        if face {
            for side in [-1.0, 1.0] {
                let x = cx + side * wide * 0.17;
                let eye = [[x - wide * 0.07, cy - high * 0.04], [x + wide * 0.07, cy - high * 0.04], [x, cy - high * 0.22]];
                self.push(Layer::polygon(&eye, glow.as_str()));
            }
            let grin = "M0 20L14 34L22 22L36 44L46 30L56 46L66 24L78 38L100 20C90 76 70 100 50 100C30 100 10 76 0 20Z";
            self.push(Layer::path(grin, Area::new(cx - wide * 0.27, cy + high * 0.04, wide * 0.54, high * 0.3), glow));
        }
    }

    /// A village in the snow.
    pub(super) fn village(&mut self, area: Area) {
        let (w, h) = (area.width, area.height);
        let side = area.side();
        let (snow, light) = (self.white(), self.warm());
        for _ in 0..30 {
            let (x, y) = (area.x + w * self.random.between(0.02, 0.98), area.y + h * self.random.between(0.02, 0.72));
            let flake = side * self.random.between(0.003, 0.009);
            self.push(Layer::circle(x, y, flake, snow.as_str()).with("opacity", 0.85));
        }
        let (far, near) = self.greens();
        for (x, tall, fill) in [(0.05, 0.6, &far), (0.3, 0.66, &far), (0.52, 0.6, &far), (0.72, 0.7, &far), (0.95, 0.62, &far)] {
            self.pine(area.x + w * x, area.bottom() - h * 0.16, h * tall, fill);
        }
        let walls = self.walls();
        let base = area.bottom() - h * 0.14;
        for (at, (x, wide, tall)) in
            [(0.0, 0.19, 0.3), (0.22, 0.15, 0.4), (0.41, 0.22, 0.3), (0.66, 0.14, 0.42), (0.83, 0.2, 0.32)]
                .into_iter()
                .enumerate()
        {
            let house = Area::new(area.x + w * x, base - h * tall, w * wide, h * tall + h * 0.06);
            let color = walls[at % walls.len().max(1)].clone();
            self.house(house, &color, &light, &snow, at % 2 == 0);
        }
        self.pine(area.x + w * 0.385, base + h * 0.05, h * 0.34, &near);
        self.pine(area.x + w * 0.645, base + h * 0.06, h * 0.28, &near);
        let drift = "M0 44C14 20 30 24 46 40C62 56 78 30 100 22V100H0Z";
        self.push(Layer::path(drift, Area::new(area.x, area.bottom() - h * 0.18, w, h * 0.2), snow));
    }

    fn house(&mut self, house: Area, wall: &str, light: &str, snow: &str, door: bool) {
        let Area { x, y, width: w, height: h } = house;
        self.push(Layer::rectangle(house, wall));
        let peak = y - w * 0.52;
        let eave = w * 0.1;
        self.push(Layer::polygon(&[[x, y + 1.0], [x + w / 2.0, peak], [x + w, y + 1.0]], wall));
        // Snow on the roof.
        let roof = "M50 0L100 88Q96 100 90 92L50 24L10 92Q4 100 0 88Z";
        self.push(Layer::path(roof, Area::new(x - eave, peak - w * 0.04, w + eave * 2.0, w * 0.66), snow));
        let gap = w / 3.0;
        let rows = ((h * 0.8) / (gap * 1.15)).floor().clamp(1.0, 3.0);
        let pane = Layer::rectangle(Area::new(0.0, 0.0, gap * 0.62, gap * 0.74), light).with("radius", gap * 0.08);
        self.push(Layer::grid(x + gap * 0.69, y + gap * 0.3, [2.0, rows], [gap, gap * 1.15], vec![pane]));
        if door {
            self.push(Layer::circle(x + w / 2.0, y - w * 0.14, w * 0.085, light));
        }
    }

    /// Roofs under a crescent and stars.
    pub(super) fn night(&mut self, area: Area) {
        let (w, h) = (area.width, area.height);
        let s = area.side();
        let (glow, light) = (self.color(1), self.warm());
        self.glow(area, &glow, 0.6);
        self.stars(Area::new(area.x, area.y, w, h * 0.62), 30);
        let moon = s * 0.34;
        let place = Area::new(area.x + w * 0.62, area.y + h * 0.1, moon, moon);
        self.push(Layer::path(CRESCENT, place, light.as_str()).with("rotate", 200.0));
        let (far, near) = self.night_depth();
        for (fill, lit, level) in [(far, false, 0.46), (near, true, 0.3)] {
            let mut x = area.x - w * 0.03;
            let mut at = 0_usize;
            while x < area.right() {
                let wide = (w * self.random.between(0.1, 0.17)).min(s * 0.2);
                let tall = h * level * self.random.between(0.66, 1.12);
                let top = area.bottom() - tall;
                self.push(Layer::rectangle(Area::new(x, top, wide, tall + 2.0), fill.as_str()));
                match at % 3 {
                    0 => self.push(Layer::polygon(
                        &[[x, top + 1.0], [x + wide / 2.0, top - wide * 0.6], [x + wide, top + 1.0]],
                        fill.as_str(),
                    )),
                    1 => self.push(Layer::ellipse(Area::new(x, top - wide * 0.36, wide, wide * 0.74), fill.as_str())),
                    _ => {}
                }
                if lit {
                    let gap = wide / 3.4;
                    let rows = (tall / gap - 1.0).floor().clamp(1.0, 7.0);
                    let pane = Layer::rectangle(Area::new(0.0, 0.0, gap * 0.42, gap * 0.56), light.as_str());
                    self.push(
                        Layer::grid(x + gap * 0.5, top + gap * 0.5, [3.0, rows], [gap, gap], vec![pane]).with("opacity", 0.85),
                    );
                }
                x += wide * self.random.between(0.96, 1.1);
                at += 1;
            }
        }
    }

    /// A sail before the sun.
    pub(super) fn sail(&mut self, area: Area) {
        let (w, h) = (area.width, area.height);
        let s = area.side();
        let (cx, sea) = (area.x + w * 0.5, area.y + h * 0.66);
        let (sun, canvas) = (self.warm(), self.light());
        let (deep, far) = self.water();
        self.push(Layer::circle(cx + s * 0.16, sea - s * 0.14, s * 0.28, sun.as_str()));
        let water = Area::new(area.x, sea, w, area.bottom() - sea + 2.0);
        self.push(Layer::rectangle(water, gradient("linear", 90.0, &[(0.0, &far, 1.0), (1.0, &deep, 1.0)])));
        for (step, share) in [0.34, 0.26, 0.2, 0.12].into_iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "four steps")]
            let y = sea + (h * 0.03) + h * 0.06 * step as f64;
            let wide = s * share;
            let glint = Area::new(cx + s * 0.16 - wide / 2.0, y, wide, s * 0.012);
            self.push(Layer::rectangle(glint, sun.as_str()).with("radius", s * 0.006).with("opacity", 0.75));
        }
        let (x, tall) = (cx - s * 0.06, s * 0.5);
        let hull = self.dark();
        self.push(Layer::path(
            "M4 0H100C92 60 84 100 70 100H24C12 84 8 50 4 0Z",
            Area::new(x - s * 0.17, sea - s * 0.02, s * 0.36, s * 0.075),
            hull,
        ));
        let main = Area::new(x + s * 0.008, sea - s * 0.035 - tall, s * 0.2, tall);
        self.push(Layer::path("M0 0C60 34 96 70 100 100H0Z", main, canvas.as_str()));
        let fore = Area::new(x - s * 0.15, sea - s * 0.035 - tall * 0.82, s * 0.142, tall * 0.82);
        self.push(Layer::path("M100 0V100H0C30 80 76 46 100 0Z", fore, canvas).with("opacity", 0.88));
    }

    /// The bend of a running track.
    pub(super) fn track(&mut self, area: Area) {
        let reach = area.width.max(area.height);
        let (cx, cy) = (area.x - reach * 0.06, area.bottom() + reach * 0.06);
        let line = self.white();
        let plain: Vec<String> = (0..4).map(|at| self.color(at)).filter(|color| *color != line).collect();
        let tartan = plain.first().cloned().unwrap_or_else(|| self.color(0));
        let grass = plain.get(1).cloned().unwrap_or_else(|| self.behind());
        self.push(Layer::circle(cx, cy, reach * 1.02, tartan.as_str()));
        self.push(Layer::circle(cx, cy, reach * 0.4, grass.as_str()));
        let (first, step) = (reach * 0.4, reach * 0.103);
        let corner = |of: f64| format!("{} - index * {}", text_of(of - first), text_of(step));
        let side = format!("{} + index * {}", text_of(first * 2.0), text_of(step * 2.0));
        let ring = Layer::ellipse(Area::new(0.0, 0.0, 1.0, 1.0), "none")
            .stroke(&line, reach * 0.006)
            .with("x", corner(cx))
            .with("y", corner(cy))
            .with("width", side.as_str())
            .with("height", side.as_str());
        self.push(Layer::row(0.0, 0.0, 7.0, [0.0, 0.0], vec![ring]));
        // The line where all start.
        let start = Layer::rectangle(Area::new(first, -reach * 0.006, step * 6.0, reach * 0.012), line);
        self.push(Layer::group(cx, cy, vec![start]).with("rotate", -28.0));
    }

    /// Flowers and leaves in two corners.
    pub(super) fn bouquet(&mut self, area: Area) {
        let s = area.side();
        for (x, y, turn) in [(area.x, area.y, 0.0), (area.right(), area.bottom(), 180.0)] {
            let layers = self.bunch(s * 0.36);
            self.push(Layer::group(x, y, layers).with("rotate", turn));
        }
    }

    /// A bunch that fills the corner at 0, 0.
    fn bunch(&mut self, s: f64) -> Vec<Layer> {
        let (flower, leaf, other, heart) = self.blossom();
        let mut layers = Vec::new();
        for (at, angle) in [96.0, 114.0, 135.0, 156.0, 174.0].into_iter().enumerate() {
            let long = s * [0.98, 0.8, 0.66, 0.84, 1.0][at];
            let shape = Layer::path(PETAL, Area::new(-long * 0.2, -long, long * 0.4, long), leaf.as_str());
            let vein = Layer::line([0.0, -long * 0.1, 0.0, -long * 0.86], &other, s * 0.006);
            layers.push(Layer::group(s * 0.02, s * 0.02, vec![shape, vein]).with("rotate", angle));
        }
        for (x, y, r, color) in [(0.5, 0.1, 0.13, &other), (0.11, 0.52, 0.12, &other), (0.2, 0.19, 0.27, &flower)] {
            let r = s * r;
            let petal = Layer::ellipse(Area::new(-r * 0.5, -r * 0.36, r, r * 0.72), color.as_str());
            layers.push(Layer::ring(s * x, s * y, 7.0, r * 0.56, vec![petal]));
            layers.push(Layer::circle(s * x, s * y, r * 0.28, heart.as_str()));
        }
        layers
    }

    /// Flower, leaf, smaller flower and heart, of colours as plants have them where the palette has such.
    fn blossom(&self) -> (String, String, String, String) {
        let behind = self.palette.rgb(self.on);
        let far = |color: &Rgb| color.distance(behind) > 0.1;
        let of = || ALL.into_iter().map(|role| self.palette.rgb(role)).filter(far);
        let green =
            of().find(|color| (112.0..205.0).contains(&color.hue()) && color.chroma() > 0.015 && color.lightness() > 0.35);
        let leaf = green.map_or_else(|| self.greens().0, |color| color.to_string());
        let reds = of().find(|color| !(65.0..325.0).contains(&color.hue()) && color.chroma() > 0.05);
        let flower = reds.unwrap_or_else(|| behind.at(behind.lightness() - if behind.is_dark() { -0.35 } else { 0.2 }, 1.6));
        let other = if behind.is_dark() { self.palette.rgb(self.by_lightness(true)) } else { flower.mix(behind, 0.45) };
        (flower.to_string(), leaf, other.to_string(), self.white())
    }
}
