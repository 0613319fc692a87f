//! The contact sheet as one HTML file that needs nothing beside it.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::Picture;

const STYLE: &str = "
:root { color-scheme: light dark; --ground: #e9e6e0; --ink: #26241f; --quiet: #6d685d }
@media (prefers-color-scheme: dark) { :root { --ground: #1d1c1a; --ink: #eeeae2; --quiet: #a09a8c } }
body { margin: 3rem auto; padding: 0 2rem; max-width: 100rem; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, sans-serif }
header { margin-bottom: 2.5rem }
h1 { margin: 0; font-size: 1.6rem }
p { margin: .3rem 0; color: var(--quiet) }
main { columns: 20rem auto; column-gap: 2.5rem }
figure { margin: 0 0 2.5rem; break-inside: avoid }
img { display: block; width: 100%; box-shadow: 0 2px 14px rgb(0 0 0 / 22%) }
figcaption { margin-top: .7rem }
";

/// The page. Pictures are embedded as images, so that nothing in one can reach another or the page.
pub(crate) fn page(pictures: &[Picture]) -> String {
    let corrections: usize = pictures.iter().map(|picture| picture.corrections.len()).sum();
    let tokens: u64 = pictures.iter().map(|picture| picture.tokens).sum();
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Ask N Pic: gallery</title>\n<style>{STYLE}</style>\n<header><h1>Ask N Pic: gallery</h1>\
         <p>{} briefs, {corrections} corrections, {tokens} tokens. Made by a machine.</p></header>\n<main>\n",
        pictures.len()
    );
    for Picture { brief, svg, corrections, tokens, time, .. } in pictures {
        let corrections = match corrections.as_slice() {
            [] => "no corrections".to_owned(),
            some => some.join(", "),
        };
        let _ = writeln!(
            page,
            "<figure><img alt=\"\" src=\"data:image/svg+xml;base64,{}\"><figcaption>{}<p>{}, {tokens} tokens, {}</p></figcaption></figure>",
            BASE64.encode(svg),
            escaped(brief),
            escaped(&corrections),
            crate::ui::seconds(*time),
        );
    }
    page + "</main>\n</html>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_brief_is_text_and_a_picture_an_image() {
        let picture = Picture {
            brief: "<b>\"R&B\"</b>".to_owned(),
            svg: b"<svg/>".to_vec(),
            png: Vec::new(),
            corrections: vec!["contrast /layers/0".to_owned()],
            tokens: 12,
            time: Duration::from_millis(1_234),
        };
        let page = page(&[picture]);
        assert!(page.contains("&lt;b&gt;&quot;R&amp;B&quot;&lt;/b&gt;"), "{page}");
        assert!(page.contains("src=\"data:image/svg+xml;base64,PHN2Zy8+\""), "{page}");
        assert!(page.contains("1 briefs, 1 corrections") && page.contains("contrast /layers/0, 12 tokens, 1.2 s"), "{page}");
    }
}
