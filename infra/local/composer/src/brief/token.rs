//! A brief as words with their places.

use super::fold;

/// What a word has been found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Not known: what a title is made of.
    Open,
    /// A joining word that a title neither begins nor ends with.
    Joint,
    /// A joining word that begins a new thought: `with`.
    Break,
    /// Meant for whoever makes the picture: formats, colours, moods, placements.
    Instruction,
    /// A date, time, price or place: shown, on its own.
    Detail,
}

/// A word or a number.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// In lower case, without accents.
    pub(super) folded: String,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) role: Use,
    /// Whether punctuation or a line's end stands between this and the word before.
    pub(super) clause: bool,
    /// Whether it names a theme.
    pub(super) theme: bool,
}

/// The words of a text. Numbers keep what joins their digits (`20:30`, `12/12/2026`), words their hyphens; an apostrophe ends a
/// word and belongs to it (`l'`).
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut clause = true;
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if !(c.is_alphanumeric() || matches!(c, '€' | '$' | '£' | '%' | '&')) {
            clause |= matches!(c, ',' | ';' | ':' | '.' | '!' | '?' | '\n' | '(' | ')' | '–' | '—' | '|' | '/' | '"' | '«' | '»');
            // A hyphen between spaces is a dash.
            clause |= c == '-' && chars.peek().is_some_and(|(_, next)| next.is_whitespace());
            continue;
        }
        let mut end = start + c.len_utf8();
        let mut last = c;
        while let Some(&(at, next)) = chars.peek() {
            let after = || text.get(at + next.len_utf8()..).and_then(|rest| rest.chars().next());
            let joins = if matches!(c, '€' | '$' | '£') {
                next.is_ascii_digit() || (matches!(next, '.' | ',') && after().is_some_and(|c| c.is_ascii_digit()))
            } else if matches!(c, '%' | '&') {
                false
            } else if next.is_alphanumeric() {
                true
            } else if matches!(next, '%' | '€' | '$' | '£') {
                last.is_ascii_digit()
            } else if matches!(next, ':' | '/' | '.' | ',') {
                last.is_ascii_digit() && after().is_some_and(|c| c.is_ascii_digit())
            } else if matches!(next, '-' | '×' | '@') {
                last.is_alphanumeric() && after().is_some_and(char::is_alphanumeric)
            } else if matches!(next, '\'' | '’') {
                last.is_alphabetic() && after().is_some_and(char::is_alphabetic)
            } else {
                false
            };
            if !joins {
                break;
            }
            chars.next();
            end = at + next.len_utf8();
            last = next;
            // French elision: l'été is two words; English 's stays.
            if matches!(next, '\'' | '’') {
                let rest = text.get(end..).unwrap_or_default();
                let tail = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                if !matches!(tail, "s" | "t" | "re" | "ll" | "ve" | "d" | "m") {
                    break;
                }
            }
        }
        let folded = fold::word(text.get(start..end).unwrap_or_default());
        found.push(Token { folded, start, end, role: Use::Open, clause, theme: false });
        clause = false;
    }
    found
}

/// How many of the tokens from `at` on are the words of `phrase`; plurals count as their singular.
pub(super) fn matches(tokens: &[Token], at: usize, phrase: &str) -> Option<usize> {
    let mut count = 0;
    for word in phrase.split(' ') {
        let token = tokens.get(at + count)?;
        if count > 0 && token.clause {
            return None;
        }
        let plain = token.folded.as_str();
        let single = plain.strip_suffix(['s', 'x']).unwrap_or(plain);
        if plain != word && single != word {
            return None;
        }
        count += 1;
    }
    Some(count)
}

/// The longest phrase of a table that begins at a token.
pub(super) fn longest<T: Copy>(tokens: &[Token], at: usize, table: &[(String, T)]) -> Option<(usize, T)> {
    table
        .iter()
        .filter_map(|(phrase, value)| matches(tokens, at, phrase).map(|count| (count, *value)))
        .max_by_key(|(count, _)| *count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.folded).collect()
    }

    #[test]
    fn numbers_keep_their_signs() {
        assert_eq!(words("le 12/12/2026 à 20:30, 12,50€ (ou $15)"), ["le", "12/12/2026", "a", "20:30", "12,50€", "ou", "$15"]);
        assert_eq!(words("-20% on 3-course"), ["20%", "on", "3-course"]);
    }

    #[test]
    fn elisions_are_words_of_their_own() {
        assert_eq!(words("l’été d'Anna"), ["l'", "ete", "d'", "anna"]);
        assert_eq!(words("Anna's café"), ["anna's", "cafe"]);
    }

    #[test]
    fn a_phrase_does_not_cross_punctuation() {
        let tokens = tokens("business cards, business, card");
        assert_eq!(matches(&tokens, 0, "business card"), Some(2));
        assert_eq!(matches(&tokens, 2, "business card"), None);
    }
}
