use polars::df;
use polars::prelude::{DataFrame, ParquetWriter};

use super::*;
use crate::tsv::REMEDY;

/// Returns a folder with files of the given names and texts.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// Returns the reading of a text in the form of that file name, without a check of the number of examples.
fn read(manifest: &Manifest, split: &str, file: &str, text: &str) -> Result<Reading> {
    let folder = folder(&[(file, text)]);
    let places = manifest.places(split)?;
    let place = places.iter().find(|place| place.file == Path::new(file)).unwrap();
    read_file(&folder.path().join(file), place.columns, &manifest.labels, place.rows.clone(), split)
}

fn problem(manifest: &Manifest, split: &str, file: &str, text: &str) -> String {
    let error = read(manifest, split, file, text).unwrap_err().to_string();
    let problem = error.split_once(file).unwrap().1.to_owned();
    problem.strip_suffix(&format!("; {REMEDY}")).unwrap_or_else(|| panic!("{error}")).to_owned()
}

fn rows(reading: &Reading) -> Vec<(&str, &str, i64)> {
    let examples = reading.dataset.examples.iter();
    examples.map(|e| (e.first.as_str(), e.second.as_deref().expect("a pair"), e.label)).collect()
}

const GLUE_HEAD: &str = "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\t\
                         sentence1_parse\tsentence2_parse\tsentence1\tsentence2\tlabel1";

#[test]
fn mnli_of_glue_has_12_or_16_columns() {
    let manifest = Manifest::builtin("mnli").unwrap();
    let row = "0\t1\t1n\tfiction\t-\t-\t-\t-\tA \"baker\" sang.\tSomebody sang.\tneutral";
    let train = format!("{GLUE_HEAD}\tgold_label\n{row}\tentailment\n");
    let reading = read(&manifest, "train", "train.tsv", &train).unwrap();
    assert_eq!(rows(&reading), [("A \"baker\" sang.", "Somebody sang.", 0)]);
    assert_eq!(reading.dataset.kinds.as_ref().unwrap(), &["fiction"]);
    let more = "\tneutral\tneutral\tneutral\tneutral";
    let head = format!("{GLUE_HEAD}\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label");
    let dev = format!("{head}\n{row}{more}\tcontradiction\r\n");
    let reading = read(&manifest, "validation_matched", "dev_matched.tsv", &dev).unwrap();
    assert_eq!(rows(&reading), [("A \"baker\" sang.", "Somebody sang.", 2)]);
    // The columns of the training set under the header of the development set are too few, and not another
    // label.
    let mixed = format!("{head}\n{row}\tentailment\n");
    let expected = format!(":2: 12 columns instead of {}", head.replace('\t', ", "));
    assert_eq!(problem(&manifest, "validation_matched", "dev_matched.tsv", &mixed), expected);
}

#[test]
fn a_header_without_a_column_is_refused_by_name() {
    let manifest = Manifest::builtin("mnli").unwrap();
    let names = GLUE_HEAD.replace('\t', ", ");
    let text = format!("{GLUE_HEAD}\n");
    let expected = format!(":1: no column `gold_label` among {names}");
    assert_eq!(problem(&manifest, "train", "train.tsv", &text), expected);
    // A file of another corpus with the same name.
    let text = "id\tsentence1\tsentence2\tlabel\n";
    let expected = ":1: no column `index` among id, sentence1, sentence2, label";
    assert_eq!(problem(&manifest, "train", "train.tsv", text), expected);
}

