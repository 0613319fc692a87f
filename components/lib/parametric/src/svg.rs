//! A file and its values as SVG. Text stays text; every string is escaped; nothing refers to anything outside.

use std::fmt::Write as _;

use crate::{
    env::Env,
    fonts,
    layout::{self, Wanted},
    limits,
    model::{Align, Canvas, Dash, File, Font, Frame, GradientKind, Kind, Layer, Look, Paint, Pattern, Stroke, Text, Vertical},
};

/// Who made it and what it is (promise a72).
pub(crate) struct Mark<'a> {
    pub(crate) generation_id: &'a str,
}

/// The IPTC digital source type of what a trained model made.
const SOURCE_TYPE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";

/// The XMP packet that every format carries.
pub(crate) fn xmp(mark: &Mark<'_>) -> String {
    format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description \
         rdf:about=\"\" xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" \
         Iptc4xmpExt:DigitalSourceType=\"{SOURCE_TYPE}\" xmp:CreatorTool=\"Ask N Pic\"><dc:identifier>urn:uuid:{}</dc:identifier>\
         <dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">Made with AI by Ask N Pic</rdf:li></rdf:Alt></dc:description>\
         </rdf:Description></rdf:RDF></x:xmpmeta>",
        escape(mark.generation_id)
    )
}

/// Draws a file. The result depends on nothing but the arguments.
pub(crate) fn draw(file: &File, env: Env, mark: &Mark<'_>) -> String {
    let (width, height) = (file.canvas.width, file.canvas.height);
    let mut drawing =
        Drawing { out: String::new(), defs: String::new(), ids: 0, elements: 0, glyphs: 0, env, least: least_size(&file.canvas) };
    let background = drawing.paint(&file.canvas.background, "fill");
    let _ = write!(drawing.out, "<rect width=\"{}\" height=\"{}\"{background}/>", n(width), n(height));
    drawing.layers(&file.layers);
    let (w, h) = (n(width), n(height));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\"><title>{}</title><desc>Made with AI \
         by Ask N Pic</desc><metadata>{}</metadata><defs>{}</defs>{}</svg>",
        escape(&file.title),
        xmp(mark),
        drawing.defs,
        drawing.out
    )
}

/// The smallest legible type.
pub(crate) fn least_size(canvas: &Canvas) -> f64 {
    crate::read::round((0.011 * (canvas.width * canvas.height).sqrt()).max(9.0))
}

struct Drawing {
    out: String,
    defs: String,
    ids: usize,
    elements: usize,
    glyphs: usize,
    env: Env,
    least: f64,
}

impl Drawing {
    fn layers(&mut self, layers: &[Layer]) {
        for layer in layers {
            if self.elements >= limits::ELEMENTS {
                return;
            }
            self.elements += 1;
            if self.env.shown(layer.when.as_deref()) {
                self.layer(layer);
            }
        }
    }

