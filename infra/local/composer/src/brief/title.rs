//! A title distilled from what a brief says besides its instructions.

use super::{
    fold,
    lexicon::LEXICON,
    token::{self, Token, Use},
};

/// What a word is that no table of colours, themes or details knows.
pub(super) fn role(folded: &str) -> Use {
    let single = folded.strip_suffix(['s', 'x']).unwrap_or(folded);
    let words = &LEXICON.words;
    if words.instructions.contains(folded) || words.instructions.contains(single) {
        Use::Instruction
    } else if words.breaks.contains(folded) {
        Use::Break
    } else if words.joints.contains(folded) {
        Use::Joint
    } else {
        Use::Open
    }
}

/// The text after `title:` or its like, whose words are then no longer read.
pub(super) fn labelled(text: &str, tokens: &mut [Token]) -> Vec<String> {
    label(text, tokens).map(|(label, author)| std::iter::once(label).chain(author).collect()).unwrap_or_default()
}

/// The label, and of a quotation who said it.
fn label(text: &str, tokens: &mut [Token]) -> Option<(String, Option<String>)> {
    let at = tokens.iter().position(|token| {
        matches!(
            token.folded.as_str(),
            "title"
                | "titre"
                | "quote"
                | "citation"
                | "text"
                | "texte"
                | "called"
                | "intitule"
                | "intitulee"
                | "named"
                | "nomme"
                | "nommee"
                | "appele"
                | "appelee"
        )
    })?;
    let token = tokens.get(at)?;
    let after = text.get(token.end..)?;
    let mut start = after.trim_start();
    // `Quote of the day: …`.
    for words in ["of the day", "of the week", "of the month", "du jour", "de la semaine", "du mois"] {
        start = start.strip_prefix(words).map_or(start, str::trim_start);
    }
    let verb = matches!(
        token.folded.as_str(),
        "called" | "intitule" | "intitulee" | "named" | "nomme" | "nommee" | "appele" | "appelee"
    );
    let start = match start.strip_prefix(':') {
        Some(rest) => rest,
        None if verb => start,
        None => return None,
    };
    let whole = matches!(token.folded.as_str(), "quote" | "citation");
    let end = if whole { start.find(['\n', '|']) } else { start.find(['\n', '|', ',', ';', '.']) };
    let mut label = start.get(..end.unwrap_or(start.len()))?;
    if verb {
        // `a café called Lune with warm colours`
        let bound = [" with ", " avec ", " in ", " en ", " on ", " sur ", " for ", " pour "]
            .iter()
            .filter_map(|word| label.find(word))
            .min();
        label = label.get(..bound.unwrap_or(label.len()))?;
    }
    let label = label.trim();
    let from = text.len() - start.len();
    let to = from + start.find(label).unwrap_or(0) + label.len();
    for token in tokens.iter_mut().skip(at).filter(|token| token.start < to) {
        token.role = Use::Detail;
    }
    let (label, author) = if whole { spoken(label) } else { (label, None) };
    (!label.is_empty()).then(|| (label.to_owned(), author.map(str::to_owned)))
}

/// A quotation without marks, and the name after it: `… always through. Robert Frost`.
fn spoken(text: &str) -> (&str, Option<&str>) {
    let ends = [". ", "! ", "? ", " - ", " – ", " — ", ", by ", " by ", ", de ", " (", ", "];
    let cut = ends.iter().filter_map(|end| text.rfind(end).map(|at| (at, *end)));
    let named = cut.filter_map(|(at, end)| {
        let author = text.get(at + end.len()..)?.trim_matches([' ', ')', '.']);
        let words: Vec<&str> = author.split_whitespace().collect();
        let capital = |word: &&str| word.starts_with(char::is_uppercase) || matches!(*word, "de" | "da" | "von" | "van" | "la");
        let name = (1..=4).contains(&words.len()) && words.iter().all(capital);
        let kept = at + usize::from(end.starts_with(['.', '!', '?']));
        name.then(|| (text.get(..kept).unwrap_or(text).trim(), author))
    });
    let longest = named.max_by_key(|(_, author)| author.len());
    longest.map_or((text, None), |(text, author)| (text, Some(author)))
}

/// The name on a card: capitals in a row, after the first word, where a card or a professional's banner is asked for.
pub(super) fn person(text: &str, tokens: &mut [Token]) -> Option<String> {
    let has = |words: &str| (0..tokens.len()).any(|at| token::matches(tokens, at, words).is_some());
    if !["carte de visite", "business card", "visiting card", "linkedin"].into_iter().any(has) {
        return None;
    }
    let capital = |at: usize| {
        let token = tokens.get(at)?;
        let word = text.get(token.start..token.end)?;
        let known = LEXICON.words.days.contains(&token.folded) || matches!(token.folded.as_str(), "linkedin" | "instagram");
        (at > 0 && word.starts_with(char::is_uppercase) && !known).then_some(token)
    };
    let first = (1..tokens.len()).find(|at| capital(*at).is_some() && capital(at + 1).is_some_and(|next| !next.clause))?;
    let count = (first + 1..tokens.len()).take_while(|at| capital(*at).is_some_and(|token| !token.clause)).count().min(3);
    let name = text.get(tokens.get(first)?.start..tokens.get(first + count)?.end)?.to_owned();
    for token in tokens.iter_mut().skip(first).take(count + 1) {
        token.role = Use::Detail;
    }
    Some(name)
}

