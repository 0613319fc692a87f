//! One picture from edge to edge: the text in its sky, a landscape below.

use crate::{
    brief::{Horizontal, Vertical},
    document::Area,
    ornament::Ornament,
    palette::Role,
    scene::{Scene, Stand},
};

pub(super) fn compose(scene: &mut Scene<'_>, ornament: Ornament) {
    let brief = scene.brief;
    let (w, h, margin) = (scene.canvas.width, scene.canvas.height, scene.margin);
    // The more there is to say, the more sky it needs.
    let said =
        brief.title.chars().count() + brief.subtitle.chars().count() / 2 + brief.lines.len() * 14 + brief.details().len() * 7;
    let said = f64::from(u32::try_from(said.min(120)).unwrap_or(120));
    let sky = (h * (0.4 + said * 0.0016)).min(h * 0.58).round();
    let across = brief.horizontal.unwrap_or_else(|| {
        let centred = matches!(ornament, Ornament::Village | Ornament::Pumpkins | Ornament::Neon | Ornament::Sail);
        if centred || scene.random.chance(0.35) { Horizontal::Center } else { Horizontal::Left }
    });
    scene.draw(ornament, Area::new(0.0, sky, w, h - sky), Role::Ground);
    let text = Area::new(margin, margin * 1.1, w - 2.0 * margin, sky - margin * 1.3);
    let left = scene.detail_row(text, across, Role::Ground);
    let blocks = scene.heading(0.27);
    scene.column(left, blocks, Stand { across, down: Vertical::Top, on: Role::Ground });
}
