//! Letters without accents, for comparing words and for measuring them.

/// The letter without its accent, where it is one of western Europe; typographic punctuation becomes ASCII's.
pub(crate) fn letter(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ý' | 'ÿ' => 'y',
        'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' => 'A',
        'Ç' => 'C',
        'È' | 'É' | 'Ê' | 'Ë' => 'E',
        'Ì' | 'Í' | 'Î' | 'Ï' => 'I',
        'Ñ' => 'N',
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' | 'Ø' => 'O',
        'Ù' | 'Ú' | 'Û' | 'Ü' => 'U',
        'œ' | 'æ' => 'm',
        'Œ' | 'Æ' => 'M',
        '’' | '‘' => '\'',
        '–' | '−' => '-',
        '·' => '.',
        '\u{a0}' | '\u{202f}' => ' ',
        c => c,
    }
}

/// A word in lower case without accents; `œ` and `æ` as two letters.
pub(crate) fn word(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            c => folded.push(letter(c)),
        }
    }
    folded
}

/// Whether a character can be shown by the bundled fonts or is at least writing: no control, invisible or pictorial character.
pub(crate) fn is_text(c: char) -> bool {
    !(c.is_control()
        || matches!(u32::from(c),
            0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x2190..=0x21ff | 0x2300..=0x2bff | 0xd800..=0xf8ff
            | 0xfe00..=0xfe0f | 0xfeff | 0xfff0..=0xffff | 0x1_f000..=0x1_ffff | 0xe_0000..=0x10_ffff))
}

/// A text with single spaces, without what cannot be shown, of at most so many characters and whole words.
pub(crate) fn tidy(text: &str, most: usize) -> String {
    let shown: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| is_text(*c)).collect();
    let mut tidy = String::new();
    let mut count = 0;
    for word in shown.split_whitespace() {
        let length = word.chars().count() + usize::from(count > 0);
        if count + length > most {
            if count == 0 {
                tidy.extend(word.chars().take(most));
            }
            break;
        }
        if count > 0 {
            tidy.push(' ');
        }
        tidy.push_str(word);
        count += length;
    }
    tidy
}

/// As a typesetter writes it: curly apostrophes, a dash that is a minus, dots that are an ellipsis; in French with the space that
/// amounts and high punctuation have before them.
pub(crate) fn set(text: &str, french: bool) -> String {
    let mut set = String::with_capacity(text.len());
    let text = text.replace("...", "…");
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let digit_next = chars.peek().is_some_and(char::is_ascii_digit);
        let spaced = match c {
            '%' | '€' => before.is_ascii_digit(),
            '!' | '?' => before.is_alphanumeric(),
            _ => false,
        };
        if french && spaced {
            set.push('\u{a0}');
        }
        set.push(match c {
            '\'' if before.is_alphanumeric() || before == ' ' => '’',
            '-' if before == ' ' && digit_next => '−',
            c => c,
        });
        before = c;
    }
    bind(&set)
}

/// With no-break spaces where a line must not end: in amounts, inside guillemets and before French punctuation, after `&`.
fn bind(text: &str) -> String {
    let mut bound = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        let binds = matches!(after, '€' | '$' | '£' | '%' | '?' | '!' | ':' | ';' | '»') || matches!(before, '«' | '&');
        bound.push(if c == ' ' && binds { '\u{a0}' } else { c });
        before = c;
    }
    bound
}

/// With its first letter in upper case.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::{bind, set};

    #[test]
    fn type_is_set_as_each_language_has_it() {
        assert_eq!(set("Feu d'artifice... à 5€ !", true), "Feu d’artifice… à 5\u{a0}€\u{a0}!");
        assert_eq!(set("Sale -50% on rock 'n roll", false), "Sale −50% on rock ’n roll");
        assert_eq!(set("Soldes -50%, oui!", true), "Soldes −50\u{a0}%, oui\u{a0}!");
        assert_eq!(set("10-12 June", false), "10-12 June");
    }

    #[test]
    fn amounts_and_punctuation_keep_to_their_words() {
        assert_eq!(bind("Anna & Paul à 35 € « Oui ! »"), "Anna &\u{a0}Paul à 35\u{a0}€ «\u{a0}Oui\u{a0}!\u{a0}»");
        assert_eq!(bind("plain words"), "plain words");
    }
}
