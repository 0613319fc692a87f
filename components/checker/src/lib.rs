//! The component `checker`: what a model wrote is parsed here and nowhere else. It imports nothing beyond what std needs
//! (promise c02).

#[cfg(target_family = "wasm")]
#[expect(unsafe_code, clippy::same_length_and_capacity, reason = "what wit-bindgen writes for an export")]
mod wit {
    wit_bindgen::generate!({ path: "../../wit", world: "check" });

    use exports::asknpic::parametric::checker::{Accepted, Correction, Finding, Guest, Verdict};

    struct Checker;

    impl Guest for Checker {
        fn check(text: String) -> Verdict {
            match parametric::check(&text) {
                parametric::Verdict::Accepted { file, corrections, complexity } => {
                    let corrections = corrections
                        .into_iter()
                        .map(|c| Correction { code: c.code.to_owned(), path: c.path, numbers: c.numbers })
                        .collect();
                    Verdict::Accepted(Accepted { file, corrections, complexity })
                }
                parametric::Verdict::Rejected(findings) => Verdict::Rejected(
                    findings
                        .into_iter()
                        .map(|f| Finding { code: f.code.to_owned(), path: f.path, message: f.message.to_owned() })
                        .collect(),
                ),
            }
        }
    }

    export!(Checker);
}
