//! Names and texts as a file may have them.

use crate::limits;

/// A lower-case name of letters, digits and `_`.
pub(crate) fn identifier(text: &str) -> Option<String> {
    let name: String = text
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .take(limits::NAME)
        .collect();
    let name = name.trim_matches('_').to_owned();
    // Words that mean something else where a name may stand.
    let reserved = ["none", "canvas", "index", "row", "column", "min", "max"].contains(&name.as_str());
    name.starts_with(|c: char| c.is_ascii_lowercase()).then(|| if reserved { format!("{name}_1") } else { name })
}

/// Text without control and direction-changing characters, within a length.
pub(crate) fn clean(text: &str, most: usize, lines: bool) -> String {
    let kept = text.chars().filter_map(|c| match c {
        '\n' if lines => Some('\n'),
        '\n' | '\t' => Some(' '),
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' => {
            None
        }
        c if c.is_control() => None,
        c => Some(c),
    });
    // Twice: what the length cuts may leave a space at the end.
    kept.collect::<String>().trim().chars().take(most).collect::<String>().trim_end().to_owned()
}
