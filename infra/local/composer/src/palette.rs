//! Six colours that go together and that text can be read on.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::{
    brief::{Brief, Theme},
    color::{Code, Rgb},
    random::Random,
};

/// What a colour is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The background; a parameter of the file.
    Ground,
    /// Close to the ground: shapes that text may lie on.
    Soft,
    /// Text.
    Ink,
    /// The colour one remembers; a parameter of the file.
    Accent,
    Second,
    Third,
}

/// The colours of one picture.
#[derive(Clone, Debug)]
pub(crate) struct Palette {
    colors: [(String, Rgb); 6],
}

/// WCAG 2.2, 1.4.3, with a little more to spare.
const LARGE: f64 = 3.1;
const SMALL: f64 = 4.7;

impl Palette {
    pub(crate) fn of(brief: &Brief, random: &mut Random) -> Self {
        let [ground, ink, accent, second, third] =
            if brief.colors.is_empty() { curated(brief, random) } else { from_words(brief, random) };
        let (ground, ink) = readable(ground, ink);
        // Accent and ground must differ for shapes, too.
        let accent = apart(accent, ground, 0.12);
        let second = apart(second, ground, 0.06);
        let third = apart(third, ground, 0.06);
        let mut soft = ground.mix(accent, 0.14);
        if ink.contrast(soft) < SMALL + 0.6 {
            soft = ground.mix(if ground.is_dark() { Rgb::new(0) } else { Rgb::new(0xffffff) }, 0.3);
        }
        let mut colors = [ground, soft, ink, accent, second, third].map(|color| (String::new(), color));
        for at in 0..colors.len() {
            let name = name(colors[at].1);
            let same = colors.iter().filter(|(known, _)| known.starts_with(name)).count();
            colors[at].0 = if same == 0 { name.to_owned() } else { format!("{name}_{}", same + 1) };
        }
        Self { colors }
    }

    pub(crate) fn rgb(&self, role: Role) -> Rgb {
        self.entry(role).1
    }

    fn entry(&self, role: Role) -> &(String, Rgb) {
        let [ground, soft, ink, accent, second, third] = &self.colors;
        match role {
            Role::Ground => ground,
            Role::Soft => soft,
            Role::Ink => ink,
            Role::Accent => accent,
            Role::Second => second,
            Role::Third => third,
        }
    }

    /// The colour's name in the file's palette.
    pub(crate) fn swatch(&self, role: Role) -> &str {
        &self.entry(role).0
    }

    /// How layers name the colour: ground and accent by their parameters.
    pub(crate) fn paint(&self, role: Role) -> String {
        match role {
            Role::Ground => "background".to_owned(),
            Role::Accent => "accent".to_owned(),
            role => self.swatch(role).to_owned(),
        }
    }

    /// Name and colour of each, in the order of the roles.
    pub(crate) fn swatches(&self) -> impl Iterator<Item = &(String, Rgb)> {
        self.colors.iter()
    }

    /// What to write with on a colour: the wanted role where it can be read, else the role that can be read best, or black or white.
    pub(crate) fn text(&self, on: Role, wanted: Role, large: bool) -> String {
        self.text_on(&[on], wanted, large)
    }

    /// The same on several colours at once.
    pub(crate) fn text_on(&self, on: &[Role], wanted: Role, large: bool) -> String {
        let least = |color: Rgb| on.iter().map(|role| self.rgb(*role).contrast(color)).fold(21.0, f64::min);
        let needed = if large { LARGE } else { SMALL };
        if least(self.rgb(wanted)) >= needed {
            return self.paint(wanted);
        }
        let roles = [Role::Ink, Role::Ground, Role::Soft];
        if let Some(role) = roles.into_iter().find(|role| least(self.rgb(*role)) >= SMALL) {
            return self.paint(role);
        }
        let extremes = [0x121212, 0xffffff].map(Rgb::new);
        let [dark, light] = extremes.map(least);
        extremes[usize::from(light > dark)].to_string()
    }

    /// The roles in which shapes stand out from a colour, best known first.
    pub(crate) fn shapes_on(&self, on: Role) -> Vec<Role> {
        let ground = self.rgb(on);
        let mut far: Vec<Role> = [Role::Accent, Role::Second, Role::Third, Role::Ink, Role::Ground]
            .into_iter()
            .filter(|role| *role != on && self.rgb(*role).distance(ground) > 0.09)
            .take(4)
            .collect();
        if far.is_empty() {
            far.push(Role::Ink);
        }
        far
    }
}

