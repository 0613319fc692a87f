//! Names and prices under a heading.

use crate::{
    brief::{Brief, Horizontal, Theme, Vertical},
    document::{Area, Layer},
    metrics::{Face, Room, Weight},
    ornament::Ornament,
    palette::Role,
    scene::{Scene, Stand},
};

/// What is listed where a brief names nothing: made to be replaced.
fn examples(brief: &Brief) -> &'static [(&'static str, &'static str)] {
    let has = |theme: Theme| brief.themes.contains(&theme);
    match (brief.french, has(Theme::Coffee), has(Theme::Food)) {
        (true, true, _) => &[
            ("Espresso", "2,20 €"),
            ("Cappuccino", "4 €"),
            ("Thé vert", "3,80 €"),
            ("Chocolat chaud", "4,50 €"),
            ("Tarte maison", "5 €"),
        ],
        (false, true, _) => &[
            ("Espresso", "€2.20"),
            ("Cappuccino", "€4"),
            ("Green tea", "€3.80"),
            ("Hot chocolate", "€4.50"),
            ("Cake of the day", "€5"),
        ],
        (true, _, true) => &[
            ("Entrée du jour", "8 €"),
            ("Plat du jour", "15 €"),
            ("Fromages affinés", "7 €"),
            ("Dessert maison", "7 €"),
            ("Menu complet", "27 €"),
        ],
        (false, _, true) => &[
            ("Starter of the day", "€8"),
            ("Main of the day", "€15"),
            ("Cheese board", "€7"),
            ("House dessert", "€7"),
            ("Full menu", "€27"),
        ],
        (true, ..) => &[
            ("Formule découverte", "20 €"),
            ("Formule classique", "35 €"),
            ("Formule complète", "50 €"),
            ("Option à la carte", "10 €"),
        ],
        (false, ..) => &[("First visit", "€20"), ("Classic", "€35"), ("All inclusive", "€50"), ("Extras", "€10")],
    }
}

pub(super) fn compose(scene: &mut Scene<'_>) {
    let brief = scene.brief;
    let (w, h, margin) = (scene.canvas.width, scene.canvas.height, scene.margin);
    let choices = Ornament::choices(brief);
    let ornament = scene.random.pick(&choices, Ornament::Tiles);
    let inside;
    let mut header_on = Role::Ground;
    let mut emblem = None;
    let header;
    match scene.random.below(3) {
        0 => {
            // A framed page with an emblem.
            super::framed::frame(scene, scene.canvas.inset(margin * 0.6));
            inside = scene.canvas.inset(margin * 1.6);
            let bounded: Vec<Ornament> = choices.iter().copied().filter(|ornament| ornament.is_emblem()).collect();
            let high = h * 0.19;
            let with = !bounded.is_empty();
            if with {
                emblem = Some((scene.random.pick(&bounded, Ornament::Rings), Area::new(inside.x, inside.y, inside.width, high)));
            }
            let top = inside.y + if with { high + margin * 0.2 } else { 0.0 };
            header = Area::new(inside.x, top, inside.width, h * 0.17);
        }
        1 => {
            // A coloured head.
            let zone = Area::new(0.0, 0.0, w, (h * 0.27).round());
            header_on = scene.random.pick(&[Role::Accent, Role::Second, Role::Ink], Role::Accent);
            scene.panel(zone, header_on);
            inside = scene.inside();
            header = Area::new(inside.x, margin * 0.8, inside.width, zone.height - margin * 1.6);
        }
        _ => {
            // A band with a drawing.
            let zone = Area::new(0.0, 0.0, w, (h * 0.3).round());
            scene.panel(zone, Role::Soft);
            let room = if ornament.is_bounded() { zone.inset(margin * 0.3) } else { zone };
            scene.draw(ornament, room, Role::Soft);
            scene.panel(Area::new(0.0, zone.bottom(), w, h - zone.bottom()), Role::Ground);
            inside = scene.inside();
            header = Area::new(inside.x, zone.bottom() + margin * 0.6, inside.width, h * 0.15);
        }
    }
    let blocks = scene.heading(0.17);
    scene.column(header, blocks, Stand { across: Horizontal::Center, down: Vertical::Middle, on: header_on });
    if let Some((ornament, area)) = emblem {
        scene.draw(ornament, area, Role::Ground);
    }
    let top = header.bottom() + margin * if header_on == Role::Ground { 0.5 } else { 1.5 };
    let list = Area::new(inside.x, top, inside.width, inside.bottom() - top);
    let list = scene.detail_row(list, Horizontal::Center, Role::Ground);
    rows(scene, list);
}

fn rows(scene: &mut Scene<'_>, list: Area) {
    let brief = scene.brief;
    let items: Vec<(String, String)> = if brief.items.is_empty() {
        examples(brief).iter().map(|(name, price)| ((*name).to_owned(), (*price).to_owned())).collect()
    } else {
        brief.items.clone()
    };
    let count = f64::from(u32::try_from(items.len()).unwrap_or(1)).max(1.0);
    // Few things are set larger, so that they fill the page all the same.
    let (most, type_most) = if items.len() < 4 { (0.19, 0.05) } else { (0.13, 0.038) };
    let high = (list.height / count).min(scene.unit * most);
    let size = (high * 0.4).min(scene.unit * type_most);
    // What is left is shared above and below.
    let mut y = list.y + (list.height - high * count).max(0.0) * 0.4;
    let name = Face { weight: Weight::Regular, ..scene.style.body };
    let cost = Face { weight: Weight::Bold, ..scene.style.body };
    let ink = scene.palette.text(Role::Ground, Role::Ink, false);
    let large = size >= scene.unit * 0.0118 * 2.6;
    let (price_ink, rule) =
        (scene.palette.text(Role::Ground, Role::Accent, large), scene.palette.text(Role::Ground, Role::Accent, true));
    for (at, (item, price)) in items.iter().enumerate() {
        let (template, price_template) =
            (scene.text(&format!("item_{}", at + 1), item), scene.text(&format!("cost_{}", at + 1), price));
        let left = Area::new(list.x, y, list.width * 0.72, high * 0.86);
        let right = Area::new(list.x + list.width * 0.74, y, list.width * 0.26, high * 0.86);
        let least = (scene.unit * 0.0118).max(9.6).ceil();
        let fit = |face: &Face, text: &str, area: Area| {
            face.fit(text, Room { width: area.width, height: area.height, lines: 2, least, most: size.max(least) }).0
        };
        let (small, price_size) = (fit(&name, item, left), fit(&cost, price, right));
        scene.put(Layer::text(&template, left, &name, small, &ink).aligned(Horizontal::Left, Vertical::Middle));
        scene
            .put(Layer::text(&price_template, right, &cost, price_size, &price_ink).aligned(Horizontal::Right, Vertical::Middle));
        let line = y + high * 0.93;
        y += high;
        if at + 1 == items.len() {
            break;
        }
        scene.put(
            Layer::line([list.x, line, list.right(), line], &rule, (scene.unit * 0.0016).max(1.2))
                .dashed("dotted")
                .with("opacity", 0.7),
        );
    }
}
