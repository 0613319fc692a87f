//! For parties.

use super::{Pen, steps};
use crate::document::{Area, Layer};

impl Pen<'_> {
    /// Paper scraps all over.
    pub(super) fn confetti(&mut self, area: Area) {
        let columns = if area.width > area.height * 1.5 { 11 } else { 7 };
        let gap = area.width / f64::from(columns);
        let rows = (area.height / gap).floor().clamp(2.0, 12.0);
        let high = area.height / rows;
        for row in steps(12).take_while(|row| *row < rows) {
            for column in steps(columns) {
                let x = area.x + gap * (column + self.random.between(0.2, 0.8));
                let y = area.y + high * (row + self.random.between(0.2, 0.8));
                let s = gap.min(high) * self.random.between(0.1, 0.24);
                let color = self.any();
                let turn = self.random.between(0.0, 360.0).round();
                let layer = match self.random.below(5) {
                    0 => Layer::circle(x, y, s * 0.8, color),
                    1 => Layer::circle(x, y, s * 0.8, "none").stroke(&color, s * 0.4),
                    2 => Layer::polygon(&[[x, y - s], [x + s, y + s * 0.8], [x - s, y + s * 0.8]], color).with("rotate", turn),
                    3 => Layer::rectangle(Area::new(x - s * 1.3, y - s * 0.35, s * 2.6, s * 0.7), color)
                        .with("radius", s * 0.35)
                        .with("rotate", turn),
                    _ => Layer::rectangle(Area::new(x - s * 0.7, y - s * 0.7, s * 1.4, s * 1.4), color).with("rotate", turn),
                };
                self.push(layer);
            }
        }
    }

    /// Balloons on strings.
    pub(super) fn balloons(&mut self, area: Area) {
        let count = if area.width > area.height * 1.5 { 7 } else { 5 };
        let knot = [area.center().0, area.bottom() + area.height * 0.3];
        let wide = (area.width / f64::from(count) * 1.15).min(area.height * 0.42);
        for (at, step) in steps(count).enumerate() {
            let x = area.x + area.width * (step + 0.5) / f64::from(count);
            let y = area.y + area.height * self.random.between(0.32, 0.5) - if at % 2 == 0 { 0.0 } else { area.height * 0.1 };
            let string = self.palette.text(self.on, crate::palette::Role::Ink, true);
            let tall = wide * 1.18;
            self.push(
                Layer::line([x, y + tall / 2.0, x + (knot[0] - x) * 0.55, knot[1]], &string, (wide * 0.012).max(1.0))
                    .with("opacity", 0.6),
            );
            let color = self.color(at);
            let foot = y + tall / 2.0;
            self.push(Layer::polygon(
                &[[x, foot - wide * 0.04], [x + wide * 0.08, foot + wide * 0.08], [x - wide * 0.08, foot + wide * 0.08]],
                color.as_str(),
            ));
            self.push(Layer::ellipse(Area::new(x - wide / 2.0, y - tall / 2.0, wide, tall), color));
            let shine = Area::new(x - wide * 0.28, y - tall * 0.32, wide * 0.16, tall * 0.26);
            self.push(Layer::ellipse(shine, "#ffffff").with("opacity", 0.4).with("rotate", 20.0));
        }
    }

    /// Little flags on hanging cords, and some confetti.
    pub(super) fn bunting(&mut self, area: Area) {
        let cord = self.palette.text(self.on, crate::palette::Role::Ink, true);
        let rows = if area.height > area.width * 0.55 { 3 } else { 2 };
        let count = if area.width > area.height * 1.6 { 14 } else { 9 };
        let wide = area.width / f64::from(count);
        for (level, row) in steps(rows).enumerate() {
            let top = area.y + area.height * (0.06 + 0.3 * row);
            let sag = area.height * 0.2;
            let y = |t: f64| top + sag * 4.0 * t * (1.0 - t);
            for (at, step) in steps(count).enumerate() {
                let (from, to) = (step / f64::from(count), (step + 1.0) / f64::from(count));
                let (x1, x2) = (area.x + area.width * from, area.x + area.width * to);
                let color = self.color(at + level);
                let inset = wide * 0.1;
                let tip = [f64::midpoint(x1, x2), y(f64::midpoint(from, to)) + wide * 0.95];
                self.push(Layer::polygon(
                    &[[x1 + inset, y(from + 0.1 / f64::from(count))], [x2 - inset, y(to - 0.1 / f64::from(count))], tip],
                    color,
                ));
                self.push(Layer::line([x1, y(from), x2, y(to)], &cord, (wide * 0.035).max(1.0)));
            }
        }
    }

    /// Baubles on threads from the upper edge, and stars.
    pub(super) fn baubles(&mut self, area: Area) {
        let count = if area.width > area.height * 1.5 { 8 } else { 5 };
        let gap = area.width / f64::from(count);
        for (at, step) in steps(count).enumerate() {
            let x = area.x + gap * (step + 0.5);
            let r = gap.min(area.height * 0.4) * self.random.between(0.26, 0.42);
            let y = area.y + (area.height - r * 1.3) * [0.42_f64, 0.78, 0.55, 0.86, 0.36][at % 5].max(r / area.height);
            let thread = self.palette.text(self.on, crate::palette::Role::Ink, true);
            self.push(Layer::line([x, area.y - 2.0, x, y - r], &thread, (gap * 0.012).max(1.0)));
            let (color, band) = (self.color(at), self.color(at + 1));
            self.push(Layer::rectangle(Area::new(x - r * 0.17, y - r * 1.16, r * 0.34, r * 0.26), thread.as_str()));
            self.push(Layer::circle(x, y, r, color));
            match at % 3 {
                0 => self.push(Layer::rectangle(Area::new(x - r * 0.96, y - r * 0.13, r * 1.92, r * 0.26), band)),
                1 => self.push(Layer::ring(x, y, 8.0, r * 0.5, vec![Layer::circle(0.0, 0.0, r * 0.11, band)])),
                _ => self.star(x, y, r * 0.5, &band),
            }
        }
    }

    pub(super) fn star(&mut self, x: f64, y: f64, r: f64, color: &str) {
        let points: Vec<[f64; 2]> = steps(10)
            .enumerate()
            .map(|(at, step)| {
                let angle = std::f64::consts::PI * (step / 5.0 - 0.5);
                let reach = if at % 2 == 0 { r } else { r * 0.42 };
                [x + angle.cos() * reach, y + angle.sin() * reach]
            })
            .collect();
        self.push(Layer::polygon(&points, color));
    }
}
