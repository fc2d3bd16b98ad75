//! Merges that a configuration of mergekit describes.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use lmc::model::read_safetensors;

fn lmc(folder: &Path, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lmc"));
    command.args(words.split_whitespace()).current_dir(folder);
    command.env("LMC_HOME", folder.join("home")).env("LMC_PROGRESS", "off").output().unwrap()
}

fn succeed(folder: &Path, words: &str) -> String {
    let output = lmc(folder, words);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{words}: {}", text(&output.stderr));
    text(&output.stdout) + &text(&output.stderr)
}

/// Returns the largest difference of a tensor in two folders of models.
fn difference(folder: &Path, models: [&str; 2]) -> f64 {
    let [a, b] = models.map(|model| read_safetensors(&folder.join(model).join("model.safetensors")).unwrap());
    assert!(a.keys().eq(b.keys()));
    a.iter().map(|(name, tensor)| (tensor - &b[name]).abs().max().double_value(&[])).fold(0.0, f64::max)
}

#[test]
fn a_configuration_is_merged_as_its_options_are() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let study = "mini-nli --seeds 1,2,3 --n-train 256 --length 20it";
    for seed in [1, 2, 3] {
        succeed(folder, &format!("merge {study} --ingredients s{seed} --out s{seed}"));
    }
    fs::write(
        folder.join("ties.yml"),
        "merge_method: ties\nbase_model: s1\nmodels:\n- model: s1\n- model: s2\n  parameters: {weight: 0.7, density: 0.4}\n\
         - model: s3\n  parameters: {weight: 0.5, density: 0.4}\ndtype: bfloat16\n",
    )
    .unwrap();
    let said = succeed(folder, "merge --config ties.yml --out by-file");
    assert!(said.contains("note: without effect here: dtype") && said.contains("2 models merged"), "{said}");
    succeed(folder, "merge s2 s3 --method ties --base s1 --weights 0.7,0.5 --density 0.4 --out by-options");
    assert_eq!(difference(folder, ["by-file", "by-options"]), 0.0);
    assert!(difference(folder, ["by-file", "s2"]) > 1e-4);
    // The head of a base that is a classifier is where task vectors start: with a factor of 0 the base is left.
    fs::write(
        folder.join("none.yml"),
        "merge_method: task_arithmetic\nbase_model: s1\nmodels: [{model: s2}, {model: s3}]\n\
         parameters: {weight: 1, lambda: 0}\n",
    )
    .unwrap();
    succeed(folder, "merge --config none.yml --out base");
    assert!(difference(folder, ["base", "s1"]) < 1e-7);

    let refused = lmc(folder, "merge --config ties.yml --density 0.5 --out other");
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
    fs::write(folder.join("layers.yml"), "merge_method: passthrough\nslices: [{sources: [{model: s1}]}]\n")
        .unwrap();
    let refused = lmc(folder, "merge --config layers.yml --out other");
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        message.starts_with("lmc: layers.yml: slices put layers of models together; give whole"),
        "{message}"
    );
    assert!(!folder.join("other").exists());
}
