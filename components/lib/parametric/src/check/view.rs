//! A scene laid out flat, as the checker looks at it: what is drawn, in order, with its place on the canvas.

use kurbo::{Affine, Point, Rect};

use crate::{
    colour::Rgb,
    env::Env,
    format::File,
    scene::{self, Blend, Content, Fill, Node, Outline, Scene, SetText, Shown},
};

/// One thing on the canvas.
pub(crate) struct Piece<'a> {
    pub(crate) layer: usize,
    /// From the coordinates of the list that the layer is in.
    pub(crate) around: Affine,
    /// From the layer's own coordinates, its rotation counted.
    pub(crate) to_canvas: Affine,
    /// Its opacity and that of all groups around it.
    pub(crate) alpha: f64,
    /// Its own opacity.
    pub(crate) own: f64,
    /// The faded groups around it, from the outermost to the innermost: each with a number of its own and its opacity.
    pub(crate) faded: Vec<(usize, f64)>,
    pub(crate) conditional: bool,
    /// What it is cut to.
    clips: Vec<(&'a Outline, Affine)>,
    pub(crate) content: &'a Content,
    /// On the canvas, its outline and shadow counted.
    pub(crate) bounds: Rect,
}

/// Computes a file's scene with everything shown.
pub(crate) fn scene(file: &File) -> Scene {
    scene::build(file, Env::of(file), Shown::Ever)
}

/// Everything that is drawn, from back to front.
pub(crate) fn pieces(scene: &Scene) -> Vec<Piece<'_>> {
    let mut collector = Collector { groups: 0, clips: Vec::new(), faded: Vec::new(), all: Vec::new() };
    collector.collect(&scene.nodes, Affine::IDENTITY, 1.0);
    collector.all
}

struct Collector<'a> {
    /// How many faded groups there were.
    groups: usize,
    clips: Vec<(&'a Outline, Affine)>,
    faded: Vec<(usize, f64)>,
    all: Vec<Piece<'a>>,
}

impl<'a> Collector<'a> {
    fn collect(&mut self, nodes: &'a [Node], around: Affine, alpha: f64) {
        for node in nodes {
            let to_canvas = around * node.transform;
            let alpha = alpha * node.alpha;
            match &node.content {
                Content::Group { clip, nodes } => {
                    let outer = (self.clips.len(), self.faded.len());
                    self.clips.extend(clip.as_ref().map(|clip| (clip, to_canvas.inverse())));
                    if node.alpha < 1.0 {
                        self.groups += 1;
                        self.faded.push((self.groups, node.alpha));
                    }
                    self.collect(nodes, to_canvas, alpha);
                    self.clips.truncate(outer.0);
                    self.faded.truncate(outer.1);
                }
                content => {
                    let bounds = to_canvas.transform_rect_bbox(content.reach());
                    let (clips, faded) = (self.clips.clone(), self.faded.clone());
                    let (own, conditional, layer) = (node.alpha, node.conditional, node.layer);
                    self.all.push(Piece { layer, around, to_canvas, alpha, own, faded, conditional, clips, content, bounds });
                }
            }
        }
    }
}

impl<'a> Piece<'a> {
    pub(crate) fn text(&self) -> Option<&'a SetText> {
        match self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether no clip hides it at a point of the canvas.
    pub(crate) fn shows(&self, point: Point) -> bool {
        self.clips.iter().all(|(clip, inverse)| contains(clip, *inverse * point))
    }

    /// The colour and opacity that it paints at a point of the canvas, before the groups around it fade.
    pub(crate) fn color_at(&self, point: Point) -> Option<(Rgb, f64)> {
        let Content::Shape { outline, fill, stroke, .. } = self.content else { return None };
        if !self.bounds.contains(point) || !self.shows(point) {
            return None;
        }
        let here = self.to_canvas.inverse() * point;
        if let Some(line) = stroke
            && near(outline, here, line.width / 2.0)
        {
            return Some((line.color, self.own));
        }
        let fill = fill.as_ref().filter(|_| contains(outline, here))?;
        let (color, opacity) = paint(fill, here);
        Some((color, opacity * self.own))
    }
}

/// The colour of a fill at a point of its own coordinates, and its opacity.
pub(crate) fn paint(fill: &Fill, point: Point) -> (Rgb, f64) {
    match fill {
        Fill::Solid(rgb) => (*rgb, 1.0),
        Fill::Linear { from, to, stops } => {
            let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
            let along = (point.x - from[0]) * dx + (point.y - from[1]) * dy;
            blend(stops, along / (dx * dx + dy * dy).max(1e-9))
        }
        Fill::Radial { center, radii, stops } => {
            let [x, y] = [(point.x - center[0]) / radii[0].max(1e-9), (point.y - center[1]) / radii[1].max(1e-9)];
            blend(stops, x.hypot(y))
        }
    }
}

