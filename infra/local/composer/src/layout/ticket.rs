//! A ticket with a stub.

use crate::{
    brief::{Horizontal, Vertical},
    document::{Area, Layer},
    ornament::Ornament,
    palette::Role,
    scene::{Scene, Stand},
};

pub(super) fn compose(scene: &mut Scene<'_>) {
    let (w, h, margin) = (scene.canvas.width, scene.canvas.height, scene.margin);
    scene.panel(scene.canvas, Role::Soft);
    let card = scene.canvas.inset(margin * 0.7);
    let stub_width = (card.width * 0.3).round();
    let body = Area::new(card.x, card.y, card.width - stub_width, card.height);
    let stub = Area::new(body.right(), card.y, stub_width, card.height);
    let ornament = scene.random.pick(&Ornament::choices(scene.brief), Ornament::Tiles);
    scene.panel(stub, Role::Accent);
    let room = if ornament.is_bounded() { stub.inset(margin * 0.8) } else { stub };
    scene.draw(ornament, room, Role::Accent);
    // What the drawing left outside the stub is covered.
    scene.panel(Area::new(0.0, 0.0, w, card.y), Role::Soft);
    scene.panel(Area::new(0.0, card.bottom(), w, h - card.bottom()), Role::Soft);
    scene.panel(Area::new(card.right(), 0.0, w - card.right(), h), Role::Soft);
    scene.panel(Area::new(0.0, 0.0, card.x, h), Role::Soft);
    scene.panel(body, Role::Ground);
    let text = Area::new(body.x + margin * 0.8, body.y + margin * 0.7, body.width - margin * 1.8, body.height - margin * 1.4);
    let text = scene.detail_row(text, Horizontal::Left, Role::Ground);
    let blocks = scene.heading(0.2);
    scene.column(text, blocks, Stand { across: Horizontal::Left, down: Vertical::Middle, on: Role::Ground });
    let (soft, line) = (scene.palette.paint(Role::Soft), scene.palette.text(Role::Ground, Role::Accent, true));
    let x = body.right();
    let r = margin * 0.45;
    scene.put(
        Layer::line([x - r * 0.9, card.y + r, x - r * 0.9, card.bottom() - r], &line, (scene.unit * 0.004).max(2.0))
            .dashed("dashed"),
    );
    scene.put(Layer::circle(x - r * 0.9, card.y, r * 0.8, soft.as_str()));
    scene.put(Layer::circle(x - r * 0.9, card.bottom(), r * 0.8, soft));
}