/// `which takes place on` is no part of a title.
pub(super) fn takes_place(tokens: &mut [Token]) {
    for at in 0..tokens.len() {
        if token::matches(tokens, at, "take place").is_some() || token::matches(tokens, at, "taking place").is_some() {
            for token in tokens.iter_mut().skip(at).take(2) {
                token.role = Use::Instruction;
            }
        }
    }
}

/// Several short things in a row make one line: `Clothes · Toys · Books`.
pub(super) fn listed(mut found: Vec<String>) -> Vec<String> {
    let short = |text: &String| text.split(' ').count() <= 2;
    let things: Vec<String> = found.iter().skip(1).filter(|text| short(text)).take(4).cloned().collect();
    if things.len() > 1 {
        found.truncate(1);
        found.push(things.join(" · "));
    }
    found
}

/// Runs of words that are neither instructions nor details, written as a title.
pub(super) fn candidates(text: &str, tokens: &[Token], french: bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut run: Vec<usize> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        // What follows a date or a place is another thought.
        let last = at.checked_sub(1).and_then(|last| tokens.get(last));
        let new = token.role == Use::Open && last.is_some_and(|last| last.role == Use::Detail);
        let ends = token.clause || new || (token.role == Use::Break && !joins(tokens, at));
        if ends {
            found.extend(written(text, tokens, &run, french));
            run.clear();
        }
        let instruction = matches!(token.role, Use::Instruction | Use::Detail);
        if !instruction && (!ends || token.role != Use::Break) {
            run.push(at);
        }
    }
    found.extend(written(text, tokens, &run, french));
    let mut known: Vec<String> = Vec::new();
    found.retain(|text| {
        let folded = fold::word(text);
        let new = !known.contains(&folded);
        known.push(folded);
        new
    });
    found
}

/// Whether a breaking word stands inside a name: `Blues on the River`, `Made in France`.
fn joins(tokens: &[Token], at: usize) -> bool {
    let word = tokens.get(at).map_or("", |token| token.folded.as_str());
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    let open = before.is_some_and(|token| token.role == Use::Open);
    let next = tokens.iter().skip(at + 1).find(|token| token.role != Use::Joint || token.clause);
    open && !matches!(word, "with" | "avec" | "using" | "that" | "qui" | "dont" | "featuring")
        && next.is_some_and(|token| token.role == Use::Open && !token.clause)
}

fn written(text: &str, tokens: &[Token], run: &[usize], french: bool) -> Option<String> {
    let open = |at: &&usize| tokens.get(**at).is_some_and(|token| token.role == Use::Open);
    let first = run.iter().position(|at| open(&at))?;
    let last = run.iter().rposition(|at| open(&at))?;
    let mut words = String::new();
    let mut before: Option<usize> = None;
    for &at in run.get(first..=last)? {
        let token = tokens.get(at)?;
        let word = text.get(token.start..token.end)?;
        let elided = words.ends_with(['\'', '’']);
        match before.and_then(|before| tokens.get(before)) {
            // What stood between neighbours stays, but for lines' ends.
            Some(left) if before.is_some_and(|before| before + 1 == at) => {
                let gap = text.get(left.end..token.start)?;
                words.push_str(if gap.trim().is_empty() { if gap.is_empty() { "" } else { " " } } else { gap });
            }
            Some(_) if !elided => words.push(' '),
            _ => {}
        }
        // After an elision a dropped word leaves nothing to join.
        let minor = token.role != Use::Open;
        if french || minor || word.chars().any(char::is_uppercase) {
            words.push_str(word);
        } else {
            words.push_str(&fold::capital(word));
        }
        before = Some(at);
    }
    let title = fold::tidy(&fold::capital(&words), 64);
    // A theme alone, after the first thought, says how it should look.
    let themes = run.iter().filter_map(|at| tokens.get(*at)).filter(|token| token.role == Use::Open).all(|token| token.theme);
    let first = run.first().is_some_and(|at| tokens.iter().take(*at).all(|token| token.role != Use::Open));
    (title.chars().filter(|c| c.is_alphanumeric()).count() > 1 && (first || !themes)).then_some(title)
}

/// Every word with a capital.
pub(super) fn title_case(text: &str) -> String {
    text.split(' ').map(fold::capital).collect::<Vec<String>>().join(" ")
}
