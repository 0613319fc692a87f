//! How much a brief asks for, 0 to 100, before the model runs (promise a11).
//!
//! Deterministic and explainable: a sum of five parts, each of which is returned by a code and a number. The reasons hold no
//! text of the brief (promise a14).
//!
//! | code | measures | points |
//! | --- | --- | --- |
//! | `length` | words, up to 200 | 0 to 25 |
//! | `texts` | texts in quotation marks | 5 each, up to 25 |
//! | `constraints` | figures, dates, places, sizes: words that fix something | 2 each, up to 20 |
//! | `colours` | colours named or given in hex | 3 each, up to 12 |
//! | `structure` | lines and list items beyond the first | 3 each, up to 18 |

use serde::Serialize;

/// One part of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// A code of the table above.
    pub code: &'static str,
    /// How many were found.
    pub count: u32,
    /// What they add to the score.
    pub points: u32,
}

/// A score and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complexity {
    /// 0 to 100.
    pub score: u32,
    /// The parts that added something.
    pub reasons: Vec<Reason>,
}

/// Words that fix where or how something is, in English and French.
const PLACES: [&str; 36] = [
    "top",
    "bottom",
    "left",
    "right",
    "centre",
    "center",
    "centered",
    "middle",
    "corner",
    "above",
    "below",
    "under",
    "between",
    "behind",
    "around",
    "beside",
    "diagonal",
    "grid",
    "column",
    "columns",
    "haut",
    "bas",
    "gauche",
    "droite",
    "milieu",
    "coin",
    "dessus",
    "dessous",
    "sous",
    "entre",
    "derrière",
    "autour",
    "grille",
    "colonne",
    "colonnes",
    "diagonale",
];

/// Colour words, in English and French.
const COLOURS: [&str; 44] = [
    "black",
    "white",
    "red",
    "green",
    "blue",
    "yellow",
    "orange",
    "purple",
    "pink",
    "brown",
    "grey",
    "gray",
    "gold",
    "golden",
    "silver",
    "navy",
    "teal",
    "turquoise",
    "beige",
    "cream",
    "violet",
    "burgundy",
    "coral",
    "mint",
    "noir",
    "blanc",
    "rouge",
    "vert",
    "bleu",
    "jaune",
    "rose",
    "marron",
    "gris",
    "or",
    "doré",
    "argent",
    "marine",
    "crème",
    "bordeaux",
    "corail",
    "menthe",
    "noire",
    "blanche",
    "verte",
];

/// Scores a brief.
#[must_use]
pub fn score(brief: &str) -> Complexity {
    let words: Vec<String> = brief
        .split(|c: char| !(c.is_alphanumeric() || c == '#'))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let among = |list: &[&str]| count(words.iter().filter(|word| list.contains(&word.as_str())));
    let hex = count(words.iter().filter(|word| is_hex_colour(word)));
    let figures = count(words.iter().filter(|word| word.chars().any(|c| c.is_ascii_digit()) && !is_hex_colour(word)));
    let lines = count(brief.lines().filter(|line| !line.trim().is_empty())).saturating_sub(1);
    let length = u32::try_from(words.len().min(200)).unwrap_or(200);

    let parts = [
        Reason { code: "length", count: count(words.iter()), points: length / 8 },
        part("texts", quoted(brief), 5, 25),
        part("constraints", figures + among(&PLACES), 2, 20),
        part("colours", hex + among(&COLOURS), 3, 12),
        part("structure", lines, 3, 18),
    ];
    let reasons: Vec<Reason> = parts.into_iter().filter(|reason| reason.points > 0).collect();
    Complexity { score: reasons.iter().map(|reason| reason.points).sum(), reasons }
}

fn part(code: &'static str, count: u32, each: u32, most: u32) -> Reason {
    Reason { code, count, points: count.saturating_mul(each).min(most) }
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

fn is_hex_colour(word: &str) -> bool {
    word.strip_prefix('#').is_some_and(|digits| matches!(digits.len(), 3 | 6) && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Texts between paired quotation marks, straight, curly or angled.
fn quoted(brief: &str) -> u32 {
    let pairs = |open: char, close: char| count(brief.matches(open)).min(count(brief.matches(close)));
    count(brief.matches('"')) / 2 + pairs('“', '”') + pairs('«', '»')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn promise_a11_more_asked_for_scores_higher() {
        let [short, usual, long] = [
            "a logo",
            "Poster for a jazz night, navy and gold, \"Blue Hour\", title top left, 12 December",
            "Menu:\n- \"Soup of the day\" 8.50\n- \"Risotto\" 16\n- \"Tarte Tatin\" 7\nTwo columns, cream and #7a1f2b, logo top right, \
             «Chez Lucie» in the centre, opening hours at the bottom: 11-14, 18-22, closed on Monday",
        ]
        .map(|brief| score(brief).score);
        assert!(short < usual && usual < long && long <= 100, "{short} {usual} {long}");
        assert_eq!(score("").score, 0);
    }

    #[test]
    fn promise_a14_reasons_are_codes_and_numbers() {
        let reasons = serde_json::to_string(&score("Anna's wedding, \"Anna & Paul\", 3 June").reasons).expect("json");
        assert!(!reasons.contains("Anna") && reasons.contains("\"texts\""), "{reasons}");
    }

    proptest! {
        #[test]
        fn every_text_has_a_score_within_bounds(brief in ".{0,500}") {
            let found = score(&brief);
            prop_assert!(found.score <= 100);
            prop_assert_eq!(score(&brief), found);
        }
    }
}
