//! A tree on pixels, one band of the picture at a time.
//!
//! resvg gives whatever is put together (a faded or clipped group) pixels of its own for up to five times the width and height of what
//! is drawn, for each band anew. Here it gets as many as the band shows of it, and what the band does not show costs nothing; the
//! drawing itself is tiny-skia's all the same. The trees are those of this library's own SVG: paths and groups, no pictures, masks,
//! filters or patterns.

use resvg::{
    tiny_skia::{
        Color, FillRule, GradientStop, IntRect, LinearGradient, Mask, Paint, Pixmap, PixmapMut, PremultipliedColorU8,
        RadialGradient, Rect, Shader, SpreadMode, Transform,
    },
    usvg::{self, Group, Node},
};

/// Draws a group's children. `root` leads from the tree's coordinates to the pixels, `place` from the group's own.
pub(crate) fn draw(group: &Group, root: Transform, place: Transform, pixmap: &mut PixmapMut<'_>) {
    for node in group.children() {
        let bounds = match node {
            Node::Group(group) => group.abs_layer_bounding_box().to_rect(),
            node => node.abs_stroke_bounding_box(),
        };
        let Some(seen) = seen(bounds, root, pixmap) else { continue };
        match node {
            Node::Group(group) if group.should_isolate() => {
                // Where there are no pixels for it, it is not drawn.
                let _ = together(group, seen, root, place.pre_concat(group.transform()), pixmap);
            }
            Node::Group(group) => draw(group, root, place.pre_concat(group.transform()), pixmap),
            Node::Path(path) => paint(path, place, pixmap),
            Node::Text(text) => {
                let outlines = text.flattened();
                draw(outlines, root, place.pre_concat(outlines.transform()), pixmap);
            }
            Node::Image(_) => {}
        }
    }
}

/// The pixels that a box of the tree's coordinates touches, smooth edges counted.
fn seen(bounds: Rect, root: Transform, pixmap: &PixmapMut<'_>) -> Option<IntRect> {
    let on = bounds.transform(root)?;
    within([on.left(), on.top(), on.right(), on.bottom()], pixmap.width(), pixmap.height())
}

fn within([left, top, right, bottom]: [f32; 4], width: u32, height: u32) -> Option<IntRect> {
    #[expect(clippy::cast_precision_loss, reason = "at most 4096")]
    let sides = [width as f32, height as f32];
    let (left, top) = ((left.floor() - 2.0).max(0.0), (top.floor() - 2.0).max(0.0));
    let (right, bottom) = ((right.ceil() + 2.0).min(sides[0]), (bottom.ceil() + 2.0).min(sides[1]));
    // Nothing that is no number is between two.
    if !(left < right && top < bottom) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "within the pixels")]
    let [left, top, right, bottom] = [left, top, right, bottom].map(|side| side as i32);
    IntRect::from_ltrb(left, top, right, bottom)
}

