//! Tests soups of the copies of a study: their weights, their results, and the folder that they are saved as.

use std::collections::BTreeSet;

use lmc::analyses::soups::{SoupOptions, Soups};
use lmc::basin::{Basins, ClusterOptions};
use lmc::eval::{Logits, evaluate};
use lmc::model::{load_finetuned, save_folder};
use lmc::study::Models;
use lmc::sweep::Grid;
use lmc::table::{Metric, SOUP_KINDS, SOUPS, Table};
use lmc_tests::reference::reference_script;
use lmc_tests::small;

fn soups(models: &Models) -> Soups {
    let sweep = models.sweep("id", Grid::new(3).unwrap()).unwrap();
    let options = ClusterOptions::default();
    let basins = Basins { n_basins: 2, cluster: vec![0, 0, 0, 1, 1], ..sweep.basins(&options).unwrap() };
    let options =
        SoupOptions { sizes: vec![2], n_subsets: 3, n_resamples: 50, ..SoupOptions::new(Metric::Accuracy) };
    models.soups("id", "lo", &basins, &options).unwrap()
}

#[test]
fn soups_are_averages_of_weights_and_ensembles_of_logits() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 5);
    let soups = soups(&models);
    assert_eq!(soups.n_choosing, 256);
    let task = models.study().task();
    for dataset in ["id", "lo"] {
        let set = task.set(dataset).unwrap();
        let logits = models.logits(dataset).unwrap();
        let own: Vec<_> = soups.results.iter().filter(|result| result.dataset() == dataset).collect();
        // There are 5 single ones and the best, 3 + 1 pairs and a triple within, 3 + 3 across, 3 + 3 of any,
        // all, and greedy by two metrics.
        assert_eq!(own.len(), 6 + 5 + 6 + 6 + 1 + 2);
        for result in own {
            let ingredients = &result.choice.models;
            let soup = models.soup(ingredients).unwrap();
            let whole = evaluate(&task.classifier, soup.theta(), &set.batches(), set.encoded.len()).unwrap();
            // The results are over a part of the examples, in their order.
            let mut rest = whole.losses.iter();
            let found =
                result.soup.outcome.losses.iter().all(|loss| rest.any(|other| (other - loss).abs() < 1e-4));
            assert!(found, "{:?} on {dataset}", result.choice);
            let expected_rest = if dataset == "id" { 200..=256 } else { 500..=512 };
            assert!(expected_rest.contains(&result.excess.len()), "{}", result.excess.len());
            let members: Vec<&Logits> = ingredients.iter().map(|&model| &logits[model]).collect();
            let ensemble = Logits::mean(&members).unwrap().outcome(&set.labels()).unwrap();
            let mut rest = ensemble.losses.iter();
            assert!(result.ensemble.outcome.losses.iter().all(|loss| rest.any(|other| other == loss)));
            if ingredients.len() == 1 {
                assert!(result.excess.iter().all(|excess| excess.abs() < 1e-6));
                assert!(result.ensemble_excess.iter().all(|excess| excess.abs() < 1e-4));
            }
            // The logit ensemble's loss is at most the mean of its members': the cross-entropy is convex in
            // the logits.
            assert!(result.ensemble_excess.iter().all(|&excess| excess < 1e-4));
        }
    }
    let (table, kinds) = (soups.table().unwrap(), soups.kinds().unwrap());
    SOUPS.check(&table).unwrap();
    SOUP_KINDS.check(&kinds).unwrap();
    assert_eq!(table.height(), 3 * soups.results.len());
    let mean = |name: &str, row: usize| kinds.column(name).unwrap().f64().unwrap().get(row).unwrap();
    for row in 0..kinds.height() {
        assert!((mean("excess", row) - (mean("soup_loss", row) - mean("singles_loss", row))).abs() < 1e-6);
        assert!(
            mean("excess_low", row) <= mean("excess", row) && mean("excess", row) <= mean("excess_high", row)
        );
    }
    let again = self::soups(&models);
    assert!(again.table().unwrap().equals(&table), "what is in the store is found again");
}

#[test]
fn the_best_and_the_greedy_are_chosen_on_the_other_half() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 5);
    let soups = soups(&models);
    assert_eq!(
        soups.greedy.iter().map(|(metric, _)| *metric).collect::<Vec<_>>(),
        [Metric::Accuracy, Metric::Loss]
    );
    for (metric, greedy) in &soups.greedy {
        // Models are tried from best to worst. Those that are kept never make the score worse, and the first
        // is the best single model.
        assert_eq!(greedy.trials.iter().map(|trial| trial.model).collect::<BTreeSet<_>>().len(), 5);
        let mut best = greedy.trials[0].score;
        for trial in &greedy.trials[1..] {
            let is_no_worse =
                if metric.larger_is_better() { trial.score >= best } else { trial.score <= best };
            assert_eq!(trial.kept, is_no_worse, "{metric}: {trial:?}");
            best = if trial.kept { trial.score } else { best };
        }
        assert_eq!(greedy.score, best);
    }
    let kind = |kind: &str| soups.results.iter().find(|result| result.choice.kind == kind).unwrap();
    assert_eq!(kind("best single").choice.models, [soups.greedy[0].1.trials[0].model]);
    assert_eq!(kind("greedy by loss").choice.models, soups.greedy[1].1.ingredients);
}

#[test]
fn a_saved_soup_is_a_classifier_and_the_mean_of_its_ingredients_by_numpy() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 3);
    let task = models.study().task();
    let config = task.classifier.config().clone().with_labels(["entailment", "non-entailment"]);
    let path = |name: &str| folder.path().join(name);
    let soup = models.soup(&[2, 0, 1]).unwrap();
    save_folder(&path("soup"), &config, &soup).unwrap();
    assert_eq!(load_finetuned(&path("soup")).unwrap().weights.theta(), soup.theta());
    let error = models.soup(&[0, 7]).unwrap_err().to_string();
    assert_eq!(error, "`model`: got 7, expected a number below 3");
    let Some(mut script) = reference_script("check_soup.py") else { return };
    script.arg(path("soup"));
    for model in models.models() {
        save_folder(&path(&model.name), &config, &models.weights_of(model).unwrap()).unwrap();
        script.arg(path(&model.name));
    }
    let output = script.output().unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    println!("{report}");
    assert!(report.contains("non-entailment"), "{report}");
}
