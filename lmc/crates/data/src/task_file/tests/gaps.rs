//! Rows that lack something, files that changed, and files that are none.

use polars::prelude::{DataFrame, ParquetWriter, df};

use super::*;

fn write_parquet(path: &Path, mut table: DataFrame) {
    ParquetWriter::new(std::fs::File::create(path).unwrap()).finish(&mut table).unwrap();
}

/// The texts of a file of `n` rows.
fn texts(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("text {i}")).collect()
}

/// The task of a file in a folder, and its problem.
fn task_of(data: &Data, file: &str) -> NewTask {
    NewTask { train: data.path(file), ..data.task() }
}

fn problem_of(data: &Data, file: &str) -> String {
    task_of(data, file).draft().unwrap_err().to_string()
}

#[test]
fn rows_without_a_label_are_skipped_alike_in_every_format() {
    let data = Data::of(&[]);
    let labels: Vec<Option<&str>> = (0..24).map(|i| [Some("a"), Some("b"), None][i % 3]).collect();
    let of =
        |label: Option<&str>, quotes: &str| label.map_or(String::new(), |l| format!("{quotes}{l}{quotes}"));
    let csv: String = texts(24).iter().zip(&labels).map(|(t, l)| format!("{t},{}\n", of(*l, ""))).collect();
    std::fs::write(data.path("x.csv"), format!("text,label\n{csv}")).unwrap();
    // Null, empty and not there at all.
    let missing = [", \"label\": null", ", \"label\": \"\"", ""];
    let line = |(i, (text, label)): (usize, (String, &Option<&str>))| {
        let label = label.map_or(missing[i / 3 % 3].to_owned(), |l| format!(", \"label\": \"{l}\""));
        format!("{{\"text\": \"{text}\"{label}}}\n")
    };
    let lines: String = texts(24).into_iter().zip(&labels).enumerate().map(line).collect();
    std::fs::write(data.path("x.jsonl"), lines).unwrap();
    write_parquet(&data.path("x.parquet"), df!("text" => texts(24), "label" => &labels).unwrap());
    let empty: Vec<&str> = labels.iter().map(|label| label.unwrap_or("")).collect();
    write_parquet(&data.path("empty.parquet"), df!("text" => texts(24), "label" => empty).unwrap());
    for file in ["x.csv", "x.jsonl", "x.parquet", "empty.parquet"] {
        let draft = task_of(&data, file).draft().unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(
            (draft.labels.len(), draft.sets[0].n_examples, draft.sets[1].n_examples),
            (2, 12, 4),
            "{file}"
        );
        let note = format!("{}: 8 rows without a label are skipped", data.path(file).display());
        assert!(draft.notes.contains(&note), "{file}: {:?}", draft.notes);
        let reading = Corpus::new(draft.manifest).unwrap().read(data.0.path(), "train", false).unwrap();
        assert_eq!((reading.dataset.len(), reading.n_skipped), (12, 8), "{file}");
    }
}

#[test]
fn real_numbers_in_parquet_are_regression_and_whole_ones_are_labels() {
    let data = Data::of(&[]);
    let numbers = |values: [Option<f64>; 4]| {
        let values: Vec<Option<f64>> = (0..20).map(|i| values[i % 4]).collect();
        write_parquet(&data.path("x.parquet"), df!("text" => texts(20), "label" => values).unwrap());
    };
    numbers([Some(0.0), Some(1.0), Some(0.37), None]);
    let problem = problem_of(&data, "x.parquet");
    assert!(problem.contains("has real numbers such as 0.37: this is regression"), "{problem}");
    numbers([Some(0.0), Some(1.0), Some(2.0), Some(f64::NAN)]);
    assert_eq!(task_of(&data, "x.parquet").draft().unwrap().labels, ["0", "1", "2"]);
}

#[test]
fn labels_that_stand_for_none_are_counted_by_their_spelling() {
    for (spelling, is_label) in [("null", false), ("nan", false), ("NA", true), ("None", true)] {
        let data = Data::of(&[("train.csv", &rows(30, &["a", "b", spelling]))]);
        let draft = data.task().draft().unwrap();
        assert_eq!(draft.labels.contains(&spelling.to_owned()), is_label, "{spelling}");
        let note =
            format!("10 rows with the label `{spelling}` are skipped, as one without a label; spell it");
        assert_eq!(draft.notes.iter().any(|found| found.contains(&note)), !is_label, "{:?}", draft.notes);
    }
}

