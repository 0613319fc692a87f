//! Composition: a component's imports fulfilled by the components in its `dependencies`.

use std::collections::BTreeMap;

use wac_graph::types::{Package, SubtypeChecker, WorldId};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};

use crate::manifest::DependencyName;

/// What a dependency without inherited configuration may import: it can compute, tell the time, and write to the log. Files
/// stay empty, since no instance is given a folder.
const BASICS: [&str; 5] = ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/"];

/// A dependency whose file has been read.
pub(crate) struct Dependency<'a> {
    /// As the manifest names it.
    pub(crate) name: &'a str,
    pub(crate) export: Option<&'a str>,
    pub(crate) inherits: bool,
    pub(crate) bytes: Vec<u8>,
}

/// The component `bytes` with its `dependencies` built in.
pub(crate) fn compose(bytes: Vec<u8>, dependencies: Vec<Dependency<'_>>) -> Result<Vec<u8>, String> {
    if dependencies.is_empty() {
        return Ok(bytes);
    }
    let mut composer = Composer { graph: CompositionGraph::new() };
    let (world, instance) = composer.register("component", bytes)?;
    let imports: Vec<String> = composer.imports(world);

    let mut fulfilled: BTreeMap<String, &str> = BTreeMap::new();
    for (index, dependency) in dependencies.into_iter().enumerate() {
        let place = |error: String| format!("dependency {:?}: {error}", dependency.name);
        let name: DependencyName = dependency.name.parse().map_err(place)?;
        let wanted: Vec<&String> = imports.iter().filter(|import| name.matches(import)).collect();
        if wanted.is_empty() {
            return Err(place(format!("the component imports no such thing, only {}", imports.join(", "))));
        }
        let (its_world, its_instance) = composer.register(&format!("dependency{index}"), dependency.bytes).map_err(place)?;
        let its_imports = composer.imports(its_world);
        let forbidden: Vec<_> =
            its_imports.into_iter().filter(|import| !BASICS.iter().any(|basic| import.starts_with(basic))).collect();
        if !dependency.inherits && !forbidden.is_empty() {
            let message = format!("it imports {}, which it may not without inherit_configuration = true", forbidden.join(", "));
            return Err(place(message));
        }
        for import in wanted {
            if let Some(other) = fulfilled.insert(import.clone(), dependency.name) {
                return Err(place(format!("{import} is fulfilled by {other:?} already")));
            }
            let export = dependency.export.unwrap_or(import);
            composer.connect((world, instance), import, (its_world, its_instance), export).map_err(place)?;
        }
    }
    composer.export_all(world, instance)?;
    composer.graph.encode(EncodeOptions::default()).map_err(|error| format!("it cannot be composed: {error}"))
}

struct Composer {
    graph: CompositionGraph,
}

impl Composer {
    fn register(&mut self, name: &str, bytes: Vec<u8>) -> Result<(WorldId, NodeId), String> {
        let package = Package::from_bytes(name, None, bytes, self.graph.types_mut()).map_err(|error| format!("{error:#}"))?;
        let world = package.ty();
        let package = self.graph.register_package(package).map_err(|error| error.to_string())?;
        Ok((world, self.graph.instantiate(package)))
    }

    fn imports(&self, world: WorldId) -> Vec<String> {
        self.graph.types()[world].imports.keys().cloned().collect()
    }

    fn connect(
        &mut self,
        (world, instance): (WorldId, NodeId),
        import: &str,
        (from_world, from): (WorldId, NodeId),
        export: &str,
    ) -> Result<(), String> {
        let types = self.graph.types();
        let offered = *types[from_world].exports.get(export).ok_or_else(|| format!("it does not export {export}"))?;
        let wanted = *types[world].imports.get(import).ok_or_else(|| format!("the component does not import {import}"))?;
        SubtypeChecker::new(&mut std::collections::HashSet::default())
            .is_subtype(offered, types, wanted, types)
            .map_err(|error| format!("its export {export} does not fit the import {import}: {error:#}"))?;
        let alias = self.graph.alias_instance_export(from, export).map_err(|error| error.to_string())?;
        self.graph.set_instantiation_argument(instance, import, alias).map_err(|error| error.to_string())
    }

    fn export_all(&mut self, world: WorldId, instance: NodeId) -> Result<(), String> {
        let names: Vec<String> = self.graph.types()[world].exports.keys().cloned().collect();
        for name in names {
            let alias = self.graph.alias_instance_export(instance, &name).map_err(|error| error.to_string())?;
            self.graph.export(alias, &name).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}
