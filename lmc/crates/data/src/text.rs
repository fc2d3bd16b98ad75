//! Text in the forms in which others save it: compressed by gzip, with byte order marks, in UTF-16, and with
//! the line ends of Windows and of old Macs.

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use lmc_base::error::{LmcError, Result};

/// Returns the bytes of a file, decompressed if gzip has compressed it.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = std::fs::read(path).map_err(LmcError::io("read", path))?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut text = Vec::new();
    MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text).map_err(LmcError::io("unpack", path))?;
    Ok(text)
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
