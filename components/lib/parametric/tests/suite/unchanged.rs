//! Pictures stay what they were: a file that its owner has looks tomorrow as it does today. `pictures.txt` has a digest of each file
//! of the corpus that is accepted, of the final file and of its pictures; whoever means to change one runs
//! `UPDATE_PICTURES=1 cargo test -p parametric pictures_stay` and looks at what changed.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use parametric::{Format, Verdict, check};

use crate::{corpus::corpus, support::draw};

/// FNV-1a, 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>): enough to tell that something changed.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Name, then digests of the file, its SVG and its SVG with outlines.
fn pictures() -> BTreeMap<String, String> {
    let examples = ["harvest-market", "jazz-night"].map(|name| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}.json"));
        (name.to_owned(), String::new(), fs::read_to_string(path).expect("an example"))
    });
    let mut all = BTreeMap::new();
    for (name, _, output) in corpus().into_iter().chain(examples) {
        let Verdict::Accepted { file, .. } = check(&output) else { continue };
        let mut line = format!("{:016x}", digest(file.as_bytes()));
        for format in [Format::Svg, Format::SvgOutlines] {
            let _ = write!(line, " {:016x}", digest(&draw(&file, &[], format, None).expect("a picture")));
        }
        all.insert(name, line);
    }
    all
}

#[test]
fn pictures_stay_what_they_were() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures.txt");
    let now: Vec<String> = pictures().into_iter().map(|(name, line)| format!("{name} {line}")).collect();
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        fs::write(committed, now.join("\n") + "\n").expect("the digests");
        return;
    }
    let before = fs::read_to_string(committed).expect("the digests");
    let changed: Vec<&String> = now.iter().filter(|line| !before.lines().any(|known| known == line.as_str())).collect();
    assert!(changed.is_empty() && now.len() == before.lines().count(), "changed: {changed:#?}");
}
