use std::path::Path;

use super::*;

/// A corpus with a task as somebody would write it.
const OWN: &str = r#"
name = "reviews"
kind = "corpus"
title = "Reviews"
licence = "CC0-1.0"
citation = "none"
labels = ["bad", "good", "best"]

[source]
url = "https://example.org/reviews"

[columns]
format = "tsv"
header = true
names = ["text", "label"]
first = "text"
label = "label"
label_by = "name"

[[files]]
path = "train.tsv"

[[files]]
path = "dev.tsv"

[[splits]]
name = "train"
file = "train.tsv"
n_examples = 100

[[splits]]
name = "dev"
file = "dev.tsv"
n_examples = 10

[task]
scored = "acceptable"
metric = "mcc"
recipe = "google"

[[task.sets]]
name = "id"
split = "dev"

[[task.sets]]
name = "acceptable"
corpus = "cola"
split = "ood"
labels = { bad = "unacceptable", good = "acceptable", best = "acceptable" }
merge = "sum"
"#;

fn parse(text: &str) -> Result<Manifest> {
    Manifest::parse(text, Path::new("reviews.toml"))
}

/// Returns the manifest with one text in place of another.
fn with(from: &str, to: &str) -> String {
    assert!(OWN.contains(from), "{from}");
    OWN.replacen(from, to, 1)
}

#[test]
fn a_set_is_not_the_training_set_and_a_column_has_one_role() {
    for (from, to, expected) in [
        (
            "split = \"dev\"",
            "split = \"train\"",
            "`task.sets.split`: got `train`, expected another split than `train`",
        ),
        (
            "[task]\n",
            "[task]\ntrain = \"dev\"\n",
            "`task.sets.split`: got `dev`, expected another split than `dev`",
        ),
        (
            "label = \"label\"\n",
            "label = \"text\"\n",
            "column `text` is `first` and `label`, each has a column of its own",
        ),
        (
            "label = \"label\"\n",
            "label = \"label\"\nsecond = \"text\"\n",
            "column `text` is `first` and `second`",
        ),
        ("first = \"text\"\n", "first = \"label\"\n", "column `label` is `first` and `label`"),
    ] {
        let message = parse(&with(from, to)).unwrap_err().to_string();
        assert!(message.starts_with("reviews.toml:") && message.contains(expected), "{message}");
    }
}

#[test]
fn a_task_of_ones_own_has_the_defaults_of_what_is_left_out() {
    let manifest = parse(OWN).unwrap();
    let task = manifest.task.as_ref().unwrap();
    assert_eq!(
        (&*task.train, &*task.encoder, &task.recipe),
        ("train", "bert-base-uncased", &Recipe::google())
    );
    assert_eq!((&*task.scored, task.metric), ("acceptable", Metric::Mcc));
    let cola = manifest.corpus_of(&task.sets[1]).unwrap();
    let map = task.sets[1].label_map(&manifest.labels, &cola.labels).unwrap();
    assert_eq!((map.classes(), map.merge()), (&[vec![0], vec![1, 2]][..], Merge::Sum));
    let own = task.sets[0].label_map(&manifest.labels, &manifest.labels).unwrap();
    assert!(own.is_identity());
}

#[test]
fn a_recipe_is_a_name_a_change_or_all_keys() {
    let recipe = |written: &str| {
        let manifest = parse(&with("recipe = \"google\"", &format!("recipe = {written}"))).unwrap();
        manifest.task.unwrap().recipe
    };
    let google = Recipe::google();
    assert_eq!(recipe("{ name = \"google\", trajectory = [0.5, 1] }").trajectory, [0.5, 1.0]);
    let changed = recipe("{ name = \"google\", adam = { eps = 0.5 } }");
    assert_eq!(changed, Recipe { adam: crate::recipe::Adam { eps: 0.5, ..google.adam }, ..google });
    let own = "{ name = \"own\", length = \"3ep\", batch_size = 8, learning_rate = 0.1, weight_decay = 0.0, \
               warmup = 0.1, dropout = 0.0, head_std = 0.02, head_by_seed = true, trajectory = [1.0], \
               adam = { beta1 = 0.9, beta2 = 0.999, eps = 1e-8, bias_correction = true } }";
    assert_eq!((recipe(own).name.as_str(), recipe(own).batch_size), ("own", 8));
}

