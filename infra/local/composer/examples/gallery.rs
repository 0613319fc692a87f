//! Draws briefs into `/tmp/gallery`, to be looked at while composing changes: `gallery [how many seeds] [a file of briefs]`, else the
//! tests' briefs once. Natively and without the chain, so within a second; `asknpic gallery` is the real thing.
#![expect(clippy::unwrap_used, reason = "a tool for looking, not a part of anything")]

use std::{fs, path::Path};

use asknpic_composer::compose;
use parametric::{Format, Request, Verdict, check, render};

fn main() {
    let folder = Path::new("/tmp/gallery");
    fs::create_dir_all(folder).unwrap();
    let briefs = match std::env::args().nth(2) {
        Some(file) => fs::read_to_string(file).unwrap(),
        None => include_str!("../tests/briefs.txt").to_owned(),
    };
    let seeds = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(1_u64);
    for (at, brief) in briefs.lines().enumerate() {
        for seed in 0..seeds {
            let text = compose(&brief.replace("\\n", "\n"), seed);
            let Verdict::Accepted { file, corrections, .. } = check(&text) else {
                println!("{at:02} {seed} REJECTED {brief}");
                continue;
            };
            let request = Request {
                file: &file,
                parameters: &[],
                allow_text: true,
                format: Format::Png,
                width: Some(600),
                generation_id: "gallery",
            };
            fs::write(folder.join(format!("{at:02}-{seed}.png")), render(&request).unwrap().bytes).unwrap();
            println!("{at:02} {seed} {} bytes, {} corrections {brief}", text.len(), corrections.len());
            for correction in corrections {
                println!("     {:?} {} {:?}", correction.code, correction.path, correction.numbers);
            }
        }
    }
}
