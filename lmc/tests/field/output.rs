//! The output of commands, the files that they write, and the requests that they refuse before they compute
//! anything.

use std::fs::File;
use std::path::Path;

use crate::case::{Case, Place, Ran};
use crate::corpus::hans;

/// A study of a second: copies that barely learn, and short lines.
const TINY: &str = "--n-train 256 --length 8it --points 3";
/// The same without the lines.
const COPIES: &str = "--n-train 256 --length 8it";

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case { row: "closed pipe", what: "what is only printed", test: closed_pipes },
    Case { row: "closed pipe", what: "results are written all the same", test: closed_pipe_of_a_study },
    Case { row: "full disk", what: "behind the standard output", test: full_output },
    Case { row: "full disk", what: "behind the standard error", test: full_errors },
    Case { row: "save", what: "a soup is complete and is saved again", test: soup_round_trip },
    Case { row: "save", what: "nothing that is needed is replaced", test: soup_places },
    Case { row: "save", what: "pretraining into a folder that is in use", test: pretrain_places },
    Case { row: "results", what: "a rerun replaces its own and removes what is stale", test: reruns },
    Case { row: "results", what: "folders that cannot be written", test: unwritable },
    Case { row: "results", what: "files of others stay", test: foreign_results },
    Case { row: "link", what: "fetch --out again", test: links },
    Case { row: "early checks", what: "too few copies", test: too_few },
    Case { row: "early checks", what: "copies and sizes that are not there", test: absent_copies },
    Case { row: "early checks", what: "options of every verb", test: options },
];

/// Runs the command with a standard output that nobody reads.
fn unread(place: &Place, arguments: &str) -> Ran {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = place.command(arguments.split_whitespace());
    command.stdout(writer);
    place.ran(command)
}

fn closed_pipes(place: &Place) {
    for arguments in [
        "manifests",
        "completions bash",
        "completions zsh",
        "spec",
        "--help",
        "help soup",
        "--version",
        "finetune --help",
        "finetune --n-train 64 --length 1it --seeds 1",
    ] {
        let ran = unread(place, arguments);
        ran.handled();
        assert_eq!(ran.stderr(), "", "{arguments}");
    }
}

fn closed_pipe_of_a_study(place: &Place) {
    let ran = unread(place, &format!("basins {TINY} --seeds 1,2,3 --out of"));
    assert!(ran.stderr().is_empty() || ran.stderr().lines().count() == 1, "{}", ran.stderr());
    for name in ["basins.parquet", "evaluations.parquet", "membership.png", "lmc-results.json"] {
        assert!(place.path("of").join(name).exists(), "{name}");
    }
}

fn full_output(place: &Place) {
    for arguments in ["manifests", "completions bash", "spec", "--help", "--version"] {
        let mut command = place.command(arguments.split_whitespace());
        command.stdout(File::options().write(true).open("/dev/full").unwrap());
        place
            .ran(command)
            .refused(&["write standard output: No space left on device", "free some disk space"]);
    }
    let arguments = "finetune --n-train 64 --length 1it --seeds 1,2 --out of";
    let mut command = place.command(arguments.split_whitespace());
    command.stdout(File::options().write(true).open("/dev/full").unwrap());
    place.ran(command).refused(&["standard output"]);
    assert!(place.path("of/models.parquet").exists() && place.n_stored() > 0);
}

fn full_errors(place: &Place) {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    // The times of `figures` go to the standard error.
    let mut command = place.command(format!("figures {TINY} --seeds 1,2 --out of").split_whitespace());
    command.stderr(full());
    let ran = place.ran(command);
    assert_eq!(ran.code(), Some(1));
    let last = ran.stdout().lines().last().unwrap_or_default().to_owned();
    assert!(last.starts_with("lmc: write standard error: No space left on device"), "{}", ran.stdout());
    assert!(place.path("of/gaps.parquet").exists());
    // Even the error message cannot be written there.
    let mut command = place.command(["figures", "xnli"]);
    command.stderr(full());
    let ran = place.ran(command);
    assert_eq!(ran.code(), Some(1));
    assert!(ran.stdout().starts_with("lmc: unknown study `xnli`"), "{}", ran.stdout());
}

/// Copies an encoder that comes with the crate.
fn encoder(place: &Place, name: &str, to: &str) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name);
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        place.write(Path::new(to).join(path.file_name().unwrap()), std::fs::read(&path).unwrap());
    }
}

