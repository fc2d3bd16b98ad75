//! The standard output of a cell: text, records (Jupyter messages that `lmc` sends), and the lines by which
//! the process of the cells talks to evcxr.

const RECORD: &[u8] = b"\x1b_lmc;";
const RECORD_END: &[u8] = b"\x1b\\";
const MARK: &[u8] = b"EVCXR_";

/// The line that ends a cell.
pub const COMPLETE: &[u8] = b"EVCXR_EXECUTION_COMPLETE";
const PANIC: &[u8] = b"EVCXR_PANIC_NOTIFICATION";
/// The line that says that a cell has returned an error.
pub const ERROR: &[u8] = b"EVCXR_ERROR_OCCURRED";
const CONTENT: &[u8] = b"EVCXR_BEGIN_CONTENT ";
const CONTENT_END: &[u8] = b"EVCXR_END_CONTENT";
/// Starts of other lines that evcxr waits for: a variable was lost, a cell asks for input.
const OTHERS: [&[u8]; 2] = [b"EVCXR_VARIABLE_CHANGED_TYPE:", b"EVCXR_INPUT_REQUEST"];

/// A piece of the output.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Text for the reader of the notebook.
    Text(Vec<u8>),
    /// The JSON of a record.
    Record(Vec<u8>),
    /// A line for evcxr, without its line feed.
    Line(Line, Vec<u8>),
}

/// The meaning of a line for evcxr.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Line {
    /// The cell has ended.
    Complete,
    /// The cell has panicked.
    Panicked,
    /// The cell has returned an error at a `?`.
    Failed,
    /// Something else.
    Other,
}

/// A parser that takes the output apart as it comes. A marker counts wherever it begins, so that text without
/// a line feed before it does no harm.
#[derive(Debug, Default)]
pub struct Parser {
    rest: Vec<u8>,
    in_content: bool,
}

enum Step {
    Piece(Piece, usize),
    /// Text up to here, then wait for more.
    Wait(usize),
}

impl Parser {
    /// Returns the pieces that are complete after these bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Piece> {
        self.rest.extend_from_slice(bytes);
        let mut pieces = Vec::new();
        loop {
            match if self.in_content { self.content() } else { self.text() } {
                Step::Piece(piece, used) => {
                    self.rest.drain(..used);
                    pieces.push(piece);
                }
                Step::Wait(text) => {
                    if text > 0 {
                        pieces.push(Piece::Text(self.rest.drain(..text).collect()));
                    }
                    return pieces;
                }
            }
        }
    }

    /// Returns text that was held back because it might have become a marker.
    pub fn finish(&mut self) -> Vec<u8> {
        self.in_content = false;
        std::mem::take(&mut self.rest)
    }

    /// Parses the inside of a display, where everything belongs to evcxr.
    fn content(&mut self) -> Step {
        let Some(end) = find(&self.rest, b"\n") else { return Step::Wait(0) };
        let line = self.rest[..end].to_vec();
        let kind = if line == PANIC { Line::Panicked } else { Line::Other };
        self.in_content = line != CONTENT_END && kind != Line::Panicked;
        Step::Piece(Piece::Line(kind, line), end + 1)
    }

    fn text(&mut self) -> Step {
        let mut from = 0;
        while let Some(at) = self.rest[from..].iter().position(|&b| b == RECORD[0] || b == MARK[0]) {
            let at = from + at;
            match self.marker(at) {
                Some(Step::Piece(..)) if at > 0 => {
                    return Step::Piece(Piece::Text(self.rest[..at].to_vec()), at);
                }
                Some(Step::Piece(piece, used)) => return Step::Piece(piece, used),
                Some(Step::Wait(_)) => return Step::Wait(at),
                None => from = at + 1,
            }
        }
        Step::Wait(self.rest.len())
    }

    /// Returns what begins at a byte: a marker, the possible start of one, or nothing.
    fn marker(&mut self, at: usize) -> Option<Step> {
        let here = &self.rest[at..];
        for start in [RECORD, MARK] {
            if here.len() < start.len() && start.starts_with(here) {
                return Some(Step::Wait(at));
            }
        }
        if here.starts_with(RECORD) {
            let json = &here[RECORD.len()..];
            let Some(end) = find(json, RECORD_END) else { return Some(Step::Wait(at)) };
            let used = RECORD.len() + end + RECORD_END.len();
            return Some(Step::Piece(Piece::Record(json[..end].to_vec()), used));
        }
        if !here.starts_with(MARK) {
            return None;
        }
        let Some(end) = find(here, b"\n") else { return Some(Step::Wait(at)) };
        let line = here[..end].to_vec();
        let kind = kind_of(&line)?;
        if at == 0 {
            self.in_content = line.starts_with(CONTENT);
        }
        Some(Step::Piece(Piece::Line(kind, line), end + 1))
    }
}

