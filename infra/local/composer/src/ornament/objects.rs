//! Things.

use super::{Pen, steps};
use crate::{
    document::{Area, Layer, text_of},
    palette::Role,
};

impl Pen<'_> {
    /// A record with its grooves and label.
    pub(super) fn record(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let r = area.side() * 0.45;
        // Vinyl is dark, or light on a dark ground.
        let disc = self.palette.text(self.on, Role::Ink, true);
        let groove = self.behind();
        self.push(Layer::circle(cx, cy, r, disc.as_str()));
        let (first, step) = (r * 0.46, r * 0.055);
        let size = format!("{} + index * {}", text_of(first * 2.0), text_of(step * 2.0));
        let ring = Layer::ellipse(Area::new(0.0, 0.0, 1.0, 1.0), "none")
            .stroke(&groove, (r * 0.006).max(1.0))
            .with("x", format!("-{} - index * {}", text_of(first), text_of(step)))
            .with("y", format!("-{} - index * {}", text_of(first), text_of(step)))
            .with("width", size.as_str())
            .with("height", size.as_str())
            .with("opacity", 0.4);
        self.push(Layer::row(cx, cy, 10.0, [0.0, 0.0], vec![ring]));
        let (label, band) = (self.color(0), self.color(1));
        self.push(Layer::circle(cx, cy, r * 0.4, label));
        self.push(Layer::circle(cx, cy, r * 0.29, "none").stroke(&band, r * 0.05));
        self.push(Layer::circle(cx, cy, r * 0.055, groove));
    }

    /// Bars as of a sound.
    pub(super) fn bars(&mut self, area: Area) {
        let inner = area.inset(area.side() * 0.06);
        let count = if area.width > area.height * 1.5 { 25 } else { 15 };
        let gap = inner.width / f64::from(count);
        let (_, cy) = inner.center();
        for (at, step) in steps(count).enumerate() {
            let arch = (std::f64::consts::PI * (step + 0.5) / f64::from(count)).sin();
            let high = inner.height * (0.16 + 0.8 * arch * self.random.between(0.4, 1.0));
            let color = self.color(usize::from(at % 4 == 1) + 2 * usize::from(at % 7 == 3));
            let bar = Area::new(inner.x + gap * (step + 0.19), cy - high / 2.0, gap * 0.62, high);
            self.push(Layer::rectangle(bar, color).with("radius", gap * 0.31));
        }
    }

    /// A steaming cup.
    pub(super) fn cup(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let s = area.side();
        let (cup, drink, saucer) = (self.color(0), self.color(3), self.color(1));
        let wide = s * 0.44;
        let top = cy - s * 0.06;
        for step in steps(3) {
            let x = cx + (step - 1.0) * wide * 0.28;
            let steam = Area::new(x - s * 0.012, top - s * (0.3 - 0.04 * (step - 1.0).abs()), s * 0.024, s * 0.2);
            self.push(Layer::rectangle(steam, saucer.as_str()).with("radius", s * 0.012).with("opacity", 0.8));
        }
        let ear = Area::new(cx + wide * 0.36, top + s * 0.04, wide * 0.36, s * 0.17);
        self.push(Layer::ellipse(ear, "none").stroke(&cup, s * 0.034));
        self.push(
            Layer::rectangle(Area::new(cx - wide / 2.0, top - s * 0.12, wide, s * 0.44), cup.as_str())
                .with("radius", wide * 0.48),
        );
        self.push(Layer::rectangle(Area::new(cx - wide / 2.0, top - s * 0.13, wide, s * 0.15), self.behind()));
        self.push(Layer::ellipse(Area::new(cx - wide / 2.0, top - s * 0.045, wide, s * 0.12), cup.as_str()));
        self.push(Layer::ellipse(Area::new(cx - wide * 0.43, top - s * 0.028, wide * 0.86, s * 0.085), drink));
        for step in steps(3) {
            let x = cx + (step - 1.0) * wide * 0.28;
            let steam = Area::new(x - s * 0.012, top - s * (0.3 - 0.04 * (step - 1.0).abs()), s * 0.024, s * 0.2);
            self.push(Layer::rectangle(steam, saucer.as_str()).with("radius", s * 0.012).with("opacity", 0.8));
        }
        self.push(Layer::ellipse(Area::new(cx - s * 0.34, top + s * 0.3, s * 0.68, s * 0.07), saucer));
    }

    /// A plate between fork and knife.
    pub(super) fn dish(&mut self, area: Area) {
        let (cx, cy) = area.center();
        let s = area.side();
        let (plate, rim, metal) = (self.color(0), self.behind(), self.palette.text(self.on, Role::Ink, true));
        let r = s * 0.28;
        self.push(Layer::circle(cx, cy, r, plate.as_str()));
        self.push(Layer::circle(cx, cy, r * 0.74, "none").stroke(&rim, r * 0.025));
        let leaf = Layer::ellipse(Area::new(-r * 0.2, -r * 0.08, r * 0.4, r * 0.16), self.color(1)).with("rotate", 24.0);
        self.push(Layer::ring(cx, cy, 9.0, r * 0.36, vec![leaf]));
        self.push(Layer::circle(cx, cy, r * 0.17, self.color(2)));
        // Fork.
        let x = cx - r * 1.38;
        let (top, bottom, thin) = (cy - r * 0.95, cy + r * 0.95, r * 0.05);
        let tine = Layer::rectangle(Area::new(0.0, 0.0, thin, r * 0.6), metal.as_str()).with("radius", thin / 2.0);
        self.push(Layer::row(x - thin * 2.5, top, 3.0, [thin * 2.0, 0.0], vec![tine]));
        self.push(
            Layer::rectangle(Area::new(x - thin * 2.5, top + r * 0.46, thin * 5.0, r * 0.28), metal.as_str())
                .with("radius", thin * 2.2),
        );
        self.push(
            Layer::rectangle(Area::new(x - thin * 0.7, top + r * 0.6, thin * 1.4, bottom - top - r * 0.6), metal.as_str())
                .with("radius", thin * 0.7),
        );
        // Knife.
        let x = cx + r * 1.38;
        self.push(
            Layer::rectangle(Area::new(x - thin * 1.6, top, thin * 3.2, r * 1.05), metal.as_str()).with("radius", thin * 1.6),
        );
        self.push(
            Layer::rectangle(Area::new(x - thin * 0.7, top + r * 0.9, thin * 1.4, bottom - top - r * 0.9), metal.as_str())
                .with("radius", thin * 0.7),
        );
    }
}
