//! Fetches from a real server on this machine that has the faults of servers: it breaks off, refuses, lies
//! and says nothing.

use std::time::{Duration, Instant};

use lmc::LmcError;
use lmc::file::sha256;
use lmc_tests::fetching::{
    COMMIT, OTHER, REPOSITORY, Setting, at_commit, checksum, file, hub_model, model, names, network,
    url_model, weights,
};
use lmc_tests::server::{Fault, Server};

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
    // Some of the bytes that the system had sent when the connection broke may not have come.
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
    // This port was free a moment ago.
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
    // The same holds for a file that changes where it lies.
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
fn folders_that_cannot_be_written_to_are_named() {
    let setting = Setting::new();
    setting.with_model(&weights());
    std::fs::write(setting.folder.path().join("hub"), "a file is in the way").unwrap();
    let error = setting.fetcher().fetch(&at_commit()).unwrap_err();
    assert!(matches!(error, LmcError::Io { .. }), "{error}");
    assert!(error.to_string().contains("choose a folder you may write to"), "{error}");
}
