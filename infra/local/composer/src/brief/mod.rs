//! What a brief asks for, read by tables of words: format, colours, themes, placement, and the texts to show.

mod details;
pub(crate) mod fold;
mod lexicon;
mod quoted;
mod title;
mod token;

use std::collections::BTreeSet;

use serde::Deserialize;

use lexicon::LEXICON;
use token::{Token, Use, longest, tokens};

/// What kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    Poster,
    Flyer,
    Banner,
    Card,
    BusinessCard,
    Logo,
    Story,
    Quote,
    Event,
    Invitation,
    Menu,
    Badge,
    Post,
    Ticket,
}

/// What it is about, or should feel like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Theme {
    Music,
    Festival,
    Elegant,
    Playful,
    Minimal,
    Bold,
    Warm,
    Nature,
    Outdoor,
    Tech,
    Modern,
    Retro,
    Wedding,
    Summer,
    Sea,
    Christmas,
    Winter,
    Kids,
    Corporate,
    City,
    Halloween,
    Food,
    Coffee,
    Sport,
}

impl Theme {
    /// Whether it says how the picture should feel, and not what it is about.
    pub(crate) fn is_mood(self) -> bool {
        matches!(
            self,
            Self::Elegant
                | Self::Playful
                | Self::Minimal
                | Self::Bold
                | Self::Warm
                | Self::Modern
                | Self::Retro
                | Self::Corporate
        )
    }
}

/// A thing that it names, which can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Subject {
    Fox,
    Camera,
    Hair,
    Yoga,
    NewYear,
    Space,
    Balloons,
    Birthday,
    Love,
    Building,
    Sale,
    Wine,
    Record,
    Neon,
    Halloween,
    Village,
    Night,
    Sail,
    Track,
    Wedding,
    Bauhaus,
    Christmas,
    Code,
    Bread,
    Market,
    Bee,
    Stage,
    Flowers,
}

/// Across.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Horizontal {
    Left,
    Center,
    Right,
}

/// Down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Vertical {
    Top,
    Middle,
    Bottom,
}

/// A brief, read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Brief {
    pub(crate) french: bool,
    pub(crate) format: Option<Format>,
    /// Asked for in pixels, or by a word of shape.
    pub(crate) size: Option<(f64, f64)>,
    pub(crate) shape: Option<Shape>,
    /// `0xrrggbb`, in the order of the brief.
    pub(crate) colors: Vec<u32>,
    /// The colour that was named for the background.
    pub(crate) ground: Option<u32>,
    /// Whether a dark or light picture was asked for.
    pub(crate) dark: Option<bool>,
    pub(crate) themes: Vec<Theme>,
    /// What can be drawn, most telling first.
    pub(crate) subjects: Vec<Subject>,
    pub(crate) horizontal: Option<Horizontal>,
    pub(crate) vertical: Option<Vertical>,
    pub(crate) title: String,
    /// A short line about what it is, where the title does not say so.
    pub(crate) kicker: String,
    pub(crate) subtitle: String,
    pub(crate) date: String,
    pub(crate) time: String,
    pub(crate) place: String,
    pub(crate) price: String,
    /// Addresses and numbers of every kind.
    pub(crate) contacts: Vec<String>,
    /// Further lines.
    pub(crate) lines: Vec<String>,
    /// Name and price.
    pub(crate) items: Vec<(String, String)>,
}

/// A shape asked for by a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Square,
    Portrait,
    Landscape,
}

/// Characters of a title, and of every other text.
const TITLE: usize = 180;
const LINE: usize = 120;