fn kind_of(line: &[u8]) -> Option<Line> {
    match line {
        COMPLETE => Some(Line::Complete),
        PANIC => Some(Line::Panicked),
        ERROR => Some(Line::Failed),
        _ if line.starts_with(CONTENT) || OTHERS.iter().any(|start| line.starts_with(start)) => {
            Some(Line::Other)
        }
        _ => None,
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Takes all text from `bytes`, but leaves a character that is cut in two; bytes that are not UTF-8 are
/// replaced.
pub fn take_text(bytes: &mut Vec<u8>) -> String {
    let cut = match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        // Text that is broken before its end: only its tail can be a character cut in two.
        Err(_) => bytes.len() - incomplete_tail(bytes),
        Ok(_) => bytes.len(),
    };
    let text: Vec<u8> = bytes.drain(..cut).collect();
    String::from_utf8_lossy(&text).into_owned()
}

fn incomplete_tail(bytes: &[u8]) -> usize {
    let last = bytes.utf8_chunks().last();
    last.map_or(0, |chunk| {
        let tail = chunk.invalid();
        let cut = std::str::from_utf8(tail).is_err_and(|error| error.error_len().is_none());
        if cut { tail.len() } else { 0 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.as_bytes().to_vec())
    }

    fn line(kind: Line, text: &str) -> Piece {
        Piece::Line(kind, text.as_bytes().to_vec())
    }

    /// Returns the pieces of an output, with texts that follow each other joined.
    fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
        let mut all: Vec<Piece> = Vec::new();
        for piece in pieces {
            match (all.last_mut(), piece) {
                (Some(Piece::Text(text)), Piece::Text(more)) => text.extend(more),
                (_, piece) => all.push(piece),
            }
        }
        all
    }

    const OUTPUT: &str = "one\ntwo EVCXR_ is text\x1b[31mred\x1b[0m\x1b_lmc;{\"a\":1}\x1b\\E three\
        EVCXR_BEGIN_CONTENT text/html\n<b>EVCXR_EXECUTION_COMPLETE\x1b_lmc;</b>\nEVCXR_EXECUTION_COMPLETE\n\
        EVCXR_END_CONTENT\nno line feedEVCXR_PANIC_NOTIFICATION\nEVCXR_ERROR_OCCURRED\n\
        EVCXR_VARIABLE_CHANGED_TYPE:x\nEVCXR_INPUT_REQUEST:name?\nEVCXR_EXECUTION_COMPLETE\nlater";

    fn expected() -> Vec<Piece> {
        vec![
            text("one\ntwo EVCXR_ is text\x1b[31mred\x1b[0m"),
            Piece::Record(b"{\"a\":1}".to_vec()),
            text("E three"),
            line(Line::Other, "EVCXR_BEGIN_CONTENT text/html"),
            line(Line::Other, "<b>EVCXR_EXECUTION_COMPLETE\x1b_lmc;</b>"),
            line(Line::Other, "EVCXR_EXECUTION_COMPLETE"),
            line(Line::Other, "EVCXR_END_CONTENT"),
            text("no line feed"),
            line(Line::Panicked, "EVCXR_PANIC_NOTIFICATION"),
            line(Line::Failed, "EVCXR_ERROR_OCCURRED"),
            line(Line::Other, "EVCXR_VARIABLE_CHANGED_TYPE:x"),
            line(Line::Other, "EVCXR_INPUT_REQUEST:name?"),
            line(Line::Complete, "EVCXR_EXECUTION_COMPLETE"),
            text("later"),
        ]
    }

    #[test]
    fn the_pieces_do_not_depend_on_how_the_bytes_arrive() {
        for size in 1..OUTPUT.len() {
            let mut parser = Parser::default();
            let pieces = OUTPUT.as_bytes().chunks(size).flat_map(|chunk| parser.push(chunk)).collect();
            assert_eq!(joined(pieces), expected(), "in chunks of {size}");
        }
    }

    #[test]
    fn text_is_passed_on_before_its_line_ends_unless_it_may_be_a_marker() {
        let mut parser = Parser::default();
        assert_eq!(parser.push(b"50 %"), [text("50 %")]);
        assert_eq!(parser.push(b" done EVC"), [text(" done ")]);
        assert_eq!(parser.finish(), b"EVC");
        assert_eq!(parser.push(b"\x1b_lm"), []);
        assert_eq!(parser.push(b"x"), [text("\x1b_lmx")]);
    }

    #[test]
    fn a_panic_ends_a_display() {
        let mut parser = Parser::default();
        let pieces = parser.push(b"EVCXR_BEGIN_CONTENT text/plain\nhalf\nEVCXR_PANIC_NOTIFICATION\ntext");
        assert_eq!(pieces.len(), 4);
        assert_eq!(pieces[2], line(Line::Panicked, "EVCXR_PANIC_NOTIFICATION"));
        assert_eq!(pieces[3], text("text"));
    }

    #[test]
    fn characters_cut_in_two_wait_for_their_rest() {
        let whole = "a→b😀".as_bytes();
        for cut in 0..=whole.len() {
            let mut bytes = whole[..cut].to_vec();
            let mut read = take_text(&mut bytes);
            bytes.extend(&whole[cut..]);
            read += &take_text(&mut bytes);
            assert_eq!(read, "a→b😀", "cut at {cut}");
        }
        assert_eq!(take_text(&mut b"a\xffb".to_vec()), "a\u{fffd}b");
        let mut bytes = b"\xffb\xe2\x86".to_vec();
        assert_eq!(take_text(&mut bytes), "\u{fffd}b");
        assert_eq!(bytes, b"\xe2\x86");
    }
}
