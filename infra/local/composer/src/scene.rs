//! A picture in the making: its canvas, colours and type, the layers so far and the parameters they use.

use serde_json::{Value, json};

use crate::{
    brief::{Brief, Horizontal, Vertical},
    document::{Area, Document, Layer, n, text_of},
    labels::label,
    metrics::{Face, Room},
    ornament::{Ornament, Pen},
    palette::{Palette, Role},
    random::Random,
    style::Style,
};

/// A text of a column.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// With parameters in braces.
    pub(crate) template: String,
    /// As it reads at the parameters' defaults.
    pub(crate) shown: String,
    pub(crate) face: Face,
    /// The size it has where there is room.
    pub(crate) most: f64,
    pub(crate) lines: usize,
    pub(crate) color: Role,
    /// Space before it, in pixels.
    pub(crate) before: f64,
    /// Whether its size is a parameter.
    pub(crate) title: bool,
}

/// How a column stands in its area.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stand {
    pub(crate) across: Horizontal,
    pub(crate) down: Vertical,
    /// The colour behind it.
    pub(crate) on: Role,
}

/// See the module.
pub(crate) struct Scene<'a> {
    pub(crate) brief: &'a Brief,
    pub(crate) random: Random,
    pub(crate) palette: Palette,
    pub(crate) style: Style,
    pub(crate) canvas: Area,
    pub(crate) margin: f64,
    /// The side of a square of the canvas's size: what type is measured by.
    pub(crate) unit: f64,
    texts: Vec<Value>,
    numbers: Vec<Value>,
    layers: Vec<Layer>,
    has_ornament: bool,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(brief: &'a Brief, mut random: Random, (width, height): (f64, f64)) -> Self {
        let palette = Palette::of(brief, &mut random);
        let style = Style::of(brief, &mut random);
        let canvas = Area::new(0.0, 0.0, width, height);
        let margin = (canvas.side() * 0.075).round();
        Self {
            brief,
            random,
            palette,
            style,
            canvas,
            margin,
            unit: (width * height).sqrt(),
            texts: Vec::new(),
            numbers: Vec::new(),
            layers: Vec::new(),
            has_ornament: false,
        }
    }

    /// The smallest type used: a little more than what the format calls legible.
    fn least(&self) -> f64 {
        (self.unit * 0.0118).max(9.6).ceil()
    }

    /// The canvas without its margins.
    pub(crate) fn inside(&self) -> Area {
        self.canvas.inset(self.margin)
    }

    pub(crate) fn put(&mut self, layer: Layer) {
        self.layers.push(layer);
    }

    /// A plain area; whatever lies behind it is hidden.
    pub(crate) fn panel(&mut self, area: Area, role: Role) {
        let fill = self.palette.paint(role);
        self.put(Layer::rectangle(area, fill));
    }

    /// A text parameter; answers its place in a text, or nothing for an empty text.
    pub(crate) fn text(&mut self, name: &str, default: &str) -> String {
        if default.is_empty() {
            return String::new();
        }
        if !self.texts.iter().any(|known| known["name"] == name) {
            let label = label(name, self.brief.french);
            self.texts.push(json!({"type": "text", "name": name, "label": label, "default": default}));
        }
        format!("{{{name}}}")
    }

    fn number(&mut self, name: &str, default: f64, (min, max): (f64, f64)) {
        let label = label(name, self.brief.french);
        self.numbers.push(json!({
            "type": "number", "name": name, "label": label, "default": n(default), "min": n(min), "max": n(max), "step": 1,
        }));
    }

    /// A drawing that can be switched off.
    pub(crate) fn draw(&mut self, ornament: Ornament, area: Area, on: Role) {
        let layers = Pen::new(&self.palette, &mut self.random, on).draw(ornament, area);
        self.ornament(layers);
    }

    fn seen(&self, mut layers: Vec<Layer>) -> Vec<Layer> {
        layers.retain(|layer| !layer.is_outside(self.canvas));
        layers
    }

    /// Any layers that can be switched off together.
    pub(crate) fn ornament(&mut self, layers: Vec<Layer>) {
        self.has_ornament = true;
        let layers = self.seen(layers);
        self.put(Layer::group(0.0, 0.0, layers).when("ornament"));
    }

    /// Several drawings of which a choice shows one.
    pub(crate) fn choose(&mut self, ornaments: &[Ornament], area: Area, on: Role) {
        let french = self.brief.french;
        let names: Vec<&str> = ornaments.iter().map(|ornament| ornament.name(french)).collect();
        let label = label("pattern", french);
        self.numbers
            .push(json!({"type": "choice", "name": "pattern", "label": label, "default": names.first(), "options": names}));
        for ornament in ornaments {
            let layers = Pen::new(&self.palette, &mut self.random, on).draw(*ornament, area);
            let layers = self.seen(layers);
            self.put(Layer::group(0.0, 0.0, layers).when(&format!("pattern == {}", ornament.name(french))));
        }
    }

    /// A text whose parameter has the given name.
    pub(crate) fn block(&mut self, name: &str, default: &str, face: Face, most: f64) -> Option<Block> {
        let template = self.text(name, default);
        (!template.is_empty()).then(|| Block {
            template,
            shown: default.to_owned(),
            face,
            most,
            lines: 3,
            color: Role::Ink,
            before: most * 0.7,
            title: false,
        })
    }

    /// Heading, title, subtitle and further lines, as large as an area allows.
    pub(crate) fn heading(&mut self, share: f64) -> Vec<Block> {
        let unit = self.unit;
        let wide = self.canvas.width > self.canvas.height * 1.25;
        let brief = self.brief;
        let Style { display, body, label, .. } = self.style;
        let mut blocks = Vec::new();
        if let Some(kicker) = self.block("kicker", &brief.kicker, label, unit * if wide { 0.032 } else { 0.026 }) {
            blocks.push(Block { color: Role::Accent, lines: 2, ..kicker });
        }
        if let Some(title) = self.block("title", &brief.title, display, unit * share) {
            let lines = if brief.title.chars().count() > 60 { 9 } else { 5 };
            blocks.push(Block { title: true, lines, before: unit * 0.018, ..title });
        }
        if let Some(subtitle) = self.block("subtitle", &brief.subtitle, body, unit * if wide { 0.042 } else { 0.036 }) {
            blocks.push(Block { lines: 4, before: unit * 0.022, ..subtitle });
        }
        for (at, line) in brief.lines.iter().enumerate() {
            if let Some(line) = self.block(&format!("line_{}", at + 1), line, body, unit * 0.026) {
                blocks.push(Block { before: unit * 0.014, ..line });
            }
        }
        blocks
    }

    /// Date with time, place, price and contacts: a template each, with what it shows.
    pub(crate) fn details(&mut self) -> Vec<(String, String)> {
        let brief = self.brief;
        let mut details: Vec<(String, String)> = Vec::new();
        for (name, text) in brief.details() {
            let template = self.text(name, text);
            match details.last_mut() {
                Some((before, shown)) if name == "time" => {
                    before.push_str(" · ");
                    before.push_str(&template);
                    shown.push_str(" · ");
                    shown.push_str(text);
                }
                _ => details.push((template, text.to_owned())),
            }
        }
        for (at, text) in brief.contacts.iter().enumerate() {
            details.push((self.text(&format!("contact_{}", at + 1), text), text.clone()));
        }
        details
    }

    /// The details as blocks of a column.
    pub(crate) fn detail_blocks(&mut self, size: f64) -> Vec<Block> {
        let face = Face { weight: crate::metrics::Weight::Bold, ..self.style.body };
        let details = self.details();
        let block = |(at, (template, shown)): (usize, (String, String))| Block {
            template,
            shown,
            face,
            most: size,
            lines: 2,
            color: Role::Ink,
            before: size * if at == 0 { 1.2 } else { 0.3 },
            title: false,
        };
        details.into_iter().enumerate().map(block).collect()
    }

    /// The details side by side above an area's lower edge, under a rule. Answers what is left above.
    pub(crate) fn detail_row(&mut self, area: Area, across: Horizontal, on: Role) -> Area {
        let details = self.details();
        if details.is_empty() {
            return area;
        }
        let face = Face { weight: crate::metrics::Weight::Bold, leading: 1.3, ..self.style.body };
        let size = (self.unit * if self.canvas.width > self.canvas.height { 0.036 } else { 0.0345 }).max(self.least());
        let gap = self.unit * 0.025;
        let details = if across == Horizontal::Center { joined(details, area.width / (size * 1.06), &face) } else { details };
        let shown: Vec<&str> = details.iter().map(|(_, shown)| shown.as_str()).collect();
        // As many columns as the longest detail allows.
        let longest = shown.iter().map(|text| face.width(text)).fold(0.0, f64::max) * size * 1.06;
        let fitting = [4_usize, 3, 2, 1].into_iter().find(|count| {
            let count = f64::from(u32::try_from(*count).unwrap_or(1));
            (area.width - gap * (count - 1.0)) / count >= longest.min(area.width)
        });
        let columns = if across == Horizontal::Center { 1 } else { fitting.unwrap_or(1).min(details.len()) };
        let wide = f64::from(u32::try_from(columns).unwrap_or(1));
        let width = (area.width - gap * (wide - 1.0)) / wide;
        let lines = shown.iter().map(|text| face.lines(text, size, width * 0.96).unwrap_or(2)).max().unwrap_or(1).min(2);
        let high = face.height(lines) * size * 1.04;
        let rows = f64::from(u32::try_from(details.len().div_ceil(columns)).unwrap_or(1));
        let total = rows * high + (rows - 1.0) * size * 0.4;
        let top = area.bottom() - total;
        let (ink, rule) = (self.palette.text(on, Role::Ink, false), self.palette.text(on, Role::Accent, true));
        let rule_y = top - gap * 0.8;
        self.put(Layer::line([area.x, rule_y, area.right(), rule_y], &rule, (self.unit * 0.002).max(1.5)));
        for (at, (template, shown)) in details.iter().enumerate() {
            let (row, column) =
                (f64::from(u32::try_from(at / columns).unwrap_or(0)), f64::from(u32::try_from(at % columns).unwrap_or(0)));
            let cell = Area::new(area.x + column * (width + gap), top + row * (high + size * 0.4), width, high);
            let room = Room { width, height: high, lines, least: self.least(), most: size };
            let (size, _) = face.fit(shown, room);
            let across = match (columns, at % columns) {
                (1, _) => across,
                (_, 0) => Horizontal::Left,
                (_, at) if at + 1 == columns => Horizontal::Right,
                _ => Horizontal::Center,
            };
            self.put(Layer::text(template, cell, &face, size, &ink).aligned(across, Vertical::Top));
        }
        Area::new(area.x, area.y, area.width, (rule_y - gap - area.y).max(1.0))
    }

    /// Sets blocks under one another in an area, smaller where they would not fit. Answers where the first begins: a number, or an
    /// expression where that moves with the title's size.
    pub(crate) fn column(&mut self, area: Area, mut blocks: Vec<Block>, stand: Stand) -> String {
        let least = self.least();
        let mut scale = 1.0;
        let set = loop {
            let measure = |block: &Block| {
                // The title gives way first: it has most to give.
                let most = block.most * if block.title { scale } else { f64::max(scale, 0.78) };
                let room = Room { width: area.width, height: area.height, lines: block.lines, least, most: most.max(least) };
                let (size, lines) = block.face.fit(&block.shown, room);
                // Fewer lines where they cost little size.
                let fewer = (1..lines.min(5)).map(|lines| block.face.fit(&block.shown, Room { lines, ..room }));
                fewer
                    .filter(|(less, _)| block.title && *less >= size * 0.88)
                    .min_by_key(|(_, lines)| *lines)
                    .unwrap_or((size, lines))
            };
            let sizes: Vec<(f64, usize)> = blocks.iter().map(measure).collect();
            let height = |(block, (size, lines)): (&Block, &(f64, usize))| block.face.height(*lines) * size;
            let gaps: f64 = blocks.iter().skip(1).map(|block| block.before * scale).sum();
            let total = blocks.iter().zip(&sizes).map(height).sum::<f64>() + gaps;
            if total <= area.height || blocks.len() < 2 && scale < 0.2 {
                break (sizes, total);
            }
            if scale < 0.2 {
                // Nothing is left to gain by size: the last and least of the texts goes.
                blocks.pop();
                scale = 1.0;
            }
            scale *= 0.95;
        };
        let (sizes, total) = set;
        let free = (area.height - total).max(0.0);
        let start = match stand.down {
            Vertical::Top => area.y,
            Vertical::Middle => area.y + free / 2.0,
            Vertical::Bottom => area.y + free,
        };
        let title = blocks.iter().zip(&sizes).position(|(block, _)| block.title);
        let grown = title.and_then(|at| Some((blocks.get(at)?.face.height(sizes.get(at)?.1), sizes.get(at)?.0)));
        let mut y = start;
        let mut top = text_of(start);
        for (at, (block, (size, lines))) in blocks.iter().zip(&sizes).enumerate() {
            if at > 0 {
                y += block.before * scale;
            }
            let high = block.face.height(*lines) * size;
            let cell = Area::new(area.x, y, area.width, high.min(area.height));
            let large = *size >= self.least() * 2.5;
            let fill = self.palette.text(stand.on, block.color, large);
            let mut layer = Layer::text(&block.template, cell, &block.face, *size, &fill).aligned(stand.across, Vertical::Top);
            // What follows the title moves with its size; what is above it moves too where the column stands on its foot.
            let share = match (stand.down, title.map_or(std::cmp::Ordering::Less, |title| at.cmp(&title))) {
                (Vertical::Top, std::cmp::Ordering::Greater) => 1.0,
                (Vertical::Middle, std::cmp::Ordering::Greater) => 0.5,
                (Vertical::Middle, _) => -0.5,
                (Vertical::Bottom, std::cmp::Ordering::Less | std::cmp::Ordering::Equal) => -1.0,
                _ => 0.0,
            };
            if let Some((tall, default)) = grown {
                if share != 0.0 {
                    let by = text_of(tall * share);
                    let moved = format!("{} + (title_size - {}) * {by}", text_of(y), text_of(default));
                    if at == 0 {
                        top.clone_from(&moved);
                    }
                    layer = layer.with("y", moved);
                }
                if block.title {
                    if *lines > 1 {
                        layer = balance(layer, block, area, (*size, *lines), stand.across);
                    }
                    layer = layer
                        .with("size", "title_size")
                        .with("height", format!("title_size * {}", text_of((tall * 100.0).ceil() / 100.0)));
                    let most = (default + free / tall.max(0.1)).min(default * 1.5).floor().max(default);
                    self.number("title_size", default, ((default * 0.5).ceil().min(default), most));
                }
            }
            self.put(layer);
            y += high;
        }
        top
    }

    /// The finished file.
    pub(crate) fn finish(mut self) -> Document {
        let french = self.brief.french;
        let mut parameters = std::mem::take(&mut self.texts);
        for (name, role) in [("accent", Role::Accent), ("background", Role::Ground)] {
            parameters.push(json!({
                "type": "color", "name": name, "label": label(name, french), "default": self.palette.swatch(role),
            }));
        }
        parameters.append(&mut self.numbers);
        if self.has_ornament {
            parameters.push(json!({"type": "switch", "name": "ornament", "label": label("ornament", french), "default": true}));
        }
        Document {
            title: self.brief.title.clone(),
            width: self.canvas.width,
            height: self.canvas.height,
            margin: (self.margin * 0.5).floor(),
            background: json!("background"),
            palette: self.palette.swatches().map(|(name, color)| (name.clone(), color.to_string())).collect(),
            parameters,
            layers: self.layers,
        }
    }
}

/// As many details in one line as there is room for (a width in sizes of the type): in the middle, lines are calmer than columns.
fn joined(details: Vec<(String, String)>, most: f64, face: &Face) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = Vec::new();
    for (template, shown) in details {
        match lines.last_mut() {
            Some(line) if face.width(&format!("{} · {shown}", line.1)) < most => {
                line.0 = format!("{} · {template}", line.0);
                line.1 = format!("{} · {shown}", line.1);
            }
            _ => lines.push((template, shown)),
        }
    }
    lines
}

/// Gives a title's lines like lengths, at whatever size it is set.
fn balance(layer: Layer, block: &Block, area: Area, (size, lines): (f64, usize), across: Horizontal) -> Layer {
    let width = block.face.balanced(&block.shown, size, lines, area.width);
    if width >= area.width {
        return layer;
    }
    let wide = format!("min({}, title_size * {})", text_of(area.width), text_of((width / size * 100.0).ceil() / 100.0));
    let layer = layer.with("width", wide.as_str());
    match across {
        Horizontal::Left => layer,
        Horizontal::Center => layer.with("x", format!("{} - {wide} / 2", text_of(area.center().0))),
        Horizontal::Right => layer.with("x", format!("{} - {wide}", text_of(area.right()))),
    }
}
