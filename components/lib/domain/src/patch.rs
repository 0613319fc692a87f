//! A member of a partial change (as of RFC 7396): absent leaves what there is, null removes it, a value replaces it.

use serde::{Deserialize, Deserializer};

/// What a request says of one optional detail. Give the field `#[serde(default)]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Not mentioned: it stays.
    #[default]
    Absent,
    /// Null: it is removed.
    Null,
    /// It is replaced.
    Value(T),
}

impl<T> Patch<T> {
    /// The new value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The same of a reference.
    pub fn as_ref(&self) -> Patch<&T> {
        match self {
            Self::Absent => Patch::Absent,
            Self::Null => Patch::Null,
            Self::Value(value) => Patch::Value(value),
        }
    }

    /// Whether anything changes.
    pub fn is_present(&self) -> bool {
        !matches!(self, Self::Absent)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Change {
        #[serde(default)]
        name: Patch<String>,
    }

    #[test]
    fn null_is_not_absent() {
        let read = |text: &str| serde_json::from_str::<Change>(text).expect("is good").name;
        assert_eq!(read("{}"), Patch::Absent);
        assert_eq!(read(r#"{"name": null}"#), Patch::Null);
        assert_eq!(read(r#"{"name": "a"}"#).value().map(String::as_str), Some("a"));
        assert!(serde_json::from_str::<Change>(r#"{"name": 1}"#).is_err());
        assert!(Patch::<u8>::Null.is_present() && !Patch::<u8>::Absent.as_ref().is_present());
    }
}
