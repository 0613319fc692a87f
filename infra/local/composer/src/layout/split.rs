//! Text on one side, a drawing on the other.

use crate::{
    brief::{Horizontal, Vertical},
    document::Area,
    ornament::Ornament,
    palette::Role,
    scene::{Scene, Stand},
};

pub(super) fn compose(scene: &mut Scene<'_>) {
    let brief = scene.brief;
    let ornament = scene.random.pick(&Ornament::choices(brief), Ornament::Tiles);
    let (w, h, margin) = (scene.canvas.width, scene.canvas.height, scene.margin);
    let right = match brief.horizontal {
        Some(Horizontal::Right) => true,
        Some(_) => false,
        None => scene.random.chance(0.3),
    };
    let share = scene.random.between(0.52, 0.6);
    let wide = (w * share).round();
    let page = Area::new(if right { w - wide } else { 0.0 }, 0.0, wide, h);
    let zone = Area::new(if right { 0.0 } else { wide }, 0.0, w - wide, h);
    let behind = scene.random.pick(&[Role::Soft, Role::Second, Role::Accent, Role::Soft], Role::Soft);
    scene.panel(zone, behind);
    let room = if ornament.is_bounded() { zone.inset(margin * 0.6) } else { zone };
    scene.draw(ornament, room, behind);
    scene.panel(page, Role::Ground);
    let text = Area::new(page.x + margin * 1.2, margin, page.width - margin * 2.4, h - 2.0 * margin);
    let mut blocks = scene.heading(0.2);
    let size = scene.unit * 0.037;
    blocks.extend(scene.detail_blocks(size));
    let down = brief.vertical.unwrap_or(Vertical::Middle);
    scene.column(text, blocks, Stand { across: Horizontal::Left, down, on: Role::Ground });
}
