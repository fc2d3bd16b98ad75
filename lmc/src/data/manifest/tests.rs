use super::*;

const COLA: &str = include_str!("../../../../data-manifests/cola.toml");

fn problem(text: &str) -> String {
    Manifest::parse(text, Path::new("x.toml")).unwrap_err().to_string()
}

/// The CoLA manifest with one line changed.
fn changed(from: &str, to: &str) -> String {
    assert!(COLA.contains(from));
    COLA.replacen(from, to, 1)
}

#[test]
fn the_manifests_of_the_project_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data-manifests");
    let read = |name: &str| Manifest::read(&folder.join(format!("{name}.toml"))).unwrap();
    for name in ["cola", "hans", "mini-nli", "minilm", "mnli", "paws-qqp", "qqp"] {
        assert_eq!(read(name).name, name);
    }
    let cola = read("cola");
    assert_eq!((cola.kind, cola.files.len()), (ManifestKind::Corpus, 3));
    assert_eq!(cola.labels, ["unacceptable", "acceptable"]);
    assert_eq!(cola.split("ood").unwrap().n_examples, 516);
    assert_eq!(cola.columns.unwrap().position("sentence").unwrap(), 3);
    assert!(read("minilm").labels.is_empty());
}

#[test]
fn the_manifest_of_mini_nli_says_what_its_defaults_draw() {
    let path = Path::new("mini-nli.toml");
    let manifest = Manifest::parse(include_str!("../../../../data-manifests/mini-nli.toml"), path).unwrap();
    assert_eq!(manifest.labels, crate::data::mini_nli::LABELS);
    let data = crate::data::mini_nli::MiniNli::new(0);
    let mut sets = vec![data.train().unwrap()];
    sets.extend(data.evaluation_sets().unwrap());
    let drawn: Vec<_> = sets.iter().map(|set| (set.name.clone(), set.len())).collect();
    let declared: Vec<_> = manifest.splits.into_iter().map(|split| (split.name, split.n_examples)).collect();
    assert_eq!(drawn, declared);
}

#[test]
fn keys_that_are_unknown_missing_or_mistyped_are_reported_with_file_and_line() {
    let unknown = problem(&changed("citation", "cite"));
    assert!(unknown.starts_with("x.toml:6: unknown field `cite`"), "{unknown}");
    let missing = problem("name = \"x\"\nkind = \"model\"\n");
    assert!(missing.starts_with("x.toml:1: missing field `title`"), "{missing}");
    let mistyped = problem(&changed("n_examples = 527", "n_examples = \"527\""));
    assert!(mistyped.starts_with("x.toml:41: invalid type: string"), "{mistyped}");
    let kind = problem(&changed("\"corpus\"", "\"corpse\""));
    assert!(kind.starts_with("x.toml:2: unknown variant `corpse`"), "{kind}");
    let digest = problem(&changed("f320a10f", "F320A10F"));
    assert!(digest.starts_with("x.toml:21: not the 64 lower-case hexadecimal digits"), "{digest}");
    let syntax = problem("name = \n");
    assert!(syntax.starts_with("x.toml:1: "), "{syntax}");
    assert!(syntax.ends_with("; data-manifests/README.md lists the keys"), "{syntax}");
}

