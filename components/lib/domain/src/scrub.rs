//! Taking personal data out of a text before it may be learnt from (promise a18): emails, phones, postal addresses and names.
//!
//! By rules, not by a model: what looks like one of them goes, and where in doubt it goes too. What a rule cannot see (a nickname, a
//! description that fits one person) stays; the data protection impact assessment in `infra/production/privacy` names that as a residual risk.

/// What stands in the place of an email.
pub const EMAIL: &str = "[email]";
/// What stands in the place of a phone.
pub const PHONE: &str = "[phone]";
/// What stands in the place of a postal address.
pub const ADDRESS: &str = "[address]";
/// What stands in the place of a name.
pub const NAME: &str = "[name]";

/// Words of streets, before or after the name of the street.
const STREETS: &[&str] = &[
    "rue",
    "avenue",
    "av",
    "boulevard",
    "bd",
    "chemin",
    "route",
    "place",
    "quai",
    "allée",
    "allee",
    "impasse",
    "cours",
    "square",
    "street",
    "st",
    "road",
    "rd",
    "lane",
    "drive",
    "court",
    "way",
    "terrace",
    "strasse",
    "straße",
    "weg",
    "gasse",
    "platz",
    "via",
];
/// Those of them whose house number comes last.
const NUMBER_LAST: &[&str] = &["rue", "via", "strasse", "straße", "weg", "chemin", "quai", "boulevard", "avenue"];
/// Words after which a name follows.
const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "prof",
    "sir",
    "madam",
    "m",
    "mme",
    "mlle",
    "me",
    "monsieur",
    "madame",
    "mademoiselle",
    "maître",
    "herr",
    "frau",
];
/// First names that are common in Europe, in lower case. A capitalised word after one of them is taken for a family name.
const FIRST_NAMES: &[&str] = &[
    "adam",
    "ada",
    "adele",
    "adrien",
    "agnes",
    "agnès",
    "alan",
    "albert",
    "alex",
    "alexander",
    "alexandra",
    "alexandre",
    "alice",
    "alicia",
    "amandine",
    "amelia",
    "amélie",
    "andrea",
    "andrew",
    "anna",
    "anne",
    "anthony",
    "antoine",
    "arthur",
    "audrey",
    "aurélie",
    "barbara",
    "beatrice",
    "béatrice",
    "benjamin",
    "benoit",
    "benoît",
    "bernard",
    "brigitte",
    "camille",
    "carla",
    "carlos",
    "carole",
    "caroline",
    "catherine",
    "cécile",
    "céline",
    "charles",
    "charlotte",
    "chloe",
    "chloé",
    "christian",
    "christine",
    "christophe",
    "claire",
    "clara",
    "claude",
    "claudia",
    "clément",
    "daniel",
    "daniela",
    "david",
    "delphine",
    "denis",
    "diana",
    "didier",
    "dominique",
    "edward",
    "elena",
    "elise",
    "élise",
    "elizabeth",
    "ella",
    "emily",
    "emilie",
    "émilie",
    "emma",
    "eric",
    "éric",
    "esther",
    "ethan",
    "eva",
    "fabien",
    "fatima",
    "florence",
    "florian",
    "francesca",
    "francis",
    "franck",
    "françois",
    "françoise",
    "frédéric",
    "gabriel",
    "george",
    "georges",
    "gérard",
    "gilles",
    "giulia",
    "grace",
    "grégory",
    "guillaume",
    "hannah",
    "hans",
    "harry",
    "hélène",
    "henri",
    "henry",
    "hugo",
    "ibrahim",
    "ines",
    "inès",
    "isabelle",
    "jack",
    "jacob",
    "jacques",
    "jade",
    "james",
    "jane",
    "jean",
    "jennifer",
    "jérôme",
    "jessica",
    "joan",
    "johanna",
    "john",
    "jonas",
    "joseph",
    "julia",
    "julie",
    "julien",
    "juliette",
    "karim",
    "karin",
    "kevin",
    "kévin",
    "laura",
    "laure",
    "laurence",
    "laurent",
    "léa",
    "leo",
    "léo",
    "lina",
    "lisa",
    "louis",
    "louise",
    "luc",
    "luca",
    "lucas",
    "lucie",
    "manon",
    "marc",
    "marco",
    "margaret",
    "maria",
    "marie",
    "marine",
    "mario",
    "marion",
    "mark",
    "martin",
    "martine",
    "mary",
    "mathieu",
    "mathilde",
    "matthew",
    "matthieu",
    "max",
    "maxime",
    "mélanie",
    "mia",
    "michael",
    "michel",
    "michèle",
    "mohamed",
    "mohammed",
    "monique",
    "nadia",
    "natalie",
    "nathalie",
    "nathan",
    "nicolas",
    "nicole",
    "nina",
    "noah",
    "noé",
    "noémie",
    "oliver",
    "olivia",
    "olivier",
    "omar",
    "oscar",
    "pascal",
    "patricia",
    "patrick",
    "paul",
    "pauline",
    "peter",
    "philip",
    "philippe",
    "pierre",
    "quentin",
    "rachel",
    "raphaël",
    "rebecca",
    "rené",
    "richard",
    "robert",
    "romain",
    "rosa",
    "sabrina",
    "samuel",
    "sandra",
    "sandrine",
    "sara",
    "sarah",
    "sébastien",
    "sofia",
    "sophia",
    "sophie",
    "stefan",
    "stephanie",
    "stéphane",
    "stéphanie",
    "susan",
    "sylvie",
    "theo",
    "théo",
    "thierry",
    "thomas",
    "tim",
    "tom",
    "valentin",
    "valérie",
    "vanessa",
    "véronique",
    "victor",
    "victoria",
    "vincent",
    "virginie",
    "walter",
    "william",
    "xavier",
    "yann",
    "yasmine",
    "yves",
    "zoe",
    "zoé",
    "zoë",
];