/// Returns the names in a folder.
fn names(place: &Place, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(place.path(folder)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn soup_round_trip(place: &Place) {
    hans(place, 30_000);
    encoder(place, "mini-roberta", "roberta");
    let soup = |more: &str| format!("soup {TINY} --seeds 1,2,3 --subsets 1 --sizes 2 {more}");
    for (folder, encoder, files) in [
        (
            "bert-soup",
            "",
            &[
                "README.md",
                "config.json",
                "lmc-model.json",
                "model.safetensors",
                "tokenizer.json",
                "tokenizer_config.json",
            ][..],
        ),
        (
            "roberta-soup",
            "--encoder roberta",
            &[
                "README.md",
                "config.json",
                "lmc-model.json",
                "model.safetensors",
                "tokenizer.json",
                "tokenizer_config.json",
            ],
        ),
    ] {
        let command = soup(&format!("{encoder} --save {folder} --ingredients s1,s2"));
        let printed = place.lmc(&command).handled();
        assert!(printed.ends_with(&format!("the average of 2 models in {folder}\n")), "{printed}");
        assert_eq!(names(place, folder), files);
        let before = std::fs::read(place.path(folder).join("model.safetensors")).unwrap();
        place.lmc(&command).handled();
        assert!(std::fs::read(place.path(folder).join("model.safetensors")).unwrap() == before);
        let table =
            place.lmc(&format!("evaluate {folder} --corpus hans --split hans-lo --data data")).handled();
        assert!(table.contains(folder), "{table}");
    }
    let own = std::fs::read(place.path("roberta/tokenizer.json")).unwrap();
    assert!(std::fs::read(place.path("roberta-soup/tokenizer.json")).unwrap() == own);
    // Another soup does not replace the first, unless the user wants it.
    let other = soup("--save bert-soup --ingredients s1,s3");
    place.lmc(&other).refused(&["bert-soup: it holds README.md and 5 more", "--force"]);
    place.lmc(&format!("{other} --force")).handled();
    assert_eq!(names(place, "bert-soup").len(), 6);
}

fn soup_places(place: &Place) {
    encoder(place, "mini-bert", "bert");
    encoder(place, "mini-bert", "other");
    encoder(place, "mini-bert", "trainer");
    place.write("trainer/optimizer.pt", "moments");
    place.write("file", "");
    std::os::unix::fs::symlink("bert", place.path("link")).unwrap();
    let soup = |more: &str| place.lmc(&format!("soup {TINY} --seeds 1,2,3 --encoder bert {more}"));
    for force in ["", "--force"] {
        for folder in ["bert", "./bert/", "link", "../work/bert"] {
            soup(&format!("--save {folder} {force}"))
                .refused(&["it holds the encoder of this study", "another folder"]);
        }
        soup(&format!("--save ../store {force}")).refused(&["it holds the store of this study"]);
        soup(&format!("--save ../store/soup {force}")).refused(&["it holds the store of this study"]);
        soup(&format!("--save trainer {force}")).refused(&["trainer: it holds optimizer.pt and 4 more"]);
        soup(&format!("--save file {force}")).refused(&["create folder file: it is a file"]);
        soup(&format!("--save . {force}")).refused(&["it holds bert"]);
    }
    // Files that belong to a repository and to no model are not removed, alone or beside a model.
    for file in ["README.md", "LICENSE", ".gitattributes", "vocab.txt"] {
        place.write(format!("only-{file}/{file}"), "mine");
        soup(&format!("--save only-{file} --force")).refused(&[&format!("it holds {file}")]);
    }
    place.write("service/config.json", "{\"port\": 8080}");
    soup("--save service --force").refused(&["it holds config.json"]);
    encoder(place, "mini-bert", "card");
    place.write("card/README.md", "mine");
    soup("--save card --force").refused(&["card: it holds README.md and 4 more"]);
    soup("--save both --out both").refused(&["`save`: got both, expected another folder than --out"]);
    soup("--save both --out both/tables").refused(&["both: it holds tables"]);
    soup("--save other").refused(&["other: it holds config.json and 3 more", "--force"]);
    assert_eq!(place.n_stored(), 0);
    let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/mini-bert/model.safetensors");
    for folder in ["bert", "other", "trainer"] {
        let weights = std::fs::read(place.path(folder).join("model.safetensors")).unwrap();
        assert!(weights == std::fs::read(&original).unwrap(), "{folder}");
    }
}

fn pretrain_places(place: &Place) {
    encoder(place, "mini-bert", "bert");
    place.write("notes/notes.txt", "mine");
    place.lmc("pretrain bert").refused(&["bert: it holds config.json and 3 more", "--force"]);
    place.lmc("pretrain bert --family roberta").refused(&["it holds config.json"]);
    for force in ["", "--force"] {
        place
            .lmc(&format!("pretrain notes {force}"))
            .refused(&["notes: it holds notes.txt", "another folder"]);
    }
    place.write("file", "");
    place.lmc("pretrain file").refused(&["create folder file: it is a file"]);
    assert_eq!(names(place, "notes"), ["notes.txt"]);
}

fn reruns(place: &Place) {
    let figures = |seeds: &str| place.lmc(&format!("figures {TINY} --seeds {seeds} --out of")).handled();
    figures("1,2,3");
    let all = names(place, "of");
    assert_eq!(all.len(), 16, "{all:?}");
    let printed = figures("1,2");
    let stale =
        "removed from of, of an earlier run: basins.parquet, gap-distance.png, histogram.png, membership.png";
    assert!(printed.contains(stale), "{printed}");
    assert_eq!(names(place, "of").len(), 12);
    // Another verb adds its own tables. For other copies it says which files do not belong to them.
    let printed = place.lmc(&format!("finetune {COPIES} --seeds 1,2 --out of")).handled();
    assert!(!printed.contains("not of this run"), "{printed}");
    let printed = place.lmc(&format!("finetune {COPIES} --seeds 4,5 --out of")).handled();
    assert!(printed.contains("also in of, not of this run: curves.png, evaluations.parquet"), "{printed}");
}

fn unwritable(place: &Place) {
    place.write("file", "");
    std::os::unix::fs::symlink("/nowhere/of", place.path("dangling")).unwrap();
    let tiny = format!("{TINY} --seeds 1,2,3");
    for (out, parts) in [
        ("file", &["create folder file: it is a file", "choose a folder"][..]),
        ("file/of", &["create folder file/of: Not a directory"]),
        ("/proc/of", &["/proc/of"]),
        ("dangling", &["it is a link to /nowhere/of, which is not there"]),
    ] {
        place.lmc(&format!("figures {tiny} --out {out}")).refused(parts);
    }
    for verb in ["sweep", "basins", "convexity", "soup"] {
        place.lmc(&format!("{verb} {tiny} --out file")).refused(&["create folder file: it is a file"]);
    }
    for verb in ["finetune", "evaluate"] {
        place
            .lmc(&format!("{verb} {COPIES} --seeds 1,2 --out file"))
            .refused(&["create folder file: it is a file"]);
    }
    assert_eq!(place.n_stored(), 0);
}

fn foreign_results(place: &Place) {
    place.write("photos/membership.png", "a photograph");
    place.write("tables/evaluations.parquet", "not lmc's");
    let basins = |more: &str| place.lmc(&format!("basins {TINY} --seeds 1,2,3 {more}"));
    basins("--out photos").refused(&["photos: it holds membership.png (not written by lmc)", "--force"]);
    basins("--out tables").refused(&["tables: it holds evaluations.parquet (not written by lmc)"]);
    place.write("record/lmc-results.json", "[]");
    basins("--out record").refused(&["record/lmc-results.json:1: ", "--force"]);
    assert_eq!(place.n_stored(), 0);
    assert_eq!(std::fs::read(place.path("photos/membership.png")).unwrap(), b"a photograph");
    // A verb that writes no such file may use the folder, and names the files that are there.
    place
        .lmc("finetune --n-train 64 --length 1it --seeds 1,2 --out photos")
        .noted(&["not of this run: membership.png"]);
    assert_eq!(std::fs::read(place.path("photos/membership.png")).unwrap(), b"a photograph");
}

fn links(place: &Place) {
    let header = "name = \"mine\"\nkind = \"model\"\ntitle = \"x\"\nlicence = \"MIT\"\ncitation = \"x\"\n";
    let rest = "[source]\nhub = \"o/n\"\nrevision = \"main\"\n[[files]]\npath = \"weights.bin\"\n";
    place.write("mine.toml", format!("{header}{rest}"));
    place.write("data/weights.bin", "weights");
    place.write("other/weights.bin", "other weights");
    place.write("folder/notes.txt", "mine");
    let fetch = |data: &str, more: &str| place.lmc(&format!("fetch mine.toml --data {data} {more}"));
    fetch("data", "--out link").handled();
    fetch("data", "--out link").handled();
    fetch("other", "--out link").refused(&["link: it holds a link to", "--force"]);
    assert_eq!(std::fs::read(place.path("link/weights.bin")).unwrap(), b"weights");
    fetch("other", "--out link --force").handled();
    assert_eq!(std::fs::read(place.path("link/weights.bin")).unwrap(), b"other weights");
    for force in ["", "--force"] {
        fetch("data", &format!("--out folder {force}"))
            .refused(&["folder: it holds a folder that is no link"]);
        fetch("data", &format!("--out mine.toml {force}"))
            .refused(&["mine.toml: it holds a file that is no link"]);
    }
    fetch("data", "--out new/link").handled();
}

fn too_few(place: &Place) {
    for (arguments, parts) in [
        ("basins --seeds 5,6", &["got 2 models, expected at least 3 for basins"][..]),
        ("basins --seeds 5,6 --delta 1", &["got 2 models", "at least 3"]),
        ("basins --seeds 5,6 --confidence", &["got 2 models", "at least 3"]),
        ("soup --seeds 1,2", &["got 2 models", "at least 3 for soup"]),
        ("convexity --seeds 1", &["got 1 model,", "at least 3 for convexity"]),
        ("report --seeds 1,2 --layers", &["got 2 models", "at least 3 for layers in a page"]),
        ("report --seeds 1,2 --convexity", &["got 2 models", "at least 3 for convexity in a page"]),
        ("report --seeds 1", &["got 1 model,", "at least 2"]),
        ("figures --seeds 1", &["got 1 model,", "at least 2"]),
        ("sweep --seeds 1", &["got 1 model,", "at least 2"]),
        ("sweep cola --seeds 1", &["got 1 model,", "at least 2"]),
    ] {
        place.lmc(arguments).refused(parts);
    }
    place.write("study.toml", "task = 'mini-nli'\nseeds = [3, 4]\n");
    place.lmc("basins study.toml").refused(&["got 2 models"]);
    assert_eq!(place.n_stored(), 0);
}

fn absent_copies(place: &Place) {
    let soup = |more: &str| place.lmc(&format!("soup {TINY} --seeds 0,1,2 {more}"));
    soup("--save out --ingredients s1,s9").refused(&["unknown copy `s9`; known: s0, s1, s2"]);
    soup("--save out --ingredients s0,s0").refused(&["`ingredients`: got s0 twice"]);
    soup("--save out --ingredients 1").refused(&["unknown copy `1`"]);
    soup("--sizes 9").refused(&["`soups.sizes`: got 9, expected 2 to 3"]);
    soup("--sizes 2,4").refused(&["`soups.sizes`: got 4, expected 2 to 3"]);
    soup("--ingredients s1").misused(&["--save"]);
    let convexity = |more: &str| place.lmc(&format!("convexity {TINY} --seeds 0,1,2 {more}"));
    convexity("--sizes 9").refused(&["`convexity.sizes`: got 9, expected 2 to 3, the number of copies"]);
    convexity("--sizes 1").refused(&["`convexity.sizes`: got 1"]);
    assert_eq!(place.n_stored(), 0);
    assert!(!place.path("out").exists());
}

fn options(place: &Place) {
    let study = "--n-train 64 --length 1it --seeds 1,2,3";
    for (verb, parts) in [
        ("basins --confidence --resamples 0", &["`n_resamples`: got 0"][..]),
        ("basins --score hans", &["unknown evaluation set `hans`"]),
        ("basins --set hans", &["unknown evaluation set `hans`"]),
        ("basins --tolerance nan", &["`compute.tolerance`: got NaN"]),
        ("convexity --subsets 0", &["`convexity.n_subsets`: got 0"]),
        ("convexity --combinations 0", &["`convexity.n_points`: got 0"]),
        ("convexity --concentration nan", &["`concentration`: got NaN"]),
        ("soup --subsets 0", &["`soups.n_subsets`: got 0"]),
        ("soup --set hans", &["unknown evaluation set `hans`"]),
        ("figures --score hans", &["unknown evaluation set `hans`"]),
        ("figures --points 2", &["`grid`: got 2 points"]),
        ("sweep --points 0", &["`grid`: got 0 points"]),
        ("sweep --tolerance=-1", &["`compute.tolerance`: got -1"]),
        ("evaluate --set id,hans", &["unknown evaluation set `hans`"]),
        ("evaluate --set id,lo,id", &["`set`: got id twice"]),
        ("finetune --slurm --tasks 0", &["`slurm.tasks`: got 0"]),
        ("finetune --slurm --cpus 0", &["`slurm.cpus`: got 0"]),
    ] {
        place.lmc(&format!("{verb} {study}")).refused(parts);
    }
    for (arguments, parts) in [
        ("basins --delta 0", &["paper, auto or a number above 0"][..]),
        ("basins --delta nan", &["paper, auto or a number above 0"]),
        ("basins --delta 1e400", &["paper, auto or a number above 0"]),
        ("basins --resamples 10", &["--confidence"]),
    ] {
        place.lmc(arguments).misused(parts);
    }
    place.lmc("replay nowhere --scores x.json --n-examples 0").refused(&["`n_examples`: got 0"]);
    place.lmc("replay nowhere --scores x.json --tolerance nan").refused(&["`tolerance`: got NaN"]);
    place.lmc("work nowhere.json --task 0").refused(&["read nowhere.json"]);
    assert_eq!(place.n_stored(), 0);
}
