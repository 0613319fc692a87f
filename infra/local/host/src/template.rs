//! Templates in the manifest: text with `{{ name }}` in it, `name` being one of the application's variables.

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

impl Template {
    /// Parses a text. A single brace and a `}}` without its `{{` are plain text, as in Spin.
    pub(crate) fn parse(mut text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        while let Some((before, rest)) = text.split_once("{{") {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let (name, after) = rest.split_once("}}").ok_or("unmatched '{{' in template")?;
            parts.push(Part::Name(name.trim().to_owned()));
            text = after;
        }
        if !text.is_empty() {
            parts.push(Part::Text(text.to_owned()));
        }
        Ok(Self(parts))
    }

    /// Whether there is no name in it.
    pub(crate) fn is_literal(&self) -> bool {
        self.names().next().is_none()
    }

    /// The names in it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with every name replaced by what `value` gives for it; the first name without a value is the error.
    pub(crate) fn fill<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Result<String, String> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Name(name) => text.push_str(value(name).ok_or_else(|| name.clone())?),
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test panics")]
    use super::*;

    #[test]
    fn names_are_replaced_wherever_they_stand() {
        let fill = |text: &str| {
            Template::parse(text)
                .unwrap()
                .fill(|name| [("a", "1"), ("b_2", "")].into_iter().find(|(n, _)| *n == name).map(|(_, v)| v))
        };
        assert_eq!(fill(""), Ok(String::new()));
        assert_eq!(fill("plain } text {"), Ok("plain } text {".to_owned()));
        assert_eq!(fill("{{a}}-{{ a }}{{b_2}}!"), Ok("1-1!".to_owned()));
        assert_eq!(fill("x }} {{ a }}"), Ok("x }} 1".to_owned()));
        assert_eq!(fill("{{ c }}"), Err("c".to_owned()));
    }

    #[test]
    fn an_open_brace_is_an_error() {
        assert!(Template::parse("{{ a }} {{ b").is_err());
    }
}