/// The text without what looks like an email, a phone, a postal address or a name; `known` are names of the person themself, in any
/// letter case.
#[must_use]
pub fn scrub(text: &str, known: &[&str]) -> String {
    // Each step works on words and what is between them, so that what is left keeps its form.
    let text = emails(text);
    let text = phones(&text);
    let text = addresses(&text);
    names(&text, known)
}

/// Runs of letters, digits and what words are made of, and the runs between them, in turn: words have odd places.
fn pieces(text: &str, in_word: impl Fn(char) -> bool) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut word) = (0, false);
    for (at, c) in text.char_indices() {
        if in_word(c) != word {
            pieces.push(&text[start..at]);
            (start, word) = (at, !word);
        }
    }
    pieces.push(&text[start..]);
    pieces
}

fn emails(text: &str) -> String {
    let pieces = pieces(text, |c| c.is_alphanumeric() || "@._%+-".contains(c));
    let is_email = |word: &str| {
        let word = word.trim_matches(['.', '-', '%', '+']);
        word.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.contains('@'))
    };
    pieces
        .into_iter()
        .map(|piece| {
            let end = piece.trim_end_matches(['.', '-']).len();
            if is_email(piece) { format!("{EMAIL}{}", &piece[end..]) } else { piece.to_owned() }
        })
        .collect()
}

/// Nine digits or more with what people write between them. Years, dates and sizes have fewer.
fn phones(text: &str) -> String {
    let inner = |c: char| c.is_ascii_digit() || "+()-./ \u{a0}\u{202f}".contains(c);
    pieces(text, inner)
        .into_iter()
        .map(|piece| {
            let digits = piece.bytes().filter(u8::is_ascii_digit).count();
            if digits < 9 {
                return piece.to_owned();
            }
            let starts = |c: char| c.is_ascii_digit() || c == '+' || c == '(';
            let from = piece.find(starts).unwrap_or(0);
            let to = piece.rfind(|c: char| c.is_ascii_digit()).map_or(piece.len(), |at| at + 1);
            [&piece[..from], PHONE, &piece[to..]].concat()
        })
        .collect()
}

/// A word of a street with a house number beside it and the name between or around them, and a postal code with the word after it.
fn addresses(text: &str) -> String {
    let pieces = pieces(text, |c| c.is_alphanumeric() || "'’-".contains(c));
    let mut gone = vec![false; pieces.len()];
    let word = |at: usize| pieces.get(at).copied().unwrap_or_default();
    let is_number = |at: usize| {
        let word = word(at).trim_end_matches(|c: char| c.is_ascii_alphabetic());
        !word.is_empty() && word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_digit())
    };
    let joined = |at: usize| word(at).chars().all(|c| ",. \u{a0}".contains(c)) && word(at).len() <= 3;
    for at in (1..pieces.len()).step_by(2) {
        if STREETS.contains(&word(at).to_lowercase().as_str()) {
            // `12, rue de la Paix` and `12 Baker Street`: a number up to three words before, and the words up to it.
            let before = (1..=4)
                .map(|back| at.wrapping_sub(2 * back))
                .take_while(|at| *at < pieces.len() && joined(at + 1))
                .find(|at| is_number(*at));
            // `Bahnhofstrasse 5` is one word; `rue de la Paix 12` has its number after up to four words.
            let last = NUMBER_LAST.contains(&word(at).to_lowercase().as_str());
            let after = (1..=5)
                .map(|on| at + 2 * on)
                .take_while(|at| last && *at < pieces.len() && joined(at - 1))
                .find(|at| is_number(*at));
            let (from, mut to) = match (before, after) {
                (Some(from), _) => (from, at),
                (None, Some(to)) => (at, to),
                (None, None) => continue,
            };
            // The street's own name, where it comes last.
            while before.is_some()
                && to + 2 < pieces.len()
                && word(to + 1) == " "
                && !is_number(to + 2)
                && is_of_a_street(word(to + 2))
            {
                to += 2;
            }
            gone[from..=to].fill(true);
        }
        let compound = ["strasse", "straße", "gasse", "weg", "platz"]
            .iter()
            .any(|end| word(at).to_lowercase().ends_with(end) && word(at).len() > end.len());
        if compound && joined(at + 1) && is_number(at + 2) {
            gone[at..=at + 2].fill(true);
        }
        let code = word(at);
        let is_code = (4..=5).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
        // A year is no postal code, but where an address came before it is not a year either.
        let place = word(at + 2);
        let follows = at >= 2 && gone[at - 2] || code.len() == 5;
        if is_code && follows && word(at + 1) == " " && place.chars().next().is_some_and(char::is_uppercase) {
            gone[at..=at + 2].fill(true);
        }
    }
    join(&pieces, &gone, ADDRESS)
}

