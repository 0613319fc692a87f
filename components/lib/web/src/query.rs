//! Query strings, strictly: what cannot be read is refused, not guessed.

use crate::Problem;
use percent_encoding::percent_decode_str;

/// The most pairs a query may have.
const MAX_PAIRS: usize = 100;

/// The pairs of a query, in order, percent-decoded; `+` is a space (as forms encode it).
///
/// # Errors
/// 422 where a name or value is not UTF-8, a percent sign is not followed by two hexadecimal digits, a name occurs twice, or there
/// are more than 100.
pub fn pairs(query: Option<&str>) -> Result<Vec<(String, String)>, Problem> {
    let mut found: Vec<(String, String)> = Vec::new();
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name).ok_or_else(|| Problem::field("query", "has a name that is not percent-encoded UTF-8"))?;
        let value = decode(value).ok_or_else(|| Problem::field(&name, "is not percent-encoded UTF-8"))?;
        if found.iter().any(|(earlier, _)| *earlier == name) {
            return Err(Problem::field(&name, "occurs twice"));
        }
        if found.len() == MAX_PAIRS {
            return Err(Problem::field("query", "has too many values"));
        }
        found.push((name, value));
    }
    Ok(found)
}

fn decode(text: &str) -> Option<String> {
    let hex = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_hexdigit);
    let whole = text.match_indices('%').all(|(at, _)| hex(at + 1) && hex(at + 2));
    let spaced = text.replace('+', " ");
    whole.then(|| percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        let read = |query| pairs(Some(query)).expect("is good");
        assert_eq!(read("p.a=%230b1d3a&width=12"), [("p.a".into(), "#0b1d3a".into()), ("width".into(), "12".into())]);
        assert_eq!(
            read("a=b+c%2B&d&&e=1=2"),
            [("a".into(), "b c+".into()), ("d".into(), String::new()), ("e".into(), "1=2".into())]
        );
        assert_eq!(read("p.caf%C3%A9=1"), [("p.café".into(), "1".into())]);
        assert!(pairs(None).expect("is good").is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for query in ["a=%", "a=%4", "a=%zz", "a=%ff", "%ff=1", "a=1&a=2", "a=1&%61=2"] {
            assert!(pairs(Some(query)).is_err(), "{query}");
        }
        let many: Vec<_> = (0..=MAX_PAIRS).map(|n| format!("p{n}=1")).collect();
        assert!(pairs(Some(&many.join("&"))).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(query in ".{0,80}") {
            let _ = pairs(Some(&query));
        }
    }
}
