//! Large type, a rule, and little else.

use crate::{
    brief::{Horizontal, Theme, Vertical},
    document::{Area, Layer},
    palette::Role,
    scene::{Scene, Stand},
};

pub(super) fn compose(scene: &mut Scene<'_>) {
    let brief = scene.brief;
    let (unit, margin) = (scene.unit, scene.margin);
    let loud = brief
        .themes
        .iter()
        .any(|theme| matches!(theme, Theme::Bold | Theme::Sport | Theme::Festival | Theme::Playful | Theme::Modern));
    let on =
        if brief.ground.is_none() && scene.random.chance(if loud { 0.55 } else { 0.25 }) { Role::Accent } else { Role::Ground };
    if on == Role::Accent {
        scene.panel(scene.canvas, Role::Accent);
    }
    let inside = scene.inside();
    let color = scene.palette.text(on, Role::Second, true);
    let thick = unit * 0.014;
    let across = brief.horizontal.unwrap_or(Horizontal::Left);
    let bar = match across {
        Horizontal::Left => inside.x,
        Horizontal::Center => inside.center().0 - inside.width * 0.09,
        Horizontal::Right => inside.right() - inside.width * 0.18,
    };
    scene.put(Layer::rectangle(Area::new(bar, inside.y, inside.width * 0.18, thick), color));
    let below = Area::new(inside.x, inside.y + thick + margin * 0.45, inside.width, inside.height - thick - margin * 0.45);
    let text = scene.detail_row(below, across, on);
    let wide = text.width > text.height * 1.4;
    let heading = if wide {
        Area::new(text.x, text.y, text.width * 0.7, text.height)
    } else {
        Area::new(text.x, text.y, text.width, text.height * 0.66)
    };
    let blocks = scene.heading(0.27);
    scene.column(heading, blocks, Stand { across, down: Vertical::Top, on });
    let rest = if wide {
        Area::new(heading.right() + margin * 0.5, text.y, text.width - heading.width - margin * 0.5, text.height)
    } else {
        Area::new(text.x, heading.bottom() + margin * 0.3, text.width, text.height - heading.height - margin * 0.3)
    };
    shapes(scene, rest, on);
}

/// A row of plain shapes along an area's lower edge.
fn shapes(scene: &mut Scene<'_>, area: Area, on: Role) {
    let count = (area.width / area.height).floor().clamp(1.0, 5.0);
    let size = (area.width / count).min(area.height);
    let mut layers = Vec::new();
    let mut x = area.right() - size * count;
    let y = area.bottom() - size;
    let first = scene.random.below(6);
    for at in 0..5_usize {
        if x + size > area.right() + 1.0 {
            break;
        }
        let cell = Area::new(x, y, size, size);
        let (cx, cy) = cell.center();
        let role = scene.palette.shapes_on(on);
        let color = role.get(at % role.len().max(1)).map_or_else(String::new, |role| scene.palette.paint(*role));
        match (first + at) % 6 {
            0 => layers.push(Layer::ellipse(cell, color)),
            1 => layers.push(Layer::polygon(&[[x, y + size], [x + size, y + size], [x + size, y]], color)),
            2 => {
                let bar = Layer::rectangle(Area::new(0.0, 0.0, size, size / 9.0), color);
                layers.push(Layer::row(x, y, 5.0, [0.0, size * 2.0 / 9.0], vec![bar]));
            }
            3 => {
                let dot = Layer::circle(0.0, 0.0, size / 10.0, color);
                layers.push(Layer::grid(x + size / 8.0, y + size / 8.0, [4.0, 4.0], [size / 4.0, size / 4.0], vec![dot]));
            }
            4 => {
                let back = scene.palette.paint(on);
                layers.push(Layer::ellipse(cell, color.as_str()));
                layers.push(Layer::circle(cx, cy, size * 0.3, back));
                layers.push(Layer::circle(cx, cy, size * 0.14, color));
            }
            _ => layers.push(Layer::polygon(&[[cx, y], [x + size, cy], [cx, y + size], [x, cy]], color)),
        }
        x += size;
    }
    scene.ornament(layers);
}
