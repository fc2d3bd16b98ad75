use super::*;

fn parse(text: &str) -> Result<MergeConfig> {
    MergeConfig::parse(text, Path::new("merge.yml"))
}

fn refused(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn a_configuration_gives_models_base_and_method() {
    let config = parse(
        "models:\n  - model: base\n  - model: a\n    parameters:\n      density: 0.5\n      weight: 0.3\n  \
         - model: b\n    parameters: {density: 0.5, weight: 0.7}\nmerge_method: dare_ties\nbase_model: base\n\
         parameters:\n  int8_mask: true\n  lambda: 1.5\n  normalize: yes\ndtype: bfloat16\n",
    )
    .unwrap();
    let MergeMethod::TaskVectors(usual) = MergeMethod::dare(0.5, true) else {
        panic!("dare has task vectors")
    };
    let expected = TaskVectors { lambda: 1.5, normalize: true, ..usual };
    assert_eq!(config.options.method, MergeMethod::TaskVectors(expected));
    assert_eq!((config.models, config.base), (vec!["a".into(), "b".into()], Some("base".into())));
    assert_eq!(config.options.weights, Some(vec![0.3, 0.7]));
    assert_eq!(config.ignored, ["dtype", "int8_mask"]);
}

#[test]
fn mergekits_defaults_are_taken() {
    let of = |method: &str, rest: &str| {
        let text = format!(
            "merge_method: {method}\nbase_model: c\nmodels: [{{model: a}}, {{model: b}}]\nparameters: {{weight: 1{rest}}}"
        );
        parse(&text).unwrap().options
    };
    assert_eq!(of("ties", "").method, MergeMethod::ties(1.0));
    assert_eq!(of("della", ", density: 0.7").method, MergeMethod::della(0.7, 0.15, true));
    assert_eq!(of("breadcrumbs", ", density: [0.9]").method, MergeMethod::breadcrumbs(0.9, 0.01, false));
    assert_eq!(of("linear", ", normalize: 0").method, MergeMethod::Linear { normalize: false });
    assert_eq!(of("linear", ", density: 0.5").weights, Some(vec![1.0, 1.0]));
    let stock = of("model_stock", ", filter_wise: true");
    assert_eq!(stock.method, MergeMethod::ModelStock(ModelStock { filter_wise: true }));
    assert_eq!(stock.weights, None);
    let filtered = of("ties", ", density: [{value: 0.25}]");
    assert_eq!(filtered.method, MergeMethod::ties(0.25));
}

#[test]
fn slerp_starts_at_its_base() {
    for models in ["[{model: a}, {model: b}]", "[{model: b}, {model: a}]", "[{model: b}]"] {
        let text = format!("merge_method: slerp\nbase_model: a\nmodels: {models}\nparameters: {{t: 1e-1}}\n");
        let config = parse(&text).unwrap();
        assert_eq!(config.models, ["a", "b"], "{models}");
        assert_eq!((config.base, config.options.weights), (None, None));
        assert_eq!(config.options.method, MergeMethod::Slerp { t: 0.1 });
    }
}

#[test]
fn what_cannot_be_done_here_is_told() {
    let with = |parameters: &str| {
        refused(&format!(
            "merge_method: ties\nbase_model: c\nmodels: [{{model: a}}, {{model: b}}]\nparameters: {parameters}"
        ))
    };
    assert!(with("{density: 0.5}").contains("a has no weight"));
    assert!(with("{weight: [0.1, 0.9]}").contains("weight changes from layer to layer; give one number"));
    let filters = with("{weight: [{filter: mlp, value: 0.5}, {value: 1}]}");
    assert!(filters.contains("weight changes from layer to layer"), "{filters}");
    let filter = with("{weight: {filter: mlp, value: 0.5}}");
    assert!(filter.contains("weight differs from tensor to tensor"), "{filter}");
    assert!(with("{weight: 1, normalize: perhaps}").contains("normalize is neither true nor false"));
    assert!(with("{weight: heavy}").contains("weight is no number"));
    let densities = "merge_method: ties\nbase_model: c\nmodels:\n- {model: a, parameters: {weight: 1, density: 0.5}}\n\
                     - {model: b, parameters: {weight: 1}}\n";
    assert!(refused(densities).contains("density of b is 1, that of another model is not"));
    let slices = "merge_method: slerp\nslices:\n- sources: []\n";
    assert!(refused(slices).contains("merge.yml: slices put layers of models together; give whole models"));
    assert!(refused("models: [{model: a}]\n").contains("it has no merge_method"));
    assert!(refused("merge_method: ties\n").contains("it lists no models"));
    assert!(refused("merge_method: ties\nmodels: [a]\n").contains("entry 1 of models has no text"));
    let adapter = refused("merge_method: linear\nmodels: [{model: a+lora}]\n");
    assert!(adapter.contains("name the folder of the adapter"), "{adapter}");
    assert!(
        refused("merge_method: nuslerp\nmodels: [{model: a}]").contains("unknown way to merge `nuslerp`")
    );
    assert!(refused("merge_method: linear\nmodel: a\n").contains("unknown key `model`"));
    assert!(refused("merge_method: slerp\nmodels: [{model: a}, {model: b}]").contains("slerp has no t"));
    let own = refused("merge_method: slerp\nmodels: [{model: a, parameters: {t: 0.5}}]");
    assert!(own.contains("t is no parameter of a single model"), "{own}");
}

#[test]
fn what_is_no_yaml_is_refused_with_its_line() {
    assert!(refused("").contains("it is empty"));
    assert!(refused("- a\n- b\n").contains("it has no keys"));
    assert!(refused("a: 1\n---\nb: 2\n").contains("it has 2 documents"));
    let broken = refused("merge_method: ties\nmodels: [{model: a}\nx: }\n");
    assert!(broken.contains("merge.yml:3: ") || broken.contains("merge.yml:2: "), "{broken}");
    let deep = format!("models: {}", "[".repeat(200_000));
    assert!(refused(&deep).contains("merge.yml"));
}
