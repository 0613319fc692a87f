//! Text in a box: broken into lines at its width, made smaller where it does not fit, shortened where nothing else helps.

use crate::fonts;

/// How a text stands in its box.
pub(crate) struct Layout {
    pub(crate) lines: Vec<String>,
    /// The size of the type, at most what was asked for.
    pub(crate) size: f64,
    /// Whether it had to be shortened.
    pub(crate) shortened: bool,
}

/// What a layout depends on.
pub(crate) struct Wanted<'a> {
    pub(crate) text: &'a str,
    pub(crate) face: usize,
    pub(crate) size: f64,
    pub(crate) least: f64,
    pub(crate) leading: f64,
    pub(crate) tracking: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Sets a text: at its size if it fits, else in steps of a twentieth down to the least size, else shortened with an ellipsis.
pub(crate) fn layout(wanted: &Wanted<'_>) -> Layout {
    let mut size = wanted.size;
    loop {
        let (lines, whole) = lines(wanted, size);
        if whole && fits(wanted, &lines, size) {
            return Layout { lines, size, shortened: false };
        }
        if size <= wanted.least {
            return shorten(wanted, lines, size);
        }
        size = (size * 0.95).max(wanted.least);
    }
}

fn fits(wanted: &Wanted<'_>, lines: &[String], size: f64) -> bool {
    height(wanted, lines.len(), size) <= wanted.height + 0.5
}

/// The height of so many lines: full line heights between baselines, the letters' own height for the first and last.
pub(crate) fn height(wanted: &Wanted<'_>, lines: usize, size: f64) -> f64 {
    let (above, below) = fonts::vertical(wanted.face);
    let between = f64::from(u32::try_from(lines.saturating_sub(1)).unwrap_or(0)) * wanted.leading;
    // The letters' ink is lower than the face's full height, which leaves room for accents.
    size * (between + (above + below) * 0.9)
}

fn shorten(wanted: &Wanted<'_>, mut lines: Vec<String>, size: f64) -> Layout {
    while lines.len() > 1 && !fits(wanted, &lines, size) {
        lines.pop();
    }
    let narrow = |line: &str| fonts::width(wanted.face, line, wanted.tracking) * size <= wanted.width;
    if let Some(last) = lines.last_mut() {
        loop {
            let candidate = format!("{}…", last.trim_end_matches([' ', ',', ';', ':', '.', '…']));
            if narrow(&candidate) || last.is_empty() {
                *last = candidate;
                break;
            }
            last.pop();
        }
    }
    Layout { lines, size, shortened: true }
}

/// Breaks at white space. The second value is false where a single word is wider than the box.
fn lines(wanted: &Wanted<'_>, size: f64) -> (Vec<String>, bool) {
    let most = wanted.width / size;
    let measure = |text: &str| fonts::width(wanted.face, text, wanted.tracking);
    let mut all = Vec::new();
    let mut whole = true;
    for paragraph in wanted.text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if measure(&longer) <= most {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                all.push(std::mem::take(&mut line));
            }
            whole &= measure(word) <= most;
            word.clone_into(&mut line);
        }
        all.push(line);
    }
    (all, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str, width: f64, height: f64) -> Wanted<'_> {
        Wanted { text, face: 5, size: 40.0, least: 12.0, leading: 1.2, tracking: 0.0, width, height }
    }

    #[test]
    fn a_text_is_wrapped_then_made_smaller_then_shortened() {
        assert_eq!(layout(&wanted("Blue Hour", 400.0, 100.0)).lines, ["Blue Hour"]);
        assert_eq!(layout(&wanted("Blue Hour", 120.0, 100.0)).lines, ["Blue", "Hour"]);
        let small = layout(&wanted("Blue Hour", 120.0, 40.0));
        assert!(small.size < 40.0 && !small.shortened);
        let cut = layout(&wanted(&"very long text ".repeat(40), 120.0, 60.0));
        assert!(cut.shortened && cut.lines.last().is_some_and(|line| line.ends_with('…')));
    }
}
