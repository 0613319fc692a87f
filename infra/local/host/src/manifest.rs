//! `spin.toml`, version 2: the part of Spin's manifest that the local host runs.
//!
//! Strict: an unknown field is an error, and so is one that Spin knows and this host does not implement, because a component
//! would otherwise behave differently here and in production.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::outbound::AllowedHost;
use crate::routes::Router;
use crate::template::Template;

/// A whole manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always 2.
    pub spin_manifest_version: u32,
    /// Name and version.
    pub application: Application,
    /// What the operator may set, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Variable>,
    /// Which path belongs to which component.
    #[serde(default)]
    pub trigger: Triggers,
    /// The components by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub component: BTreeMap<String, Component>,
}

/// `[application]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// A semantic version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// Settings of other tools; ignored.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub tool: toml::Table,
}

/// `[variables]`: either `required`, or with a default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The operator must give a value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// The value where the operator gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The value is never shown.
    #[serde(default, skip_serializing_if = "is_false")]
    pub secret: bool,
}

/// `[[trigger.http]]`, the only kind of trigger that the host runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triggers {
    /// In the order of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpTrigger>,
}

/// One `[[trigger.http]]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTrigger {
    /// Optional id of the trigger; the host does not use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The path, or that there is none.
    pub route: Route,
    /// The component that answers.
    pub component: String,
}

/// The route of a trigger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a route is a path such as \"/v1/files/...\", or { private = true }")]
pub enum Route {
    /// A path: exact, with `:name` for one segment, or ending in `/...`.
    Path(String),
    /// Not reachable from outside, only as `http://<component>.spin.internal`.
    Private(PrivateRoute),
}

/// `{ private = true }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateRoute {
    /// Must be true.
    pub private: bool,
}

/// `[component.<id>]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The wasm file, relative to the manifest.
    pub source: PathBuf,
    /// Patterns of what it may reach, templates allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_outbound_hosts: Vec<String>,
    /// What `spin:variables` gives it: templates by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// Whether all dependencies see what the component sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependencies_inherit_configuration: Option<bool>,
    /// Components that fulfil its imports, by the name of the import or of its package.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dependencies: BTreeMap<String, Dependency>,
    /// How to build it; ignored here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<toml::Table>,
    /// Settings of other tools; ignored.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub tool: toml::Table,
}

/// A dependency from a file, the only source that the host knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// The wasm file, relative to the manifest.
    pub path: PathBuf,
    /// The export that fulfils the import, where its name is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<String>,
    /// Whether it sees what the component sees; without, it can import no more than WASI's basics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherit_configuration: Option<bool>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Manifest {
    /// Reads and checks the manifest at `path`.
    ///
    /// # Errors
    /// The file cannot be read, is not TOML, or breaks one of the manifest's rules; the message names the place.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
            what: "manifest".to_owned(),
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text).map_err(|message| Error::Manifest { path: path.to_owned(), message })
    }

    /// Parses and checks the text of a manifest.
    ///
    /// # Errors
    /// What is wrong, with the line (syntax and fields) or the table it is about.
    pub fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The manifest as TOML, its tables in alphabetical order.
    ///
    /// # Errors
    /// A value that TOML cannot express, which a parsed manifest does not have.
    pub fn to_toml(&self) -> Result<String, String> {
        toml::to_string(self).map_err(|error| error.to_string())
    }

    /// The manifest of some of its components: with their triggers and the variables that they use, and nothing else.
    ///
    /// # Errors
    /// One of `ids` is not a component.
    pub fn subset(&self, ids: &[String]) -> Result<Self, String> {
        if let Some(unknown) = ids.iter().find(|id| !self.component.contains_key(*id)) {
            let known: Vec<_> = self.component.keys().map(String::as_str).collect();
            return Err(format!("there is no component {unknown:?}; there are {}", known.join(", ")));
        }
        let mut subset = self.clone();
        subset.component.retain(|id, _| ids.contains(id));
        subset.trigger.http.retain(|trigger| ids.contains(&trigger.component));
        let mut used = BTreeSet::new();
        for component in subset.component.values() {
            for text in component.variables.values().chain(&component.allowed_outbound_hosts) {
                used.extend(Template::parse(text)?.names().map(str::to_owned));
            }
        }
        subset.variables.retain(|name, _| used.contains(name));
        Ok(subset)
    }

    /// The routes of a component as the manifest writes them, `private` for a private one.
    #[must_use]
    pub fn routes_of(&self, id: &str) -> Vec<String> {
        let of_it = self.trigger.http.iter().filter(|trigger| trigger.component == id);
        of_it
            .map(|trigger| match &trigger.route {
                Route::Path(path) => path.clone(),
                Route::Private(_) => "private".to_owned(),
            })
            .collect()
    }

    fn check(&self) -> Result<(), String> {
        if self.spin_manifest_version != 2 {
            return Err(format!("spin_manifest_version is {}, only 2 is known", self.spin_manifest_version));
        }
        for (name, variable) in &self.variables {
            check_variable_name(name).map_err(|error| format!("[variables] {name}: {error}"))?;
            if variable.required == variable.default.is_some() {
                return Err(format!("[variables] {name}: must be either required or have a default"));
            }
        }
        for (id, component) in &self.component {
            check_component_id(id).map_err(|error| format!("[component.{id}]: {error}"))?;
            self.check_component(component).map_err(|error| format!("[component.{id}] {error}"))?;
        }
        for trigger in &self.trigger.http {
            if !self.component.contains_key(&trigger.component) {
                return Err(format!("[[trigger.http]] route {}: there is no component {:?}", trigger.route, trigger.component));
            }
            if trigger.route == Route::Private(PrivateRoute { private: false }) {
                return Err(format!("[[trigger.http]] component {:?}: private must be true", trigger.component));
            }
        }
        Router::new(self).map(drop)
    }

    fn check_component(&self, component: &Component) -> Result<(), String> {
        for (name, text) in &component.variables {
            check_variable_name(name).map_err(|error| format!("variables.{name}: {error}"))?;
            self.check_template(text).map_err(|error| format!("variables.{name}: {error}"))?;
        }
        for text in &component.allowed_outbound_hosts {
            let place = |error: String| format!("allowed_outbound_hosts {text:?}: {error}");
            if self.check_template(text).map_err(place)?.is_literal() {
                AllowedHost::parse(text).map_err(place)?;
            }
        }
        for (name, dependency) in &component.dependencies {
            let name: DependencyName = name.parse().map_err(|error| format!("dependencies.{name:?}: {error}"))?;
            if matches!(&name, DependencyName::Package { interface: None, .. }) && dependency.export.is_some() {
                return Err(format!("dependencies.{name:?}: export needs the name of one interface"));
            }
        }
        Ok(())
    }

    fn check_template(&self, text: &str) -> Result<Template, String> {
        let template = Template::parse(text)?;
        if let Some(unknown) = template.names().find(|name| !self.variables.contains_key(*name)) {
            return Err(format!("unknown variable {unknown:?}"));
        }
        Ok(template)
    }
}

