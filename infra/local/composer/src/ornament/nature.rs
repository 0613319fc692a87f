//! Landscapes and plants.

use super::{Pen, steps};
use crate::{
    document::{Area, Layer},
    palette::Role,
};

impl Pen<'_> {
    /// Rounded hills before a sun.
    pub(super) fn hills(&mut self, area: Area) {
        let (w, h) = (area.width, area.height);
        let (sun, depth) = self.sky();
        let x = area.x + w * self.random.between(0.28, 0.72);
        self.push(Layer::circle(x, area.y + h * 0.42, area.side() * 0.19, sun));
        let hills = [(0.75, 0.46, 1.15), (0.1, 0.58, 1.2), (0.85, 0.74, 1.4)];
        for ((at, top, wide), fill) in hills.into_iter().zip(depth.iter().cycle()) {
            let width = w * wide;
            let fill = fill.as_str();
            let x = area.x + w * at - width / 2.0;
            self.push(Layer::ellipse(Area::new(x, area.y + h * top, width, h * 1.3), fill));
        }
    }

    /// Peaks behind one another, the far ones in the haze, and trees at their foot.
    pub(super) fn mountains(&mut self, area: Area) {
        let (w, h) = (area.width, area.height);
        let behind = self.palette.rgb(self.on);
        let roles = self.palette.shapes_on(self.on);
        let tint = |at: usize| roles.get(at).map_or(behind, |role| self.palette.rgb(*role));
        let (sun, snow) = (self.warm(), self.white());
        let rock = if self.palette.paint(*roles.first().unwrap_or(&self.on)) == sun { tint(1) } else { tint(0) };
        let dark = self.palette.rgb(self.by_lightness(false));
        let tones = [rock.mix(behind, 0.5), rock, rock.mix(dark, 0.55)];
        let left = self.random.chance(0.5);
        let x = area.x + w * if left { 0.24 } else { 0.76 };
        self.push(Layer::circle(x, area.y + h * 0.26, area.side() * 0.16, sun));
        let base = area.bottom() + 2.0;
        let ridges: [&[(f64, f64, f64)]; 3] = [
            &[(-0.05, 0.4, 0.5), (0.3, 0.62, 0.66), (0.74, 0.5, 0.6), (1.06, 0.58, 0.5)],
            &[(0.08, 0.4, 0.6), (0.52, 0.3, 0.56), (0.94, 0.42, 0.7)],
            &[(-0.02, 0.18, 0.8), (0.44, 0.13, 0.9), (0.98, 0.2, 0.8)],
        ];
        for (ridge, (peaks, tone)) in ridges.into_iter().zip(tones).enumerate() {
            let fill = tone.to_string();
            for (at, level, wide) in peaks {
                let at = if left { 1.0 - at } else { *at };
                let (x, tall, wide) = (area.x + w * (at + self.random.between(-0.04, 0.04)), h * (level + 0.12), w * wide);
                let top = [x, base - tall];
                let (foot_left, foot_right) = ([x - wide / 2.0, base], [x + wide / 2.0, base]);
                self.push(Layer::polygon(&[foot_left, top, foot_right], fill.as_str()));
                if ridge < 2 {
                    // Down one side lies the snow, to a ragged edge.
                    let on = |foot: [f64; 2], share: f64| [top[0] + (foot[0] - top[0]) * share, top[1] + tall * share];
                    let share = 0.27;
                    let rag = |across: f64, down: f64| [top[0] + wide * across, top[1] + tall * down];
                    let cap = [top, on(foot_right, share), rag(0.06, 0.21), rag(0.0, 0.3), rag(-0.05, 0.2), on(foot_left, share)];
                    self.push(Layer::polygon(&cap, snow.as_str()));
                }
            }
        }
        let tree = tones[2].mix(dark, 0.5).to_string();
        for (x, tall) in [(0.04, 0.22), (0.12, 0.3), (0.2, 0.18), (0.83, 0.2), (0.9, 0.27), (0.98, 0.2)] {
            self.pine(area.x + w * x, base - h * 0.01, h * tall, &tree);
        }
    }

    /// Fir trees under a moon or stars.
    pub(super) fn pines(&mut self, area: Area) {
        let (wide, high) = (area.width, area.height);
        let light = self.light();
        let x = area.x + wide * self.random.between(0.25, 0.75);
        self.push(Layer::circle(x, area.y + high * 0.32, area.side() * 0.15, light.as_str()));
        for _ in 0..34 {
            let (x, y) = (area.x + wide * self.random.between(0.03, 0.97), area.y + high * self.random.between(0.04, 0.66));
            let size = area.side() * self.random.between(0.003, 0.009);
            self.push(Layer::circle(x, y, size, light.as_str()).with("opacity", 0.75));
        }
        let (far, near) = self.greens();
        for (count, size, fill) in [(9_u32, 0.5, far), (6, 0.66, near)] {
            for step in steps(count) {
                let tall = high * size * self.random.between(0.72, 1.1);
                let x = area.x + wide * (step + self.random.between(0.3, 0.7)) / f64::from(count);
                self.pine(x, area.bottom() - high * 0.03, tall, &fill);
            }
            // The wood's floor: no sky between the trunks.
            let floor = Area::new(area.x - wide * 0.1, area.bottom() - high * 0.27, wide * 1.2, high * 0.6);
            self.push(Layer::ellipse(floor, fill));
        }
        self.push(Layer::ellipse(Area::new(area.x - wide * 0.2, area.bottom() - high * 0.1, wide * 1.4, high * 0.4), light));
    }

    /// Two greens, or two colours for night where the palette has none: far trees, near trees.
    pub(super) fn greens(&self) -> (String, String) {
        let behind = self.palette.rgb(self.on);
        let roles = [Role::Ground, Role::Second, Role::Accent, Role::Third, Role::Ink];
        let green = roles
            .into_iter()
            .map(|role| self.palette.rgb(role))
            .find(|color| (130.0..200.0).contains(&color.hue()) && color.chroma() > 0.025 && color.lightness() < 0.7);
        let darkest = roles.into_iter().map(|role| self.palette.rgb(role)).min_by(|a, b| a.lightness().total_cmp(&b.lightness()));
        let mut near = green.or(darkest).unwrap_or(behind);
        if near.distance(behind) < 0.13 {
            near = near.at(if behind.lightness() < 0.3 { behind.lightness() + 0.2 } else { behind.lightness() - 0.16 }, 1.0);
        }
        (near.mix(behind, 0.45).to_string(), near.to_string())
    }

    pub(super) fn pine(&mut self, x: f64, base: f64, tall: f64, fill: &str) {
        let half = tall * 0.24;
        for (from, to, share) in [(0.0, 0.46, 0.62), (0.24, 0.72, 0.82), (0.5, 0.96, 1.0)] {
            let top = base - tall * (1.0 - from);
            let foot = base - tall * (1.0 - to);
            self.push(Layer::polygon(&[[x, top], [x + half * share, foot], [x - half * share, foot]], fill));
        }
        self.push(Layer::rectangle(Area::new(x - tall * 0.02, base - tall * 0.05, tall * 0.04, tall * 0.08), fill));
    }

    /// A ring of leaves and berries.
    pub(super) fn wreath(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let r = area.side() * 0.4;
        let leaf = |size: f64, turn: f64, fill: &str| {
            let long = r * size;
            Layer::ellipse(Area::new(-long / 2.0, -long * 0.17, long, long * 0.34), fill).with("rotate", turn)
        };
        let (outer, inner, berry) = (self.color(1), self.color(0), self.color(2));
        self.push(Layer::circle(cx, cy, r, "none").stroke(&outer, (r * 0.008).max(1.0)));
        self.push(Layer::ring(cx, cy, 22.0, r * 1.06, vec![leaf(0.26, 58.0, &outer)]));
        self.push(Layer::ring(cx, cy, 22.0, r * 0.93, vec![leaf(0.2, 128.0, &inner)]).with("rotate", 8.0));
        self.push(Layer::ring(cx, cy, 11.0, r * 1.0, vec![Layer::circle(0.0, 0.0, r * 0.028, berry)]).with("rotate", 12.0));
    }

    /// Upright stems with leaves in pairs.
    pub(super) fn branches(&mut self, area: Area) {
        let count = if area.width > area.height * 1.5 { 5 } else { 3 };
        let middle = f64::from(count - 1) / 2.0;
        for (at, step) in steps(count).enumerate() {
            let off = step - middle;
            let tall = area.height * (0.86 - off.abs() * 0.13);
            let x = area.center().0 + off * (area.width / f64::from(count) * 0.8).min(area.height * 0.3);
            let color = self.color(at % 2);
            self.branch(x, area.bottom() - area.height * 0.03, tall, off * 7.0, &color);
        }
    }

    fn branch(&mut self, x: f64, base: f64, tall: f64, turn: f64, color: &str) {
        let pairs = 7.0;
        let long = tall * 0.2;
        let gap = tall * 0.118;
        let blade = |angle: f64, side: f64| {
            Layer::ellipse(Area::new(side * long * 0.42 - long / 2.0, -long * 0.18, long, long * 0.36), color)
                .with("rotate", angle)
        };
        let layers = vec![
            Layer::line([0.0, 0.0, 0.0, -tall * 0.96], color, (tall * 0.008).max(1.0)),
            Layer::row(0.0, -tall * 0.16, pairs, [0.0, -gap], vec![blade(-32.0, 1.0), blade(32.0, -1.0)]),
            Layer::ellipse(Area::new(-long * 0.18, -tall - long * 0.1, long * 0.36, long), color),
        ];
        self.push(Layer::group(x, base, layers).with("rotate", turn));
    }

    /// Blossoms of round petals.
    pub(super) fn flowers(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let s = area.side();
        let places: &[(f64, f64, f64)] = if area.width > area.height * 1.5 {
            &[(-0.95, 0.12, 0.2), (-0.5, -0.16, 0.27), (0.0, 0.1, 0.34), (0.5, -0.18, 0.25), (0.95, 0.1, 0.22)]
        } else {
            &[(-0.24, 0.2, 0.22), (0.24, 0.22, 0.18), (-0.22, -0.22, 0.17), (0.08, -0.04, 0.3), (0.3, -0.27, 0.14)]
        };
        for (at, (x, y, r)) in places.iter().enumerate() {
            let r = s * r * 0.75;
            let (petal, heart) = (self.color(at), self.color(at + 2));
            let count = [8.0, 6.0, 10.0][at % 3];
            let shape = Layer::ellipse(Area::new(-r * 0.42, -r * 0.24, r * 0.84, r * 0.48), petal.as_str());
            self.push(Layer::ring(cx + x * s, cy + y * s, count, r * 0.58, vec![shape]));
            self.push(Layer::circle(cx + x * s, cy + y * s, r * 0.3, heart));
        }
    }

    /// Buildings with lit windows.
    pub(super) fn skyline(&mut self, area: Area) {
        let (w, h) = (area.width, area.height);
        let (moon, depth) = self.sky();
        let x = area.x + w * self.random.between(0.2, 0.8);
        self.push(Layer::circle(x, area.y + h * 0.26, area.side() * 0.13, moon.as_str()));
        for ((level, windows), fill) in [(0.62, false), (0.46, true)].into_iter().zip(depth.iter().cycle()) {
            let mut x = area.x - w * 0.02;
            while x < area.right() {
                let wide = w * self.random.between(0.1, 0.18);
                let tall = h * level * self.random.between(0.62, 1.15);
                let top = area.bottom() - tall;
                self.push(Layer::rectangle(Area::new(x, top, wide, tall + 2.0), fill.as_str()));
                match self.random.below(4) {
                    0 => self.push(Layer::polygon(
                        &[[x, top + 1.0], [x + wide / 2.0, top - wide * 0.5], [x + wide, top + 1.0]],
                        fill.as_str(),
                    )),
                    1 => self.push(Layer::line(
                        [x + wide / 2.0, top, x + wide / 2.0, top - wide * 0.6],
                        fill,
                        (wide * 0.05).max(1.0),
                    )),
                    _ => {}
                }
                if windows {
                    let columns = 3.0;
                    let gap = wide / (columns + 0.6);
                    let rows = (tall / gap - 1.0).floor().clamp(1.0, 14.0);
                    let light = if self.random.chance(0.75) { moon.clone() } else { self.behind() };
                    let window = Layer::rectangle(Area::new(0.0, 0.0, gap * 0.42, gap * 0.52), light);
                    self.push(
                        Layer::grid(x + gap * 0.58, top + gap * 0.6, [columns, rows], [gap, gap], vec![window])
                            .with("opacity", 0.9),
                    );
                }
                x += wide * self.random.between(0.96, 1.12);
            }
        }
    }
}
