//! sRGB colours and the contrast of WCAG 2.2.

use std::sync::LazyLock;

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

    /// `rgb(…)`, `rgba(…)`, `hsl(…)` and `hsla(…)` of CSS; the opacity is left out.
    pub(crate) fn function(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let (name, rest) = text.split_once('(')?;
        let parts: Vec<(f64, bool)> = rest
            .trim_end_matches(')')
            .split(|c: char| c == ',' || c == '/' || c.is_whitespace())
            .filter(|part| !part.is_empty())
            .filter_map(|part| {
                let digits = part.trim_end_matches("deg");
                let percent = digits.ends_with('%');
                digits.trim_end_matches('%').parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| (n, percent))
            })
            .collect();
        let [a, b, c] = [parts.first()?, parts.get(1)?, parts.get(2)?];
        match name.trim() {
            "rgb" | "rgba" => Some(Self([a, b, c].map(|(n, percent)| byte(if *percent { n / 100.0 } else { n / 255.0 })))),
            "hsl" | "hsla" => {
                let (hue, saturation, lightness) =
                    (a.0.rem_euclid(360.0), (b.0 / 100.0).clamp(0.0, 1.0), (c.0 / 100.0).clamp(0.0, 1.0));
                let reach = saturation * lightness.min(1.0 - lightness);
                Some(Self([0.0, 8.0, 4.0].map(|n| {
                    let k: f64 = (n + hue / 30.0) % 12.0;
                    byte(lightness - reach * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0))
                })))
            }
            _ => None,
        }
    }

    /// Any notation: hexadecimal, a function of CSS, or a word.
    pub(crate) fn any(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| Self::function(text)).or_else(|| named(text.trim()))
    }

    /// How different two colours look: 0 for the same, 1 for black and white (Euclidean in Oklab, <https://bottosson.github.io/posts/oklab/>).
    pub(crate) fn distance(self, other: Self) -> f64 {
        let (a, b) = (self.oklab(), other.oklab());
        a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt()
    }

    fn oklab(self) -> [f64; 3] {
        let times = |matrix: [[f64; 3]; 3], v: [f64; 3]| matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2]);
        let cones = times(
            [
                [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
                [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
                [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
            ],
            self.0.map(linear),
        );
        times(
            [
                [0.210_454_255_3, 0.793_617_785, -0.004_072_046_8],
                [1.977_998_495_1, -2.428_592_205, 0.450_593_709_9],
                [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766],
            ],
            cones.map(f64::cbrt),
        )
    }

    pub(crate) fn hex(self) -> String {
        let [r, g, b] = self.0;
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// 1 to 21.
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Each channel as a share of 0 to 1.
    pub(crate) fn channels(self) -> [f64; 3] {
        self.0.map(|channel| f64::from(channel) / 255.0)
    }

    /// The colour of such channels.
    pub(crate) fn of(channels: [f64; 3]) -> Self {
        Self(channels.map(byte))
    }

    /// What is seen where so much of this colour's light joins another's.
    pub(crate) fn plus(self, share: f64, light: [f64; 3]) -> Self {
        let mut joined = self.channels();
        for (own, other) in joined.iter_mut().zip(light) {
            *own = *own * share + other;
        }
        Self::of(joined)
    }

    /// What is seen where this colour lies on another with an opacity of 0 to 1.
    pub(crate) fn over(self, below: Self, alpha: f64) -> Self {
        let mut mixed = self.0;
        for (top, bottom) in mixed.iter_mut().zip(below.0) {
            *top = byte((f64::from(*top) * alpha + f64::from(bottom) * (1.0 - alpha)) / 255.0);
        }
        Self(mixed)
    }
}

/// A share of 0 to 1 as a byte.
fn byte(share: f64) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    let byte = (share * 255.0).round().clamp(0.0, 255.0) as u8;
    byte
}

/// The light of a channel (sRGB's transfer function), computed once for each byte.
fn linear(byte: u8) -> f64 {
    static LIGHT: LazyLock<[f64; 256]> = LazyLock::new(|| {
        let mut light = [0.0; 256];
        for (byte, light) in (0_u8..=255).zip(&mut light) {
            let share = f64::from(byte) / 255.0;
            *light = if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) };
        }
        light
    });
    LIGHT[usize::from(byte)]
}

impl Serialize for Rgb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

