//! Text in a box: broken into lines at its width, made smaller where it does not fit, shortened where nothing else helps.

use super::fonts;

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

/// Sets a text: at its size if it fits, else in steps of a twentieth down to the least size, then with long words broken, and at
/// last shortened with an ellipsis.
pub(crate) fn layout(wanted: &Wanted<'_>) -> Layout {
    let words = Words::of(wanted);
    let mut size = wanted.size;
    loop {
        let (lines, whole) = words.lines(wanted.width / size);
        if whole && fits(wanted, lines.len(), size) {
            return Layout { lines: words.written(&lines), size, shortened: false };
        }
        if size <= wanted.least {
            return shorten(wanted, &words, size);
        }
        size = (size * 0.95).max(wanted.least);
    }
}

fn fits(wanted: &Wanted<'_>, lines: usize, size: f64) -> bool {
    height(wanted, lines, size) <= wanted.height + 0.005 * wanted.height.abs() + 0.01
}

/// The height of so many lines: full line heights between baselines, the letters' own height for the first and last.
pub(crate) fn height(wanted: &Wanted<'_>, lines: usize, size: f64) -> f64 {
    let (above, below) = fonts::vertical(wanted.face);
    let between = f64::from(u32::try_from(lines.saturating_sub(1)).unwrap_or(0)) * wanted.leading;
    // The letters' ink is lower than the face's full height, which leaves room for accents.
    size * (between + (above + below) * 0.9)
}

/// At the least size: words that are wider than the box are broken, and lines that do not fit are left out.
fn shorten(wanted: &Wanted<'_>, words: &Words<'_>, size: f64) -> Layout {
    let most = wanted.width / size;
    let measure = |text: &str| fonts::run(wanted.face, text, wanted.tracking).advance;
    let mut lines = Vec::new();
    for line in words.written(&words.lines(most).0) {
        let mut rest = line.as_str();
        while measure(rest) > most {
            // The longest beginning that fits, at least one letter.
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8());
            let fitting = ends.take_while(|end| rest.get(..*end).is_some_and(|part| measure(part) <= most)).last();
            let end = fitting.unwrap_or_else(|| rest.chars().next().map_or(0, char::len_utf8));
            let (part, after) = rest.split_at(end);
            lines.push(part.to_owned());
            rest = after;
        }
        if !rest.is_empty() || line.is_empty() {
            lines.push(rest.to_owned());
        }
    }
    let narrow = |line: &str| measure(line) <= most + 1e-9;
    if fits(wanted, lines.len(), size) && lines.iter().all(|line| narrow(line)) {
        return Layout { lines, size, shortened: false };
    }
    while lines.len() > 1 && !fits(wanted, lines.len(), size) {
        lines.pop();
    }
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

/// A text's words, each measured once: widths grow with the size.
struct Words<'a> {
    /// Words of each paragraph, with their widths in sizes.
    paragraphs: Vec<Vec<(&'a str, f64)>>,
    space: f64,
}

impl<'a> Words<'a> {
    fn of(wanted: &Wanted<'a>) -> Self {
        let measure = |text: &str| fonts::run(wanted.face, text, wanted.tracking).advance;
        // A no-break space keeps its words together, as in `35 €` and `« Oui »`.
        let words = |text: &'a str| text.split(|c: char| c.is_whitespace() && c != '\u{a0}').filter(|word| !word.is_empty());
        let paragraphs = wanted.text.split('\n').map(|text| words(text).map(|word| (word, measure(word))).collect());
        Self { paragraphs: paragraphs.collect(), space: measure(" ") + 2.0 * wanted.tracking }
    }

    /// Breaks at white space: paragraph, first word and end of each line. The second value is false where a single word is wider
    /// than the box.
    fn lines(&self, most: f64) -> (Vec<(usize, usize, usize)>, bool) {
        let mut all = Vec::new();
        let mut whole = true;
        for (paragraph, words) in self.paragraphs.iter().enumerate() {
            let (mut first, mut width) = (0, 0.0);
            for (at, (_, own)) in words.iter().enumerate() {
                whole &= *own <= most;
                let longer = if at == first { *own } else { width + self.space + own };
                if at > first && longer > most {
                    all.push((paragraph, first, at));
                    (first, width) = (at, *own);
                } else {
                    width = longer;
                }
            }
            all.push((paragraph, first, words.len()));
        }
        (all, whole)
    }

    fn written(&self, lines: &[(usize, usize, usize)]) -> Vec<String> {
        let words = |(paragraph, first, end): &(usize, usize, usize)| {
            let words = self.paragraphs.get(*paragraph).and_then(|words| words.get(*first..*end)).unwrap_or_default();
            words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" ")
        };
        lines.iter().map(words).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str, width: f64, height: f64) -> Wanted<'_> {
        Wanted { text, face: 5, size: 40.0, least: 12.0, leading: 1.2, tracking: 0.0, width, height }
    }

    #[test]
    fn a_text_is_wrapped_then_made_smaller_then_broken_then_shortened() {
        assert_eq!(layout(&wanted("Blue Hour", 400.0, 100.0)).lines, ["Blue Hour"]);
        assert_eq!(layout(&wanted("Blue Hour", 120.0, 100.0)).lines, ["Blue", "Hour"]);
        assert_eq!(layout(&wanted("for 35\u{a0}€", 120.0, 100.0)).lines, ["for", "35\u{a0}€"]);
        let small = layout(&wanted("Blue Hour", 120.0, 40.0));
        assert!(small.size < 40.0 && !small.shortened);
        let broken = layout(&wanted(&"m".repeat(40), 120.0, 200.0));
        assert!(broken.lines.len() > 3 && !broken.shortened && (broken.size - 12.0).abs() < 1e-9, "{:?}", broken.lines);
        let cut = layout(&wanted(&"very long text ".repeat(40), 120.0, 60.0));
        assert!(cut.shortened && cut.lines.last().is_some_and(|line| line.ends_with('…')));
    }
}
