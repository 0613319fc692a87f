//! Dates, times, places, prices, contacts and price-list items.

use super::{
    Brief, LINE, fold,
    lexicon::LEXICON,
    token::{self, Token, Use, tokens},
};

/// Takes addresses and numbers out of a text.
pub(super) fn take_contacts(text: &str, contacts: &mut Vec<String>) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut digits: Vec<&str> = Vec::new();
    for chunk in text.split_inclusive(char::is_whitespace) {
        let word = chunk.trim().trim_matches([',', ';', '(', ')', '.', ':']);
        let folded = word.to_lowercase();
        let address = (folded.contains('@') && folded.contains('.') && folded.len() > 5)
            || folded.starts_with("www.")
            || folded.starts_with("http")
            || [".com", ".fr", ".org", ".net", ".io", ".eu", ".be", ".ch", ".co"]
                .iter()
                .any(|end| folded.ends_with(end) && folded.len() > end.len() + 1);
        let number = !word.is_empty()
            && word.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '.' | '-' | '(' | ')'))
            && (word.starts_with(['+', '0']) || !digits.is_empty());
        if address && contacts.len() < 4 {
            contacts.push(fold::tidy(word, LINE));
            rest.push_str(" | ");
        } else if number {
            digits.push(chunk);
            if chunk.trim_end().ends_with([',', ';']) || chunk.ends_with('\n') {
                phone(&mut digits, contacts, &mut rest);
            }
        } else {
            phone(&mut digits, contacts, &mut rest);
            rest.push_str(chunk);
        }
    }
    phone(&mut digits, contacts, &mut rest);
    rest
}

/// Ends a run of numbers: a telephone number, or no contact at all.
fn phone(chunks: &mut Vec<&str>, contacts: &mut Vec<String>, rest: &mut String) {
    let text: String = chunks.concat();
    let count = text.chars().filter(char::is_ascii_digit).count();
    let bound = text.trim().trim_end_matches([',', ';', '.']);
    if (9..=14).contains(&count) && contacts.len() < 4 {
        contacts.push(fold::tidy(bound, LINE));
        rest.push_str(" | ");
    } else {
        rest.push_str(&text);
    }
    chunks.clear();
}

/// Lines that name something and end with its price.
pub(super) fn items(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in text.split(['\n', ';', '|']).flat_map(|line| line.split(", ")) {
        // What introduces a list ends with a colon.
        let line = line.rsplit(':').next().unwrap_or(line);
        let all = tokens(line);
        let Some((at, count)) = (0..all.len()).find_map(|at| amount(&all, at).map(|count| (at, count))) else { continue };
        let (Some(first), Some(last)) = (all.get(at), all.get(at + count - 1)) else { continue };
        let name = line.get(..first.start).unwrap_or_default().trim_matches(|c: char| !c.is_alphanumeric() && c != ')');
        let name = fold::tidy(name, 60);
        if !name.is_empty() && found.len() < 12 {
            found.push((fold::capital(&name), fold::tidy(line.get(first.start..last.end).unwrap_or_default(), 20)));
        }
    }
    found
}

/// Marks and keeps every detail.
pub(super) fn take(text: &str, tokens: &mut [Token], brief: &mut Brief) {
    let slice = |tokens: &[Token], at: usize, count: usize| {
        let (start, end) =
            (tokens.get(at).map_or(0, |token| token.start), tokens.get(at + count - 1).map_or(0, |token| token.end));
        fold::capital(&fold::tidy(text.get(start..end).unwrap_or_default(), LINE))
    };
    let mut at = 0;
    while at < tokens.len() {
        let (count, kept) = if let Some(count) = date(tokens, at) {
            (count, &mut brief.date)
        } else if let Some(count) = time(tokens, at) {
            (count, &mut brief.time)
        } else if let Some(count) = price(tokens, at) {
            (count, &mut brief.price)
        } else if let Some((skip, count)) = place(text, tokens, at) {
            // The preposition goes, what it introduces stays.
            for token in tokens.iter_mut().skip(at).take(skip) {
                token.role = Use::Detail;
            }
            at += skip;
            (count, &mut brief.place)
        } else {
            at += 1;
            continue;
        };
        let text = slice(tokens, at, count);
        if kept.is_empty() {
            *kept = text;
        } else if kept.chars().count() + text.chars().count() < 60 {
            kept.push_str(" · ");
            kept.push_str(&text);
        }
        for token in tokens.iter_mut().skip(at).take(count) {
            token.role = Use::Detail;
        }
        // `on`, `le`, `at`, `à`, `dès` before it belong to it.
        if let Some(before) = at.checked_sub(1).and_then(|before| tokens.get_mut(before))
            && matches!(
                before.folded.as_str(),
                "on" | "le"
                    | "the"
                    | "at"
                    | "a"
                    | "from"
                    | "de"
                    | "this"
                    | "ce"
                    | "for"
                    | "du"
                    | "to"
                    | "au"
                    | "depart"
                    | "start"
                    | "doors"
                    | "des"
            )
        {
            before.role = Use::Detail;
        }
        at += count;
    }
}

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.folded.as_str())
}

