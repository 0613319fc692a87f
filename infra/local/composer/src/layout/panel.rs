//! A pattern all over the canvas, and a panel with the text before it.

use crate::{
    brief::{Horizontal, Vertical},
    document::{Area, Layer},
    ornament::Ornament,
    palette::Role,
    scene::{Scene, Stand},
};

pub(super) fn compose(scene: &mut Scene<'_>) {
    let brief = scene.brief;
    let patterns: Vec<Ornament> = Ornament::choices(brief).into_iter().filter(|ornament| ornament.is_pattern()).collect();
    let first = scene.random.pick(&patterns, Ornament::Waves);
    let behind = scene.random.pick(&[Role::Accent, Role::Soft, Role::Second], Role::Soft);
    scene.panel(scene.canvas, behind);
    let mut options = vec![first];
    options.extend([Ornament::Halftone, Ornament::Stripes].into_iter().filter(|other| *other != first));
    scene.choose(&options, scene.canvas, behind);

    let (w, h, margin) = (scene.canvas.width, scene.canvas.height, scene.margin);
    let wide = w > h * 1.25;
    let (across, high) = if wide { (0.66, 0.74) } else { (0.76, 0.6) };
    let area = Area::new(w * (1.0 - across) / 2.0, h * (1.0 - high) / 2.0, w * across, h * high);
    let (ground, line) = (scene.palette.paint(Role::Ground), scene.palette.text(Role::Ground, Role::Accent, true));
    let thin = (scene.unit * 0.0025).max(1.5);
    scene.put(Layer::rectangle(area, ground.as_str()));
    scene.put(Layer::rectangle(area.inset(margin * 0.25), ground.as_str()).stroke(&line, thin));
    let text = area.inset(margin * 0.8);
    let mut blocks = scene.heading(0.17);
    blocks.extend(scene.detail_blocks(scene.unit * 0.03));
    scene.column(text, blocks, Stand { across: Horizontal::Center, down: Vertical::Middle, on: Role::Ground });
}
