//! Application variables, their values, and what `spin:variables` gives to a component.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use wasmtime::component::{Accessor, HasData};

use crate::bindings::variables::{Error as GuestError, Host, HostWithStore};
use crate::instance::State;
use crate::manifest::{Component, Manifest};
use crate::template::Template;

/// The value of every application variable.
pub(crate) struct Values(BTreeMap<String, String>);

impl Values {
    /// Takes each variable from `given`, else from `environment` (as `SPIN_VARIABLE_<NAME>`), else its default.
    ///
    /// A required variable without a value is an error, even if no selected component uses it, as in Spin.
    pub(crate) fn resolve(
        manifest: &Manifest,
        given: &BTreeMap<String, String>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let mut values = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, variable) in &manifest.variables {
            let key = format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase());
            match given.get(name).cloned().or_else(|| environment(&key)).or_else(|| variable.default.clone()) {
                Some(value) => {
                    values.insert(name.clone(), value);
                }
                None => missing.push(format!("{name} (set {key})")),
            }
        }
        if missing.is_empty() {
            Ok(Self(values))
        } else {
            Err(format!("required variables without a value: {}", missing.join(", ")))
        }
    }

    /// A template filled in. The manifest's check has made sure that every name exists.
    pub(crate) fn fill(&self, text: &str) -> Result<String, String> {
        let value = |name: &str| self.0.get(name).map(String::as_str);
        Template::parse(text)?.fill(value).map_err(|name| format!("unknown variable {name:?}"))
    }
}

/// The variables of one component, ready to be read.
#[derive(Clone, Default)]
pub(crate) struct ComponentVariables {
    id: String,
    values: Arc<HashMap<String, String>>,
}

impl ComponentVariables {
    pub(crate) fn new(id: &str, component: &Component, values: &Values) -> Result<Self, String> {
        let filled = component.variables.iter().map(|(name, text)| Ok((name.clone(), values.fill(text)?)));
        Ok(Self { id: id.to_owned(), values: Arc::new(filled.collect::<Result<_, String>>()?) })
    }

    fn get(&self, name: &str) -> Result<String, GuestError> {
        check_key(name).map_err(|reason| GuestError::InvalidName(format!("{name:?}: {reason}")))?;
        self.values.get(name).cloned().ok_or_else(|| GuestError::Undefined(format!("no variable for {:?}.{name:?}", self.id)))
    }
}

/// Spin's rule for the names that a component may ask for, in the order in which Spin finds the faults.
fn check_key(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("must not be empty".to_owned());
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if let Some(other) = name.chars().find(|c| !allowed(*c)) {
        return Err(format!("invalid character {other:?}; names are lower-case letters, digits and underscores"));
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err("must start with a lower-case letter".to_owned());
    }
    if name.ends_with('_') {
        return Err("must end with a lower-case letter or digit".to_owned());
    }
    if name.contains("__") {
        return Err("must not contain several underscores in a row".to_owned());
    }
    Ok(())
}

/// Names the variables within [`State`].
pub(crate) struct HasVariables;

impl HasData for HasVariables {
    type Data<'a> = &'a mut ComponentVariables;
}

impl Host for ComponentVariables {}

impl HostWithStore<State> for HasVariables {
    async fn get(accessor: &Accessor<State, Self>, name: String) -> wasmtime::Result<Result<String, GuestError>> {
        Ok(accessor.with(|mut access| access.get().get(&name)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test panics")]
    use super::*;

    fn manifest() -> Manifest {
        Manifest::parse(
            r#"
            spin_manifest_version = 2
            application.name = "x"
            variables.host = { default = "localhost" }
            variables.password = { required = true, secret = true }
            [component.a]
            source = "a.wasm"
            [component.a.variables]
            url = "postgres://u:{{ password }}@{{ host }}/db"
            plain = "text"
            "#,
        )
        .unwrap()
    }

    #[test]
    fn the_caller_wins_over_the_environment_and_that_over_the_default() {
        let given = BTreeMap::from([("host".to_owned(), "given".to_owned()), ("not_declared".to_owned(), "x".to_owned())]);
        let environment = |key: &str| {
            [("SPIN_VARIABLE_HOST", "environment"), ("SPIN_VARIABLE_PASSWORD", "secret")]
                .into_iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| value.to_owned())
        };
        let fill = |given: &BTreeMap<_, _>| {
            Values::resolve(&manifest(), given, environment).unwrap().fill("{{ host }}/{{ password }}").unwrap()
        };
        assert_eq!(fill(&given), "given/secret");
        assert_eq!(fill(&BTreeMap::new()), "environment/secret");
        let only_password = |key: &str| (key == "SPIN_VARIABLE_PASSWORD").then(String::new);
        assert_eq!(
            Values::resolve(&manifest(), &BTreeMap::new(), only_password).unwrap().fill("{{ host }}/{{ password }}").unwrap(),
            "localhost/"
        );
    }

    #[test]
    fn a_required_variable_without_a_value_is_an_error_that_says_how_to_set_it() {
        let error = Values::resolve(&manifest(), &BTreeMap::new(), |_| None).err().unwrap();
        assert_eq!(error, "required variables without a value: password (set SPIN_VARIABLE_PASSWORD)");
    }

    #[test]
    fn a_component_reads_its_own_variables_only() {
        let manifest = manifest();
        let given = BTreeMap::from([("password".to_owned(), "p".to_owned())]);
        let values = Values::resolve(&manifest, &given, |_| None).unwrap();
        let variables = ComponentVariables::new("a", &manifest.component["a"], &values).unwrap();
        assert_eq!(variables.get("url").unwrap(), "postgres://u:p@localhost/db");
        assert_eq!(variables.get("plain").unwrap(), "text");
        assert!(
            matches!(variables.get("password"), Err(GuestError::Undefined(text)) if text == "no variable for \"a\".\"password\"")
        );
        for (name, part) in [
            ("", "empty"),
            ("Plain", "invalid character 'P'"),
            ("1a", "start"),
            ("a_", "end"),
            ("a__b", "several"),
            ("a-b", "'-'"),
        ] {
            assert!(matches!(variables.get(name), Err(GuestError::InvalidName(text)) if text.contains(part)), "{name}");
        }
    }
}
