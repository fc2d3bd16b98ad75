//! Text in the forms in which others save it: compressed by gzip or zstd, with byte order marks, in UTF-16,
//! and with the line ends of Windows and of old Macs.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Chain, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use lmc_base::error::{LmcError, Result};
use lmc_base::file::StandIn;
use lmc_base::progress::{Progress, Unit};

/// The first bytes of what gzip has compressed.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The first bytes of what zstd has compressed.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The number of bytes by which a file is known that is no text.
const PEEKED: u64 = 64;
/// The size from which the reading of a file shows its progress, in bytes.
const LARGE: u64 = 100_000_000;

/// Returns the bytes of a file, decompressed if gzip or zstd has compressed it.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = std::fs::read(path).map_err(LmcError::io("read", path))?;
    let mut text = Vec::new();
    let unpacked = match bytes.as_slice() {
        packed if packed.starts_with(&GZIP) => MultiGzDecoder::new(packed).read_to_end(&mut text),
        packed if packed.starts_with(&ZSTD) => {
            zstd::stream::read::Decoder::new(packed).and_then(|mut decoder| decoder.read_to_end(&mut text))
        }
        _ => return Ok(bytes),
    };
    unpacked.map_err(LmcError::io("unpack", path))?;
    Ok(text)
}

/// A file whose bytes are counted while they are read.
struct Counted {
    file: File,
    progress: Option<Progress>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.file.read(buffer)?;
        if let Some(progress) = &self.progress {
            progress.advance(n as u64, String::new);
        }
        Ok(n)
    }
}

/// Returns the text of a file as a stream of UTF-8: decompressed as by [`read`], without a byte order mark.
/// Only a file in UTF-16 is read whole. A large file shows how much of it is read.
pub fn open(path: &Path) -> Result<Box<dyn Read>> {
    let file = File::open(path).map_err(LmcError::io("read", path))?;
    let bytes = file.metadata().map_err(LmcError::io("read", path))?.len();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let progress = (bytes >= LARGE).then(|| Progress::new(format!("reading {name}"), Unit::Bytes, bytes));
    let (start, file) = peeked(BufReader::new(Counted { file, progress }), LmcError::io("read", path))?;
    stream(start, file, path)
}

/// Returns the text of bytes, like [`open`]; errors call it `path`.
pub fn of_bytes(bytes: &[u8], path: &Path) -> Result<Box<dyn Read>> {
    let (start, file) = peeked(Cursor::new(bytes.to_vec()), LmcError::io("read", path))?;
    stream(start, file, path)
}

/// Returns the text of a file that begins with some bytes.
fn stream(start: Vec<u8>, file: impl Read + 'static, path: &Path) -> Result<Box<dyn Read>> {
    let unpacked: Box<dyn Read> = if start.starts_with(&GZIP) {
        Box::new(MultiGzDecoder::new(file))
    } else if start.starts_with(&ZSTD) {
        Box::new(zstd::stream::read::Decoder::new(file).map_err(LmcError::io("unpack", path))?)
    } else {
        Box::new(file)
    };
    let (start, mut text) = peeked(unpacked, LmcError::io("unpack", path))?;
    if let Some((problem, remedy)) = no_text(&start) {
        let (problem, path) = (problem.to_owned(), path.to_owned());
        return Err(LmcError::Format { path, line: None, problem, remedy });
    }
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        let mut bytes = Vec::new();
        text.read_to_end(&mut bytes).map_err(LmcError::io("read", path))?;
        return Ok(Box::new(Cursor::new(decoded(&bytes).into_owned())));
    }
    if start.starts_with(&[0xef, 0xbb, 0xbf]) {
        text.read_exact(&mut [0; 3]).map_err(LmcError::io("read", path))?;
    }
    Ok(Box::new(text))
}

/// Returns what a file that begins with these bytes is if it is no text of rows, and the remedy.
fn no_text(start: &[u8]) -> Option<(&'static str, &'static str)> {
    const WORKBOOK: &str = "save the sheet as CSV (UTF-8) and give that file";
    match start {
        [b'P', b'K', 3, 4, ..] => Some(("a zip archive or an Excel workbook instead of text", WORKBOOK)),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Some(("an Excel workbook instead of text", WORKBOOK)),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => Some((
            "compressed by bzip2, which is not read",
            "unpack it by `bunzip2 -k FILE`, or recompress it: `bunzip2 -c FILE | zstd > NEW.zst`",
        )),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some((
            "compressed by xz, which is not read",
            "unpack it by `unxz -k FILE`, or recompress it: `unxz -c FILE | zstd > NEW.zst`",
        )),
        [0x04, 0x22, 0x4d, 0x18, ..] => Some((
            "compressed by lz4, which is not read",
            "unpack it by `lz4 -d FILE NEW`, and give that file",
        )),
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => {
            Some(("a 7z archive instead of text", "unpack it by `7z x FILE`, and give the file in it"))
        }
        [b'P', b'A', b'R', b'1', ..] => Some(("Parquet instead of text", "say that its format is parquet")),
        _ if start.trim_ascii().is_empty() => None,
        _ => StandIn::of(start).map(|found| (found.problem, found.remedy)),
    }
}

/// The first bytes of a stream, and the whole stream.
type Peeked<R> = (Vec<u8>, Chain<Cursor<Vec<u8>>, R>);

/// Returns the first bytes of a stream, [`PEEKED`] or as many as it has, and the stream with them.
fn peeked<R: Read>(mut stream: R, failed: impl FnOnce(std::io::Error) -> LmcError) -> Result<Peeked<R>> {
    let mut start = Vec::new();
    stream.by_ref().take(PEEKED).read_to_end(&mut start).map_err(failed)?;
    Ok((start.clone(), Cursor::new(start).chain(stream)))
}

