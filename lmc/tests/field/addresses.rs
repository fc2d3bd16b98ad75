//! Data given by addresses: files of a web server, and of datasets on a hub.

use std::process::Command;

use crate::case::{Case, Place};
use crate::server::Server;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const COLUMNS: &str = "--text sentence --label stance";

/// Returns `n` rows in words of the embedded grammar, whose labels come in turn.
fn rows(n: usize) -> String {
    let people = ["doctors", "lawyers", "judges", "actors", "artists", "authors"];
    let row = |i: usize| {
        let (a, b) = (people[i % 6], people[(i / 6 + i + 1) % 6]);
        format!("the {a} helped the {b},{}\n", ["for", "against"][i % 2])
    };
    format!("sentence,stance\n{}", (0..n).map(row).collect::<String>())
}

/// Returns a command that may ask a server, which is the hub too.
fn online(place: &Place, server: &Server, arguments: &str) -> Command {
    let mut command = place.command(arguments.split_whitespace());
    command.env("HF_HUB_OFFLINE", "0").env("HF_ENDPOINT", &server.url);
    command
}

/// Puts a dataset with a training set, a test set and the list of its files on the hub.
fn dataset(server: &Server) {
    let revision = format!("{{\"sha\": \"{COMMIT}\"}}");
    server.put("/api/datasets/some/stances/revision/main", revision, "");
    server.hub_file("datasets/some/stances", COMMIT, "data/train.csv", rows(48).as_bytes(), true);
    server.hub_file("datasets/some/stances", COMMIT, "data/test%20set.csv", rows(12).as_bytes(), false);
    let listed = ["data", ".gitattributes", "data/train.csv", "data/test set.csv"].map(|path| {
        let kind = if path.contains('.') { "file" } else { "directory" };
        format!("{{\"type\": \"{kind}\", \"oid\": \"0\", \"size\": 1, \"path\": \"{path}\"}}")
    });
    let tree = format!("/api/datasets/some/stances/tree/{COMMIT}?recursive=true");
    server.put(&tree, format!("[{}]", listed.join(",")), "");
}

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case {
        row: "addresses",
        what: "a dataset on the hub, from its files to a copy, and then without the hub",
        test: |place| {
            let server = Server::start();
            dataset(&server);
            let files = "hf://datasets/some/stances/data/train.csv --test hf://datasets/some/stances@main/data/test%20set.csv";
            let init = format!("task init {files} {COLUMNS}");
            let printed = place.ran(online(place, &server, &init)).handled();
            let first =
                "train: 48 examples of hf://datasets/some/stances/data/train.csv (against 24, for 24)";
            assert!(printed.starts_with(first), "{printed}");
            assert!(printed.contains("task.toml: task `stances`; "), "{printed}");
            let manifest = std::fs::read_to_string(place.path("task.toml")).unwrap();
            let source = format!(
                "[source]\nhub = \"some/stances\"\nrepo_type = \"dataset\"\nrevision = \"{COMMIT}\"\n"
            );
            assert!(manifest.contains(&source), "{manifest}");
            assert!(manifest.contains("path = \"data/test set.csv\"\nbytes = "), "{manifest}");
            server.requests();
            let encoder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/mini-bert");
            let finetune = format!("finetune --task task.toml --encoder {encoder} --seeds 1 --length 1it");
            place.ran(online(place, &server, &finetune)).handled();
            assert!(server.requests().is_empty(), "the files were there");
            place.lmc(&finetune).handled();
        },
    },
    Case {
        row: "addresses",
        what: "the page of a file of the hub, and the Parquet files that the hub makes",
        test: |place| {
            let server = Server::start();
            dataset(&server);
            let page = "https://huggingface.co/datasets/some/stances/blob/main/data/train.csv";
            let init = format!("task init {page} {COLUMNS} --name mine");
            place.ran(online(place, &server, &init)).noted(&["task `mine`", "10 of the 48 examples"]);
            let converted = "{\"sha\": \"89abcdef0123456789abcdef0123456789abcdef\"}";
            server.put("/api/datasets/some/stances/revision/refs%2Fconvert%2Fparquet", converted, "");
            let change = "{\"sha\": \"fedcba9876543210fedcba9876543210fedcba98\"}";
            server.put("/api/datasets/some/stances/revision/refs%2Fpr%2F3", change, "");
            let of_change =
                format!("task init hf://datasets/some/stances@refs/pr/3/x.csv {COLUMNS} --out pr.toml");
            place.ran(online(place, &server, &of_change)).refused(&["resolve/fedcba98", "/x.csv", "404"]);
            let parquet = "hf://datasets/some/stances@~parquet/default/train/0000.parquet";
            let init = format!("task init {parquet} {COLUMNS} --out other.toml");
            place.ran(online(place, &server, &init)).refused(&["some/stances/resolve/89abcdef", "404"]);
        },
    },
    Case {
        row: "addresses",
        what: "files of a web server, with one that is a part of several",
        test: |place| {
            let server = Server::start();
            server.put("/our%20lists/a/train-00000-of-00002.csv", rows(48), "");
            server.put("/our%20lists/b/forum.csv", rows(12), "");
            let base = format!("{}/our%20lists", server.url);
            let init =
                format!("task init {base}/a/train-00000-of-00002.csv {COLUMNS} --ood {base}/b/forum.csv");
            let printed = place.ran(online(place, &server, &init)).noted(&[
                "is one of 2 parts of a set; the others are not read",
                "forum: 12 examples of http",
                "task `a`",
            ]);
            assert!(!printed.contains("downloads"), "the place of the files in the store: {printed}");
            let manifest = std::fs::read_to_string(place.path("task.toml")).unwrap();
            assert!(manifest.contains(&format!("url = \"{base}\"\n")), "{manifest}");
            let encoder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/mini-bert");
            place
                .lmc(&format!("finetune --task task.toml --encoder {encoder} --seeds 1 --length 1it"))
                .handled();
        },
    },
    Case {
        row: "addresses",
        what: "addresses that name no file, or no common source",
        test: |place| {
            let server = Server::start();
            dataset(&server);
            place.write("own.csv", rows(12));
            for (files, parts) in [
                ("hf://datasets/some/stances", ["its files are data/train.csv, data/test set.csv", "FILE"]),
                (
                    "https://huggingface.co/datasets/some/stances/viewer",
                    ["its files are data/train.csv", "FILE"],
                ),
                ("https://server/a%2Fb.csv", ["got https://server/a%2Fb.csv", "no escaped slash"]),
                ("s3://bucket/x.csv", ["got s3://bucket/x.csv", "a path, hf://datasets"]),
                ("hf://datasets/some", ["got hf://datasets/some", "hf://datasets/OWNER/NAME/FILE"]),
                ("hf://models/some/one/x.csv", ["got hf://models", "hf://datasets/OWNER/NAME/FILE"]),
                ("https://me:secret@server/x.csv", ["`train`", "without query, fragment and credentials"]),
                ("https://server/x.csv?a=1", ["`train`", "without query, fragment and credentials"]),
                ("https://server", ["got https://server", "an http or https address"]),
                ("hf://datasets/some/stances/../x.csv", ["`train`", "plain names"]),
                ("own.csv --test https://server/x.csv", ["`train`: got own.csv", "have one source"]),
                ("https://a/x.csv --ood https://b/x.csv", ["`ood`: got https://b/x.csv", "one source"]),
                ("https://a/x.csv --test https://a/x.csv", ["`test`", "each file once"]),
            ] {
                let init = format!("task init {files} {COLUMNS}");
                place.ran(online(place, &server, &init)).refused(&parts);
            }
            let init = format!("task init hf://datasets/some/other/x.csv {COLUMNS}");
            place.lmc(&init).refused(&["some/other is not in", "HF_HUB_OFFLINE"]);
            let missing = format!("task init {}/none.csv {COLUMNS}", server.url);
            place.ran(online(place, &server, &missing)).refused(&["none.csv", "404"]);
            assert!(!place.path("task.toml").exists());
            let nowhere = format!("task init {}/none.csv {COLUMNS} --out none/task.toml", server.url);
            server.requests();
            place.ran(online(place, &server, &nowhere)).refused(&["read folder none"]);
            assert!(server.requests().is_empty(), "nothing is fetched without a place for the manifest");
        },
    },
];
