use super::*;

fn read(text: &str) -> Result<StudySpec> {
    StudySpec::from_toml(text, Path::new("study.toml"))
}

#[test]
fn what_is_written_is_read_again() {
    let with_seed = TaskSpec::mini_nli(u64::MAX);
    let specs = [
        StudySpec::mini_nli(0),
        StudySpec::mini_nli(3).with_recipe(Recipe::lp_ft()),
        StudySpec { task: with_seed, ..StudySpec::mini_nli(1) },
        StudySpec::corpus(TaskSpec::qqp().with_n_train(9), "roberta-base").with_data("some where"),
        StudySpec { unverified: true, ..StudySpec::corpus(TaskSpec::cola(), "roberta-base") },
    ];
    for spec in specs {
        let text = spec.to_toml().unwrap();
        assert_eq!(read(&text).unwrap(), spec, "{text}");
    }
}

#[test]
fn what_is_left_out_is_the_default() {
    assert_eq!(read("task = 'mini-nli'").unwrap(), StudySpec::mini_nli(0));
    assert_eq!(read("task = 'mini-nli'\nmaster_seed = 2").unwrap(), StudySpec::mini_nli(2));
    assert_eq!(read("task = 'cola'").unwrap(), StudySpec::corpus(TaskSpec::cola(), "bert-base-uncased"));
    let spec = read("task = 'mini-nli'\n[recipe]\nname = 'google'\nadam = { eps = 0.5 }").unwrap();
    let google = Recipe::google();
    assert_eq!(spec.recipe, Recipe { adam: crate::spec::Adam { eps: 0.5, ..google.adam }, ..google });
    let spec = read("task = { name = 'mini-nli', n_train = 640 }\nseeds = [5]").unwrap();
    assert_eq!((spec.task, spec.seeds), (StudySpec::mini_nli(0).task.with_n_train(640), vec![5]));
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let cases = [
        ("task = 'cola'\nsed = 1", "study.toml:2: unknown field `sed`"),
        ("task = 'cola'\nmaster_seed = 1", "study.toml:2: `master_seed` is for the task mini-nli"),
        (
            "seeds = [1]\ntask = 7",
            "study.toml:2: `task`: got integer `7`, expected a name in quotes or a table",
        ),
        ("\ntask = { n_train = 7 }", "study.toml:2: `task`: missing key `name`"),
        (
            "[task]\nname = 2020-01-01",
            "study.toml:2: `task.name`: got datetime `2020-01-01`, expected a name in quotes",
        ),
        ("task = { name = 'cola', n = 7 }", "unknown key `n`, known: data_seed, n_train, name"),
        (
            "task = { name = 'cola', n_train = 'x' }",
            "study.toml:1: `task.n_train`: got string \"x\", expected a whole number;",
        ),
        ("task = { name = 'cola', data_seed = -1 }", "`data_seed` is -1"),
        ("\n\ntask = 'xnli'", "study.toml:3: unknown task `xnli`"),
        ("[task]\nn_train = 1\nname = 'xnli'", "study.toml:3: unknown task `xnli`"),
        ("task = 'cola'\nrecipe = 'sgd'", "study.toml:2: unknown recipe `sgd`; known: mini"),
        ("task = 'cola'\n[recipe]\nname = 'sgd'\nwarmup = 0.5", "study.toml:2: missing field"),
        ("task = 'cola'\n[recipe]\nname = 'sgd'\nwarmup = 'x'", "study.toml:4: `recipe.warmup`: got string"),
        (
            "task = 'cola'\n[recipe]\nname = 'google'\nrate = 0.5",
            "study.toml:4: unknown field `rate` of `recipe`",
        ),
        (
            "task = 'cola'\n[recipe]\nname = 'google'\n# a comment\nlength = 3",
            "study.toml:5: `recipe.length`: got integer `3`, expected a length in quotes, such as \"3ep\"",
        ),
        (
            "task = 'cola'\n[recipe]\nname = 'google'\n[recipe.adam]\neps = 'x'",
            "study.toml:5: `recipe.adam.eps`: got",
        ),
        (
            "task = 'cola'\n[recipe]\nname = 'lp-ft'\nafter.warmup = true",
            "study.toml:4: `recipe.after.warmup`: got",
        ),
        (
            "task = 'cola'\n[recipe]\nname = 'google'\ndecay = 'late'",
            "study.toml:4: `recipe.decay`: unknown variant `late`",
        ),
        (
            "task = 'cola'\n[recipe]\nname = 'google'\nlength = 2020-01-01",
            "study.toml:4: `recipe.length`: got 2020-01-01, expected a whole number with `ep`",
        ),
        (
            "task = 'cola'\nrecipe.name = 'google'\nrecipe.batch_size = 0",
            "study.toml:3: `recipe.batch_size`: got 0",
        ),
        (
            "task = 'cola'\n[recipe]\nname = 'google'\n[recipe.adam]\nbeta1 = 2",
            "study.toml:5: `recipe.adam.beta1`: got 2",
        ),
        (
            "task = 'cola'\n[recipe]\nname = 'google'\ntrained = 'head'",
            "study.toml:2: `recipe.dropout`: got 0.1",
        ),
        ("task = 'cola'\nstack = 0", "study.toml:2: `stack`: got 0"),
        ("task = 'cola'\nseeds = '1,2'", "study.toml:2: `seeds`: got string \"1,2\", expected a list"),
        (
            "task = 'cola'\ndata = 2020-01-01",
            "study.toml:2: `data`: got the date 2020-01-01, expected a path in quotes",
        ),
        ("task = 'cola'\ndata = ''", "study.toml:2: `data`: got an empty text"),
        ("task = 'cola'\nstack = 1\nstack = 2", "study.toml:3: duplicate key"),
        ("\u{feff}task = 'cola'\r\nstack = 'x'\r\n", "study.toml:2: `stack`: got string"),
        ("task = 'cola'\nrecipe = { name = 'google', length = '3' }", "3ep"),
        ("task = 'cola'\nseeds = [1, 1]", "study.toml:2: `seeds`: got 1 twice"),
        ("seeds = [1]", "missing field `task`"),
        (
            "task = 'mini-nli'\nmaster_seed = 9223372036854775807",
            "study.toml:2: `master_seed`: got 9223372036854775807",
        ),
        ("task = { name = 'mini-nli', n_train = 9223372036854775807 }", "`n_train`: got 9223372036854775807"),
        (
            "task = 'cola'\nrecipe = { name = 'google', length = '99999999999ep' }",
            "expected at most 4294967295",
        ),
        (
            "task = 'cola'\nrecipe = { name = 'google', learning_rate = 1e400 }",
            "study.toml:2: `recipe.learning_rate`: floating-point number overflowed",
        ),
        ("task = 'cola'\nrecipe = { name = 'google', learning_rate = nan }", "learning_rate"),
        ("task", "study.toml:1: "),
    ];
    for (text, expected) in cases {
        let message = read(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn byte_order_mark_and_carriage_returns_are_no_part_of_a_study() {
    let plain = "task = 'cola'\nseeds = [5]\n[recipe]\nname = 'google'\n";
    let marked = format!("\u{feff}{}", plain.replace('\n', "\r\n"));
    assert_eq!(read(&marked).unwrap(), read(plain).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.toml");
    std::fs::write(&path, "task = 'cola'".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
        .unwrap();
    std::fs::write(&path, [&[0xff, 0xfe][..], &std::fs::read(&path).unwrap()].concat()).unwrap();
    let message = StudySpec::read(&path).unwrap_err().to_string();
    assert!(message.ends_with("study.toml: the text is not in UTF-8; save it in that encoding"), "{message}");
}

#[test]
fn paths_begin_at_the_folder_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.toml");
    let paths = |text: &str| {
        let spec = StudySpec::from_toml(&format!("task = 'cola'\n{text}"), &path).unwrap();
        (spec.data, spec.encoder)
    };
    let (data, encoder) = paths("data = 'glue'\nencoder = 'enc'");
    assert_eq!(
        (data, encoder),
        (Some(folder.path().join("glue")), Encoder::Folder(folder.path().join("enc")))
    );
    assert_eq!(
        paths("data = '/glue'\nencoder = 'roberta-base'"),
        (Some("/glue".into()), Encoder::Named("roberta-base".into()))
    );
    std::fs::create_dir(folder.path().join("roberta-base")).unwrap();
    assert_eq!(paths("encoder = 'roberta-base'").1, Encoder::Folder(folder.path().join("roberta-base")));
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    assert_eq!(paths("data = '~/glue'\nencoder = '~'"), (Some(home.join("glue")), Encoder::Folder(home)));
    assert_eq!(paths("data = 'a~b'").0, Some(folder.path().join("a~b")));
    let text = "task = 'cola'\ndata = '$HOME/glue'";
    let message = StudySpec::from_toml(text, &path).unwrap_err().to_string();
    assert!(
        message.contains("study.toml:2: `data`: got $HOME/glue, expected a path: no variable but `~`"),
        "{message}"
    );
    std::fs::create_dir_all(folder.path().join("$HOME/glue")).unwrap();
    assert!(StudySpec::from_toml(text, &path).is_ok());
}

#[test]
fn a_recipe_brings_its_encoder_unless_one_is_named() {
    let encoder = |text: &str| read(text).unwrap().encoder;
    assert_eq!(encoder("task = 'mnli'\nrecipe = 'roberta'"), "roberta-base".into());
    assert_eq!(encoder("task = 'mnli'\nrecipe = 'google'"), "bert-base-uncased".into());
    assert_eq!(encoder("task = 'mini-nli'\nrecipe = 'roberta'"), Embedded::Roberta.into());
    assert_eq!(encoder("task = 'mini-nli'\nrecipe = 'mini-lp-ft'"), Embedded::Bert.into());
    let named = "task = 'mnli'\nrecipe = 'roberta'\nencoder = 'bert-base-uncased'";
    assert_eq!(encoder(named), "bert-base-uncased".into());
}

#[test]
fn the_embedded_bert_is_named_beside_the_recipe_of_another_encoder() {
    let spec = StudySpec::mini_nli(0).with_recipe(Recipe::roberta());
    let text = spec.to_toml().unwrap();
    assert!(text.contains("encoder = \"mini-bert\""), "{text}");
    assert_eq!(read(&text).unwrap().encoder, Embedded::Bert.into());
    assert_eq!(read(&text).unwrap().to_toml().unwrap(), text);
}

#[test]
fn a_task_of_ones_own_is_named_by_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..40).map(|i| format!("text {i},{}\n", ["no", "yes"][i % 2])).collect();
    std::fs::write(folder.path().join("train.csv"), format!("text,label\n{rows}")).unwrap();
    let new = crate::data::task_file::NewTask::new(folder.path().join("train.csv"), "text", "label");
    new.with_out(folder.path().join("task.toml")).draft().unwrap().write(false).unwrap();
    let study = |text: &str| StudySpec::from_toml(text, &folder.path().join("study.toml"));
    let spec = study("task = { file = 'task.toml', n_train = 20, data_seed = 3 }\nencoder = 'mine'").unwrap();
    let task = TaskSpec::open(folder.path().join("task.toml")).unwrap();
    assert_eq!(spec.task, task.clone().with_n_train(20).with_data_seed(3));
    assert!(task.draw().manifest.is_some() && task.n_train() == 32);
    assert_eq!((spec.swept(), spec.scored().0), ("id-sample", "id"));
    // The text names the file from the root, so that it may lie anywhere.
    let text = spec.to_toml().unwrap();
    assert_eq!(StudySpec::from_toml(&text, Path::new("elsewhere/again.toml")).unwrap(), spec);
    for (text, expected) in [
        ("task = { file = 3 }", "study.toml:1: `task.file`: got integer `3`, expected a path in quotes"),
        (
            "\ntask = { file = 'task.toml', name = 'cola' }",
            "study.toml:2: `task.name`: got a name beside `file`",
        ),
        (
            "task = { file = 'task.toml', manifest = 'x' }",
            "study.toml:1: unknown key `manifest`, known: data_seed, n_train, name",
        ),
        ("task = { n_train = 3 }", "study.toml:1: `task`: missing key `name` or `file`"),
        ("task = { file = 'train.csv' }", "expected a manifest that ends in .toml"),
    ] {
        let message = study(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}
