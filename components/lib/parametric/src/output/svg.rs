//! A scene as SVG. Text stays text; every string is escaped; nothing refers to anything outside.

use std::{collections::BTreeMap, fmt::Write as _};

use kurbo::Affine;

use super::{
    mark::{Mark, NOTE},
    xml::escape,
};
use crate::{
    decimal::n,
    format::{Align, Dash},
    scene::{Blend, Content, Fill, Line, Node, Outline, Scene, SetText, Shade, spreads},
    text::fonts,
};

/// Draws a scene. The result depends on nothing but the arguments.
pub(crate) fn draw(scene: &Scene, unit: &str, mark: &Mark<'_>) -> String {
    let mut drawing = Drawing { out: String::new(), defs: String::new(), ids: BTreeMap::new() };
    let (width, height) = (n(scene.width), n(scene.height));
    let background = drawing.fill(scene.background.as_ref(), 1.0);
    let _ = write!(drawing.out, "<rect width=\"{width}\" height=\"{height}\"{background}/>");
    for node in &scene.nodes {
        drawing.node(node, 1.0);
    }
    let defs = if drawing.defs.is_empty() { String::new() } else { format!("<defs>{}</defs>", drawing.defs) };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}{unit}\" height=\"{height}{unit}\" viewBox=\"0 0 {width} {height}\">\
         <title>{}</title><desc>{NOTE}</desc><metadata>{}</metadata>{defs}{}</svg>",
        escape(mark.title),
        mark.xmp(),
        drawing.out
    )
}

struct Drawing {
    out: String,
    defs: String,
    /// Gradients and clips by what they are, so that equal ones are written once.
    ids: BTreeMap<String, String>,
}

impl Drawing {
    /// Things that are drawn as several are put together before they fade, so that what lies below in them does not show through.
    /// `alpha` is what a group around that has nothing else in it leaves to fade.
    fn node(&mut self, node: &Node, alpha: f64) {
        let alpha = alpha * node.alpha;
        if alpha <= 0.0 {
            return;
        }
        let transform = transform(node.transform);
        let together = alpha < 1.0 && node.content.is_several();
        let (opacity, alpha) = if together { (format!(" opacity=\"{}\"", n(alpha)), 1.0) } else { (String::new(), alpha) };
        match &node.content {
            Content::Group { clip, nodes } => {
                if nodes.is_empty() {
                    return;
                }
                let clip = clip.as_ref().map(|clip| self.clip(clip)).unwrap_or_default();
                let _ = write!(self.out, "<g{transform}{clip}{opacity}>");
                for node in nodes {
                    self.node(node, alpha);
                }
                self.out.push_str("</g>");
                return;
            }
            _ if together => {
                let _ = write!(self.out, "<g{opacity}>");
            }
            _ => {}
        }
        match &node.content {
            Content::Group { .. } => {}
            Content::Shape { outline, fill, stroke, shadow } => {
                let name = element(outline);
                if let Some(soft) = shadow {
                    self.shadow(&name, "", *soft, alpha, &transform, fill.is_some(), *stroke);
                }
                let look = format!("{}{}", self.fill(fill.as_ref(), alpha), line(*stroke, alpha));
                let _ = write!(self.out, "<{name}{look}{transform}/>");
            }
            Content::Text(text) => self.text(text, alpha, &transform),
        }
        if together {
            self.out.push_str("</g>");
        }
    }

