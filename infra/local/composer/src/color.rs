//! sRGB colours, their contrast (WCAG 2.2), and changes of lightness and hue in Oklab.

use std::fmt;

use serde::Deserialize;

/// An opaque colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rgb([f64; 3]);

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("#")?;
        for share in self.0 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
            let byte = (share * 255.0).round().clamp(0.0, 255.0) as u8;
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// `0xrrggbb`, which data files write as `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Code(pub(crate) u32);

impl TryFrom<String> for Code {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or("a colour is #rrggbb")?;
        u32::from_str_radix(digits, 16).map(Self).map_err(|_| "a colour is #rrggbb")
    }
}

/// Oklab's matrices: linear sRGB to cone responses, their cube roots to Oklab, and both ways back.
const CONES: [[f64; 3]; 3] = [
    [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
    [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
    [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
];
const LAB: [[f64; 3]; 3] = [
    [0.210_454_255_3, 0.793_617_785, -0.004_072_046_8],
    [1.977_998_495_1, -2.428_592_205, 0.450_593_709_9],
    [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766],
];
const FROM_LAB: [[f64; 3]; 3] =
    [[1.0, 0.396_337_777_4, 0.215_803_757_3], [1.0, -0.105_561_345_8, -0.063_854_172_8], [1.0, -0.089_484_177_5, -1.291_485_548]];
const FROM_CONES: [[f64; 3]; 3] = [
    [4.076_741_662_1, -3.307_711_591_3, 0.230_969_929_2],
    [-1.268_438_004_6, 2.609_757_401_1, -0.341_319_396_5],
    [-0.004_196_086_3, -0.703_418_614_7, 1.707_614_701],
];

fn times(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

impl From<Code> for Rgb {
    fn from(Code(code): Code) -> Self {
        Self::new(code)
    }
}

impl Rgb {
    /// From `0xrrggbb`.
    pub(crate) fn new(code: u32) -> Self {
        let byte = |shift: u32| f64::from((code >> shift) & 0xff) / 255.0;
        Self([byte(16), byte(8), byte(0)])
    }

    fn linear(self) -> [f64; 3] {
        self.0.map(|share| if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) })
    }

    fn luminance(self) -> f64 {
        let [r, g, b] = self.linear();
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// 1 to 21.
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    pub(crate) fn is_dark(self) -> bool {
        self.luminance() < 0.18
    }

    /// Lightness, and the two axes of colour.
    fn oklab(self) -> [f64; 3] {
        times(LAB, times(CONES, self.linear()).map(f64::cbrt))
    }

    fn from_oklab(lab: [f64; 3]) -> Self {
        let linear = times(FROM_CONES, times(FROM_LAB, lab).map(|cone| cone.powi(3)));
        Self(linear.map(|share| {
            let share = share.clamp(0.0, 1.0);
            let encoded = if share <= 0.003_130_8 { share * 12.92 } else { 1.055 * share.powf(1.0 / 2.4) - 0.055 };
            // As it will be written.
            (encoded * 255.0).round() / 255.0
        }))
    }

    /// 0 to 1, as seen.
    pub(crate) fn lightness(self) -> f64 {
        self.oklab()[0]
    }

    /// How far from grey; 0 to about 0.35.
    pub(crate) fn chroma(self) -> f64 {
        let [_, a, b] = self.oklab();
        a.hypot(b)
    }

    /// In degrees, 0 to 360: 25 is red, 90 yellow, 145 green, 260 blue.
    pub(crate) fn hue(self) -> f64 {
        let [_, a, b] = self.oklab();
        b.atan2(a).to_degrees().rem_euclid(360.0)
    }

    /// The same hue at another lightness, its chroma scaled.
    pub(crate) fn at(self, lightness: f64, chroma: f64) -> Self {
        let [_, a, b] = self.oklab();
        Self::from_oklab([lightness.clamp(0.0, 1.0), a * chroma, b * chroma])
    }

    /// Another hue, so many degrees on.
    pub(crate) fn turned(self, degrees: f64) -> Self {
        let [lightness, a, b] = self.oklab();
        let (sin, cos) = degrees.to_radians().sin_cos();
        Self::from_oklab([lightness, a * cos - b * sin, a * sin + b * cos])
    }

    /// Between two colours.
    pub(crate) fn mix(self, other: Self, share: f64) -> Self {
        let (a, b) = (self.oklab(), other.oklab());
        Self::from_oklab([0, 1, 2].map(|axis| a[axis] + (b[axis] - a[axis]) * share))
    }

    /// How different two colours look.
    pub(crate) fn distance(self, other: Self) -> f64 {
        let (a, b) = (self.oklab(), other.oklab());
        [0, 1, 2].map(|axis| (a[axis] - b[axis]).powi(2)).iter().sum::<f64>().sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oklab_and_back() {
        for code in [0x000000, 0xffffff, 0xd6a53c, 0x0f2547, 0x235fc4] {
            let color = Rgb::new(code);
            assert_eq!(color.at(color.lightness(), 1.0).to_string(), format!("#{code:06x}"));
        }
        assert!((Rgb::new(0).contrast(Rgb::new(0xffffff)) - 21.0).abs() < 1e-9);
    }
}
