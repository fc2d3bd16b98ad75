use super::*;

fn folder(path: &str) -> Given {
    let parts = Path::new(path).components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
        _ => None,
    });
    Given::Folder { path: path.into(), parts: parts.collect() }
}

fn names_of(paths: &[&str]) -> Vec<String> {
    distinct_names(&paths.iter().map(|path| folder(path)).collect::<Vec<_>>()).unwrap()
}

#[test]
fn names_are_the_shortest_ends_that_differ() {
    assert_eq!(names_of(&["/x/a", "/x/b"]), ["a", "b"]);
    assert_eq!(names_of(&["/x/run0/c", "/x/run1/c", "/x/run1/d"]), ["run0/c", "run1/c", "d"]);
    assert_eq!(names_of(&["/x/1/run/c", "/x/2/run/c"]), ["1/run/c", "2/run/c"]);
    // One path is the end of the other.
    assert_eq!(names_of(&["/a/b", "/c/a/b"]), ["a/b", "c/a/b"]);
    assert_eq!(names_of(&["/", "/a"]), ["/", "a"]);
    let many: Vec<String> = (0..40).map(|i| format!("/x/{}/{}/c", i % 5, i / 5)).collect();
    let names = names_of(&many.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(names.iter().enumerate().all(|(i, name)| !names[..i].contains(name)), "{names:?}");
}

#[test]
fn a_folder_that_is_called_as_a_manifest_is_told_by_more_of_its_path() {
    let manifest = || Given::Manifest(Box::new(Manifest::builtin("feather-berts-12").unwrap()));
    let both = [folder("/x/feather-berts-12"), manifest()];
    assert_eq!(distinct_names(&both).unwrap(), ["x/feather-berts-12", "feather-berts-12"]);
    let twice = distinct_names(&[manifest(), manifest()]).unwrap_err().to_string();
    assert_eq!(twice, "`MODEL`: got feather-berts-12 twice, expected each model once");
}

#[test]
fn a_folder_is_looked_through_to_its_name() {
    let place = tempfile::tempdir().unwrap();
    let path = |end: &str| place.path().join(end);
    std::fs::create_dir_all(path("run/inner")).unwrap();
    std::os::unix::fs::symlink(path("run"), path("best")).unwrap();
    let name = |given: &Path| Given::new(given).unwrap().name(1);
    for (given, expected) in [
        ("run", "run"),
        ("run/", "run"),
        ("run/.", "run"),
        ("run/inner/..", "run"),
        ("best", "best"),
        ("best/", "best"),
    ] {
        assert_eq!(name(&path(given)), expected, "{given}");
    }
    let here = std::env::current_dir().unwrap();
    let expected = here.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!([".", "./"].map(|given| name(Path::new(given))), [expected.clone(), expected]);
    let above = here.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(name(Path::new("..")), above);
    let given = [path("run"), path("best")].map(|path| Given::new(&path).unwrap());
    let message = distinct_names(&given).err().unwrap().to_string();
    assert!(
        message.contains("run and ") && message.ends_with("best, one folder, expected each model once"),
        "{message}"
    );
}

fn problem(given: &str) -> String {
    Given::new(Path::new(given)).err().unwrap().to_string()
}

#[test]
fn what_is_no_model_is_told_with_near_names() {
    for (given, near) in [
        ("bert-base-cased", "did you mean bert-base-uncased"),
        ("roberta-bas", "did you mean roberta-base"),
        ("roberta-large", "did you mean roberta-base"),
        ("feather_berts_12", "did you mean feather-berts-0 to feather-berts-99"),
        ("nowhere", "those are bert-base-uncased, bert-tiny, "),
        ("/nowhere/run/checkpoint-500", "those are bert-base-uncased, bert-tiny, "),
        ("", "those are bert-base-uncased"),
    ] {
        let message = problem(given);
        let start = format!(
            "no model `{given}`: there is no such folder, check the path, and `lmc manifests` lists no such name; {near}"
        );
        assert!(message.starts_with(&start), "{message}");
    }
    assert!(problem("nowhere").contains("feather-berts-0 to feather-berts-99"));
    for given in ["feather-berts-100", "qqp-berts-100"] {
        let message = problem(given);
        assert!(
            message.ends_with(&format!("the models of {0} are {0}-0 to {0}-99", &given[..given.len() - 4]))
        );
    }
    let corpus = problem("cola");
    assert!(
        corpus.starts_with("no model `cola`: it is not a model; those that `lmc manifests` lists are bert"),
        "{corpus}"
    );
    assert!(problem("qqp-berts-1@7").contains("unknown step `7"));
}

#[test]
fn any_repository_of_the_hub_is_a_model() {
    for given in ["google-bert/bert-base-cased", "FacebookAI/roberta-bas@main"] {
        assert_eq!(Given::new(Path::new(given)).ok().unwrap().name(1), given);
    }
    // Those that a manifest describes have its name.
    assert_eq!(Given::new(Path::new("FacebookAI/roberta-base")).ok().unwrap().name(1), "roberta-base");
}

#[test]
fn a_file_is_told_with_its_folder() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("model.safetensors");
    std::fs::write(&file, "").unwrap();
    let message = problem(file.to_str().unwrap());
    assert!(message.contains("it is a file; give the folder that it is in, "), "{message}");
    assert!(message.ends_with(place.path().to_str().unwrap()), "{message}");
    assert!(problem("Cargo.toml").ends_with("it is in, ."), "{}", problem("Cargo.toml"));
}
