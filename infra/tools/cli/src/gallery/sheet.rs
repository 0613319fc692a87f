//! The contact sheet as one PNG: pictures of one width in columns, each over its brief.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

/// The width of a picture in pixels.
pub(crate) const COLUMN: u32 = 420;
/// The height of a brief under a picture.
pub(crate) const CAPTION: u32 = 72;
const COLUMNS: usize = 6;
const GAP: u32 = 40;
/// Around and between the pictures.
const GROUND: [u8; 4] = [0xe9, 0xe6, 0xe0, 0xff];

/// The parametric file of a brief under its picture.
pub(crate) fn caption(brief: &str) -> Value {
    json!({
        "version": 1,
        "title": "Caption",
        "canvas": { "width": COLUMN, "height": CAPTION, "unit": "px", "margin": 4, "background": "ground" },
        "palette": [{ "name": "ground", "color": "#e9e6e0" }, { "name": "ink", "color": "#4a463d" }],
        "parameters": [{ "type": "text", "name": "brief", "label": "Brief", "default": brief }],
        "layers": [{
            "type": "text", "text": "{brief}", "x": 4, "y": 10, "width": COLUMN - 8, "height": CAPTION - 14,
            "font": "sans", "weight": "regular", "size": 14.5, "leading": 1.3, "fill": "ink", "align": "left", "vertical": "top",
        }],
    })
}

/// RGBA pixels, row by row.
struct Pixels {
    width: u32,
    height: u32,
    data: Vec<u8>,
}

impl Pixels {
    fn read(png: &[u8]) -> anyhow::Result<Self> {
        let mut decoder = png::Decoder::new(png);
        decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
        let mut reader = decoder.read_info()?;
        let mut data = vec![0; reader.output_buffer_size()];
        let frame = reader.next_frame(&mut data)?;
        ensure!(frame.color_type == png::ColorType::Rgba, "the picture is not in colour");
        data.truncate(frame.buffer_size());
        Ok(Self { width: frame.width, height: frame.height, data })
    }

    fn rows(&self) -> std::slice::ChunksExact<'_, u8> {
        self.data.chunks_exact(bytes(self.width))
    }
}

/// The bytes of so many pixels.
fn bytes(pixels: u32) -> usize {
    usize::try_from(pixels).unwrap_or(usize::MAX).saturating_mul(4)
}

/// Pictures with their captions.
#[derive(Default)]
pub(crate) struct Sheet {
    cells: Vec<[Pixels; 2]>,
}

impl Sheet {
    /// Adds a picture and its caption, both PNGs of [`COLUMN`] pixels' width.
    pub(crate) fn add(&mut self, picture: &[u8], caption: &[u8]) -> anyhow::Result<()> {
        let cell = [Pixels::read(picture).context("the picture")?, Pixels::read(caption).context("the caption")?];
        for Pixels { width, .. } in &cell {
            ensure!(*width == COLUMN, "the picture is {width} pixels wide, not {COLUMN}");
        }
        self.cells.push(cell);
        Ok(())
    }

    /// The whole as a PNG: the highest first, each in the column that is shortest so far, which ends all columns at about one height.
    pub(crate) fn png(&self) -> anyhow::Result<Vec<u8>> {
        let mut cells: Vec<&[Pixels; 2]> = self.cells.iter().collect();
        cells.sort_by_key(|[picture, caption]| std::cmp::Reverse(picture.height + caption.height));
        let mut heights = [0_u32; COLUMNS];
        let mut placed: Vec<(u32, u32, &Pixels)> = Vec::new();
        for cell in cells {
            let at = heights.iter().enumerate().min_by_key(|(_, height)| **height).map_or(0, |(at, _)| at);
            let x = GAP + (COLUMN + GAP) * u32::try_from(at)?;
            let mut y = GAP + heights[at];
            for part in cell {
                placed.push((x, y, part));
                y += part.height;
            }
            heights[at] = y;
        }
        let width = GAP + (COLUMN + GAP) * u32::try_from(COLUMNS)?;
        let height = heights.into_iter().max().unwrap_or_default() + GAP;
        let mut data = GROUND.repeat(bytes(width) / 4 * usize::try_from(height)?);
        for (x, y, part) in placed {
            let lines = data.chunks_exact_mut(bytes(width)).skip(usize::try_from(y)?);
            for (line, row) in lines.zip(part.rows()) {
                if let Some(place) = line.get_mut(bytes(x)..).and_then(|line| line.get_mut(..row.len())) {
                    place.copy_from_slice(row);
                }
            }
        }
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, width, height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header()?.write_image_data(&data)?;
        Ok(png)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn plain(height: u32, pixel: [u8; 4]) -> Vec<u8> {
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, COLUMN, height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header().unwrap().write_image_data(&pixel.repeat(bytes(COLUMN * height) / 4)).unwrap();
        png
    }

    #[test]
    fn a_picture_goes_under_the_shortest_column() {
        let (red, white) = ([0xff, 0, 0, 0xff], [0xff; 4]);
        let mut sheet = Sheet::default();
        for height in [10, 50, 40, 30, 30, 30, 20] {
            sheet.add(&plain(height, red), &plain(5, white)).unwrap();
        }
        let whole = Pixels::read(&sheet.png().unwrap()).unwrap();
        assert_eq!((whole.width, whole.height), (GAP + 6 * (COLUMN + GAP), GAP + 25 + GAP + 10 + 5 + GAP));
        let pixel = |x: u32, y: u32| &whole.data[bytes(y * whole.width + x)..][..4];
        assert_eq!(pixel(0, 0), GROUND);
        assert_eq!(pixel(GAP, GAP), red);
        assert_eq!(pixel(GAP, GAP + 50), white);
        // The lowest of seven stands under the lowest of the others, the last.
        let x = GAP + 5 * (COLUMN + GAP);
        assert_eq!(pixel(x, GAP + 20), white);
        assert_eq!(pixel(x, GAP + 25), GROUND);
        assert_eq!(pixel(x, GAP + 25 + GAP), red);
    }

    #[test]
    fn another_width_is_refused() {
        let mut narrow = Vec::new();
        let mut encoder = png::Encoder::new(&mut narrow, 2, 1);
        encoder.set_color(png::ColorType::Rgba);
        encoder.write_header().unwrap().write_image_data(&[0; 8]).unwrap();
        let refusal = Sheet::default().add(&narrow, &narrow).unwrap_err();
        assert!(refusal.to_string().contains("2 pixels wide"), "{refusal}");
    }
}