fn is_day_number(word: &str) -> bool {
    let digits = ["st", "nd", "rd", "th", "er"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
    let within = |part: &str| part.len() <= 2 && part.parse::<u32>().is_ok_and(|day| (1..=31).contains(&day));
    match digits.split_once('-') {
        Some((from, to)) => within(from) && within(to),
        None => within(digits),
    }
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && word.parse::<u32>().is_ok_and(|year| (1900..2100).contains(&year))
}

fn date(tokens: &[Token], at: usize) -> Option<usize> {
    let mut next = at;
    let weekday = LEXICON.words.days.contains(word(tokens, at));
    if weekday {
        next += 1;
        if matches!(word(tokens, next), "the" | "le") {
            next += 1;
        }
    }
    let month = |at: usize| LEXICON.words.months.contains(word(tokens, at));
    if is_day_number(word(tokens, next)) {
        let mut last = next + 1;
        // `12 and 13 June`, `du 12 au 14 juin`.
        if matches!(word(tokens, last), "and" | "et" | "au" | "to" | "&") && is_day_number(word(tokens, last + 1)) {
            last += 2;
        }
        if matches!(word(tokens, last), "of" | "de") {
            last += 1;
        }
        if month(last) {
            let year = usize::from(is_year(word(tokens, last + 1)));
            return Some(last + 1 + year - at);
        }
    }
    if month(next) && is_day_number(word(tokens, next + 1)) {
        let year = usize::from(is_year(word(tokens, next + 2)));
        return Some(next + 2 + year - at);
    }
    if month(next) && is_year(word(tokens, next + 1)) {
        return Some(next + 2 - at);
    }
    let numeric = word(tokens, next);
    let parts: Vec<&str> = numeric.split(['/', '.', '-']).collect();
    let all = parts.iter().all(|part| part.parse::<u32>().is_ok());
    let slashed = numeric.contains('/') && parts.len() == 2 && parts.iter().all(|part| is_day_number(part));
    let full = parts.len() == 3 && (is_year(parts.first()?) || parts.get(2).is_some_and(|year| is_year(year) || year.len() == 2));
    if all && (full || slashed) {
        return Some(next + 1 - at);
    }
    // A weekday alone, where it does not belong to a name such as `Sunday Market`.
    let alone = weekday
        && word(tokens, at).len() > 3
        && (matches!(
            at.checked_sub(1).map_or("", |before| word(tokens, before)),
            "on" | "this" | "every" | "ce" | "chaque" | "le" | "next"
        ) || tokens.get(at + 1).is_none_or(|after| after.clause)
            || time(tokens, at + 1).is_some()
            || (matches!(word(tokens, at + 1), "at" | "a") && time(tokens, at + 2).is_some()));
    alone.then_some(1)
}

fn time(tokens: &[Token], at: usize) -> Option<usize> {
    let count = clock(tokens, at)?;
    // A range.
    if matches!(word(tokens, at + count), "to" | "a" | "until" | "-") && !tokens.get(at + count)?.clause {
        let end = clock(tokens, at + count + 1).unwrap_or(0);
        if end > 0 {
            return Some(count + 1 + end);
        }
    }
    Some(count)
}

fn clock(tokens: &[Token], at: usize) -> Option<usize> {
    let text = word(tokens, at);
    let hour = |text: &str| text.len() <= 2 && text.parse::<u32>().is_ok_and(|hour| hour < 25);
    let minutes = |text: &str| text.len() == 2 && text.parse::<u32>().is_ok_and(|minute| minute < 60);
    let one = |text: &str| {
        let (body, suffix) = match text.strip_suffix("am").or_else(|| text.strip_suffix("pm")) {
            Some(body) => (body, true),
            None => (text, false),
        };
        match body.split_once([':', 'h', '.']) {
            Some((h, "")) => body.contains('h') && hour(h),
            Some((h, m)) => hour(h) && minutes(m) && (!body.contains('.') || suffix),
            None => suffix && hour(body),
        }
    };
    if one(text) || text.split_once('-').is_some_and(|(from, to)| one(to) && (one(from) || hour(from))) {
        return Some(1 + usize::from(matches!(word(tokens, at + 1), "am" | "pm")));
    }
    (hour(text) && matches!(word(tokens, at + 1), "am" | "pm" | "h" | "heures" | "o'clock")).then_some(2)
}

fn price(tokens: &[Token], at: usize) -> Option<usize> {
    // `entrée 5 €`.
    if matches!(word(tokens, at), "entree" | "entry" | "admission" | "tarif" | "ticket" | "tickets" | "billet")
        && tokens.get(at + 1).is_some_and(|next| !next.clause)
        && let Some(count) = amount(tokens, at + 1)
    {
        return Some(count + 1);
    }
    amount(tokens, at)
}

fn amount(tokens: &[Token], at: usize) -> Option<usize> {
    let text = word(tokens, at);
    let amount = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
    if text.strip_prefix(['€', '$', '£']).or_else(|| text.strip_suffix(['€', '$', '£'])).is_some_and(amount) {
        return Some(1);
    }
    // `12€50`.
    if text.split_once('€').is_some_and(|(euros, cents)| amount(euros) && amount(cents)) {
        return Some(1);
    }
    let next = word(tokens, at + 1);
    if amount(text) && matches!(next, "€" | "$" | "£" | "euro" | "euros" | "eur" | "dollar" | "dollars" | "pounds" | "chf") {
        return Some(2);
    }
    match (text, next) {
        ("free", "entry" | "admission" | "entrance") | ("entree", "libre" | "gratuite") => Some(2),
        ("gratuit", _) => Some(1),
        _ => None,
    }
}

/// How many words introduce a place, and how many it has.
fn place(text: &str, tokens: &[Token], at: usize) -> Option<(usize, usize)> {
    let capital = |at: usize| {
        tokens.get(at).is_some_and(|token| {
            token.role == Use::Open
                && !token.clause
                && text.get(token.start..).is_some_and(|rest| rest.starts_with(char::is_uppercase))
        })
    };
    // `…, place Bellecour`, `dimanche place de l'Église`.
    let after = at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|before| before.role == Use::Detail);
    if at > 0 && (tokens.get(at)?.clause || after) && HOUSES.contains(&word(tokens, at)) {
        return name(tokens, at + 1, &capital).map(|end| (0, end - at));
    }
    // `on Maple Street`.
    if word(tokens, at) == "on" && capital(at + 1) {
        let count = (at + 1..tokens.len()).take_while(|at| capital(*at)).count();
        let last = word(tokens, at + count);
        return matches!(last, "street" | "avenue" | "road" | "square" | "lane" | "boulevard").then_some((1, count));
    }
    if !matches!(word(tokens, at), "at" | "a" | "au" | "aux" | "chez" | "in" | "dans") {
        return None;
    }
    // The English article is no preposition.
    if word(tokens, at) == "a" && text.get(tokens.get(at)?.start..)?.starts_with(['a', 'A']) {
        return None;
    }
    let mut first = at + 1;
    let mut skip = 1;
    while !capital(first) && matches!(word(tokens, first), "the" | "la" | "le" | "l'") {
        first += 1;
        skip += 1;
    }
    // `at the community centre`.
    if let Some(count) = COMMON.iter().filter_map(|words| token::matches(tokens, first, words)).max() {
        return (!tokens.get(first)?.clause).then_some((skip, count));
    }
    let house =
        !capital(first) && tokens.get(first).is_some_and(|token| !token.clause && HOUSES.contains(&token.folded.as_str()));
    name(tokens, first + usize::from(house), &capital).map(|end| (skip, end - first))
}

