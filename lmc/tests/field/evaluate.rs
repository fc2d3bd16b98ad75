//! Classifiers from elsewhere: how they are named, that all are checked first, and that finished results are
//! kept.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::case::{Case, Place};
use crate::corpus::hans_of;
use crate::labels::{numbers, on_hans};
use crate::model::Model;

/// Returns the names in the first column of a table.
fn models(printed: &str) -> Vec<String> {
    let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    printed.lines().skip(1).map(first).filter(|name| !name.is_empty()).collect()
}

/// Returns the files of results in the store, by their names.
fn results(place: &Place) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let folders = std::fs::read_dir(place.path("../store/evaluations")).into_iter().flatten().flatten();
    for file in folders.flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten()) {
        let name = file.file_name().to_string_lossy().into_owned();
        if name.ends_with(".parquet") {
            let folder = file.path().parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
            found.insert(format!("{folder}/{name}"), std::fs::read(file.path()).unwrap());
        }
    }
    found
}

/// Waits until a condition holds, at most half a minute.
fn wait_for(mut what: impl FnMut() -> bool) {
    let started = Instant::now();
    while !what() && started.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(what());
}

/// A small file system in memory, gone at the end; only root can mount one.
struct SmallDisk<'a>(&'a Path);

impl SmallDisk<'_> {
    fn mount(&self, options: &str) -> bool {
        std::fs::create_dir_all(self.0).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(self.0);
        mount.output().is_ok_and(|output| output.status.success())
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).stderr(Stdio::null()).status();
    }
}

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case {
        row: "names",
        what: "checkpoints of several runs",
        test: |place| {
            for folder in ["run0/checkpoint-500", "run1/checkpoint-500", "run1/checkpoint-1000"] {
                Model::bert().save(place, folder);
            }
            let printed =
                on_hans(place, "run0/checkpoint-500 ./run1/checkpoint-500/ run1/checkpoint-1000 --out out")
                    .handled();
            assert_eq!(
                models(&printed)[..3],
                ["run0/checkpoint-500", "run1/checkpoint-500", "checkpoint-1000"]
            );
            assert!(place.path("out/evaluations.parquet").exists());
            for runs in ["a/0/best", "a/1/best", "b/0/best"] {
                Model::bert().save(place, runs);
            }
            let printed = on_hans(place, "a/0/best a/1/best b/0/best").handled();
            assert_eq!(models(&printed), ["a/0/best", "1/best", "b/0/best"]);
        },
    },
    Case {
        row: "names",
        what: "dots, slashes and links",
        test: |place| {
            Model::bert().save(place, "run/inner");
            Model::bert().save(place, "run");
            std::os::unix::fs::symlink("run", place.path("best")).unwrap();
            hans_of(place, 20);
            for (folder, given, name) in [
                ("run", ".", "run"),
                ("run", "./", "run"),
                ("run", "inner/..", "run"),
                ("run/inner", "..", "run"),
                ("run/inner", "../", "run"),
                ("", "best", "best"),
                ("", "best/", "best"),
                ("", "run//inner/.", "inner"),
                ("run", "../run/./inner/", "inner"),
            ] {
                let data = place.path("data");
                let mut command =
                    place.command(["evaluate", given, "--corpus", "hans", "--split", "hans-lo", "--data"]);
                command.arg(data).current_dir(place.path(folder));
                assert_eq!(models(&place.ran(command).handled()), [name], "{given} in {folder}");
            }
        },
    },
    Case {
        row: "names",
        what: "the same folder twice, and copies of one model",
        test: |place| {
            Model::bert().save(place, "run");
            Model::bert().save(place, "copy");
            std::os::unix::fs::symlink("run", place.path("best")).unwrap();
            let absolute = place.path("run").display().to_string();
            for same in ["run", "./run", "run/", "best", "copy/../run", &absolute] {
                on_hans(place, &format!("run {same}"))
                    .refused(&["`MODEL`: got run", "expected each model once"]);
            }
            assert_eq!(place.n_stored(), 0);
            let printed = on_hans(place, "run copy").handled();
            assert_eq!(numbers(&printed, "run"), numbers(&printed, "copy"));
            on_hans(place, "run copy run").refused(&["run twice"]);
        },
    },
    Case {
        row: "looked at first",
        what: "the last of several models is wrong",
        test: |place| {
            Model::bert().save(place, "base");
            Model::bert().without("vocab.txt").save(place, "no-tokenizer");
            Model::bert().outputs(&["a", "b", "c"]).save(place, "other-labels");
            Model::bert().config(json!({ "model_type": "distilbert" })).save(place, "family");
            Model::bert().renamed(|name| Some(name.replace("query", "question"))).save(place, "tensors");
            place.write("empty/readme.txt", "");
            place.write("no-weights/config.json", serde_json::to_vec(&Model::bert().config).unwrap());
            place.write("cut/config.json", "{");
            for (model, parts) in [
                (
                    "nowhere",
                    &["no model `nowhere`: there is no such folder", "check the path", "lmc manifests"][..],
                ),
                ("no-tokenizer", &["no-tokenizer: there is no tokenizer", "--tokenizer"]),
                ("other-labels", &["other-labels: the set has no label `a`"]),
                ("family", &["family", "distilbert"]),
                ("tensors", &["tensors: tensors: 4 missing"]),
                ("empty", &["empty/config.json", "check the path"]),
                ("no-weights", &["no-weights"]),
                ("cut", &["cut/config.json:1"]),
            ] {
                on_hans(place, &format!("base {model} --out out")).refused(parts);
                assert!(place.n_stored() == 0 && !place.path("out").exists(), "{model}");
            }
        },
    },
    Case {
        row: "looked at first",
        what: "a missing model is told before data are read or fetched",
        test: |place| {
            Model::bert().save(place, "base");
            let started = Instant::now();
            place
                .lmc("evaluate base nowhere --corpus mnli --split validation_matched")
                .refused(&["no model `nowhere`"]);
            place
                .lmc("evaluate nowhere --corpus hans --split hans-lo --data data")
                .refused(&["no model `nowhere`"]);
            assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        },
    },
    Case {
        row: "kept",
        what: "the last of several models has losses that are no numbers",
        test: |place| {
            Model::bert().save(place, "base");
            Model::bert().turned([2, 1, 0]).save(place, "other");
            Model::bert().broken().save(place, "broken");
            let expected = on_hans(place, "base other --out expected").handled();
            let kept = results(place);
            assert_eq!(kept.len(), 2);
            for order in ["base other broken", "broken base other", "base broken other"] {
                let ran = on_hans(place, &format!("{order} --out out"));
                let printed = ran.failed(&["lmc: broken on hans-lo: evaluation: loss is NaN at example 0"]);
                assert_eq!(models(&printed)[..2], ["base", "other"]);
                for model in ["base", "other"] {
                    assert_eq!(numbers(&printed, model), numbers(&expected, model));
                }
                assert_eq!(results(place), kept);
            }
            let bytes = |folder: &str| std::fs::read(place.path(folder).join("evaluations.parquet")).unwrap();
            assert_eq!(bytes("out"), bytes("expected"));
        },
    },
    Case {
        row: "kept",
        what: "several of several models fail",
        test: |place| {
            Model::bert().save(place, "base");
            Model::bert().broken().save(place, "broken");
            Model::bert().broken().config(json!({ "layer_norm_eps": 1e-6 })).save(place, "as-broken");
            let ran = on_hans(place, "broken base as-broken");
            let printed = ran.failed(&["note: broken on hans-lo: ", "lmc: as-broken on hans-lo: "]);
            assert_eq!(models(&printed), ["base"]);
            on_hans(place, "broken").refused(&["broken on hans-lo: evaluation: loss is NaN"]);
        },
    },
    Case {
        row: "kept",
        what: "a second run computes nothing and says the same",
        test: |place| {
            Model::bert().save(place, "base");
            Model::bert().outputs(&["neutral", "entailment", "contradiction"]).save(place, "other");
            let first = on_hans(place, "base other").handled();
            let kept = results(place);
            assert_eq!(on_hans(place, "base other").handled(), first);
            // The same model lies elsewhere under another name, and one at last has its right name.
            std::fs::rename(place.path("base"), place.path("moved")).unwrap();
            let moved = on_hans(place, "moved other").handled();
            assert_eq!(numbers(&moved, "moved"), numbers(&first, "base"));
            assert_eq!(results(place), kept);
            // An option that decides the result makes another one.
            let sum = on_hans(place, "moved --merge sum").handled();
            assert_ne!(numbers(&sum, "moved"), numbers(&first, "base"));
            assert_eq!(results(place).len(), 3);
            let labels = on_hans(place, "moved --labels entailment,neutral,contradiction").handled();
            assert_ne!(numbers(&labels, "moved"), numbers(&first, "base"));
            Model::bert().vocabulary(&crate::model::SPECIAL).save(place, "moved");
            on_hans(place, "moved").handled();
            Model::bert().config(json!({ "layer_norm_eps": 1e-3 })).save(place, "moved");
            on_hans(place, "moved").handled();
            assert_eq!(results(place).len(), 6);
        },
    },
    Case {
        row: "kept",
        what: "an interrupt keeps all models that are finished",
        test: |place| {
            hans_of(place, 6_000);
            let names: Vec<String> = (0..5).map(|i| format!("m{i}")).collect();
            for (i, name) in names.iter().enumerate() {
                Model::bert().config(json!({ "layer_norm_eps": 1e-6 * (i + 1) as f64 })).save(place, name);
            }
            let arguments = format!("evaluate {} --corpus hans --split hans-lo --data data", names.join(" "));
            let mut command = place.command(arguments.split(' '));
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            wait_for(|| !results(place).is_empty() || child.try_wait().unwrap().is_some());
            let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
            let output = child.wait_with_output().unwrap();
            let (printed, said) =
                (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
            assert!(interrupt.success() && output.status.code() == Some(130), "{said}");
            let kept = results(place);
            let n = kept.len();
            let start =
                format!("lmc: interrupted: {n} of 5 evaluations are in the store; run the same call again");
            let said: Vec<&str> = said.lines().filter(|line| !line.starts_with("note: ")).collect();
            assert!(said.len() == 1 && said[0].starts_with(&start), "{said:?}");
            assert!((1..5).contains(&n) && models(&printed) == names[..n], "{printed}");
            let all = place.lmc(&arguments).handled();
            assert_eq!(models(&all), names);
            names[..n].iter().for_each(|name| assert_eq!(numbers(&all, name), numbers(&printed, name)));
            assert!(kept.iter().all(|(name, bytes)| results(place)[name] == *bytes));
        },
    },
    Case {
        row: "kept",
        what: "two processes on one store",
        test: |place| {
            hans_of(place, 400);
            let names: Vec<String> = (0..6).map(|i| format!("m{i}")).collect();
            for (i, name) in names.iter().enumerate() {
                Model::bert().config(json!({ "layer_norm_eps": 1e-6 * (i + 1) as f64 })).save(place, name);
            }
            let arguments = format!("evaluate {} --corpus hans --split hans-lo --data data", names.join(" "));
            let start = || {
                let mut command = place.command(arguments.split(' '));
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            };
            let [first, second] = [start(), start()].map(|child| child.wait_with_output().unwrap());
            assert_eq!((first.status.code(), second.status.code()), (Some(0), Some(0)));
            assert_eq!(first.stdout, second.stdout);
            assert_eq!(results(place).len(), 6);
        },
    },
    Case {
        row: "kept",
        what: "a full disk costs no result",
        test: |place| {
            hans_of(place, 600);
            Model::bert().save(place, "base");
            on_hans(place, "base").handled();
            let kept = results(place);
            let pages = kept.values().map(|bytes| bytes.len().div_ceil(4096)).sum::<usize>();
            let at = place.path("../small");
            let disk = SmallDisk(&at);
            // There is room for the results of a few models and a claim.
            if !disk.mount(&format!("size={}k", 4 * (3 * pages + 2))) {
                return;
            }
            let names: Vec<String> = (0..8).map(|i| format!("m{i}")).collect();
            for (i, name) in names.iter().enumerate() {
                Model::bert().config(json!({ "layer_norm_eps": 1e-6 * (i + 1) as f64 })).save(place, name);
            }
            let run = || {
                let arguments =
                    format!("evaluate {} --corpus hans --split hans-lo --data data", names.join(" "));
                let mut command = place.command(arguments.split(' '));
                command.env("LMC_HOME", &at);
                place.ran(command)
            };
            let printed = run().failed(&["write ", "free some disk space"]);
            let n = models(&printed).len();
            assert!((1..8).contains(&n) && models(&printed) == names[..n], "{printed}");
            assert!(disk.mount("remount,size=16m"));
            let all = run().handled();
            assert_eq!(models(&all), names);
            names[..n].iter().for_each(|name| assert_eq!(numbers(&all, name), numbers(&printed, name)));
        },
    },
    Case {
        row: "kept",
        what: "a store that cannot be written",
        test: |place| {
            hans_of(place, 20);
            Model::bert().save(place, "base");
            let with = |store: &str| {
                let arguments = "evaluate base --corpus hans --split hans-lo --data data";
                let mut command = place.command(arguments.split(' '));
                command.env("LMC_HOME", store);
                place.ran(command)
            };
            let expected = on_hans(place, "base").handled();
            place.write("file", "");
            for store in ["/proc/store", "file/store"] {
                let printed = with(store).noted(&["note: results are printed and not kept: ", store]);
                assert_eq!(printed, expected);
            }
        },
    },
    Case {
        row: "tokenizer",
        what: "models without tokenizer files",
        test: |place| {
            Model::bert().save(place, "base");
            Model::bert().without("vocab.txt").save(place, "bare");
            Model::bert().without("vocab.txt").file("tokenizer_config.json", "{}").save(place, "half");
            let expected = numbers(&on_hans(place, "base").handled(), "base");
            Model::roberta().save(place, "roberta");
            on_hans(place, "base roberta").refused(&["roberta: there is no tokenizer", "--tokenizer"]);
            for model in ["bare", "half"] {
                on_hans(place, model).refused(&[&format!("{model}: there is no tokenizer"), "--tokenizer"]);
                let printed = on_hans(place, &format!("{model} --tokenizer base")).handled();
                assert_eq!(numbers(&printed, model), expected);
            }
            let printed = on_hans(place, "bare half --tokenizer ./base/").handled();
            assert_eq!(numbers(&printed, "half"), expected);
            for (tokenizer, parts) in [
                ("nowhere", &["no model `nowhere`", "check the path"][..]),
                ("bare", &["bare: there is no tokenizer"]),
                ("base/vocab.txt", &["it is a file; give the folder", "base"]),
                ("cola", &["no model `cola`: it is not a model"]),
            ] {
                on_hans(place, &format!("bare --tokenizer {tokenizer}")).refused(parts);
            }
        },
    },
    Case {
        row: "tokenizer",
        what: "a tokenizer instead of a model's own is told",
        test: |place| {
            Model::bert().save(place, "base");
            let words = [&crate::model::SPECIAL[..], &["the", "doctors"]].concat();
            Model::bert().vocabulary(&words).save(place, "few-words");
            let own = numbers(&on_hans(place, "few-words").handled(), "few-words");
            let note = ["note: few-words has a tokenizer; that of base is taken instead"];
            let printed = on_hans(place, "few-words base --tokenizer base").noted(&note);
            assert_ne!(numbers(&printed, "few-words"), own);
            assert_eq!(numbers(&printed, "few-words"), numbers(&printed, "base"));
            let ran = on_hans(place, "base --tokenizer base");
            ran.handled();
            assert!(!ran.stderr().contains("tokenizer"), "{}", ran.stderr());
        },
    },
];
