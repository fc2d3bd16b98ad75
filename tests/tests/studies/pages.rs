//! Pages of reports: their numbers are those of the tables, and what they need is found in the store.

use lmc::analyses::convexity::{Convexity, ConvexityOptions};
use lmc::analyses::layers::{LayerColumns, LayerKindColumns, LayerOptions, Layers, Moving};
use lmc::analyses::page::{Page, PageOptions};
use lmc::analyses::sharpness::{SharpnessColumns, SharpnessRecipe};
use lmc::basin::{Basins, ClusterOptions};
use lmc::study::{Metric, Models};
use lmc::sweep::Grid;
use lmc::table::{BasinColumns, ConvexityColumns, EvaluationColumns, GapColumns, ProfileColumns, Table};
use lmc::{LmcError, Result};
use lmc_tests::files::files;
use lmc_tests::page::Content;
use lmc_tests::small;

/// Checks that numbers are equal but for float32.
fn same(what: &str, got: &[f64], expected: &[f64]) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        assert!(
            (got - expected).abs() <= 1e-6 * expected.abs().max(1e-3),
            "{what}: {got}, expected {expected}"
        );
    }
}

fn page(models: &Models, options: &PageOptions) -> Result<Content> {
    models.page(options).map(|page| Content::of(page.html()))
}

#[test]
fn the_numbers_of_a_page_are_those_of_the_tables() {
    let root = tempfile::tempdir().unwrap();
    let models = small::models(root.path(), 4);
    let options = PageOptions { n_resamples: 50, stages: true, ..PageOptions::default() };
    let content = page(&models, &options).unwrap();
    assert_eq!(content.data["models"], serde_json::json!(models.names()));
    for (i, set) in ["id", "lo"].into_iter().enumerate() {
        let sweep = models.sweep(set, Grid::TENTHS).unwrap();
        let (gaps, profiles) = (sweep.gaps().unwrap(), sweep.table().unwrap());
        let at = |name: &str| format!("/lines/{i}/{name}");
        assert_eq!(content.data.pointer(&at("set")).unwrap(), set);
        same("gaps", &content.block(&at("convexity_gap")), &GapColumns::convexity_gap(&gaps).unwrap());
        same("heights", &content.block(&at("barrier_height")), &GapColumns::barrier_height(&gaps).unwrap());
        same("areas", &content.block(&at("auc")), &GapColumns::auc(&gaps).unwrap());
        same("distances", &content.block("/distance"), &GapColumns::euclidean_distance(&gaps).unwrap());
        same("losses", &content.block(&at("loss")), &ProfileColumns::loss(&profiles).unwrap());
        let right = content.block(&at("metrics/0/block"));
        let n = content.data.pointer(&at("n")).unwrap().as_f64().unwrap();
        let shares: Vec<f64> = right.iter().map(|right| right / n).collect();
        let accuracies: Vec<f64> =
            ProfileColumns::accuracy(&profiles).unwrap().into_iter().map(Option::unwrap).collect();
        same("accuracies", &shares, &accuracies);
    }
    let sweep = models.sweep("id", Grid::TENTHS).unwrap();
    let basins = sweep.basins(&ClusterOptions::default()).unwrap().table().unwrap();
    same("memberships", &content.numbers("/basins/membership"), &BasinColumns::membership(&basins).unwrap());
    let clusters: Vec<f64> =
        BasinColumns::cluster(&basins).unwrap().into_iter().map(|cluster| cluster as f64 - 1.0).collect();
    same("clusters", &content.numbers("/basins/cluster"), &clusters);
    let confidence = sweep
        .confidence(&lmc::analyses::confidence::ConfidenceOptions { n_resamples: 50, ..Default::default() });
    let lows: Vec<f64> = confidence.unwrap().lines.iter().map(|line| line.convexity_gap.low).collect();
    same("intervals", &content.block("/intervals/convexity_gap/0"), &lows);
    let sets = content.data["sets"].as_array().unwrap();
    for (i, set) in sets.iter().enumerate() {
        let table = models.evaluations(&[set["name"].as_str().unwrap()]).unwrap();
        for metric in Metric::ALL {
            let values: Vec<f64> = EvaluationColumns::of_metric(&table, metric)
                .unwrap()
                .into_iter()
                .map(Option::unwrap)
                .collect();
            same("metrics", &content.numbers(&format!("/evaluations/{}/{i}", metric.column())), &values);
        }
    }
    // The right predictions of all kinds of a set are those of the set.
    let kinds = content.data["kinds"].as_array().unwrap();
    assert!(kinds.len() >= 2, "{kinds:?}");
    let of_set = |name: &str| kinds.iter().filter(|kind| kind["set"] == name).collect::<Vec<_>>();
    let (lo, n) = (of_set("lo"), sets.iter().find(|set| set["name"] == "lo").unwrap()["n"].as_u64().unwrap());
    let right: u64 = lo.iter().map(|kind| kind["right"][0].as_u64().unwrap()).sum();
    assert_eq!(lo.iter().map(|kind| kind["n"].as_u64().unwrap()).sum::<u64>(), n);
    same("kinds", &[right as f64 / n as f64], &models.scores("lo", Metric::Accuracy).unwrap()[..1]);
}

