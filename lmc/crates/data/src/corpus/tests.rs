use super::*;

fn named(name: &str) -> Corpus {
    Corpus::named(name).unwrap()
}

#[test]
fn every_corpus_has_the_manifest_of_its_name() {
    for name in Corpus::names() {
        let corpus = named(name);
        let manifest = corpus.manifest();
        assert_eq!((manifest.name.as_str(), corpus.name()), (name, name));
        assert_eq!(corpus.to_string().parse::<Corpus>().unwrap(), corpus);
        // A split has a place in whatever form it is.
        for split in &manifest.splits {
            assert!(!manifest.places(&split.name).unwrap().is_empty());
        }
    }
    let error = "xnli".parse::<Corpus>().unwrap_err().to_string();
    assert_eq!(
        error,
        "unknown corpus `xnli`; known: anli, cola, hans, mnli, mrpc, paws-qqp, qnli, qqp, rte, snli, sst2, wnli"
    );
    let error = Corpus::new(Manifest::builtin("minilm").unwrap()).unwrap_err().to_string();
    assert_eq!(error, "`corpus`: got minilm, expected the manifest of a corpus, kind = \"corpus\"");
}

#[test]
fn numbers_of_examples_are_those_of_the_paper() {
    let n = |corpus: Corpus, split: &str| corpus.manifest().split(split).unwrap().n_examples;
    assert_eq!((n(named("mnli"), "train"), n(named("mnli"), "validation_matched")), (392_702, 9815));
    assert_eq!((n(named("qqp"), "train"), n(named("paws-qqp"), "dev_and_test")), (363_846, 677));
    assert_eq!(["train", "id", "ood"].map(|split| n(named("cola"), split)), [8551, 527, 516]);
    assert_eq!(n(named("hans"), "evaluation"), 6 * 5000);
}

#[test]
fn every_corpus_with_a_task_has_the_set_that_studies_call_id() {
    for corpus in Corpus::names().into_iter().map(named) {
        let split = corpus.in_domain();
        assert_eq!(split.is_none(), [named("anli"), named("hans")].contains(&corpus));
        assert!(split.is_none_or(|split| corpus.manifest().split(split).is_ok()), "{corpus}");
    }
    let folder = tempfile::tempdir().unwrap();
    let rows = "id\tsentence1\tsentence2\tlabel\n1\tHe left .\tWho left ?\t0\n2\tShe left .\tShe left .\t1\n";
    std::fs::write(folder.path().join("dev_and_test.tsv"), rows).unwrap();
    let sets = read_corpora(&named("paws-qqp"), folder.path(), &["dev_and_test", "id"], true).unwrap();
    assert_eq!((sets[0].name.as_str(), sets[1].name.as_str()), ("dev_and_test", "id"));
    assert_eq!(sets[0].examples, sets[1].examples);
    let error = read_corpus(&named("hans"), folder.path(), "id").unwrap_err().to_string();
    assert!(error.starts_with("unknown split `id`; known: evaluation"), "{error}");
}

#[test]
fn splits_that_do_not_exist_are_answered_with_those_that_do() {
    let folder = tempfile::tempdir().unwrap();
    let error = |corpus: Corpus, split| read_corpus(&corpus, folder.path(), split).unwrap_err().to_string();
    assert_eq!(error(named("qqp"), "hans-lo"), "unknown split `hans-lo`; known: id, train, validation");
    let expected = "unknown split `lo`; known: evaluation, train, hans-lo, hans-lo-entailed, hans-subsequence, \
                    hans-subsequence-entailed, hans-constituent, hans-constituent-entailed";
    assert_eq!(error(named("hans"), "lo"), expected);
    let missing = error(named("hans"), "hans-lo");
    let expected = "it has none of heuristics_evaluation_set.txt, heuristics_evaluation_set.jsonl, and no folder hans; check the path";
    assert!(missing.ends_with(expected), "{missing}");
}