impl Component {
    /// Whether a dependency sees the environment, files and interfaces of the component.
    #[must_use]
    pub fn inherits(&self, dependency: &Dependency) -> bool {
        dependency.inherit_configuration.or(self.dependencies_inherit_configuration).unwrap_or(false)
    }
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{path:?}"),
            Self::Private(_) => f.write_str("private"),
        }
    }
}

/// What a dependency fulfils: one plain import, one interface, or all interfaces of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DependencyName {
    /// `checker`
    Plain(String),
    /// `asknpic:parametric/checker@1.0.0`, interface and version optional.
    Package { package: String, interface: Option<String>, version: Option<String> },
}

impl std::str::FromStr for DependencyName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.contains([':', '/']) {
            return check_component_id(text).map(|()| Self::Plain(text.to_owned()));
        }
        let (name, version) = text.split_once('@').map_or((text, None), |(name, version)| (name, Some(version)));
        let (package, interface) = name.split_once('/').map_or((name, None), |(package, name)| (package, Some(name)));
        let (namespace, rest) = package.split_once(':').ok_or("a package is <namespace>:<name>")?;
        for part in [namespace, rest].into_iter().chain(interface) {
            check_component_id(part)?;
        }
        if version.is_some_and(|version| version.is_empty() || version.contains(['@', '/', ':'])) {
            return Err("the version is not one".to_owned());
        }
        Ok(Self::Package {
            package: package.to_owned(),
            interface: interface.map(str::to_owned),
            version: version.map(str::to_owned),
        })
    }
}

impl DependencyName {
    /// Whether it fulfils the import of this name.
    pub(crate) fn matches(&self, import: &str) -> bool {
        match (self, import.parse()) {
            (Self::Plain(name), _) => name == import,
            (
                Self::Package { package, interface, version },
                Ok(Self::Package { package: import_package, interface: import_interface, version: import_version }),
            ) => {
                *package == import_package
                    && (interface.is_none() || *interface == import_interface)
                    && (version.is_none() || *version == import_version)
            }
            _ => false,
        }
    }
}

/// Ids are kebab-case: words of letters and digits, all lower or all upper case, the first a letter, joined by `-`.
fn check_component_id(id: &str) -> Result<(), String> {
    let word_ok = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric())
            && (!word.contains(|c: char| c.is_ascii_uppercase()) || !word.contains(|c: char| c.is_ascii_lowercase()))
    };
    if id.split('-').all(word_ok) { Ok(()) } else { Err(format!("{id:?} is not kebab-case")) }
}

