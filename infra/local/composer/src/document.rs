//! The file being written, and its layers as JSON.

use serde_json::{Map, Value, json};

use crate::{
    brief::{Horizontal, Vertical},
    metrics::{Face, Font, Weight},
};

/// A rectangle on the canvas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Area {
    pub(crate) const fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    /// Smaller by as much on every side.
    pub(crate) fn inset(self, by: f64) -> Self {
        Self::new(self.x + by, self.y + by, (self.width - 2.0 * by).max(1.0), (self.height - 2.0 * by).max(1.0))
    }

    pub(crate) fn center(self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    pub(crate) fn right(self) -> f64 {
        self.x + self.width
    }

    pub(crate) fn bottom(self) -> f64 {
        self.y + self.height
    }

    /// The shorter side.
    pub(crate) fn side(self) -> f64 {
        self.width.min(self.height)
    }
}

/// A number as the file has it: two decimals, whole where it is.
pub(crate) fn n(value: f64) -> Value {
    let rounded = (value * 100.0).round() / 100.0;
    if rounded.fract() == 0.0 && rounded.abs() < 1e9 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and below a thousand million")]
        let whole = rounded as i64;
        return json!(whole);
    }
    json!(rounded)
}

/// The same inside an expression.
pub(crate) fn text_of(value: f64) -> String {
    let written = n(value).to_string();
    // A sign after an operator reads badly.
    if written.starts_with('-') { format!("({written})") } else { written }
}

/// A number or an expression.
pub(crate) trait Number {
    fn json(self) -> Value;
}

impl Number for f64 {
    fn json(self) -> Value {
        n(self)
    }
}

impl Number for &str {
    fn json(self) -> Value {
        json!(self)
    }
}

impl Number for String {
    fn json(self) -> Value {
        json!(self)
    }
}

/// One layer.
#[derive(Clone, Debug)]
pub(crate) struct Layer(Map<String, Value>);

impl Layer {
    fn new(kind: &str) -> Self {
        Self(Map::new()).set("type", json!(kind))
    }

    fn set(mut self, key: &str, value: Value) -> Self {
        self.0.insert(key.to_owned(), value);
        self
    }

    fn area(self, area: Area) -> Self {
        self.set("x", n(area.x)).set("y", n(area.y)).set("width", n(area.width)).set("height", n(area.height))
    }

    pub(crate) fn rectangle(area: Area, fill: impl Into<Value>) -> Self {
        Self::new("rectangle").area(area).set("fill", fill.into())
    }

    pub(crate) fn ellipse(area: Area, fill: impl Into<Value>) -> Self {
        Self::new("ellipse").area(area).set("fill", fill.into())
    }

    pub(crate) fn circle(x: f64, y: f64, radius: f64, fill: impl Into<Value>) -> Self {
        Self::ellipse(Area::new(x - radius, y - radius, radius * 2.0, radius * 2.0), fill)
    }

    pub(crate) fn line([x1, y1, x2, y2]: [f64; 4], color: &str, width: f64) -> Self {
        Self::new("line").set("x1", n(x1)).set("y1", n(y1)).set("x2", n(x2)).set("y2", n(y2)).stroke(color, width)
    }

    pub(crate) fn polygon(points: &[[f64; 2]], fill: impl Into<Value>) -> Self {
        let points: Vec<Value> = points.iter().map(|[x, y]| json!([n(*x), n(*y)])).collect();
        Self::new("polygon").set("points", json!(points)).set("fill", fill.into())
    }

    /// A path whose square of 0 to 100 is stretched onto an area.
    pub(crate) fn path(d: &str, area: Area, fill: impl Into<Value>) -> Self {
        Self::new("path").set("d", json!(d)).area(area).set("fill", fill.into())
    }

    pub(crate) fn group(x: f64, y: f64, layers: Vec<Self>) -> Self {
        Self::new("group").set("x", n(x)).set("y", n(y)).children(layers)
    }

    pub(crate) fn grid(x: f64, y: f64, [columns, rows]: [f64; 2], [dx, dy]: [f64; 2], layers: Vec<Self>) -> Self {
        Self::repeat("grid", x, y, columns).with("rows", rows).with("dx", dx).with("dy", dy).children(layers)
    }

    pub(crate) fn row(x: f64, y: f64, count: f64, [dx, dy]: [f64; 2], layers: Vec<Self>) -> Self {
        Self::repeat("line", x, y, count).with("dx", dx).with("dy", dy).children(layers)
    }

    pub(crate) fn ring(x: f64, y: f64, count: f64, radius: f64, layers: Vec<Self>) -> Self {
        Self::repeat("circle", x, y, count).with("radius", radius).children(layers)
    }

