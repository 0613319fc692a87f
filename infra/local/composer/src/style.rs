//! Which faces go together, by theme.

use crate::{
    brief::{Brief, Theme},
    metrics::{Face, Font, Weight},
    random::Random,
};

/// A display face and a text face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Style {
    pub(crate) display: Face,
    pub(crate) body: Face,
    /// Short lines in small capitals.
    pub(crate) label: Face,
    /// Of the corners of panels, as a share of the canvas's margin.
    pub(crate) radius: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Display {
    SerifBlack,
    SerifBold,
    SerifItalic,
    SerifCapitals,
    SansBlack,
    SansBold,
    SansLight,
    CondensedBlack,
    CondensedBold,
}

const fn face(font: Font, weight: Weight, leading: f64, tracking: f64, uppercase: bool) -> Face {
    Face { font, weight, italic: false, uppercase, tracking, leading }
}

impl Display {
    fn style(self) -> Style {
        let display = match self {
            Self::SerifBlack => face(Font::Serif, Weight::Black, 1.02, -0.01, false),
            Self::SerifBold => face(Font::Serif, Weight::Bold, 1.08, 0.0, false),
            Self::SerifItalic => Face { italic: true, ..face(Font::Serif, Weight::Regular, 1.08, 0.0, false) },
            Self::SerifCapitals => face(Font::Serif, Weight::Regular, 1.2, 0.08, true),
            Self::SansBlack => face(Font::Sans, Weight::Black, 1.02, -0.03, false),
            Self::SansBold => face(Font::Sans, Weight::Bold, 1.06, -0.025, false),
            Self::SansLight => face(Font::Sans, Weight::Regular, 1.08, -0.02, false),
            Self::CondensedBlack => face(Font::Condensed, Weight::Black, 1.1, 0.0, true),
            Self::CondensedBold => face(Font::Condensed, Weight::Bold, 1.14, 0.03, true),
        };
        let body_font = match self {
            Self::SerifCapitals => Font::Serif,
            _ => Font::Sans,
        };
        let label = match self {
            Self::CondensedBlack | Self::CondensedBold => face(Font::Condensed, Weight::Bold, 1.3, 0.12, true),
            _ => face(Font::Sans, Weight::Bold, 1.35, 0.14, true),
        };
        let radius = match self {
            Self::SansBlack | Self::SansBold => 0.5,
            Self::SansLight | Self::SerifItalic => 0.25,
            _ => 0.0,
        };
        Style { display, body: face(body_font, Weight::Regular, 1.4, 0.0, false), label, radius }
    }
}

impl Style {
    pub(crate) fn of(brief: &Brief, random: &mut Random) -> Self {
        let displays: Vec<Display> = brief.themes.iter().take(2).flat_map(|theme| displays(*theme).iter().copied()).collect();
        let all = [
            Display::SerifBlack,
            Display::SerifBold,
            Display::SansBlack,
            Display::CondensedBlack,
            Display::SansBold,
            Display::SerifItalic,
        ];
        random.pick(if displays.is_empty() { &all } else { &displays }, Display::SansBlack).style()
    }
}

fn displays(theme: Theme) -> &'static [Display] {
    use Display::{
        CondensedBlack, CondensedBold, SansBlack, SansBold, SansLight, SerifBlack, SerifBold, SerifCapitals, SerifItalic,
    };
    match theme {
        Theme::Music => &[SerifBlack, CondensedBlack, SerifItalic],
        Theme::Festival => &[CondensedBlack, SansBlack, SerifBlack],
        Theme::Elegant => &[SerifCapitals, SerifItalic, SerifBold],
        Theme::Playful | Theme::Kids => &[SansBlack, SerifBlack],
        Theme::Minimal => &[SansLight, SansBold, SerifBold],
        Theme::Bold | Theme::Sport => &[CondensedBlack, SansBlack],
        Theme::Warm | Theme::Coffee | Theme::Food => &[SerifBlack, SerifBold, CondensedBold],
        Theme::Nature => &[SerifBold, SerifItalic, SansBold],
        Theme::Outdoor => &[CondensedBlack, SerifBlack, CondensedBold],
        Theme::Tech => &[SansBlack, SansBold, CondensedBold],
        Theme::Modern => &[SansBlack, CondensedBlack, SansBold],
        Theme::Retro | Theme::Halloween => &[SerifBlack, CondensedBlack],
        Theme::Wedding => &[SerifItalic, SerifCapitals],
        Theme::Summer | Theme::Sea => &[SansBlack, SerifBlack, CondensedBlack],
        Theme::Christmas | Theme::Winter => &[SerifBlack, SerifItalic, SerifBold],
        Theme::Corporate | Theme::City => &[SansBold, SerifBold, CondensedBold],
    }
}
