//! Patterns and abstract shapes.

use super::{Pen, steps};
use crate::document::{Area, Layer, gradient, text_of};

impl Pen<'_> {
    /// A disc cut by stripes that widen downwards.
    pub(super) fn sun(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let r = area.side() * 0.42;
        let (top, bottom) = (self.color(1), self.color(0));
        self.push(Layer::circle(cx, cy, r, gradient("linear", 90.0, &[(0.0, &top, 1.0), (1.0, &bottom, 1.0)])));
        let step = r / 6.2;
        let stripe = Layer::rectangle(Area::new(-r * 1.02, 0.0, r * 2.04, step), self.behind())
            .with("height", format!("{} + index * {}", text_of(step * 0.12), text_of(step * 0.13)));
        self.push(Layer::row(cx, cy + step * 0.2, 6.0, [0.0, step], vec![stripe]));
    }

    /// A grid of tiles in the manner of the Bauhaus.
    pub(super) fn tiles(&mut self, area: Area) {
        let across = if area.width > area.height * 1.6 { 6.0 } else { 4.0 };
        let size = area.width / across;
        let down = (area.height / size).ceil().clamp(1.0, 8.0);
        for row in steps(8).take_while(|row| *row < down) {
            for column in steps(6).take_while(|column| *column < across) {
                // From the bottom up: what does not fit is covered or off the canvas at the top.
                let (x, y) = (area.x + column * size, area.bottom() - (row + 1.0) * size);
                if y + size <= area.y + 1.0 {
                    continue;
                }
                self.tile(Area::new(x, y, size, size));
            }
        }
    }

    fn tile(&mut self, cell: Area) {
        let (base, top) = {
            let mut both = [self.any(), self.any()];
            if both[0] == both[1] {
                both[1] = self.behind();
            }
            let [base, top] = both;
            (base, top)
        };
        let Area { x, y, width: s, .. } = cell;
        let (cx, cy) = cell.center();
        // A little over its edge, or the ground would shine through between two.
        self.push(Layer::rectangle(cell.inset(-0.6), base.as_str()));
        match self.random.below(12) {
            at @ 8..=11 => {
                let d = [
                    // A quarter and a half of a disc, a leaf, two quarters.
                    "M0 0H100A100 100 0 0 1 0 100Z",
                    "M0 0H100A50 50 0 0 1 0 0ZM0 50H100A50 50 0 0 1 0 50Z",
                    "M0 0A100 100 0 0 1 100 100A100 100 0 0 1 0 0Z",
                    "M0 0H50A50 50 0 0 1 0 50ZM100 100H50A50 50 0 0 1 100 50Z",
                ];
                let turn = [0.0, 90.0, 180.0, 270.0][self.random.below(4)];
                self.push(Layer::path(d[at - 8], cell, top.as_str()).with("rotate", turn));
            }
            0 => self.push(Layer::circle(cx, cy, s * 0.36, top.as_str())),
            1 => {
                self.push(Layer::circle(cx, cy, s * 0.42, top.as_str()));
                self.push(Layer::circle(cx, cy, s * 0.26, base.as_str()));
                self.push(Layer::circle(cx, cy, s * 0.11, top.as_str()));
            }
            2 => self.push(Layer::polygon(&[[x, y + s], [x + s, y + s], [x + s, y]], top.as_str())),
            3 => self.push(Layer::polygon(&[[x, y], [x + s, y], [x, y + s]], top.as_str())),
            4 => {
                let bar = Layer::rectangle(Area::new(0.0, 0.0, s, s / 8.0), top.as_str());
                self.push(Layer::row(x, y + s / 8.0, 4.0, [0.0, s / 4.0], vec![bar]));
            }
            5 => {
                let dot = Layer::circle(0.0, 0.0, s * 0.09, top.as_str());
                self.push(Layer::grid(x + s / 6.0, y + s / 6.0, [3.0, 3.0], [s / 3.0, s / 3.0], vec![dot]));
            }
            6 => {
                self.push(Layer::polygon(&[[x, y], [cx, cy], [x, y + s]], top.as_str()));
                self.push(Layer::polygon(&[[x + s, y], [cx, cy], [x + s, y + s]], top.as_str()));
            }
            _ => self.push(Layer::polygon(&[[cx, y], [x + s, cy], [cx, y + s], [x, cy]], top.as_str())),
        }
    }

    /// Arches inside one another, standing on the area's lower edge; several side by side where there is room.
    pub(super) fn arches(&mut self, area: Area) {
        let most = (area.width * 0.46).min(area.height * 0.92);
        let count = (area.width / (most * 2.04)).floor().clamp(1.0, 7.0);
        for place in steps(7).take_while(|place| *place < count) {
            let cx = area.center().0 + (place - (count - 1.0) / 2.0) * most * 2.04;
            let shift = self.random.below(3);
            for (at, step) in steps(5).enumerate() {
                let r = most * (1.0 - step * 0.19);
                let fill = if at == 4 { self.behind() } else { self.color(at + if count > 1.0 { shift } else { 0 }) };
                let arch = Area::new(cx - r, area.bottom() - r, r * 2.0, r * 2.2);
                self.push(Layer::rectangle(arch, fill.as_str()).with("radius", r));
            }
        }
    }

    /// Rays from a point at the lower edge, with a disc before them.
    pub(super) fn rays(&mut self, area: Area) {
        let (cx, _) = area.center();
        let cy = area.bottom();
        let reach = area.width.hypot(area.height) * 1.05;
        let count = 28.0;
        let half = reach * (std::f64::consts::PI / count / 2.0).tan() * 1.0;
        let ray = Layer::polygon(&[[0.0, 0.0], [reach, -half], [reach, half]], self.color(1));
        self.push(Layer::ring(cx, cy, count, 0.0, vec![ray]));
        let r = area.side() * 0.4;
        let (edge, disc) = (self.behind(), self.color(0));
        self.push(Layer::circle(cx, cy, r * 1.14, edge));
        self.push(Layer::circle(cx, cy, r, disc));
        self.push(Layer::circle(cx, cy, r * 0.62, self.color(2)));
    }

    /// Dots that grow downwards or across.
    pub(super) fn halftone(&mut self, area: Area) {
        let columns = (area.width / (area.side() / 11.0)).floor().clamp(6.0, 26.0);
        let gap = area.width / columns;
        let rows = (area.height / gap).floor().clamp(4.0, 22.0);
        let (least, growth) = (gap * 0.1, gap * 0.86 / rows);
        let size = format!("{} + row * {}", text_of(least), text_of(growth));
        let fill = self.color(0);
        let dot = Layer::circle(0.0, 0.0, 1.0, fill.as_str())
            .with("width", size.as_str())
            .with("height", size.as_str())
            .with("x", format!("({size}) / -2"))
            .with("y", format!("({size}) / -2"));
        let top = area.bottom() - rows * gap;
        self.push(Layer::grid(area.x + gap / 2.0, top + gap / 2.0, [columns, rows], [gap, gap], vec![dot]));
        // One dot in another colour draws the eye.
        let (column, row) = (self.random.between(1.0, columns - 1.0).floor(), rows - 2.0);
        let r = (least + growth * row) * 0.51;
        let other = self.color(1);
        self.push(Layer::circle(area.x + (column + 0.5) * gap, top + (row + 0.5) * gap, r, other));
    }

    /// Circles that overlap, some filled, some drawn.
    pub(super) fn rings(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let r = area.side() * 0.27;
        let turn = self.random.between(0.0, 360.0).to_radians();
        for (at, step) in steps(3).enumerate() {
            let angle = turn + step * std::f64::consts::TAU / 3.0;
            let (x, y) = (cx + angle.cos() * r * 0.68, cy + angle.sin() * r * 0.68);
            self.push(Layer::circle(x, y, r, self.color(at)).with("opacity", 0.88));
        }
        let (line, width) = (self.color(3), area.side() * 0.008);
        self.push(Layer::circle(cx, cy, r * 1.66, "none").stroke(&line, width));
    }

    /// Soft lights.
    pub(super) fn orbs(&mut self, area: Area) {
        for (at, step) in steps(4).enumerate() {
            let color = self.color(at);
            let r = area.side() * self.random.between(0.42, 0.72);
            let x = area.x + area.width * (0.14 + 0.24 * step + self.random.between(-0.08, 0.08));
            let y = area.y + area.height * self.random.between(0.25, 0.75);
            let light = gradient("radial", 0.0, &[(0.0, &color, 0.95), (0.45, &color, 0.4), (0.7, &color, 0.0)]);
            self.push(Layer::circle(x, y, r, light));
        }
        let line = self.palette.text(self.on, crate::palette::Role::Ink, true);
        let (cx, cy) = area.center();
        let r = area.side() * 0.1;
        let ring = Layer::ellipse(Area::new(0.0, 0.0, 1.0, 1.0), "none")
            .stroke(&line, (area.side() * 0.003).max(1.0))
            .with("x", format!("-{} - index * {}", text_of(r), text_of(r * 0.5)))
            .with("y", format!("-{} - index * {}", text_of(r), text_of(r * 0.5)))
            .with("width", format!("{} + index * {}", text_of(r * 2.0), text_of(r)))
            .with("height", format!("{} + index * {}", text_of(r * 2.0), text_of(r)))
            .with("opacity", "0.7 - index * 0.09");
        self.push(Layer::row(cx, cy, 6.0, [0.0, 0.0], vec![ring]));
    }

    /// Rows of scales, each with circles inside one another.
    pub(super) fn waves(&mut self, area: Area) {
        let r = (area.width / if area.width > area.height * 1.6 { 14.0 } else { 9.0 }).max(8.0);
        let rows = (area.height / (r * 0.5)).ceil().clamp(2.0, 30.0) + 1.0;
        let count = (area.width / (r * 2.0)).ceil() + 2.0;
        let rings: Vec<(f64, String)> = [
            (1.0, self.behind()),
            (0.93, self.color(1)),
            (0.72, self.behind()),
            (0.6, self.color(0)),
            (0.34, self.behind()),
            (0.22, self.color(2)),
        ]
        .to_vec();
        for row in steps(31).take_while(|row| *row < rows) {
            let shift = if row % 2.0 == 0.0 { 0.0 } else { r };
            let scale: Vec<Layer> =
                rings.iter().map(|(share, color)| Layer::circle(0.0, 0.0, r * share, color.as_str())).collect();
            self.push(Layer::row(area.x - r + shift, area.y + r + row * r * 0.5, count, [r * 2.0, 0.0], scale));
        }
    }

    /// Slanted bands.
    pub(super) fn slants(&mut self, area: Area) {
        let lean = area.height * 0.55;
        let mut x = area.x + area.width * 0.12;
        for (at, share) in [0.2, 0.07, 0.03, 0.16, 0.05].into_iter().enumerate() {
            let wide = area.width * share;
            let (top, bottom) = (area.y, area.bottom());
            let points = [[x + lean, top], [x + lean + wide, top], [x + wide, bottom], [x, bottom]];
            let color = self.color(at);
            self.push(Layer::polygon(&points, color));
            x += wide + area.width * 0.025;
        }
    }

    /// Bands across that become thinner upwards.
    pub(super) fn stripes(&mut self, area: Area) {
        let mut bottom = area.bottom();
        let mut high = area.height * 0.24;
        for at in 0..7 {
            let color = self.color(at);
            self.push(Layer::rectangle(Area::new(area.x, bottom - high, area.width, high), color));
            bottom -= high * 1.32;
            high *= 0.68;
        }
    }

    /// Points joined by lines.
    pub(super) fn network(&mut self, area: Area) {
        let inner = area.inset(area.side() * 0.06);
        let columns = if area.width > area.height * 1.4 { 6 } else { 4 };
        let rows = if area.height > area.width * 1.4 { 6 } else { 4 };
        let mut points: Vec<[f64; 2]> = Vec::new();
        for row in steps(rows) {
            for column in steps(columns) {
                let x = inner.x + inner.width * (column + self.random.between(0.15, 0.85)) / f64::from(columns);
                let y = inner.y + inner.height * (row + self.random.between(0.15, 0.85)) / f64::from(rows);
                points.push([x, y]);
            }
        }
        let near = (inner.width / f64::from(columns)).max(inner.height / f64::from(rows)) * 1.25;
        let line = self.color(1);
        let thin = (area.side() * 0.0035).max(1.0);
        for (at, a) in points.iter().enumerate() {
            for b in points.iter().skip(at + 1) {
                if (a[0] - b[0]).hypot(a[1] - b[1]) < near {
                    self.push(Layer::line([a[0], a[1], b[0], b[1]], &line, thin).with("opacity", 0.55));
                }
            }
        }
        for (at, [x, y]) in points.into_iter().enumerate() {
            let big = at % 5 == 2;
            let r = area.side() * if big { 0.032 } else { 0.013 };
            let color = self.color(if big { 0 } else { at % 3 });
            if big {
                self.push(Layer::circle(x, y, r * 1.7, "none").stroke(&color, thin));
            }
            self.push(Layer::circle(x, y, r, color));
        }
    }
}
