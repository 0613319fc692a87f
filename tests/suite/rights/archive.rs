//! An export as whoever gets it opens it.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use e2e::{Person, World};
use serde_json::Value;

/// The entries of an archive by path, after its manifest was checked against each of them.
pub(crate) struct Archive(BTreeMap<String, Vec<u8>>);

impl Archive {
    /// The person's export.
    pub(crate) async fn of(world: &World, person: &Person) -> Self {
        let answer = world.get("/v1/me/export").bearer(&person.access).send().await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/zip"));
        assert!(answer.header("cache-control").unwrap().contains("no-store"));
        Self::read(&answer.body).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Reads a whole archive.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
        let mut entries = BTreeMap::new();
        for at in 0..zip.len() {
            let mut entry = zip.by_index(at).map_err(|error| error.to_string())?;
            let name = entry.name().map_err(|error| error.to_string())?.into_owned();
            let mut bytes = Vec::new();
            // Reading to the end checks the entry's CRC.
            entry.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
            assert!(entries.insert(name.clone(), bytes).is_none(), "{name} occurs twice");
        }
        let archive = Self(entries);
        archive.check_manifest();
        Ok(archive)
    }

    fn check_manifest(&self) {
        let manifest = self.json("manifest.json");
        let listed = manifest["entries"].as_array().unwrap();
        assert_eq!(listed.len(), self.0.len() - 1, "all but the manifest itself");
        for entry in listed {
            let bytes = &self.0[entry["path"].as_str().unwrap()];
            assert_eq!(entry["bytes"], bytes.len(), "{entry}");
            assert_eq!(entry["sha256"], hex::encode(e2e::crypto::sha256(bytes)), "{entry}");
        }
    }

    pub(crate) fn paths(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    pub(crate) fn bytes(&self, path: &str) -> &[u8] {
        self.0.get(path).unwrap_or_else(|| panic!("no {path} in {:?}", self.paths()))
    }

    pub(crate) fn text(&self, path: &str) -> &str {
        std::str::from_utf8(self.bytes(path)).unwrap()
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        serde_json::from_slice(self.bytes(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Every entry's bytes after another.
    pub(crate) fn everything(&self) -> Vec<u8> {
        self.0.values().flatten().copied().collect()
    }
}
