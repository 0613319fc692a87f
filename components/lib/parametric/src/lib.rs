//! The parametric file format: schema, check, correct, render. Pure: no I/O, no clock, no randomness.
//!
//! `FORMAT.md` tells what a file is; this reads, corrects and draws one.
#![cfg_attr(not(feature = "render"), expect(dead_code, reason = "what only the renderer needs"))]

mod check;
mod colour;
mod decimal;
mod env;
mod expression;
mod format;
mod limits;
mod output;
mod path;
mod read;
mod scene;
#[cfg(test)]
mod schema;
mod string;
mod text;

#[cfg(feature = "render")]
use env::Env;

/// One algorithmic change between raw and final file. Holds no personal data (promise a14).
#[derive(Clone, Debug, PartialEq)]
pub struct Correction {
    /// From a closed list; `FORMAT.md` explains each.
    pub code: &'static str,
    /// A JSON pointer made of schema words and array positions.
    pub path: String,
    /// Figures of geometry, size or contrast: before and after.
    pub numbers: Vec<f64>,
}

/// Why a file cannot be accepted, in a sentence that can be fed back to the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// From a closed list.
    pub code: &'static str,
    /// A JSON pointer made of schema words and array positions.
    pub path: String,
    /// A fixed sentence.
    pub message: &'static str,
}

/// What the checker made of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is good, perhaps after corrections.
    Accepted {
        /// The final file: canonical JSON.
        file: String,
        /// What was changed; empty where the file is as the model meant it.
        corrections: Vec<Correction>,
        /// How much there is to see, 0 to 100.
        complexity: u32,
    },
    /// It is not.
    Rejected(Vec<Finding>),
}

/// How often a file is corrected and read again; twice is nearly always enough, once where it needs no correction.
const READINGS: usize = 6;
/// Findings that are told at most.
const FINDINGS: usize = 8;

/// Checks what a model wrote. Any text is accepted or rejected, in bounded work; what is accepted is accepted again unchanged,
/// and always renders.
#[must_use]
pub fn check(text: &str) -> Verdict {
    if text.len() > limits::BYTES {
        return rejected("too-large", "", "Write a file of at most 64 KB.");
    }
    let Some((json, repaired)) = read::json::read(text) else {
        return rejected("not-json", "", "Answer with one JSON document and nothing else.");
    };
    let Some(object) = json.as_object() else { return rejected("not-json", "", "Answer with one JSON object.") };
    let mut reader = read::Reader::new();
    let mut file = reader.file(object);
    let mut corrections = reader.corrections;
    if repaired {
        corrections.insert(0, Correction { code: "repaired-json", path: String::new(), numbers: Vec::new() });
    }
    for _ in 0..READINGS {
        let before = corrections.len();
        let cost = check::correct(&mut file, &mut corrections);
        if file.layers.is_empty() {
            return Verdict::Rejected(without_layers(&corrections));
        }
        let Some(written) = serde_json::to_string(&file).ok().filter(|written| written.len() <= limits::BYTES) else {
            return rejected("too-large", "", "Write a file of at most 64 KB.");
        };
        // What is delivered is what will be read, and checked perhaps: nothing may have to be changed in it.
        let mut reader = read::Reader::new();
        let Ok(object) = serde_json::from_str(&written) else { break };
        file = reader.file(&object);
        if reader.corrections.is_empty() && corrections.len() == before {
            return Verdict::Accepted { file: written, corrections, complexity: complexity(&file, cost) };
        }
        corrections.append(&mut reader.corrections);
    }
    rejected("too-complex", "", "Write a simpler file: fewer groups and expressions.")
}

fn rejected(code: &'static str, path: &str, message: &'static str) -> Verdict {
    Verdict::Rejected(vec![Finding { code, path: path.to_owned(), message }])
}

