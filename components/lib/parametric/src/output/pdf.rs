//! A page with its fonts.

use resvg::usvg::Tree;

use super::mark::Mark;

pub(crate) fn make(tree: &Tree, _mark: &Mark<'_>) -> Option<Vec<u8>> {
    svg2pdf::to_pdf(tree, svg2pdf::ConversionOptions::default(), svg2pdf::PageOptions { dpi: 96.0 }).ok()
}
