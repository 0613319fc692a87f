//! The words a brief is read by: `data/lexicon.toml`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{Format, Horizontal, Subject, Theme, Vertical};
use crate::color::Code;

/// The tables, read once.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../../data/lexicon.toml")).expect("data/lexicon.toml is a part of the program");
    Lexicon::from(file)
});

/// Each phrase with what it stands for; the file says what each table is.
pub(super) struct Lexicon {
    pub(super) formats: Vec<(String, Format)>,
    pub(super) colors: Vec<(String, u32)>,
    pub(super) subjects: Vec<(String, Subject)>,
    /// Whether the words may stand in a title comes with the theme.
    pub(super) themes: Vec<(String, (Theme, bool))>,
    pub(super) places: Vec<(String, Place)>,
    pub(super) words: Words,
}

/// Across and down, where a phrase says so.
type Place = (Option<Horizontal>, Option<Vertical>);

/// Words that stand for nothing but themselves.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Words {
    pub(super) shown_formats: BTreeSet<String>,
    pub(super) doubtful_colors: BTreeSet<String>,
    pub(super) instructions: BTreeSet<String>,
    pub(super) breaks: BTreeSet<String>,
    pub(super) joints: BTreeSet<String>,
    pub(super) french: BTreeSet<String>,
    pub(super) english: BTreeSet<String>,
    pub(super) days: BTreeSet<String>,
    pub(super) months: BTreeSet<String>,
}

#[derive(Deserialize)]
struct File {
    words: Words,
    formats: Vec<Entry<Format>>,
    colors: Vec<Entry<Code>>,
    subjects: Vec<Entry<Subject>>,
    themes: Vec<ThemeEntry>,
    places: Vec<PlaceEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry<T> {
    is: T,
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeEntry {
    is: Theme,
    #[serde(default)]
    title: Vec<String>,
    #[serde(default)]
    style: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceEntry {
    across: Option<Horizontal>,
    down: Option<Vertical>,
    words: Vec<String>,
}

/// A row for each phrase.
fn rows<T: Copy>(words: Vec<String>, value: T) -> impl Iterator<Item = (String, T)> {
    words.into_iter().map(move |phrase| (phrase, value))
}

fn table<T: Copy>(entries: Vec<Entry<T>>) -> Vec<(String, T)> {
    entries.into_iter().flat_map(|entry| rows(entry.words, entry.is)).collect()
}

impl From<File> for Lexicon {
    fn from(file: File) -> Self {
        let themes = file.themes.into_iter();
        let places = file.places.into_iter();
        Self {
            formats: table(file.formats),
            colors: table(file.colors).into_iter().map(|(phrase, Code(color))| (phrase, color)).collect(),
            subjects: table(file.subjects),
            themes: themes
                .flat_map(|entry| rows(entry.title, (entry.is, true)).chain(rows(entry.style, (entry.is, false))))
                .collect(),
            places: places.flat_map(|entry| rows(entry.words, (entry.across, entry.down))).collect(),
            words: file.words,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Of two phrases that match the same words, the place in the file would decide.
    #[test]
    fn no_phrase_stands_twice_in_a_table() {
        fn once<T>(table: &[(String, T)]) {
            let mut found: BTreeMap<String, &str> = BTreeMap::new();
            for (phrase, _) in table {
                let singular =
                    phrase.split(' ').map(|word| word.strip_suffix(['s', 'x']).unwrap_or(word)).collect::<Vec<_>>().join(" ");
                if let Some(before) = found.insert(singular, phrase) {
                    assert_eq!(before, phrase, "twice in a table");
                    panic!("{phrase} is twice in a table");
                }
            }
            assert!(!table.is_empty());
        }
        once(&LEXICON.formats);
        once(&LEXICON.colors);
        once(&LEXICON.themes);
        once(&LEXICON.places);
    }
}