#[test]
fn original_mnli_skips_pairs_without_a_gold_label() {
    let manifest = Manifest::builtin("mnli").unwrap();
    let object = |label: &str, text: &str| {
        format!(
            "{{\"gold_label\": \"{label}\", \"sentence1\": {text}, \"sentence2\": \"He left.\", \"genre\": \"slate\"}}\n"
        )
    };
    let text =
        object("neutral", "\"A \\\"b\\\"\\nc\"") + &object("-", "\"x\"") + &object("contradiction", "\"\"");
    let reading = read(&manifest, "validation_matched", "multinli_1.0_dev_matched.jsonl", &text).unwrap();
    assert_eq!(rows(&reading), [("A \"b\"\nc", "He left.", 1), ("", "He left.", 2)]);
    assert_eq!(reading.n_skipped, 1);
    assert_eq!(reading.dataset.kinds.as_ref().unwrap(), &["slate", "slate"]);

    let head = "gold_label\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse\t\
                sentence1\tsentence2\tpromptID\tpairID\tgenre\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\n";
    let row =
        |label: &str, end: &str| format!("{label}\t-\t-\t-\t-\tA baker.\tHe left.\t1\t1n\tslate{end}\n");
    let text = format!(
        "{head}{}{}{}",
        row("neutral", "\tneutral"),
        row("-", "\ta\tb\tc\td\te"),
        row("entailment", "")
    );
    let file = "multinli_1.0_train.txt";
    let reading = read(&manifest, "train", file, &text).unwrap();
    assert_eq!(rows(&reading), [("A baker.", "He left.", 1), ("A baker.", "He left.", 0)]);
    assert_eq!(reading.n_skipped, 1);
    // The genre is read, so a row may not end before it.
    let cut = problem(&manifest, "train", file, &format!("{head}neutral\t-\t-\t-\t-\tA baker.\tHe left.\n"));
    assert!(cut.starts_with(":2: 7 columns instead of gold_label, "), "{cut}");
    let long = problem(&manifest, "train", file, &format!("{head}{}", row("neutral", "\ta\tb\tc\td\te\tf")));
    assert!(long.starts_with(":2: 16 columns instead of gold_label, "), "{long}");
    let label = problem(&manifest, "train", file, &format!("{head}{}", row("Neutral", "\ta")));
    assert_eq!(label, ":2: label `Neutral` instead of entailment or neutral or contradiction");
}

#[test]
fn hans_has_subcases_and_heuristics_in_both_forms() {
    let manifest = Manifest::builtin("hans").unwrap();
    let columns = manifest.columns.as_ref().unwrap();
    let fields = |label, heuristic| {
        [
            label,
            "-",
            "-",
            "-",
            "-",
            "The judge slept .",
            "The baker sang .",
            "ex0",
            heuristic,
            "ln_x",
            "temp1",
        ]
    };
    let head = columns.names.join("\t");
    let text = format!("{head}\n{}\r\n", fields("non-entailment", "lexical_overlap").join("\t"));
    let from_text = read(&manifest, "evaluation", "heuristics_evaluation_set.txt", &text).unwrap();
    assert_eq!(rows(&from_text), [("The judge slept .", "The baker sang .", 1)]);
    assert_eq!(from_text.dataset.kinds.as_ref().unwrap(), &["ln_x"]);
    assert_eq!(from_text.groups.as_ref().unwrap(), &["lexical_overlap"]);
    let object: serde_json::Map<String, serde_json::Value> = columns
        .names
        .iter()
        .zip(fields("non-entailment", "lexical_overlap"))
        .map(|(name, value)| (name.clone(), value.into()))
        .collect();
    let text = serde_json::to_string(&object).unwrap();
    let from_json = read(&manifest, "evaluation", "heuristics_evaluation_set.jsonl", &text).unwrap();
    assert_eq!(from_json, from_text);
    let text = format!("{head}\n{}\n", fields("neutral", "lexical_overlap").join("\t"));
    let error = problem(&manifest, "evaluation", "heuristics_evaluation_set.txt", &text);
    assert_eq!(error, ":2: label `neutral` instead of entailment or non-entailment");
}

