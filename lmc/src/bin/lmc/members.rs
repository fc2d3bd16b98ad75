//! Models that an option names.

use lmc::{LmcError, Result};

/// Returns the numbers of the models whose names an option lists, separated by commas: `N` different ones.
pub fn members<const N: usize>(field: &'static str, listed: &str, names: &[String]) -> Result<[usize; N]> {
    let wrong = |got: String| LmcError::InvalidParameter {
        field,
        got,
        expected: format!("{N} different models, separated by commas"),
    };
    let numbers = numbers(listed.split(',').map(str::trim), names)?;
    let is_twice = repeated(&numbers).is_some();
    <[usize; N]>::try_from(numbers).ok().filter(|_| !is_twice).ok_or_else(|| wrong(listed.to_owned()))
}

/// Returns the number of each model that is chosen by its name.
pub fn numbers<'a>(chosen: impl Iterator<Item = &'a str>, names: &[String]) -> Result<Vec<usize>> {
    let number = |name: &str| {
        names.iter().position(|known| known == name).ok_or_else(|| LmcError::UnknownName {
            kind: "model",
            name: name.to_owned(),
            known: names.to_vec(),
        })
    };
    chosen.map(number).collect()
}

/// Returns the place of the first number that was there before.
pub fn repeated(numbers: &[usize]) -> Option<usize> {
    (1..numbers.len()).find(|&i| numbers[..i].contains(&numbers[i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_found_by_name() {
        let names = ["a", "b/x", "c"].map(str::to_owned);
        assert_eq!(members::<2>("between", "c, b/x", &names).unwrap(), [2, 1]);
        for (listed, told) in [
            ("a", "`between`: got a, expected 2 different models"),
            ("a,a", "got a,a,"),
            ("a,b/x,c", "got a,b/x,c,"),
            ("a,d", "unknown model `d`; known: a, b/x, c"),
            ("", "unknown model ``"),
        ] {
            let error = members::<2>("between", listed, &names).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