/// Where a name ends that begins at a word, or at the next after `de la` and the like.
fn name(tokens: &[Token], at: usize, capital: &dyn Fn(usize) -> bool) -> Option<usize> {
    let joined = |from: usize| {
        let joint =
            |at: usize| matches!(word(tokens, at), "de" | "la" | "du" | "des" | "d'" | "l'" | "of" | "the" | "le" | "les");
        let start = from + (from..from + 2).take_while(|at| joint(*at)).count();
        capital(start).then_some(start)
    };
    let mut end = joined(at)? + 1;
    while let Some(next) = joined(end) {
        end = next + 1;
    }
    Some(end)
}

/// Places that have no name of their own.
const COMMON: &[&str] = &[
    "community centre",
    "community center",
    "town hall",
    "city hall",
    "village hall",
    "parish hall",
    "school",
    "public library",
    "library",
    "church",
    "beach",
    "park",
    "harbour",
    "harbor",
    "gym",
    "stadium",
    "museum",
    "salle des fete",
    "salle polyvalente",
    "mairie",
    "gymnase",
    "ecole",
    "plage",
    "port",
    "mediatheque",
    "bibliotheque",
    "stade",
];

/// Kinds of places that are written small before a name.
const HOUSES: &[&str] = &[
    "salle",
    "theatre",
    "cafe",
    "place",
    "parc",
    "gare",
    "maison",
    "musee",
    "bar",
    "club",
    "galerie",
    "mairie",
    "eglise",
    "chateau",
    "espace",
    "hotel",
    "restaurant",
    "halle",
    "palais",
    "stade",
    "librairie",
];
