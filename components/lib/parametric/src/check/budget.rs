//! No more work than a picture may be: repeats with fewer copies, and at last fewer layers.

use super::{Notes, each, view};
use crate::{
    env::Env,
    format::{File, Kind, Layer, Num},
    scene::{self, Scene},
};

/// How often the dearest repeat is halved, at most: 500 copies of everything are one after nine times.
const TRIES: usize = 200;

/// Corrects a file; its scene is answered, since what follows looks at that.
pub(crate) fn correct(file: &mut File, notes: &mut Notes<'_>) -> Scene {
    for _ in 0..TRIES {
        let scene = view::scene(file);
        if !scene.cost.is_too_much() {
            return scene;
        }
        drop(scene);
        if !thin(file, notes) {
            break;
        }
    }
    // Nothing repeats: what lies in front goes, but for texts; of a group, what lies in front in it.
    loop {
        let scene = view::scene(file);
        if file.layers.is_empty() || !scene.cost.is_too_much() {
            return scene;
        }
        drop(scene);
        // A soft shadow is the dearest part of what has one, and missed least.
        if unshadowed(file, notes) {
            continue;
        }
        let mut last = (None, None);
        front(&file.layers, &mut 0, &mut last);
        let (shape, any) = last;
        each(&mut file.layers, "/layers", &mut 0, &mut |_, number, path| {
            let goes = Some(number) == shape.or(any);
            if goes {
                notes.add("too-many-elements", path.to_owned(), &[]);
            }
            !goes
        });
    }
}

/// Takes the soft shadow from the last layer that has one; false where none has.
fn unshadowed(file: &mut File, notes: &mut Notes<'_>) -> bool {
    let shadow = |layer: &mut Layer| match &mut layer.kind {
        Kind::Rectangle { look, .. } | Kind::Ellipse { look, .. } | Kind::Polygon { look, .. } | Kind::Path { look, .. } => {
            look.shadow.take_if(|shadow| shadow.blur != Num::ZERO)
        }
        Kind::Text(text) => text.shadow.take_if(|shadow| shadow.blur != Num::ZERO),
        _ => None,
    };
    let mut last = None;
    let mut copy = file.layers.clone();
    each(&mut copy, "/layers", &mut 0, &mut |layer, number, _| {
        if shadow(layer).is_some() {
            last = Some(number);
        }
        true
    });
    each(&mut file.layers, "/layers", &mut 0, &mut |layer, number, path| {
        if Some(number) == last && shadow(layer).is_some() {
            notes.add("too-many-elements", format!("{path}/shadow"), &[]);
        }
        true
    });
    last.is_some()
}

/// The numbers of the last layer that is no text, and of the last of all; groups do not count, but what is in them does.
fn front(layers: &[Layer], number: &mut usize, last: &mut (Option<usize>, Option<usize>)) {
    for layer in layers {
        let own = *number;
        *number += 1;
        match &layer.kind {
            Kind::Group { layers, .. } | Kind::Repeat { layers, .. } => front(layers, number, last),
            Kind::Text(_) => last.1 = Some(own),
            _ => *last = (Some(own), Some(own)),
        }
    }
}

/// Halves the copies of the repeat that makes most; false where none has two.
fn thin(file: &mut File, notes: &mut Notes<'_>) -> bool {
    let env = Env::of(file);
    let copies = |layer: &Layer| match &layer.kind {
        Kind::Repeat { count, rows, .. } => env.num(count).clamp(0.0, 500.0) * env.num(rows).clamp(1.0, 500.0),
        _ => 1.0,
    };
    let mut most = (1.0, None);
    dearest(&file.layers, 1.0, &copies, &mut 0, &mut most);
    let Some(wanted) = most.1 else { return false };
    each(&mut file.layers, "/layers", &mut 0, &mut |layer, number, path| {
        if number == wanted
            && let Kind::Repeat { count, rows, .. } = &mut layer.kind
        {
            let (across, down) = (env.num(count), env.num(rows));
            let (num, before, key) = if across >= down { (count, across, "count") } else { (rows, down, "rows") };
            let after = (before.min(500.0) / 2.0).floor().max(1.0);
            *num = Num::Literal(after);
            notes.add("too-many-elements", format!("{path}/{key}"), &[before, after]);
        }
        true
    });
    true
}

/// The repeat whose copies, with those of what it is in, are most; one that has at least two itself.
fn dearest(layers: &[Layer], around: f64, copies: &dyn Fn(&Layer) -> f64, number: &mut usize, most: &mut (f64, Option<usize>)) {
    for layer in layers {
        let own = *number;
        *number += 1;
        if let Kind::Group { layers, .. } | Kind::Repeat { layers, .. } = &layer.kind {
            let here = copies(layer);
            let size: usize = layers.iter().map(scene::count).sum();
            #[expect(clippy::cast_precision_loss, reason = "at most 500 layers")]
            let all = around * here * size as f64;
            if here >= 2.0 && all > most.0 {
                *most = (all, Some(own));
            }
            dearest(layers, around * here, copies, number, most);
        }
    }
}
