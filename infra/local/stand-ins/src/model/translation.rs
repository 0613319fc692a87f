//! Translations by a glossary: word for word, what is not in it stays as it is. Enough to see the step work on a laptop, and as
//! little a translator as the composer is a designer.

/// Words of briefs in German, Spanish, Italian, Portuguese and Dutch, and what they are in English.
const GLOSSARY: [(&str, &[&str]); 36] = [
    ("poster", &["plakat", "cartel", "locandina", "cartaz", "poster"]),
    ("card", &["karte", "tarjeta", "biglietto", "cartão", "kaart"]),
    ("business card", &["visitenkarte", "visitekaartje"]),
    ("flyer", &["flugblatt", "folleto", "volantino", "panfleto"]),
    ("invitation", &["einladung", "invitación", "invito", "convite", "uitnodiging"]),
    ("for", &["für", "para", "per", "voor"]),
    ("with", &["mit", "con", "com", "met"]),
    ("and", &["und", "y", "e", "en"]),
    ("a", &["ein", "eine", "einen", "un", "una", "um", "uma", "een"]),
    ("the", &["der", "die", "das", "el", "los", "las", "il", "gli", "het"]),
    ("at the", &["am", "zum", "zur", "im"]),
    ("of", &["von", "de", "di", "del", "do", "da", "van"]),
    ("night", &["nacht", "noche", "notte", "noite"]),
    ("evening", &["abend", "serata", "avond"]),
    ("jazz evening", &["jazzabend", "jazzavond"]),
    ("concert", &["konzert", "concierto", "concerto"]),
    ("party", &["fest", "fiesta", "festa", "feest"]),
    ("wedding", &["hochzeit", "boda", "matrimonio", "casamento", "bruiloft"]),
    ("birthday", &["geburtstag", "cumpleaños", "compleanno", "aniversário", "verjaardag"]),
    ("bakery", &["bäckerei", "panadería", "panetteria", "padaria", "bakkerij"]),
    ("title", &["titel", "título", "titolo"]),
    ("background", &["hintergrund", "fondo", "sfondo", "fundo", "achtergrond"]),
    ("top", &["oben", "arriba", "topo", "boven"]),
    ("bottom", &["unten", "abajo", "onder"]),
    ("left", &["links", "izquierda", "sinistra", "esquerda"]),
    ("right", &["rechts", "derecha", "destra", "direita"]),
    ("navy", &["dunkelblau", "donkerblauw"]),
    ("blue", &["blau", "azul", "blu", "blauw"]),
    ("gold", &["gold", "dorado", "oro", "dourado", "goud"]),
    ("red", &["rot", "rojo", "rosso", "vermelho", "rood"]),
    ("green", &["grün", "verde", "groen"]),
    ("black", &["schwarz", "negro", "nero", "preto", "zwart"]),
    ("white", &["weiß", "weiss", "blanco", "bianco", "branco", "wit"]),
    ("yellow", &["gelb", "amarillo", "giallo", "amarelo", "geel"]),
    ("flowers", &["blumen", "flores", "fiori", "bloemen"]),
    ("saturday", &["samstag", "sábado", "sabato", "zaterdag"]),
];

/// The text in English, as far as the glossary goes. What stands in quotation marks stays as it is.
pub(super) fn translate(text: &str) -> String {
    let mut translated = String::with_capacity(text.len());
    let mut quoted = false;
    let mut word = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_alphanumeric() {
            word.push(c);
            continue;
        }
        translated.push_str(if quoted { &word } else { in_english(&word) });
        word.clear();
        match c {
            '"' => quoted = !quoted,
            '«' | '„' => quoted = true,
            '»' | '“' | '”' => quoted = false,
            _ => {}
        }
        if c != '\0' {
            translated.push(c);
        }
    }
    translated
}

fn in_english(word: &str) -> &str {
    let small = word.to_lowercase();
    GLOSSARY.iter().find(|(_, words)| words.contains(&small.as_str())).map_or(word, |(english, _)| english)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_translated_and_quotes_and_names_kept() {
        let german = "Plakat für einen Jazzabend, „Blaue Nacht“, dunkelblau und gold";
        assert_eq!(translate(german), "poster for a jazz evening, „Blaue Nacht“, navy and gold");
        assert_eq!(translate(""), "");
    }
}