/// Names of variables are `lower_snake_case`, every word starting with a letter.
fn check_variable_name(name: &str) -> Result<(), String> {
    let word_ok = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    if name.split('_').all(word_ok) { Ok(()) } else { Err(format!("{name:?} is not lower_snake_case")) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test panics")]
    use super::*;

    const GOOD: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "app"
        version = "0.1.0"
        [variables]
        host = { default = "127.0.0.1" }
        unused = { default = "" }
        password = { required = true, secret = true }
        [[trigger.http]]
        route = "/a/..."
        component = "a"
        [[trigger.http]]
        route = "/also-a"
        component = "a"
        [component.a]
        description = "first"
        source = "a.wasm"
        allowed_outbound_hosts = ["postgres://{{ host }}:5432", "http://b.spin.internal"]
        [component.a.variables]
        url = "postgres://u:{{ password }}@{{ host }}/db"
        [component.a.dependencies]
        "x:y/z@1.0.0" = { path = "z.wasm", export = "other" }
        [component.a.build]
        command = "make"
        [component.a.tool.any]
        thing = 1
        [[trigger.http]]
        route = { private = true }
        component = "b"
        [component.b]
        source = "b.wasm"
    "#;

    #[test]
    fn a_good_manifest_is_read_and_written_again() {
        let manifest = Manifest::parse(GOOD).unwrap();
        assert_eq!(manifest.routes_of("a"), ["/a/...", "/also-a"]);
        assert_eq!(manifest.routes_of("b"), ["private"]);
        assert_eq!(Manifest::parse(&manifest.to_toml().unwrap()).unwrap(), manifest);
    }

    #[test]
    fn a_subset_keeps_only_what_its_components_use() {
        let manifest = Manifest::parse(GOOD).unwrap();
        let only_a = manifest.subset(&["a".to_owned()]).unwrap();
        assert_eq!(only_a.variables.keys().collect::<Vec<_>>(), ["host", "password"]);
        assert_eq!(only_a.trigger.http.len(), 2);
        let only_b = manifest.subset(&["b".to_owned()]).unwrap();
        assert!(only_b.variables.is_empty() && !only_b.component.contains_key("a"));
        assert!(manifest.subset(&["c".to_owned()]).unwrap_err().contains("there is no component \"c\"; there are a, b"));
    }

    /// Each rule, by what to replace in the good manifest and what the message must say.
    #[test]
    fn every_fault_is_named_with_its_place() {
        let cases = [
            ("spin_manifest_version = 2", "spin_manifest_version = 1", "spin_manifest_version is 1"),
            ("name = \"app\"", "name = \"app\"\nnick = \"x\"", "unknown field `nick`"),
            ("source = \"b.wasm\"", "source = \"b.wasm\"\nfiles = [\"x\"]", "unknown field `files`"),
            ("unused = { default = \"\" }", "unused = {}", "[variables] unused: must be either"),
            ("required = true, secret", "required = true, default = \"\", secret", "[variables] password: must be either"),
            ("unused = {", "Unused = {", "[variables] Unused: \"Unused\" is not lower_snake_case"),
            ("unused = {", "un__used = {", "is not lower_snake_case"),
            ("{{ host }}:5432", "{{ hots }}:5432", "[component.a] allowed_outbound_hosts"),
            ("{{ host }}:5432", "{{ host :5432", "unmatched"),
            ("http://b.spin.internal", "b.spin.internal", "does not contain a scheme"),
            ("{{ password }}", "{{ passwort }}", "[component.a] variables.url: unknown variable \"passwort\""),
            ("private = true", "private = false", "private must be true"),
            ("route = \"/also-a\"", "route = 5", "a route is a path"),
            (
                "route = \"/also-a\"\n        component = \"a\"",
                "route = \"/also-a\"\n        component = \"c\"",
                "there is no component \"c\"",
            ),
            ("route = \"/also-a\"", "route = \"/a/...\"", "belongs to both"),
            ("\"x:y/z@1.0.0\"", "\"x:y\"", "export needs the name"),
            ("\"x:y/z@1.0.0\"", "\"x/z\"", "a package is"),
            ("[component.b]", "[component.b_c]\nsource = \"c.wasm\"\n[component.b]", "\"b_c\" is not kebab-case"),
        ];
        for (from, to, message) in cases {
            assert!(GOOD.contains(from), "{from}");
            let error = Manifest::parse(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(message), "{to}: {error}");
        }
    }

    #[test]
    fn dependencies_match_imports_by_name_package_and_version() {
        let matches = |name: &str, import: &str| name.parse::<DependencyName>().unwrap().matches(import);
        assert!(matches("foo:bar/baz@0.1.0", "foo:bar/baz@0.1.0"));
        assert!(matches("foo:bar/baz", "foo:bar/baz@0.1.0"));
        assert!(matches("foo:bar", "foo:bar/baz@0.1.0"));
        assert!(matches("foo:bar@0.1.0", "foo:bar/baz@0.1.0"));
        assert!(matches("foo-bar", "foo-bar"));
        assert!(!matches("foo:bar/baz@0.1.0", "foo:bar/baz"));
        assert!(!matches("foo:bar/baz", "foo:bar/bub@0.1.0"));
        assert!(!matches("foo:bar", "foo:bub/bib"));
        assert!(!matches("foo:bar", "foo-bar"));
    }

    #[test]
    fn the_manifest_of_the_product_is_valid() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../spin.toml");
        Manifest::load(&path).unwrap();
    }
}