/// Words that belong to a street's name: capitalised ones and what stands between them.
fn is_of_a_street(word: &str) -> bool {
    let small = ["de", "du", "des", "la", "le", "les", "l", "of", "the", "am", "zum", "zur"];
    small.contains(&word)
        || word.chars().next().is_some_and(char::is_uppercase)
        || word.starts_with("l'")
        || word.starts_with("d'")
}

fn names(text: &str, known: &[&str]) -> String {
    let pieces = pieces(text, |c| c.is_alphabetic() || "'’-".contains(c));
    let mut gone = vec![false; pieces.len()];
    let word = |at: usize| pieces.get(at).copied().unwrap_or_default();
    let capital = |at: usize| word(at).chars().next().is_some_and(char::is_uppercase);
    let known: Vec<String> = known
        .iter()
        .flat_map(|name| name.split_whitespace())
        .map(str::to_lowercase)
        .filter(|name| name.chars().count() > 1)
        .collect();
    for at in (1..pieces.len()).step_by(2) {
        let lower = word(at).to_lowercase();
        let bare = lower.strip_suffix("'s").or_else(|| lower.strip_suffix("’s")).unwrap_or(&lower);
        if known.iter().any(|name| name == bare) {
            gone[at] = true;
        }
        let title = TITLES.contains(&lower.as_str()) && [" ", ". "].contains(&word(at + 1));
        let first = capital(at) && bare.split('-').all(|part| FIRST_NAMES.contains(&part));
        if first {
            gone[at] = true;
        }
        if title || first {
            // The names that follow, as long as they are capitalised and nothing but a space is between.
            let mut next = at + 2;
            while next < pieces.len()
                && [" ", ". "].contains(&word(next - 1))
                && (word(next - 1) == " " || next == at + 2)
                && capital(next)
            {
                gone[next] = true;
                next += 2;
                if next > at + 6 {
                    break;
                }
            }
        }
    }
    join(&pieces, &gone, NAME)
}

/// The pieces with a mark in the place of each run of words that go; what is between words of one run goes with them.
fn join(pieces: &[&str], gone: &[bool], mark: &str) -> String {
    let mut text = String::new();
    let mut at = 0;
    while at < pieces.len() {
        if at % 2 == 1 && gone[at] {
            text.push_str(mark);
            while at + 2 < pieces.len() && gone[at + 2] && pieces[at + 1].trim().len() <= 1 {
                at += 2;
            }
        } else {
            text.push_str(pieces[at]);
        }
        at += 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn promise_a18_personal_data_goes_before_anything_is_learnt() {
        for (text, expected) in [
            ("write to zoe.quill+x@mail-1.example.org.", "write to [email]."),
            ("call +41 79 555 01 47 or (0)31 555 01 47!", "call [phone] or [phone]!"),
            ("tel. 06.12.34.56.78", "tel. [phone]"),
            ("at 12, rue de la Paix, 75002 Paris tonight", "at [address] tonight"),
            ("221b Baker Street, doors 8 pm", "[address], doors 8 pm"),
            ("Bahnhofstrasse 5, Bern", "[address], Bern"),
            ("wedding of Anna Quillfeather and Jean-Pierre Dupont", "wedding of [name] and [name]"),
            ("for Mme Bovary and Dr. Strange", "for Mme [name] and Dr. [name]"),
            ("the QUILLFEATHER family", "the [name] family"),
        ] {
            assert_eq!(scrub(text, &["Zoë Quillfeather"]), expected, "{text}");
        }
    }

    #[test]
    fn briefs_without_personal_data_stay_as_they_are() {
        for text in [
            "Poster for a jazz night, navy and gold, title top left, 12 December 2026, 20:00",
            "carte de visite pour un atelier de poterie, 85 x 55 mm, #0b1d3a",
            "a banner of 1920 x 1080 with three otters; road to the sea",
            "menu: soup 12.50, fish 24.00",
            "",
        ] {
            assert_eq!(scrub(text, &[]), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_and_no_email_comes_through(before in ".{0,30}", local in "[a-z]{1,8}", host in "[a-z]{1,8}", after in ".{0,30}") {
            let _ = scrub(&before, &[]);
            let text = format!("{before} {local}@{host}.org {after}");
            let address = format!("{local}@{host}.org");
            prop_assert!(!scrub(&text, &[]).contains(&address));
        }
    }
}