    fn layer(&mut self, layer: &Layer) {
        let opacity = self.env.num(&layer.opacity).clamp(0.0, 1.0);
        let rotate = self.env.num(&layer.rotate) % 360.0;
        let faded = if opacity < 1.0 { format!(" opacity=\"{}\"", n(opacity)) } else { String::new() };
        let turned = |cx: f64, cy: f64| {
            if rotate == 0.0 { String::new() } else { format!(" transform=\"rotate({} {} {})\"", n(rotate), n(cx), n(cy)) }
        };
        match &layer.kind {
            Kind::Rectangle { frame, radius, look } => {
                let [x, y, w, h] = self.frame(frame);
                let corner = self.env.num(radius).clamp(0.0, w.min(h) / 2.0);
                let look = self.look(look);
                let round = if corner > 0.0 { format!(" rx=\"{}\"", n(corner)) } else { String::new() };
                let turn = turned(x + w / 2.0, y + h / 2.0);
                let _ = write!(
                    self.out,
                    "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{round}{look}{faded}{turn}/>",
                    n(x),
                    n(y),
                    n(w),
                    n(h)
                );
            }
            Kind::Ellipse { frame, look } => {
                let [x, y, w, h] = self.frame(frame);
                let (cx, cy) = (x + w / 2.0, y + h / 2.0);
                let look = self.look(look);
                let turn = turned(cx, cy);
                let _ = write!(
                    self.out,
                    "<ellipse cx=\"{}\" cy=\"{}\" rx=\"{}\" ry=\"{}\"{look}{faded}{turn}/>",
                    n(cx),
                    n(cy),
                    n(w / 2.0),
                    n(h / 2.0)
                );
            }
            Kind::Line { x1, y1, x2, y2, stroke } => {
                let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(|num| self.env.num(num));
                let stroke = self.stroke(stroke);
                let turn = turned(f64::midpoint(x1, x2), f64::midpoint(y1, y2));
                let _ = write!(
                    self.out,
                    "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"{stroke}{faded}{turn}/>",
                    n(x1),
                    n(y1),
                    n(x2),
                    n(y2)
                );
            }
            Kind::Polygon { points, look } => {
                let points: Vec<[f64; 2]> = points.iter().map(|[x, y]| [self.env.num(x), self.env.num(y)]).collect();
                let look = self.look(look);
                let count = f64::from(u32::try_from(points.len()).unwrap_or(1)).max(1.0);
                let turn =
                    turned(points.iter().map(|p| p[0]).sum::<f64>() / count, points.iter().map(|p| p[1]).sum::<f64>() / count);
                let list: Vec<String> = points.iter().map(|[x, y]| format!("{},{}", n(*x), n(*y))).collect();
                let _ = write!(self.out, "<polygon points=\"{}\"{look}{faded}{turn}/>", list.join(" "));
            }
            Kind::Text(text) => self.text(text, &faded, &turned),
            Kind::Group { x, y, scale, layers } => {
                let [x, y, scale] = [x, y, scale].map(|num| self.env.num(num));
                let turn = if rotate == 0.0 { String::new() } else { format!(" rotate({})", n(rotate)) };
                let scaled = if (scale - 1.0).abs() < 1e-6 { String::new() } else { format!(" scale({})", n(scale)) };
                let _ = write!(self.out, "<g transform=\"translate({} {}){turn}{scaled}\"{faded}>", n(x), n(y));
                self.layers(layers);
                self.out.push_str("</g>");
            }
            Kind::Repeat { pattern, x, y, count, rows, dx, dy, radius, layers } => {
                let [x, y, dx, dy, radius] = [x, y, dx, dy, radius].map(|num| self.env.num(num));
                let [columns, rows] = [count, rows].map(|num| whole(self.env.num(num)));
                let rows = if *pattern == Pattern::Grid { rows } else { 1 };
                let _ = write!(self.out, "<g{faded}>");
                for row in 0..rows {
                    for column in 0..columns {
                        if self.elements >= limits::ELEMENTS {
                            break;
                        }
                        let (r, c) = (f64::from(row), f64::from(column));
                        let place = match pattern {
                            Pattern::Grid => format!("translate({} {})", n(x + c * dx), n(y + r * dy)),
                            Pattern::Line => format!("translate({} {})", n(x + c * dx), n(y + c * dy)),
                            Pattern::Circle => {
                                let angle = 360.0 * c / f64::from(columns) + rotate;
                                format!("translate({} {}) rotate({}) translate({} 0)", n(x), n(y), n(angle), n(radius))
                            }
                        };
                        self.env.place(r * f64::from(columns) + c, r, c);
                        let _ = write!(self.out, "<g transform=\"{place}\">");
                        self.layers(layers);
                        self.out.push_str("</g>");
                    }
                }
                self.out.push_str("</g>");
            }
        }
    }

    fn text(&mut self, text: &Text, faded: &str, turned: &dyn Fn(f64, f64) -> String) {
        let [x, y, width, height] = self.frame(&text.frame);
        let filled = self.env.fill(&text.text);
        let content = if text.uppercase { filled.to_uppercase() } else { filled };
        self.glyphs += content.chars().count();
        if self.glyphs > limits::GLYPHS {
            return;
        }
        let wanted = wanted(&self.env, text, &content, [width, height], self.least);
        let set = layout::layout(&wanted);
        let (family, weight) = fonts::css(wanted.face);
        let (above, below) = fonts::vertical(wanted.face);
        let total = layout::height(&wanted, set.lines.len(), set.size);
        let top = match text.vertical {
            Vertical::Top => y,
            Vertical::Middle => y + (height - total) / 2.0,
            Vertical::Bottom => y + height - total,
        };
        let (anchor, at) = match text.align {
            Align::Left => ("start", x),
            Align::Center => ("middle", x + width / 2.0),
            Align::Right => ("end", x + width),
        };
        let paint = self.paint(&text.fill, "fill");
        let generic = if text.font == Font::Serif { "serif" } else { "sans-serif" };
        let style = if text.italic && text.font == Font::Serif { " font-style=\"italic\"" } else { "" };
        let spacing =
            if wanted.tracking == 0.0 { String::new() } else { format!(" letter-spacing=\"{}\"", n(wanted.tracking * set.size)) };
        let turn = turned(x + width / 2.0, y + height / 2.0);
        let _ = write!(
            self.out,
            "<text font-family=\"'{family}', {generic}\" font-weight=\"{weight}\" font-size=\"{}\" text-anchor=\"{anchor}\"{style}{spacing}{paint}{faded}{turn}>",
            n(set.size)
        );
        let mut baseline = top + set.size * (above + below) * 0.9 - set.size * below * 0.8;
        for line in &set.lines {
            let _ = write!(self.out, "<tspan x=\"{}\" y=\"{}\">{}</tspan>", n(at), n(baseline), escape(line));
            baseline += set.size * wanted.leading;
        }
        self.out.push_str("</text>");
    }