/// Why nothing was left to draw, from what was wrong with each layer.
fn without_layers(corrections: &[Correction]) -> Vec<Finding> {
    let message = |code: &str, path: &str| {
        Some(match code {
            "missing" if path.ends_with("/text") => "Give this layer its text.",
            "missing" if path.ends_with("/points") => "Give this polygon at least three points, each a list of two numbers.",
            "missing" if path.ends_with("/d") => "Give this path SVG path data of lines and curves.",
            "missing" => "Give this field: a number, or an expression in quotes.",
            "wrong-type" | "invalid-expression" => "Write a number here, or an expression in quotes.",
            "too-deep" => "Put at most 8 groups and repeats inside one another.",
            "off-canvas" => "Place this layer on the canvas.",
            "empty-layer" => "Give this layer something to show: a fill, a stroke or a text.",
            "dropped-layer" => "Give this layer one of the types of the schema, with all that it requires.",
            _ => return None,
        })
    };
    let first = Finding {
        code: "no-layers",
        path: "/layers".to_owned(),
        message: "Give at least one layer that can be seen: a text, for a start.",
    };
    let others = corrections.iter().filter(|correction| correction.path.starts_with("/layers/")).filter_map(|correction| {
        let message = message(correction.code, &correction.path)?;
        Some(Finding { code: correction.code, path: correction.path.clone(), message })
    });
    std::iter::once(first).chain(others).take(FINDINGS).collect()
}

/// How much there is to see and to move, 0 to 100: elements count less the more there are.
fn complexity(file: &format::File, cost: scene::Cost) -> u32 {
    let share = |count: usize, enough: f64, points: f64| {
        let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        points * (1.0 - (-count / enough).exp())
    };
    let layers = file.layers.iter().map(scene::count).sum();
    let all = share(layers, 20.0, 40.0)
        + share(cost.elements, 200.0, 30.0)
        + share(cost.glyphs, 300.0, 15.0)
        + share(file.parameters.len() + file.palette.len(), 10.0, 15.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
    let rounded = all.round().clamp(0.0, 100.0) as u32;
    rounded
}

/// The formats of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text as text.
    Svg,
    /// Text as outlines.
    SvgOutlines,
    /// Pixels.
    Png,
    /// A page.
    Pdf,
}

/// What to draw.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The final file, as [`check`] returned it.
    pub file: &'a str,
    /// Values by name.
    pub parameters: &'a [(String, String)],
    /// Whether text parameters may be set.
    pub allow_text: bool,
    /// What to make.
    pub format: Format,
    /// Of a PNG, in pixels: 16 to 4096, at most 16 megapixels.
    pub width: Option<u32>,
    /// The generation that it is marked with (promise a72).
    pub generation_id: &'a str,
}

/// A value that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The parameter's name as given, or `width`.
    pub field: String,
    /// A fixed sentence.
    pub message: &'static str,
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenderError {
    /// The file is none that [`check`] returned.
    InvalidFile,
    /// The values do not fit.
    InvalidValues(Vec<FieldError>),
}

/// What was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// In the format that was asked for.
    pub bytes: Vec<u8>,
    /// What had to be done to texts at the values of the moment; the file stays as it is. Empty for nearly every picture.
    pub corrections: Vec<Correction>,
}

/// Draws a file. The bytes depend on nothing but the request.
///
/// # Errors
/// [`RenderError`].
#[cfg(feature = "render")]
pub fn render(request: &Request<'_>) -> Result<Picture, RenderError> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(request.file).map_err(|_| RenderError::InvalidFile)?;
    let mut reader = read::Reader::new();
    let file = reader.file(&object);
    if !reader.corrections.is_empty() || file.layers.is_empty() {
        return Err(RenderError::InvalidFile);
    }
    let mut env = Env::of(&file);
    let mut errors = Vec::new();
    for (name, value) in request.parameters {
        let set = match file.parameters.iter().find(|parameter| parameter.name == *name) {
            Some(parameter) => env.set(parameter, value, request.allow_text),
            None => Err("is not a parameter of this file"),
        };
        if let Err(message) = set {
            errors.push(FieldError { field: name.clone(), message });
        }
    }
    let size = output::size(&file.canvas, request.width);
    if let Err(message) = size {
        errors.push(FieldError { field: "width".to_owned(), message });
    }
    match size {
        Ok(size) if errors.is_empty() => {
            let mark = output::mark::Mark { generation_id: request.generation_id, title: &file.title };
            let scene = scene::build(&file, env, scene::Shown::Now);
            let bytes = output::make(&scene, &file.canvas, &mark, request.format, size).ok_or(RenderError::InvalidFile)?;
            Ok(Picture { bytes, corrections: scene.corrections })
        }
        _ => Err(RenderError::InvalidValues(errors)),
    }
}
