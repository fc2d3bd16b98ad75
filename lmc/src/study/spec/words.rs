//! The messages of `serde` about a value, in words for people who write TOML.

/// The names of types in Rust, and their names here.
const TYPES: [(&str, &str); 9] = [
    ("expected usize", "expected a whole number"),
    ("expected u64", "expected a whole number"),
    ("expected u32", "expected a whole number"),
    ("expected f64", "expected a number"),
    ("expected a sequence", "expected a list"),
    ("expected path string", "expected a path in quotes"),
    ("expected a string", "expected a text in quotes"),
    ("got sequence", "got a list"),
    ("got map", "got a table"),
];

/// Returns in words the problem of the value of a key; `date` is that value if it is a date, which `serde`
/// calls a map.
pub(super) fn in_words(problem: &str, key: Option<&str>, date: Option<&str>) -> String {
    let name = |kind: &str| problem.strip_prefix(kind).and_then(|rest| rest.split('`').next());
    if let Some(unknown) = name("unknown field `") {
        let table = key.and_then(|key| key.strip_suffix(unknown)?.strip_suffix('.'));
        let known = problem.split_once("`, ").map_or(String::new(), |(_, known)| format!(", {known}"));
        let of = table.map(|table| format!(" of `{table}`")).unwrap_or_default();
        return format!("unknown field `{unknown}`{of}{known}");
    }
    let missing = problem.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    if let (Some((missing, rest)), Some(key)) = (missing, key) {
        return format!("missing field `{missing}` of `{key}`{rest}");
    }
    let mut problem = problem.to_owned();
    for kind in ["invalid type: ", "invalid value: ", "invalid length "] {
        problem = problem.strip_prefix(kind).map_or(problem.clone(), |rest| format!("got {rest}"));
    }
    problem = problem.strip_prefix("`step`: ").map_or(problem.clone(), str::to_owned);
    for (name, words) in TYPES {
        problem = problem.replace(name, words);
    }
    if let Some(date) = date {
        problem = problem.replace("got a table", &format!("got the date {date}"));
    }
    if key.is_some_and(|key| key.ends_with("length")) {
        problem = problem.replace("a text in quotes", "a length in quotes, such as \"3ep\" or \"500it\"");
    }
    match key {
        Some(key) if !problem.is_empty() => format!("`{key}`: {problem}"),
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_called_as_people_call_them() {
        let cases = [
            (
                "invalid type: integer `3`, expected a string",
                "recipe.length",
                "`recipe.length`: got integer `3`, expected a length in quotes, such as \"3ep\" or \"500it\"",
            ),
            (
                "invalid type: string \"x\", expected usize",
                "stack",
                "`stack`: got string \"x\", expected a whole number",
            ),
            (
                "invalid value: integer `-1`, expected u64",
                "seeds",
                "`seeds`: got integer `-1`, expected a whole number",
            ),
            (
                "invalid type: sequence, expected f64",
                "recipe.warmup",
                "`recipe.warmup`: got a list, expected a number",
            ),
            (
                "unknown field `a`, expected `b` or `c`",
                "recipe.a",
                "unknown field `a` of `recipe`, expected `b` or `c`",
            ),
            ("unknown field `a`, expected `b` or `c`", "a", "unknown field `a`, expected `b` or `c`"),
            ("missing field `a`; b", "recipe", "missing field `a` of `recipe`; b"),
            ("`step`: got 3, expected x", "recipe.length", "`recipe.length`: got 3, expected x"),
        ];
        for (problem, key, expected) in cases {
            assert_eq!(in_words(problem, Some(key), None), expected);
        }
        let date = in_words("invalid type: map, expected path string", Some("data"), Some("2020-01-01"));
        assert_eq!(date, "`data`: got the date 2020-01-01, expected a path in quotes");
        assert_eq!(in_words("missing field `task`", None, None), "missing field `task`");
    }
}
