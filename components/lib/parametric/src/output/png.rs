//! Pixels, drawn in bands, so that a large picture needs little more memory than its bytes.

use png::{BitDepth, ColorType, Compression, Encoder};
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Group, Node, Tree},
};

use super::mark::{Mark, NOTE, TOOL};

/// Pixels of a band.
const BAND: f64 = 1_048_576.0;
/// Bytes that the layers of groups may take while a band is drawn.
const LAYERS: f64 = 24_000_000.0;

/// A PNG of a tree.
pub(crate) fn make(tree: &Tree, mark: &Mark<'_>, (width, height): (u32, u32)) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    encoder.add_itxt_chunk("XML:com.adobe.xmp".to_owned(), mark.xmp()).ok()?;
    encoder.add_itxt_chunk("Title".to_owned(), mark.title.to_owned()).ok()?;
    encoder.add_text_chunk("Comment".to_owned(), NOTE.to_owned()).ok()?;
    encoder.add_text_chunk("Software".to_owned(), TOOL.to_owned()).ok()?;
    let mut writer = encoder.write_header().ok()?;
    let mut stream = writer.stream_writer().ok()?;

    let (wide, high) = (f64::from(width), f64::from(height));
    #[expect(clippy::cast_possible_truncation, reason = "pictures have at most 4096 pixels a side")]
    let (sx, sy) = ((wide / f64::from(tree.size().width())) as f32, (high / f64::from(tree.size().height())) as f32);
    let row = layers(tree.root(), f64::from(sx) * f64::from(tree.size().width()));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and the height")]
    let rows = (BAND / wide).min(LAYERS / row.max(1.0)).min(high).max(1.0) as u32;
    let mut pixmap = Pixmap::new(width, rows)?;
    let mut line = Vec::with_capacity(pixmap.data().len() / 4 * 3);
    let mut top = 0;
    while top < height {
        #[expect(clippy::cast_precision_loss, reason = "at most 4096")]
        let place = Transform::from_row(sx, 0.0, 0.0, sy, 0.0, -(top as f32));
        pixmap.fill(resvg::tiny_skia::Color::WHITE);
        resvg::render(tree, place, &mut pixmap.as_mut());
        let here = rows.min(height - top);
        let taken = usize::try_from(width * here * 4).ok()?;
        line.clear();
        // The canvas is opaque: what the pixels hold besides colour says nothing.
        for pixel in pixmap.data().get(..taken)?.chunks_exact(4) {
            line.extend_from_slice(&pixel[..3]);
        }
        std::io::Write::write_all(&mut stream, &line).ok()?;
        top += here;
    }
    stream.finish().ok()?;
    writer.finish().ok()?;
    Some(bytes)
}

/// Bytes that layers may take for each row of a band: what is put together before it fades or is clipped is drawn on pixels of its
/// own, up to five times as wide and high as the band, for all groups inside one another.
fn layers(group: &Group, width: f64) -> f64 {
    let own = if group.should_isolate() {
        // A clip needs another picture and a mask.
        let pictures = if group.clip_path().is_some() { 2.25 } else { 1.0 };
        pictures * 4.0 * width * 25.0
    } else {
        0.0
    };
    let inner = group.children().iter().map(|node| match node {
        Node::Group(group) => layers(group, width),
        _ => 0.0,
    });
    own + inner.fold(0.0, f64::max)
}
