//! The stream of `/api/chat`: one JSON object a line (NDJSON), the last with `done: true` and the counts of tokens.

use serde::{Deserialize, de::IgnoredAny};

use crate::Error;

/// The most bytes one line may have. Ollama sends one token a line.
const MAX_LINE: usize = 64 * 1_024;
/// The most bytes of text an answer may have.
pub const MAX_CONTENT: usize = 256 * 1_024;

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finish {
    /// Tokens of the prompt, if the server told.
    pub prompt_tokens: Option<i64>,
    /// Tokens of the answer, if the server told.
    pub completion_tokens: Option<i64>,
    /// Whether the answer was cut at `num_predict`.
    pub cut: bool,
}

/// What has arrived of an answer. Bytes may be split anywhere.
#[derive(Debug, Default)]
pub struct Answer {
    line: Vec<u8>,
    content: String,
    pieces: u64,
    finish: Option<Finish>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    message: Option<LineMessage>,
    #[serde(default)]
    error: Option<IgnoredAny>,
    #[serde(default)]
    done: bool,
    #[serde(default)]
    done_reason: Option<String>,
    #[serde(default)]
    prompt_eval_count: Option<i64>,
    #[serde(default)]
    eval_count: Option<i64>,
}

#[derive(Deserialize)]
struct LineMessage {
    #[serde(default)]
    content: String,
}

impl Answer {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes. What follows the last line is not looked at.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the server reports an error, [`Error::Invalid`] for what is not a line of this protocol or
    /// exceeds the bounds. After an error the answer is of no use.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let mut rest = bytes;
        while self.finish.is_none() && !rest.is_empty() {
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
                return self.keep(rest);
            };
            let (head, tail) = rest.split_at(end);
            self.keep(head)?;
            self.line()?;
            rest = tail.get(1..).unwrap_or_default();
        }
        Ok(())
    }

    /// The stream has ended: the last line may lack its line break.
    ///
    /// # Errors
    /// As for [`Answer::feed`], and [`Error::Unavailable`] where the end was never told: the server broke off.
    pub fn end(mut self) -> Result<(String, Finish), Error> {
        if self.finish.is_none() {
            // A broken last line is the server's breaking off, not another protocol.
            self.line().map_err(|_| Error::Unavailable)?;
        }
        let finish = self.finish.ok_or(Error::Unavailable)?;
        Ok((self.content, finish))
    }

    /// Pieces of text so far. Ollama sends a token in each.
    #[must_use]
    pub fn pieces(&self) -> u64 {
        self.pieces
    }

    /// Whether the last line has come.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.finish.is_some()
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.line.len().saturating_add(bytes.len()) > MAX_LINE {
            return Err(Error::Invalid);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn line(&mut self) -> Result<(), Error> {
        let bytes = std::mem::take(&mut self.line);
        if bytes.trim_ascii().is_empty() {
            return Ok(());
        }
        let line: Line = crate::object(&bytes)?;
        if line.error.is_some() {
            return Err(Error::Unavailable);
        }
        let text = line.message.map(|message| message.content).unwrap_or_default();
        if !text.is_empty() {
            if self.content.len().saturating_add(text.len()) > MAX_CONTENT {
                return Err(Error::Invalid);
            }
            self.content.push_str(&text);
            self.pieces += 1;
        }
        if line.done {
            let count = |count: Option<i64>| count.filter(|count| *count >= 0);
            self.finish = Some(Finish {
                prompt_tokens: count(line.prompt_eval_count),
                completion_tokens: count(line.eval_count),
                cut: line.done_reason.as_deref() == Some("length"),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str = concat!(
        r#"{"model":"m","created_at":"2026-11-21T08:00:00Z","message":{"role":"assistant","content":"{\"a\":"},"done":false}"#,
        "\n",
        r#"{"model":"m","message":{"role":"assistant","content":"é1}","thinking":"hm"},"done":false}"#,
        "\r\n\n",
        r#"{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":9,"prompt_eval_count":12,"eval_count":3}"#,
        "\n",
    );

    fn read(chunks: &[&[u8]]) -> Result<(String, Finish), Error> {
        let mut answer = Answer::new();
        for chunk in chunks {
            answer.feed(chunk)?;
        }
        answer.end()
    }

    #[test]
    fn text_and_counts_come_out() {
        let finish = Finish { prompt_tokens: Some(12), completion_tokens: Some(3), cut: false };
        assert_eq!(read(&[STREAM.as_bytes()]), Ok(("{\"a\":é1}".to_owned(), finish)));
        // Without the last line break, and with more after the end.
        assert_eq!(read(&[STREAM.trim_end().as_bytes()]).map(|(text, _)| text.len()), Ok(9));
        assert_eq!(read(&[STREAM.as_bytes(), b"<html>\n"]).map(|(_, finish)| finish), Ok(finish));
    }

    #[test]
    fn an_answer_cut_at_its_limit_says_so_and_counts_may_be_missing() {
        let line = br#"{"message":{"content":"x"},"done":true,"done_reason":"length","eval_count":-1}"#;
        assert_eq!(read(&[line]), Ok(("x".to_owned(), Finish { prompt_tokens: None, completion_tokens: None, cut: true })));
    }

    #[test]
    fn a_stream_that_breaks_off_is_a_failure() {
        let (first, _) = STREAM.split_once('\n').expect("lines");
        assert_eq!(read(&[]), Err(Error::Unavailable));
        assert_eq!(read(&[first.as_bytes()]), Err(Error::Unavailable));
        assert_eq!(read(&[first.as_bytes(), b"\n{\"mess"]), Err(Error::Unavailable));
    }

    #[test]
    fn errors_in_the_stream_and_other_protocols_are_told_apart() {
        assert_eq!(read(&[b"{\"error\":\"an error was encountered\"}\n"]), Err(Error::Unavailable));
        for text in [&b"<html>502</html>\n"[..], b"[]\n", b"{\"message\":\"text\"}\n", b"{\"message\":{\"content\":\"\xff\"}}\n"]
        {
            assert_eq!(read(&[text]), Err(Error::Invalid));
        }
    }

    #[test]
    fn lines_and_texts_are_bounded() {
        assert_eq!(read(&[&vec![b'x'; MAX_LINE + 1]]), Err(Error::Invalid));
        let line = format!("{{\"message\":{{\"content\":\"{}\"}}}}\n", "y".repeat(32 * 1_024));
        let mut answer = Answer::new();
        let fed: Vec<_> = (0..9).map(|_| answer.feed(line.as_bytes())).collect();
        assert_eq!(fed.iter().filter(|result| result.is_ok()).count(), 8);
        assert_eq!((answer.content.len(), answer.pieces()), (MAX_CONTENT, 8));
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(cuts in proptest::collection::vec(0..STREAM.len(), 0..20)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for to in cuts.into_iter().chain([STREAM.len()]) {
                chunks.push(&STREAM.as_bytes()[from..to]);
                from = to;
            }
            prop_assert_eq!(read(&chunks), read(&[STREAM.as_bytes()]));
        }

        #[test]
        fn any_bytes_end_in_an_answer_or_an_error(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..10)) {
            let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
            prop_assert!(read(&chunks).is_err());
        }

        #[test]
        fn any_change_of_a_byte_is_survived(at in 0..STREAM.len(), byte in any::<u8>()) {
            let mut bytes = STREAM.as_bytes().to_vec();
            bytes[at] = byte;
            if let Ok((text, _)) = read(&[&bytes]) {
                prop_assert!(text.len() <= MAX_CONTENT);
            }
        }
    }
}
