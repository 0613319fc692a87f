//! The languages we speak to people, negotiated from `Accept-Language` (RFC 9110, 12.5.4).

use serde::{Deserialize, Serialize};

/// A language of the interface, of messages and of problems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English, the default.
    #[default]
    En,
    /// French.
    Fr,
}

impl Language {
    /// The BCP 47 tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// Reads a tag as [`Language::tag`] writes it.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag {
            "en" => Some(Self::En),
            "fr" => Some(Self::Fr),
            _ => None,
        }
    }

    /// The best of ours for an `Accept-Language` value: highest weight first, the first named of equals, a region counts as
    /// its language, weight 0 is a refusal; English where nothing fits.
    #[must_use]
    pub fn negotiate(accept_language: &str) -> Self {
        let mut best: Option<(f32, Self)> = None;
        for range in accept_language.split(',').take(32) {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q=").map(|q| q.trim().parse::<f32>().unwrap_or(0.0)))
                .unwrap_or(1.0);
            let primary = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
            let language = if primary == "*" { Some(Self::En) } else { Self::from_tag(&primary) };
            if let Some(language) = language
                && weight > 0.0
                && best.is_none_or(|(heaviest, _)| weight > heaviest)
            {
                best = Some((weight, language));
            }
        }
        best.map_or(Self::En, |(_, language)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negotiation_follows_weights() {
        for (header, language) in [
            ("", Language::En),
            ("fr", Language::Fr),
            ("fr-CH, fr;q=0.9, en;q=0.8", Language::Fr),
            ("en;q=0.5, fr;q=0.7", Language::Fr),
            ("de, fr;q=0.4", Language::Fr),
            ("fr;q=0", Language::En),
            ("FR-be", Language::Fr),
            ("fr;q=x", Language::En),
            ("*", Language::En),
            ("en, fr", Language::En),
        ] {
            assert_eq!(Language::negotiate(header), language, "{header}");
        }
    }
}
