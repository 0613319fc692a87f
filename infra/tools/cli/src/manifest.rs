//! `asknpic manifest`: a `spin.toml` for some of the components, so that they can be deployed by themselves.

use std::collections::BTreeSet;

use anyhow::Context as _;
use asknpic_host::manifest;
use clap::Args;
use toml_edit::{DocumentMut, Item, Table};

use crate::project::Project;
use crate::ui::print;

/// Prints a spin.toml for some of the components alone: their routes, hosts and variables, and nothing else
#[derive(Args, Debug)]
pub(crate) struct Manifest {
    /// A component to keep; can be repeated
    #[arg(long = "component", value_name = "ID", required = true)]
    components: Vec<String>,
}

impl Manifest {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let path = Project::find()?.manifest_file();
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let text = subset(&text, &self.components).map_err(anyhow::Error::msg).with_context(|| path.display().to_string())?;
        Ok(print(&text)?)
    }
}

/// The manifest `text` with the components `ids` alone: their triggers, and the variables that they use. Order, layout and
/// comments are those of the original.
///
/// An address of a component that is not among them (`http://X.spin.internal`) becomes empty: calling it would end the caller's
/// instance, while a component that lacks an address it needs says so (503 `not-configured`).
///
/// # Errors
/// The text is not a valid manifest, or has no such component.
pub fn subset(text: &str, ids: &[String]) -> Result<String, String> {
    let mut kept = manifest::Manifest::parse(text)?.subset(ids)?;
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;

    let variables: BTreeSet<&str> = kept.variables.keys().map(String::as_str).collect();
    if let Some(table) = document.get_mut("variables").and_then(Item::as_table_mut) {
        table.retain(|name, _| variables.contains(name));
    }
    let absent: Vec<String> = kept
        .variables
        .iter()
        .filter(|(_, variable)| variable.default.as_deref().and_then(internal).is_some_and(|id| !kept.component.contains_key(id)))
        .map(|(name, _)| name.clone())
        .collect();
    for name in absent {
        if let Some(variable) = kept.variables.get_mut(&name) {
            variable.default = Some(String::new());
        }
        if let Some(default) =
            document.get_mut("variables").and_then(|table| table.get_mut(&name)).and_then(|item| item.get_mut("default"))
        {
            *default = toml_edit::value("");
        }
    }
    if let Some(table) = document.get_mut("component").and_then(Item::as_table_mut) {
        table.retain(|id, _| kept.component.contains_key(id));
    }
    let triggers = document.get_mut("trigger").and_then(|trigger| trigger.get_mut("http")).and_then(Item::as_array_of_tables_mut);
    if let Some(triggers) = triggers {
        let is_kept =
            |trigger: &Table| trigger.get("component").and_then(Item::as_str).is_some_and(|id| kept.component.contains_key(id));
        triggers.retain(is_kept);
    }
    let text = document.to_string();
    // What is printed runs: the same parser reads it as the same thing.
    match manifest::Manifest::parse(&text) {
        Ok(written) if written == kept => Ok(text),
        Ok(_) => Err("the shortened manifest does not say the same; this is a bug of `asknpic manifest`".to_owned()),
        Err(error) => Err(error),
    }
}

/// The component that an address of service chaining names.
fn internal(address: &str) -> Option<&str> {
    address.strip_prefix("http://")?.strip_suffix(".spin.internal")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const MANIFEST: &str = r#"spin_manifest_version = 2

# What this is.
[application]
name = "x"

[variables]
# Where A is.
a_host = { default = "" }
secret = { default = "", secret = true }
# Where B is.
b_host = { default = "" }

# --- zone A ---

[[trigger.http]]
route = "/a"
component = "a"

[[trigger.http]]
route = "/a/..."
component = "a"

[component.a]
source = "a.wasm"
allowed_outbound_hosts = ["https://{{ a_host }}"]
[component.a.variables]
key = "{{ secret }}"
[component.a.dependencies]
"x:y/z@1.0.0" = { path = "z.wasm" }

# --- zone B ---

[[trigger.http]]
route = { private = true }
component = "b"

[component.b]
source = "b.wasm"
allowed_outbound_hosts = ["https://{{ b_host }}"]
"#;

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn what_the_component_uses_stays_with_its_comments_and_the_rest_goes() {
        let text = subset(MANIFEST, &ids(&["a"])).unwrap();
        for kept in
            ["# What this is.", "# Where A is.", "secret = ", "# --- zone A ---", "route = \"/a/...\"", "path = \"z.wasm\""]
        {
            assert!(text.contains(kept), "{kept}:\n{text}");
        }
        for gone in ["b_host", "Where B is", "component.b", "private"] {
            assert!(!text.contains(gone), "{gone}:\n{text}");
        }
    }

    #[test]
    fn the_address_of_a_component_that_is_not_there_is_empty() {
        let chained = MANIFEST.replace("a_host = { default = \"\" }", "a_host = { default = \"http://b.spin.internal\" }");
        assert!(subset(&chained, &ids(&["a"])).unwrap().contains("a_host = { default = \"\" }"));
        assert!(subset(&chained, &ids(&["a", "b"])).unwrap().contains("http://b.spin.internal"));
    }

    #[test]
    fn all_components_are_the_whole_manifest() {
        assert_eq!(subset(MANIFEST, &ids(&["a", "b"])).unwrap(), MANIFEST);
    }

    #[test]
    fn an_unknown_component_is_told_with_those_there_are() {
        let error = subset(MANIFEST, &ids(&["c"])).unwrap_err();
        assert!(error.contains("\"c\"") && error.contains("a, b"), "{error}");
    }

    #[test]
    fn the_applications_own_manifest_can_be_taken_apart() {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../spin.toml")).unwrap();
        let whole = manifest::Manifest::parse(&text).unwrap();
        for id in whole.component.keys() {
            let part = manifest::Manifest::parse(&subset(&text, std::slice::from_ref(id)).unwrap()).unwrap();
            assert_eq!(part.component.keys().collect::<Vec<_>>(), [id]);
            assert_eq!(part.component[id], whole.component[id]);
            assert_eq!(part.routes_of(id), whole.routes_of(id));
        }
    }
}
