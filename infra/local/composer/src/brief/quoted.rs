//! Texts between quotation marks.

/// The quoted texts in order, and the brief with a bar in the place of each.
pub(super) fn take(text: &str) -> (Vec<String>, String) {
    let mut found = Vec::new();
    let mut rest = String::with_capacity(text.len());
    let mut left = text;
    let mut before = ' ';
    while let Some(c) = left.chars().next() {
        let after = left.get(c.len_utf8()..).unwrap_or_default();
        let length = match c {
            '"' | '“' | '„' | '”' => closing(after, &['"', '”', '“']),
            '«' => closing(after, &['»']),
            // An apostrophe inside a word is no quotation mark.
            '\'' | '‘' if !before.is_alphanumeric() => single(after),
            _ => None,
        };
        if let Some((inside, taken)) = length.and_then(|(end, taken)| Some((after.get(..end)?, taken)))
            && !inside.trim().is_empty()
            && found.len() < 8
        {
            found.push(inside.trim().to_owned());
            rest.push_str(" | ");
            left = after.get(taken..).unwrap_or_default();
            before = '|';
        } else {
            rest.push(c);
            left = after;
            before = c;
        }
    }
    (found, rest)
}

/// Where the text ends, and where what follows it begins.
fn closing(text: &str, marks: &[char]) -> Option<(usize, usize)> {
    text.char_indices().find(|(_, c)| marks.contains(c)).map(|(at, c)| (at, at + c.len_utf8()))
}

fn single(text: &str) -> Option<(usize, usize)> {
    text.char_indices().filter(|(_, c)| matches!(c, '\'' | '’')).find_map(|(at, c)| {
        let end = at + c.len_utf8();
        let inside = !text.get(end..)?.chars().next().is_some_and(char::is_alphanumeric);
        (inside && at > 1).then_some((at, end))
    })
}

#[cfg(test)]
mod tests {
    use super::take;

    #[test]
    fn every_kind_of_marks() {
        let (found, rest) = take("a \"One\" b “Two” c « Trois » d 'Four's a crowd' e");
        assert_eq!(found, ["One", "Two", "Trois", "Four's a crowd"]);
        assert_eq!(rest.split_whitespace().collect::<Vec<&str>>().join(" "), "a | b | c | d | e");
    }

    #[test]
    fn apostrophes_and_open_marks_stay() {
        for text in ["l'été d'Anna", "rock 'n roll", "an \"open end", "don't"] {
            assert_eq!(take(text), (Vec::new(), text.to_owned()));
        }
    }
}