#[test]
fn a_page_finds_everything_in_the_store() {
    let root = tempfile::tempdir().unwrap();
    let models = small::models(&root.path().join("store"), 3);
    let path = root.path().join("pages/report.html");
    models.report(&path).unwrap();
    let before = files(&root.path().join("store"));
    models.report(&path).unwrap();
    assert!(files(&root.path().join("store")) == before, "nothing is computed again");
    // A page may be replaced, another file may not.
    Page::check_place(&path, false).unwrap();
    std::fs::write(&path, "<html>mine</html>").unwrap();
    assert!(matches!(Page::check_place(&path, false), Err(LmcError::Occupied { .. })));
    Page::check_place(&path, true).unwrap();
    assert!(matches!(models.report(root.path().join("report.png")), Err(LmcError::UnknownName { .. })));
    // Two models are too few for basins; other sets and a title.
    let two = small::models(&root.path().join("store"), 2);
    let options = PageOptions {
        title: Some("</title><script>alert(1)</script>".into()),
        beside: Some(Vec::new()),
        ..PageOptions::default()
    };
    let content = page(&two, &options).unwrap();
    assert!(content.data["basins"].is_null() && content.data["intervals"].is_null());
    assert_eq!(content.data["lines"].as_array().unwrap().len(), 1);
    assert_eq!(content.data["title"], "</title><script>alert(1)</script>");
}

fn basins(models: &Models) -> Basins {
    models.sweep("id", Grid::TENTHS).unwrap().basins(&ClusterOptions::default()).unwrap()
}

/// Returns the numbers that every object of an array has under a name.
fn column(content: &Content, path: &str, name: &str) -> Vec<f64> {
    let rows = content.data.pointer(path).unwrap().as_array().unwrap();
    (0..rows.len())
        .map(|i| content.data.pointer(&format!("{path}/{i}/{name}")).unwrap().as_f64().unwrap())
        .collect()
}

fn check_layers(content: &Content, number: usize, layers: &Layers, basins: &Basins) {
    let kinds = layers.kinds(basins).unwrap();
    let path = format!("/layers/{number}/rows");
    same("excess", &column(content, &path, "excess"), &LayerKindColumns::excess(&kinds).unwrap());
    same("low", &column(content, &path, "low"), &LayerKindColumns::excess_low(&kinds).unwrap());
    same("high", &column(content, &path, "high"), &LayerKindColumns::excess_high(&kinds).unwrap());
    let on = &content.data["layers"][number];
    assert_eq!((&on["set"], on["parts"].as_array().unwrap().len()), (&layers.dataset.as_str().into(), 5));
    assert_eq!(on["rows"][0]["part"], LayerColumns::part(&layers.table().unwrap()).unwrap()[0]);
}

fn check_convexity(content: &Content, convexity: &Convexity) {
    let (table, path) = (convexity.table().unwrap(), "/simplices/rows");
    same("held out", &column(content, path, "held_out/0"), &ConvexityColumns::eps_held_out(&table).unwrap());
    same("low", &column(content, path, "held_out/1"), &ConvexityColumns::eps_low(&table).unwrap());
    same("high", &column(content, path, "held_out/2"), &ConvexityColumns::eps_high(&table).unwrap());
    same("mean", &column(content, path, "mean/0"), &ConvexityColumns::mean(&table).unwrap());
    same("largest", &column(content, path, "largest"), &ConvexityColumns::eps(&table).unwrap());
}