    fn repeat(pattern: &str, x: f64, y: f64, count: f64) -> Self {
        Self::new("repeat").set("pattern", json!(pattern)).with("x", x).with("y", y).with("count", count)
    }

    fn children(self, layers: Vec<Self>) -> Self {
        self.set("layers", layers.into_iter().map(|layer| Value::Object(layer.0)).collect())
    }

    pub(crate) fn stroke(self, color: &str, width: f64) -> Self {
        self.set("stroke", json!({"color": color, "width": n(width)}))
    }

    /// A soft shadow below.
    pub(crate) fn shadow(self, color: &str, dy: f64, blur: f64, opacity: f64) -> Self {
        self.set("shadow", json!({"color": color, "dx": 0, "dy": n(dy), "blur": n(blur), "opacity": n(opacity)}))
    }

    /// Cuts a group to a shape.
    pub(crate) fn clipped(self, shape: &str, area: Area) -> Self {
        let clip = json!({"shape": shape, "x": n(area.x), "y": n(area.y), "width": n(area.width), "height": n(area.height)});
        self.set("clip", clip)
    }

    pub(crate) fn dashed(mut self, dash: &str) -> Self {
        if let Some(stroke) = self.0.get_mut("stroke").and_then(Value::as_object_mut) {
            stroke.insert("dash".to_owned(), json!(dash));
        }
        self
    }

    /// Whether it is a rectangle or an ellipse that lies wholly outside an area.
    pub(crate) fn is_outside(&self, area: Area) -> bool {
        let of = |key: &str| self.0.get(key).and_then(Value::as_f64);
        let (Some(x), Some(y), Some(width), Some(height)) = (of("x"), of("y"), of("width"), of("height")) else { return false };
        x >= area.right() || y >= area.bottom() || x + width <= area.x || y + height <= area.y
    }

    /// Sets a number or an expression.
    pub(crate) fn with(self, key: &str, value: impl Number) -> Self {
        self.set(key, value.json())
    }

    pub(crate) fn when(self, condition: &str) -> Self {
        self.set("when", json!(condition))
    }

    pub(crate) fn text(text: &str, area: Area, face: &Face, size: impl Number, fill: &str) -> Self {
        let font = match face.font {
            Font::Serif => "serif",
            Font::Sans => "sans",
            Font::Condensed => "condensed",
        };
        let weight = match face.weight {
            Weight::Regular => "regular",
            Weight::Bold => "bold",
            Weight::Black => "black",
        };
        let mut layer = Self::new("text")
            .set("text", json!(text))
            .area(area)
            .set("font", json!(font))
            .set("weight", json!(weight))
            .with("size", size)
            .set("fill", json!(fill))
            .with("leading", face.leading);
        if face.tracking != 0.0 {
            layer = layer.with("tracking", face.tracking);
        }
        if face.uppercase {
            layer = layer.set("uppercase", json!(true));
        }
        if face.italic {
            layer = layer.set("italic", json!(true));
        }
        layer
    }

    pub(crate) fn aligned(self, horizontal: Horizontal, vertical: Vertical) -> Self {
        let across = match horizontal {
            Horizontal::Left => "left",
            Horizontal::Center => "center",
            Horizontal::Right => "right",
        };
        let down = match vertical {
            Vertical::Top => "top",
            Vertical::Middle => "middle",
            Vertical::Bottom => "bottom",
        };
        self.set("align", json!(across)).set("vertical", json!(down))
    }
}

/// A paint that runs from one colour to another.
pub(crate) fn gradient(kind: &str, angle: f64, stops: &[(f64, &str, f64)]) -> Value {
    let stops: Vec<Value> = stops
        .iter()
        .map(|(at, color, opacity)| {
            if *opacity < 1.0 {
                json!({"at": n(*at), "color": color, "opacity": n(*opacity)})
            } else {
                json!({"at": n(*at), "color": color})
            }
        })
        .collect();
    json!({"gradient": kind, "angle": n(angle), "stops": stops})
}

/// Everything that is written.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) title: String,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) margin: f64,
    pub(crate) background: Value,
    pub(crate) palette: Vec<(String, String)>,
    pub(crate) parameters: Vec<Value>,
    pub(crate) layers: Vec<Layer>,
}

impl Document {
    pub(crate) fn json(self) -> String {
        let palette: Vec<Value> = self.palette.into_iter().map(|(name, color)| json!({"name": name, "color": color})).collect();
        let layers: Vec<Value> = self.layers.into_iter().map(|layer| Value::Object(layer.0)).collect();
        json!({
            "version": 1,
            "title": self.title,
            "canvas": {
                "width": n(self.width), "height": n(self.height), "unit": "px", "margin": n(self.margin), "background": self.background,
            },
            "palette": palette,
            "parameters": self.parameters,
            "layers": layers,
        })
        .to_string()
    }
}