    /// Copies of a shape, moved and ever wider, that together have the shadow's opacity under the shape and fade outwards.
    #[expect(clippy::too_many_arguments, reason = "all that a copy shares with its shape")]
    fn shadow(&mut self, tag: &str, inner: &str, shade: Shade, alpha: f64, transform: &str, filled: bool, stroke: Option<Line>) {
        let spreads: Vec<f64> = spreads(shade).collect();
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let each = 1.0 - (1.0 - shade.alpha * alpha).powf(1.0 / spreads.len() as f64);
        let color = shade.color.hex();
        let _ = write!(self.out, "<g transform=\"translate({} {})\" aria-hidden=\"true\">", n(shade.by[0]), n(shade.by[1]));
        for share in spreads {
            let spread = 2.0 * shade.blur * share;
            let own = stroke.map_or(0.0, |line| line.width);
            let fill =
                if filled { format!(" fill=\"{color}\" fill-opacity=\"{}\"", n(each)) } else { " fill=\"none\"".to_owned() };
            let wide = own + spread;
            let stroke = if wide > 0.0 {
                format!(
                    " stroke=\"{color}\" stroke-opacity=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"",
                    n(each),
                    n(wide)
                )
            } else {
                String::new()
            };
            let (name, _) = tag.split_once(' ').unwrap_or((tag, ""));
            if inner.is_empty() {
                let _ = write!(self.out, "<{tag}{fill}{stroke}{transform}/>");
            } else {
                let _ = write!(self.out, "<{tag}{fill}{stroke}{transform}>{inner}</{name}>");
            }
        }
        self.out.push_str("</g>");
    }

    fn text(&mut self, text: &SetText, alpha: f64, transform: &str) {
        let (family, weight, generic, italic) = fonts::css(text.face);
        let anchor = match text.align {
            Align::Left => "start",
            Align::Center => "middle",
            Align::Right => "end",
        };
        let style = if italic { " font-style=\"italic\"" } else { "" };
        let spacing = if text.spacing == 0.0 { String::new() } else { format!(" letter-spacing=\"{}\"", n(text.spacing)) };
        let shape = format!(
            "text font-family=\"'{family}', {generic}\" font-weight=\"{weight}\" font-size=\"{}\" text-anchor=\"{anchor}\"{style}{spacing}",
            n(text.size)
        );
        let mut lines = String::new();
        for (baseline, line) in text.lines.iter().filter(|(_, line)| !line.is_empty()) {
            let _ = write!(lines, "<tspan x=\"{}\" y=\"{}\">{}</tspan>", n(text.x), n(*baseline), escape(line));
        }
        if lines.is_empty() {
            return;
        }
        if let Some(shade) = text.shadow {
            self.shadow(&shape, &lines, shade, alpha, transform, text.fill.is_some(), text.stroke);
        }
        let look = format!("{}{}", self.fill(text.fill.as_ref(), alpha), line(text.stroke, alpha));
        let _ = write!(self.out, "<{shape}{look}{transform}>{lines}</text>");
    }

    fn clip(&mut self, outline: &Outline) -> String {
        let id = self.defined("c", |id| format!("<clipPath id=\"{id}\"><{}/></clipPath>", element(outline)));
        format!(" clip-path=\"url(#{id})\"")
    }

    fn fill(&mut self, fill: Option<&Fill>, alpha: f64) -> String {
        let faded = if alpha < 1.0 { format!(" fill-opacity=\"{}\"", n(alpha)) } else { String::new() };
        match fill {
            None => " fill=\"none\"".to_owned(),
            Some(Fill::Solid(rgb)) => format!(" fill=\"{}\"{faded}", rgb.hex()),
            Some(Fill::Linear { from, to, stops }) => {
                let [x1, y1, x2, y2] = [from[0], from[1], to[0], to[1]].map(n);
                let stops = written(stops);
                let id = self.defined("g", |id| {
                    format!(
                        "<linearGradient id=\"{id}\" gradientUnits=\"userSpaceOnUse\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\">\
                         {stops}</linearGradient>"
                    )
                });
                format!(" fill=\"url(#{id})\"{faded}")
            }
            Some(Fill::Radial { center, radii, stops }) => {
                let stops = written(stops);
                let place =
                    Affine::translate((center[0], center[1])) * Affine::scale_non_uniform(radii[0].max(1e-3), radii[1].max(1e-3));
                let place = matrix(place);
                let id = self.defined("g", |id| {
                    format!(
                        "<radialGradient id=\"{id}\" gradientUnits=\"userSpaceOnUse\" cx=\"0\" cy=\"0\" r=\"1\" \
                         gradientTransform=\"{place}\">{stops}</radialGradient>"
                    )
                });
                format!(" fill=\"url(#{id})\"{faded}")
            }
        }
    }

