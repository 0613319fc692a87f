//! Drawings made of plain shapes, each within an area.

mod festive;
mod geometric;
mod nature;
mod objects;
mod scenes;
mod subjects;
mod trades;

use crate::{
    brief::{Brief, Subject, Theme},
    document::{Area, Layer},
    palette::{Palette, Role},
    random::Random,
};

/// A drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ornament {
    Sun,
    Record,
    Hills,
    Mountains,
    Pines,
    Tiles,
    Arches,
    Rays,
    Wreath,
    Bars,
    Rings,
    Orbs,
    Skyline,
    Balloons,
    Branch,
    Confetti,
    Cup,
    Halftone,
    Waves,
    Slants,
    Dish,
    Baubles,
    Bunting,
    Network,
    Stripes,
    Flowers,
    Fox,
    Aperture,
    Scissors,
    Lotus,
    Fireworks,
    Planet,
    Cake,
    Heart,
    Cubes,
    Burst,
    Wine,
    Vinyl,
    Neon,
    Pumpkins,
    Village,
    Night,
    Sail,
    Track,
    Bouquet,
    Window,
    Loaf,
    Stall,
    Bee,
    Masks,
}

impl Ornament {
    /// Whether it stays within any area; the others need one whose surroundings are drawn over or off the canvas.
    pub(crate) fn is_bounded(self) -> bool {
        matches!(
            self,
            Self::Sun
                | Self::Record
                | Self::Wreath
                | Self::Bars
                | Self::Rings
                | Self::Branch
                | Self::Cup
                | Self::Dish
                | Self::Network
                | Self::Flowers
                | Self::Fireworks
        ) || self.is_thing()
    }

    /// Whether it is one thing, drawn whole.
    fn is_thing(self) -> bool {
        matches!(
            self,
            Self::Fox
                | Self::Aperture
                | Self::Scissors
                | Self::Lotus
                | Self::Planet
                | Self::Cake
                | Self::Heart
                | Self::Cubes
                | Self::Burst
                | Self::Wine
                | Self::Window
                | Self::Loaf
                | Self::Stall
                | Self::Bee
                | Self::Masks
        )
    }

    /// Whether it is a landscape under a sky, which may be the whole picture.
    pub(crate) fn is_scene(self) -> bool {
        matches!(
            self,
            Self::Vinyl
                | Self::Neon
                | Self::Pumpkins
                | Self::Village
                | Self::Night
                | Self::Sail
                | Self::Track
                | Self::Mountains
                | Self::Pines
                | Self::Hills
                | Self::Skyline
        )
    }

    /// Whether it is a picture of something round enough for an emblem.
    pub(crate) fn is_emblem(self) -> bool {
        matches!(
            self,
            Self::Sun | Self::Record | Self::Bars | Self::Rings | Self::Cup | Self::Dish | Self::Flowers | Self::Branch
        ) || self.is_thing()
    }

    /// Whether it belongs to its area's upper edge.
    pub(crate) fn hangs(self) -> bool {
        matches!(self, Self::Baubles | Self::Bunting | Self::Fireworks)
    }

    /// Whether it may fill a canvas behind a panel.
    pub(crate) fn is_pattern(self) -> bool {
        matches!(
            self,
            Self::Tiles
                | Self::Confetti
                | Self::Waves
                | Self::Rays
                | Self::Orbs
                | Self::Pines
                | Self::Halftone
                | Self::Bunting
                | Self::Slants
        )
    }

    /// What it is called in the file's choice.
    pub(crate) fn name(self, french: bool) -> &'static str {
        match (self, french) {
            (Self::Halftone, false) => "dots",
            (Self::Halftone, true) => "points",
            (Self::Stripes, false) => "stripes",
            (Self::Stripes, true) => "rayures",
            (Self::Confetti, _) => "confetti",
            (Self::Rays, false) => "rays",
            (Self::Rays, true) => "rayons",
            (Self::Waves, false) => "waves",
            (Self::Waves, true) => "vagues",
            (_, false) => "drawing",
            (_, true) => "dessin",
        }
    }

    /// Drawings for what a brief names, else for its themes.
    pub(crate) fn choices(brief: &Brief) -> Vec<Self> {
        if let Some(subject) = brief.subjects.first() {
            return subject_of(*subject).to_vec();
        }
        // A mood has drawings of its own only where nothing more telling is named.
        let telling = brief.themes.iter().any(|theme| !theme.is_mood());
        let themes = brief.themes.iter().filter(|theme| !(telling && theme.is_mood())).take(3);
        let mut found: Vec<Self> = themes.flat_map(|theme| of(*theme).iter().copied()).collect();
        if found.is_empty() {
            found = vec![
                Self::Tiles,
                Self::Arches,
                Self::Halftone,
                Self::Rings,
                Self::Sun,
                Self::Waves,
                Self::Hills,
                Self::Orbs,
                Self::Stripes,
                Self::Rays,
            ];
        }
        found
    }
}

