//! How much room a text takes, so that what is composed fits without being corrected.

use crate::widths::{self, Widths};

/// A family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Font {
    Serif,
    Sans,
    Condensed,
}

/// A weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
    Black,
}

/// A face and how its lines are set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Face {
    pub(crate) font: Font,
    pub(crate) weight: Weight,
    pub(crate) italic: bool,
    pub(crate) uppercase: bool,
    /// Space added to each letter, in sizes of the type.
    pub(crate) tracking: f64,
    /// Between baselines, in sizes of the type.
    pub(crate) leading: f64,
}

impl Face {
    fn widths(&self) -> &'static Widths {
        match (self.font, self.weight, self.italic) {
            (Font::Serif, Weight::Regular, true) => &widths::SERIF_ITALIC_REGULAR,
            (Font::Serif, Weight::Regular, false) => &widths::SERIF_REGULAR,
            (Font::Serif, Weight::Bold, _) => &widths::SERIF_BOLD,
            (Font::Serif, Weight::Black, _) => &widths::SERIF_BLACK,
            (Font::Sans, Weight::Regular, _) => &widths::SANS_REGULAR,
            (Font::Sans, Weight::Bold, _) => &widths::SANS_BOLD,
            (Font::Sans, Weight::Black, _) => &widths::SANS_BLACK,
            (Font::Condensed, Weight::Regular, _) => &widths::CONDENSED_REGULAR,
            (Font::Condensed, Weight::Bold, _) => &widths::CONDENSED_BOLD,
            (Font::Condensed, Weight::Black, _) => &widths::CONDENSED_BLACK,
        }
    }

    /// The width of one line at size 1.
    pub(crate) fn width(&self, text: &str) -> f64 {
        let widths = self.widths();
        let letter = |c: char| {
            let base = crate::brief::fold::letter(c);
            let at = usize::try_from(u32::from(base)).unwrap_or(0).checked_sub(32);
            let advance = at.and_then(|at| widths.advances.get(at)).map_or(0.7, |advance| f64::from(*advance) / 1000.0);
            advance + self.tracking
        };
        if self.uppercase { text.to_uppercase().chars().map(letter).sum() } else { text.chars().map(letter).sum() }
    }

    /// How many lines a text takes at a size in a width; `None` where a single word is wider.
    pub(crate) fn lines(&self, text: &str, size: f64, width: f64) -> Option<usize> {
        let most = width / size;
        let space = self.width(" ");
        let mut lines = 0;
        for paragraph in text.split('\n') {
            lines += 1;
            let mut used = 0.0;
            for word in paragraph.split(|c: char| c.is_whitespace() && c != '\u{a0}').filter(|word| !word.is_empty()) {
                let wide = self.width(word);
                if wide > most {
                    return None;
                }
                if used > 0.0 && used + space + wide > most {
                    lines += 1;
                    used = wide;
                } else {
                    used += if used > 0.0 { space + wide } else { wide };
                }
            }
        }
        Some(lines)
    }

    /// The narrowest width, down to seven tenths, in which a text still takes no more lines: they are then of like length.
    pub(crate) fn balanced(&self, text: &str, size: f64, lines: usize, width: f64) -> f64 {
        let mut best = width;
        for step in 1..=10 {
            let narrow = width * (1.0 - 0.03 * f64::from(step));
            if self.lines(text, size, narrow * 0.965) != Some(lines) {
                break;
            }
            best = narrow;
        }
        best
    }

    /// The height of so many lines at size 1.
    pub(crate) fn height(&self, lines: usize) -> f64 {
        let between = f64::from(u32::try_from(lines.saturating_sub(1)).unwrap_or(0)) * self.leading;
        between + f64::from(self.widths().height) / 1000.0 * 0.92
    }

    /// The largest size from `most` down to `least` at which a text takes at most so many lines and so much height, and the lines
    /// it takes then.
    pub(crate) fn fit(&self, text: &str, room: Room) -> (f64, usize) {
        // Kerning and rounding differ a little from one renderer to the next.
        let width = room.width * 0.975;
        let mut size = room.most.max(room.least);
        loop {
            if let Some(lines) = self.lines(text, size, width)
                && lines <= room.lines
                && self.height(lines) * size <= room.height
            {
                return (size.floor().max(room.least), lines);
            }
            if size <= room.least {
                let lines = self.lines(text, size, width).unwrap_or(room.lines).max(1);
                return (room.least, lines);
            }
            size = (size * 0.97).max(room.least);
        }
    }
}

/// What a text may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) lines: usize,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: Face =
        Face { font: Font::Sans, weight: Weight::Regular, italic: false, uppercase: false, tracking: 0.0, leading: 1.2 };

    #[test]
    fn breaks_at_the_width_and_shrinks_to_the_room() {
        assert_eq!(FACE.lines("Blue Hour", 40.0, 400.0), Some(1));
        assert_eq!(FACE.lines("Blue Hour", 40.0, 120.0), Some(2));
        assert_eq!(FACE.lines("Blue Hour", 40.0, 20.0), None);
        let room = Room { width: 300.0, height: 100.0, lines: 1, least: 12.0, most: 200.0 };
        let (size, lines) = FACE.fit("Blue Hour", room);
        assert!(size > 50.0 && size < 80.0 && lines == 1, "{size}");
        assert_eq!(FACE.fit(&"word ".repeat(500), room).0.to_bits(), 12.0_f64.to_bits());
    }

    #[test]
    fn an_accent_takes_no_width() {
        assert!((FACE.width("été") - FACE.width("ete")).abs() < 1e-9);
    }
}
