//! Messages about models, studies and corpora that are missing or not what they seem.

use crate::case::Case;
use crate::corpus::{glue_cola, hans_of};
use crate::labels::on_hans;
use crate::model::Model;

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case {
        row: "messages",
        what: "names that are no model",
        test: |place| {
            for (name, parts) in [
                ("bert-base-cased", &["lmc manifests", "did you mean bert-base-uncased"][..]),
                // The name on the hub is known too, and may not be fetched here.
                ("google-bert/bert-base-uncased", &["google-bert--bert-base-uncased", "HF_HUB_OFFLINE"]),
                ("roberta-large", &["did you mean roberta-base"]),
                (
                    "feather-berts-100",
                    &["the models of feather-berts are feather-berts-0 to feather-berts-99"],
                ),
                ("cola-berts-1000", &["the models of cola-berts are cola-berts-0 to "]),
                ("feather-bert-12", &["did you mean feather-berts-0 to feather-berts-99"]),
                ("mnli", &["it is not a model; those that `lmc manifests` lists are bert-base-uncased"]),
                ("qqp-berts-1@100", &["unknown step `100 of qqp-berts`; known: 15000"]),
                ("feather-berts", &["`feather-berts` is not fetched: it is 100 models"]),
            ] {
                on_hans(place, name).refused(parts);
            }
            glue_cola(place);
            let near = ["did you mean bert-base-uncased"];
            place.lmc("finetune mini-nli --encoder bert-base-cased").refused(&near);
            // Names are looked up for mini-nli as well: this one is known, and may not be fetched here.
            place.lmc("finetune mini-nli --encoder bert-tiny").refused(&["bert_uncased", "HF_HUB_OFFLINE"]);
        },
    },
    Case {
        row: "messages",
        what: "a file where a folder is due, and folders that cannot be read",
        test: |place| {
            Model::bert().save(place, "base");
            let told =
                ["no model `base/model.safetensors`: it is a file; give the folder that it is in, base"];
            on_hans(place, "base/model.safetensors").refused(&told);
            place
                .lmc("finetune mini-nli --encoder base/config.json")
                .refused(&["it is a file", "it is in, base"]);
            on_hans(place, "base/config.json/x")
                .refused(&["no model `base/config.json/x`", "check the path"]);
            // The folder in the place of a file is read.
            std::fs::create_dir_all(place.path("odd/config.json")).unwrap();
            let ran = on_hans(place, "odd");
            ran.refused(&["read odd/config.json: ", "check the path"]);
            assert!(!ran.stderr().contains("write"), "{}", ran.stderr());
        },
    },
    Case {
        row: "messages",
        what: "names that have line breaks and move the cursor",
        test: |place| {
            let data = hans_of(place, 40);
            for (arguments, told) in [
                (
                    ["evaluate", "no\nwhere", "--corpus", "hans", "--split", "hans-lo"],
                    "no model `no\\nwhere`",
                ),
                (["evaluate", "a\u{1b}[2Jb", "--corpus", "hans", "--split", "hans-lo"], "a\\u{1b}[2Jb"),
                (["evaluate", "x\ny.toml", "--set", "id", "--n-train", "64"], "x\\ny.toml"),
                (["replay", "a\rb", "--scores", "x", "--n-examples", "5"], "a\\rb"),
            ] {
                place.ran(place.command(arguments)).refused(&[told]);
            }
            for option in ["--scored-on", "--dataset"] {
                let arguments = ["replay", "logs", "--scores", "x", option, "lo\u{1b}"];
                place
                    .ran(place.command(arguments))
                    .refused(&["got lo\\u{1b}, expected a name without line breaks"]);
            }
            Model::bert().save(place, "two\nlines");
            let data = data.to_string_lossy();
            let arguments = ["--corpus", "hans", "--split", "hans-lo", "--data", &data];
            let printed =
                place.ran(place.command(["evaluate", "two\nlines"].iter().chain(&arguments))).handled();
            assert!(printed.contains("two\\nlines"), "{printed}");
        },
    },
    Case {
        row: "messages",
        what: "no model at all, splits twice",
        test: |place| {
            let ran = place.lmc("evaluate --corpus hans --split hans-lo --data data");
            ran.refused(&["`MODEL`: got none, expected a model"]);
            Model::bert().save(place, "base");
            on_hans(place, "base").handled();
            place.lmc("evaluate base --tokenizer base").refused(&["got 1 model without a task"]);
            place.lmc("evaluate --tokenizer base").refused(&["--tokenizer without models from elsewhere"]);
            let twice = "evaluate base --corpus hans --split hans-lo,hans-lo --data data";
            place.lmc(twice).refused(&["hans-lo twice"]);
        },
    },
    Case {
        row: "messages",
        what: "options of studies beside models",
        test: |place| {
            Model::bert().save(place, "base");
            for option in
                ["--seeds 1,2", "--encoder base", "--recipe google", "--n-train 8", "--master-seed 1"]
            {
                let name = option.split(' ').next().unwrap();
                on_hans(place, &format!("base {option}")).refused(&[&format!("got {name} beside --corpus")]);
            }
            assert_eq!(place.n_stored(), 0);
        },
    },
    Case {
        row: "messages",
        what: "models without a task",
        test: |place| {
            Model::bert().save(place, "A");
            Model::bert().save(place, "B");
            for command in [
                "sweep A B --set id",
                "sweep feather-berts-{12..13}",
                "figures A B",
                "convexity A B",
                "soup A B",
                "finetune A B",
                "spec A B",
                "planes A B",
                "drift .",
            ] {
                place.lmc(command).refused(&["`MODEL`: got 2 models without a task", "--task FILE"]);
            }
            for command in ["soup A", "sweep ./A/", "finetune feather-berts-12", "evaluate A"] {
                place.lmc(command).refused(&["`MODEL`: got 1 model without a task", "--task FILE"]);
            }
            place.lmc("basins A B A").refused(&["`MODEL`: got A twice, expected each model once"]);
            place.lmc("basins A/config.json").refused(&["it is a file; give the folder that it is in, A"]);
            place.lmc("sweep cola A").refused(&["`STUDY`: got cola beside other names"]);
            place.lmc("sweep A B --task mini-nli --seeds 1").refused(&["got --seeds beside models"]);
            place.lmc("sweep A Z --task mini-nli").refused(&["no model `Z`: there is no such folder"]);
            assert_eq!(place.n_stored(), 0);
        },
    },
    Case {
        row: "messages",
        what: "an encoder of other words for mini-nli",
        test: |place| {
            Model::bert().without("vocab.txt").save(place, "bare");
            place
                .lmc("finetune --encoder bare")
                .refused(&["`encoder`: got bare without a tokenizer, with 40 words"]);
            assert_eq!(place.n_stored(), 0);
        },
    },
];
