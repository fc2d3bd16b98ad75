//! The names of runs: those that version 0.1 gave, so that its stores stay readable.

use super::{ModelSpec, Recipe, RunSpec, TaskSpec};
use lmc_base::step::Step;

/// The names and the JSON that they are made from, two lines a run, as version 0.1.0 wrote them; at the
/// end those in other precisions than float32, which came later. If a line changes here, stores of that version
/// are no longer read.
const GOLDEN: &str = include_str!("../../../../../tests/golden/run_names.txt");

/// Returns a recipe with the length that those of the embedded task had in version 0.1.
fn with_old_length(recipe: Recipe) -> Recipe {
    let is_mini = recipe.length == Recipe::mini().length;
    Recipe { length: if is_mini { Step::Iterations(300) } else { recipe.length }, ..recipe }
}

/// Returns the runs of the golden file in its order: every task with every recipe, and the choices beside.
fn runs() -> Vec<RunSpec> {
    let model = |fresh_pooler| ModelSpec { name: "encoder".into(), sha256: "ab".repeat(32), fresh_pooler };
    let run = |task: &TaskSpec, recipe: Recipe, seed| RunSpec {
        task: task.clone(),
        train_sha256: "cd".repeat(32),
        model: model(false),
        recipe: with_old_length(recipe),
        seed,
        stack: Vec::new(),
        precision: RunSpec::FLOAT32.to_owned(),
    };
    let mut runs = Vec::new();
    for name in ["mini-nli", "cola", "mnli", "qqp", "paws-qqp"] {
        let task = TaskSpec::named(name).unwrap();
        let task = if name == "mini-nli" { task.with_counterexample_share(0.01) } else { task };
        runs.push(run(&task, task.recipe(), 1));
        runs.extend(Recipe::NAMES.map(|recipe| run(&task, task.recipe_named(recipe).unwrap(), 0)));
        let part = task.with_n_train(77).with_data_seed(u64::MAX);
        runs.push(RunSpec { stack: vec![3, 4], model: model(true), ..run(&part, part.recipe(), 3) });
    }
    let cola = TaskSpec::named("cola").unwrap();
    for precision in ["tf32", "fp16", "bf16", RunSpec::PORTABLE] {
        runs.push(RunSpec { precision: precision.to_owned(), ..run(&cola, cola.recipe(), 1) });
    }
    runs
}

#[test]
fn runs_have_the_names_that_they_had() {
    let runs = runs();
    let lines: Vec<&str> = GOLDEN.lines().collect();
    assert_eq!(lines.len(), 2 * runs.len());
    for (run, expected) in runs.iter().zip(lines.chunks(2)) {
        let json = serde_json::to_value(run).unwrap().to_string();
        assert_eq!([run.run_id().as_str(), json.as_str()], expected);
        assert_eq!(&serde_json::from_str::<RunSpec>(&json).unwrap(), run);
    }
}