/// Draws a group on pixels of its own and puts these on the others, faded and clipped as it says.
fn together(group: &Group, mut area: IntRect, root: Transform, place: Transform, pixmap: &mut PixmapMut<'_>) -> Option<()> {
    let clip = group.clip_path().map(|clip| (clip, place.pre_concat(clip.transform())));
    if let Some((clip, place)) = clip {
        let cut = clip.root().bounding_box().transform(place)?;
        area = both(area, within([cut.left(), cut.top(), cut.right(), cut.bottom()], pixmap.width(), pixmap.height())?)?;
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 4096")]
    let moved = |transform: Transform| transform.post_translate(-(area.x() as f32), -(area.y() as f32));
    let mut own = Pixmap::new(area.width(), area.height())?;
    draw(group, moved(root), moved(place), &mut own.as_mut());
    let mask = match clip {
        Some((clip, place)) => {
            let mut mask = Mask::new(area.width(), area.height())?;
            cover(clip.root(), moved(place), &mut mask);
            Some(mask)
        }
        None => None,
    };
    put(&own, mask.as_ref(), group.opacity().get(), area, pixmap)
}

fn both(a: IntRect, b: IntRect) -> Option<IntRect> {
    let [left, top] = [a.left().max(b.left()), a.top().max(b.top())];
    let [right, bottom] = [a.right().min(b.right()), a.bottom().min(b.bottom())];
    if left < right && top < bottom { IntRect::from_ltrb(left, top, right, bottom) } else { None }
}

/// What a clip lets through.
fn cover(group: &Group, place: Transform, mask: &mut Mask) {
    for node in group.children() {
        match node {
            Node::Path(path) => mask.fill_path(path.data(), FillRule::Winding, true, place),
            Node::Group(group) => cover(group, place.pre_concat(group.transform()), mask),
            _ => {}
        }
    }
}

/// Puts pixels on others.
fn put(own: &Pixmap, mask: Option<&Mask>, opacity: f32, area: IntRect, pixmap: &mut PixmapMut<'_>) -> Option<()> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 256")]
    let opacity = (opacity.clamp(0.0, 1.0) * 256.0).round() as u32;
    let whole = usize::try_from(pixmap.width()).ok()?;
    let [left, top, width] = [area.left(), area.top(), i32::try_from(area.width()).ok()?].map(usize::try_from);
    let (left, top, width) = (left.ok()?, top.ok()?, width.ok()?);
    let below = pixmap.pixels_mut();
    for (row, above) in own.pixels().chunks_exact(width).enumerate() {
        let start = (top + row) * whole + left;
        let line = below.get_mut(start..start + width)?;
        match mask {
            Some(mask) => {
                let shares = mask.data().get(row * width..(row + 1) * width)?;
                for ((under, over), share) in line.iter_mut().zip(above).zip(shares) {
                    // 255 counts as a whole, so that what is inside stays as it was drawn.
                    let share = u32::from(*share) + u32::from(*share >> 7);
                    blend(under, *over, (share * opacity) >> 8);
                }
            }
            None => line.iter_mut().zip(above).for_each(|(under, over)| blend(under, *over, opacity)),
        }
    }
    Some(())
}

/// A pixel over another, of which `share` 256ths are left.
fn blend(under: &mut PremultipliedColorU8, over: PremultipliedColorU8, share: u32) {
    if over.alpha() == 0 || share == 0 {
        return;
    }
    let faded = |value: u8| (u32::from(value) * share + 128) >> 8;
    let alpha = faded(over.alpha());
    let left = 255 - alpha;
    // Rounded division by 255.
    let rest = |value: u8| {
        let product = u32::from(value) * left + 128;
        (product + (product >> 8)) >> 8
    };
    let sum = |over: u8, under: u8| u8::try_from(faded(over) + rest(under)).unwrap_or(u8::MAX);
    let alpha = sum(over.alpha(), under.alpha());
    let [red, green, blue] =
        [(over.red(), under.red()), (over.green(), under.green()), (over.blue(), under.blue())].map(|(over, under)| {
            // A colour that is premultiplied is never brighter than its alpha.
            sum(over, under).min(alpha)
        });
    if let Some(mixed) = PremultipliedColorU8::from_rgba(red, green, blue, alpha) {
        *under = mixed;
    }
}

fn paint(path: &usvg::Path, place: Transform, pixmap: &mut PixmapMut<'_>) {
    if !path.is_visible() {
        return;
    }
    let bounds = path.data().bounds();
    // A straight line has nothing to fill.
    if let Some(fill) = path.fill().filter(|_| bounds.width() > 0.0 && bounds.height() > 0.0)
        && let Some(shader) = shader(fill.paint(), fill.opacity())
    {
        let paint = Paint { shader, ..Paint::default() };
        pixmap.fill_path(path.data(), &paint, FillRule::Winding, place, None);
    }
    if let Some(stroke) = path.stroke()
        && let Some(shader) = shader(stroke.paint(), stroke.opacity())
    {
        let paint = Paint { shader, ..Paint::default() };
        pixmap.stroke_path(path.data(), &paint, &stroke.to_tiny_skia(), place, None);
    }
}

fn shader(paint: &usvg::Paint, opacity: usvg::Opacity) -> Option<Shader<'static>> {
    let color =
        |color: usvg::Color, opacity: usvg::Opacity| Color::from_rgba8(color.red, color.green, color.blue, opacity.to_u8());
    let stops = |gradient: &usvg::BaseGradient| {
        let stop = |stop: &usvg::Stop| GradientStop::new(stop.offset().get(), color(stop.color(), stop.opacity() * opacity));
        gradient.stops().iter().map(stop).collect()
    };
    match paint {
        usvg::Paint::Color(plain) => Some(Shader::SolidColor(color(*plain, opacity))),
        usvg::Paint::LinearGradient(line) => {
            let [from, to] = [(line.x1(), line.y1()), (line.x2(), line.y2())];
            LinearGradient::new(from.into(), to.into(), stops(line), SpreadMode::Pad, line.transform())
        }
        usvg::Paint::RadialGradient(round) => {
            let [from, to] = [(round.fx(), round.fy()), (round.cx(), round.cy())];
            RadialGradient::new(from.into(), to.into(), round.r().get(), stops(round), SpreadMode::Pad, round.transform())
        }
        usvg::Paint::Pattern(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixel(channels: [u8; 4]) -> PremultipliedColorU8 {
        let [red, green, blue, alpha] = channels;
        PremultipliedColorU8::from_rgba(red, green, blue, alpha).expect("a premultiplied colour")
    }

    #[test]
    fn a_pixel_goes_over_another_as_much_as_is_left_of_it() {
        let mixed = |over: [u8; 4], under: [u8; 4], share: u32| {
            let mut below = pixel(under);
            blend(&mut below, pixel(over), share);
            [below.red(), below.green(), below.blue(), below.alpha()]
        };
        let (red, white) = ([255, 0, 0, 255], [255; 4]);
        assert_eq!(mixed(red, white, 256), red);
        assert_eq!(mixed(red, white, 0), white);
        assert_eq!(mixed(red, white, 128), [255, 127, 127, 255]);
        assert_eq!(mixed(red, [0; 4], 128), [128, 0, 0, 128]);
        assert_eq!(mixed([100, 0, 0, 128], [0; 4], 256), [100, 0, 0, 128]);
        for share in 0..=256 {
            for value in 0..=255 {
                // What is opaque stays so, and no colour is brighter than it.
                assert_eq!(mixed([value, value, value, 255], white, share)[3], 255);
            }
        }
    }

    #[test]
    fn only_pixels_that_are_seen_are_asked_for() {
        let area = |sides| within(sides, 100, 50).map(|area| [area.left(), area.top(), area.right(), area.bottom()]);
        assert_eq!(area([10.5, 10.5, 20.5, 20.5]), Some([8, 8, 23, 23]));
        assert_eq!(area([-1e9, -1e9, 1e9, 1e9]), Some([0, 0, 100, 50]));
        assert_eq!(area([10.0, 60.0, 20.0, 70.0]), None);
        assert_eq!(area([f32::NAN, 0.0, 20.0, 70.0]), Some([0, 0, 22, 50]));
        assert_eq!(area([0.0, 0.0, f32::NAN, f32::NEG_INFINITY]), None);
    }
}