    /// The id of a definition, which is written if no equal one was.
    fn defined(&mut self, letter: &str, definition: impl Fn(&str) -> String) -> String {
        let key = definition("");
        if let Some(id) = self.ids.get(&key) {
            return id.clone();
        }
        let id = format!("{letter}{}", self.ids.len() + 1);
        self.defs.push_str(&definition(&id));
        self.ids.insert(key, id.clone());
        id
    }
}

fn written(stops: &[Blend]) -> String {
    let stops = stops.iter().map(|(at, color, opacity)| {
        let faded = if *opacity < 1.0 { format!(" stop-opacity=\"{}\"", n(*opacity)) } else { String::new() };
        format!("<stop offset=\"{}\" stop-color=\"{}\"{faded}/>", n(*at), color.hex())
    });
    stops.collect()
}

fn line(line: Option<Line>, alpha: f64) -> String {
    let Some(line) = line else { return String::new() };
    let dash = match line.dash {
        Dash::Solid => String::new(),
        Dash::Dashed => format!(" stroke-dasharray=\"{} {}\"", n(line.width * 3.0), n(line.width * 2.0)),
        Dash::Dotted => format!(" stroke-dasharray=\"0 {}\" stroke-linecap=\"round\"", n(line.width * 2.0)),
    };
    let faded = if alpha < 1.0 { format!(" stroke-opacity=\"{}\"", n(alpha)) } else { String::new() };
    format!(" stroke=\"{}\" stroke-width=\"{}\"{dash}{faded}", line.color.hex(), n(line.width))
}

/// A shape's element without its end.
fn element(outline: &Outline) -> String {
    match outline {
        Outline::Rectangle { frame, radius } => {
            let [x, y, w, h] = frame.map(n);
            let round = if *radius > 0.0 { format!(" rx=\"{}\"", n(*radius)) } else { String::new() };
            format!("rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"{round}")
        }
        Outline::Ellipse { frame: [x, y, w, h] } => {
            let [cx, cy, rx, ry] = [x + w / 2.0, y + h / 2.0, w / 2.0, h / 2.0].map(n);
            format!("ellipse cx=\"{cx}\" cy=\"{cy}\" rx=\"{rx}\" ry=\"{ry}\"")
        }
        Outline::Line(points) => {
            let [x1, y1, x2, y2] = points.map(n);
            format!("line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"")
        }
        Outline::Polygon(points) => {
            let list: Vec<String> = points.iter().map(|[x, y]| format!("{},{}", n(*x), n(*y))).collect();
            format!("polygon points=\"{}\"", list.join(" "))
        }
        Outline::Path(path) => format!("path d=\"{}\"", crate::path::write(path)),
    }
}

fn transform(transform: Affine) -> String {
    if transform == Affine::IDENTITY { String::new() } else { format!(" transform=\"{}\"", matrix(transform)) }
}

/// A transform in its shortest form. Factors have more decimals than places, since they are multiplied by places.
fn matrix(transform: Affine) -> String {
    let [factors @ .., dx, dy] = transform.as_coeffs();
    let factor = |value: f64| {
        let rounded = (value * 1_000_000.0).round() / 1_000_000.0;
        if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
    };
    let [a, b, c, d] = factors.map(factor);
    if [a.as_str(), &b, &c, &d] == ["1", "0", "0", "1"] {
        return format!("translate({} {})", n(dx), n(dy));
    }
    format!("matrix({a} {b} {c} {d} {} {})", n(dx), n(dy))
}
