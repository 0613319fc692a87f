//! The database `briefs`: envelopes only (brief or translated brief).

crate::content::content!("briefs");
