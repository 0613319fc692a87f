//! Corrections on a file that was read: names that exist, work within bounds, texts inside the margins, legible, fitting, apart from
//! each other and readable on what lies behind them.
//!
//! Everything is looked at with the parameters at their defaults and with all layers shown; a picture fits its texts again to the
//! values of the moment. Each stage is repeated until it finds nothing, and none undoes what an earlier one did: so a corrected file
//! is good when it is checked again.

mod budget;
mod contrast;
mod names;
mod overlap;
mod place;
mod view;

use crate::{
    Correction,
    env::Env,
    format::{File, Kind, Layer},
    read::round,
    scene::{self, Cost, Shown},
};

/// Rounds of one stage. Each only moves or shrinks what the one before left wrong, so that few are ever needed.
const ROUNDS: usize = 6;

/// The corrections so far.
pub(crate) struct Notes<'a>(pub(crate) &'a mut Vec<Correction>);

impl Notes<'_> {
    pub(crate) fn add(&mut self, code: &'static str, path: String, numbers: &[f64]) {
        self.0.push(Correction { code, path, numbers: numbers.iter().copied().map(round).collect() });
    }
}

/// Corrects a file, and tells what drawing it costs.
pub(crate) fn correct(file: &mut File, corrections: &mut Vec<Correction>) -> Cost {
    bound(file, corrections);
    let mut notes = Notes(corrections);
    let stages: [fn(&mut File, &mut Notes<'_>); 3] = [place::correct, overlap::correct, contrast::correct];
    for _ in 0..ROUNDS {
        let before = notes.0.len();
        for stage in stages {
            settle(file, &mut notes, stage);
        }
        if notes.0.len() == before {
            break;
        }
    }
    // What never comes to rest cannot be delivered: a file must be good when it is checked again.
    while let Some(layer) = unsettled(file, &stages) {
        remove(&mut file.layers, layer);
        notes.add("dropped-layer", format!("/layers/{layer}"), &[]);
    }
    names::correct(file, &mut notes);
    scene::build(file, Env::of(file), Shown::Ever).cost
}

/// Keeps the names and the work of a file within bounds: what the stages did to it may have made it dearer than it was.
fn bound(file: &mut File, corrections: &mut Vec<Correction>) {
    let mut notes = Notes(corrections);
    names::correct(file, &mut notes);
    budget::correct(file, &mut notes);
}

/// Repeats a stage until it finds nothing.
fn settle(file: &mut File, notes: &mut Notes<'_>, stage: fn(&mut File, &mut Notes<'_>)) {
    for _ in 0..ROUNDS {
        let before = notes.0.len();
        stage(file, notes);
        if notes.0.len() == before {
            return;
        }
    }
}

/// The first layer, of those that are in none, that a stage would still change.
fn unsettled(file: &File, stages: &[fn(&mut File, &mut Notes<'_>)]) -> Option<usize> {
    let mut copy = file.clone();
    let mut found = Vec::new();
    for stage in stages {
        stage(&mut copy, &mut Notes(&mut found));
    }
    let first = found.first()?;
    let position = first.path.split('/').nth(2).and_then(|part| part.parse().ok());
    Some(position.unwrap_or(0)).filter(|_| !file.layers.is_empty())
}

fn remove(layers: &mut Vec<Layer>, at: usize) {
    if at < layers.len() {
        layers.remove(at);
    } else {
        layers.pop();
    }
}

/// Visits every layer with its number and path, in the order in which they are written; those that the visitor gives up are
/// removed, and groups that lose their last layer with them.
pub(crate) fn each(
    layers: &mut Vec<Layer>,
    path: &str,
    number: &mut usize,
    visit: &mut dyn FnMut(&mut Layer, usize, &str) -> bool,
) {
    let mut at = 0;
    // Paths are those of the file as it was given to the visitor.
    for original in 0..layers.len() {
        let Some(layer) = layers.get_mut(at) else { return };
        let here = format!("{path}/{original}");
        let own = *number;
        let whole = scene::count(layer);
        *number += 1;
        let mut kept = visit(layer, own, &here);
        if let Kind::Group { layers: inner, .. } | Kind::Repeat { layers: inner, .. } = &mut layer.kind
            && kept
        {
            each(inner, &format!("{here}/layers"), number, visit);
            kept = !inner.is_empty();
        }
        *number = own + whole;
        if kept {
            at += 1;
        } else {
            layers.remove(at);
        }
    }
}
