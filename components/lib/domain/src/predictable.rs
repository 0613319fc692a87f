//! Passwords that fall to the first guesses of a cracking program although no list has the very one: a few well-known words, runs of a
//! keyboard or of the alphabet, counted digits, years and repetitions, put together (`Summer-2024!`, `qwertyuiop123`, `P@ssw0rd1234`).
//! zxcvbn does this with dictionaries of a megabyte; of what has twelve characters, these few rules find most of what it finds.

/// Words that passwords begin with most often, in lower case, one a line, sorted.
const WORDS: &str = include_str!("../data/weak-words.txt");

/// Rows and columns of keyboards (QWERTY, AZERTY, QWERTZ, Russian), with and without shift, the alphabet, the digits. A run of one of them, or
/// backwards, counts as one part. The last ones are the ways across a block of digits.
const RUNS: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "012345678901234567890",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn,;:!",
    "qwertzuiop",
    "yxcvbnm",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
    "!@#$%^&*()_+",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "qazwsxedcrfvtgbyhnujmikolp",
    "zaqxswcdevfrbgtnhymjukilop",
    "1q2w3e4r5t6y7u8i9o0p",
    "qweasdzxcrtyfghvbn",
    "147258369",
    "147852369",
    "741852963",
    "7894561230",
    "159753",
    "159357",
    "142536",
];

/// What a part costs, a stray letter or digit as much; a sign between parts costs less.
const PART: u32 = 2;
const SEPARATOR: u32 = 1;
/// What a password may cost and still be predictable: three parts, or two and two separators.
const PREDICTABLE: u32 = 3 * PART;
/// The fewest characters of a run.
const SHORTEST_RUN: usize = 3;

/// Whether a password in lower case is nothing but a few predictable parts.
pub(crate) fn is_predictable(lower: &str) -> bool {
    let chars: Vec<char> = lower.chars().collect();
    // `112233445566` is `123456`, said in another way.
    let mut singly = chars.clone();
    singly.dedup();
    let stutters = singly.len() * 2 <= chars.len() && cost(&singly).is_some_and(|cost| cost + PART <= PREDICTABLE);
    if stutters || takes_turns(&chars) {
        return true;
    }
    match period(&chars) {
        Some(period) if period <= 4 => true,
        Some(period) => cost(chars.get(..period).unwrap_or_default()).is_some_and(|cost| cost + PART <= PREDICTABLE),
        None => cost(&chars).is_some_and(|cost| cost <= PREDICTABLE),
    }
}

/// Whether two runs, or a run and one character, take turns: `1a2b3c4d5e6f`, `102030405060`.
fn takes_turns(chars: &[char]) -> bool {
    (0..2).all(|from| {
        let half: Vec<char> = chars.iter().skip(from).step_by(2).copied().collect();
        let same = half.iter().all(|char| half.first() == Some(char));
        half.len() >= SHORTEST_RUN && (same || RUNS.iter().any(|row| run(&half, row) == half.len()))
    })
}

/// The length of what a text repeats, at least twice, if it does; the last time may break off.
fn period(chars: &[char]) -> Option<usize> {
    (1..=chars.len() / 2).find(|period| chars.iter().skip(*period).zip(chars).all(|(later, earlier)| later == earlier))
}

/// The least that parts cost which make up the whole text; `None` where there are none that do.
fn cost(chars: &[char]) -> Option<u32> {
    let mut least: Vec<Option<u32>> = vec![None; chars.len() + 1];
    if let Some(first) = least.first_mut() {
        *first = Some(0);
    }
    for start in 0..chars.len() {
        let (Some(so_far), Some(rest)) = (least.get(start).copied().flatten(), chars.get(start..)) else { continue };
        for (length, cost) in parts(rest) {
            if let Some(end) = least.get_mut(start + length) {
                let total = so_far + cost;
                *end = Some(end.map_or(total, |known| known.min(total)));
            }
        }
    }
    least.last().copied().flatten()
}

