//! What a caller wants rendered, from a query or a body.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;
use web::{Problem, problem::FieldError, query};

use crate::renderer::Format;

/// Parameters are the few that a file names; more is a mistake.
const MAX_PARAMETERS: usize = 64;
/// The most bytes of a parameter's name.
const MAX_NAME: usize = 64;
/// The most bytes of a parameter's value: 2,000 characters of text.
const MAX_VALUE: usize = 8_000;
/// Widths of a PNG in pixels.
const WIDTHS: std::ops::RangeInclusive<u32> = 16..=4_096;

/// What to render, and how.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct VisualOptions {
    pub(crate) format: Format,
    pub(crate) width: Option<u32>,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) source: Source,
}

/// Where the values came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A URL, which must carry no text (contract: no personal data in a URL).
    Query,
    /// A body.
    Body,
}

impl Source {
    /// The name of a parameter as the caller gave it.
    pub(crate) fn field(self, parameter: &str) -> String {
        match self {
            Self::Query => format!("p.{parameter}"),
            Self::Body => format!("parameters.{parameter}"),
        }
    }
}

/// A visual to be rendered with values for its parameters.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VisualRequest {
    format: Format,
    /// Of a PNG, in pixels; the canvas's own if not given.
    #[schema(minimum = 16, maximum = 4096)]
    width: Option<u32>,
    /// Values by the names of the file's parameters.
    parameters: BTreeMap<String, Value>,
}

/// A parameter's value.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ParameterValue)]
pub(crate) enum Value {
    /// Of a switch.
    Switch(bool),
    /// Of a number.
    #[schema(value_type = f64)]
    Number(serde_json::Number),
    /// Of a text, a colour or a choice.
    Text(String),
}

impl Value {
    fn into_text(self) -> String {
        match self {
            Self::Switch(on) => on.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

impl VisualOptions {
    /// Reads a query: `p.<parameter>` and, for a PNG, `width`.
    ///
    /// # Errors
    /// 422.
    pub(crate) fn from_query(format: Format, query: Option<&str>) -> Result<Self, Problem> {
        let mut options = Self { format, width: None, parameters: Vec::new(), source: Source::Query };
        for (name, value) in query::pairs(query)? {
            if let Some(parameter) = name.strip_prefix("p.") {
                options.parameters.push((parameter.to_owned(), value));
            } else if name == "width" && format == Format::Png {
                options.width = Some(value.parse().map_err(|_| width_error())?);
            } else {
                return Err(Problem::field(&name, "is not a parameter of this address"));
            }
        }
        options.checked()
    }

    /// Reads a body.
    ///
    /// # Errors
    /// 422.
    pub(crate) fn from_body(body: VisualRequest) -> Result<Self, Problem> {
        if body.width.is_some() && body.format != Format::Png {
            return Err(Problem::field("width", "is for PNG only"));
        }
        let parameters = body.parameters.into_iter().map(|(name, value)| (name, value.into_text())).collect();
        Self { format: body.format, width: body.width, parameters, source: Source::Body }.checked()
    }

    fn checked(self) -> Result<Self, Problem> {
        if self.width.is_some_and(|width| !WIDTHS.contains(&width)) {
            return Err(width_error());
        }
        if self.parameters.len() > MAX_PARAMETERS {
            return Err(Problem::field("parameters", "are more than 64"));
        }
        let errors: Vec<_> = self.parameters.iter().filter_map(|(name, value)| self.error(name, value)).collect();
        if errors.is_empty() { Ok(self) } else { Err(Problem::fields(&errors)) }
    }

    fn error(&self, name: &str, value: &str) -> Option<FieldError> {
        if name.is_empty() || name.len() > MAX_NAME {
            let field = if self.source == Source::Query { "p" } else { "parameters" };
            return Some(FieldError { field: field.to_owned(), message: "has a name of no or more than 64 bytes".to_owned() });
        }
        let message = "is longer than 8,000 bytes".to_owned();
        (value.len() > MAX_VALUE).then(|| FieldError { field: self.source.field(name), message })
    }
}

fn width_error() -> Problem {
    Problem::field("width", "must be a number from 16 to 4096")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(text: &str) -> Result<VisualOptions, ()> {
        serde_json::from_str(text).map_err(|_| ()).and_then(|body| VisualOptions::from_body(body).map_err(|_| ()))
    }

    #[test]
    fn a_query_sets_parameters_by_their_prefix() {
        let options = VisualOptions::from_query(Format::Png, Some("p.accent=%23ff8800&width=640&p.size=12.5")).expect("is good");
        assert_eq!(options.width, Some(640));
        assert_eq!(options.parameters, [("accent".into(), "#ff8800".into()), ("size".into(), "12.5".into())]);
        assert_eq!(options.source, Source::Query);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for query in ["width=15", "width=4097", "width=x", "width=-1", "accent=1", "p.=1", "p.a=1&p.a=2", "q.a=1", "format=pdf"] {
            assert!(VisualOptions::from_query(Format::Png, Some(query)).is_err(), "{query}");
        }
        assert!(VisualOptions::from_query(Format::Svg, Some("width=640")).is_err());
        assert!(VisualOptions::from_query(Format::Svg, Some(&format!("p.{}=1", "n".repeat(65)))).is_err());
        assert!(VisualOptions::from_query(Format::Svg, None).is_ok());
    }

    #[test]
    fn a_body_takes_values_of_every_kind() {
        let options =
            body(r#"{"format": "svg-outlines", "parameters": {"on": true, "size": 12.50, "title": "Été"}}"#).expect("is good");
        assert_eq!(options.format, Format::SvgOutlines);
        let values: Vec<_> = options.parameters.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["true", "12.5", "Été"]);
        for text in [
            r#"{"format": "gif", "parameters": {}}"#,
            r#"{"format": "svg"}"#,
            r#"{"format": "svg", "parameters": {"a": null}}"#,
            r#"{"format": "svg", "parameters": {"a": [1]}}"#,
            r#"{"format": "svg", "parameters": {}, "width": 100}"#,
            r#"{"format": "png", "parameters": {}, "width": 5000}"#,
            r#"{"format": "png", "parameters": {}, "scale": 2}"#,
        ] {
            assert!(body(text).is_err(), "{text}");
        }
        let long = format!(r#"{{"format": "svg", "parameters": {{"a": "{}"}}}}"#, "x".repeat(8_001));
        assert!(body(&long).is_err());
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(query in "[a-z.=&%0-9]{0,60}") {
            if let Ok(options) = VisualOptions::from_query(Format::Png, Some(&query)) {
                prop_assert!(options.parameters.iter().all(|(name, _)| !name.is_empty()));
            }
        }
    }
}
