//! Numbered key sets as they stand in a variable: `2:<base64url>,1:<base64url>`, the newest first.

/// Splits a set into its ids and texts, newest first.
///
/// # Errors
/// [`BadKeySet`] where it is empty, an id is missing, repeated or not what `parse_id` takes.
pub fn entries<Id: PartialEq>(text: &str, parse_id: impl Fn(&str) -> Option<Id>) -> Result<Vec<(Id, &str)>, BadKeySet> {
    let mut found: Vec<(Id, &str)> = Vec::new();
    for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let (id, value) = entry.split_once(':').ok_or(BadKeySet)?;
        let id = parse_id(id.trim()).ok_or(BadKeySet)?;
        if value.is_empty() || found.iter().any(|(known, _)| *known == id) {
            return Err(BadKeySet);
        }
        found.push((id, value.trim()));
    }
    if found.is_empty() { Err(BadKeySet) } else { Ok(found) }
}

/// A key set that cannot be read. Says nothing of its content on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key set must be `id:key` entries separated by commas")]
pub struct BadKeySet;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read_in_order_and_strictly() {
        let number = |id: &str| id.parse::<u16>().ok();
        assert_eq!(entries("2:bb, 1:aa", number), Ok(vec![(2, "bb"), (1, "aa")]));
        for text in ["", "aa", "x:aa", "1:", "1:aa,1:bb"] {
            assert_eq!(entries(text, number), Err(BadKeySet), "{text}");
        }
    }
}
