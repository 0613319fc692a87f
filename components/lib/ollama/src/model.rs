//! What the server says about the model, and whether it may be used (promise a17).

use serde::Deserialize;

use crate::Error;

/// A model that its server has, and would run itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The name with its tag, as the server lists it.
    pub name: String,
    /// The digest of its weights and template: the model's version (promise a16).
    pub digest: String,
}

/// Whether a name is one of Ollama's cloud models (`gpt-oss:120b-cloud`, `deepseek-v3.1-cloud`): those run at ollama.com, though
/// the local server answers for them.
#[must_use]
pub fn is_cloud(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    let (base, tag) = split(&name);
    [base, tag].iter().any(|part| part.ends_with("-cloud") || *part == "cloud")
}

/// Name and tag; the tag may be left out, and a registry's port is not one.
fn split(name: &str) -> (&str, &str) {
    match name.rsplit_once(':') {
        Some((base, tag)) if !tag.contains('/') => (base, tag),
        _ => (name, "latest"),
    }
}

/// The answer of `/api/show`, of what concerns us.
#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    remote_host: Option<String>,
    #[serde(default)]
    remote_model: Option<String>,
}

/// The answer of `/api/tags`.
#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    models: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    model: String,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    remote_host: Option<String>,
    #[serde(default)]
    remote_model: Option<String>,
}

fn check(host: Option<&String>, model: Option<&String>) -> Result<(), Error> {
    let says = |value: Option<&String>| value.is_some_and(|text| !text.is_empty());
    if says(host) || says(model) { Err(Error::Remote) } else { Ok(()) }
}

/// Reads `/api/show`.
///
/// # Errors
/// [`Error::Remote`] where the server would run the model elsewhere, [`Error::Invalid`] for what is not such an answer.
pub(crate) fn shown(body: &[u8]) -> Result<(), Error> {
    let shown: Shown = crate::object(body)?;
    check(shown.remote_host.as_ref(), shown.remote_model.as_ref())
}

/// Finds a model in `/api/tags`. As for Ollama, the tag `latest` may be left out and case does not count.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Remote`], or [`Error::Invalid`] for what is not such an answer.
pub(crate) fn listed(body: &[u8], wanted: &str) -> Result<Model, Error> {
    let tags: Tags = crate::object(body)?;
    let same = |name: &str| {
        let ((base, tag), (wanted_base, wanted_tag)) = (split(name), split(wanted));
        base.eq_ignore_ascii_case(wanted_base) && tag.eq_ignore_ascii_case(wanted_tag)
    };
    let found = tags.models.into_iter().find(|model| same(&model.name) || same(&model.model)).ok_or(Error::NotFound)?;
    check(found.remote_host.as_ref(), found.remote_model.as_ref())?;
    let name = if found.name.is_empty() { found.model } else { found.name };
    if is_cloud(&name) {
        return Err(Error::Remote);
    }
    if found.digest.is_empty() { Err(Error::Invalid) } else { Ok(Model { name, digest: found.digest }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn promise_a17_cloud_models_are_known_by_name() {
        for name in ["gpt-oss:120b-cloud", "deepseek-v3.1-cloud", "qwen3-coder:480B-CLOUD", "x-cloud:latest", "kimi-k2:cloud"] {
            assert!(is_cloud(name), "{name}");
        }
        for name in ["mistral", "mistral:7b", "cloudy:7b", "local-composer:latest", "registry.local:5000/mistral"] {
            assert!(!is_cloud(name), "{name}");
        }
    }

    #[test]
    fn promise_a17_a_remote_model_is_refused() {
        assert_eq!(shown(br#"{"details": {"family": "llama"}}"#), Ok(()));
        assert_eq!(shown(br#"{"remote_host": "", "remote_model": null}"#), Ok(()));
        assert_eq!(shown(br#"{"remote_host": "https://ollama.com:443"}"#), Err(Error::Remote));
        assert_eq!(shown(br#"{"remote_model": "gpt-oss:120b"}"#), Err(Error::Remote));
        assert_eq!(shown(b"<html>"), Err(Error::Invalid));
        assert_eq!(shown(b"[]"), Err(Error::Invalid));
        let tags = br#"{"models": [{"name": "m:latest", "digest": "d", "remote_host": "https://ollama.com"}]}"#;
        assert_eq!(listed(tags, "m"), Err(Error::Remote));
    }

    #[test]
    fn promise_a16_the_digest_is_that_of_the_tag_that_runs() {
        let tags = br#"{"models": [{"name": "mistral:7b", "model": "mistral:7b", "digest": "aa"},
                                   {"name": "mistral:latest", "model": "mistral:latest", "digest": "bb"}]}"#;
        let found = |wanted| listed(tags, wanted).map(|model| model.digest);
        assert_eq!(found("mistral"), Ok("bb".to_owned()));
        assert_eq!(found("Mistral:7B"), Ok("aa".to_owned()));
        assert_eq!(found("mistral:24b"), Err(Error::NotFound));
        assert_eq!(found("mist"), Err(Error::NotFound));
        assert_eq!(listed(br#"{"models": null}"#, "m"), Err(Error::Invalid));
        assert_eq!(listed(br"{}", "m"), Err(Error::NotFound));
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_error_or_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200), name in ".{0,40}") {
            let _ = shown(&bytes);
            prop_assert!(listed(&bytes, &name).is_err());
            let _ = is_cloud(&name);
        }
    }
}