#[test]
fn a_parquet_file_that_changed_is_told_as_ones_own() {
    let data = Data::of(&[]);
    let write = |n: usize| {
        let labels: Vec<&str> = (0..n).map(|i| ["a", "b"][i % 2]).collect();
        write_parquet(&data.path("x.parquet"), df!("text" => texts(n), "label" => labels).unwrap());
    };
    write(20);
    let draft = task_of(&data, "x.parquet").draft().unwrap();
    let read =
        |unverified| Corpus::new(draft.manifest.clone()).unwrap().read(data.0.path(), "train", unverified);
    for n in [19, 21] {
        write(n);
        let message = read(false).unwrap_err().to_string();
        assert!(message.contains("x.parquet: the file was changed: the manifest has"), "{message}");
        assert!(message.contains("lmc task init") && !message.contains("published"), "{message}");
        let message = read(true).unwrap_err().to_string();
        assert!(message.contains(&format!("{n} examples, and the splits of the manifest are drawn from 20")));
    }
    // Without a digest, as somebody would write a manifest, more examples are refused and fewer are noted.
    let lines =
        |n: usize| (0..n).map(|i| format!("{{\"text\": \"{i}\", \"label\": \"a\"}}\n")).collect::<String>();
    std::fs::write(data.path("x.jsonl"), lines(5)).unwrap();
    let text = "name = \"mine\"\nkind = \"corpus\"\ntitle = \"x\"\nlicence = \"x\"\ncitation = \"x\"\nlabels = [\"a\", \"b\"]\n\
                [source]\nfolder = \".\"\n[columns]\nformat = \"jsonl\"\nnames = [\"text\", \"label\"]\nfirst = \"text\"\n\
                label = \"label\"\nlabel_by = \"name\"\n[[files]]\npath = \"x.jsonl\"\n[[splits]]\nname = \"train\"\n\
                file = \"x.jsonl\"\nn_examples = 5\n";
    let manifest = Manifest::parse(text, &data.path("task.toml")).unwrap();
    let read = || Corpus::new(manifest.clone()).unwrap().read(data.0.path(), "train", false);
    assert!(read().unwrap().notes.is_empty());
    std::fs::write(data.path("x.jsonl"), lines(6)).unwrap();
    let message = read().unwrap_err().to_string();
    assert!(
        message.contains("the manifest has 5 examples, the file 6; write the manifest anew"),
        "{message}"
    );
    std::fs::write(data.path("x.jsonl"), lines(4)).unwrap();
    assert!(read().unwrap().notes[0].ends_with("x.jsonl: 4 examples, the manifest has 5"));
    std::fs::write(data.path("x.jsonl"), "{\"text\": \"\", \"label\": \"a\"}\n").unwrap();
    let message = read().unwrap_err().to_string();
    assert!(message.contains("x.jsonl:1: `text` is empty; correct the file; if it has changed"), "{message}");
}

#[test]
fn sets_without_rows_or_labels_are_refused() {
    let data = Data::of(&[
        ("train.csv", &rows(20, &["a", "b"])),
        ("none.jsonl", "\n"),
        ("bare.csv", "text,label\nx,\ny,\n"),
    ]);
    let table = df!("text" => Vec::<String>::new(), "label" => Vec::<String>::new()).unwrap();
    write_parquet(&data.path("none.parquet"), table);
    for (test, expected) in [
        ("none.jsonl", "none.jsonl: the file is empty"),
        ("none.parquet", "none.parquet: no rows; give a file of examples"),
        ("bare.csv", "bare.csv: no row of `id` has a label in column `label`; give a file"),
    ] {
        let task = NewTask { test: Some(data.path(test)), ..data.task() };
        let message = task.draft().unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn batches_fit_a_small_training_set() {
    for (n, expected) in [
        (20, "recipe = { name = \"google\", batch_size = 16 }"),
        (10, "recipe = { name = \"google\", batch_size = 8 }"),
        (39, "recipe = { name = \"google\", batch_size = 16 }"),
        (40, "recipe = \"google\"\n"),
    ] {
        let data = Data::of(&[("train.csv", &rows(n, &["a", "b"]))]);
        let draft = data.task().draft().unwrap();
        assert!(draft.text.contains(expected), "{n}\n{}", draft.text);
        let recipe = &draft.manifest.task.as_ref().unwrap().recipe;
        recipe.check_size(draft.sets[0].n_examples).unwrap();
        assert!(recipe.n_updates(draft.sets[0].n_examples) > 0);
    }
    let data = Data::of(&[("train.csv", "text,label\nx,a\ny,b\n"), ("test.csv", "text,label\nz,a\n")]);
    let task = NewTask { test: Some(data.path("test.csv")), ..data.task() };
    assert!(task.draft().unwrap().text.contains("batch_size = 2 }"));
}

#[test]
fn sets_of_one_name_and_shared_examples_are_told() {
    let data = Data::of(&[("train.csv", &rows(40, &["a", "b"]))]);
    for folder in ["one", "two"] {
        std::fs::create_dir(data.path(folder)).unwrap();
        std::fs::write(data.path(folder).join("far.csv"), format!("text,label\n{folder},a\n")).unwrap();
    }
    let ood = vec![data.path("one").join("far.csv"), data.path("two").join("far.csv")];
    let draft = NewTask { ood: ood.clone(), ..data.task() }.draft().unwrap();
    let note = format!("{} is called `far-2`: another set is called `far`", ood[1].display());
    assert_eq!(draft.notes.iter().filter(|found| found.contains("is called")).collect::<Vec<_>>(), [&note]);
    // Of a file in which every text is there four times, a fifth is held out.
    let four = rows(10, &["a", "b"]);
    let four = format!("{four}{}", four.replace("text,label\n", "").repeat(3));
    let data = Data::of(&[("train.csv", &four)]);
    let notes = data.task().draft().unwrap().notes;
    assert!(
        notes.contains(&"8 of the 8 examples of `id` are in the training set too".to_owned()),
        "{notes:?}"
    );
}

#[test]
fn pipes_and_names_that_no_manifest_can_have_are_refused_before_anything_is_read() {
    use std::os::unix::ffi::OsStrExt;
    let data = Data::of(&[("train.csv", &rows(20, &["a", "b"]))]);
    let problem = |task: NewTask| task.draft().unwrap_err().to_string();
    let message = problem(NewTask { train: "/dev/null".into(), ..data.task() });
    assert!(message.starts_with("`train`: got /dev/null, a pipe or a device, expected a file"), "{message}");
    let message = problem(NewTask { test: Some("/dev/zero".into()), ..data.task() });
    assert!(message.starts_with("`test`: got /dev/zero, a pipe"), "{message}");
    for name in [&b"caf\xe9.csv"[..], b"a\\b.csv", b"a\nb.csv", b"sub\\folder/x.csv"] {
        let path = data.0.path().join(std::ffi::OsStr::from_bytes(name));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "nothing that can be read").unwrap();
        let message = problem(NewTask { train: path, ..data.task() });
        assert!(message.starts_with("`file`: got ") && message.contains("rename it"), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}