/// The ground, moved away from middle grey where it must be, and an ink with a contrast of at least 7 on it.
fn readable(ground: Rgb, ink: Rgb) -> (Rgb, Rgb) {
    if ink.contrast(ground) >= 7.0 {
        return (ground, ink);
    }
    let dark_ink = ground.contrast(Rgb::new(0)) >= ground.contrast(Rgb::new(0xffffff));
    let mut best = ink;
    for step in 0..20 {
        let lightness = if dark_ink { 0.34 - 0.017 * f64::from(step) } else { 0.9 + 0.005 * f64::from(step) };
        best = ink.at(lightness, if dark_ink { 0.6 } else { 0.25 });
        if best.contrast(ground) >= 7.0 {
            break;
        }
    }
    (ground, best)
}

/// A colour moved in lightness until it is so far from another.
fn apart(color: Rgb, from: Rgb, least: f64) -> Rgb {
    let mut moved = color;
    let mut step = 0.0;
    while moved.distance(from) < least && step < 0.5 {
        step += 0.03;
        let way = if from.lightness() > 0.55 { -step } else { step };
        moved = color.at(from.lightness() + way, 1.0);
    }
    moved
}

/// From the colours of the brief.
fn from_words(brief: &Brief, random: &mut Random) -> [Rgb; 5] {
    let mut colors: Vec<Rgb> = brief.colors.iter().map(|code| Rgb::new(*code)).collect();
    let extreme = |color: &Rgb| color.lightness() > 0.9 || color.lightness() < 0.32;
    let ground = if let Some(code) = brief.ground {
        Rgb::new(code)
    } else if let Some(wanted) = brief.dark {
        let fitting = colors.iter().copied().find(|color| extreme(color) && color.is_dark() == wanted);
        let first = colors.first().copied().unwrap_or(Rgb::new(0));
        fitting.unwrap_or_else(|| if wanted { first.at(0.24, 0.55) } else { first.at(0.965, 0.16) })
    } else {
        let extremes: Vec<Rgb> = colors.iter().copied().filter(extreme).collect();
        let first = colors.first().copied().unwrap_or(Rgb::new(0));
        match extremes.len() {
            0 => match random.below(5) {
                0 | 1 => first.at(0.965, 0.14),
                2 => first.at(0.25, 0.5),
                // In the colour itself, where it is one that can be written on.
                _ if colors.len() > 1 || first.chroma() > 0.05 => first,
                _ => first.at(0.965, 0.14),
            },
            _ => random.pick(&extremes, first),
        }
    };
    colors.retain(|color| color.distance(ground) > 0.08);
    // Ink: a named colour that can be read, else a tint of the first.
    let ink_at = colors.iter().position(|color| color.contrast(ground) >= 7.0 && (colors.len() > 1 || color.chroma() < 0.03));
    let hue = colors.first().copied().unwrap_or(ground);
    let ink = match ink_at {
        Some(at) if colors.len() > 2 || colors.get(at).is_some_and(|color| color.chroma() < 0.03) => colors.remove(at),
        _ if ground.contrast(Rgb::new(0)) > ground.contrast(Rgb::new(0xffffff)) => hue.at(0.22, 0.4),
        _ => hue.at(0.965, 0.2),
    };
    let accent = match colors.first() {
        Some(color) => *color,
        None if ground.chroma() > 0.04 => ground.turned(180.0).at(if ground.is_dark() { 0.78 } else { 0.55 }, 1.0),
        // Black, white and grey alone: one clear colour beside them.
        None => random.pick(&[0xe4572e, 0xd6a53c, 0x2b59c3, 0x83888f].map(Rgb::new), ink),
    };
    let mut beside = companions(accent, ground).into_iter();
    let second = colors.get(1).copied().or_else(|| beside.next()).unwrap_or(ink);
    let third = colors.get(2).copied().or_else(|| beside.next()).unwrap_or(accent.mix(ground, 0.5));
    [ground, ink, accent, second, third]
}