/// The parts that a text can begin with: their lengths and what they cost.
fn parts(rest: &[char]) -> Vec<(usize, u32)> {
    let mut found = Vec::new();
    found.extend(rest.first().map(|char| (1, if char.is_alphanumeric() { PART } else { SEPARATOR })));
    let words = WORDS.lines().filter(|word| begins(rest, word)).map(|word| word.chars().count());
    found.extend(words.map(|length| (length, PART)));
    let same = rest.iter().take_while(|char| rest.first() == Some(char)).count();
    let run = RUNS.iter().map(|row| run(rest, row)).max().unwrap_or(0);
    found.extend((SHORTEST_RUN..=same.max(run)).map(|length| (length, PART)));
    // A year, or a number of up to three digits.
    let digits = rest.iter().take_while(|char| char.is_ascii_digit()).count();
    found.extend((1..=digits.min(3)).map(|length| (length, PART)));
    if digits >= 4 && matches!(rest.get(..2), Some(['1', '9'] | ['2', '0'])) {
        found.push((4, PART));
    }
    found
}

/// Whether a text begins with a word, digits and signs in the place of letters notwithstanding.
fn begins(rest: &[char], word: &str) -> bool {
    let mut letters = word.chars();
    let same = rest.iter().zip(&mut letters).all(|(char, letter)| *char == letter || stands_for(*char, letter));
    same && letters.next().is_none()
}

fn stands_for(char: char, letter: char) -> bool {
    matches!(
        (char, letter),
        ('@' | '4', 'a')
            | ('8', 'b')
            | ('3' | 'é' | 'è', 'e')
            | ('1' | '!', 'i' | 'l')
            | ('0', 'o')
            | ('5' | '$', 's')
            | ('7', 't')
            | ('ç', 'c')
    )
}

/// How many characters of a text run along a row, in either direction.
fn run(rest: &[char], row: &str) -> usize {
    let row: Vec<char> = row.chars().collect();
    let along = |row: &[char]| {
        let starts = 0..row.len();
        starts.map(|start| row.iter().skip(start).zip(rest).take_while(|(one, other)| one == other).count()).max().unwrap_or(0)
    };
    let backwards: Vec<char> = row.iter().rev().copied().collect();
    along(&row).max(along(&backwards))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_parts_that_everybody_tries_are_predictable() {
        for text in [
            "summer-2024!",
            "qwertyuiop123",
            "p@ssw0rd1234",
            "iloveyou1234",
            "michael19881988",
            "123456qwerty",
            "azertyuiop12",
            "1q2w3e4r5t6y",
            "zaq12wsxcde3",
            "!@#$%^&*()_+",
            "987654321abc",
            "monkeymonkey",
            "lovelovelove",
            "passwordpasswordpass",
            "welcome2026!!!",
            "aaaabbbbcccc",
            "abcdefghijkl",
            "йцукенгшщзхъ",
            "motdepasse123",
            "asknpic12345",
            "112233445566",
            "111222333444",
            "102030405060",
            "010203040506",
            "1a2b3c4d5e6f",
            "1q2q3q4q5q6q",
            "a1a2a3a4a5a6",
            "1324354657687980",
            "147852369147",
            "123456654321a",
            "xsunshine2026",
        ] {
            assert!(is_predictable(text), "{text}");
        }
    }

    #[test]
    fn what_has_something_of_ones_own_is_not() {
        for text in [
            "correct horse battery",
            "correct horse battery staple",
            "éàüöçñ-éàüöç",
            "monkey dragon sunshine",
            "summer rain on tin",
            "my dog ate 14 hats",
            "482915730264",
            "#%&/=?*;:_-!",
            "kx7vq2mzp9wd",
            "grüezi, wält 2026!",
            "a new password, long enough",
            "quite another password",
            "testpassword1",
            "aabbcxyyzzkq",
            "1x2y3z9a8b7q",
        ] {
            assert!(!is_predictable(text), "{text}");
        }
    }

    #[test]
    fn words_are_lower_case_and_sorted() {
        let words: Vec<&str> = WORDS.lines().collect();
        assert!(words.len() > 300 && words.is_sorted());
        assert!(words.iter().all(|word| word.len() >= 3 && word.chars().all(|char| char.is_ascii_lowercase())));
    }

    #[test]
    fn the_longest_password_is_looked_at_like_any_other() {
        // Each place can begin parts of every length; what repeats is looked at once.
        for (text, predictable) in [
            ("1".repeat(128), true),
            ("1234567890".repeat(12), true),
            ("12x3y45z".repeat(16), false),
            ("0123456789abcdef".repeat(8), true),
        ] {
            assert_eq!(is_predictable(&text), predictable, "{text}");
        }
    }
}