impl Brief {
    /// Reads a brief. Every text has a reading, and a title.
    pub(crate) fn read(text: &str) -> Self {
        // Quoted words count here: a poster for "The Fox" shows one.
        let mut brief = Self { subjects: subjects(&tokens(text)), ..Self::default() };
        let (quotes, rest) = quoted::take(text);
        let rest = details::take_contacts(&rest, &mut brief.contacts);
        let mut tokens = tokens(&rest);
        brief.french = french(text, &tokens);
        let label = title::labelled(&rest, &mut tokens);
        let person = if quotes.is_empty() && label.is_empty() { title::person(&rest, &mut tokens) } else { None };
        brief.read_size(&tokens);
        let shown = brief.tag(&mut tokens);
        brief.items = details::items(&rest);
        brief.read_list();
        details::take(&rest, &mut tokens, &mut brief);
        brief.read_colors(&mut tokens);
        title::takes_place(&mut tokens);
        for token in &mut tokens {
            // The words of a theme stay whole: `nouvel an`.
            if token.role == Use::Open && !token.theme {
                token.role = title::role(&token.folded);
            }
        }
        let mut found = title::candidates(&rest, &tokens, brief.french);
        if !brief.items.is_empty() {
            brief.price.clear();
            let listed = |text: &str| brief.items.iter().any(|(name, _)| fold::word(name).contains(&fold::word(text)));
            found.retain(|text| !listed(text));
        }
        let mut texts: Vec<String> = label
            .into_iter()
            .chain(person)
            .chain(quotes.iter().map(String::as_str).map(str::to_owned))
            .map(|text| fold::tidy(&text, TITLE))
            .collect();
        texts.retain(|text| !text.is_empty());
        let told = !texts.is_empty();
        if told {
            // What is quoted is shown; what the rest says may be shown above it.
            found.retain(|text| {
                text.chars().count() <= 36 && texts.iter().all(|shown| !fold::word(shown).contains(&fold::word(text)))
            });
            brief.kicker = if found.is_empty() { shown.clone().unwrap_or_default() } else { found.remove(0) };
        } else {
            texts.append(&mut title::listed(std::mem::take(&mut found)));
            texts.truncate(3);
        }
        let mut texts = texts.into_iter();
        brief.title = texts.next().or_else(|| shown.clone()).unwrap_or_default();
        if !told {
            brief.kicker = shown.filter(|word| !fold::word(&brief.title).contains(&fold::word(word))).unwrap_or_default();
        }
        let mut texts = texts.map(|text| fold::tidy(&text, LINE));
        brief.subtitle = texts.next().or_else(|| told.then(|| found.into_iter().next()).flatten()).unwrap_or_default();
        brief.lines = texts.take(4).collect();
        if let Some(wish) = brief.wish().filter(|_| !told) {
            // Whom it is for stands below, if that is a name.
            let named = brief.title.chars().next().is_some_and(char::is_uppercase) && text.contains(&brief.title);
            brief.subtitle = if named { std::mem::take(&mut brief.title) } else { String::new() };
            brief.kicker.clear();
            brief.lines.clear();
            wish.clone_into(&mut brief.title);
        }
        if brief.title.is_empty() {
            brief.default_title().clone_into(&mut brief.title);
        }
        brief.set();
        brief
    }

