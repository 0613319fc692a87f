use super::*;

#[test]
fn the_brief_of_the_readme() {
    let brief = Brief::read("poster for a jazz night, navy and gold, title top left");
    assert_eq!((brief.format, brief.title.as_str()), (Some(Format::Poster), "Jazz Night"));
    assert_eq!(brief.colors, [0x0f2547, 0xd6a53c]);
    assert_eq!(brief.themes, [Theme::Music]);
    assert_eq!((brief.horizontal, brief.vertical), (Some(Horizontal::Left), Some(Vertical::Top)));
    assert!(!brief.french && brief.subtitle.is_empty());
}

#[test]
fn a_french_brief() {
    let brief =
        Brief::read("Affiche pour un concert de jazz le samedi 5 juin à 20h à la salle Pleyel, bleu nuit et or, entrée libre");
    assert!(brief.french);
    assert_eq!(brief.title, "Concert de jazz");
    assert_eq!((brief.date.as_str(), brief.time.as_str()), ("Samedi 5 juin", "20h"));
    assert_eq!((brief.place.as_str(), brief.price.as_str()), ("Salle Pleyel", "Entrée libre"));
    assert_eq!(brief.colors, [0x0f2547, 0xd6a53c]);
}

#[test]
fn quoted_texts_are_title_subtitle_and_lines() {
    let brief = Brief::read("Invitation « Anna & Paul » “Nous nous marions” \"Château de Vigny\" le 12/09/2026");
    assert_eq!((brief.title.as_str(), brief.subtitle.as_str()), ("Anna &\u{a0}Paul", "Nous nous marions"));
    assert_eq!(brief.lines, ["Château de Vigny"]);
    assert_eq!((brief.kicker.as_str(), brief.date.as_str()), ("Invitation", "12/09/2026"));
}

#[test]
fn what_is_named_for_the_background_is_the_ground() {
    assert_eq!(Brief::read("affiche rouge sur fond crème").ground, Some(0xf8efdc));
    assert_eq!(Brief::read("gold on navy card").ground, Some(0x0f2547));
    assert_eq!(Brief::read("a white background and red").ground, Some(0xfdfcf9));
}

#[test]
fn doubtful_colours_need_a_colour_beside_them() {
    assert!(Brief::read("un bouquet pour Rose ou Marine").colors.is_empty());
    assert_eq!(Brief::read("carte noir et or").colors.len(), 2);
    assert!(Brief::read("tea or coffee").colors.is_empty());
}

#[test]
fn a_price_list() {
    let brief = Brief::read("Menu for our café: espresso 2.50 €, flat white 4 €, carrot cake €5");
    let items: Vec<(&str, &str)> = brief.items.iter().map(|(name, price)| (name.as_str(), price.as_str())).collect();
    assert_eq!(items, [("Espresso", "2.50\u{a0}€"), ("Flat white", "4\u{a0}€"), ("Carrot cake", "€5")]);
    assert_eq!(brief.format, Some(Format::Menu));
}

#[test]
fn what_can_be_drawn_is_found_in_quotes_too_and_the_most_particular_comes_first() {
    assert_eq!(Brief::read("Logo for a coffee shop called \"Blue Fox\"").subjects, [Subject::Fox]);
    assert_eq!(
        Brief::read("Affiche « Marché de Noël » la nuit").subjects,
        [Subject::Village, Subject::Christmas, Subject::Market, Subject::Night]
    );
    assert_eq!(Brief::read("two nights of jazz").subjects, [Subject::Record, Subject::Night]);
    assert_eq!(Brief::read("Réveillon du nouvel an, affiche « 2027 »").kicker, "Réveillon du nouvel an");
    assert!(Brief::read("un tarif de nettoyage").subjects.is_empty());
}

