//! What a running generation tells whoever waits for it.

use domain::GenerationId;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use generation::{Generation, representation::Correction};
use web::Problem;

/// Tokens between two reports.
const STEP: i64 = 20;

/// One thing that happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// It runs, or ran before; the place in the queue before the model host, 0 where it may call at once.
    Accepted(GenerationId, i32),
    /// The brief was translated from the language of this BCP 47 tag.
    Translated(&'static str),
    /// The model has written so many tokens.
    Progress(i64),
    /// The file was corrected.
    Corrected(Vec<Correction>),
    /// It is over. Nothing follows.
    Ended(Box<Result<Outcome, Problem>>),
}

/// How it went well.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// As the contract shows it.
    pub(crate) generation: Generation,
    /// The id, for `Location`.
    pub(crate) id: GenerationId,
    /// Whether it was made by an earlier request.
    pub(crate) replayed: bool,
}

/// The receiving end.
pub(crate) type Events = UnboundedReceiver<Event>;

/// The sending end. Nobody may be listening: a client that hangs up does not stop a generation.
pub(crate) struct EventSender {
    sender: UnboundedSender<Event>,
    reported: i64,
}

/// Both ends. Few events come from one generation (one for twenty tokens), so the channel is not bounded.
pub(crate) fn channel() -> (EventSender, Events) {
    let (sender, events) = unbounded();
    (EventSender { sender, reported: 0 }, events)
}

impl EventSender {
    /// It runs, at this place in the queue.
    pub(crate) fn accepted(&self, id: GenerationId, place: i32) {
        self.send(Event::Accepted(id, place));
    }

    /// The brief was translated.
    pub(crate) fn translated(&self, from: &'static str) {
        self.send(Event::Translated(from));
    }

    /// The model has written so many tokens in all; every twentieth is reported.
    pub(crate) fn progress(&mut self, tokens: i64) {
        if tokens >= self.reported.saturating_add(STEP) {
            self.written(tokens);
        }
    }

    /// The model has finished at so many tokens.
    pub(crate) fn written(&mut self, tokens: i64) {
        if tokens > self.reported {
            self.reported = tokens;
            self.send(Event::Progress(tokens));
        }
    }

    /// The file was corrected.
    pub(crate) fn corrected(&self, corrections: Vec<Correction>) {
        self.send(Event::Corrected(corrections));
    }

    /// It is over.
    pub(crate) fn ended(self, result: Result<Outcome, Problem>) {
        self.send(Event::Ended(Box::new(result)));
    }

    /// Whether nobody listens any more.
    pub(crate) fn has_no_listener(&self) -> bool {
        self.sender.is_closed()
    }

    fn send(&self, event: Event) {
        // Fails only where nobody listens.
        let _ = self.sender.unbounded_send(event);
    }
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt as _, executor::block_on};
    use web::Kind;

    use super::*;

    #[test]
    fn progress_is_reported_in_steps_and_never_goes_back() {
        let (mut sender, events) = channel();
        for tokens in 1..=50 {
            sender.progress(tokens);
        }
        sender.written(50);
        sender.written(50);
        sender.progress(45);
        sender.ended(Err(Kind::ModelTimeout.into()));
        let reported: Vec<_> = block_on(events.collect::<Vec<_>>())
            .into_iter()
            .map(|event| match event {
                Event::Progress(tokens) => tokens,
                _ => -1,
            })
            .collect();
        assert_eq!(reported, [20, 40, 50, -1]);
    }

    #[test]
    fn nobody_has_to_listen() {
        let (sender, events) = channel();
        assert!(!sender.has_no_listener());
        drop(events);
        assert!(sender.has_no_listener());
        sender.accepted(uuid::Uuid::nil().into(), 0);
    }
}
