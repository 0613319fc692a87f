//! Pixels, drawn in bands, so that a large picture needs little more memory than its bytes.

use png::{BitDepth, ColorType, Compression, Encoder};
use resvg::{
    tiny_skia::{Color, Pixmap, Transform},
    usvg::{Group, Node, Tree},
};

use super::{
    mark::{Mark, NOTE, TOOL},
    raster,
};

/// Pixels of a band.
const BAND: f64 = 1_048_576.0;
/// Bytes that the pixels of groups may take while a band is drawn.
const GROUPS: f64 = 24_000_000.0;
/// Bytes of a pixel that is put together, and of its mask.
const PIXEL: f64 = 5.0;

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
    // Pixels of their own for all groups inside one another.
    let row = f64::from(depth(tree.root())) * PIXEL * wide;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and the height")]
    let rows = (BAND / wide).min(GROUPS / row.max(1.0)).min(high).max(1.0) as u32;
    let mut pixmap = Pixmap::new(width, rows)?;
    let mut line = vec![0; pixmap.data().len() / 4 * 3];
    let mut top = 0;
    while top < height {
        #[expect(clippy::cast_precision_loss, reason = "at most 4096")]
        let place = Transform::from_row(sx, 0.0, 0.0, sy, 0.0, -(top as f32));
        pixmap.fill(Color::WHITE);
        raster::draw(tree.root(), place, place, &mut pixmap.as_mut());
        let here = rows.min(height - top);
        let taken = usize::try_from(width * here * 4).ok()?;
        // The canvas is opaque: what the pixels hold besides colour says nothing. Byte by byte, since a copy of three is a call in wasm.
        let rows = line.get_mut(..taken / 4 * 3)?;
        for (color, pixel) in rows.chunks_exact_mut(3).zip(pixmap.data().get(..taken)?.chunks_exact(4)) {
            (color[0], color[1], color[2]) = (pixel[0], pixel[1], pixel[2]);
        }
        std::io::Write::write_all(&mut stream, rows).ok()?;
        top += here;
    }
    stream.finish().ok()?;
    writer.finish().ok()?;
    Some(bytes)
}

/// How many groups are put together inside one another.
fn depth(group: &Group) -> u32 {
    let inner = group.children().iter().map(|node| match node {
        Node::Group(group) => u32::from(group.should_isolate()) + depth(group),
        _ => 0,
    });
    inner.max().unwrap_or(0)
}