#[test]
fn qqp_skips_the_rows_that_other_readers_skip() {
    let manifest = Manifest::builtin("qqp").unwrap();
    let head = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n";
    let text = format!(
        "{head}1\t2\t3\tWho?\t\t1\n2\t3\t4\tBroken\n\"\tWho?\t1\n\n3\t4\t5\tA?\tB?\t\n4\t5\t6\tA?\r\tB?\t0\n"
    );
    let reading = read(&manifest, "train", "train.tsv", &text).unwrap();
    assert_eq!(rows(&reading), [("Who?", "", 1), ("A?\r", "B?", 0)]);
    assert_eq!(reading.n_skipped, 4);
    assert!(reading.notes.is_empty());
    // One column too many would shift the label, and two such rows make one note; a blank column does not
    // count.
    let text = format!("{head}1\t2\t3\tWho\tis\tit?\t1\n3\t4\t5\tA?\tB?\t1\t \n4\t5\t6\tA?\tB?\t0\t1\n");
    let long = read(&manifest, "train", "train.tsv", &text).unwrap();
    assert_eq!((rows(&long), long.n_skipped), (vec![("A?", "B?", 1)], 2));
    assert!(long.notes[0].ends_with("train.tsv:2: 2 rows are skipped, with more columns than the header"));
    let label = problem(&manifest, "train", "train.tsv", &format!("{head}1\t2\t3\tA?\tB?\tyes\n"));
    assert_eq!(label, ":2: label `yes` instead of 0 (not_duplicate) or 1 (duplicate)");
}

#[test]
fn texts_that_a_csv_writer_has_quoted_are_noted() {
    let manifest = Manifest::builtin("qqp").unwrap();
    let head = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n";
    let notes = |text: &str| read(&manifest, "train", "train.tsv", &format!("{head}{text}")).unwrap().notes;
    let written = notes("1\t2\t3\tA?\tB?\t1\n1\t2\t3\t\"Who is \"\"he\"\"?\"\tB?\t1\n");
    assert!(
        written[0].ends_with(
            "train.tsv:3: quotes of a CSV writer are read as text, as the published files have none"
        )
    );
    assert!(notes("1\t2\t3\t\"Who?\"\t\"B\" or \"C\"\t1\n").is_empty());
}

#[test]
fn paws_has_no_quoting_and_either_line_end() {
    let manifest = Manifest::builtin("paws-qqp").unwrap();
    let text = "id\tsentence1\tsentence2\tlabel\r\n1\t`` A ? ''\t\"B ?\t0\r\n2\tC ?\tD ?\t1\n";
    let reading = read(&manifest, "train", "train.tsv", text).unwrap();
    assert_eq!(rows(&reading), [("`` A ? ''", "\"B ?", 0), ("C ?", "D ?", 1)]);
    assert!(reading.dataset.kinds.is_none() && reading.groups.is_none());
    let head = "id\tsentence1\tsentence2\tlabel\n";
    for (row, expected) in [
        ("1\tA ?\tB ?\n", ":2: 3 columns instead of id, sentence1, sentence2, label"),
        ("1\t\tB ?\t0\n", ":2: `sentence1` is empty"),
        ("1\tA ?\t\t0\n", ":2: `sentence2` is empty"),
        ("1\tA ?\tB ?\t\n", ":2: label `` instead of 0 (not_duplicate) or 1 (duplicate)"),
        ("1\tA ?\tB ?\t-1\n", ":2: label `-1` instead of 0 (not_duplicate) or 1 (duplicate)"),
    ] {
        assert_eq!(problem(&manifest, "train", "train.tsv", &format!("{head}{row}")), expected);
    }
}

fn write_parquet(path: &Path, mut table: DataFrame) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    ParquetWriter::new(std::fs::File::create(path).unwrap()).finish(&mut table).unwrap();
}

