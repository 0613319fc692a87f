//! Which language a brief is written in, where that is sure (promise a12).
//!
//! Briefs are short and full of names, titles and figures: trigram statistics err on them, while the small words and the words of
//! the trade ("poster", "affiche", "Plakat") rarely do. So a language counts by the known words it has, and is named only where it
//! has clearly more of them than any other. What is quoted does not count: a title is often in another language than the request
//! for it. Other scripts are known by their letters. Unsure is `None`, and then nothing is translated.

/// Words of one language, with their weight: 2 for those that (nearly) no other language here has, 1 for those that some share.
struct Words {
    tag: &'static str,
    own: &'static [&'static str],
    shared: &'static [&'static str],
    /// Letters that speak for it, 1 each, up to 2.
    letters: &'static str,
}

/// The least weight with which a language is believed.
const ENOUGH: u32 = 3;

const LATIN: [Words; 7] = [
    Words {
        tag: "en",
        own: &[
            "the",
            "and",
            "with",
            "for",
            "of",
            "from",
            "at",
            "on",
            "by",
            "that",
            "this",
            "is",
            "are",
            "should",
            "please",
            "my",
            "our",
            "your",
            "we",
            "want",
            "need",
            "would",
            "like",
            "make",
            "create",
            "flyer",
            "bottom",
            "left",
            "right",
            "title",
            "background",
            "white",
            "black",
            "green",
            "blue",
            "yellow",
            "gold",
            "navy",
            "pink",
            "night",
            "birthday",
            "wedding",
            "school",
            "summer",
            "winter",
            "spring",
            "sale",
            "opening",
            "saturday",
            "sunday",
            "friday",
            "simple",
            "dark",
            "light",
            "elegant",
            "below",
            "above",
            "text",
            "card",
            "invitation",
            "sign",
            "shop",
            "kids",
            "party",
            "about",
            "which",
        ],
        shared: &[
            "a", "an", "in", "to", "it", "no", "red", "poster", "logo", "banner", "menu", "concert", "festival", "me", "as",
        ],
        letters: "",
    },
    Words {
        tag: "fr",
        own: &[
            "le",
            "les",
            "et",
            "avec",
            "pour",
            "dans",
            "sur",
            "au",
            "aux",
            "du",
            "est",
            "une",
            "des",
            "mon",
            "ma",
            "mes",
            "notre",
            "nos",
            "votre",
            "je",
            "nous",
            "vous",
            "qui",
            "à",
            "où",
            "affiche",
            "prospectus",
            "carte",
            "bannière",
            "fond",
            "titre",
            "texte",
            "haut",
            "bas",
            "gauche",
            "droite",
            "blanc",
            "blanche",
            "noir",
            "noire",
            "rouge",
            "vert",
            "verte",
            "bleu",
            "bleue",
            "jaune",
            "doré",
            "fête",
            "soirée",
            "nuit",
            "école",
            "été",
            "hiver",
            "printemps",
            "soldes",
            "ouverture",
            "samedi",
            "dimanche",
            "vendredi",
            "mariage",
            "anniversaire",
            "boulangerie",
            "cuivre",
            "clair",
            "foncé",
            "sobre",
            "élégant",
            "élégante",
            "faire",
            "voudrais",
            "sans",
            "ou",
            "chez",
            "c",
            "l",
            "d",
            "qu",
            "annonce",
            "marché",
            "jeudi",
        ],
        shared: &["la", "de", "un", "en", "rose", "orange", "logo", "menu", "concert", "festival", "se", "on", "moderne", "son"],
        letters: "çœêèùûîô",
    },
    Words {
        tag: "de",
        own: &[
            "der",
            "das",
            "und",
            "mit",
            "für",
            "von",
            "zu",
            "zum",
            "zur",
            "im",
            "ein",
            "eine",
            "einen",
            "einer",
            "eines",
            "ist",
            "auf",
            "bei",
            "dem",
            "den",
            "nicht",
            "ich",
            "wir",
            "unser",
            "unsere",
            "mein",
            "meine",
            "bitte",
            "soll",
            "plakat",
            "flugblatt",
            "karte",
            "visitenkarte",
            "hintergrund",
            "titel",
            "oben",
            "unten",
            "links",
            "rechts",
            "weiß",
            "weiss",
            "schwarz",
            "rot",
            "grün",
            "blau",
            "dunkelblau",
            "gelb",
            "nacht",
            "fest",
            "abend",
            "hochzeit",
            "geburtstag",
            "schule",
            "sommer",
            "frühling",
            "eröffnung",
            "samstag",
            "sonntag",
            "freitag",
            "schlicht",
            "einladung",
            "über",
            "am",
            "groß",
            "bäckerei",
            "konzert",
            "preisliste",
            "farben",
            "schrift",
        ],
        shared: &["die", "in", "an", "gold", "logo", "banner", "poster", "festival", "text", "winter", "so", "als"],
        letters: "ßäöü",
    },
    Words {
        tag: "es",
        own: &[
            "el",
            "los",
            "las",
            "y",
            "con",
            "del",
            "para",
            "una",
            "unos",
            "mi",
            "nuestro",
            "nuestra",
            "cartel",
            "tarjeta",
            "fondo",
            "título",
            "texto",
            "arriba",
            "abajo",
            "izquierda",
            "derecha",
            "blanco",
            "blanca",
            "negro",
            "negra",
            "rojo",
            "roja",
            "verde",
            "azul",
            "amarillo",
            "dorado",
            "noche",
            "fiesta",
            "boda",
            "cumpleaños",
            "escuela",
            "verano",
            "invierno",
            "primavera",
            "rebajas",
            "apertura",
            "sábado",
            "domingo",
            "viernes",
            "quiero",
            "hacer",
            "sencillo",
            "panadería",
            "concierto",
            "invitación",
            "folleto",
            "muy",
            "estilo",
        ],
        shared: &[
            "la", "de", "en", "un", "a", "por", "o", "es", "se", "rosa", "logo", "festival", "menú", "oro", "elegante", "azules",
        ],
        letters: "ñ¿¡",
    },
    Words {
        tag: "it",
        own: &[
            "il",
            "lo",
            "gli",
            "e",
            "con",
            "di",
            "del",
            "della",
            "dei",
            "delle",
            "per",
            "nel",
            "nella",
            "una",
            "uno",
            "mio",
            "nostro",
            "nostra",
            "locandina",
            "manifesto",
            "biglietto",
            "volantino",
            "sfondo",
            "titolo",
            "testo",
            "alto",
            "basso",
            "sinistra",
            "destra",
            "bianco",
            "bianca",
            "nero",
            "nera",
            "rosso",
            "rossa",
            "blu",
            "giallo",
            "notte",
            "festa",
            "matrimonio",
            "compleanno",
            "scuola",
            "estate",
            "inverno",
            "primavera",
            "saldi",
            "apertura",
            "sabato",
            "domenica",
            "venerdì",
            "vorrei",
            "fare",
            "semplice",
            "panetteria",
            "concerto",
            "invito",
            "serata",
            "che",
            "è",
            "da",
        ],
        shared: &["la", "le", "un", "in", "a", "al", "rosa", "verde", "oro", "logo", "festival", "menu", "elegante", "o", "si"],
        letters: "ìò",
    },
    Words {
        tag: "pt",
        own: &[
            "os",
            "e",
            "com",
            "do",
            "da",
            "dos",
            "das",
            "para",
            "um",
            "uma",
            "no",
            "na",
            "meu",
            "minha",
            "nosso",
            "nossa",
            "cartaz",
            "panfleto",
            "cartão",
            "fundo",
            "título",
            "texto",
            "topo",
            "esquerda",
            "direita",
            "branco",
            "branca",
            "preto",
            "preta",
            "vermelho",
            "vermelha",
            "azul",
            "amarelo",
            "dourado",
            "noite",
            "casamento",
            "aniversário",
            "escola",
            "verão",
            "inverno",
            "primavera",
            "abertura",
            "sábado",
            "domingo",
            "sexta",
            "quero",
            "fazer",
            "simples",
            "padaria",
            "concerto",
            "convite",
            "não",
            "são",
            "festa",
            "em",
            "ao",
        ],
        shared: &["o", "a", "de", "por", "se", "rosa", "verde", "logo", "festival", "menu", "elegante", "as"],
        letters: "ãõ",
    },
    Words {
        tag: "nl",
        own: &[
            "het",
            "een",
            "en",
            "met",
            "voor",
            "van",
            "naar",
            "op",
            "bij",
            "niet",
            "ik",
            "wij",
            "ons",
            "onze",
            "mijn",
            "graag",
            "affiche",
            "kaartje",
            "visitekaartje",
            "achtergrond",
            "titel",
            "boven",
            "onder",
            "linksboven",
            "rechts",
            "wit",
            "zwart",
            "rood",
            "groen",
            "blauw",
            "donkerblauw",
            "geel",
            "goud",
            "nacht",
            "feest",
            "avond",
            "bruiloft",
            "verjaardag",
            "school",
            "zomer",
            "lente",
            "uitverkoop",
            "opening",
            "zaterdag",
            "zondag",
            "vrijdag",
            "eenvoudig",
            "bakkerij",
            "uitnodiging",
            "moet",
            "tekst",
            "stijl",
        ],
        shared: &["de", "in", "is", "aan", "poster", "logo", "concert", "festival", "menu", "links", "roze", "winter", "of"],
        letters: "",
    },
];