#[test]
fn mistakes_are_named_with_file_line_key_got_and_expected() {
    let names = "mini, google, hf-cola, linear-probe, lp-ft, roberta, mini-linear-probe, mini-lp-ft";
    let unknown_recipe = format!("reviews.toml:39: `task.recipe`: got `sgd`, expected one of {names}");
    let cases = [
        ("scored = \"acceptable\"\n", "", "reviews.toml:36: missing field `scored`"),
        ("metric = \"mcc\"\n", "", "reviews.toml:36: missing field `metric`"),
        (
            "metric = \"mcc\"",
            "metrics = \"mcc\"",
            "reviews.toml:38: unknown field `metrics`, expected one of `train`, ",
        ),
        ("recipe = \"google\"", "recipe = \"sgd\"", &unknown_recipe),
        (
            "recipe = \"google\"",
            "recipe = 3",
            "reviews.toml:39: `task.recipe`: got integer, expected a name or a table",
        ),
        (
            "recipe = \"google\"",
            "recipe = { name = \"google\", rate = 1 }",
            "reviews.toml:39: `task.recipe.rate`: unknown field `rate`, expected one of `name`, `length`",
        ),
        (
            "recipe = \"google\"",
            "recipe = { name = \"google\", batch_size = 0 }",
            "reviews.toml:39: `task.recipe`: `recipe.batch_size`: got 0, expected at least 1",
        ),
        (
            "recipe = \"google\"",
            "recipe = { name = \"own\", warmup = 0.1 }",
            "reviews.toml:39: `task.recipe`: missing field `length`, and a recipe called `own` has all keys",
        ),
        ("\"mcc\"", "\"auc\"", "reviews.toml:38: unknown metric `auc`; known: loss, accuracy, f1, mcc, ece"),
        (
            "scored = \"acceptable\"",
            "scored = \"ood\"",
            "reviews.toml:37: `task.scored`: got `ood`, expected one of id, acceptable",
        ),
        (
            "[task]",
            "[task]\ntrain = \"all\"",
            "reviews.toml:37: `task.train`: got `all`, expected one of train, dev",
        ),
        (
            "split = \"dev\"",
            "split = \"test\"",
            "reviews.toml:43: `task.sets.split`: got `test`, expected one of train, dev of reviews",
        ),
        (
            "split = \"ood\"",
            "split = \"hans-lo\"",
            "reviews.toml:48: `task.sets.split`: got `hans-lo`, expected one of train, id, ood of cola",
        ),
        (
            "corpus = \"cola\"",
            "corpus = \"colla\"",
            "reviews.toml:47: `task.sets.corpus`: got `colla`, expected one of anli, cola, hans, mnli, mrpc, paws-qqp, qnli, qqp, rte, snli, sst2, wnli",
        ),
        ("corpus = \"cola\"", "corpus = \"minilm\"", "reviews.toml:47: `task.sets.corpus`: got `minilm`"),
        (
            "best = \"acceptable\"",
            "best = \"fine\"",
            "reviews.toml:49: `task.sets.labels`: got `fine`, expected one of unacceptable, acceptable of cola",
        ),
        (
            "best = \"acc",
            "worst = \"acc",
            "reviews.toml:49: `task.sets.labels`: got `worst`, expected one of bad, good, best of reviews",
        ),
        (
            ", best = \"acceptable\"",
            "",
            "reviews.toml:46: `task.sets.labels` of `acceptable`: `best` becomes no label; give each of bad, good, best",
        ),
        (
            "labels = { bad",
            "# labels = { bad",
            "reviews.toml:46: `task.sets.labels` of `acceptable`: the set has no label `bad`; known: unacceptable",
        ),
        (
            "merge = \"sum\"",
            "merge = \"mean\"",
            "reviews.toml:50: unknown variant `mean`, expected `max` or `sum`",
        ),
        (
            "name = \"id\"",
            "name = \"valid\"",
            "reviews.toml:42: `task.sets.name`: got `valid`, expected `id` for the first set",
        ),
        (
            "name = \"acceptable\"",
            "name = \"id\"",
            "reviews.toml:37: `task.scored`: got `acceptable`, expected one of id, id",
        ),
        (
            "[[task.sets]]\nname = \"acc",
            "[[task.sets]]\nname = \"id\"\n[[task.sets]]\nname = \"acc",
            "reviews.toml:46: `task.sets.name`: got `id`, expected a name of its own for each set",
        ),
        (
            "merge = \"sum\"",
            "merge = \"sum\"\n[[task.sets]]\nname = \"dev-sample\"",
            "reviews.toml:52: `task.sets.name`: got `dev-sample`, expected letters, digits",
        ),
        (
            "metric =",
            "counterexample_share = 0.5\nmetric =",
            "reviews.toml:38: `task.counterexample_share`: got 0.5, expected none",
        ),
        (
            "metric =",
            "encoders = { sgd = \"x\" }\nmetric =",
            "reviews.toml:38: `task.encoders`: got `sgd`, expected one of mini",
        ),
        (
            "first = \"text\"",
            "first = \"review\"",
            "reviews.toml:16: column `review` is not among text, label",
        ),
        (
            "[task]",
            "[[subsets]]\nname = \"best\"\nsplit = \"dev\"\nlabel = \"great\"\n[task]",
            "reviews.toml:39: `subsets.label`: got `great`, expected one of bad, good, best",
        ),
        (
            "[task]",
            "[[subsets]]\nname = \"best\"\nsplit = \"dew\"\n[task]",
            "reviews.toml:38: `subsets.split`: got `dew`, expected one of train, dev",
        ),
        (
            "[task]",
            "[[subsets]]\nname = \"best\"\nsplit = \"dev\"\ngroup = \"a\"\n[task]",
            "reviews.toml:39: `subsets.group`: got `a`, expected none: `columns` has no `group`",
        ),
    ];
    for (from, to, expected) in cases {
        let error = parse(&with(from, to)).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with(expected), "{message}\n{expected}");
        assert!(matches!(error, LmcError::Format { line: Some(_), .. }), "{message}");
    }
}

#[test]
fn a_task_is_for_examples() {
    let text = include_str!("../../../data-manifests/bert-tiny.toml").to_owned()
        + "\n[task]\nscored = \"id\"\nmetric = \"f1\"\nrecipe = \"google\"\nsets = [{ name = \"id\" }]\n";
    let message = parse(&text).unwrap_err().to_string();
    assert!(
        message.starts_with("reviews.toml:2: `task` does not belong in a manifest of this kind"),
        "{message}"
    );
    let text =
        include_str!("../../../data-manifests/mini-nli.toml").replace("counterexample_share = 0.02", "");
    let message = parse(&text).unwrap_err().to_string();
    assert!(
        message.contains("`task.counterexample_share`: got none, expected a share from 0 to 0.5"),
        "{message}"
    );
}
