//! The database `files`: envelopes only (final, raw or rejected).

crate::content::content!("files");
