//! Downloads of single files over HTTP: resumed, checked, and there whole or not at all.

use std::path::Path;

use super::address::shown;
use super::client::{Client, Follow, Method, Reply, network};
use super::part::Part;
use super::retry::{Failure, Retries, refusal};
use lmc_base::error::{LmcError, Result};
use lmc_base::progress::{Progress, Unit};

/// The number of bytes with which a try makes the count of tries start again.
const ADVANCE: u64 = 1 << 20;

/// Size and digest of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// A file to fetch.
pub(super) struct Download<'a> {
    pub url: &'a str,
    /// The place for the file; the part that has come so far lies beside it, with `.part` at the end of its
    /// name.
    pub target: &'a Path,
    /// The name of the file for people.
    pub label: &'a str,
    pub bytes: Option<u64>,
    pub sha256: Option<&'a str>,
    /// If true, the target's name stands for the content: a part of it is then never a part of something
    /// else.
    pub addressed: bool,
}

impl Download<'_> {
    /// Fetches the file and returns its size and digest.
    pub fn run(&self, client: &Client, retries: &Retries) -> Result<Content> {
        let mut part = Part::open(self.target, self.addressed)?;
        if self.bytes.is_some_and(|bytes| part.bytes() > bytes) {
            part.clear()?;
        }
        let mut progress = None;
        loop {
            let result = retries.run(|| self.attempt(client, &mut part, &mut progress));
            result.map_err(|error| self.kept(error, &mut part))?;
            let content = part.content();
            if self.bytes.is_none_or(|bytes| bytes == content.bytes)
                && self.sha256.is_none_or(|sha256| sha256 == content.sha256)
            {
                part.finish(self.target)?;
                return Ok(content);
            }
            if part.found() == 0 {
                part.remove();
                return Err(self.differs(&content));
            }
            // The part that an earlier run left may be damaged: try once more from the start.
            part.clear()?;
            progress = None;
        }
    }

    fn attempt(
        &self,
        client: &Client,
        part: &mut Part,
        progress: &mut Option<Progress>,
    ) -> Result<(), Failure> {
        if part.bytes() > 0 && self.bytes == Some(part.bytes()) {
            return Ok(());
        }
        if part.bytes() > 0 && !part.may_be_continued() {
            part.clear().map_err(Failure::last)?;
        }
        let start = part.bytes();
        let (range, validator) = (format!("bytes={start}-"), part.validator().map(str::to_owned));
        let mut fields = Vec::new();
        if start > 0 {
            fields.push(("range", range.as_str()));
            fields.extend(validator.as_deref().map(|validator| ("if-range", validator)));
        }
        let mut reply = client.send(Method::Get, self.url, &fields, Follow::All)?;
        let total = self.total(&reply, part)?;
        if start > 0 && part.bytes() == 0 {
            *progress = None;
        }
        if let (Some(expected), Some(total)) = (self.bytes, total)
            && total != expected
        {
            part.remove();
            let (got, expected) = (format!("{total} bytes"), format!("{expected} bytes"));
            return Err(Failure::last(LmcError::Checksum { url: shown(self.url), got, expected }));
        }
        let total = total.or(self.bytes);
        let progress = progress.get_or_insert_with(|| {
            let progress = Progress::new(format!("fetching {}", self.label), Unit::Bytes, total.unwrap_or(0));
            progress.found(part.bytes());
            progress
        });
        let start = part.bytes();
        loop {
            match reply.chunk() {
                Ok(Some(chunk)) => {
                    let bytes = part.bytes() + chunk.len() as u64;
                    if let Some(total) = total.filter(|total| bytes > *total) {
                        part.remove();
                        let (got, expected) = (format!("{bytes} bytes or more"), format!("{total} bytes"));
                        let url = shown(self.url);
                        return Err(Failure::last(LmcError::Checksum { url, got, expected }));
                    }
                    part.write(&chunk).map_err(Failure::last)?;
                    progress.advance(chunk.len() as u64, String::new);
                }
                Ok(None) if total.is_none_or(|total| part.bytes() == total) => return Ok(()),
                end => {
                    let closed = || {
                        let (bytes, total) = (part.bytes(), total.unwrap_or_default());
                        let problem = format!("the connection was closed after {bytes} of {total} bytes");
                        Failure::again(network(self.url, Some(reply.status), problem), None)
                    };
                    let mut failure = end.err().unwrap_or_else(closed);
                    failure.advanced = part.bytes() - start >= ADVANCE;
                    return Err(failure);
                }
            }
        }
    }

    /// Returns the size of the whole file that an answer begins or continues; the part that is there is
    /// cleared if it does not fit.
    fn total(&self, reply: &Reply, part: &mut Part) -> Result<Option<u64>, Failure> {
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let length = reply.header("content-length").and_then(number);
        match reply.status {
            200 => {
                part.begin(reply.header("etag"), reply.header("last-modified")).map_err(Failure::last)?;
                Ok(length)
            }
            206 if part.bytes() > 0 => {
                let range = reply.header("content-range").and_then(|range| range.strip_prefix("bytes "));
                let (span, total) = range.and_then(|range| range.split_once('/')).unwrap_or_default();
                if span.split_once('-').and_then(|(first, _)| number(first)) == Some(part.bytes()) {
                    return Ok(number(total).or_else(|| length.map(|length| length + part.bytes())));
                }
                part.clear().map_err(Failure::last)?;
                let problem = "another part of the file was sent than was asked for".to_owned();
                Err(Failure::again(network(self.url, Some(206), problem), None))
            }
            416 if part.bytes() > 0 => {
                part.clear().map_err(Failure::last)?;
                let problem = "the file is shorter than what was fetched of it".to_owned();
                Err(Failure::again(network(self.url, Some(416), problem), None))
            }
            _ => Err(refusal(reply)),
        }
    }

    fn differs(&self, content: &Content) -> LmcError {
        let (got, expected) = match (self.bytes, self.sha256) {
            (Some(bytes), _) if bytes != content.bytes => {
                (format!("{} bytes", content.bytes), format!("{bytes} bytes"))
            }
            (_, sha256) => (
                format!("SHA-256 {}", content.sha256),
                format!("SHA-256 {}", sha256.unwrap_or("of another kind")),
            ),
        };
        LmcError::Checksum { url: shown(self.url), got, expected }
    }

    /// Returns an error, which also says what is kept if an interrupt caused it.
    fn kept(&self, error: LmcError, part: &mut Part) -> LmcError {
        if part.bytes() == 0 {
            part.remove();
        }
        match error {
            LmcError::Interrupted { .. } => {
                let done = part.bytes() as f64 / 1e6;
                let total = self.bytes.map(|bytes| format!(" of {:.1}", bytes as f64 / 1e6));
                let finished = format!(
                    "{done:.1}{} MB of {} are kept; run the same call again to go on from there",
                    total.unwrap_or_default(),
                    self.label
                );
                LmcError::Interrupted { finished }
            }
            other => other,
        }
    }
}
