//! A sentence and who said it.

use crate::{
    brief::{Horizontal, Vertical},
    document::Area,
    metrics::{Face, Font, Weight},
    ornament::Ornament,
    palette::Role,
    scene::{Block, Scene, Stand},
};

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
    // The mark is drawn as type, so that it belongs to the words.
    let face = Face { font: Font::Serif, weight: Weight::Black, italic: false, uppercase: false, tracking: 0.0, leading: 1.0 };
    let mark = if scene.brief.french { "«" } else { "“" };
    let color = if on == Role::Accent { Role::Ground } else { Role::Accent };
    let mark = Block {
        template: mark.to_owned(),
        shown: mark.to_owned(),
        face,
        most: unit * 0.2,
        lines: 1,
        color,
        before: 0.0,
        title: false,
    };

    let brief = scene.brief;
    let display = Face { uppercase: false, leading: scene.style.display.leading.max(1.16), ..scene.style.display };
    let display = if display.tracking > 0.0 { Face { tracking: 0.0, ..display } } else { display };
    let mut blocks = vec![mark];
    if let Some(title) = scene.block("title", &brief.title, display, unit * 0.125) {
        // The mark's line is mostly empty.
        blocks.push(Block { title: true, lines: 9, before: -unit * if brief.french { 0.015 } else { 0.1 }, ..title });
    }
    let author = [&brief.subtitle, &brief.kicker].into_iter().find(|text| !text.is_empty()).cloned().unwrap_or_default();
    let label = scene.style.label;
    if let Some(mut author) = scene.block("author", &author, label, unit * 0.027) {
        author.template = format!("— {}", author.template);
        author.shown = format!("— {}", author.shown);
        blocks.push(Block { before: unit * 0.05, color: Role::Accent, lines: 2, ..author });
    }
    scene.column(text, blocks, Stand { across, down: Vertical::Middle, on });
}
