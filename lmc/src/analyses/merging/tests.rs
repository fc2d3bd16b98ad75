use super::*;
use crate::study::Metric;

#[test]
fn impossible_options_are_refused_by_field() {
    type Change = fn(&mut MergingOptions);
    let cases: [(&str, Change); 8] = [
        ("`merging.methods`: got none", |o| o.methods.clear()),
        ("`merging.methods`: got linear twice", |o| o.methods = vec![MergeMethod::linear(); 2]),
        ("`merge.density`: got 2", |o| o.methods = vec![MergeMethod::ties(2.0)]),
        ("`merging.sizes`: got 1", |o| o.sizes = vec![1]),
        ("`merging.sizes`: got none", |o| o.sizes.clear()),
        ("`merging.n_subsets`", |o| o.n_subsets = 0),
        ("`merging.n_resamples`", |o| o.n_resamples = 0),
        ("`merging.confidence`", |o| o.confidence = 1.0),
    ];
    for (field, change) in cases {
        let mut options = MergingOptions::new(Metric::Accuracy);
        change(&mut options);
        let error = options.check().unwrap_err().to_string();
        assert!(error.starts_with(field), "{error}");
    }
    let usual = MergingOptions::new(Metric::Loss);
    usual.validate().unwrap();
    assert_eq!(usual.methods.len(), MergeMethod::NAMES.len());
}
