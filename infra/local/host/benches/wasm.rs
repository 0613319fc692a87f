//! How long the compiled components take, and how much longer that is than on the machine itself: `./dev bench` measures that first.
#![expect(missing_docs, reason = "criterion's macros write public functions")]

#[path = "../tests/sandbox/sandbox.rs"]
mod sandbox;

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group};
use sandbox::{Format, Sandbox};

const FILE: &str = include_str!("../../../../components/lib/parametric/examples/harvest-market.json");

const FORMATS: [(&str, Format, Option<u32>); 4] = [
    ("svg", Format::Svg, None),
    ("svg-outlines", Format::SvgOutlines, None),
    ("png-1024", Format::Png, Some(1024)),
    ("pdf", Format::Pdf, None),
];

fn benches(criterion: &mut Criterion) {
    let mut checker = Sandbox::new("checker", false).checker(None);
    criterion.bench_function("wasm/check", |bencher| bencher.iter(|| checker.check(black_box(FILE))));
    let mut renderer = Sandbox::new("renderer", false).renderer(None);
    for (name, format, width) in FORMATS {
        criterion
            .bench_function(&format!("wasm/{name}"), |bencher| bencher.iter(|| renderer.render(black_box(FILE), format, width)));
    }
}

criterion_group! { name = wasm; config = Criterion::default().sample_size(20); targets = benches }

fn main() {
    wasm();
    Criterion::default().configure_from_args().final_summary();
    println!("\n{:<14}{:>12}{:>12}{:>8}", "", "native", "wasm", "ratio");
    for name in std::iter::once("check").chain(FORMATS.map(|(name, ..)| name)) {
        match (mean("native", name), mean("wasm", name)) {
            (Some(native), Some(wasm)) => {
                println!("{name:<14}{:>9.3} ms{:>9.3} ms{:>8.2}", native / 1e6, wasm / 1e6, wasm / native);
            }
            _ => println!("{name:<14}not measured on both sides: run ./dev bench"),
        }
    }
}

/// The mean of criterion's last measurement, in nanoseconds.
fn mean(side: &str, name: &str) -> Option<f64> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/criterion");
    let file = target.join(format!("{side}_{name}/new/estimates.json"));
    let estimates: serde_json::Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    estimates["mean"]["point_estimate"].as_f64()
}