fn subject_of(subject: Subject) -> &'static [Ornament] {
    use Ornament::{
        Aperture, Balloons, Baubles, Bee, Branch, Burst, Cake, Cubes, Fireworks, Flowers, Fox, Heart, Loaf, Lotus, Masks, Neon,
        Night, Pines, Planet, Pumpkins, Sail, Scissors, Stall, Tiles, Track, Village, Vinyl, Window, Wine, Wreath,
    };
    match subject {
        Subject::Fox => &[Fox],
        Subject::Camera => &[Aperture],
        Subject::Hair => &[Scissors],
        Subject::Yoga => &[Lotus],
        Subject::NewYear => &[Fireworks],
        Subject::Space => &[Planet],
        Subject::Balloons => &[Balloons],
        Subject::Birthday => &[Cake],
        Subject::Love => &[Heart],
        Subject::Building => &[Cubes],
        Subject::Sale => &[Burst],
        Subject::Wine => &[Wine],
        Subject::Record => &[Vinyl],
        Subject::Neon => &[Neon],
        Subject::Halloween => &[Pumpkins],
        Subject::Village => &[Village],
        Subject::Night => &[Night],
        Subject::Sail => &[Sail],
        Subject::Track => &[Track],
        Subject::Wedding => &[Wreath, Branch, Flowers],
        Subject::Bauhaus => &[Tiles],
        Subject::Code => &[Window],
        Subject::Bread => &[Loaf],
        Subject::Market => &[Stall],
        Subject::Bee => &[Bee],
        Subject::Stage => &[Masks],
        Subject::Flowers => &[Flowers, Wreath, Flowers],
        Subject::Christmas => &[Baubles, Pines, Baubles],
    }
}

fn of(theme: Theme) -> &'static [Ornament] {
    use Ornament::{
        Arches, Balloons, Bars, Baubles, Branch, Bunting, Confetti, Cup, Dish, Flowers, Halftone, Hills, Mountains, Network,
        Orbs, Pines, Rays, Record, Rings, Skyline, Slants, Stripes, Sun, Tiles, Waves, Wreath,
    };
    match theme {
        Theme::Music => &[Record, Bars, Halftone, Record],
        Theme::Festival => &[Bunting, Confetti, Rays, Tiles],
        Theme::Elegant => &[Waves, Rays, Arches, Branch],
        Theme::Playful => &[Confetti, Tiles, Balloons, Arches],
        Theme::Minimal => &[Rings, Arches, Halftone, Sun],
        Theme::Bold => &[Rays, Halftone, Slants, Stripes],
        Theme::Warm => &[Arches, Hills, Branch, Sun],
        Theme::Nature => &[Branch, Flowers, Hills, Wreath],
        Theme::Outdoor => &[Mountains, Hills, Pines],
        Theme::Tech => &[Network, Orbs, Halftone],
        Theme::Modern => &[Tiles, Rings, Arches, Halftone],
        Theme::Retro => &[Sun, Arches, Rays, Stripes],
        Theme::Wedding => &[Wreath, Branch, Flowers],
        Theme::Summer => &[Sun, Waves, Hills, Arches],
        Theme::Sea => &[Waves, Sun, Waves],
        Theme::Christmas => &[Pines, Baubles, Pines],
        Theme::Winter => &[Pines, Mountains],
        Theme::Kids => &[Balloons, Bunting, Confetti],
        Theme::Corporate => &[Network, Halftone, Slants, Rings],
        Theme::City => &[Skyline],
        Theme::Halloween => &[Pines, Rays],
        Theme::Food => &[Dish, Dish, Tiles],
        Theme::Coffee => &[Cup],
        Theme::Sport => &[Slants, Halftone, Stripes],
    }
}

const ALL: [Role; 6] = [Role::Ground, Role::Soft, Role::Ink, Role::Accent, Role::Second, Role::Third];

/// What a drawing is drawn with.
pub(crate) struct Pen<'a> {
    pub(crate) palette: &'a Palette,
    pub(crate) random: &'a mut Random,
    /// The colour behind it.
    pub(crate) on: Role,
    colors: Vec<String>,
    layers: Vec<Layer>,
}

