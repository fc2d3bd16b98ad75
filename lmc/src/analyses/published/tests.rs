use super::*;
use crate::analyses::basins::{Arithmetic, cluster_statistics};
use crate::analyses::correlations::correlations;
use crate::figure;
use crate::study::{EVALUATIONS, EvaluationColumns, Metric, scores};

/// Columns before the templates, and the templates by subset, as in the published file.
const HEADER: &str = "Run,MNLI dev acc.,Lexical (entailed),Subseq (entailed),Constituent (entailed),\
    Lexical (nonent),Subseq (nonent),Constituent (nonent),Overall accuracy,ln_subject/object_swap,ln_preposition,\
    ln_relative_clause,ln_passive,ln_conjunction,le_relative_clause,le_around_prepositional_phrase,\
    le_around_relative_clause,le_conjunction,le_passive,sn_NP/S,sn_PP_on_subject,sn_relative_clause_on_subject,\
    sn_past_participle,sn_NP/Z,se_conjunction,se_adjective,se_understood_object,se_relative_clause_on_obj,\
    se_PP_on_obj,cn_embedded_under_if,cn_after_if_clause,cn_embedded_under_verb,cn_disjunction,cn_adverb,\
    ce_embedded_under_since,ce_after_since_clause,ce_embedded_under_verb,ce_conjunction,ce_adverb";

/// A row whose means fit: non-entailed subsets at a run's own accuracy, entailed ones at 1.
fn row(run: usize) -> String {
    let low = run as f64 / 1000.0;
    let templates =
        [low, 1.0, low, 1.0, low, 1.0].map(|score| vec![score.to_string(); 5].join(",")).join(",");
    let overall = (1.0 + low) / 2.0;
    format!("Run {run},0.{},1,1,1,{low},{low},{low},{overall},{templates}", 8400 + run)
}

/// A whole table of invented numbers.
fn text() -> String {
    let rows: Vec<String> = (0..100).rev().map(row).collect();
    let summary = format!("Mean,{}", ["0.5"; 38].join(","));
    format!("\u{feff}{HEADER}\r\n{}\r\n{summary}\r\n{}", rows.join("\r\n"), ",".repeat(38))
}

fn read(text: &[u8]) -> Result<DataFrame> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accuracies_by_run.csv");
    std::fs::write(&path, text).unwrap();
    read_accuracies(&path)
}

fn problem(text: &str) -> String {
    let error = read(text.as_bytes()).unwrap_err().to_string();
    let problem = error.split_once("accuracies_by_run.csv").unwrap().1;
    problem.split_once("; this must be").unwrap().0.to_owned()
}

#[test]
fn runs_in_any_order_become_evaluations_on_eight_sets() {
    let table = read(text().as_bytes()).unwrap();
    EVALUATIONS.check(&table).unwrap();
    assert_eq!(table.height(), 800);
    let models = ["feather-berts-0", "feather-berts-99"].map(str::to_owned);
    let of = |set| scores(&table, set, Metric::Accuracy, &models).unwrap();
    assert_eq!(of("id"), [0.84, 0.8499]);
    assert_eq!((of("hans-lo"), of("hans-constituent-entailed")), (vec![0.0, 0.099], vec![1.0, 1.0]));
    assert_eq!(of("hans"), [0.5, 0.5495]);
    let sets = EvaluationColumns::dataset(&table).unwrap();
    let sizes = EvaluationColumns::n_examples(&table).unwrap();
    assert_eq!(
        (&*sets[0], sizes[0], &*sets[100], sizes[100], sizes[200]),
        ("id", 9815, "hans", 30_000, 5000)
    );
    let error = scores(&table, "id", Metric::Loss, &models).unwrap_err().to_string();
    assert!(error.contains("`loss` has 2 empty values"), "{error}");
}

#[test]
fn damaged_tables_are_refused_with_the_line() {
    let changed = |from: &str, to: &str| {
        let text = text();
        assert!(text.contains(from), "{from}");
        problem(&text.replacen(from, to, 1))
    };
    assert_eq!(changed("Subseq (nonent)", "Subseq"), ":1: column 7 is `Subseq` instead of `Subseq (nonent)`");
    assert_eq!(changed(",ce_adverb", ""), ":1: 38 columns instead of 39");
    assert_eq!(changed("Run 98,", "Run 99,"), ":3: Run 99 is there twice");
    assert_eq!(changed("Run 98,", "Run 100,"), ":3: `Run 100` instead of a run from Run 0 to Run 99");
    assert_eq!(changed("Run 98,", "Run +1,"), ":3: `Run +1` instead of a run from Run 0 to Run 99");
    assert_eq!(changed("Run 98,", "98,"), ":3: `98` instead of a run from Run 0 to Run 99");
    let number = "`MNLI dev acc.` is `%` instead of a number from 0 to 1";
    for wrong in ["x", "", "NaN", "inf", "-0.1", "1.01"] {
        let expected = format!(":3: {}", number.replace('%', wrong));
        assert_eq!(changed("Run 98,0.8498,", &format!("Run 98,{wrong},")), expected);
    }
    assert_eq!(changed("0.098,0.098,0.098,0.549", "0.098,0.098,0.549"), ":3: 38 columns instead of 39");
    let means = changed("Run 98,0.8498,1,1,1,0.098", "Run 98,0.8498,1,1,1,0.198");
    assert_eq!(means, ":3: `Lexical (nonent)` is 0.198, but the mean of its templates is 0.0980000");
    let overall = changed(",0.549,", ",0.545,");
    assert_eq!(overall, ":3: `Overall accuracy` is 0.545, but the mean of its subsets is 0.5490000");
    let cut = text().split_once("Run 3,").unwrap().0.to_owned();
    assert_eq!(problem(&cut), ":97: Run 0 is missing, there are 100, from 0");
    assert_eq!(problem(""), ":1: column 1 is `` instead of `Run`");
    let mut bytes = text().into_bytes();
    bytes[2000] = 0xff;
    let error = read(&bytes).unwrap_err().to_string();
    assert!(error.contains("not UTF-8"), "{error}");
}