    fn frame(&self, frame: &Frame) -> [f64; 4] {
        let [x, y, w, h] = [&frame.x, &frame.y, &frame.width, &frame.height].map(|num| self.env.num(num));
        [x, y, w.max(0.0), h.max(0.0)]
    }

    fn look(&mut self, look: &Look) -> String {
        let mut attributes = self.paint(&look.fill, "fill");
        if let Some(stroke) = &look.stroke {
            attributes.push_str(&self.stroke(stroke));
        }
        attributes
    }

    fn stroke(&self, stroke: &Stroke) -> String {
        let width = self.env.num(&stroke.width).clamp(0.0, 500.0);
        let color = self.env.color(&stroke.color).unwrap_or(crate::colour::Rgb::BLACK).hex();
        let dash = match stroke.dash {
            Dash::Solid => String::new(),
            Dash::Dashed => format!(" stroke-dasharray=\"{} {}\"", n(width * 3.0), n(width * 2.0)),
            Dash::Dotted => format!(" stroke-dasharray=\"0 {}\" stroke-linecap=\"round\"", n(width * 2.0)),
        };
        format!(" stroke=\"{color}\" stroke-width=\"{}\"{dash}", n(width))
    }

    fn paint(&mut self, paint: &Paint, attribute: &str) -> String {
        match paint {
            Paint::None(_) => format!(" {attribute}=\"none\""),
            Paint::Solid(color) => {
                format!(" {attribute}=\"{}\"", self.env.color(color).unwrap_or(crate::colour::Rgb::BLACK).hex())
            }
            Paint::Gradient(gradient) => {
                self.ids += 1;
                let id = format!("g{}", self.ids);
                let stops = gradient
                    .stops
                    .iter()
                    .map(|stop| {
                        let color = self.env.color(&stop.color).unwrap_or(crate::colour::Rgb::BLACK).hex();
                        let opacity = self.env.num(&stop.opacity).clamp(0.0, 1.0);
                        let faded = if opacity < 1.0 { format!(" stop-opacity=\"{}\"", n(opacity)) } else { String::new() };
                        format!("<stop offset=\"{}\" stop-color=\"{color}\"{faded}/>", n(self.env.num(&stop.at).clamp(0.0, 1.0)))
                    })
                    .collect::<Vec<String>>()
                    .concat();
                let _ = match gradient.gradient {
                    GradientKind::Linear => {
                        let (sin, cos) = self.env.num(&gradient.angle).to_radians().sin_cos();
                        let [x1, y1, x2, y2] = [0.5 - cos / 2.0, 0.5 - sin / 2.0, 0.5 + cos / 2.0, 0.5 + sin / 2.0].map(n);
                        write!(
                            self.defs,
                            "<linearGradient id=\"{id}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\">{stops}</linearGradient>"
                        )
                    }
                    GradientKind::Radial => write!(self.defs, "<radialGradient id=\"{id}\" r=\"0.71\">{stops}</radialGradient>"),
                };
                format!(" {attribute}=\"url(#{id})\"")
            }
        }
    }
}

/// What the layout of a text depends on, at the moment's values.
pub(crate) fn wanted<'a>(env: &Env, text: &Text, content: &'a str, [width, height]: [f64; 2], least: f64) -> Wanted<'a> {
    Wanted {
        text: content,
        face: fonts::index(text.font, text.weight, text.italic),
        size: env.num(&text.size).clamp(least, 2_000.0),
        least,
        leading: env.num(&text.leading).clamp(0.8, 3.0),
        tracking: env.num(&text.tracking).clamp(-0.1, 1.0),
        width,
        height,
    }
}

fn whole(count: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=500")]
    let count = count.round().clamp(0.0, limits::COPIES) as u32;
    count
}

/// A number in its shortest form with at most three decimals.
pub(crate) fn n(value: f64) -> String {
    let rounded = (value * 1000.0).round() / 1000.0;
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}

/// Text as XML character data and attribute value.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}
