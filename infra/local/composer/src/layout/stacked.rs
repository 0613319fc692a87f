//! A drawing across the canvas, the text below or above it.

use crate::{
    brief::{Horizontal, Vertical},
    document::{Area, Layer},
    ornament::Ornament,
    palette::Role,
    scene::{Scene, Stand},
};

pub(super) fn compose(scene: &mut Scene<'_>) {
    let brief = scene.brief;
    let ornament = scene.random.pick(&Ornament::choices(brief), Ornament::Tiles);
    let on_top = match brief.vertical {
        Some(Vertical::Top) => true,
        Some(_) => false,
        None => !ornament.hangs() && scene.random.chance(0.45),
    };
    let (w, h, margin) = (scene.canvas.width, scene.canvas.height, scene.margin);
    // The more there is to say, the less is left to the drawing.
    let said =
        brief.title.chars().count() + brief.subtitle.chars().count() / 2 + brief.lines.len() * 12 + brief.details().len() * 6;
    let said = f64::from(u32::try_from(said.min(160)).unwrap_or(160));
    let share = (0.58 - said * 0.0017 + scene.random.between(-0.03, 0.03)).clamp(0.36, 0.6);
    let drawing = (h * share).round();
    let zone = if on_top { Area::new(0.0, h - drawing, w, drawing) } else { Area::new(0.0, 0.0, w, drawing) };
    let page = if on_top { Area::new(0.0, 0.0, w, h - drawing) } else { Area::new(0.0, drawing, w, h - drawing) };

    let behind = scene.random.pick(&[Role::Soft, Role::Ground, Role::Second, Role::Accent], Role::Soft);
    let inset = ornament.is_bounded() && scene.random.chance(0.35);
    let space = margin * 1.1;
    let (text_top, text_bottom) = if inset || behind == Role::Ground {
        // The drawing's own border is space enough.
        if on_top { (margin, margin * 0.3) } else { (margin * 0.3, margin) }
    } else if on_top {
        (margin, space)
    } else {
        (space, margin)
    };
    if inset {
        let frame = if on_top {
            Area::new(margin, zone.y, w - 2.0 * margin, zone.height - margin)
        } else {
            Area::new(margin, margin, w - 2.0 * margin, zone.height - margin * 1.4)
        };
        if behind != Role::Ground {
            let fill = scene.palette.paint(behind);
            let radius = scene.style.radius * margin;
            scene.put(Layer::rectangle(frame, fill).with("radius", radius));
        }
        scene.draw(ornament, frame, behind);
    } else {
        if behind != Role::Ground {
            scene.panel(zone, behind);
        }
        let room = if ornament.is_bounded() { zone.inset(margin * 0.7) } else { zone };
        scene.draw(ornament, room, behind);
    }
    scene.panel(page, Role::Ground);
    let across = brief.horizontal.unwrap_or_else(|| if scene.random.chance(0.7) { Horizontal::Left } else { Horizontal::Center });
    let text = Area::new(margin, page.y + text_top, w - 2.0 * margin, (page.height - text_top - text_bottom).max(10.0));
    let left = scene.detail_row(text, across, Role::Ground);
    let blocks = scene.heading(0.25);
    let down = if on_top { Vertical::Top } else { Vertical::Middle };
    scene.column(left, blocks, Stand { across, down, on: Role::Ground });
}
