//! The arguments of the command, as its parser takes them.

use std::ffi::OsString;

/// Returns the arguments with every value that begins like a negative number joined to its option:
/// `--seeds -1,2` becomes `--seeds=-1,2`. No option of `lmc` begins with a digit, so the value is meant, and
/// its own reader says what is wrong with it.
pub fn joined(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    for argument in arguments {
        match joined.last_mut() {
            Some(option) if is_open(option) && is_negative(&argument) => {
                option.push("=");
                option.push(argument);
            }
            _ => joined.push(argument),
        }
    }
    joined
}

/// Returns whether an argument is the name of an option without a value.
fn is_open(argument: &OsString) -> bool {
    let bytes = argument.as_encoded_bytes();
    bytes.len() > 2 && bytes.starts_with(b"--") && !bytes.contains(&b'=')
}

/// Returns whether an argument begins with a minus sign and a digit or a decimal point, or is minus infinity or NaN.
fn is_negative(argument: &OsString) -> bool {
    match argument.as_encoded_bytes() {
        [b'-', b'0'..=b'9' | b'.', ..] => true,
        text => text.eq_ignore_ascii_case(b"-inf") || text.eq_ignore_ascii_case(b"-nan"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_begin_like_numbers_are_values() {
        let joined = |line: &str| joined(line.split(' ').map(OsString::from)).join(" ".as_ref());
        for (given, taken) in [
            ("lmc sweep mini-nli --delta -1e-3", "lmc sweep mini-nli --delta=-1e-3"),
            ("lmc sweep --seeds -1,2 --grid 3", "lmc sweep --seeds=-1,2 --grid 3"),
            ("lmc sweep --length -1it", "lmc sweep --length=-1it"),
            ("lmc sweep --delta -.5", "lmc sweep --delta=-.5"),
            ("lmc sweep --delta -inf", "lmc sweep --delta=-inf"),
            ("lmc sweep --out --force", "lmc sweep --out --force"),
            ("lmc sweep --seed=3 -1", "lmc sweep --seed=3 -1"),
            ("lmc evaluate -- -1", "lmc evaluate -- -1"),
        ] {
            assert_eq!(joined(given), taken);
        }
    }
}
