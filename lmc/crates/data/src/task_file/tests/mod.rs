mod gaps;

use tempfile::TempDir;

use super::*;
use crate::corpus::{Corpus, read_corpora};

/// A folder with files, and the task of its `train.csv`.
struct Data(TempDir);

impl Data {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn task(&self) -> NewTask {
        let task = NewTask::new(self.path("train.csv"), "text", "label").with_out(self.path("task.toml"));
        NewTask { name: Some("stance".to_owned()), ..task }
    }

    fn problem(&self) -> String {
        self.task().draft().unwrap_err().to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

/// A file of `n` rows whose labels come in turn.
fn rows(n: usize, labels: &[&str]) -> String {
    let row = |i: usize| format!("\"text {i}, \"\"quoted\"\"\",{}\n", labels[i % labels.len()]);
    format!("text,label\n{}", (0..n).map(row).collect::<String>())
}

#[test]
fn a_draft_is_a_manifest_that_reads_what_it_shows() {
    let data = Data::of(&[
        ("train.csv", &rows(40, &["no", "yes"])),
        ("test.jsonl", "{\"text\": \"a\", \"label\": \"yes\"}\n{\"text\": \"b\", \"label\": \"no\"}\n"),
        ("far away.tsv", "id\ttext\tlabel\n1\tHe \"said\t\tyes\n"),
    ]);
    std::fs::write(data.path("far away.tsv"), "id\ttext\tlabel\n1\t\"He\" said\tyes\n").unwrap();
    let task = NewTask {
        test: Some(data.path("test.jsonl")),
        ood: vec![data.path("far away.tsv")],
        metric: Metric::Mcc,
        ..data.task()
    };
    let draft = task.draft().unwrap();
    assert_eq!(draft.labels, ["no", "yes"]);
    let sets: Vec<(&str, usize, &[usize])> =
        draft.sets.iter().map(|set| (set.name.as_str(), set.n_examples, set.n_of_label.as_slice())).collect();
    assert_eq!(sets, [("train", 40, &[20, 20][..]), ("id", 2, &[1, 1]), ("far-away", 1, &[0, 1])]);
    assert_eq!(draft.notes, ["`far-away` has no example of no"]);
    let table = draft.manifest.task.as_ref().unwrap();
    assert_eq!((table.scored.as_str(), table.metric), ("far-away", Metric::Mcc));
    draft.write(false).unwrap();
    assert!(draft.write(false).unwrap_err().to_string().contains("overwrite it by --force"));
    draft.write(true).unwrap();

    let corpus: Corpus = data.path("task.toml").to_str().unwrap().parse().unwrap();
    let folder = data.0.path();
    let read = read_corpora(&corpus, folder, &["train", "id", "far-away"], false).unwrap();
    for (set, shown) in read.iter().zip(&draft.sets) {
        assert_eq!(set.len(), shown.n_examples);
        for (example, shown) in set.examples.iter().zip(&shown.first) {
            assert_eq!(example.first, shown.first);
            assert_eq!(set.labels[example.label as usize], shown.label);
        }
    }
    assert_eq!(read[0].examples[1].first, "text 1, \"quoted\"");
    assert_eq!(read[2].examples[0].first, "\"He\" said");
}

#[test]
fn a_set_is_held_out_by_a_seed_and_the_rest_is_trained_on() {
    let data = Data::of(&[("train.csv", &rows(30, &["0", "1", "10"]))]);
    let draft = data.task().draft().unwrap();
    assert_eq!(draft.labels, ["0", "1", "10"]);
    assert!(draft.text.contains("draw = { seed = 0 }"), "{}", draft.text);
    let corpus = Corpus::new(draft.manifest.clone()).unwrap();
    let sets = read_corpora(&corpus, data.0.path(), &["train", "id"], false).unwrap();
    assert_eq!((sets[0].len(), sets[1].len()), (24, 6));
    let mut texts: Vec<&str> = sets.iter().flat_map(|set| &set.examples).map(|e| e.first.as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), 30);
    for (set, shown) in sets.iter().zip(&draft.sets) {
        let n_of =
            |label: usize| set.examples.iter().filter(|example| example.label as usize == label).count();
        assert_eq!((0..3).map(n_of).collect::<Vec<_>>(), shown.n_of_label);
        assert_eq!(set.examples[4].first, shown.first[4].first);
    }
    // A part of the training set is the same whether the rest is in memory or not.
    let kept = crate::reader::sample(24, 7, 3).unwrap();
    let some = corpus.read_some(data.0.path(), "train", false, &kept).unwrap();
    assert_eq!((some.dataset.len(), some.n_examples), (7, 24));
    assert!(kept.iter().zip(&some.dataset.examples).all(|(&i, example)| sets[0].examples[i] == *example));
}

#[test]
fn a_file_that_changed_is_refused_and_the_manifest_moves_with_its_data() {
    let data = Data::of(&[("train.csv", &rows(30, &["a", "b"]))]);
    data.task().draft().unwrap().write(false).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    for name in ["train.csv", "task.toml"] {
        std::fs::copy(data.path(name), elsewhere.path().join(name)).unwrap();
    }
    let open = |folder: &Path| Corpus::new(Manifest::read(&folder.join("task.toml")).unwrap()).unwrap();
    let read = |folder: &Path, unverified| open(folder).read(folder, "train", unverified);
    assert_eq!(read(elsewhere.path(), false).unwrap().dataset.len(), 24);
    std::fs::write(elsewhere.path().join("train.csv"), rows(30, &["b", "a"])).unwrap();
    let message = read(elsewhere.path(), false).unwrap_err().to_string();
    assert!(message.contains("train.csv: the file was changed: the manifest has"), "{message}");
    assert_eq!(read(elsewhere.path(), true).unwrap().dataset.len(), 24);
    std::fs::write(elsewhere.path().join("train.csv"), rows(31, &["b", "a"])).unwrap();
    let message = read(elsewhere.path(), true).unwrap_err().to_string();
    assert!(message.contains("31 examples, and the splits of the manifest are drawn from 30"), "{message}");
}

#[test]
fn data_that_no_classifier_can_learn_are_refused_with_the_reason() {
    let many: String = (0..2000).map(|i| format!("text {i},label {i}\n")).collect();
    let numbers: String = (0..2000).map(|i| format!("text {i},{i}.5\n")).collect();
    let almost: String = (0..100).map(|i| format!("text {i},label {i}\n")).collect();
    let with_header = |rows: &str| format!("text,label\n{rows}");
    for (text, expected) in [
        (
            "text,labels\na,1\nb,2\n".to_owned(),
            "train.csv:1: unknown column `label`; known: text, labels; did you mean `labels`?",
        ),
        ("text,label\n".to_owned(), "train.csv: a header and no rows"),
        (
            rows(9, &["a", "b"]),
            "train.csv: 9 examples are too few to hold some out as a test set; give a test file",
        ),
        (rows(20, &["a"]), "train.csv: all 20 rows have the label `a`, a classifier needs two"),
        (rows(20, &[""]), "train.csv: no row has a label in column `label`"),
        (
            rows(20, &["0.5", "1.25", "2"]),
            "train.csv:2: column `label` has real numbers such as 0.5: this is regression; lmc studies classifiers",
        ),
        (
            with_header(&many),
            "train.csv: column `label` has more than 1000 labels in 1002 rows, the most there may be: this looks like free text",
        ),
        (
            with_header(&numbers),
            "train.csv: column `label` has more than 1000 labels in 1002 rows, the most there may be: this looks like regression",
        ),
        (
            with_header(&almost),
            "train.csv: column `label` has 100 labels in 100 rows: this looks like free text",
        ),
        (rows(20, &["a", "", "nan"]), "spells a missing label as `` and as `nan`"),
        (
            with_header("same,a\nsame,b\n"),
            "train.csv: column `text` has the same text in all 2 rows; give the column of the texts",
        ),
        (with_header(",a\n,b\n"), "train.csv: column `text` is empty in all 2 rows"),
        (with_header("a,1,x\nb,2\n"), "train.csv:2: 3 fields instead of 2 (text, label)"),
        ("text,label,text\na,1,b\n".to_owned(), "train.csv:1: column `text` is there twice"),
    ] {
        let problem = Data::of(&[("train.csv", &text)]).problem();
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn sets_are_compared_with_the_training_set() {
    let data = Data::of(&[
        ("train.csv", &rows(20, &["a", "b"])),
        ("test.csv", &rows(3, &["a", "b"])),
        ("other.csv", "text,label\nx,a\ny,c\n"),
    ]);
    let task = NewTask { test: Some(data.path("test.csv")), ..data.task() };
    assert_eq!(task.draft().unwrap().notes, ["3 of the 3 examples of `id` are in the training set too"]);
    let task = NewTask { ood: vec![data.path("other.csv")], ..task };
    let message = task.draft().unwrap_err().to_string();
    assert!(
        message.contains(
            "other.csv:3: label `c` (1 rows) is not in the training set, which has `a`, `b`; spell"
        ),
        "{message}"
    );
}

#[test]
fn odd_rows_are_counted_in_notes() {
    let text = format!("{}\n,\nx,\n,Yes\nx,yes\n", rows(20, &["no", "yes"]));
    let data = Data::of(&[("train.csv", &text)]);
    let draft = data.task().draft().unwrap();
    let notes = draft.notes.join("\n").replace(&format!("{}/", data.0.path().display()), "");
    for note in [
        "labels `Yes` and `yes` differ only in case: they are two labels",
        "train.csv: 1 row without any text is skipped",
        "train.csv: 1 row without a label is skipped",
        "train.csv: 1 example is kept that lacks a text",
        "train.csv: 1 example is kept that repeats an earlier text",
        "5 of the 22 examples are held out of training as `id`, drawn by the seed 0",
    ] {
        assert!(notes.contains(note), "{note}\n{notes}");
    }
    assert!(
        draft.text.contains("no_label = \"\"") && draft.text.contains("empty_texts = true"),
        "{}",
        draft.text
    );
    let corpus = Corpus::new(draft.manifest).unwrap();
    assert_eq!(corpus.read(data.0.path(), "train", false).unwrap().dataset.len(), 17);
}

#[test]
fn a_column_and_a_file_have_one_role() {
    let data = Data::of(&[("train.csv", &rows(20, &["a", "b"]))]);
    let problem = |task: NewTask| task.draft().unwrap_err().to_string();
    let message = problem(NewTask { label: "text".to_owned(), ..data.task() });
    assert_eq!(message, "`label`: got `text`, which has another role, expected a column of its own");
    let message = problem(NewTask { test: Some(data.path("train.csv")), ..data.task() });
    assert!(message.starts_with("`test`: got "), "{message}");
    assert!(message.ends_with("train.csv, which is given before, expected each file once"), "{message}");
    let message = problem(NewTask { name: Some("cola".to_owned()), ..data.task() });
    assert_eq!(message, "`name`: got cola, expected a name that no manifest of lmc has");
    assert!(problem(data.task().with_out("task.csv")).starts_with("`out`: got task.csv"));
}
