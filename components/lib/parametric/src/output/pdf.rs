//! A page with its fonts. svg2pdf orders a page's resources anew each time (it keeps them in hash maps) and knows no metadata: its
//! file is read as the plain list of objects that it is, and written in one order, with the mark.

use std::collections::BTreeMap;

use resvg::usvg::Tree;

use super::mark::{Mark, NOTE, TOOL};

/// Dots of an inch, as CSS and so usvg count them: a millimetre of the file is one of the page.
const DPI: f32 = 96.0;

pub(crate) fn make(tree: &Tree, mark: &Mark<'_>) -> Option<Vec<u8>> {
    let page = svg2pdf::PageOptions { dpi: DPI };
    let written = svg2pdf::to_pdf(tree, svg2pdf::ConversionOptions::default(), page).ok()?;
    let mut file = File::read(&written)?;
    file.mark(mark);
    Some(file.write())
}

/// A value of the PDF syntax (ISO 32000-1, 7.3).
#[derive(Clone, Debug, PartialEq)]
enum Value {
    /// By its keys, whose order says nothing.
    Dictionary(BTreeMap<Vec<u8>, Value>),
    Array(Vec<Value>),
    Reference(u32),
    /// A number, name, string or word, as it is written.
    Plain(Vec<u8>),
}

/// An object with the bytes of its stream, if it has one.
type Object = (Value, Option<Vec<u8>>);

struct File {
    header: Vec<u8>,
    objects: BTreeMap<u32, Object>,
    trailer: BTreeMap<Vec<u8>, Value>,
}

impl File {
    /// Reads what pdf-writer writes: one table of places, whole objects, no updates.
    fn read(bytes: &[u8]) -> Option<Self> {
        let tail = find_last(bytes, b"startxref")?;
        let table: usize = word(bytes.get(tail + 9..)?)?.parse().ok()?;
        let trailer = find(bytes.get(table..)?, b"trailer")? + table;
        let Value::Dictionary(entries) = Reader { rest: bytes.get(trailer + 7..tail)? }.value()? else { return None };
        let mut places: Vec<usize> = Vec::new();
        let lines = std::str::from_utf8(bytes.get(table..trailer)?).ok()?;
        for line in lines.lines().skip(2) {
            let mut parts = line.split_whitespace();
            if let (Some(place), Some(_), Some("n")) = (parts.next(), parts.next(), parts.next()) {
                places.push(place.parse().ok()?);
            }
        }
        places.sort_unstable();
        let header = bytes.get(..*places.first()?)?.to_vec();
        let ends = places.iter().skip(1).copied().chain([table]);
        let objects = places.iter().zip(ends).map(|(start, end)| object(bytes.get(*start..end)?));
        Some(Self { header, objects: objects.collect::<Option<_>>()?, trailer: entries })
    }

    /// Writes the mark into the catalogue, as XMP, and into the document's information, for people.
    fn mark(&mut self, mark: &Mark<'_>) {
        let next = self.objects.keys().last().map_or(1, |last| last + 1);
        // The packet's begin and end, by which tools find it (XMP specification, part 1, 7.3).
        let packet = format!("<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>{}<?xpacket end=\"r\"?>", mark.xmp());
        let length = Value::Plain(packet.len().to_string().into_bytes());
        let name = |name: &str| Value::Plain(name.as_bytes().to_vec());
        let entries = [("/Type", name("/Metadata")), ("/Subtype", name("/XML")), ("/Length", length)];
        self.objects.insert(next, (dictionary(entries), Some(packet.into_bytes())));
        if let Some(Value::Reference(root)) = self.trailer.get(&b"/Root"[..])
            && let Some((Value::Dictionary(catalogue), _)) = self.objects.get_mut(root)
        {
            catalogue.insert(b"/Metadata".to_vec(), Value::Reference(next));
        }
        let information =
            [("/Title", text(mark.title)), ("/Subject", text(NOTE)), ("/Creator", text(TOOL)), ("/Producer", text("svg2pdf"))];
        self.objects.insert(next + 1, (dictionary(information), None));
        self.trailer.insert(b"/Info".to_vec(), Value::Reference(next + 1));
    }

    /// The file with its objects numbered in the order in which they are reached.
    fn write(&self) -> Vec<u8> {
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        let mut order: Vec<u32> = Vec::new();
        let root = Value::Dictionary(self.trailer.clone());
        reach(&root, &mut numbers, &mut order);
        let mut at = 0;
        while let Some(number) = order.get(at).copied() {
            if let Some((value, _)) = self.objects.get(&number) {
                reach(value, &mut numbers, &mut order);
            }
            at += 1;
        }
        let mut out = self.header.clone();
        let mut places = Vec::with_capacity(order.len());
        for (index, number) in order.iter().enumerate() {
            let Some((value, stream)) = self.objects.get(number) else { continue };
            places.push(out.len());
            out.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
            put(value, &numbers, &mut out);
            if let Some(stream) = stream {
                out.extend_from_slice(b"\nstream\n");
                out.extend_from_slice(stream);
                out.extend_from_slice(b"\nendstream");
            }
            out.extend_from_slice(b"\nendobj\n\n");
        }
        let table = out.len();
        out.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f\r\n", places.len() + 1).as_bytes());
        for place in &places {
            out.extend_from_slice(format!("{place:010} 00000 n\r\n").as_bytes());
        }
        let mut trailer = self.trailer.clone();
        trailer.insert(b"/Size".to_vec(), Value::Plain((places.len() + 1).to_string().into_bytes()));
        out.extend_from_slice(b"trailer\n");
        put(&Value::Dictionary(trailer), &numbers, &mut out);
        out.extend_from_slice(format!("\nstartxref\n{table}\n%%EOF\n").as_bytes());
        out
    }
}

