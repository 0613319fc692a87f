//! What parameters are called, in the brief's language.

/// The label of a parameter. Numbered ones (`line_2`) keep their number.
pub(crate) fn label(name: &str, french: bool) -> String {
    let (stem, number) = match name.rsplit_once('_') {
        Some((stem, number)) if number.chars().all(|c| c.is_ascii_digit()) => (stem, Some(number)),
        _ => (name, None),
    };
    let (english, in_french) = match stem {
        "title" => ("Title", "Titre"),
        "kicker" => ("Heading", "Surtitre"),
        "subtitle" => ("Subtitle", "Sous-titre"),
        "author" => ("Author", "Auteur"),
        "date" => ("Date", "Date"),
        "time" => ("Time", "Heure"),
        "place" => ("Place", "Lieu"),
        "price" | "cost" => ("Price", "Prix"),
        "line" => ("Line", "Ligne"),
        "contact" => ("Contact", "Contact"),
        "item" => ("Item", "Article"),
        "initials" => ("Initials", "Initiales"),
        "title_size" => ("Title size", "Taille du titre"),
        "accent" => ("Accent colour", "Couleur d’accent"),
        "background" => ("Background colour", "Couleur de fond"),
        "ornament" => ("Ornament", "Ornement"),
        "pattern" => ("Pattern", "Motif"),
        other => (other, other),
    };
    let label = if french { in_french } else { english };
    number.map_or_else(|| label.to_owned(), |number| format!("{label} {number}"))
}