#[test]
fn keys_that_do_not_fit_each_other_are_reported_with_file_and_line() {
    let cases = [
        ("first = \"sentence\"", "first = \"text\"", "x.toml:13: column `text` is not among source, label"),
        (
            "file = \"in_domain_dev.tsv\"",
            "file = \"dev.tsv\"",
            "x.toml:40: split `id` is in dev.tsv, which `files` does not have",
        ),
        ("file = \"in_domain_dev.tsv\"\n", "", "x.toml:39: split `id` has no file"),
        ("name = \"ood\"", "name = \"id\"", "x.toml:44: split `id` is there twice"),
        ("labels = [\"unacceptable\", \"acceptable\"]\n", "", "x.toml:2: `labels` is missing in a manifest"),
        ("header = false\n", "", "x.toml:10: `header` is missing for files of this format"),
        ("header = false", "header = false\nshort_rows = \"drop\"", "x.toml:12: unknown variant `drop`"),
        ("\"author_mark\"", "\"label\"", "x.toml:12: column `label` is there twice"),
        ("\"corpus\"", "\"model\"", "x.toml:2: `labels` does not belong in a manifest of this kind"),
        ("\"corpus\"", "\"generated\"", "x.toml:2: `files` does not belong in a manifest of this kind"),
    ];
    for (from, to, expected) in cases {
        let error = problem(&changed(from, to));
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn names_that_do_not_exist_are_answered_with_those_that_do() {
    let manifest = Manifest::parse(COLA, Path::new("cola.toml")).unwrap();
    let error = manifest.split("test").unwrap_err().to_string();
    assert_eq!(error, "unknown split `test`; known: train, id, ood");
    let error = manifest.columns.unwrap().position("text").unwrap_err().to_string();
    assert_eq!(error, "unknown column `text`; known: source, label, author_mark, sentence");
    let error = Manifest::read(Path::new("/nowhere/x.toml")).unwrap_err();
    assert!(matches!(error, LmcError::Io { action: "read", .. }), "{error}");
}

#[test]
fn files_are_verified_byte_by_byte() {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = Manifest::parse(COLA, Path::new("cola.toml")).unwrap();
    manifest.files.truncate(1);
    manifest.files[0].bytes = Some(3);
    // sha256sum of "abc"
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    manifest.files[0].sha256 = Some(abc.into());
    let error = manifest.verify(folder.path()).unwrap_err();
    assert!(matches!(error, LmcError::Io { .. }), "{error}");
    let path = folder.path().join("in_domain_train.tsv");
    std::fs::write(&path, "abc").unwrap();
    manifest.verify(folder.path()).unwrap();
    std::fs::write(&path, "abd").unwrap();
    let error = manifest.verify(folder.path()).unwrap_err();
    assert!(matches!(error, LmcError::Format { remedy: "fetch the file again", .. }), "{error}");
    (manifest.files[0].bytes, manifest.files[0].sha256) = (None, None);
    manifest.verify(folder.path()).unwrap();
}

#[test]
fn a_size_without_a_digest_is_refused() {
    let digest = "sha256 = \"f320a10f92d3bce6b29152fde322a362eac39238e50d8de0c8815457fdf4fc12\"\n";
    let error = problem(&changed(digest, ""));
    assert!(error.contains(": `bytes` and `sha256` of in_domain_train.tsv go together"), "{error}");
}

#[test]
fn forms_that_do_not_fit_are_reported_with_file_and_line() {
    let line = |name: &str| COLA.lines().position(|line| line.contains(name)).unwrap() + 1;
    let (tsv, hub) = (line("GLUE, tab-separated"), line("Hugging Face hub"));
    for (from, to, line, expected) in [
        ("rows = [0, 527]", "rows = [0, 526]", tsv, "rows 0 to 526 are not the 527 examples of `id`"),
        (
            "rows = [527, 1043]",
            "rows = [1043, 527]",
            tsv,
            "rows 1043 to 527 are not the 516 examples of `ood`",
        ),
        (
            "name = \"train\"\nfile = \"train.tsv\"",
            "name = \"x\"\nfile = \"train.tsv\"",
            tsv,
            "`splits` does not have `x`",
        ),
        (
            "\"parquet\"",
            "\"parquet\"\nheader = true",
            hub,
            "`header` does not belong to files of this format",
        ),
        (
            "\"parquet\"",
            "\"parquet\"\nshort_rows = \"cut\"",
            hub,
            "`short_rows` does not belong to files of this format",
        ),
        (
            "[\"sentence\", \"label\", \"idx\"]",
            "[\"text\", \"label\"]",
            hub,
            "column `sentence` is not among text, label",
        ),
    ] {
        let error = problem(&changed(from, to));
        let start = format!("x.toml:{line}: form `");
        assert!(error.starts_with(&start) && error.contains(expected), "{error}");
    }
    let forms = COLA.find("[[forms]]").unwrap();
    let generated = format!(
        "name = \"x\"\nkind = \"generated\"\ntitle = \"\"\nsource = \"\"\nlicence = \"\"\ncitation = \"\"\n\
         labels = [\"a\"]\n[[splits]]\nname = \"id\"\nn_examples = 527\n{}",
        &COLA[forms..]
    );
    let error = problem(&generated);
    assert!(error.starts_with("x.toml:2: `forms` does not belong in a manifest of this kind"), "{error}");
}