impl<'a> Pen<'a> {
    pub(crate) fn new(palette: &'a Palette, random: &'a mut Random, on: Role) -> Self {
        let colors = palette.shapes_on(on).into_iter().map(|role| palette.paint(role)).collect();
        Self { palette, random, on, colors, layers: Vec::new() }
    }

    /// Draws, and answers the layers from back to front.
    pub(crate) fn draw(mut self, ornament: Ornament, area: Area) -> Vec<Layer> {
        match ornament {
            Ornament::Sun => self.sun(area),
            Ornament::Record => self.record(area),
            Ornament::Hills => self.hills(area),
            Ornament::Mountains => self.mountains(area),
            Ornament::Pines => self.pines(area),
            Ornament::Tiles => self.tiles(area),
            Ornament::Arches => self.arches(area),
            Ornament::Rays => self.rays(area),
            Ornament::Wreath => self.wreath(area),
            Ornament::Bars => self.bars(area),
            Ornament::Rings => self.rings(area),
            Ornament::Orbs => self.orbs(area),
            Ornament::Skyline => self.skyline(area),
            Ornament::Balloons => self.balloons(area),
            Ornament::Branch => self.branches(area),
            Ornament::Confetti => self.confetti(area),
            Ornament::Cup => self.cup(area),
            Ornament::Halftone => self.halftone(area),
            Ornament::Waves => self.waves(area),
            Ornament::Slants => self.slants(area),
            Ornament::Dish => self.dish(area),
            Ornament::Baubles => self.baubles(area),
            Ornament::Bunting => self.bunting(area),
            Ornament::Network => self.network(area),
            Ornament::Stripes => self.stripes(area),
            Ornament::Flowers => self.flowers(area),
            Ornament::Fox => self.fox(area),
            Ornament::Aperture => self.aperture(area),
            Ornament::Scissors => self.scissors(area),
            Ornament::Lotus => self.lotus(area),
            Ornament::Fireworks => self.fireworks(area),
            Ornament::Planet => self.planet(area),
            Ornament::Cake => self.cake(area),
            Ornament::Heart => self.heart(area),
            Ornament::Cubes => self.cubes(area),
            Ornament::Burst => self.burst(area),
            Ornament::Wine => self.wine(area),
            Ornament::Vinyl => self.vinyl(area),
            Ornament::Neon => self.neon(area),
            Ornament::Pumpkins => self.pumpkins(area),
            Ornament::Village => self.village(area),
            Ornament::Night => self.night(area),
            Ornament::Sail => self.sail(area),
            Ornament::Track => self.track(area),
            Ornament::Bouquet => self.bouquet(area),
            Ornament::Window => self.window(area),
            Ornament::Loaf => self.loaf(area),
            Ornament::Stall => self.stall(area),
            Ornament::Bee => self.bee(area),
            Ornament::Masks => self.masks(area),
        }
        self.layers
    }

    /// The colours that stand out here, best known first, over and over.
    fn color(&self, at: usize) -> String {
        let count = self.colors.len().max(1);
        self.colors.get(at % count).cloned().unwrap_or_default()
    }

    /// The same, those closest to the colour behind first: from far to near in a landscape.
    fn depth(&self) -> Vec<String> {
        let behind = self.palette.rgb(self.on);
        let mut roles = self.palette.shapes_on(self.on);
        roles.truncate(3);
        roles.sort_by(|a, b| self.palette.rgb(*a).distance(behind).total_cmp(&self.palette.rgb(*b).distance(behind)));
        roles.into_iter().map(|role| self.palette.paint(role)).collect()
    }

    /// The lightest colour that is not the one behind: sun, moon and snow.
    fn light(&self) -> String {
        let roles = [Role::Accent, Role::Second, Role::Third, Role::Ground, Role::Soft, Role::Ink];
        let behind = self.palette.rgb(self.on);
        let lightness = |role: &Role| self.palette.rgb(*role).lightness();
        let far = roles.into_iter().filter(|role| self.palette.rgb(*role).distance(behind) > 0.07);
        far.max_by(|a, b| lightness(a).total_cmp(&lightness(b))).map_or_else(|| self.color(0), |role| self.palette.paint(role))
    }

    /// The light in a landscape, and the landscape's colours from far to near.
    fn sky(&self) -> (String, Vec<String>) {
        let (light, mut depth) = (self.light(), self.depth());
        if depth.iter().any(|color| *color != light) {
            depth.retain(|color| *color != light);
        }
        (light, depth)
    }