#[test]
fn parquet_that_is_not_as_it_should_be_is_refused() {
    let (manifest, folder) = (Manifest::builtin("qqp").unwrap(), tempfile::tempdir().unwrap());
    let path = folder.path().join("qqp.parquet");
    let columns = manifest.columns.as_ref().unwrap();
    let problem = |table: DataFrame| {
        write_parquet(&path, table);
        let error = read_file(&path, columns, &manifest.labels, None, "train").unwrap_err().to_string();
        error.split_once("qqp.parquet: ").unwrap().1.split_once("; this must").unwrap().0.to_owned()
    };
    let (a, b) = (["A?", "C?"], ["B?", "D?"]);
    let missing = problem(df!("question1" => a, "sentence" => b, "label" => [0i64, 1]).unwrap());
    assert_eq!(missing, "no column `question2` among question1, sentence, label");
    let label = problem(df!("question1" => a, "question2" => b, "label" => [0i64, 2]).unwrap());
    assert_eq!(label, "row 1: label `2` instead of 0 (not_duplicate) or 1 (duplicate)");
    let kind = problem(df!("question1" => a, "question2" => b, "label" => [0.0, 0.5]).unwrap());
    assert_eq!(kind, "column `label` holds 0.5 in row 1 instead of text or whole numbers");
    let null = problem(df!("question1" => a, "question2" => b, "label" => [0.0, f64::NAN]).unwrap());
    assert_eq!(null, "column `label` has no value in row 1");
    let null =
        problem(df!("question1" => [Some("A?"), None], "question2" => b, "label" => [0i64, 1]).unwrap());
    assert_eq!(null, "column `question1` has no value in row 1");
    write_parquet(&path, df!("question1" => a, "question2" => b, "label" => [0i32, -1]).unwrap());
    let reading = read_file(&path, columns, &manifest.labels, None, "train").unwrap();
    assert_eq!((rows(&reading), reading.n_skipped), (vec![("A?", "B?", 0)], 1));
    let bytes = std::fs::read(&path).unwrap();
    for damaged in [&bytes[..bytes.len() / 2], b"not Parquet at all", b""] {
        std::fs::write(&path, damaged).unwrap();
        let error = read_file(&path, columns, &manifest.labels, None, "train").unwrap_err();
        assert!(matches!(error, LmcError::Format { .. }), "{error}");
    }
    let error = read_file(&folder.path().join("none"), columns, &manifest.labels, None, "x").unwrap_err();
    assert!(matches!(error, LmcError::Io { action: "read", .. }), "{error}");
}

/// Returns a manifest of two examples in two forms; the second form joins two splits in one file.
fn two_forms() -> Manifest {
    let text = r#"
name = "x"
kind = "corpus"
title = "X"
licence = "none"
citation = "none"
labels = ["no", "yes"]
[source]
url = "https://example.org/x"
[columns]
format = "parquet"
names = ["text", "label"]
first = "text"
label = "label"
label_by = "index"
no_label = "-1"
[[files]]
path = "hub/a.parquet"
[[splits]]
name = "a"
file = "hub/a.parquet"
n_examples = 1
[[splits]]
name = "b"
file = "hub/a.parquet"
n_examples = 2
[[forms]]
name = "joined"
[forms.columns]
format = "tsv"
header = false
names = ["label", "text"]
first = "text"
label = "label"
label_by = "name"
no_label = "?"
[[forms.splits]]
name = "a"
file = "joined.tsv"
rows = [0, 1]
[[forms.splits]]
name = "b"
file = "joined.tsv"
rows = [1, 3]
"#;
    Manifest::parse(text, Path::new("x.toml")).unwrap()
}

