//! A round badge with a scalloped edge.

use crate::{
    brief::{Horizontal, Vertical},
    document::{Area, Layer},
    palette::Role,
    scene::{Scene, Stand},
};

pub(super) fn compose(scene: &mut Scene<'_>) {
    let (cx, cy) = scene.canvas.center();
    let r = scene.canvas.side() * 0.43;
    let paint = |scene: &Scene<'_>, role| scene.palette.paint(role);
    let on = scene.random.pick(&[Role::Accent, Role::Ink, Role::Second], Role::Accent);
    let disc = paint(scene, on);
    let line = scene.palette.text(on, Role::Ground, true);
    let thin = r * 0.012;
    match scene.random.below(3) {
        0 => {
            scene.put(Layer::ring(cx, cy, 30.0, r * 0.95, vec![Layer::circle(0.0, 0.0, r * 0.1, disc.as_str())]));
            scene.put(Layer::circle(cx, cy, r * 0.97, disc.as_str()));
        }
        1 => {
            let tooth = Layer::polygon(&[[-r * 0.12, -r * 0.14], [r * 0.07, 0.0], [-r * 0.12, r * 0.14]], disc.as_str());
            scene.put(Layer::ring(cx, cy, 26.0, r, vec![tooth]));
            scene.put(Layer::circle(cx, cy, r * 0.96, disc.as_str()));
        }
        _ => {
            let outer = paint(scene, Role::Soft);
            scene.put(Layer::circle(cx, cy, r * 1.06, outer).stroke(&disc, thin));
            scene.put(Layer::circle(cx, cy, r * 0.98, disc.as_str()));
        }
    }
    let mut rings = vec![Layer::circle(cx, cy, r * 0.88, "none").stroke(&line, thin)];
    if scene.random.chance(0.5) {
        rings.push(Layer::ring(cx, cy, 60.0, r * 0.81, vec![Layer::circle(0.0, 0.0, r * 0.011, line.as_str())]));
    } else {
        rings.push(Layer::circle(cx, cy, r * 0.83, "none").stroke(&line, thin * 0.5));
    }
    let star = |x: f64, y: f64, r: f64| {
        Layer::polygon(
            &[
                [x, y - r],
                [x + r * 0.3, y - r * 0.3],
                [x + r, y],
                [x + r * 0.3, y + r * 0.3],
                [x, y + r],
                [x - r * 0.3, y + r * 0.3],
                [x - r, y],
                [x - r * 0.3, y - r * 0.3],
            ],
            line.as_str(),
        )
    };
    for side in [-1.0, 1.0] {
        let y = cy + side * r * 0.62;
        rings.push(star(cx, y, r * 0.075));
        rings.push(star(cx - r * 0.16, y - side * r * 0.03, r * 0.045));
        rings.push(star(cx + r * 0.16, y - side * r * 0.03, r * 0.045));
    }
    scene.ornament(rings);
    // Text lies on a plain ground of the disc's colour, whatever its edge looks like.
    let half = r * 0.66;
    let text = Area::new(cx - half, cy - r * 0.44, half * 2.0, r * 0.88);
    scene.panel(text, on);
    let mut blocks = scene.heading(0.19);
    blocks.extend(scene.detail_blocks(scene.unit * 0.028));
    for block in &mut blocks {
        block.color = if block.title { Role::Ground } else { Role::Soft };
    }
    scene.column(text, blocks, Stand { across: Horizontal::Center, down: Vertical::Middle, on });
}
