//! JSON as Python writes it.

use std::borrow::Cow;

/// The numbers that Python writes and JSON does not have.
pub const NUMBERS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// Returns the same JSON with `null` for [`NUMBERS`] outside of strings.
pub fn plain_numbers(text: &str) -> Cow<'_, str> {
    with_numbers(text, |_| "null".to_owned())
}

/// Returns the same JSON with [`NUMBERS`] in quotes, except inside strings.
pub fn quoted_numbers(text: &str) -> Cow<'_, str> {
    with_numbers(text, |number| format!("\"{number}\""))
}

/// Returns the same JSON with another text for each of [`NUMBERS`] outside of strings.
fn with_numbers(text: &str, other: impl Fn(&str) -> String) -> Cow<'_, str> {
    let (mut plain, mut kept, mut in_string, mut at) = (String::new(), 0, false, 0);
    while let Some(byte) = text.as_bytes().get(at) {
        let word = NUMBERS.into_iter().find(|&word| text[at..].starts_with(word));
        match (in_string, byte, word) {
            (true, b'\\', _) => at += 1,
            (_, b'"', _) => in_string = !in_string,
            (false, _, Some(word)) => {
                plain.push_str(&text[kept..at]);
                plain.push_str(&other(word));
                at += word.len();
                kept = at;
                continue;
            }
            _ => {}
        }
        at += 1;
        while !text.is_char_boundary(at.min(text.len())) {
            at += 1;
        }
    }
    match kept {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(plain + &text[kept..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_only_python_writes_are_null() {
        let text = r#"{"a": NaN, "é": [-Infinity, Infinity], "c": "NaN \" Infinity"}"#;
        let plain = r#"{"a": null, "é": [null, null], "c": "NaN \" Infinity"}"#;
        assert_eq!(plain_numbers(text), plain);
        assert!(matches!(plain_numbers(plain), Cow::Borrowed(_)));
    }
}