fn dictionary<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Dictionary(entries.into_iter().map(|(key, value)| (key.as_bytes().to_vec(), value)).collect())
}

/// A text string in UTF-16 (ISO 32000-1, 7.9.2.2).
fn text(text: &str) -> Value {
    let bytes = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_be_bytes);
    let digit = |half: u8| b"0123456789ABCDEF".get(usize::from(half)).copied().unwrap_or(b'0');
    let digits = bytes.flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    Value::Plain(std::iter::once(b'<').chain(digits).chain([b'>']).collect())
}

/// Numbers what a value refers to, in the order of its keys.
fn reach(value: &Value, numbers: &mut BTreeMap<u32, u32>, order: &mut Vec<u32>) {
    match value {
        Value::Reference(number) => {
            if !numbers.contains_key(number) {
                order.push(*number);
                numbers.insert(*number, u32::try_from(order.len()).unwrap_or(u32::MAX));
            }
        }
        Value::Dictionary(entries) => entries.values().for_each(|value| reach(value, numbers, order)),
        Value::Array(items) => items.iter().for_each(|value| reach(value, numbers, order)),
        Value::Plain(_) => {}
    }
}

fn put(value: &Value, numbers: &BTreeMap<u32, u32>, out: &mut Vec<u8>) {
    match value {
        Value::Dictionary(entries) => {
            out.extend_from_slice(b"<<");
            for (key, value) in entries {
                out.push(b'\n');
                out.extend_from_slice(key);
                out.push(b' ');
                put(value, numbers, out);
            }
            out.extend_from_slice(b"\n>>");
        }
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b' ');
                }
                put(item, numbers, out);
            }
            out.push(b']');
        }
        Value::Reference(number) => {
            out.extend_from_slice(format!("{} 0 R", numbers.get(number).copied().unwrap_or(0)).as_bytes());
        }
        Value::Plain(bytes) => out.extend_from_slice(bytes),
    }
}

/// One object: `12 0 obj … endobj`.
fn object(bytes: &[u8]) -> Option<(u32, Object)> {
    let number = word(bytes)?.parse().ok()?;
    let start = find(bytes, b"obj")? + 3;
    let mut reader = Reader { rest: bytes.get(start..)? };
    let value = reader.value()?;
    reader.space();
    let stream = match reader.rest.strip_prefix(b"stream\n") {
        Some(rest) => Some(rest.get(..find_last(rest, b"endstream")?)?.strip_suffix(b"\n")?.to_vec()),
        None => None,
    };
    Some((number, (value, stream)))
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn take(&mut self, end: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(taken)
    }

    fn value(&mut self) -> Option<Value> {
        self.space();
        if self.rest.starts_with(b"<<") {
            self.take(2)?;
            let mut items = self.items(b">>")?.into_iter();
            let mut entries = BTreeMap::new();
            while let (Some(Value::Plain(key)), Some(value)) = (items.next(), items.next()) {
                entries.insert(key, value);
            }
            return Some(Value::Dictionary(entries));
        }
        match self.rest.first()? {
            b'[' => {
                self.take(1)?;
                Some(Value::Array(self.items(b"]")?))
            }
            b'<' => {
                let end = find(self.rest, b">")? + 1;
                Some(Value::Plain(self.take(end)?.to_vec()))
            }
            b'(' => {
                let (mut depth, mut escaped) = (0_u32, false);
                let end = self.rest.iter().position(|byte| {
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'(' => depth += 1,
                        b')' => depth -= 1,
                        _ => {}
                    }
                    depth == 0
                })?;
                Some(Value::Plain(self.take(end + 1)?.to_vec()))
            }
            _ => {
                let ends = |byte: &u8| byte.is_ascii_whitespace() || b"<>[]()/".contains(byte);
                let end = self.rest.iter().skip(1).position(ends).map_or(self.rest.len(), |at| at + 1);
                Some(Value::Plain(self.take(end)?.to_vec()))
            }
        }
    }

    /// The values up to a bracket; `12 0 R` is one of them.
    fn items(&mut self, end: &[u8]) -> Option<Vec<Value>> {
        let mut items: Vec<Value> = Vec::new();
        loop {
            self.space();
            if self.rest.starts_with(end) {
                self.take(end.len())?;
                return Some(items);
            }
            let value = self.value()?;
            if value == Value::Plain(b"R".to_vec()) {
                items.pop()?;
                let Some(Value::Plain(number)) = items.pop() else { return None };
                items.push(Value::Reference(std::str::from_utf8(&number).ok()?.parse().ok()?));
            } else {
                items.push(value);
            }
        }
    }
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

fn find_last(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).rposition(|window| window == needle)
}

/// The first word of some bytes.
fn word(bytes: &[u8]) -> Option<&str> {
    let bytes = bytes.trim_ascii_start();
    let end = bytes.iter().position(u8::is_ascii_whitespace).unwrap_or(bytes.len());
    std::str::from_utf8(bytes.get(..end)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_written_in_one_order() {
        let text = b"<</B [1 0 R -2.5 /X(a\\)(b))<0AF>]/A<</D true>>>>";
        let value = Reader { rest: text }.value().expect("a value");
        let mut out = Vec::new();
        put(&value, &BTreeMap::from([(1, 7)]), &mut out);
        let written = String::from_utf8(out).expect("text").replace('\n', "");
        assert_eq!(written, "<</A <</D true>>/B [7 0 R -2.5 /X (a\\)(b)) <0AF>]>>");
    }
}
