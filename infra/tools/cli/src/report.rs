//! What the printed reports have in common: their forms, and a page that needs nothing else.

use clap::ValueEnum;

/// The form of a report.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// For a terminal
    #[default]
    Text,
    /// For machines
    Json,
    /// A page that needs nothing else
    Html,
}

/// A page of our own style that loads nothing.
pub(crate) fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\n<style>body{{font:16px/1.5 system-ui,sans-serif;\
         max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}}table{{border-collapse:collapse;width:100%}}th,td{{text-align:left;\
         vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #ccc}}pre{{white-space:pre-wrap}}.kept{{color:#05603a}}\
         .failed{{color:#a3180b}}.none{{color:#666}}</style>\n<h1>{title}</h1>\n{body}</html>\n",
        title = escape(title)
    )
}

/// Text as HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