#[test]
fn layers_convexity_and_sharpness_are_those_of_the_options() {
    let root = tempfile::tempdir().unwrap();
    let models = small::models(root.path(), 3);
    let recipe = SharpnessRecipe { n_updates: 2, n_examples: 64, ..SharpnessRecipe::mini() };
    let layers = LayerOptions {
        moving: Moving::UpTo,
        pairs: vec![[0, 1], [2, 1]],
        n_resamples: 50,
        ..LayerOptions::default()
    };
    let convexity = ConvexityOptions { sizes: vec![2], n_points: 6, n_resamples: 50, ..Default::default() };
    let options = PageOptions {
        sharpness: Some(recipe.clone()),
        layers: Some(layers.clone()),
        convexity: Some(convexity.clone()),
        ..PageOptions::default()
    };
    let content = page(&models, &options).unwrap();
    let basins = basins(&models);
    for (number, set) in ["id", "lo"].into_iter().enumerate() {
        check_layers(&content, number, &models.layers(set, &layers).unwrap(), &basins);
    }
    assert_eq!(content.data["layers"][0]["moving"], "up-to");
    check_convexity(&content, &models.convexity("id", &basins, &convexity).unwrap());
    assert_eq!(content.data["facts"][0]["name"], "sharpness");
    let sharpness = SharpnessColumns::sharpness(&models.sharpness(&recipe).unwrap()).unwrap();
    same("sharpness", &content.numbers("/facts/0/values"), &sharpness);
    assert!(content.data["provenance"].to_string().contains("2 updates"), "{}", content.data["provenance"]);
}

#[test]
fn layers_convexity_and_sharpness_are_shown_if_the_store_has_all() {
    let root = tempfile::tempdir().unwrap();
    let models = small::models(root.path(), 3);
    let content = |shows: [bool; 3]| {
        let content = page(&models, &PageOptions { n_resamples: 0, ..PageOptions::default() }).unwrap();
        let has_sharpness = content.data["facts"][0]["name"] == "sharpness";
        let has_layers = content.data["layers"] != serde_json::json!([]);
        assert_eq!([has_sharpness, has_layers, !content.data["simplices"].is_null()], shows);
        content
    };
    content([false; 3]);
    // Averages of one pair are not all.
    let pair = LayerOptions { pairs: vec![[0, 1]], ..LayerOptions::default() };
    models.layers("lo", &pair).unwrap();
    content([false; 3]);
    let all = models.layers("lo", &LayerOptions::default()).unwrap();
    let basins = basins(&models);
    let one = content([false, true, false]);
    assert_eq!(one.data["layers"].as_array().unwrap().len(), 1);
    check_layers(&one, 0, &all, &basins);
    models.sharpness(&SharpnessRecipe::mini()).unwrap();
    content([true, true, false]);
    let convexity = models.convexity("id", &basins, &ConvexityOptions::default()).unwrap();
    let before = files(root.path());
    check_convexity(&content([true; 3]), &convexity);
    assert!(files(root.path()) == before, "nothing is computed again");
}

#[test]
fn wrong_options_are_told_before_any_work() {
    let root = tempfile::tempdir().unwrap();
    let models = small::models(root.path(), 2);
    let before = files(root.path());
    let error = |options: PageOptions| models.page(&options).unwrap_err().to_string();
    let beside = |sets: &[&str]| Some(sets.iter().map(|set| (*set).to_owned()).collect());
    let unknown = error(PageOptions { beside: beside(&["lo", "nowhere"]), ..PageOptions::default() });
    assert!(unknown.contains("unknown evaluation set `nowhere`"), "{unknown}");
    let twice = error(PageOptions { beside: beside(&["lo", "id"]), ..PageOptions::default() });
    assert_eq!(twice, "`beside`: got id twice, expected each set once");
    let many = error(PageOptions { n_resamples: 1_000_000, ..PageOptions::default() });
    assert!(many.contains("n_resamples"), "{many}");
    let layers = Some(LayerOptions::default());
    let few = error(PageOptions { layers, ..PageOptions::default() });
    assert_eq!(few, "`seeds`: got 2 models, expected at least 3 for layers in a page");
    let convexity = Some(ConvexityOptions::default());
    let few = error(PageOptions { convexity, ..PageOptions::default() });
    assert_eq!(few, "`seeds`: got 2 models, expected at least 3 for convexity in a page");
    assert!(files(root.path()) == before, "nothing was computed");
    let root = tempfile::tempdir().unwrap();
    let models = small::models(root.path(), 3);
    let before = files(root.path());
    let layers = Some(LayerOptions { pairs: vec![[0, 3]], ..LayerOptions::default() });
    let message = models.page(&PageOptions { layers, ..PageOptions::default() }).unwrap_err().to_string();
    assert_eq!(message, "`layers.pairs`: got [0, 3], expected numbers below 3");
    assert!(files(root.path()) == before, "nothing was computed");
}