/// Returns the text as UTF-8 without a byte order mark. Text that is neither UTF-8 nor marked as UTF-16 stays
/// as it is.
pub fn decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes).map_or(Cow::Borrowed(bytes), Cow::Owned),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes).map_or(Cow::Borrowed(bytes), Cow::Owned),
        _ => Cow::Borrowed(bytes),
    }
}

/// Returns the [`decoded`] text, with LF in place of CR if lines end in CR alone.
pub fn plain(bytes: &[u8]) -> Cow<'_, [u8]> {
    let text = decoded(bytes);
    if text.contains(&b'\n') || !text.contains(&b'\r') {
        return text;
    }
    Cow::Owned(text.iter().map(|&byte| if byte == b'\r' { b'\n' } else { byte }).collect())
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<Vec<u8>> {
    let pairs = bytes.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    let units: Vec<u16> = pairs.map(|pair| unit([pair[0], pair[1]])).collect();
    Some(String::from_utf16(&units).ok()?.into_bytes())
}

/// Returns the lines of a text, without the blank ones at its end.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = text.iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(0, |last| last + 1);
    // Blanks after the last letter belong to its line, up to the end of that line.
    let rest = &text[end..];
    let end = end + rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    let lines = text[..end].iter().any(|byte| !byte.is_ascii_whitespace());
    lines.then(|| text[..end].split(|&byte| byte == b'\n')).into_iter().flatten()
}

/// Returns the ways in which a publisher may have ended the lines of a plain text, without blanks at the ends
/// of lines and of the text: LF or CRLF, with and without one after the last line.
pub(super) fn published_forms(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let trimmed: Vec<&[u8]> = lines(text).map(<[u8]>::trim_ascii_end).collect();
    [&b"\n"[..], b"\r\n"].into_iter().flat_map(move |end| {
        let joined = trimmed.join(end);
        let ended = [&joined[..], end].concat();
        [ended, joined]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gzip_has_compressed_is_unpacked() {
        // The output of `gzip -n` for "a\n".
        const PACKED: [u8; 22] =
            [31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 75, 228, 2, 0, 7, 161, 234, 221, 2, 0, 0, 0];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.gz");
        let content = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            read(&path)
        };
        assert_eq!(content(&PACKED).unwrap(), b"a\n");
        assert_eq!(content(&[PACKED, PACKED].concat()).unwrap(), b"a\na\n");
        assert_eq!(content(b"a\n").unwrap(), b"a\n");
        let error = content(&PACKED[..15]).unwrap_err();
        assert!(matches!(error, LmcError::Io { action: "unpack", .. }), "{error}");
    }

    #[test]
    fn a_stream_has_the_text_that_the_whole_file_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let text = "\u{feff}é\nsecond".as_bytes();
        let utf_16: Vec<u8> = "\u{feff}é\nsecond".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, text).unwrap();
        let zstd = zstd::encode_all(text, 1).unwrap();
        for bytes in [text, &utf_16, &gzip.finish().unwrap(), &zstd, &text[3..]] {
            std::fs::write(&path, bytes).unwrap();
            let mut streamed = Vec::new();
            open(&path).unwrap().read_to_end(&mut streamed).unwrap();
            assert_eq!(streamed, &text[3..]);
            assert_eq!(plain(&read(&path).unwrap()).as_ref(), &text[3..]);
        }
        std::fs::write(&path, b"").unwrap();
        assert_eq!(open(&path).unwrap().read(&mut [0]).unwrap(), 0);
        std::fs::write(&path, &zstd[..zstd.len() - 3]).unwrap();
        assert!(matches!(read(&path), Err(LmcError::Io { action: "unpack", .. })));
    }

    #[test]
    fn marks_and_encodings_are_taken_off() {
        assert_eq!(plain(b"\xef\xbb\xbfa\r\nb").as_ref(), b"a\r\nb");
        assert_eq!(plain(b"\xff\xfea\0\xe9\0\n\0").as_ref(), "aé\n".as_bytes());
        assert_eq!(plain(b"\xfe\xff\0a\0\n").as_ref(), b"a\n");
        // Half a unit, and half a pair of units: the text is later refused as not UTF-8.
        assert_eq!(plain(b"\xff\xfea").as_ref(), b"\xff\xfea");
        assert_eq!(plain(b"\xff\xfe\x00\xd8").as_ref(), b"\xff\xfe\x00\xd8");
        assert_eq!(plain(b"").as_ref(), b"");
    }

    #[test]
    fn a_carriage_return_ends_a_line_where_nothing_else_does() {
        assert_eq!(plain(b"a\rb\r").as_ref(), b"a\nb\n");
        assert_eq!(plain(b"a\rb\n").as_ref(), b"a\rb\n");
    }

    #[test]
    fn blank_lines_at_the_end_are_no_lines() {
        let of = |text: &'static [u8]| lines(text).collect::<Vec<_>>();
        let expected: [&[u8]; 2] = [b"a", b"b "];
        for text in [&b"a\nb "[..], b"a\nb \n", b"a\nb \n\n \n\t\n"] {
            assert_eq!(of(text), expected);
        }
        assert_eq!(of(b"a\r\n\r\n\r\n"), [b"a\r"]);
        assert_eq!(of(b"\na\n"), [&b""[..], b"a"]);
        assert!(of(b"").is_empty() && of(b"\n \r\n").is_empty());
    }

    #[test]
    fn a_published_file_is_found_again_after_an_editor() {
        let forms: Vec<Vec<u8>> = published_forms(b"a\t1 \r\nb\t2\r\n\r\n").collect();
        assert_eq!(forms, [&b"a\t1\nb\t2\n"[..], b"a\t1\nb\t2", b"a\t1\r\nb\t2\r\n", b"a\t1\r\nb\t2"]);
    }
}