    /// The lightest colour of all, even where it lies behind.
    fn white(&self) -> String {
        self.palette.paint(self.by_lightness(true))
    }

    /// The darkest colour of all, even where it lies behind.
    fn dark(&self) -> String {
        self.palette.paint(self.by_lightness(false))
    }

    fn by_lightness(&self, lightest: bool) -> Role {
        let lightness = |role: &Role| self.palette.rgb(*role).lightness() * if lightest { 1.0 } else { -1.0 };
        ALL.into_iter().max_by(|a, b| lightness(a).total_cmp(&lightness(b))).unwrap_or(Role::Ink)
    }

    /// What stands out most, as writing would.
    fn dark_or_light(&self) -> String {
        self.palette.text(self.on, Role::Ink, true)
    }

    /// A yellow or orange, for what shines; without one, what is light.
    fn warm(&self) -> String {
        let behind = self.palette.rgb(self.on);
        let warm = ALL.into_iter().filter(|role| {
            let color = self.palette.rgb(*role);
            (40.0..112.0).contains(&color.hue())
                && color.chroma() > 0.08
                && color.lightness() > 0.6
                && color.distance(behind) > 0.12
        });
        let chroma = |role: &Role| self.palette.rgb(*role).chroma();
        warm.max_by(|a, b| chroma(a).total_cmp(&chroma(b))).map_or_else(|| self.light(), |role| self.palette.paint(role))
    }

    /// Water near and far: a blue of the palette, else the ground's own colour, deeper.
    fn water(&self) -> (String, String) {
        let behind = self.palette.rgb(self.on);
        let blue = ALL
            .into_iter()
            .map(|role| self.palette.rgb(role))
            .find(|color| (180.0..285.0).contains(&color.hue()) && color.chroma() > 0.03 && color.distance(behind) > 0.09);
        let deep = blue.unwrap_or_else(|| behind.at(behind.lightness() + if behind.is_dark() { 0.16 } else { -0.2 }, 1.1));
        (deep.to_string(), deep.mix(behind, 0.4).to_string())
    }

    /// The sides of a solid: lit, plain, in the shade.
    fn tones(&self) -> [String; 3] {
        let mut roles = self.palette.shapes_on(self.on);
        roles.truncate(3);
        while roles.len() < 3 {
            roles.push(Role::Ink);
        }
        roles.sort_by(|a, b| self.palette.rgb(*b).lightness().total_cmp(&self.palette.rgb(*a).lightness()));
        [0, 1, 2].map(|at: usize| roles.get(at).map_or_else(|| self.color(0), |role| self.palette.paint(*role)))
    }

    /// Colours for walls: neither snow nor light.
    fn walls(&self) -> Vec<String> {
        let (white, warm) = (self.white(), self.warm());
        let roles = self.palette.shapes_on(self.on);
        let mut walls: Vec<String> =
            roles.iter().map(|role| self.palette.paint(*role)).filter(|color| *color != white && *color != warm).collect();
        let base = self.palette.rgb(self.on);
        let first = roles.first().map_or(base, |role| self.palette.rgb(*role));
        for share in [0.35, 0.62] {
            walls.push(first.mix(base, share).to_string());
        }
        walls
    }

    /// Roofs at night: far, near.
    fn night_depth(&self) -> (String, String) {
        let behind = self.palette.rgb(self.on);
        let tint = self.palette.shapes_on(self.on).get(1).map_or(behind, |role| self.palette.rgb(*role));
        if behind.is_dark() {
            let near = behind.at((behind.lightness() - 0.1).max(0.1), 0.9);
            return (behind.mix(tint, 0.34).to_string(), near.to_string());
        }
        let near = self.palette.rgb(self.by_lightness(false));
        (near.mix(behind, 0.5).to_string(), near.to_string())
    }

    /// What to write with on one of the colours.
    fn sign_on(&self, at: usize) -> String {
        let roles = self.palette.shapes_on(self.on);
        let role = roles.get(at % roles.len().max(1)).copied().unwrap_or(Role::Ink);
        self.palette.text(role, Role::Ground, true)
    }

    /// The colour behind.
    fn behind(&self) -> String {
        self.palette.paint(self.on)
    }

    fn any(&mut self) -> String {
        let at = self.random.below(self.colors.len());
        self.color(at)
    }

    fn push(&mut self, layer: Layer) {
        self.layers.push(layer);
    }
}

/// 0, 1, 2 … as numbers to calculate with.
fn steps(count: u32) -> impl Iterator<Item = f64> {
    (0..count).map(f64::from)
}
