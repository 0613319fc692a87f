//! What the forms have in common.

use domain::{Email, Language};
use serde::Deserialize;
use utoipa::ToSchema;
use web::problem::FieldError;

/// The token of an email's link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Token {
    /// From the link's fragment.
    #[schema(max_length = 44)]
    pub(crate) token: String,
}

/// Collects what is wrong with a form, so that a person sees all of it at once.
#[derive(Default)]
pub(crate) struct Errors(pub(crate) Vec<FieldError>);

impl Errors {
    pub(crate) fn note(&mut self, field: &str, message: &dyn std::fmt::Display) {
        self.0.push(FieldError { field: field.to_owned(), message: message.to_string() });
    }

    pub(crate) fn email(&mut self, text: &str) -> Option<Email> {
        Email::parse(text).map_err(|error| self.note("email", &error)).ok()
    }

    /// The language of the page that the form is on, from its path.
    pub(crate) fn page(&mut self, path: &str) -> Option<Language> {
        let language = page_language(path);
        if language.is_none() {
            self.note("page", &"must be the path of a page below /en/ or /fr/");
        }
        language
    }

    pub(crate) fn agreed(&mut self, field: &str, agreed: bool) {
        if !agreed {
            self.note(field, &"must be true: nothing is kept without consent");
        }
    }
}

/// `/fr/…` or `/en/…`, and nothing that could be more than a path.
fn page_language(path: &str) -> Option<Language> {
    if path.len() > 200 || path.contains(['?', '#', '@']) || path.chars().any(char::is_control) {
        return None;
    }
    let (tag, _) = path.strip_prefix('/')?.split_once('/')?;
    Language::from_tag(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_a01_the_language_is_that_of_the_page() {
        for (path, language) in [
            ("/fr/", Some(Language::Fr)),
            ("/en/waitlist", Some(Language::En)),
            ("/fr", None),
            ("/de/", None),
            ("fr/", None),
            ("", None),
            ("//fr/", None),
            ("/fr/?email=jane@example.com", None),
        ] {
            assert_eq!(page_language(path), language, "{path}");
        }
    }
}
