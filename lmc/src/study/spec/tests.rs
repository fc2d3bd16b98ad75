use super::*;

#[test]
fn the_master_seed_is_known_while_data_and_seeds_are_its_own() {
    for master in [0, 3] {
        assert_eq!(StudySpec::mini_nli(master).master_seed(), Some(master));
    }
    assert_eq!(StudySpec::mini_nli(3).with_seeds([401, 405]).master_seed(), Some(3));
    assert_eq!(StudySpec::mini_nli(3).with_seeds([7, 401]).master_seed(), None);
    assert_eq!(StudySpec::mini_nli(3).with_seeds([401, 500]).master_seed(), None);
    let other = StudySpec { task: TaskSpec::mini_nli(0), ..StudySpec::mini_nli(0) };
    assert_eq!(other.master_seed(), None);
    assert_eq!(StudySpec::corpus(TaskSpec::cola(), "bert").master_seed(), None);
}

#[test]
fn an_encoder_that_is_not_the_one_of_the_recipe_stays() {
    let study = |encoder: &str| StudySpec::corpus(TaskSpec::mnli(), encoder);
    let encoder = |study: StudySpec, name| study.with_recipe_named(name).unwrap().encoder;
    assert_eq!(encoder(study("mine"), "roberta"), "mine".into());
    assert_eq!(encoder(study("roberta-base"), "roberta"), "roberta-base".into());
    let roberta = study("bert-base-uncased").with_recipe_named("roberta").unwrap();
    assert_eq!(encoder(roberta, "lp-ft"), "bert-base-uncased".into());
    let mini = StudySpec::mini_nli_roberta(0).with_recipe_named("mini-lp-ft").unwrap();
    assert_eq!(mini.encoder, Embedded::Roberta.into());
    let mini = StudySpec::mini_nli(0).with_recipe_named("roberta").unwrap();
    assert_eq!(mini.encoder, Embedded::Roberta.into());
    assert!(mini.with_recipe_named("bert").is_err());
}

#[test]
fn seeds_fit_into_tables() {
    let most = StudySpec::MOST_MASTER_SEED;
    StudySpec::named("mini-nli", most).unwrap().validate().unwrap();
    for master in [most + 1, u64::MAX - 1, u64::MAX] {
        let message = StudySpec::named("mini-nli", master).unwrap_err().to_string();
        assert!(message.starts_with(&format!("`master_seed`: got {master}, expected at most")), "{message}");
        assert!(StudySpec::mini_nli(0).with_master_seed(master).is_err());
    }
    let study = |seed| StudySpec::mini_nli(0).with_seeds([1, seed]);
    study(StudySpec::MOST_SEED).validate().unwrap();
    let message = study(u64::MAX).check().unwrap_err().to_string();
    assert!(
        message.starts_with("`seeds`: got 18446744073709551615, expected at most 9223372036854775807"),
        "{message}"
    );
    let task = StudySpec::mini_nli(0).task.with_n_train(1 << 60);
    let message = StudySpec { task, ..StudySpec::mini_nli(0) }.check().unwrap_err().to_string();
    assert!(message.starts_with("`n_train`: got 1152921504606846976, expected at most"), "{message}");
}

#[test]
fn the_groups_of_a_comparison_share_all_but_what_is_compared() {
    let [full, probed, roberta] = StudySpec::NAMES.map(|name| StudySpec::named(name, 2).unwrap());
    assert_eq!(full, StudySpec::mini_nli(2));
    assert_eq!(StudySpec { recipe: Recipe::mini(), ..probed.clone() }, full);
    assert_eq!(StudySpec { encoder: Embedded::Bert.into(), ..roberta.clone() }, full);
    for spec in [full, probed, roberta] {
        spec.validate().unwrap();
        assert_eq!(spec.master_seed(), Some(2));
    }
    let message = StudySpec::named("mini", 0).unwrap_err().to_string();
    assert_eq!(message, "unknown study `mini`; known: mini-nli, mini-nli-lp-ft, mini-nli-roberta");
}
