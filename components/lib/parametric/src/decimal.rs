//! Numbers as a file and a drawing have them.

/// Two decimals are what a picture can show.
pub(crate) fn round(n: f64) -> f64 {
    let rounded = (n * 100.0).round() / 100.0;
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// A number in its shortest form with at most three decimals.
pub(crate) fn n(value: f64) -> String {
    let rounded = (value * 1000.0).round() / 1000.0;
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}
