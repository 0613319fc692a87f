//! What says that a picture was made by a machine (promise a72): for machines as XMP, for people in a sentence.

use super::xml::escape;

/// Who made it and what it is.
#[derive(Clone, Copy)]
pub(crate) struct Mark<'a> {
    /// Of the generation.
    pub(crate) generation_id: &'a str,
    /// The visual's own.
    pub(crate) title: &'a str,
}

/// For people.
pub(crate) const NOTE: &str = "Made with AI by Ask N Pic";
/// Who made it.
pub(crate) const TOOL: &str = "Ask N Pic";
/// The IPTC digital source type of what a trained model made (<https://cv.iptc.org/newscodes/digitalsourcetype/>).
const SOURCE_TYPE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";

impl Mark<'_> {
    /// The XMP packet that every format carries.
    pub(crate) fn xmp(&self) -> String {
        format!(
            "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
             <rdf:Description rdf:about=\"\" xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
             xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" \
             Iptc4xmpExt:DigitalSourceType=\"{SOURCE_TYPE}\" xmp:CreatorTool=\"{TOOL}\">\
             <dc:identifier>urn:uuid:{}</dc:identifier><dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{}</rdf:li></rdf:Alt></dc:title>\
             <dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">{NOTE}</rdf:li></rdf:Alt></dc:description></rdf:Description>\
             </rdf:RDF></x:xmpmeta>",
            escape(self.generation_id),
            escape(self.title)
        )
    }
}
