//! Three stories from end to end: the scripts in `lmc/examples`, on checkpoints and files that the case makes.

use std::fmt::Write;
use std::process::Command;

use lmc::analyses::merging::{MergeCard, MergeFolder};
use lmc::data::Dataset;
use lmc::data::mini_nli::MiniNli;
use lmc::model::{Replace, load_finetuned};
use lmc::spec::{Recipe, TaskSpec};
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Study, StudySpec};

use crate::case::{Case, Place, Ran};

/// The columns of the files.
const COLUMNS: [&str; 6] = ["--text", "premise", "--text-pair", "hypothesis", "--label", "relation"];

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case {
        row: "stories",
        what: "are these the same basin",
        test: |place| {
            checkpoints(place, 4);
            csv(place, "data.csv", &data().in_domain().unwrap());
            let told = story(place, "same-basin", &["runs", "data.csv"]).handled();
            for part in ["s1 ", "s4 ", "draws of", "silhouette"] {
                assert!(told.contains(part), "{part}: {told}");
            }
            for file in ["basins.parquet", "pair_intervals.parquet", "membership.png"] {
                assert!(place.path("basins").join(file).exists(), "{file}");
            }
        },
    },
    Case {
        row: "stories",
        what: "which of these can I average",
        test: |place| {
            checkpoints(place, 4);
            csv(place, "data.csv", &data().in_domain().unwrap());
            csv(place, "held-out.csv", &data().train().unwrap());
            let told = story(place, "which-to-average", &["runs", "data.csv", "held-out.csv"]).handled();
            for part in ["best single", "greedy by accuracy: s", "held-out"] {
                assert!(told.contains(part), "{part}: {told}");
            }
            let soup = load_finetuned(&place.path("average")).unwrap();
            assert_eq!(soup.labels, ["entailment", "non-entailment"]);
            let card = std::fs::read_to_string(place.path("average/README.md")).unwrap();
            assert!(card.contains("accuracy on held-out") && card.contains("lmc soup runs --task"), "{card}");
            assert!(place.path("average/tokenizer.json").exists());
        },
    },
    Case {
        row: "stories",
        what: "does my seed matter",
        test: |place| {
            checkpoints(place, 1);
            let data = data();
            csv(place, "train.csv", &data.train().unwrap());
            csv(place, "test.csv", &data.in_domain().unwrap());
            csv(place, "other.csv", &data.draw("sub".parse().unwrap()).unwrap());
            let files = ["runs/s1", "train.csv", "test.csv", "other.csv"];
            let told = story(place, "does-my-seed-matter", &files).handled();
            for part in ["s9 ", "score: accuracy on other", "r of membership and score"] {
                assert!(told.contains(part), "{part}: {told}");
            }
            assert!(place.path("seeds/basins.parquet").exists());
        },
    },
];

fn data() -> MiniNli {
    MiniNli { n_train: 128, n_id: 64, n_ood: 32, ..MiniNli::new(1) }
}

/// Makes a folder `runs` of finetuned checkpoints with their tokenizers.
fn checkpoints(place: &Place, n: u64) {
    let spec = StudySpec {
        task: TaskSpec::mini_nli(1).with_n_train(128),
        recipe: Recipe { length: Step::Iterations(8), ..Recipe::mini() },
        ..StudySpec::mini_nli(0)
    };
    let store = Store::open(place.path("../training")).unwrap();
    let study = Study::open_in(spec.with_seeds(1..=n), store).unwrap();
    let models = study.finetune().unwrap();
    for (number, name) in models.names().iter().enumerate() {
        let folder = place.path("runs").join(name);
        let place = MergeFolder::new(&study, &folder, "one copy", Replace::Same).unwrap();
        place.save(&models, &[number], &MergeCard::default()).unwrap();
    }
}

/// Writes pairs with their labels as CSV.
fn csv(place: &Place, name: &str, set: &Dataset) {
    let mut text = "premise,hypothesis,relation\n".to_owned();
    for example in &set.examples {
        let (second, label) = (example.second.as_deref().unwrap(), &set.labels[example.label as usize]);
        writeln!(text, "\"{}\",\"{second}\",{label}", example.first).unwrap();
    }
    place.write(name, text);
}

/// Runs a script with the command in the path.
fn story(place: &Place, name: &str, arguments: &[&str]) -> Ran {
    let script = format!("{}/examples/{name}.sh", env!("CARGO_MANIFEST_DIR"));
    let mut command = place.prepared(Command::new("sh"));
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_lmc")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    command.arg(script).args(arguments).args(COLUMNS).env("PATH", path);
    place.ran(command)
}
