//! A name, what one does, and how to be reached.

use crate::{
    brief::{Horizontal, Vertical},
    document::{Area, Layer},
    metrics::Face,
    ornament::Ornament,
    palette::Role,
    scene::{Block, Scene, Stand},
};

pub(super) fn compose(scene: &mut Scene<'_>) {
    let (w, h, margin) = (scene.canvas.width, scene.canvas.height, scene.margin);
    let unit = scene.unit;
    let (text, across) = match scene.random.below(4) {
        0 => {
            // A coloured side with a drawing.
            let wide = (w * 0.36).round();
            let zone = Area::new(0.0, 0.0, wide, h);
            scene.panel(zone, Role::Accent);
            let ornament = scene.random.pick(&Ornament::choices(scene.brief), Ornament::Rings);
            let room = if ornament.is_bounded() { zone.inset(margin * 0.5) } else { zone };
            scene.draw(ornament, room, Role::Accent);
            scene.panel(Area::new(wide, 0.0, w - wide, h), Role::Ground);
            (Area::new(wide + margin, margin, w - wide - 2.0 * margin, h - 2.0 * margin), Horizontal::Left)
        }
        1 => {
            super::framed::frame(scene, scene.canvas.inset(margin * 0.7));
            (scene.canvas.inset(margin * 1.7), Horizontal::Center)
        }
        2 => {
            // A band along the lower edge.
            let high = h * 0.1;
            for (at, role) in [Role::Accent, Role::Second, Role::Third].into_iter().enumerate() {
                let x = [0.0, 0.62, 0.84][at];
                scene.panel(Area::new(w * x, h - high, w * (1.0 - x), high), role);
            }
            (Area::new(margin, margin, w - 2.0 * margin, h - high - margin * 1.6), Horizontal::Left)
        }
        _ => {
            // A corner of circles.
            let mut layers = Vec::new();
            for (share, role) in [(0.52, Role::Soft), (0.39, Role::Accent), (0.27, Role::Second), (0.14, Role::Ground)] {
                let fill = scene.palette.paint(role);
                layers.push(Layer::circle(w, 0.0, h * share, fill));
            }
            scene.ornament(layers);
            (Area::new(margin, margin + h * 0.3, w * 0.72, h * 0.7 - 2.0 * margin), Horizontal::Left)
        }
    };
    let brief = scene.brief;
    let (display, body, label) = (scene.style.display, scene.style.body, scene.style.label);
    let mut blocks = Vec::new();
    if let Some(title) = scene.block("title", &brief.title, display, unit * 0.11) {
        blocks.push(Block { title: true, lines: 2, ..title });
    }
    let (role, rest) = if brief.kicker.is_empty() { (&brief.subtitle, "") } else { (&brief.kicker, brief.subtitle.as_str()) };
    if let Some(role) = scene.block("kicker", role, label, unit * 0.029) {
        blocks.push(Block { color: Role::Accent, before: unit * 0.012, ..role });
    }
    let mut before = unit * 0.06;
    for (name, text) in [("subtitle", rest)].into_iter().chain(brief.lines.iter().map(|line| ("line", line.as_str()))) {
        let name = if name == "line" { format!("line_{}", blocks.len()) } else { name.to_owned() };
        if let Some(line) = scene.block(&name, text, body, unit * 0.034) {
            blocks.push(Block { before, ..line });
            before = unit * 0.008;
        }
    }
    let face = Face { leading: 1.3, ..body };
    for (template, shown) in scene.details() {
        blocks.push(Block { template, shown, face, most: unit * 0.034, lines: 1, color: Role::Ink, before, title: false });
        before = unit * 0.01;
    }
    scene.column(text, blocks, Stand { across, down: Vertical::Middle, on: Role::Ground });
}
