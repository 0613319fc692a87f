//! From SVG to the other formats.

use std::sync::{Arc, LazyLock};

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{self, fontdb},
};

use crate::{Format, fonts::FONTS, model::Canvas};

/// The fonts, and no other: nothing of the machine it runs on.
static DATABASE: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut database = fontdb::Database::new();
    for font in &FONTS {
        database.load_font_source(fontdb::Source::Binary(Arc::new(font.data)));
    }
    database.set_serif_family("Asknpic Serif");
    database.set_sans_serif_family("Inter");
    Arc::new(database)
});

/// The pixels of a PNG of that width.
pub(crate) fn size(canvas: &Canvas, width: Option<u32>) -> Result<(u32, u32), &'static str> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a canvas measures 64 to 4096")]
    let width = width.unwrap_or(canvas.width.round() as u32);
    if !(16..=4096).contains(&width) {
        return Err("must be from 16 to 4096");
    }
    let exact = f64::from(width) * canvas.height / canvas.width;
    if exact > 4096.0 || exact * f64::from(width) > 16_777_216.0 {
        return Err("would make a picture higher than 4096 or of more than 16 megapixels");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 1 and 4096")]
    let height = exact.round().max(1.0) as u32;
    Ok((width, height))
}

pub(crate) fn make(svg: &str, xmp: &str, format: Format, (width, height): (u32, u32)) -> Option<Vec<u8>> {
    if format == Format::Svg {
        return Some(svg.as_bytes().to_vec());
    }
    let options = usvg::Options { fontdb: Arc::clone(&DATABASE), font_family: "Inter".to_owned(), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(svg, &options).ok()?;
    match format {
        Format::Svg => None,
        Format::SvgOutlines => {
            let outlined = tree.to_string(&usvg::WriteOptions { preserve_text: false, ..usvg::WriteOptions::default() });
            // usvg drops metadata; the mark goes back in.
            let (head, rest) = outlined.split_at(outlined.find('>')? + 1);
            Some(format!("{head}<metadata>{xmp}</metadata>{rest}").into_bytes())
        }
        Format::Png => png(&tree, xmp, width, height),
        Format::Pdf => svg2pdf::to_pdf(&tree, svg2pdf::ConversionOptions::default(), svg2pdf::PageOptions::default()).ok(),
    }
}

fn png(tree: &usvg::Tree, xmp: &str, width: u32, height: u32) -> Option<Vec<u8>> {
    let mut pixmap = Pixmap::new(width, height)?;
    #[expect(clippy::cast_precision_loss, reason = "at most 4096")]
    let scale = Transform::from_scale(width as f32 / tree.size().width(), height as f32 / tree.size().height());
    resvg::render(tree, scale, &mut pixmap.as_mut());
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.add_itxt_chunk("XML:com.adobe.xmp".to_owned(), xmp.to_owned()).ok()?;
    encoder.add_text_chunk("Comment".to_owned(), "Made with AI by Ask N Pic".to_owned()).ok()?;
    let mut writer = encoder.write_header().ok()?;
    // The canvas is opaque, so premultiplied and straight alpha are the same.
    writer.write_image_data(pixmap.data()).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}
