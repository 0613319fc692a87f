//! A fixed set of briefs, and the sheets that their pictures are shown on.

pub(crate) mod command;
mod page;
mod sheet;

use std::time::Duration;

pub(crate) use self::page::page;
pub(crate) use self::sheet::{CAPTION, COLUMN, Sheet, caption};

/// What is asked for, in English and French: every format, and moods from a wedding to a hackathon. The set stays as it is, so that
/// two galleries can be compared.
pub(crate) const BRIEFS: [&str; 24] = [
    "Poster for a jazz night, navy and gold, \"Blue Hour\", \"Live at the Cellar\", 12 December at 8pm",
    "Affiche de Noël « Marché de Noël » du 12 au 24 décembre, place Bellecour, rouge et vert sapin",
    "Logo for a coffee shop called Blue Fox",
    "Wedding invitation \"Anna & Paul\" Saturday 12 September 2026 at 4pm at Château de Vigny, elegant, blush and sage",
    "Bannière pour une start-up de logiciel, moderne, violet et cyan, « Codez demain »",
    "Instagram story for a yoga class on Sunday 14 March at 9am, sage green and cream",
    "Exhibition poster, Bauhaus style, \"Form Follows Function\", red blue yellow, 4 May 2027",
    "Menu for our café: espresso 2.50 €, flat white 4 €, carrot cake 5 €, avocado toast 9 €",
    "Citation « On ne voit bien qu’avec le cœur » “Antoine de Saint-Exupéry”, fond bordeaux",
    "Business card for \"Lea Martin\", photographer, lea@studio.fr, 06 12 34 56 78",
    "Affiche pour la randonnée des crêtes, montagne, samedi 20 juin, départ 8h",
    "Poster for a hackathon, dark, neon, \"Build the Future\" 12-14 June, Station F in Paris",
    "Invitation pour l’anniversaire de Léo, 7 ans, mercredi 8 avril à 14h30, ludique",
    "Quote: \"Simplicity is the ultimate sophistication\" by Leonardo da Vinci",
    "Banner for our summer sale, bright colours, \"50% off everything\"",
    "Tarifs du salon de coiffure: coupe femme 35 €, coupe homme 22 €, couleur 50 €, brushing 18 €",
    "Flyer for a flea market on 12/12/2026 from 9am to 5pm, retro, orange and teal",
    "Logo minimaliste pour un architecte \"Lucas Moreau\"",
    "Story pour une course à pied, \"10 km de Lyon\", dimanche 18 octobre, 15 €",
    "Christmas card \"Merry Christmas\" \"and a happy new year\"",
    "Billet pour le festival d’été \"Les Nuits Bleues\", 25 €, vendredi 3 juillet 21h",
    "Event at the city museum: \"Night of Science\", Saturday 7 November, 7pm, free entry",
    "Carte de vœux « Bonne année 2027 » noir et or",
    "Halloween party poster, orange and black, October 31, 10pm",
];

/// A picture of the gallery.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) brief: String,
    /// With text as outlines.
    pub(crate) svg: Vec<u8>,
    /// As wide as a column of the sheet.
    pub(crate) png: Vec<u8>,
    /// Codes of what was corrected, with their places.
    pub(crate) corrections: Vec<String>,
    /// Prompts and answers together.
    pub(crate) tokens: u64,
    pub(crate) time: Duration,
}
