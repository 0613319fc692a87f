//! The component `checker`, by its WIT interface. The model's text is parsed there and nowhere else (decision 9).

use generation::representation::Correction;

/// Why a file was rejected, in words that may be fed back to the model.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// A JSON pointer made of schema words and positions.
    pub(crate) path: String,
    /// A fixed sentence, with numbers.
    pub(crate) message: String,
}

/// What the checker made of a text.
#[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "natively nothing is accepted"))]
pub(crate) enum Verdict {
    /// The final file, and what was changed to get there.
    Accepted { file: String, corrections: Vec<Correction> },
    /// It cannot be corrected.
    Rejected(Vec<Finding>),
}

#[cfg(target_family = "wasm")]
mod wit {
    #![expect(clippy::same_length_and_capacity, reason = "generated from the WIT file")]
    spin_sdk::wit_bindgen::generate!({
        path: "../../wit",
        world: "checking",
        runtime_path: "spin_sdk::wit_bindgen::rt",
        generate_all,
    });
}

/// Checks and corrects what the model wrote.
#[cfg(target_family = "wasm")]
pub(crate) fn check(text: &str) -> Verdict {
    use wit::asknpic::parametric::checker;

    match checker::check(text) {
        checker::Verdict::Accepted(accepted) => {
            let corrections = accepted.corrections.into_iter();
            let corrections = corrections.map(|c| Correction { code: c.code, path: c.path, numbers: c.numbers }).collect();
            Verdict::Accepted { file: accepted.file, corrections }
        }
        checker::Verdict::Rejected(findings) => {
            Verdict::Rejected(findings.into_iter().map(|f| Finding { path: f.path, message: f.message }).collect())
        }
    }
}

/// The native build (tests, the OpenAPI document) has no checker and accepts nothing.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn check(_: &str) -> Verdict {
    Verdict::Rejected(Vec::new())
}