#[test]
fn rows_of_a_joined_file_are_the_splits() {
    let manifest = two_forms();
    let one = folder(&[("joined.tsv", "yes\tfirst\nno\tsecond\nyes\tthird\n")]);
    let texts = |split| {
        let reading = read_split(&manifest, one.path(), split, false).unwrap();
        assert_eq!((reading.n_skipped, reading.dataset.name.as_str()), (0, split));
        reading.dataset.examples.into_iter().map(|e| (e.first, e.label)).collect::<Vec<_>>()
    };
    assert_eq!(texts("a"), [("first".to_owned(), 1)]);
    assert_eq!(texts("b"), [("second".to_owned(), 0), ("third".to_owned(), 1)]);
    // A row that is skipped still counts as a row; the split then has too few examples, here none.
    let gap = folder(&[("joined.tsv", "?\tfirst\nno\tsecond\nyes\tthird\n")]);
    let reading = read_split(&manifest, gap.path(), "b", false).unwrap();
    assert_eq!((reading.dataset.len(), reading.n_rows, reading.notes.len()), (2, 3, 0));
    let error = read_split(&manifest, gap.path(), "a", false).unwrap_err().to_string();
    assert!(error.ends_with("joined.tsv: no examples of `a`; give a file that has some"), "{error}");
    // Nobody can say which rows of a part of the file are which, whatever the user wants.
    for text in ["yes\tfirst\nno\tsecond\n", "yes\tfirst\nno\tsecond\nyes\tthird\nyes\tbeyond\n"] {
        let part = folder(&[("joined.tsv", text)]);
        for unverified in [false, true] {
            let error = read_split(&manifest, part.path(), "a", unverified).unwrap_err().to_string();
            let n = text.lines().count();
            let expected =
                format!("joined.tsv: {n} rows, the published file has 3, and only the place of a row says");
            assert!(error.contains(&expected), "{error}");
        }
    }
}

#[test]
fn parquet_with_another_digest_is_read_as_a_part_or_unverified() {
    let mut manifest = two_forms();
    manifest.files[0].sha256 = Some("0".repeat(64));
    let both = folder(&[("joined.tsv", "yes\tfrom text\n")]);
    let path = both.path().join("a.parquet");
    // The file there is not Parquet at all, which is an error of its format.
    std::fs::write(&path, "PAR1").unwrap();
    let error = read_split(&manifest, both.path(), "a", false).unwrap_err();
    assert!(matches!(error, LmcError::Format { .. }), "{error}");
    write_parquet(&path, df!("text" => ["x"], "label" => [1i64]).unwrap());
    let error = read_split(&manifest, both.path(), "a", false).unwrap_err();
    assert!(matches!(error, LmcError::Unpublished { .. }), "{error}");
    let error = error.to_string();
    assert!(error.contains("a.parquet: 1 examples in ") && error.contains(" bytes with SHA-256 "), "{error}");
    let known = format!("the published hub/a.parquet has 1 examples in SHA-256 {}", "0".repeat(64));
    assert!(error.contains(&known) && error.ends_with("with `unverified` (--unverified)"), "{error}");
    let reading = read_split(&manifest, both.path(), "a", true).unwrap();
    assert!(reading.notes[0].contains("a.parquet: 1 examples, not those of the published file ("));
    let part = read_split(&manifest, both.path(), "b", false).unwrap();
    assert!(part.notes[0].contains("a.parquet: 1 examples, a part of the published 2 ("), "{:?}", part.notes);
}

#[test]
fn the_first_form_that_is_there_is_read() {
    let manifest = two_forms();
    let both = folder(&[("joined.tsv", "yes\tfrom text\nno\tsecond\nno\tthird\n")]);
    let parquet = || df!("text" => ["from parquet"], "label" => [1i64]).unwrap();
    let first = || read_split(&manifest, both.path(), "a", false).unwrap().dataset.examples[0].first.clone();
    assert_eq!(first(), "from text");
    write_parquet(&both.path().join("a.parquet"), parquet());
    assert_eq!(first(), "from parquet");
    std::fs::remove_file(both.path().join("a.parquet")).unwrap();
    write_parquet(&both.path().join("hub/a.parquet"), parquet());
    assert_eq!(first(), "from parquet");
    let empty = tempfile::tempdir().unwrap();
    let error = read_split(&manifest, empty.path(), "a", false).unwrap_err().to_string();
    assert!(error.ends_with("it has none of hub/a.parquet, joined.tsv; check the path"), "{error}");
    let error = read_split(&manifest, empty.path(), "c", false).unwrap_err().to_string();
    assert_eq!(error, "unknown split `c`; known: a, b");
}
