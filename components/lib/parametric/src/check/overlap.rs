//! Texts that lie on each other are moved apart, or set smaller where there is no room.

use std::collections::BTreeMap;

use kurbo::Rect;

use super::{Notes, each, view};
use crate::{
    decimal::round,
    format::{File, Kind, Num},
    scene::{self, Scene},
};

/// How much of the smaller text may be covered: letters have air around them.
const SHARE: f64 = 0.05;
/// Texts fainter than this are decoration that others may lie on.
const FAINT: f64 = 0.45;

/// A text that may not lie on another.
struct Block {
    layer: usize,
    ink: Rect,
    size: f64,
    text: String,
    /// How much of its own coordinates is one of the canvas's.
    scale: f64,
    /// The block's top and height, in its own coordinates.
    top: f64,
    height: f64,
}

/// What is done with one text.
enum Change {
    /// Up or down by so much, on the canvas.
    Move(f64),
    Shrink,
}

pub(crate) fn correct(file: &mut File, scene: &Scene, notes: &mut Notes<'_>) {
    let least = scene::least_size(&file.canvas);
    let (margin, height) = (file.canvas.margin, file.canvas.height);
    let blocks = blocks(scene);
    let Some((layer, change)) = first(&blocks, margin, height, least) else { return };
    let Some(block) = blocks.iter().find(|block| block.layer == layer) else { return };
    each(&mut file.layers, "/layers", &mut 0, &mut |found, number, path| {
        if number == layer
            && let Kind::Text(text) = &mut found.kind
        {
            match change {
                Change::Move(by) => {
                    let (before, after) = (block.top, round(block.top + by / block.scale));
                    text.frame.y = Num::Literal(after);
                    // The box becomes as high as its lines, so that it stays inside the margins where it now is.
                    text.frame.height = Num::Literal((block.height * 1.002 * 100.0).ceil() / 100.0);
                    notes.add("overlap", format!("{path}/y"), &[before, after]);
                }
                Change::Shrink => {
                    let before = block.size / block.scale;
                    let after = ((before * 0.85).max(least / block.scale) * 100.0).ceil() / 100.0;
                    text.size = Num::Literal(after);
                    notes.add("overlap", format!("{path}/size"), &[before, after]);
                }
            }
        }
        true
    });
}

/// All texts that are always shown, straight, once, and not faint.
fn blocks(scene: &Scene) -> Vec<Block> {
    let pieces = view::pieces(scene);
    let mut times: BTreeMap<usize, usize> = BTreeMap::new();
    for piece in &pieces {
        *times.entry(piece.layer).or_default() += 1;
    }
    let block = |piece: &view::Piece<'_>| {
        let text = piece.text()?;
        let [a, b, c, d, ..] = piece.to_canvas.as_coeffs();
        let straight = b.abs() < 1e-6 && c.abs() < 1e-6 && a > 0.0 && d > 0.0;
        if piece.conditional || piece.alpha < FAINT || !straight || times.get(&piece.layer) != Some(&1) {
            return None;
        }
        let ink = piece.to_canvas.transform_rect_bbox(text.ink()?);
        let (top, height) = text.block;
        let words = text.lines.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join(" ");
        Some(Block { layer: piece.layer, ink, size: text.size * a, text: words, scale: a, top, height })
    };
    pieces.iter().filter_map(block).collect()
}

fn overlaps(a: &Rect, b: &Rect) -> bool {
    let both = a.intersect(*b);
    both.width() > 0.0
        && both.height() > 0.0
        && both.area() > SHARE * a.area().min(b.area())
        && both.height() > 0.08 * a.height().min(b.height())
}

/// The first overlap that something can be done about.
fn first(blocks: &[Block], margin: f64, height: f64, least: f64) -> Option<(usize, Change)> {
    for (at, block) in blocks.iter().enumerate() {
        // The same words twice are an effect: a shadow, or an echo.
        let lies_on = |other: &&Block| other.layer != block.layer && other.text != block.text && overlaps(&block.ink, &other.ink);
        let Some(other) = blocks.iter().take(at).find(lies_on) else { continue };
        // The smaller one gives way: it is the detail beside the headline.
        let (moved, stays) = if block.size <= other.size { (block, other) } else { (other, block) };
        let gap = moved.size * 0.3;
        let below = stays.ink.y1 + gap - moved.ink.y0;
        let above = stays.ink.y0 - gap - moved.ink.y1;
        let mut ways = [below, above];
        ways.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
        let free = |by: &f64| {
            let place = Rect::new(moved.ink.x0, moved.ink.y0 + by, moved.ink.x1, moved.ink.y1 + by);
            let block_top = moved.ink.y0 + by;
            let tall = moved.height * moved.scale;
            block_top >= margin
                && block_top + tall <= height - margin
                && blocks
                    .iter()
                    .all(|block| block.layer == moved.layer || block.text == moved.text || !overlaps(&place, &block.ink))
        };
        if let Some(by) = ways.into_iter().find(free) {
            return Some((moved.layer, Change::Move(by)));
        }
        let larger = if moved.size > least * 1.05 { moved } else { stays };
        if larger.size > least * 1.05 {
            return Some((larger.layer, Change::Shrink));
        }
    }
    None
}
