//! Where things stand: one module for each family of compositions.

mod business_card;
mod framed;
mod logo;
mod panel;
mod poster;
mod price_list;
mod quote;
mod seal;
mod split;
mod stacked;
mod ticket;
mod typographic;

use crate::{
    brief::{Brief, Format, Horizontal, Shape, Theme, Vertical},
    ornament::Ornament,
    random::Random,
    scene::Scene,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// A drawing above or below the text.
    Stacked,
    /// A drawing beside the text.
    Split,
    Framed,
    Typographic,
    /// A pattern all over, and a panel before it.
    Panel,
    Seal,
    Logo,
    BusinessCard,
    Quote,
    PriceList,
    Ticket,
}

/// The canvas for a brief.
pub(crate) fn size(brief: &Brief) -> (f64, f64) {
    if let Some(size) = brief.size {
        return size;
    }
    let (width, height): (f64, f64) = match brief.format {
        Some(Format::Poster | Format::Flyer) => (1080.0, 1527.0),
        Some(Format::Banner) => (1600.0, 640.0),
        Some(Format::Card) => (1400.0, 990.0),
        Some(Format::BusinessCard) => (1050.0, 660.0),
        Some(Format::Logo | Format::Badge) => (1000.0, 1000.0),
        Some(Format::Story) => (1080.0, 1920.0),
        Some(Format::Quote | Format::Post) => (1080.0, 1080.0),
        Some(Format::Event) | None => (1080.0, 1350.0),
        Some(Format::Invitation | Format::Menu) => (1080.0, 1512.0),
        Some(Format::Ticket) => (1500.0, 600.0),
    };
    let (short, long) = if width < height { (width, height) } else { (height, width) };
    match brief.shape {
        Some(Shape::Square) => (short.max(900.0), short.max(900.0)),
        Some(Shape::Portrait) if width > height && brief.format != Some(Format::Banner) => (short, long),
        Some(Shape::Landscape) if height > width => (long, short),
        _ => (width, height),
    }
}

fn choose(brief: &Brief, (width, height): (f64, f64), random: &mut Random) -> Layout {
    let wide = width > height * 1.25;
    let calm = brief.themes.iter().any(|theme| matches!(theme, Theme::Elegant | Theme::Wedding));
    let plain: &[Layout] = match brief.format {
        Some(Format::Logo) => return Layout::Logo,
        Some(Format::BusinessCard) => return Layout::BusinessCard,
        Some(Format::Quote) => return Layout::Quote,
        Some(Format::Menu) => return Layout::PriceList,
        Some(Format::Badge) => return Layout::Seal,
        Some(Format::Ticket) => return Layout::Ticket,
        Some(Format::Invitation) if !wide => &[Layout::Framed, Layout::Framed, Layout::Stacked, Layout::Panel],
        Some(Format::Card) if wide => &[Layout::Framed, Layout::Split, Layout::Panel],
        _ if wide => &[Layout::Split, Layout::Split, Layout::Split, Layout::Split, Layout::Typographic, Layout::Panel],
        _ if calm => &[Layout::Stacked, Layout::Framed, Layout::Framed, Layout::Panel],
        _ => &[Layout::Stacked, Layout::Stacked, Layout::Stacked, Layout::Typographic, Layout::Panel, Layout::Framed],
    };
    let placed: &[Layout] = match (brief.horizontal, brief.vertical) {
        (Some(Horizontal::Center), Some(Vertical::Middle)) => &[Layout::Framed, Layout::Panel],
        (_, Some(Vertical::Top)) if !wide => &[Layout::Stacked, Layout::Stacked, Layout::Typographic],
        (_, Some(Vertical::Bottom)) if !wide => &[Layout::Stacked],
        (Some(_), _) | (_, Some(Vertical::Top | Vertical::Bottom)) if wide => &[Layout::Split],
        (Some(Horizontal::Left | Horizontal::Right), _) => &[Layout::Stacked],
        _ => plain,
    };
    // Only what the drawings at hand can fill.
    let drawings = Ornament::choices(brief);
    let has = |what: fn(Ornament) -> bool| drawings.iter().any(|drawing| what(*drawing));
    let fitting: Vec<Layout> = placed
        .iter()
        .copied()
        .filter(|layout| match layout {
            Layout::Framed => has(Ornament::is_emblem) || has(Ornament::hangs) || calm,
            Layout::Panel => has(Ornament::is_pattern),
            Layout::Typographic => brief.subjects.is_empty() && !has(Ornament::is_scene),
            _ => true,
        })
        .collect();
    random.pick(&fitting, if wide { Layout::Split } else { Layout::Stacked })
}

/// The landscape that is the whole picture, where a tall one asks for something that is one.
fn landscape(scene: &mut Scene<'_>) -> Option<Ornament> {
    let brief = scene.brief;
    let free = matches!(brief.format, None | Some(Format::Poster | Format::Flyer | Format::Story | Format::Event | Format::Post));
    let below = brief.vertical != Some(Vertical::Bottom) && scene.canvas.height > scene.canvas.width * 1.1;
    let scenes: Vec<Ornament> = Ornament::choices(brief).into_iter().filter(|ornament| ornament.is_scene()).collect();
    let first = *scenes.first()?;
    (free && below && (!brief.subjects.is_empty() || scene.random.chance(0.9))).then(|| scene.random.pick(&scenes, first))
}

/// Lays the picture out.
pub(crate) fn compose(scene: &mut Scene<'_>) {
    let size = (scene.canvas.width, scene.canvas.height);
    if let Some(ornament) = landscape(scene) {
        return poster::compose(scene, ornament);
    }
    match choose(scene.brief, size, &mut scene.random) {
        Layout::Stacked => stacked::compose(scene),
        Layout::Split => split::compose(scene),
        Layout::Framed => framed::compose(scene),
        Layout::Typographic => typographic::compose(scene),
        Layout::Panel => panel::compose(scene),
        Layout::Seal => seal::compose(scene),
        Layout::Logo => logo::compose(scene),
        Layout::BusinessCard => business_card::compose(scene),
        Layout::Quote => quote::compose(scene),
        Layout::PriceList => price_list::compose(scene),
        Layout::Ticket => ticket::compose(scene),
    }
}
