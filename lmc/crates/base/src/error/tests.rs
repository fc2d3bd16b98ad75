use std::path::Path;

use super::*;

#[test]
fn a_name_that_is_nearly_known_is_asked_about() {
    let unknown = |name: &str| {
        let known = ["cola", "mnli", "mini"].map(str::to_owned).to_vec();
        LmcError::UnknownName { kind: "task", name: name.into(), known }.to_string()
    };
    assert_eq!(unknown("colla"), "unknown task `colla`; known: cola, mnli, mini; did you mean `cola`?");
    assert_eq!(
        unknown("mnni"),
        "unknown task `mnni`; known: cola, mnli, mini; did you mean `mnli` or `mini`?"
    );
    assert_eq!(unknown("snli"), "unknown task `snli`; known: cola, mnli, mini");
}

#[test]
fn how_much_memory_libtorch_asked_for() {
    let cpu = "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to \
               allocate 4096000 bytes. Error code 12 (Cannot allocate memory)\nException raised from ...";
    let cuda = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB of which ...";
    assert_eq!(memory_asked_for(cpu).as_deref(), Some("4096000 bytes"));
    assert_eq!(memory_asked_for(cuda).as_deref(), Some("2.00 GiB"));
    assert_eq!(memory_asked_for("std::bad_alloc").as_deref(), Some("an unknown number of bytes"));
    assert_eq!(memory_asked_for("The size of tensor a (2) must match"), None);
}

#[test]
fn only_a_loss_that_is_not_finite_takes_an_owner() {
    let loss = LmcError::NonFiniteLoss { what: "evaluation".into(), value: f64::NAN, position: "x".into() };
    assert!(loss.of("s1").to_string().starts_with("s1: evaluation: loss is NaN at x"));
    assert_eq!(LmcError::Figure("f".into()).of("s1").to_string(), "figure: f");
}

#[test]
fn tensors_are_told_by_number_and_the_first_names() {
    let names = |n: usize| (0..n).map(|i| format!("t{i}")).collect::<Vec<_>>();
    let misshapen = vec![MisshapenTensor { name: "w".into(), got: vec![3, 2], expected: vec![2, 3] }];
    let error = LmcError::Tensors {
        origin: None,
        missing: names(7),
        unexpected: names(5),
        misshapen,
        remedy: "do this",
    };
    let told = "tensors: 7 missing (t0, t1, t2, t3, t4 and 2 more), 5 unexpected (t0, t1, t2, t3, t4), \
                1 of another shape (w [3, 2] instead of [2, 3]); do this";
    assert_eq!(error.to_string(), told);
    let error = error.found_in(Path::new("/x/y"));
    assert_eq!(error.to_string(), format!("/x/y: {told}"));
    assert_eq!(error.found_in(Path::new("/z")).to_string(), format!("/x/y: {told}"));
    assert_eq!(LmcError::Figure("f".into()).found_in(Path::new("/z")).to_string(), "figure: f");
}

#[test]
fn one_of_several_models_is_named_once() {
    let folder = Path::new("runs/b");
    let act =
        || LmcError::UnknownName { kind: "hidden_act", name: "mish".into(), known: vec!["gelu".into()] };
    let named = act().in_model(folder);
    assert_eq!(named.to_string(), "runs/b: unknown hidden_act `mish`; known: gelu");
    assert_eq!(named.in_model(folder).to_string(), "runs/b: unknown hidden_act `mish`; known: gelu");
    let labels = LmcError::Labels { origin: None, problem: "1 output".into(), remedy: "see".into() };
    assert_eq!(labels.in_model(folder).to_string(), "runs/b: 1 output; see");
    let file = LmcError::io("read", Path::new("runs/b/config.json"))(std::io::ErrorKind::NotFound.into());
    assert!(file.in_model(folder).to_string().starts_with("read runs/b/config.json: "));
    assert_eq!(LmcError::Figure("f".into()).in_model(folder).to_string(), "figure: f");
}

#[test]
fn what_to_do_about_a_file_that_is_read_is_not_to_write_elsewhere() {
    use std::io::ErrorKind::*;
    for (kind, remedy) in [
        (PermissionDenied, "ask for the right to read it"),
        (NotADirectory, "a part of this path is a file"),
        (IsADirectory, "a folder is in the place of a file"),
        (NotFound, "check the path"),
    ] {
        for action in ["read", "read folder"] {
            let message = LmcError::io(action, Path::new("/x/y"))(kind.into()).to_string();
            assert!(message.contains(remedy), "{message}");
            assert!(!message.contains("write") && !message.contains("LMC_HOME"), "{message}");
        }
    }
}

#[test]
fn what_to_do_about_a_file() {
    let message =
        |kind: std::io::ErrorKind| LmcError::io("write", Path::new("/x/y"))(kind.into()).to_string();
    use std::io::ErrorKind::*;
    for (kind, remedy) in [
        (PermissionDenied, "choose a folder you may write to"),
        (NotADirectory, "choose a folder you may write to"),
        (StorageFull, "finished work is kept"),
        (FileTooLarge, "ulimit -f"),
        (NotFound, "check the path"),
    ] {
        let message = message(kind);
        assert!(message.starts_with("write /x/y: ") && message.contains(remedy), "{message}");
    }
}