/// The colours that people and models name most, as a designer would mix them.
pub(crate) fn named(word: &str) -> Option<Rgb> {
    let word = word.to_ascii_lowercase();
    let found = NAMED.iter().find(|(name, _)| *name == word);
    found.map(|(_, [r, g, b])| Rgb([*r, *g, *b]))
}

/// The last such word in a name of several, as in `dark_navy` or `light blue`.
pub(crate) fn named_within(name: &str) -> Option<Rgb> {
    name.rsplit(|c: char| !c.is_ascii_alphanumeric()).find_map(named)
}

const NAMED: [(&str, [u8; 3]); 40] = [
    ("black", [0x11, 0x11, 0x11]),
    ("white", [0xff, 0xff, 0xff]),
    ("red", [0xd6, 0x28, 0x28]),
    ("green", [0x2a, 0x7f, 0x62]),
    ("blue", [0x1d, 0x4e, 0xd8]),
    ("navy", [0x0b, 0x1d, 0x3a]),
    ("gold", [0xd4, 0xa0, 0x17]),
    ("yellow", [0xf4, 0xc4, 0x30]),
    ("orange", [0xf2, 0x8c, 0x28]),
    ("purple", [0x6d, 0x28, 0xd9]),
    ("pink", [0xec, 0x6f, 0x9e]),
    ("grey", [0x80, 0x80, 0x80]),
    ("gray", [0x80, 0x80, 0x80]),
    ("brown", [0x7a, 0x4a, 0x2b]),
    ("beige", [0xf0, 0xe6, 0xd2]),
    ("cream", [0xf7, 0xf0, 0xdf]),
    ("ivory", [0xfb, 0xf8, 0xef]),
    ("silver", [0xc0, 0xc4, 0xc8]),
    ("teal", [0x0f, 0x76, 0x6e]),
    ("turquoise", [0x2b, 0xb8, 0xb0]),
    ("cyan", [0x1f, 0xa8, 0xc9]),
    ("magenta", [0xc0, 0x26, 0x8f]),
    ("violet", [0x7c, 0x3a, 0xed]),
    ("indigo", [0x37, 0x30, 0xa3]),
    ("lavender", [0xc9, 0xbf, 0xe8]),
    ("maroon", [0x6b, 0x1f, 0x2a]),
    ("burgundy", [0x6d, 0x17, 0x2e]),
    ("crimson", [0xb5, 0x17, 0x3b]),
    ("coral", [0xf2, 0x78, 0x5c]),
    ("salmon", [0xf0, 0x9a, 0x84]),
    ("peach", [0xf8, 0xc9, 0xa8]),
    ("olive", [0x6b, 0x70, 0x2a]),
    ("lime", [0x9b, 0xc5, 0x3d]),
    ("mint", [0xb5, 0xe2, 0xcf]),
    ("sand", [0xe3, 0xd0, 0xaa]),
    ("tan", [0xcd, 0xac, 0x83]),
    ("charcoal", [0x2f, 0x33, 0x38]),
    ("slate", [0x4a, 0x55, 0x65]),
    ("sky", [0x7e, 0xb8, 0xe6]),
    ("midnight", [0x0e, 0x15, 0x2e]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations_of_css_are_read() {
        for (text, hex) in [
            ("rgb(255, 0, 16)", "#ff0010"),
            ("rgba(255 0 16 / 50%)", "#ff0010"),
            ("rgb(100%, 0%, 0%)", "#ff0000"),
            ("hsl(120, 100%, 25%)", "#008000"),
            ("hsl(220deg 60% 20%)", "#142952"),
            ("Navy", "#0b1d3a"),
            ("#FFF", "#ffffff"),
        ] {
            assert_eq!(Rgb::any(text).map(Rgb::hex).as_deref(), Some(hex), "{text}");
        }
        for text in ["rgb(1,2)", "hsl()", "url(#x)", "nothing", "rgb(nan,0,0)"] {
            assert_eq!(Rgb::any(text), None, "{text}");
        }
        assert_eq!(named_within("dark_navy"), named("navy"));
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        let [black, white] = ["#000000", "fff"].map(|text| Rgb::parse(text).expect("a colour"));
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
        assert!((Rgb::parse("#767676").expect("a colour").contrast(white) - 4.54).abs() < 0.01);
        assert_eq!(Rgb::parse("#12345"), None);
        assert!((black.distance(white) - 1.0).abs() < 0.01 && black.distance(black) < 1e-9);
    }
}
