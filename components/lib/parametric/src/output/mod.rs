//! From a scene to pictures.

pub(crate) mod mark;
#[cfg(feature = "render")]
mod pdf;
#[cfg(feature = "render")]
mod png;
#[cfg(feature = "render")]
mod raster;
mod svg;
mod xml;

#[cfg(feature = "render")]
use std::sync::{Arc, LazyLock};

#[cfg(feature = "render")]
use resvg::usvg::{self, fontdb};

#[cfg(feature = "render")]
use crate::{
    Format,
    format::{Canvas, Unit},
    output::mark::Mark,
    scene::Scene,
    text::fonts::FONTS,
};

/// The fonts, and no other: nothing of the machine it runs on.
#[cfg(feature = "render")]
static DATABASE: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut database = fontdb::Database::new();
    for font in &FONTS {
        database.load_font_source(fontdb::Source::Binary(Arc::new(font.data)));
    }
    database.set_serif_family("Asknpic Serif");
    database.set_sans_serif_family("Inter");
    Arc::new(database)
});

/// Dots of an inch in print, where a file measures in millimetres.
#[cfg(feature = "render")]
const PRINT: f64 = 300.0;

/// The pixels of a PNG of that width. Without one: the canvas's own, or as many as print needs.
#[cfg(feature = "render")]
pub(crate) fn size(canvas: &Canvas, width: Option<u32>) -> Result<(u32, u32), &'static str> {
    let own = match canvas.unit {
        Unit::Px => canvas.width,
        Unit::Mm => canvas.width / 25.4 * PRINT,
    };
    let ratio = canvas.height / canvas.width;
    // The largest that every limit allows, where nobody asked for more.
    let most = 4096.0_f64.min(4096.0 / ratio).min((16_777_216.0 / ratio).sqrt());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a canvas is at most ten times longer than wide")]
    let width = width.unwrap_or(own.min(most).floor().max(16.0) as u32);
    if !(16..=4096).contains(&width) {
        return Err("must be from 16 to 4096");
    }
    let exact = f64::from(width) * ratio;
    if exact > 4096.5 || exact * f64::from(width) > 16_777_216.0 + f64::from(width) {
        return Err("would make a picture higher than 4096 or of more than 16 megapixels");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 1 and 4096")]
    let height = exact.round().clamp(1.0, 4096.0) as u32;
    Ok((width, height))
}

/// Makes a picture; nothing where a library refuses to.
#[cfg(feature = "render")]
pub(crate) fn make(scene: &Scene, canvas: &Canvas, mark: &Mark<'_>, format: Format, size: (u32, u32)) -> Option<Vec<u8>> {
    let unit = if canvas.unit == Unit::Mm { "mm" } else { "" };
    let svg = svg::draw(scene, unit, mark);
    if format == Format::Svg {
        return Some(svg.into_bytes());
    }
    let options = usvg::Options { fontdb: Arc::clone(&DATABASE), font_family: "Inter".to_owned(), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(&svg, &options).ok()?;
    drop(svg);
    match format {
        Format::Svg => None,
        Format::SvgOutlines => outlines(&tree, mark),
        Format::Png => png::make(&tree, mark, size),
        Format::Pdf => pdf::make(&tree, mark),
    }
}

/// SVG whose texts are outlines. usvg drops what is for people and machines; it goes back in.
#[cfg(feature = "render")]
fn outlines(tree: &usvg::Tree, mark: &Mark<'_>) -> Option<Vec<u8>> {
    let indent = usvg::Indent::None;
    let options = usvg::WriteOptions { preserve_text: false, indent, attributes_indent: indent, ..usvg::WriteOptions::default() };
    let outlined = tree.to_string(&options);
    let (head, rest) = outlined.split_at(outlined.find('>')? + 1);
    let (title, note) = (xml::escape(mark.title), mark::NOTE);
    Some(format!("{head}<title>{title}</title><desc>{note}</desc><metadata>{}</metadata>{rest}", mark.xmp()).into_bytes())
}
