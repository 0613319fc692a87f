//! What the tests of the format share.
#![expect(clippy::panic, reason = "tests")]

use parametric::{Correction, Format, Picture, RenderError, Request, Verdict, check, render};

/// The generation that pictures are marked with.
pub(crate) const ID: &str = "01a1fd55-aa68-7f10-ac98-8195c306981b";

/// The final file and the corrections of a text that must be accepted.
pub(crate) fn accepted(text: &str) -> (String, Vec<Correction>) {
    match check(text) {
        Verdict::Accepted { file, corrections, .. } => (file, corrections),
        Verdict::Rejected(findings) => panic!("{findings:?} {text}"),
    }
}

/// A picture of a final file.
pub(crate) fn draw(
    file: &str,
    parameters: &[(String, String)],
    format: Format,
    width: Option<u32>,
) -> Result<Vec<u8>, RenderError> {
    picture(file, parameters, format, width).map(|picture| picture.bytes)
}

/// The same with what was done to its texts.
pub(crate) fn picture(
    file: &str,
    parameters: &[(String, String)],
    format: Format,
    width: Option<u32>,
) -> Result<Picture, RenderError> {
    render(&Request { file, parameters, allow_text: true, format, width, generation_id: ID })
}
