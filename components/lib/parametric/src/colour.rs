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

    /// The opacity of `rgba(…)`, `hsla(…)` and `#rrggbbaa`; nothing for a colour without one.
    pub(crate) fn opacity(text: &str) -> Option<f64> {
        let text = text.trim();
        if let Some(digits) = text.strip_prefix('#').filter(|digits| digits.len() == 8) {
            return u8::from_str_radix(digits.get(6..)?, 16).ok().map(|alpha| f64::from(alpha) / 255.0);
        }
        Self::function(text)?;
        let parts: Vec<&str> = text.split(|c: char| ",/ ()".contains(c)).filter(|part| !part.is_empty()).collect();
        let last = parts.get(4).filter(|_| parts.len() == 5)?;
        let share = last.strip_suffix('%').map_or_else(|| last.parse::<f64>(), |share| share.parse::<f64>().map(|n| n / 100.0));
        share.ok().filter(|share| (0.0..=1.0).contains(share))
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
    found.map(|(_, [r, g, b])| Rgb([*r, *g, *b])).or_else(|| {
        let at = CSS.binary_search_by(|(name, _)| (*name).cmp(word.as_str())).ok()?;
        CSS.get(at).map(|(_, channels)| Rgb(*channels))
    })
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

/// The other names of CSS (CSS Color Module Level 4, 6.1), in their order.
const CSS: [(&str, [u8; 3]); 117] = [
    ("aliceblue", [0xf0, 0xf8, 0xff]),
    ("antiquewhite", [0xfa, 0xeb, 0xd7]),
    ("aqua", [0x00, 0xff, 0xff]),
    ("aquamarine", [0x7f, 0xff, 0xd4]),
    ("azure", [0xf0, 0xff, 0xff]),
    ("bisque", [0xff, 0xe4, 0xc4]),
    ("blanchedalmond", [0xff, 0xeb, 0xcd]),
    ("blueviolet", [0x8a, 0x2b, 0xe2]),
    ("burlywood", [0xde, 0xb8, 0x87]),
    ("cadetblue", [0x5f, 0x9e, 0xa0]),
    ("chartreuse", [0x7f, 0xff, 0x00]),
    ("chocolate", [0xd2, 0x69, 0x1e]),
    ("cornflowerblue", [0x64, 0x95, 0xed]),
    ("cornsilk", [0xff, 0xf8, 0xdc]),
    ("darkblue", [0x00, 0x00, 0x8b]),
    ("darkcyan", [0x00, 0x8b, 0x8b]),
    ("darkgoldenrod", [0xb8, 0x86, 0x0b]),
    ("darkgray", [0xa9, 0xa9, 0xa9]),
    ("darkgreen", [0x00, 0x64, 0x00]),
    ("darkgrey", [0xa9, 0xa9, 0xa9]),
    ("darkkhaki", [0xbd, 0xb7, 0x6b]),
    ("darkmagenta", [0x8b, 0x00, 0x8b]),
    ("darkolivegreen", [0x55, 0x6b, 0x2f]),
    ("darkorange", [0xff, 0x8c, 0x00]),
    ("darkorchid", [0x99, 0x32, 0xcc]),
    ("darkred", [0x8b, 0x00, 0x00]),
    ("darksalmon", [0xe9, 0x96, 0x7a]),
    ("darkseagreen", [0x8f, 0xbc, 0x8f]),
    ("darkslateblue", [0x48, 0x3d, 0x8b]),
    ("darkslategray", [0x2f, 0x4f, 0x4f]),
    ("darkslategrey", [0x2f, 0x4f, 0x4f]),
    ("darkturquoise", [0x00, 0xce, 0xd1]),
    ("darkviolet", [0x94, 0x00, 0xd3]),
    ("deeppink", [0xff, 0x14, 0x93]),
    ("deepskyblue", [0x00, 0xbf, 0xff]),
    ("dimgray", [0x69, 0x69, 0x69]),
    ("dimgrey", [0x69, 0x69, 0x69]),
    ("dodgerblue", [0x1e, 0x90, 0xff]),
    ("firebrick", [0xb2, 0x22, 0x22]),
    ("floralwhite", [0xff, 0xfa, 0xf0]),
    ("forestgreen", [0x22, 0x8b, 0x22]),
    ("fuchsia", [0xff, 0x00, 0xff]),
    ("gainsboro", [0xdc, 0xdc, 0xdc]),
    ("ghostwhite", [0xf8, 0xf8, 0xff]),
    ("goldenrod", [0xda, 0xa5, 0x20]),
    ("greenyellow", [0xad, 0xff, 0x2f]),
    ("honeydew", [0xf0, 0xff, 0xf0]),
    ("hotpink", [0xff, 0x69, 0xb4]),
    ("indianred", [0xcd, 0x5c, 0x5c]),
    ("khaki", [0xf0, 0xe6, 0x8c]),
    ("lavenderblush", [0xff, 0xf0, 0xf5]),
    ("lawngreen", [0x7c, 0xfc, 0x00]),
    ("lemonchiffon", [0xff, 0xfa, 0xcd]),
    ("lightblue", [0xad, 0xd8, 0xe6]),
    ("lightcoral", [0xf0, 0x80, 0x80]),
    ("lightcyan", [0xe0, 0xff, 0xff]),
    ("lightgoldenrodyellow", [0xfa, 0xfa, 0xd2]),
    ("lightgray", [0xd3, 0xd3, 0xd3]),
    ("lightgreen", [0x90, 0xee, 0x90]),
    ("lightgrey", [0xd3, 0xd3, 0xd3]),
    ("lightpink", [0xff, 0xb6, 0xc1]),
    ("lightsalmon", [0xff, 0xa0, 0x7a]),
    ("lightseagreen", [0x20, 0xb2, 0xaa]),
    ("lightskyblue", [0x87, 0xce, 0xfa]),
    ("lightslategray", [0x77, 0x88, 0x99]),
    ("lightslategrey", [0x77, 0x88, 0x99]),
    ("lightsteelblue", [0xb0, 0xc4, 0xde]),
    ("lightyellow", [0xff, 0xff, 0xe0]),
    ("limegreen", [0x32, 0xcd, 0x32]),
    ("linen", [0xfa, 0xf0, 0xe6]),
    ("mediumaquamarine", [0x66, 0xcd, 0xaa]),
    ("mediumblue", [0x00, 0x00, 0xcd]),
    ("mediumorchid", [0xba, 0x55, 0xd3]),
    ("mediumpurple", [0x93, 0x70, 0xdb]),
    ("mediumseagreen", [0x3c, 0xb3, 0x71]),
    ("mediumslateblue", [0x7b, 0x68, 0xee]),
    ("mediumspringgreen", [0x00, 0xfa, 0x9a]),
    ("mediumturquoise", [0x48, 0xd1, 0xcc]),
    ("mediumvioletred", [0xc7, 0x15, 0x85]),
    ("midnightblue", [0x19, 0x19, 0x70]),
    ("mintcream", [0xf5, 0xff, 0xfa]),
    ("mistyrose", [0xff, 0xe4, 0xe1]),
    ("moccasin", [0xff, 0xe4, 0xb5]),
    ("navajowhite", [0xff, 0xde, 0xad]),
    ("oldlace", [0xfd, 0xf5, 0xe6]),
    ("olivedrab", [0x6b, 0x8e, 0x23]),
    ("orangered", [0xff, 0x45, 0x00]),
    ("orchid", [0xda, 0x70, 0xd6]),
    ("palegoldenrod", [0xee, 0xe8, 0xaa]),
    ("palegreen", [0x98, 0xfb, 0x98]),
    ("paleturquoise", [0xaf, 0xee, 0xee]),
    ("palevioletred", [0xdb, 0x70, 0x93]),
    ("papayawhip", [0xff, 0xef, 0xd5]),
    ("peachpuff", [0xff, 0xda, 0xb9]),
    ("peru", [0xcd, 0x85, 0x3f]),
    ("plum", [0xdd, 0xa0, 0xdd]),
    ("powderblue", [0xb0, 0xe0, 0xe6]),
    ("rebeccapurple", [0x66, 0x33, 0x99]),
    ("rosybrown", [0xbc, 0x8f, 0x8f]),
    ("royalblue", [0x41, 0x69, 0xe1]),
    ("saddlebrown", [0x8b, 0x45, 0x13]),
    ("sandybrown", [0xf4, 0xa4, 0x60]),
    ("seagreen", [0x2e, 0x8b, 0x57]),
    ("seashell", [0xff, 0xf5, 0xee]),
    ("sienna", [0xa0, 0x52, 0x2d]),
    ("skyblue", [0x87, 0xce, 0xeb]),
    ("slateblue", [0x6a, 0x5a, 0xcd]),
    ("slategray", [0x70, 0x80, 0x90]),
    ("slategrey", [0x70, 0x80, 0x90]),
    ("snow", [0xff, 0xfa, 0xfa]),
    ("springgreen", [0x00, 0xff, 0x7f]),
    ("steelblue", [0x46, 0x82, 0xb4]),
    ("thistle", [0xd8, 0xbf, 0xd8]),
    ("tomato", [0xff, 0x63, 0x47]),
    ("wheat", [0xf5, 0xde, 0xb3]),
    ("whitesmoke", [0xf5, 0xf5, 0xf5]),
    ("yellowgreen", [0x9a, 0xcd, 0x32]),
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
