//! A mark and a name.

use crate::{
    brief::{Horizontal, Vertical},
    document::{Area, Layer},
    metrics::Face,
    ornament::Ornament,
    palette::Role,
    scene::{Block, Scene, Stand},
};

pub(super) fn compose(scene: &mut Scene<'_>) {
    let inside = scene.canvas.inset(scene.margin * 1.4);
    let wide = inside.width > inside.height * 1.3;
    let (mark_area, text, across) = if wide {
        let side = inside.height.min(inside.width * 0.36);
        let gap = scene.margin * 0.8;
        let text = Area::new(inside.x + side + gap, inside.y, inside.width - side - gap, inside.height);
        (Area::new(inside.x, inside.y + (inside.height - side) / 2.0, side, side), text, Horizontal::Left)
    } else {
        let side = inside.width.min(inside.height * 0.54);
        let top = inside.y + inside.height * 0.06;
        let under = top + side + scene.margin * 0.5;
        let mark = Area::new(inside.center().0 - side / 2.0, top, side, side);
        (mark, Area::new(inside.x, under, inside.width, inside.bottom() - under), Horizontal::Center)
    };
    let brief = scene.brief;
    let label = scene.style.label;
    let display = scene.style.display;
    let unit = scene.unit;
    let mut blocks = Vec::new();
    if let Some(title) = scene.block("title", &brief.title, display, unit * 0.12) {
        blocks.push(Block { title: true, lines: 2, ..title });
    }
    let tagline = if brief.subtitle.is_empty() { brief.kicker.as_str() } else { brief.subtitle.as_str() };
    if let Some(line) = scene.block("subtitle", tagline, label, unit * 0.024) {
        blocks.push(Block { before: unit * 0.024, ..line });
    }
    let down = if wide { Vertical::Middle } else { Vertical::Top };
    scene.column(text, blocks, Stand { across, down, on: Role::Ground });
    mark(scene, mark_area);
}

fn initials(name: &str) -> String {
    let letters: String = name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()))
        .filter(|c| !c.is_lowercase())
        .take(2)
        .collect();
    if letters.is_empty() {
        name.chars().filter(|c| c.is_alphanumeric()).take(1).collect::<String>().to_uppercase()
    } else {
        letters
    }
}

fn mark(scene: &mut Scene<'_>, area: Area) {
    let emblems: Vec<Ornament> = if scene.brief.themes.is_empty() && scene.brief.subjects.is_empty() {
        Vec::new()
    } else {
        Ornament::choices(scene.brief).into_iter().filter(|ornament| ornament.is_emblem()).collect()
    };
    if !emblems.is_empty() && (!scene.brief.subjects.is_empty() || scene.random.chance(0.5)) {
        let ornament = scene.random.pick(&emblems, Ornament::Rings);
        let area = area.inset(-area.side() * 0.06);
        scene.draw(ornament, area, Role::Ground);
        return;
    }
    let (cx, cy) = area.center();
    let r = area.side() * 0.42;
    let paint = |role| scene.palette.paint(role);
    let [accent, second, third, ground] = [Role::Accent, Role::Second, Role::Third, Role::Ground].map(paint);
    match scene.random.below(5) {
        0 => monogram(scene, area, false),
        1 => monogram(scene, area, true),
        2 => {
            // Petals.
            let petal = |color: &str, size: f64| {
                Layer::ellipse(Area::new(-r * size, -r * size * 0.5, r * size * 2.0, r * size), color).with("opacity", 0.9)
            };
            scene.put(Layer::ring(cx, cy, 8.0, r * 0.56, vec![petal(&accent, 0.44)]));
            scene.put(Layer::ring(cx, cy, 8.0, r * 0.4, vec![petal(&second, 0.26)]).with("rotate", 22.5));
            scene.put(Layer::circle(cx, cy, r * 0.16, ground));
        }
        3 => {
            // Arches.
            for (share, color) in [(1.0, &accent), (0.74, &second), (0.5, &third), (0.27, &ground)] {
                let wide = r * share;
                let foot = cy + r * 0.85;
                scene.put(
                    Layer::rectangle(Area::new(cx - wide, foot - wide * 1.75, wide * 2.0, wide * 2.2), color.as_str())
                        .with("radius", wide),
                );
            }
            scene.put(Layer::rectangle(Area::new(cx - r * 1.1, cy + r * 0.85, r * 2.2, r * 0.6), ground));
        }
        _ => {
            // A disc in bars.
            scene.put(Layer::circle(cx, cy, r, accent.as_str()));
            scene.put(Layer::polygon(
                &[[cx, cy - r * 0.62], [cx + r * 0.62, cy], [cx, cy + r * 0.62], [cx - r * 0.62, cy]],
                ground.as_str(),
            ));
            scene.put(Layer::circle(cx, cy, r * 0.3, second));
        }
    }
}

/// The initials on a disc or a square.
fn monogram(scene: &mut Scene<'_>, area: Area, round: bool) {
    let (cx, cy) = area.center();
    let r = area.side() * 0.42;
    let accent = scene.palette.paint(Role::Accent);
    let line = scene.palette.text(Role::Accent, Role::Ground, true);
    let letters = initials(&scene.brief.title);
    let square = Area::new(cx - r, cy - r, r * 2.0, r * 2.0);
    if round {
        scene.put(Layer::circle(cx, cy, r, accent.as_str()));
        scene.put(Layer::circle(cx, cy, r * 0.9, "none").stroke(&line, r * 0.02));
    } else {
        let radius = if scene.style.radius > 0.0 { r * 0.45 } else { r * 0.06 };
        scene.put(Layer::rectangle(square, accent.as_str()).with("radius", radius));
    }
    let half = r * 0.64;
    let text = Area::new(cx - half, cy - half, half * 2.0, half * 2.0);
    scene.panel(text, Role::Accent);
    let face = Face { uppercase: true, tracking: 0.0, ..scene.style.display };
    if let Some(block) = scene.block("initials", &letters, face, r * 1.3) {
        let block = Block { color: Role::Ground, lines: 1, ..block };
        scene.column(text, vec![block], Stand { across: Horizontal::Center, down: Vertical::Middle, on: Role::Accent });
    }
}
