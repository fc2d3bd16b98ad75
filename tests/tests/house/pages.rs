//! Checks that the page about faults names tests that exist.

use lmc_tests::notebook::clone_root;

/// Returns the tests that a row of the table names: files and functions.
fn tests(row: &str) -> Vec<(&str, &str)> {
    let named = row.split('`').skip(1).step_by(2);
    named.filter_map(|text| text.split_once("::")).filter(|(file, _)| file.contains('.')).collect()
}

#[test]
fn every_fault_names_a_test_that_exists() {
    let page = std::fs::read_to_string(clone_root().join("lmc/docs/faults.md")).unwrap();
    let rows: Vec<&str> =
        page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| fault ")).collect();
    assert!(rows.len() >= 30, "{} faults", rows.len());
    for row in rows {
        let named = tests(row);
        assert!(!named.is_empty(), "no test is named: {row}");
        for (file, function) in named {
            let source = std::fs::read_to_string(clone_root().join(file));
            let source = source.unwrap_or_else(|error| panic!("{file}: {error}, named in {row}"));
            let start = match file.ends_with(".py") {
                true => format!("def {function}("),
                false => format!("#[test]\nfn {function}()"),
            };
            // Tests within a module are indented.
            let flat: Vec<&str> = source.lines().map(str::trim_start).collect();
            assert!(flat.join("\n").contains(&start), "{file} has no test {function}, named in {row}");
        }
    }
}
