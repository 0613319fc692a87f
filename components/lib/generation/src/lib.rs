//! What the components of the generation zone, `generate` and `library`, share: their settings, a generation as JSON, and its
//! content.

pub mod content;
pub mod links;
pub mod read;
pub mod representation;
mod zone;

pub use representation::Generation;
pub use zone::Zone;
