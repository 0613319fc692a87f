//! The rule-based composer behind the local model.

/// The JSON text of a parametric file for `brief`; the same brief and seed give the same file.
#[must_use]
pub fn compose(brief: &str, seed: u64) -> String {
    format!("{{\"layers\": [], \"title\": {brief:?}, \"seed\": {seed}}}")
}