/// Letters of a script, and the language it stands for.
type Script = (fn(char) -> bool, &'static str);

const SCRIPTS: [Script; 9] = [
    // Kana are Japanese whatever Han characters stand between them.
    (|c| matches!(c, '\u{3040}'..='\u{30ff}'), "ja"),
    (|c| matches!(c, '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}'), "ko"),
    (|c| matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}'), "zh"),
    (|c| matches!(c, '\u{400}'..='\u{4ff}'), "ru"),
    (|c| matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}'), "el"),
    (|c| matches!(c, '\u{600}'..='\u{6ff}'), "ar"),
    (|c| matches!(c, '\u{590}'..='\u{5ff}'), "he"),
    (|c| matches!(c, '\u{900}'..='\u{97f}'), "hi"),
    (|c| matches!(c, '\u{e00}'..='\u{e7f}'), "th"),
];

/// The BCP 47 tag of a brief's language; `None` where it is not sure.
#[must_use]
pub fn language(brief: &str) -> Option<&'static str> {
    let text = without_quotes(brief).to_lowercase();
    let count = |within: fn(char) -> bool| text.chars().filter(|c| within(*c)).count();
    let (letters, latin_letters) = (count(char::is_alphabetic), count(|c| c.is_alphabetic() && c < '\u{370}'));
    if letters >= 4 && latin_letters * 2 <= letters { other_script(&text, letters) } else { latin(&text) }
}

