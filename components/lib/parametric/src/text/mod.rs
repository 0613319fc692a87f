//! Letters: the bundled fonts, and how a text stands in its box.

pub(crate) mod fonts;
pub(crate) mod layout;