    /// What a card for an occasion says, where nothing else is to be read on it.
    fn wish(&self) -> Option<&'static str> {
        let occasion = self.subjects.iter().find_map(|subject| match (subject, self.french) {
            (Subject::Birthday, true) => Some("Joyeux anniversaire"),
            (Subject::Birthday, false) => Some("Happy Birthday"),
            (Subject::Christmas, true) => Some("Joyeux Noël"),
            (Subject::Christmas, false) => Some("Merry Christmas"),
            (Subject::NewYear, true) => Some("Bonne année"),
            (Subject::NewYear, false) => Some("Happy New Year"),
            _ => None,
        });
        occasion.filter(|_| self.format == Some(Format::Card))
    }

    /// A list of prices is for a price list; elsewhere a price is one detail among others.
    fn read_list(&mut self) {
        if self.items.len() > 2 && self.format.is_none() {
            self.format = Some(Format::Menu);
        } else if self.format != Some(Format::Menu) {
            self.items.clear();
        }
    }

    /// Sets each text as a typesetter would, and keeps lines from ending where they must not.
    fn set(&mut self) {
        let french = self.french;
        let own = [
            &mut self.title,
            &mut self.kicker,
            &mut self.subtitle,
            &mut self.date,
            &mut self.time,
            &mut self.place,
            &mut self.price,
        ];
        let items = self.items.iter_mut().flat_map(|(name, price)| [name, price]);
        for text in own.into_iter().chain(&mut self.lines).chain(items) {
            *text = fold::set(text, french);
        }
    }

    fn default_title(&self) -> &'static str {
        match (self.format, self.french) {
            (Some(Format::Logo | Format::BusinessCard | Format::Badge), _) => "Studio",
            (Some(Format::Menu), _) => "Menu",
            (Some(Format::Invitation), _) => "Invitation",
            (Some(Format::Card), true) => "Merci",
            (Some(Format::Card), false) => "Thank You",
            (Some(Format::Quote), true) => "Le simple est beau.",
            (Some(Format::Quote), false) => "Less, but better.",
            (_, true) => "Bonjour",
            (_, false) => "Hello",
        }
    }

    /// Marks formats, themes and placements. Answers a format's word that may be shown.
    fn tag(&mut self, tokens: &mut [Token]) -> Option<String> {
        let mut shown = None;
        let mut at = 0;
        while at < tokens.len() {
            let mut taken = 0;
            if let Some((count, format)) = longest(tokens, at, &LEXICON.formats) {
                // `menu card`, `poster for an event`: the first word of shape decides.
                if self.format.is_none_or(|known| known == Format::Event || known == Format::Post) {
                    self.format = Some(format);
                }
                let words = tokens.get(at..at + count).unwrap_or_default();
                let phrase = words.iter().map(|token| token.folded.as_str()).collect::<Vec<&str>>().join(" ");
                let single = phrase.strip_suffix('s').unwrap_or(&phrase);
                if shown.is_none() && LEXICON.words.shown_formats.contains(single) {
                    shown = Some(match (phrase.as_str(), self.french) {
                        ("evenement" | "evenements", _) => "Événement".to_owned(),
                        (_, true) => fold::capital(&phrase),
                        _ => title::title_case(&phrase),
                    });
                }
                taken = count;
                mark(tokens, at, count, Use::Instruction);
            }
            if let Some((count, (theme, content))) = longest(tokens, at, &LEXICON.themes) {
                if !self.themes.contains(&theme) {
                    self.themes.push(theme);
                }
                for token in tokens.iter_mut().skip(at).take(count) {
                    token.theme = true;
                }
                if taken == 0 {
                    mark(tokens, at, count, if content { Use::Open } else { Use::Instruction });
                    taken = count;
                }
            }
            if let Some((count, (horizontal, vertical))) = longest(tokens, at, &LEXICON.places) {
                self.horizontal = self.horizontal.or(horizontal);
                self.vertical = self.vertical.or(vertical);
                taken = taken.max(count);
                mark(tokens, at, count, Use::Instruction);
            }
            at += taken.max(1);
        }
        shown
    }

    fn read_colors(&mut self, tokens: &mut [Token]) {
        let mut at = 0;
        let mut doubtful: Vec<(usize, usize, u32)> = Vec::new();
        while at < tokens.len() {
            let free = tokens.get(at).is_some_and(|token| token.role == Use::Open);
            let Some((count, color)) = longest(tokens, at, &LEXICON.colors).filter(|_| free) else {
                at += 1;
                continue;
            };
            let word = tokens.get(at).map_or("", |token| token.folded.as_str());
            if count == 1 && LEXICON.words.doubtful_colors.contains(word) && (word != "or" || self.french) {
                doubtful.push((at, count, color));
            } else if word != "or" {
                self.add_color(tokens, at, count, color);
            }
            at += count;
        }
        for (at, count, color) in doubtful {
            let near = |at: Option<usize>| {
                at.and_then(|at| tokens.get(at)).is_some_and(|token| token.role == Use::Instruction && longest_color(token))
            };
            let joined = at
                .checked_sub(1)
                .and_then(|at| tokens.get(at))
                .is_some_and(|token| matches!(token.folded.as_str(), "et" | "and" | "en" | "in"));
            if near(at.checked_sub(1))
                || near(Some(at + count))
                || near(Some(at + count + 1))
                || (joined && near(at.checked_sub(2)))
            {
                self.add_color(tokens, at, count, color);
            }
        }
        for token in tokens.iter_mut().filter(|token| token.role == Use::Instruction || token.role == Use::Open) {
            match token.folded.as_str() {
                "dark" | "sombre" | "nocturne" => self.dark = Some(true),
                "light" | "clair" | "claire" | "pastel" | "bright" => self.dark = self.dark.or(Some(false)),
                _ => {}
            }
        }
    }

    fn add_color(&mut self, tokens: &mut [Token], at: usize, count: usize, color: u32) {
        let word = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map_or("", |token| token.folded.as_str());
        let before = [word(at.checked_sub(1)), word(at.checked_sub(2)), word(at.checked_sub(3))];
        let after = word(Some(at + count));
        if before[0] == "fond"
            || after == "background"
            || (before.contains(&"on") && !self.colors.is_empty())
            || (before[0] == "sur" && !self.colors.is_empty())
            || (before[..2] == ["sur", "fond"])
        {
            self.ground = self.ground.or(Some(color));
        }
        if !self.colors.contains(&color) && self.colors.len() < 5 {
            self.colors.push(color);
        }
        mark(tokens, at, count, Use::Instruction);
    }

    fn read_size(&mut self, tokens: &[Token]) {
        for (at, token) in tokens.iter().enumerate() {
            let pair = token.folded.split_once(['x', '×']);
            let apart = || {
                let by = tokens.get(at + 1).is_some_and(|token| matches!(token.folded.as_str(), "x" | "×"));
                by.then(|| tokens.get(at + 2).map(|other| (token.folded.as_str(), other.folded.as_str()))).flatten()
            };
            if let Some((width, height)) = pair.or_else(apart)
                && let (Ok(width), Ok(height)) = (width.parse::<f64>(), height.trim_end_matches("px").parse::<f64>())
                && (200.0..=4000.0).contains(&width)
                && (200.0..=4000.0).contains(&height)
                && (0.2..=5.0).contains(&(width / height))
            {
                self.size = self.size.or(Some((width.round(), height.round())));
            }
            let shape = match token.folded.as_str() {
                "square" | "carre" | "carree" => Some(Shape::Square),
                "portrait" | "vertical" | "verticale" | "a3" | "a4" | "a5" => Some(Shape::Portrait),
                "landscape" | "paysage" | "horizontal" | "horizontale" => Some(Shape::Landscape),
                _ => None,
            };
            self.shape = self.shape.or(shape);
        }
    }

    /// Date and time, place, price and further lines, each with the name of the parameter it becomes.
    pub(crate) fn details(&self) -> Vec<(&'static str, &str)> {
        let mut details: Vec<(&'static str, &str)> = Vec::new();
        for (name, text) in [("date", &self.date), ("time", &self.time), ("place", &self.place), ("price", &self.price)] {
            if !text.is_empty() {
                details.push((name, text));
            }
        }
        details
    }
}

/// In the order of the table, which begins with what is most particular.
fn subjects(tokens: &[Token]) -> Vec<Subject> {
    let named = |words: &str| (0..tokens.len()).any(|at| token::matches(tokens, at, words).is_some());
    let mut found: Vec<Subject> =
        LEXICON.subjects.iter().filter(|(words, _)| named(words)).map(|(_, subject)| *subject).collect();
    found.dedup();
    found
}

fn longest_color(token: &Token) -> bool {
    longest(std::slice::from_ref(token), 0, &LEXICON.colors).is_some()
        || matches!(token.folded.as_str(), "marine" | "nuit" | "ciel" | "fonce" | "clair")
}

fn mark(tokens: &mut [Token], at: usize, count: usize, role: Use) {
    for token in tokens.iter_mut().skip(at).take(count) {
        token.role = role;
    }
}

fn french(text: &str, tokens: &[Token]) -> bool {
    let count = |words: &BTreeSet<String>| tokens.iter().filter(|token| words.contains(&token.folded)).count();
    let accents = text.chars().filter(|c| "éèêàùçôîâûœÉÈÀ«".contains(*c)).count();
    count(&LEXICON.words.french) + accents > count(&LEXICON.words.english)
}

#[cfg(test)]
mod tests;
