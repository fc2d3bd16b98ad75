//! Stand-ins: what lies in the place of a file after a failed download or checkout.

/// A description of something that stands in a file's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandIn {
    /// The kind of thing it is.
    pub problem: &'static str,
    /// The remedy.
    pub remedy: &'static str,
}

/// The hub's answers for a file that it does not provide.
const ANSWERS: [&[u8]; 4] =
    [b"entry not found", b"repository not found", b"access to model", b"invalid username or password"];

impl StandIn {
    /// Returns what these bytes are if nobody meant to keep them as a file: nothing, a Git LFS pointer, a web
    /// page or an answer of the hub.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let lower = bytes.trim_ascii_start().iter().take(64).map(u8::to_ascii_lowercase).collect::<Vec<u8>>();
        let starts = |text: &[u8]| lower.starts_with(text);
        let fetch = "delete the file and fetch it again";
        if bytes.trim_ascii().is_empty() {
            Some(Self { problem: "the file is empty", remedy: fetch })
        } else if starts(b"version https://git-lfs") {
            let problem = "only a pointer of Git LFS, the file itself is not there";
            Some(Self { problem, remedy: "run git lfs pull, or fetch the file from the hub" })
        } else if starts(b"<!doctype html") || starts(b"<html") || starts(b"<?xml") {
            Some(Self { problem: "a web page, the file itself is not there", remedy: fetch })
        } else if ANSWERS.iter().any(|answer| starts(answer)) {
            Some(Self { problem: "an answer of the hub, the file itself is not there", remedy: fetch })
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_for_a_file() {
        let problem = |bytes: &[u8]| StandIn::of(bytes).map(|found| found.problem);
        assert_eq!(problem(b""), Some("the file is empty"));
        assert_eq!(problem(b" \r\n"), Some("the file is empty"));
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 466062\n";
        assert_eq!(problem(pointer), Some("only a pointer of Git LFS, the file itself is not there"));
        for page in [&b"<!DOCTYPE html>\n<html>"[..], b"\n<HTML><body>", b"<?xml version='1.0'?><Error/>"] {
            assert_eq!(problem(page), Some("a web page, the file itself is not there"));
        }
        assert_eq!(problem(b"Entry not found"), Some("an answer of the hub, the file itself is not there"));
        for file in [&b"{}"[..], b"[PAD]\n", b"<s>\n<pad>\n", b"PK\x03\x04", b"version 2\n"] {
            assert_eq!(problem(file), None);
        }
    }
}