/// A language that is not written in Latin letters, of a text with so many letters.
fn other_script(text: &str, letters: usize) -> Option<&'static str> {
    let (_, tag) = SCRIPTS.into_iter().find(|(within, tag)| {
        let share = if *tag == "ja" { 5 } else { 2 };
        text.chars().filter(|c| within(*c)).count() * share > letters
    })?;
    // Neighbours that share a script, by letters of their own.
    let any = |of: &str| text.contains(|c: char| of.contains(c));
    Some(match tag {
        "ru" if any("іїєґ") => "uk",
        "ru" if any("ђћјљњџ") => "sr",
        "ru" if any("ъ") && !any("ыэё") => "bg",
        "ar" if any("پچژگ") => "fa",
        tag => tag,
    })
}

fn latin(text: &str) -> Option<&'static str> {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let (mut best, mut second, mut tag) = (0, 0, "");
    for language in &LATIN {
        let score = score(language, &words, text);
        if score > best {
            (best, second, tag) = (score, best, language.tag);
        } else {
            second = second.max(score);
        }
    }
    (best >= ENOUGH && best >= second * 2).then_some(tag)
}

fn score(language: &Words, words: &[&str], text: &str) -> u32 {
    let words: u32 = words
        .iter()
        .map(|word| match () {
            () if language.own.contains(word) => 2,
            () if language.shared.contains(word) => 1,
            () => 0,
        })
        .sum();
    let letters = text.chars().filter(|c| language.letters.contains(*c)).take(2).count();
    words + u32::try_from(letters).unwrap_or(0)
}

