//! What the composer writes is what the checker wants to read.

use asknpic_composer::compose;
use parametric::Verdict;

const BRIEFS: [&str; 12] = [
    "Poster for a jazz night, navy and gold, \"Blue Hour\", 12 December",
    "Affiche pour un concert de jazz, bleu marine et or, « Heure bleue », samedi 12 décembre à 20h",
    "a logo for a bakery, cream and red",
    "Bannière pour la fête du printemps, vert et jaune",
    "Birthday card \"Happy birthday Anna\", pink",
    "Instagram story: summer sale, 30 % off until 12/08",
    "Carte de visite \"Chez Lucie\", \"Cuisine du marché\", 12 rue des Lilas, 75011 Paris",
    "x",
    "",
    "\"\"",
    "Invitation: \"Une très longue invitation dont le titre ne tient sûrement pas sur une seule ligne du tout\", rouge",
    "menu\n- soup 8.50\n- risotto 16\n- tarte 7",
];

#[test]
fn every_brief_gives_a_file_that_needs_no_correction() {
    for brief in BRIEFS {
        for seed in 0..4 {
            match parametric::check(&compose(brief, seed)) {
                Verdict::Accepted { corrections, .. } => assert!(corrections.len() <= 2, "{brief}: {corrections:?}"),
                Verdict::Rejected(findings) => unreachable!("{brief}: {findings:?}"),
            }
        }
    }
}

#[test]
fn the_same_brief_and_seed_give_the_same_file_and_others_do_not() {
    assert_eq!(compose(BRIEFS[0], 1), compose(BRIEFS[0], 1));
    assert_ne!(compose(BRIEFS[0], 1), compose(BRIEFS[1], 1));
    assert!((2..9).any(|seed| compose(BRIEFS[0], seed) != compose(BRIEFS[0], 1)));
}

#[test]
fn quoted_texts_and_dates_are_in_the_picture() {
    let file = compose(BRIEFS[0], 3);
    assert!(file.contains("Blue Hour") && file.contains("12 December") && file.contains("#12284c") && file.contains("#d9b45b"));
}