fn blend(stops: &[Blend], at: f64) -> (Rgb, f64) {
    let after = stops.iter().position(|(place, ..)| *place >= at);
    match after {
        Some(0) => stops.first().map_or((Rgb::BLACK, 0.0), |(_, color, opacity)| (*color, *opacity)),
        Some(next) => {
            let ((from, a, fa), (to, b, fb)) = (stops[next - 1], stops[next]);
            let share = if to > from { (at - from) / (to - from) } else { 1.0 };
            (b.over(a, share), fa + (fb - fa) * share)
        }
        None => stops.last().map_or((Rgb::BLACK, 0.0), |(_, color, opacity)| (*color, *opacity)),
    }
}

fn contains(outline: &Outline, point: Point) -> bool {
    let inside = |[x, y, width, height]: [f64; 4]| point.x >= x && point.y >= y && point.x <= x + width && point.y <= y + height;
    match outline {
        Outline::Rectangle { frame, radius } => {
            let [x, y, width, height] = *frame;
            if !inside(*frame) {
                return false;
            }
            let dx = (x + radius - point.x).max(point.x - (x + width - radius)).max(0.0);
            let dy = (y + radius - point.y).max(point.y - (y + height - radius)).max(0.0);
            dx.hypot(dy) <= *radius || (dx <= 0.0 || dy <= 0.0)
        }
        Outline::Ellipse { frame: [x, y, width, height] } => {
            let (rx, ry) = (width / 2.0, height / 2.0);
            ((point.x - x - rx) / rx.max(1e-9)).hypot((point.y - y - ry) / ry.max(1e-9)) <= 1.0
        }
        Outline::Line(_) => false,
        Outline::Polygon(points) => {
            // Not zero turns around the point: SVG's usual rule.
            let edges = points.iter().zip(points.iter().cycle().skip(1));
            let turns: i32 = edges
                .map(|([x1, y1], [x2, y2])| {
                    let side = (x2 - x1) * (point.y - y1) - (point.x - x1) * (y2 - y1);
                    i32::from(*y1 <= point.y && *y2 > point.y && side > 0.0)
                        - i32::from(*y1 > point.y && *y2 <= point.y && side < 0.0)
                })
                .sum();
            turns != 0
        }
        Outline::Path(path) => kurbo::Shape::winding(path, point) != 0,
    }
}

/// Whether a point lies on a drawn outline of that half width. Those of paths are left out: what they cross is thin.
fn near(outline: &Outline, point: Point, half: f64) -> bool {
    let segment = |[x1, y1]: [f64; 2], [x2, y2]: [f64; 2]| {
        let [dx, dy] = [x2 - x1, y2 - y1];
        let along = (((point.x - x1) * dx + (point.y - y1) * dy) / (dx * dx + dy * dy).max(1e-9)).clamp(0.0, 1.0);
        (point.x - x1 - along * dx).hypot(point.y - y1 - along * dy) <= half
    };
    match outline {
        Outline::Line([x1, y1, x2, y2]) => segment([*x1, *y1], [*x2, *y2]),
        Outline::Polygon(points) => points.iter().zip(points.iter().cycle().skip(1)).any(|(a, b)| segment(*a, *b)),
        Outline::Rectangle { frame: [x, y, w, h], radius } => {
            let grown = Outline::Rectangle { frame: [x - half, y - half, w + 2.0 * half, h + 2.0 * half], radius: radius + half };
            let inner = [x + half, y + half, w - 2.0 * half, h - 2.0 * half];
            let hole = inner[2] > 0.0 && inner[3] > 0.0;
            contains(&grown, point)
                && !(hole && contains(&Outline::Rectangle { frame: inner, radius: (radius - half).max(0.0) }, point))
        }
        Outline::Ellipse { frame: [x, y, w, h] } => {
            let grown = Outline::Ellipse { frame: [x - half, y - half, w + 2.0 * half, h + 2.0 * half] };
            let inner = [x + half, y + half, w - 2.0 * half, h - 2.0 * half];
            let hole = inner[2] > 0.0 && inner[3] > 0.0;
            contains(&grown, point) && !(hole && contains(&Outline::Ellipse { frame: inner }, point))
        }
        Outline::Path(_) => false,
    }
}
