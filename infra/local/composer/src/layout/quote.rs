//! A sentence and who said it.

use crate::{
    brief::{Horizontal, Vertical},
    document::{Area, Layer, text_of},
    metrics::Face,
    ornament::Ornament,
    palette::Role,
    scene::{Block, Scene, Stand},
};

/// An opening mark of either language, as drawings: type would have its line's whole height.
const QUOTE: &str = "M40 0C14 14 0 40 0 70C0 89 10 100 23 100C36 100 45 90 45 77C45 64 37 55 25 55C23 55 21 55 20 56C22 38 30 24 46 12ZM94 0C68 14 54 40 54 70C54 89 64 100 77 100C90 100 99 90 99 77C99 64 91 55 79 55C77 55 75 55 74 56C76 38 84 24 100 12Z";
const GUILLEMET: &str = "M34 4H48L22 50L48 96H34L0 50ZM82 4H96L70 50L96 96H82L48 50Z";

pub(super) fn compose(scene: &mut Scene<'_>) {
    let (w, h, margin, unit) = (scene.canvas.width, scene.canvas.height, scene.margin, scene.unit);
    // On a ground that was asked for, type alone would be bare.
    let way = if scene.brief.ground.is_some() { 1 + scene.random.below(3) } else { scene.random.below(4) };
    let mut across = scene.brief.horizontal.unwrap_or(Horizontal::Left);
    let mut on = Role::Ground;
    let mut text = scene.canvas.inset(margin * 1.3);
    match way {
        0 => {
            on = Role::Accent;
            scene.panel(scene.canvas, on);
        }
        1 => {
            across = scene.brief.horizontal.unwrap_or(Horizontal::Center);
            super::framed::frame(scene, scene.canvas.inset(margin * 0.6));
            text = scene.canvas.inset(margin * 1.8);
        }
        2 => {
            let wide = margin * 1.1;
            scene.panel(Area::new(0.0, 0.0, wide, h), Role::Accent);
            scene.panel(Area::new(wide, 0.0, wide * 0.22, h), Role::Second);
            text = Area::new(wide + margin, margin * 1.3, w - wide - margin * 2.2, h - margin * 2.6);
        }
        _ => {
            let zone = Area::new(0.0, h * 0.76, w, h * 0.24);
            scene.panel(zone, Role::Soft);
            let choices = Ornament::choices(scene.brief);
            let wide: Vec<Ornament> =
                choices.into_iter().filter(|ornament| !ornament.is_bounded() && !ornament.hangs()).collect();
            let ornament = scene.random.pick(&wide, Ornament::Hills);
            scene.draw(ornament, zone, Role::Soft);
            let page = Area::new(0.0, 0.0, w, zone.y);
            scene.panel(page, Role::Ground);
            text = Area::new(margin * 1.2, margin, w - margin * 2.4, zone.y - margin * 1.7);
        }
    }
    let brief = scene.brief;
    let display = Face { uppercase: false, leading: scene.style.display.leading.max(1.16), ..scene.style.display };
    let display = if display.tracking > 0.0 { Face { tracking: 0.0, ..display } } else { display };
    let mut blocks = Vec::new();
    if let Some(title) = scene.block("title", &brief.title, display, unit * 0.125) {
        blocks.push(Block { title: true, lines: 9, ..title });
    }
    let author = [&brief.subtitle, &brief.kicker].into_iter().find(|text| !text.is_empty()).cloned().unwrap_or_default();
    let label = scene.style.label;
    if let Some(mut author) = scene.block("author", &author, label, unit * 0.027) {
        author.template = format!("— {}", author.template);
        author.shown = format!("— {}", author.shown);
        blocks.push(Block { before: unit * 0.05, color: Role::Accent, lines: 2, ..author });
    }
    // Above the words stands the mark, and moves with them.
    let (high, gap) = (unit * 0.085, unit * 0.035);
    let below = Area::new(text.x, text.y + high + gap, text.width, text.height - high - gap);
    let top = scene.column(below, blocks, Stand { across, down: Vertical::Middle, on });
    let color = scene.palette.text(on, if on == Role::Accent { Role::Ground } else { Role::Accent }, true);
    let wide = high * 1.12;
    let x = match across {
        Horizontal::Left => text.x,
        Horizontal::Center => text.center().0 - wide / 2.0,
        Horizontal::Right => text.right() - wide,
    };
    let d = if brief.french { GUILLEMET } else { QUOTE };
    scene.put(Layer::path(d, Area::new(x, 0.0, wide, high), color).with("y", format!("{top} - {}", text_of(high + gap))));
}
