//! sRGB colours and the contrast of WCAG 2.2.

use serde::{Serialize, Serializer};

/// An opaque colour, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) [u8; 3]);

impl Rgb {
    pub(crate) const BLACK: Self = Self([0x11, 0x11, 0x11]);
    pub(crate) const WHITE: Self = Self([255; 3]);

    /// `#rrggbb`, `#rgb` and `#rrggbbaa`, with or without the sign.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().trim_start_matches('#');
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let full = match digits.len() {
            3 => digits.chars().flat_map(|c| [c, c]).collect(),
            6 | 8 => digits.get(..6)?.to_owned(),
            _ => return None,
        };
        let byte = |at: usize| u8::from_str_radix(full.get(at..at + 2)?, 16).ok();
        Some(Self([byte(0)?, byte(2)?, byte(4)?]))
    }

    pub(crate) fn hex(self) -> String {
        let [r, g, b] = self.0;
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(|byte| {
            let share = f64::from(byte) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// 1 to 21.
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// What is seen where this colour lies on another with an opacity of 0 to 1.
    pub(crate) fn over(self, below: Self, alpha: f64) -> Self {
        let mut mixed = self.0;
        for (top, bottom) in mixed.iter_mut().zip(below.0) {
            let value = f64::from(*top) * alpha + f64::from(bottom) * (1.0 - alpha);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
            let value = value.round().clamp(0.0, 255.0) as u8;
            *top = value;
        }
        Self(mixed)
    }

    /// The least contrast with any of several.
    pub(crate) fn least_contrast(self, others: &[Self]) -> f64 {
        others.iter().map(|other| self.contrast(*other)).fold(21.0, f64::min)
    }
}

impl Serialize for Rgb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

/// The colours of CSS that people name most.
pub(crate) fn named(word: &str) -> Option<Rgb> {
    let hex = match word {
        "black" => "000000",
        "white" => "ffffff",
        "red" => "d62828",
        "green" => "2a7f62",
        "blue" => "1d4ed8",
        "navy" => "0b1d3a",
        "gold" => "d4a017",
        "yellow" => "f4c430",
        "orange" => "f28c28",
        "purple" => "6d28d9",
        "pink" => "ec6f9e",
        "grey" | "gray" => "808080",
        _ => return None,
    };
    Rgb::parse(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        let [black, white] = ["#000000", "fff"].map(|text| Rgb::parse(text).expect("a colour"));
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
        assert!((Rgb::parse("#767676").expect("a colour").contrast(white) - 4.54).abs() < 0.01);
        assert_eq!(Rgb::parse("#12345"), None);
    }
}