/// The text without what stands between quotation marks. An apostrophe is none.
fn without_quotes(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut until: Option<&[char]> = None;
    for (at, c) in text.char_indices() {
        let closes = |ends: &[char]| text.get(at + c.len_utf8()..).is_some_and(|rest| rest.contains(ends));
        match until {
            Some(ends) if ends.contains(&c) => {
                until = None;
                kept.push(' ');
            }
            Some(_) => {}
            None => {
                let ends: Option<&[char]> = match c {
                    '"' => Some(&['"']),
                    '“' => Some(&['”', '“', '"']),
                    '„' => Some(&['“', '”', '"']),
                    '«' => Some(&['»']),
                    '»' => Some(&['«']),
                    '「' => Some(&['」']),
                    _ => None,
                };
                until = ends.filter(|ends| closes(ends));
                kept.push(if until.is_some() { ' ' } else { c });
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn promise_a12_short_briefs_are_known_or_unsure_and_never_taken_for_another_language() {
        let briefs: [(&str, &[&str]); 12] = [
            (
                "en",
                &[
                    "Poster for a jazz night, navy and gold, title top left",
                    "a logo for my bakery",
                    "Business card, black and white, simple",
                    "Poster for a jazz night, \"La nuit est belle et douce\", with the date at the bottom",
                    "Birthday invitation for kids with balloons",
                    "Menu of the day for our restaurant Le Petit Chat",
                    "Flyer for the summer sale, 50 % off on everything from 3 June",
                    "banner with a moon and stars on a dark background",
                ],
            ),
            (
                "fr",
                &[
                    "Affiche pour une nuit de jazz, bleu marine et or",
                    "un logo pour ma boulangerie",
                    "Carte de visite sobre, noir et blanc",
                    "Affiche du concert \"The Night of the Kings\", fond noir",
                    "Menu du jour pour notre restaurant",
                    "bannière avec la lune et des étoiles",
                    "Invitation au mariage d'Anna et Paul, samedi 3 juin, fleurs roses",
                    "Flyer pour les soldes d'été",
                ],
            ),
            (
                "de",
                &[
                    "Plakat für einen Jazzabend, dunkelblau und gold",
                    "ein Logo für meine Bäckerei",
                    "Visitenkarte, schwarz und weiß, schlicht",
                    "Plakat für den Film \"The Lord of the Rings\" am Samstag",
                    "Einladung zum Geburtstag mit Luftballons",
                ],
            ),
            (
                "es",
                &[
                    "Cartel para una noche de jazz, azul marino y dorado",
                    "un logo para mi panadería",
                    "Tarjeta de visita, negro y blanco, muy sencillo",
                    "Invitación de boda con flores y fondo blanco",
                ],
            ),
            (
                "it",
                &[
                    "Locandina per una serata jazz, blu notte e oro",
                    "un logo per la mia panetteria, sfondo bianco",
                    "Biglietto da visita semplice, bianco e nero",
                    "Invito al matrimonio con fiori rosa e testo in basso",
                ],
            ),
            (
                "pt",
                &[
                    "Cartaz para uma noite de jazz, azul e dourado",
                    "um logo para a minha padaria, fundo branco",
                    "Convite de casamento com flores, título no topo",
                ],
            ),
            (
                "nl",
                &[
                    "Poster voor een jazzavond, donkerblauw en goud",
                    "een logo voor mijn bakkerij",
                    "Uitnodiging voor een verjaardag met ballonnen",
                ],
            ),
            ("ja", &["ジャズナイトのポスター、紺色と金色", "「Blue Night」のポスターを作ってください"]),
            ("zh", &["爵士之夜海报，深蓝色和金色"]),
            ("ru", &["Плакат для вечера джаза, тёмно-синий и золотой"]),
            ("uk", &["Плакат для вечора джазу, темно-синій і золотий"]),
            ("ar", &["ملصق لليلة جاز باللون الأزرق والذهبي"]),
        ];
        let (mut known, mut all) = (0, 0);
        for (tag, briefs) in briefs {
            for brief in briefs {
                let found = language(brief);
                assert!(found == Some(tag) || found.is_none(), "{brief}: {found:?}");
                known += i32::from(found.is_some());
                all += 1;
            }
        }
        assert!(known * 100 >= all * 90, "{known} of {all} are known");
    }

    #[test]
    fn promise_a12_what_is_unsure_is_nothing() {
        for brief in [
            "",
            "jazz",
            "logo",
            "Poster",
            "banner",
            "Lorem ipsum dolor sit amet",
            "2026 12.12. 50 %",
            "Le Petit Chat",
            "Blue Note",
            "menu festival concert",
            "poster affiche Plakat cartel locandina",
            "🎷🎷🎷",
            "xkcd qwerty",
            "\"Das ist ein Test und nicht mehr\"",
            "plakát pro jazzový večer",
        ] {
            assert_eq!(language(brief), None, "{brief}");
        }
    }

    #[test]
    fn quotes_are_left_out_and_an_open_one_is_a_character() {
        assert_eq!(without_quotes("a \"b\" c « d » e „f“ g"), "a    c    e    g");
        assert_eq!(without_quotes("12\" screen"), "12\" screen");
    }

    proptest! {
        #[test]
        fn any_text_has_a_language_or_none(brief in ".{0,200}") {
            prop_assert_eq!(language(&brief), language(&brief));
        }
    }
}
