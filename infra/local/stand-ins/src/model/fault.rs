//! What the model server can be told to do wrong.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// A way to misbehave. All but [`Fault::Remote`] concern `/api/chat` only.
///
/// As JSON: `{"kind": "cut_off", "after_chunks": 3}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Waits before each piece of the answer.
    Slow {
        /// Milliseconds.
        per_chunk_ms: u64,
    },
    /// Takes the request and never answers.
    Hang,
    /// Breaks the connection in the middle of the stream.
    CutOff {
        /// Pieces before the break.
        after_chunks: usize,
    },
    /// Sends a line that is not JSON after the first pieces, as a proxy's error page would be.
    NotJson,
    /// Answers in prose, not with a file.
    BadFile,
    /// Answers with JSON that is no parametric file.
    NotSchema,
    /// Answers with this status and Ollama's error body.
    Status {
        /// For example 404, 500 or 503.
        status: u16,
    },
    /// Goes on writing past every limit of the request.
    HugeOutput {
        /// How much.
        bytes: usize,
    },
    /// Ends well-formed but without the last line that has the counts.
    NoEnd,
    /// Gives these contents to the next calls, one each, and composes again after them.
    Scripted {
        /// In the order of the calls.
        contents: VecDeque<String>,
    },
    /// Gives these contents to the next calls, one each, and misbehaves in another way after them.
    ScriptedThen {
        /// In the order of the calls.
        contents: VecDeque<String>,
        /// From then on.
        then: Box<Fault>,
    },
    /// Does what a brief says that asks for the instructions: composes, and writes them into the file as well.
    Obey {
        /// Where to.
        place: Place,
    },
    /// Says in `/api/show` and `/api/tags` that the model runs elsewhere (Ollama's cloud models).
    Remote {
        /// For example `https://ollama.com:443`.
        host: String,
        /// The model's name there.
        model: String,
    },
}

/// Where a model that obeys writes its instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The file's title.
    Title,
    /// The text of one layer.
    Text,
    /// Some words each in the texts of many layers.
    Layers,
    /// The label of a parameter.
    Label,
    /// The value of a text parameter.
    Value,
    /// The text of one layer, in capitals with dashes between.
    Capitals,
    /// The text of one layer, with characters that nobody sees in each word.
    Invisible,
    /// The text of one layer, all of it in JSON's escapes.
    Escaped,
    /// A comment behind the file.
    Comment,
    /// In the file's place.
    Prose,
}

/// The fault in force, if any.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Option<Active>>);

#[derive(Debug)]
struct Active {
    fault: Fault,
    once: bool,
}

impl Faults {
    /// From now on, until [`clear`](Self::clear).
    pub fn set(&self, fault: Fault) {
        self.replace(Some(Active { fault, once: false }));
    }

    /// For the next call of `/api/chat` only.
    pub fn set_once(&self, fault: Fault) {
        self.replace(Some(Active { fault, once: true }));
    }

    /// Behaves again.
    pub fn clear(&self) {
        self.replace(None);
    }

    fn replace(&self, active: Option<Active>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = active;
    }

    /// The fault of one call of `/api/chat`, used up if it was for one call. A script comes with one content at most.
    pub(super) fn for_chat(&self) -> Option<Fault> {
        let mut active = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match active.as_mut()? {
            Active { fault: Fault::Remote { .. }, .. } => None,
            Active { fault: Fault::Scripted { contents }, .. } => {
                let content = contents.pop_front();
                if contents.is_empty() {
                    *active = None;
                }
                content.map(|content| Fault::Scripted { contents: [content].into() })
            }
            Active { fault: Fault::ScriptedThen { contents, then }, .. } => {
                let content = contents.pop_front();
                if contents.is_empty() {
                    *active = Some(Active { fault: (**then).clone(), once: false });
                }
                content.map(|content| Fault::Scripted { contents: [content].into() })
            }
            Active { fault, once: false } => Some(fault.clone()),
            Active { once: true, .. } => active.take().map(|active| active.fault),
        }
    }

    /// Where the model says it runs, if not here.
    pub(super) fn remote(&self) -> Option<(String, String)> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(Active { fault: Fault::Remote { host, model }, .. }) => Some((host.clone(), model.clone())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_used_up_call_by_call() {
        let faults = Faults::default();
        faults.set(Fault::Scripted { contents: ["a".to_owned(), "b".to_owned()].into() });
        assert_eq!(faults.for_chat(), Some(Fault::Scripted { contents: ["a".to_owned()].into() }));
        assert_eq!(faults.for_chat(), Some(Fault::Scripted { contents: ["b".to_owned()].into() }));
        assert_eq!(faults.for_chat(), None);
        faults.set(Fault::ScriptedThen { contents: ["a".to_owned()].into(), then: Box::new(Fault::Hang) });
        assert_eq!(faults.for_chat(), Some(Fault::Scripted { contents: ["a".to_owned()].into() }));
        assert_eq!((faults.for_chat(), faults.for_chat()), (Some(Fault::Hang), Some(Fault::Hang)));
    }

    #[test]
    fn a_fault_set_once_is_gone_after_one_call_and_others_stay() {
        let faults = Faults::default();
        faults.set_once(Fault::Hang);
        assert_eq!(faults.for_chat(), Some(Fault::Hang));
        assert_eq!(faults.for_chat(), None);
        faults.set(Fault::BadFile);
        assert_eq!(faults.for_chat(), Some(Fault::BadFile));
        assert_eq!(faults.for_chat(), Some(Fault::BadFile));
        faults.clear();
        assert_eq!(faults.for_chat(), None);
    }

    #[test]
    fn being_remote_does_not_change_the_answers() {
        let faults = Faults::default();
        faults.set(Fault::Remote { host: "https://ollama.com:443".to_owned(), model: "big".to_owned() });
        assert_eq!(faults.for_chat(), None);
        assert_eq!(faults.remote(), Some(("https://ollama.com:443".to_owned(), "big".to_owned())));
    }
}
