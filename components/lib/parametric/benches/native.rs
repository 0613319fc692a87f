//! How long checking and drawing take on this machine itself. `./dev bench` measures the compiled components beside it.
#![expect(missing_docs, reason = "criterion's macros write public functions")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use parametric::{Format, Request, check, render};

const FILE: &str = include_str!("../examples/harvest-market.json");

fn benches(criterion: &mut Criterion) {
    criterion.bench_function("native/check", |bencher| bencher.iter(|| check(black_box(FILE))));
    for (name, format, width) in [
        ("svg", Format::Svg, None),
        ("svg-outlines", Format::SvgOutlines, None),
        ("png-1024", Format::Png, Some(1024)),
        ("pdf", Format::Pdf, None),
    ] {
        let request = Request {
            file: FILE,
            parameters: &[],
            allow_text: true,
            format,
            width,
            generation_id: "01a1fd55-aa68-7f10-ac98-8195c306981b",
        };
        criterion.bench_function(&format!("native/{name}"), |bencher| bencher.iter(|| render(black_box(&request))));
    }
}

criterion_group! { name = native; config = Criterion::default().sample_size(20); targets = benches }
criterion_main!(native);
