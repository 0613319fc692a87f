//! Centred text in a frame, with a small drawing above it or a wreath around it.

use crate::{
    brief::{Format, Horizontal, Subject, Theme, Vertical},
    document::{Area, Layer},
    ornament::Ornament,
    palette::Role,
    scene::{Scene, Stand},
};

pub(super) fn compose(scene: &mut Scene<'_>) {
    let brief = scene.brief;
    let (margin, unit) = (scene.margin, scene.unit);
    let paper = scene.random.pick(&[Role::Ground, Role::Ground, Role::Soft], Role::Ground);
    if paper == Role::Soft {
        scene.panel(scene.canvas, Role::Soft);
        let inner = scene.canvas.inset(margin * 0.55);
        scene.panel(inner, Role::Ground);
    }
    let edge = scene.canvas.inset(margin * if paper == Role::Soft { 0.85 } else { 0.6 });
    frame(scene, edge);
    let inside = scene.canvas.inset(margin * 1.75);
    let stand = Stand { across: Horizontal::Center, down: Vertical::Middle, on: Role::Ground };
    if brief.subjects.first() == Some(&Subject::Wedding) && scene.canvas.height > scene.canvas.width && scene.random.chance(0.6) {
        // Flowers in two corners, the words between them.
        let free = scene.canvas.width * 0.34;
        let text = Area::new(inside.x, free, inside.width, scene.canvas.height - free * 2.0);
        let mut blocks = scene.heading(0.2);
        blocks.extend(scene.detail_blocks(unit * 0.032));
        scene.column(text, blocks, stand);
        scene.draw(Ornament::Bouquet, scene.canvas, Role::Ground);
        return;
    }
    let gentle = brief.themes.iter().any(|theme| matches!(theme, Theme::Wedding | Theme::Nature | Theme::Christmas));
    let short = brief.title.chars().count() + brief.subtitle.chars().count() < 46 && brief.lines.is_empty();
    if gentle && short && scene.random.chance(0.6) {
        // The wreath holds heading and title; the rest stands under it.
        let (cx, _) = inside.center();
        let has_more = !brief.details().is_empty();
        let side = inside.width.min(inside.height * if has_more { 0.78 } else { 1.08 });
        let top = if has_more { inside.y } else { inside.y + (inside.height - side) / 2.0 };
        let ring = Area::new(cx - side / 2.0, top, side, side);
        let blocks = scene.heading(0.15);
        scene.column(ring.inset(side * 0.21), blocks, stand);
        if has_more {
            let under = Area::new(inside.x, ring.bottom(), inside.width, inside.bottom() - ring.bottom());
            let blocks = scene.detail_blocks(unit * 0.031);
            scene.column(under, blocks, stand);
        }
        scene.draw(Ornament::Wreath, ring, Role::Ground);
        return;
    }
    let mut emblems: Vec<Ornament> = Ornament::choices(brief).into_iter().filter(|ornament| ornament.is_emblem()).collect();
    let hanging = Ornament::choices(brief).into_iter().find(|ornament| ornament.hangs());
    if let Some(ornament) = hanging.filter(|_| emblems.is_empty()) {
        // From edge to edge of the frame's upper part.
        let high = scene.canvas.height * if ornament == Ornament::Fireworks { 0.42 } else { 0.26 };
        // What does not hang keeps off the frame.
        let room = Area::new(edge.x, edge.y, edge.width, high);
        let room = if ornament.is_bounded() { room.inset(margin * 0.5) } else { room };
        let text = Area::new(inside.x, edge.y + high, inside.width, inside.bottom() - edge.y - high);
        let mut blocks = scene.heading(0.19);
        blocks.extend(scene.detail_blocks(unit * 0.031));
        scene.column(text, blocks, stand);
        scene.draw(ornament, room, Role::Ground);
        return;
    }
    if emblems.is_empty() {
        emblems.push(Ornament::Branch);
    }
    let wanted = emblems.first().copied().filter(|_| brief.format != Some(Format::Card) || scene.canvas.height > unit * 0.8);
    let mut text = inside;
    let mut emblem = None;
    if wanted.is_some() {
        let high = (inside.height * 0.36).min(inside.width * 0.75);
        emblem = Some((scene.random.pick(&emblems, Ornament::Rings), Area::new(inside.x, inside.y, inside.width, high)));
        text = Area::new(inside.x, inside.y + high + margin * 0.3, inside.width, inside.height - high - margin * 0.3);
    }
    let mut blocks = scene.heading(0.21);
    blocks.extend(scene.detail_blocks(unit * 0.033));
    scene.column(text, blocks, stand);
    if let Some((ornament, area)) = emblem {
        scene.draw(ornament, area, Role::Ground);
    }
}

/// One of several frames.
pub(super) fn frame(scene: &mut Scene<'_>, area: Area) {
    let color = scene.palette.text(Role::Ground, Role::Accent, true);
    let thin = (scene.unit * 0.0022).max(1.5);
    let mut layers = Vec::new();
    let step = scene.margin * 0.22;
    match scene.random.below(4) {
        0 => {
            layers.push(Layer::rectangle(area, "none").stroke(&color, thin * 2.0));
            layers.push(Layer::rectangle(area.inset(step), "none").stroke(&color, thin * 0.7));
        }
        1 => {
            layers.push(Layer::rectangle(area, "none").stroke(&color, thin));
            let r = step * 0.9;
            for (x, y) in [(area.x, area.y), (area.right(), area.y), (area.x, area.bottom()), (area.right(), area.bottom())] {
                let ground = scene.palette.paint(Role::Ground);
                layers.push(Layer::circle(x, y, r * 1.9, ground));
                layers.push(Layer::polygon(&[[x, y - r], [x + r, y], [x, y + r], [x - r, y]], color.as_str()));
            }
        }
        2 => {
            let radius = scene.margin * 0.8;
            layers.push(Layer::rectangle(area, "none").with("radius", radius).stroke(&color, thin * 1.6));
            layers.push(
                Layer::rectangle(area.inset(step), "none").with("radius", (radius - step).max(0.0)).stroke(&color, thin * 0.7),
            );
        }
        _ => {
            // Corners only.
            let long = area.side() * 0.12;
            for (x, y, right, down) in [
                (area.x, area.y, 1.0, 1.0),
                (area.right(), area.y, -1.0, 1.0),
                (area.x, area.bottom(), 1.0, -1.0),
                (area.right(), area.bottom(), -1.0, -1.0),
            ] {
                for inset in [0.0, step] {
                    let (x, y) = (x + right * inset, y + down * inset);
                    let width = if inset > 0.0 { thin * 0.7 } else { thin * 1.8 };
                    layers.push(Layer::line([x, y, x + right * long, y], &color, width));
                    layers.push(Layer::line([x, y, x, y + down * long], &color, width));
                }
            }
        }
    }
    scene.ornament(layers);
}
