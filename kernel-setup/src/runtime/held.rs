//! Text on its way to the notebook, held back for a moment: many small writes become one message, and the
//! text of an error is still at hand when it is known that the cell has failed with it.

use std::time::{Duration, Instant};

use super::event::Stream;
use super::stream::take_text;

/// The time that text waits for more.
const PATIENCE: Duration = Duration::from_millis(40);
/// The time that text on the standard error waits.
const PATIENCE_ERROR: Duration = Duration::from_millis(200);
/// The size of text that may wait, in bytes.
pub const MOST: usize = 1 << 16;

/// Text of both outputs, in its order.
#[derive(Debug)]
pub struct Held {
    texts: Vec<(Stream, String)>,
    /// Bytes of each output that are not yet a whole character.
    cut: [Vec<u8>; 2],
    since: Instant,
}

impl Held {
    /// Returns a value that holds nothing.
    pub fn new() -> Held {
        Held { texts: Vec::new(), cut: [Vec::new(), Vec::new()], since: Instant::now() }
    }

    /// Adds text to hold.
    pub fn add(&mut self, stream: Stream, bytes: &[u8]) {
        let cut = &mut self.cut[stream as usize];
        cut.extend_from_slice(bytes);
        let text = take_text(cut);
        if text.is_empty() {
            return;
        }
        if self.texts.is_empty() || stream == Stream::Stderr {
            self.since = Instant::now();
        }
        match self.texts.last_mut() {
            Some((last, held)) if *last == stream => held.push_str(&text),
            _ => self.texts.push((stream, text)),
        }
    }

    /// Returns how long the text may still be held; none if nothing is held.
    pub fn left(&self) -> Option<Duration> {
        let patience = match self.texts.last()? {
            (Stream::Stderr, _) => PATIENCE_ERROR,
            _ => PATIENCE,
        };
        let size: usize = self.texts.iter().map(|(_, text)| text.len()).sum();
        if size > MOST { Some(Duration::ZERO) } else { Some(patience.saturating_sub(self.since.elapsed())) }
    }

    /// Returns all text.
    pub fn take(&mut self) -> Vec<(Stream, String)> {
        std::mem::take(&mut self.texts)
    }

    /// Returns all text except the last text of the standard error, which may be the error that the cell is
    /// about to fail with.
    pub fn take_but_error(&mut self) -> Vec<(Stream, String)> {
        let last = self.texts.pop_if(|(stream, _)| *stream == Stream::Stderr);
        std::mem::replace(&mut self.texts, last.into_iter().collect())
    }

    /// Gives the last text of the standard error to `read`, which returns its result and the part that is
    /// still to be held.
    pub fn read_error<T>(&mut self, read: impl FnOnce(&str) -> (T, String)) -> T {
        let Some(at) = self.texts.iter().rposition(|(stream, _)| *stream == Stream::Stderr) else {
            return read("").0;
        };
        let (result, rest) = read(&self.texts[at].1);
        if rest.is_empty() {
            self.texts.remove(at);
        } else {
            self.texts[at].1 = rest;
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(texts: &[(Stream, &str)]) -> Held {
        let mut held = Held::new();
        texts.iter().for_each(|(stream, text)| held.add(*stream, text.as_bytes()));
        held
    }

    fn texts(texts: &[(Stream, &str)]) -> Vec<(Stream, String)> {
        texts.iter().map(|(stream, text)| (*stream, (*text).to_owned())).collect()
    }

    use Stream::{Stderr, Stdout};

    #[test]
    fn text_is_joined_and_keeps_its_order() {
        let mut held = held(&[(Stdout, "a"), (Stdout, "b"), (Stderr, "c"), (Stdout, "d")]);
        assert!(held.left().unwrap() <= PATIENCE);
        assert_eq!(held.take(), texts(&[(Stdout, "ab"), (Stderr, "c"), (Stdout, "d")]));
        assert_eq!(held.left(), None);
    }

    #[test]
    fn much_text_does_not_wait_and_an_error_waits_longer() {
        assert_eq!(held(&[(Stdout, &"x".repeat(MOST + 1))]).left(), Some(Duration::ZERO));
        assert!(held(&[(Stderr, "error")]).left().unwrap() > PATIENCE);
    }

    #[test]
    fn an_error_stays_when_the_rest_goes() {
        let mut both = held(&[(Stdout, "a"), (Stderr, "error")]);
        assert_eq!(both.take_but_error(), texts(&[(Stdout, "a")]));
        assert_eq!(both.take(), texts(&[(Stderr, "error")]));
        let mut plain = held(&[(Stderr, "warning"), (Stdout, "a")]);
        assert_eq!(plain.take_but_error().len(), 2);
    }

    #[test]
    fn an_error_is_read_and_what_does_not_belong_to_it_stays() {
        let mut both = held(&[(Stderr, "before error"), (Stdout, "a")]);
        assert_eq!(both.read_error(|text| (text.len(), "before".to_owned())), 12);
        assert_eq!(both.read_error(|text| (text.to_owned(), String::new())), "before");
        assert_eq!(both.take(), texts(&[(Stdout, "a")]));
        assert!(both.read_error(|text| (text.is_empty(), String::new())));
    }
}
