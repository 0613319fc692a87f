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
    decimal::round,
    format::{File, Kind, Layer},
    scene::{self, Cost, Scene},
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

/// What corrects one kind of fault. It is given the file's scene.
type Stage = fn(&mut File, &Scene, &mut Notes<'_>);
const STAGES: [Stage; 3] = [place::correct, overlap::correct, contrast::correct];

/// Corrects a file, and tells what drawing it costs.
pub(crate) fn correct(file: &mut File, corrections: &mut Vec<Correction>) -> Cost {
    let mut notes = Notes(corrections);
    names::correct(file, &mut notes);
    let mut scene = budget::correct(file, &mut notes);
    let mut settled = false;
    for _ in 0..ROUNDS {
        let before = notes.0.len();
        for stage in STAGES {
            settle(file, &mut scene, &mut notes, stage);
        }
        settled = notes.0.len() == before;
        if settled {
            break;
        }
    }
    if !settled {
        // What never comes to rest cannot be delivered: a file must be good when it is checked again.
        while let Some(layer) = unsettled(file) {
            remove(&mut file.layers, layer);
            notes.add("dropped-layer", format!("/layers/{layer}"), &[]);
        }
    }
    scene.cost
}

/// Repeats a stage until it finds nothing.
fn settle(file: &mut File, scene: &mut Scene, notes: &mut Notes<'_>, stage: Stage) {
    for _ in 0..ROUNDS {
        let before = notes.0.len();
        stage(file, scene, notes);
        if notes.0.len() == before {
            return;
        }
        *scene = view::scene(file);
    }
}

/// The first layer, of those that are in none, that a stage would still change.
fn unsettled(file: &File) -> Option<usize> {
    let mut copy = file.clone();
    let mut found = Vec::new();
    for stage in STAGES {
        let scene = view::scene(&copy);
        stage(&mut copy, &scene, &mut Notes(&mut found));
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
