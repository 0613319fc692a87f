//! Six colours that go together and that text can be read on.

use crate::{
    brief::{Brief, Theme},
    color::Rgb,
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

type Set = [u32; 5];

/// Ground, ink, accent, second and third for every theme.
#[rustfmt::skip]
const CURATED: &[(Theme, &[Set])] = &[
    (Theme::Music, &[[0x0b1d3a, 0xf6ead2, 0xe0a83a, 0xc8553d, 0x3f6c8f], [0x1a1423, 0xf7e9d7, 0xf2545b, 0xf3a65a, 0x5e4b8b], [0x102a2b, 0xf4ecd8, 0xe9b44c, 0xd1495b, 0x3b8b8a], [0xf2e6cf, 0x1d2130, 0xc8402f, 0x1f5673, 0xe2a032]]),
    (Theme::Festival, &[[0x2a1052, 0xfff3dc, 0xff4f79, 0xffb627, 0x21c7b7], [0xffefd5, 0x2b1a4d, 0xf23d6d, 0x2a9d8f, 0xffb52e], [0x0d1b3e, 0xfff6e3, 0xffc83d, 0xff5d5d, 0x3fa7d6], [0xff5a4e, 0x2a0f2e, 0xfff0d4, 0xffc53a, 0x8a2d6b]]),
    (Theme::Elegant, &[[0xf7f3ec, 0x22201d, 0xb08d57, 0x6b705c, 0xd8c7b0], [0x111417, 0xf3eee3, 0xc9a35b, 0x6f7b83, 0x8a6f4d], [0x1c2b25, 0xf4efe4, 0xc8a96a, 0x6d8a79, 0xa47f4c], [0x2b1220, 0xf6ebe4, 0xcfa46a, 0x8c4a5f, 0xb98a8f]]),
    (Theme::Playful, &[[0xfff4e0, 0x2b2d42, 0xef476f, 0xffc43d, 0x118ab2], [0x5a2fd6, 0xffffff, 0xffd23f, 0xff6b9d, 0x3bceac], [0xffdfe3, 0x3d1e6d, 0xff5d8f, 0x5fa8f5, 0xffc233], [0xd9f2ec, 0x1f2a52, 0xff6f4f, 0xffc22e, 0x2f9fa8]]),
    (Theme::Minimal, &[[0xfafaf7, 0x161616, 0xe4572e, 0xd9d6cf, 0x8d99ae], [0xf1efe9, 0x1b1b1b, 0x2b59c3, 0xc9c5ba, 0xf2c14e], [0xf4f1ec, 0x20261f, 0x5c7457, 0xcfc8b8, 0xb3956a], [0x17181a, 0xf3f1ec, 0xe8c15a, 0x5a5d63, 0x8f949b]]),
    (Theme::Bold, &[[0xffd21f, 0x141414, 0xe4002b, 0x141414, 0xfff6d6], [0xe63927, 0x240505, 0xfff3dd, 0xffc145, 0x1b1b1b], [0x1238d6, 0xffffff, 0xffe14d, 0xff5a36, 0x7fb2ff], [0x111111, 0xffffff, 0xff3d2e, 0xffd21f, 0x6c6c6c]]),
    (Theme::Warm, &[[0xfbeee0, 0x3b1f1a, 0xc8553d, 0xe9a23b, 0x7a8450], [0x6e2718, 0xfdf0dc, 0xf2a541, 0xd96c3f, 0xf6d7a7], [0xf6e2c6, 0x40241b, 0xb5472b, 0xd98e32, 0x5d6b48]]),
    (Theme::Nature, &[[0xf2f0e4, 0x1f3327, 0x3f7d4f, 0xa3b86c, 0xe2b04a], [0x1e3a2f, 0xf3efdf, 0xd9b55b, 0x6a9c78, 0xa8c69f], [0xeaf1e4, 0x23382b, 0xd9785b, 0x6f9a6b, 0xf0c15c], [0xfaf3ea, 0x2d3b2d, 0xc4796a, 0x7d9a78, 0xe6c27a]]),
    (Theme::Outdoor, &[[0xf6ead6, 0x16302f, 0xe2703a, 0x2f6f67, 0xf0b54f], [0x123136, 0xf7eddb, 0xf29e4c, 0x2f7d76, 0x8fb8a8], [0xfbe3c8, 0x2a2145, 0xd95d4b, 0x6a5a9a, 0xf2ab4f]]),
    (Theme::Tech, &[[0x0b1020, 0xeaf1ff, 0x4cc9f0, 0x7b5cff, 0xf72585], [0xf4f7fb, 0x0e1a2b, 0x2563eb, 0x12b5a5, 0x7c3aed], [0x07161b, 0xe6fbf5, 0x2ee6a8, 0x1f8fff, 0x6b7cff], [0x150a2e, 0xf4ecff, 0xb06cff, 0xff5fa8, 0x34d1ff]]),
    (Theme::Modern, &[[0xf4efe6, 0x1d1d1b, 0xd93a2b, 0x1f4e9c, 0xf0b929], [0xefe7da, 0x1c2541, 0xee6c4d, 0x3d5a80, 0xf4b942], [0x14213d, 0xf7f4ec, 0xfca311, 0xe5484d, 0x5aa9a8], [0xfde8e4, 0x2a1f3d, 0xe5383b, 0x3f4fc1, 0xf6b53c]]),
    (Theme::Retro, &[[0xf3e3c3, 0x2e2a3b, 0xd9532c, 0xe8a33d, 0x2f7f79], [0x263a4a, 0xf6e7c8, 0xe2703a, 0xeab54d, 0x6fa8a0], [0xf7e1c4, 0x4a1f24, 0xc8402f, 0xe98a3c, 0xf0bd58]]),
    (Theme::Wedding, &[[0xfbf5f0, 0x4a3b3a, 0xc98b7b, 0xa8b5a0, 0xe6cfc2], [0xf4f6f1, 0x2f3e37, 0x7d9a78, 0xc9b27c, 0xcfdac9], [0xfdf1f1, 0x4b2533, 0xc2526e, 0xe7a6a1, 0xd9b26f], [0x2f3b33, 0xf7f1e6, 0xd2b271, 0x8aa287, 0xb7c4ad]]),
    (Theme::Summer, &[[0xffe9c9, 0x0f3b57, 0xff6b4a, 0xffb703, 0x1fa2a6], [0x0d6c78, 0xfff6e0, 0xffc145, 0xff6f59, 0x7fd1c7], [0xffd9b8, 0x3a1547, 0xf2506e, 0xff9f1c, 0x1c9aa0], [0xfff3d0, 0x17405c, 0xf25f4c, 0xffb52e, 0x3aa6c9]]),
    (Theme::Sea, &[[0xe8f3f4, 0x0d3b4f, 0x1b7f9c, 0xf28f5b, 0x8cc7cf], [0x0b3954, 0xf2fbfb, 0xffb35c, 0x2f8fb0, 0x8fd3d6], [0xfaf1de, 0x123a5a, 0xe8604c, 0x2b7fa8, 0x7fc1c9]]),
    (Theme::Christmas, &[[0x0f3d2e, 0xf8f1e0, 0xd9b25f, 0xb3282d, 0x3d7d5e], [0x8c171d, 0xfdf4e3, 0xe6b85c, 0x1f4d3a, 0xd96459], [0xf6f3ea, 0x1f3b2e, 0xb3282d, 0x2f6b4f, 0xd4a64a]]),
    (Theme::Winter, &[[0x12304f, 0xf1f7fc, 0x9fd0ea, 0x4b79a8, 0xe7c873], [0xeef4f8, 0x163047, 0x3f7cac, 0x95b8d1, 0xd9a441], [0x1e2447, 0xf3f4fb, 0xb7c9f2, 0x5a6cae, 0xf0d58a]]),
    (Theme::Kids, &[[0xfff6d6, 0x31356e, 0xff6b6b, 0x3fbfb5, 0xffc22e], [0xbfe6ff, 0x20315e, 0xff6f4f, 0xffd23f, 0x4fb06f], [0xffe3ee, 0x40215c, 0xf2558d, 0x4fa8e0, 0xffc23d], [0x3a2a8c, 0xfff8e4, 0xffcb3d, 0xff6f91, 0x4fd0c7]]),
    (Theme::Corporate, &[[0xf5f7fa, 0x14233a, 0x1f5fbf, 0xf0a202, 0x8fa3bf], [0x14233a, 0xf5f7fa, 0xf0a202, 0x3f7fd0, 0x8fa3bf], [0xfaf8f4, 0x1d2b2a, 0x0f766e, 0xd97b3f, 0x9db8b2]]),
    (Theme::City, &[[0xf4ede1, 0x1f2a44, 0xe0643f, 0x4a6c8c, 0xf0b95a], [0x16213b, 0xf7ecd8, 0xf4b650, 0xd9604b, 0x51709b], [0xf0e9e4, 0x2a2730, 0xc4543a, 0x7d8aa0, 0xe5b36a]]),
    (Theme::Halloween, &[[0x17121f, 0xf7ead7, 0xff7a1a, 0x7b3fa0, 0x5a9a56], [0xf28a1c, 0x1a1020, 0x2a1436, 0x6d2b8a, 0xffd98a]]),
    (Theme::Food, &[[0xfbf3e4, 0x2c2320, 0xc0392b, 0x6a8d3a, 0xe3a72f], [0x2c2320, 0xfbf3e4, 0xe3a72f, 0xc65d3b, 0x8c9a5b], [0xf6ecd9, 0x1f3a2e, 0xd4572f, 0x5f8a4f, 0xeab04a], [0x1f3a33, 0xf8efdc, 0xe9b15a, 0xd9694a, 0x86a880]]),
    (Theme::Coffee, &[[0xf3e9dc, 0x2f1f17, 0xa4622f, 0xd3a374, 0x5b7065], [0x2e1d16, 0xf6eadb, 0xd9a066, 0x9a5b36, 0xe9cfae], [0xfaefe6, 0x43271d, 0xcf7452, 0xe2b48a, 0x7d8f78]]),
    (Theme::Sport, &[[0x0f1115, 0xffffff, 0xd7ff3e, 0xff4d2e, 0x5b6472], [0xf3f4f0, 0x12151c, 0xff4d2e, 0x1f4fd6, 0xbfc5cf], [0x10254d, 0xffffff, 0xff5a36, 0x3fa7f0, 0xffd23f], [0xff5a1f, 0x1b0f0a, 0xfff4e3, 0x1b1b1b, 0xffb38a]]),
];

fn curated(brief: &Brief, random: &mut Random) -> [Rgb; 5] {
    let of = |theme: Theme| CURATED.iter().filter(move |(of, _)| *of == theme).flat_map(|(_, sets)| sets.iter().copied());
    let mut sets: Vec<Set> = brief.themes.iter().take(2).flat_map(|theme| of(*theme)).collect();
    if sets.is_empty() {
        sets = [Theme::Modern, Theme::Minimal, Theme::Retro, Theme::Warm, Theme::Sea].into_iter().flat_map(of).collect();
    }
    if let Some(dark) = brief.dark {
        let fitting: Vec<Set> = sets.iter().copied().filter(|set| Rgb::new(set[0]).is_dark() == dark).collect();
        if !fitting.is_empty() {
            sets = fitting;
        }
    }
    random.pick(&sets, [0xf4efe6, 0x1d1d1b, 0xd93a2b, 0x1f4e9c, 0xf0b929]).map(Rgb::new)
}

/// Names for the file's palette: the nearest of these.
#[rustfmt::skip]
const NAMES: &[(&str, u32)] = &[
    ("black", 0x141414), ("charcoal", 0x303439), ("white", 0xffffff), ("ivory", 0xfaf5e9), ("cream", 0xf8efdc), ("beige", 0xe8d9bf),
    ("sand", 0xe2cda6), ("grey", 0x83888f), ("silver", 0xb9bec6), ("mist", 0xe8f0f4), ("red", 0xd02f2f), ("crimson", 0xb01e3c),
    ("burgundy", 0x6d1a2d), ("coral", 0xff6f59), ("salmon", 0xfa9079), ("terracotta", 0xc2613f), ("rust", 0xa84a2a), ("orange", 0xf2812b),
    ("peach", 0xfbc09a), ("apricot", 0xf7a865), ("amber", 0xf0a41f), ("gold", 0xd6a53c), ("bronze", 0xa97a46), ("yellow", 0xffd23f),
    ("lime", 0xb5d334), ("olive", 0x767a36), ("green", 0x2f8f5b), ("forest", 0x1c4532), ("emerald", 0x127a5b), ("sage", 0x9db39a),
    ("mint", 0x92d9bd), ("turquoise", 0x23b5b0), ("teal", 0x12737a), ("petrol", 0x0f4c5c), ("cyan", 0x27b7d9), ("blue", 0x235fc4),
    ("sky", 0x9cc9ec), ("navy", 0x0f2547), ("ink", 0x161c2b), ("indigo", 0x352f8f), ("violet", 0x6a35a8), ("plum", 0x5e2750),
    ("aubergine", 0x3b1c3f), ("lavender", 0xb9a7e0), ("mauve", 0xb08bbf), ("magenta", 0xd12f86), ("pink", 0xf080a6), ("blush", 0xf7cfd6),
    ("rose", 0xeec2bd), ("brown", 0x6b4127), ("chocolate", 0x4a2b1c), ("caramel", 0xc08347), ("slate", 0x51709b),
];

fn name(color: Rgb) -> &'static str {
    NAMES
        .iter()
        .min_by(|a, b| Rgb::new(a.1).distance(color).total_cmp(&Rgb::new(b.1).distance(color)))
        .map_or("grey", |(name, _)| name)
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