#[test]
fn a_folder_at_hand_may_have_the_file_in_a_subfolder_and_must_have_its_content() {
    let home = tempfile::tempdir().unwrap();
    let fetcher = Fetcher::new(home.path().join("hub"), home.path()).with_offline(true);
    let at = |folder: &Path| feather_berts_at(&fetcher, folder).unwrap_err();
    let missing = at(home.path()).to_string();
    assert!(
        missing.starts_with(&format!("`LMC_DATA`: got {}, expected a folder with", home.path().display()))
    );
    assert!(
        missing.contains("berts_of_a_feather_accuracies_by_run.csv or accuracies_by_run.csv"),
        "{missing}"
    );
    let folder = home.path().join("feather-berts");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("accuracies_by_run.csv"), text()).unwrap();
    let error = at(home.path());
    assert!(matches!(&error, LmcError::Format { .. }) && error.to_string().contains("SHA-256"), "{error}");
    let error = feather_berts_by(&fetcher).unwrap_err();
    assert!(matches!(error, LmcError::Offline { .. }), "{error}");
}

#[test]
fn what_to_do_without_a_network_names_the_variable() {
    let error =
        LmcError::Network { url: "u".into(), status: None, problem: "p".into(), remedy: "try again".into() };
    let told = with_variable(error).to_string();
    assert_eq!(told, "fetch u: p; try again, or set LMC_DATA to a folder that has the file");
    assert_eq!(with_variable(LmcError::Figure("f".into())).to_string(), "figure: f");
}

#[test]
fn the_rows_of_mnli_in_table_1_come_out_to_the_printed_digits() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !folder.join("feather-berts").is_dir() {
        println!("SKIPPED: {} is not there", folder.join("feather-berts").display());
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let fetcher = Fetcher::new(home.path().join("hub"), home.path()).with_offline(true);
    let evaluations = feather_berts_at(&fetcher, &folder).unwrap();
    let clusters = clusters("mnli").unwrap();
    let scored = [("id", Metric::Accuracy), ("hans-lo", Metric::Accuracy)];
    let row = |arithmetic, row: usize, digits: usize| -> Vec<String> {
        let table = cluster_statistics(&clusters, &evaluations, &scored, arithmetic).unwrap();
        let value = |name: &&str| table.column(name).unwrap().f64().unwrap().get(row).unwrap();
        let (spread, ratios) = (["mean_1", "sd_1", "mean_2", "sd_2"], ["difference", "margin"]);
        let spread = spread.iter().map(|name| format!("{:.3}", value(name)));
        spread.chain(ratios.iter().map(|name| format!("{:.digits$}", value(name)))).collect()
    };
    assert_eq!(row(Arithmetic::Rounded, 0, 2), ["0.844", "0.002", "0.839", "0.002", "2.50", "1.00"]);
    assert_eq!(row(Arithmetic::Rounded, 1, 2), ["0.301", "0.110", "0.096", "0.033", "1.86", "1.30"]);
    assert_eq!(row(Arithmetic::Exact, 0, 4), ["0.844", "0.002", "0.839", "0.002", "2.4672", "0.9907"]);
    assert_eq!(row(Arithmetic::Exact, 1, 4), ["0.301", "0.110", "0.096", "0.033", "1.8680", "1.3095"]);
    let sets = ["id", "hans-lo", "hans-subsequence", "hans-constituent"];
    let matrix = correlations(&evaluations, &sets, Metric::Accuracy).unwrap();
    figure::correlation_matrix(&matrix).unwrap().to_svg().unwrap();
    let panels = sets.map(|set| (set, Metric::Accuracy));
    let svg = figure::histograms(&clusters, &evaluations, &panels).unwrap().to_svg().unwrap();
    assert!(svg.contains("basin 1 (larger), 88 models") && svg.contains("basin 2 (smaller), 12 models"));
}