#[test]
fn contacts_and_sizes() {
    let brief = Brief::read("business card for \"Lea Martin\", photographer, lea@studio.fr, 06 12 34 56 78, 1000x600");
    assert_eq!(brief.contacts, ["lea@studio.fr", "06 12 34 56 78"]);
    assert_eq!((brief.format, brief.size), (Some(Format::BusinessCard), Some((1000.0, 600.0))));
    assert_eq!(brief.kicker, "Photographer");
}

#[test]
fn dates_in_both_orders() {
    for (text, date, time) in [
        ("gala on Saturday 12 December 2026 at 8pm", "Saturday 12 December 2026", "8pm"),
        ("gala, June 3rd, 20:00", "June 3rd", "20:00"),
        ("gala du 12 au 14 juin, 10h-18h", "12 au 14 juin", "10h-18h"),
        ("gala 12/12/2026 from 8 pm to 2 am", "12/12/2026", "8 pm to 2 am"),
        ("the Sunday market", "", ""),
    ] {
        let brief = Brief::read(text);
        assert_eq!((brief.date.as_str(), brief.time.as_str()), (date, time), "{text}");
    }
}

#[test]
fn what_a_stranger_types() {
    let read = |text: &str| {
        let brief = Brief::read(text);
        (
            brief.title.clone(),
            brief.kicker.clone(),
            brief.subtitle.clone(),
            brief.details().iter().map(|(_, text)| *text).collect::<Vec<_>>().join(" | "),
        )
    };
    let told = |text: [&str; 4]| (text[0].to_owned(), text[1].to_owned(), text[2].to_owned(), text[3].to_owned());
    for (text, expected) in [
        (
            "Affiche pour la fête du village, samedi 14 juin, bal et feu d'artifice",
            ["Fête du village", "", "Bal et feu d’artifice", "Samedi 14 juin"],
        ),
        (
            "affiche concert rock samedi 21h au bar le Zinc entrée 5€",
            ["Concert rock", "", "", "Samedi | 21h | Bar le Zinc | Entrée 5\u{a0}€"],
        ),
        (
            "Flyer vide-grenier dimanche 7 septembre place de l'Église Saint-Martin-d'Hères de 8h à 18h buvette",
            ["Vide-grenier", "", "Buvette", "Dimanche 7 septembre | 8h à 18h | Place de l’Église Saint-Martin-d’Hères"],
        ),
        (
            "Yoga class every Monday 6:30 pm at the community centre, $10",
            ["Yoga Class", "", "", "Monday | 6:30 pm | Community centre | $10"],
        ),
        ("Carte de visite plombier Jean Dupont", ["Jean Dupont", "Plombier", "", ""]),
        (
            "bannière linkedin pour une consultante en cybersécurité, Claire Dumont",
            ["Claire Dumont", "Consultante en cybersécurité", "", ""],
        ),
        (
            "Quote of the day: The best way out is always through. Robert Frost",
            ["The best way out is always through.", "", "Robert Frost", ""],
        ),
        ("A birthday card for my grandmother who loves roses", ["Happy Birthday", "", "", ""]),
        ("Instagram story sale -50%", ["Sale −50%", "", "", ""]),
        (
            "a poster for our yearly garage sale which takes place on Saturday 6 June from 8am to 4pm on Maple Street, there will be clothes, books, furniture",
            ["Garage Sale", "", "Clothes · Books · Furniture", "Saturday 6 June | 8am to 4pm | Maple Street"],
        ),
    ] {
        assert_eq!(read(text), told(expected), "{text}");
    }
    let menu = Brief::read("Café du Coin - menu du jour: entrée 8€, plat 14€");
    assert_eq!((menu.title.as_str(), menu.kicker.as_str(), menu.items.len()), ("Café du Coin", "Menu du jour", 2));
    assert_eq!(menu.items[0], ("Entrée".to_owned(), "8\u{a0}€".to_owned()));
}

#[test]
fn there_is_always_a_title() {
    for text in ["", "poster", "affiche bleue", "🎉🎉", "\u{202e}", "\"\"", "!!!"] {
        assert!(!Brief::read(text).title.is_empty(), "{text}");
    }
}
