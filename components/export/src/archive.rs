//! A ZIP archive that is written entry by entry and taken away as it grows, so that no more of it is held than its directory.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipResult, write::SimpleFileOptions, write::StreamWriter};

/// Fast rather than small: the archive is read once.
const LEVEL: i64 = 1;

/// What is written and not yet taken. Shared with the writer, which owns its half.
#[derive(Clone, Default)]
struct Outbox(Arc<Mutex<Vec<u8>>>);

impl Write for Outbox {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An archive in the making.
pub(crate) struct Archive {
    outbox: Outbox,
    zip: ZipWriter<StreamWriter<Outbox>>,
    options: SimpleFileOptions,
    /// Of each entry: path, SHA-256, length.
    entries: Vec<(Box<str>, [u8; 32], u64)>,
    open: Option<Open>,
}

/// The entry that is being written.
struct Open {
    path: Box<str>,
    hash: Sha256,
    length: u64,
}

impl Archive {
    /// An empty archive whose entries are of the time given.
    pub(crate) fn new(now: Timestamp) -> Self {
        let outbox = Outbox::default();
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).compression_level(Some(LEVEL));
        let options = match dos_time(now) {
            Some(time) => options.last_modified_time(time),
            None => options,
        };
        Self { zip: ZipWriter::new_stream(outbox.clone()), outbox, options, entries: Vec::new(), open: None }
    }

    /// A whole entry.
    ///
    /// # Errors
    /// Of the format: a path that is there already.
    pub(crate) fn add(&mut self, path: &str, bytes: &[u8]) -> ZipResult<()> {
        self.begin(path)?;
        self.write(bytes)?;
        self.end();
        Ok(())
    }

    /// Begins an entry that is written in pieces.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub(crate) fn begin(&mut self, path: &str) -> ZipResult<()> {
        self.zip.start_file(path, self.options)?;
        self.open = Some(Open { path: path.into(), hash: Sha256::new(), length: 0 });
        Ok(())
    }

    /// Writes a piece of the entry that was begun.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub(crate) fn write(&mut self, bytes: &[u8]) -> ZipResult<()> {
        self.zip.write_all(bytes)?;
        if let Some(open) = &mut self.open {
            open.hash.update(bytes);
            open.length = open.length.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    /// Notes the entry that was begun for the manifest; the next one ends it.
    pub(crate) fn end(&mut self) {
        if let Some(Open { path, hash, length }) = self.open.take() {
            self.entries.push((path, hash.finalize().into(), length));
        }
    }

    /// What was written since the last time.
    pub(crate) fn take(&self) -> Bytes {
        std::mem::take(&mut *self.outbox.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }

    /// Writes `manifest.json`, with the SHA-256 of every other entry, and the archive's end.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub(crate) fn finish(mut self, made_at: Timestamp) -> ZipResult<Bytes> {
        let entries = std::mem::take(&mut self.entries);
        self.begin("manifest.json")?;
        self.write(format!("{{\n  \"made_at\": \"{made_at}\",\n  \"entries\": [").as_bytes())?;
        for (at, (path, hash, length)) in entries.iter().enumerate() {
            let entry = json!({ "path": path, "sha256": hex::encode(hash), "bytes": length });
            self.write(format!("{}\n    {entry}", if at == 0 { "" } else { "," }).as_bytes())?;
        }
        self.write(b"\n  ]\n}\n")?;
        self.zip.finish()?;
        Ok(std::mem::take(&mut *self.outbox.0.lock().unwrap_or_else(PoisonError::into_inner)).into())
    }
}

/// The time as archives keep it: local, here UTC, in steps of two seconds, from 1980 on.
fn dos_time(now: Timestamp) -> Option<DateTime> {
    let at = now.to_zoned(TimeZone::UTC);
    let small = |n: i8| u8::try_from(n).ok();
    let (month, day) = (small(at.month())?, small(at.day())?);
    let (hour, minute, second) = (small(at.hour())?, small(at.minute())?, small(at.second())?);
    DateTime::from_date_and_time(u16::try_from(at.year()).ok()?, month, day, hour, minute, second).ok()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T08:30:15Z".parse().expect("a time")
    }

    #[test]
    fn what_was_taken_piece_by_piece_is_an_archive_with_a_manifest() {
        let mut archive = Archive::new(now());
        let mut bytes = Vec::new();
        let long = "a line that is there again and again\n".repeat(5_000);
        archive.add("README.txt", b"read me").expect("is written");
        bytes.extend_from_slice(&archive.take());
        assert!(!bytes.is_empty(), "an entry can be taken before the archive has ended");
        archive.begin("a/long é.txt").expect("begins");
        for piece in long.as_bytes().chunks(1_000) {
            archive.write(piece).expect("is written");
            bytes.extend_from_slice(&archive.take());
        }
        archive.end();
        assert!(archive.add("README.txt", b"again").is_err(), "a path occurs once");
        bytes.extend_from_slice(&archive.finish(now()).expect("ends"));

        let mut read = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        let mut text = |path: &str| {
            let mut text = String::new();
            read.by_name(path).expect("is there").read_to_string(&mut text).expect("is whole");
            text
        };
        assert_eq!((text("README.txt").as_str(), text("a/long é.txt") == long), ("read me", true));
        let manifest: serde_json::Value = serde_json::from_str(&text("manifest.json")).expect("JSON");
        assert_eq!(manifest["made_at"], "2026-11-21T08:30:15Z");
        assert_eq!(manifest["entries"][0]["sha256"], hex::encode(Sha256::digest(b"read me")));
        assert_eq!(manifest["entries"][1]["bytes"], long.len());
    }

    #[test]
    fn one_that_was_cut_off_is_no_archive() {
        let mut archive = Archive::new(now());
        archive.add("README.txt", b"read me").expect("is written");
        let whole = archive.take();
        assert!(zip::ZipArchive::new(Cursor::new(whole)).is_err());
    }
}
