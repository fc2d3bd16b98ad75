//! Data of one's own: `lmc task init`, the manifest that it writes, and verbs that take it.

use std::fmt::Write;

use crate::case::{Case, Place};

/// Writes a file of `n` sentences in words of the embedded grammar, whose labels come in turn.
fn sentences(place: &Place, name: &str, n: usize, labels: &[&str]) {
    let people = ["doctors", "lawyers", "judges", "actors", "artists", "authors", "bankers", "managers"];
    let verbs = ["helped", "saw", "thanked", "supported", "recommended", "admired", "advised"];
    let mut text = "id,sentence,stance\n".to_owned();
    for i in 0..n {
        let (a, b, verb) = (people[i % 8], people[(i + 1 + i / 56) % 8], verbs[i / 8 % 7]);
        let label = labels[i % labels.len()];
        writeln!(text, "{i},\"the {a} {verb}, said \"\"the {b}\"\",\nand the {b} {verb}\",{label}").unwrap();
    }
    place.write(name, text);
}

/// The arguments that name the columns of [`sentences`].
const COLUMNS: &str = "--text sentence --label stance";

/// Asserts that a training file is refused with these parts.
#[track_caller]
fn refused(place: &Place, content: impl AsRef<[u8]>, parts: &[&str]) {
    place.write("train.csv", content);
    place.lmc(&format!("task init train.csv {COLUMNS}")).refused(parts);
    assert!(!place.path("task.toml").exists());
}

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case {
        row: "own data",
        what: "a CSV with a test and an out-of-domain file, from the files to the basins",
        test: |place| {
            sentences(place, "data/train.csv", 48, &["for", "against"]);
            sentences(place, "data/test.csv", 10, &["against", "for"]);
            sentences(place, "data/Other domain.csv", 6, &["for", "against", "for"]);
            let mut init =
                place.command(["task", "init", "data/train.csv", "--text", "sentence", "--label", "stance"]);
            init.args(["--test", "data/test.csv", "--ood", "data/Other domain.csv", "--metric", "mcc"]);
            let printed = place.ran(init).handled();
            for part in [
                "train: 48 examples of data/train.csv (against 24, for 24)\n  for  the doctors helped, said \"the lawyers\", and",
                "id: 10 examples of data/test.csv (against 5, for 5)",
                "other-domain: 6 examples",
                "note: 10 of the 10 examples of `id` are in the training set too",
                "task.toml: task `data`; lmc basins --task task.toml",
            ] {
                assert!(printed.contains(part), "`{part}` is not in\n{printed}");
            }
            place.lmc(&format!("task init data/train.csv {COLUMNS}")).refused(&["task.toml", "--force"]);
            let encoder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/mini-bert");
            let study = format!("--task task.toml --encoder {encoder} --seeds 1,2,3 --length 2it");
            let printed = place.lmc(&format!("basins {study} --points 3")).handled();
            assert!(printed.contains("on other-domain"), "{printed}");
            let stored = place.n_stored();
            // The same study from a file, in another folder: nothing is computed again.
            place.write("studies/own.toml", place.lmc(&format!("spec {study}")).handled());
            place.lmc("finetune studies/own.toml").handled();
            let printed = place.lmc("evaluate studies/own.toml --set id,other-domain").handled();
            assert!(printed.contains("other-domain"), "{printed}");
            assert!(place.n_stored() >= stored);
            place.write("study.toml", format!("task = {{ file = \"task.toml\", n_train = 40 }}\nencoder = \"{encoder}\"\nseeds = [1, 2]\n"));
            assert!(place.lmc("spec study.toml").handled().contains("n_train = 40"));
        },
    },
    Case {
        row: "own data",
        what: "a set that is held out, and two tasks of one name",
        test: |place| {
            sentences(place, "train.csv", 40, &["0", "1"]);
            let name = |arguments: &str| {
                place
                    .lmc(&format!("task init train.csv {COLUMNS} --name mine --force"))
                    .noted(&["8 of the 40 examples are held out"]);
                let encoder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/mini-bert");
                let printed = place.lmc(&format!(
                    "finetune --task task.toml --encoder {encoder} --seeds 1 --length 1it {arguments}"
                ));
                printed.handled();
            };
            let runs = || std::fs::read_dir(place.path("../store/runs")).unwrap().count();
            name("");
            assert_eq!(runs(), 1);
            name("");
            assert_eq!(runs(), 1);
            sentences(place, "train.csv", 40, &["1", "0"]);
            place
                .lmc("finetune --task task.toml --seeds 1")
                .refused(&["train.csv: the file was changed", "lmc task init"]);
            name("");
            assert_eq!(runs(), 2);
        },
    },
    Case {
        row: "own data",
        what: "columns that are not there, or have another role",
        test: |place| {
            sentences(place, "train.csv", 20, &["a", "b"]);
            place
                .lmc("task init train.csv --text sentense --label stance")
                .refused(&["train.csv:1: unknown column `sentense`; known: id, sentence, stance; did you mean `sentence`?"]);
            place
                .lmc("task init train.csv --text sentence --label sentence")
                .refused(&["`label`: got `sentence`"]);
            place
                .lmc("task init train.csv --text stance --label sentence")
                .refused(&["20 labels in 20 rows", "free text"]);
            refused(
                place,
                "sentence,stance,sentence\na,1,b\n",
                &["train.csv:1: column `sentence` is there twice"],
            );
            place.lmc("task init nowhere.csv --text a --label b").refused(&["nowhere.csv", "check the path"]);
        },
    },
    Case {
        row: "own data",
        what: "texts and labels that teach nothing",
        test: |place| {
            refused(place, "sentence,stance\n", &["train.csv: a header and no rows"]);
            refused(
                place,
                "sentence,stance\nx,a\nx,b\n",
                &["column `sentence` has the same text in all 2 rows"],
            );
            refused(place, "sentence,stance\n,a\n,b\n", &["column `sentence` is empty in all 2 rows"]);
            refused(
                place,
                "sentence,stance\nx,a\ny,a\n",
                &["all 2 rows have the label `a`, a classifier needs two"],
            );
            refused(place, "sentence,stance\nx,\ny,nan\n", &["spells a missing label as `` and as `nan`"]);
            refused(
                place,
                "sentence,stance\nx,1.5\ny,2\nz,3\n",
                &["train.csv:2: ", "real numbers such as 1.5: this is regression"],
            );
            let many = |label: fn(usize) -> String| -> String {
                let rows = (0..100_000).map(|i| format!("text {i},{}\n", label(i)));
                format!("sentence,stance\n{}", rows.collect::<String>())
            };
            refused(place, many(|i| i.to_string()), &["more than 1000 labels", "this looks like regression"]);
            refused(
                place,
                many(|i| format!("class {i}")),
                &["more than 1000 labels", "this looks like free text"],
            );
        },
    },
    Case {
        row: "own data",
        what: "a label that training lacks, and labels that differ in case",
        test: |place| {
            sentences(place, "train.csv", 20, &["a", "A"]);
            sentences(place, "test.csv", 6, &["a", "b"]);
            let init = format!("task init train.csv {COLUMNS}");
            place
                .lmc(&format!("{init} --test test.csv"))
                .refused(&["test.csv:4: label `b` (3 rows)", "which has `A`, `a`"]);
            place.lmc(&format!("{init} --ood test.csv")).refused(&["test.csv:4: label `b`"]);
            place.lmc(&init).noted(&["labels `A` and `a` differ only in case"]);
        },
    },
    Case {
        row: "own data",
        what: "damaged text",
        test: |place| {
            let rows = "sentence,stance\nx,a\n";
            refused(
                place,
                format!("{rows}\"y,b\nz,a\n"),
                &["train.csv:3: a quote that opens here is never closed"],
            );
            refused(
                place,
                format!("{rows}y,b,c\n"),
                &["train.csv:3: 3 fields instead of 2 (sentence, stance)"],
            );
            refused(
                place,
                [rows.as_bytes(), b"caf\xe9,b\n"].concat(),
                &["train.csv:3: not UTF-8: byte 4 of column `sentence` is 0xE9", "iconv"],
            );
            refused(
                place,
                [rows.as_bytes(), b"y\0,b\n"].concat(),
                &["train.csv:3: a NUL byte at byte 2 of column `sentence`"],
            );
            refused(place, "", &["train.csv: the file is empty"]);
        },
    },
    Case {
        row: "own data",
        what: "files that are no text",
        test: |place| {
            refused(place, b"PK\x03\x04\x14\0", &["an Excel workbook", "save the sheet as CSV"]);
            refused(place, b"\xd0\xcf\x11\xe0\xa1\xb1", &["an Excel workbook"]);
            refused(place, "<!DOCTYPE html>\n<html></html>\n", &["a web page"]);
            refused(
                place,
                "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n",
                &["a pointer of Git LFS", "git lfs pull"],
            );
            refused(
                place,
                "[{\"sentence\": \"x\", \"stance\": \"a\"}]",
                &["one JSON list instead of JSON lines"],
            );
        },
    },
    Case {
        row: "own data",
        what: "what is no manifest of a task",
        test: |place| {
            sentences(place, "train.csv", 20, &["a", "b"]);
            place
                .lmc("sweep --task train.csv")
                .refused(&["`task`: got train.csv", "lmc task init train.csv"]);
            place.lmc("sweep cola --task task.toml").refused(&["`STUDY`: got cola beside --task"]);
            place.lmc("sweep --task task.toml").refused(&["task.toml", "check the path"]);
            place.write("task.toml", "name = 'x'\n");
            place.lmc("sweep --task task.toml").refused(&["task.toml:1: missing field"]);
            place.lmc("finetune STS-B").refused(&["`task`: got STS-B", "regression"]);
        },
    },
    Case {
        row: "own data",
        what: "20 rows, some without a label, from the file to the basins by the command that is printed",
        test: |place| {
            sentences(place, "train.csv", 20, &["a", "b"]);
            let encoder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/mini-bert");
            let printed = place.lmc(&format!("task init train.csv {COLUMNS}")).handled();
            let command = printed.lines().find_map(|line| line.split_once("; lmc ")).unwrap().1;
            // The encoder that the manifest names would be fetched, and the recipe takes three epochs.
            place.lmc(&format!("{command} --encoder {encoder} --points 3")).handled();
            let lines = (0..40).map(|i| {
                let label = [", \"label\": \"a\"", ", \"label\": \"b\"", ", \"label\": null", ""][i % 4];
                format!("{{\"text\": \"the doctors helped {i} times\"{label}}}\n")
            });
            place.write("lines.jsonl", lines.collect::<String>());
            place
                .lmc("task init lines.jsonl --text text --label label --out lines.toml")
                .noted(&["20 rows without a label are skipped", "4 of the 20 examples are held out"]);
            place
                .lmc(&format!("finetune --task lines.toml --encoder {encoder} --seeds 1 --length 1it"))
                .handled();
        },
    },
    Case {
        row: "own data",
        what: "a test set that shares examples with the training set is told when a study opens",
        test: |place| {
            sentences(place, "train.csv", 40, &["a", "b"]);
            sentences(place, "test.csv", 6, &["a", "b"]);
            let note = "6 of the 6 examples of `id` are in the training set too";
            place.lmc(&format!("task init train.csv {COLUMNS} --test test.csv")).noted(&[note]);
            let encoder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/mini-bert");
            let study = format!("--task task.toml --encoder {encoder} --seeds 1 --length 1it");
            place.lmc(&format!("finetune {study}")).noted(&[note]);
            let text = std::fs::read_to_string(place.path("task.toml")).unwrap();
            place.write("task.toml", text.replace("split = \"test\"", "split = \"train\""));
            place
                .lmc(&format!("finetune {study}"))
                .refused(&["task.toml:", "`task.sets.split`: got `train`, expected another split"]);
            place.write("task.toml", text.replace("first = \"sentence\"", "first = \"stance\""));
            place
                .lmc(&format!("finetune {study}"))
                .refused(&["task.toml:", "column `stance` is `first` and `label`"]);
        },
    },
    Case {
        row: "own data",
        what: "pipes, names that no manifest can have, and files packed by other programs",
        test: |place| {
            let pipe = place.path("pipe.csv");
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            place
                .lmc(&format!("task init pipe.csv {COLUMNS}"))
                .refused(&["pipe.csv, a pipe or a device", "write the rows"]);
            let mut shell =
                place.command(["task", "init", "/dev/stdin", "--text", "sentence", "--label", "stance"]);
            shell.stdin(std::process::Stdio::piped());
            place.ran(shell).refused(&["/dev/stdin, a pipe or a device"]);
            sentences(place, "a\\b.csv", 20, &["a", "b"]);
            place.lmc(&format!("task init a\\b.csv {COLUMNS}")).refused(&["a\\\\b.csv", "rename it"]);
            refused(place, b"BZh91AY&SY\0\0\0\0", &["compressed by bzip2", "bunzip2 -k FILE"]);
            refused(place, b"\xfd7zXZ\0\0\x04", &["compressed by xz", "unxz -k FILE"]);
        },
    },
];
