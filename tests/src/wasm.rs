//! What a built component asks of its host, read from the file itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use wasmparser::component_types::ComponentEntityType;
use wasmparser::{ComponentExternalKind, Payload, Validator, WasmFeatures};

/// The interfaces that a component imports, such as `wasi:http/client@0.3.0`, each with the names of what it has in there.
///
/// # Panics
/// The file is no valid component.
#[must_use]
pub fn imports(file: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let types = Validator::new_with_features(WasmFeatures::all()).validate_all(&bytes);
    let types = types.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let types = types.as_ref();
    let mut imports = BTreeMap::new();
    let mut depth = 0_u32;
    for payload in wasmparser::Parser::new(0).parse_all(&bytes) {
        match payload.expect("a valid component") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let import = import.expect("an import");
                    assert_eq!(import.ty.kind(), ComponentExternalKind::Instance, "{} imports instances only", file.display());
                    let name = import.name.name;
                    let members = match types.component_item_for_import(name).map(|item| &item.ty) {
                        Some(ComponentEntityType::Instance(id)) => types[*id].exports.keys().cloned().collect(),
                        _ => BTreeSet::new(),
                    };
                    imports.insert(name.to_owned(), members);
                }
            }
            _ => {}
        }
    }
    imports
}