/// Two colours that go with another, by its hue, none of them close to the ground.
fn companions(accent: Rgb, ground: Rgb) -> Vec<Rgb> {
    let pair = if accent.chroma() < 0.035 {
        [accent.mix(ground, 0.45), accent.mix(ground, 0.7)]
    } else {
        match accent.hue() {
            hue if hue < 12.0 => [0xffb84d, 0x8a5bd0],
            hue if hue < 38.0 => [0xf2b544, 0x2f6f8f],
            hue if hue < 70.0 => [0x2f7f79, 0xf3d9a4],
            hue if hue < 105.0 => [0xc8553d, 0x4f86a8],
            hue if hue < 170.0 => [0xe6b450, 0xd9785b],
            hue if hue < 235.0 => [0xff7a5c, 0xf3cd8b],
            hue if hue < 285.0 => [0xf4a340, 0x8fc3e8],
            hue if hue < 330.0 => [0xff6b9d, 0xffc145],
            _ => [0xffb84d, 0x8a5bd0],
        }
        .map(|code| {
            // Pale colours have pale company.
            let color = Rgb::new(code);
            let lightness = color.lightness() + (accent.lightness() - color.lightness()) * 0.4;
            color.at(lightness, (accent.chroma() / 0.13).clamp(0.35, 1.0))
        })
    };
    pair.into_iter().filter(|color| color.distance(ground) > 0.1).collect()
}

/// Ground, ink, accent, second and third.
type Set = [Code; 5];

/// `data/palettes.toml`, read once.
static PALETTES: LazyLock<Palettes> =
    LazyLock::new(|| toml::from_str(include_str!("../data/palettes.toml")).expect("data/palettes.toml is a part of the program"));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Palettes {
    names: BTreeMap<String, Code>,
    palettes: Vec<Curated>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Curated {
    theme: Theme,
    sets: Vec<Set>,
}

fn curated(brief: &Brief, random: &mut Random) -> [Rgb; 5] {
    let of = |theme: Theme| {
        PALETTES.palettes.iter().filter(move |curated| curated.theme == theme).flat_map(|curated| curated.sets.iter().copied())
    };
    let mut sets: Vec<Set> = brief.themes.iter().take(2).flat_map(|theme| of(*theme)).collect();
    if sets.is_empty() {
        sets = [Theme::Modern, Theme::Minimal, Theme::Retro, Theme::Warm, Theme::Sea].into_iter().flat_map(of).collect();
    }
    if let Some(dark) = brief.dark {
        let fitting: Vec<Set> = sets.iter().copied().filter(|set| Rgb::from(set[0]).is_dark() == dark).collect();
        if !fitting.is_empty() {
            sets = fitting;
        }
    }
    random.pick(&sets, [0xf4efe6, 0x1d1d1b, 0xd93a2b, 0x1f4e9c, 0xf0b929].map(Code)).map(Rgb::from)
}

/// The name of the nearest colour that has one.
fn name(color: Rgb) -> &'static str {
    let distance = |code: &Code| Rgb::from(*code).distance(color);
    PALETTES.names.iter().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1))).map_or("grey", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_palette_can_be_read() {
        for (text, seed) in [
            "",
            "pink",
            "yellow and grey",
            "rouge vif",
            "or sur noir",
            "grey",
            "white",
            "vert et rose, fond bleu clair",
            "wedding",
            "sport",
            "noël",
        ]
        .into_iter()
        .flat_map(|text| (0..20).map(move |seed| (text, seed)))
        {
            let palette = Palette::of(&Brief::read(text), &mut Random::new(text, seed));
            let (ground, ink, soft) = (palette.rgb(Role::Ground), palette.rgb(Role::Ink), palette.rgb(Role::Soft));
            assert!(ink.contrast(ground) >= 4.7, "{text} {seed}: {ink} on {ground}");
            assert!(ink.contrast(soft) >= 4.7, "{text} {seed}: {ink} on {soft}");
            let mut names: Vec<&str> = palette.swatches().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), 6, "{text} {seed}");
        }
    }

    #[test]
    fn asked_colours_are_used() {
        let palette = Palette::of(&Brief::read("gold on navy"), &mut Random::new("", 1));
        assert_eq!(palette.rgb(Role::Ground), Rgb::new(0x0f2547));
        assert_eq!(palette.rgb(Role::Accent), Rgb::new(0xd6a53c));
    }
}
