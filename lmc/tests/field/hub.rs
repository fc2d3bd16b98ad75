//! The hub, its cache and the network: names and variables of older programs, certificates, proxies.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::case::{Case, Place};
use crate::certificates::Authority;
use crate::server::Server;
use crate::tls::proxy;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case {
        row: "hub cache",
        what: "repositories under the names that they had",
        test: |place| {
            for (number, (hub, more, folder)) in [
                ("google-bert/bert-base-uncased", "", "models--bert-base-uncased"),
                ("distilbert/distilbert-base-uncased", "", "models--distilbert-base-uncased"),
                ("nyu-mll/glue", "repo_type = \"dataset\"\n", "datasets--glue"),
            ]
            .into_iter()
            .enumerate()
            {
                cached(place, "cache/hub", folder);
                let manifest = manifest(place, &format!("of{number}"), hub, more);
                let mut command = place.command(["fetch", &manifest]);
                command.env("HF_HOME", place.path("cache"));
                let printed = place.ran(command).handled();
                assert!(printed.contains(&format!("cache/hub/{folder}/snapshots/{COMMIT}")), "{printed}");
            }
        },
    },
    Case {
        row: "hub cache",
        what: "another owner's repository of the same name",
        test: |place| {
            cached(place, "cache/hub", "models--bert-base-uncased");
            let manifest = manifest(place, "mine", "someone/bert-base-uncased", "");
            let mut command = place.command(["fetch", &manifest]);
            command.env("HF_HOME", place.path("cache"));
            place
                .ran(command)
                .refused(&["config.json of someone/bert-base-uncased is not in", "HF_HUB_OFFLINE"]);
        },
    },
    Case {
        row: "hub cache",
        what: "a part of RoBERTa under its old name",
        test: |place| {
            let commit = "e2da8e2f811d1448a5b465c236feacd80ffbac7b";
            place.write(format!("cache/hub/models--roberta-base/snapshots/{commit}/config.json"), "{}");
            let mut command = place.command(["fetch", "roberta-base"]);
            command.env("HF_HOME", place.path("cache"));
            let folder = format!("models--roberta-base/snapshots/{commit}");
            place.ran(command).refused(&["model.safetensors of FacebookAI/roberta-base is not in", &folder]);
        },
    },
    Case {
        row: "variables",
        what: "caches that older variables name",
        test: |place| {
            cached(place, "cache", "models--owner--name");
            let manifest = manifest(place, "mine", "owner/name", "");
            for (variable, value) in [
                ("HF_HUB_CACHE", "cache"),
                ("HUGGINGFACE_HUB_CACHE", "cache"),
                ("TRANSFORMERS_CACHE", "cache"),
                ("PYTORCH_TRANSFORMERS_CACHE", "cache"),
                ("PYTORCH_PRETRAINED_BERT_CACHE", "cache"),
                ("HUGGINGFACE_HUB_CACHE", "$PLACE/cache"),
                ("HF_HUB_CACHE", "${PLACE}/cache"),
                ("HF_HUB_CACHE", "~/cache"),
            ] {
                let mut command = place.command(["fetch", &manifest]);
                command.env(variable, value).env("PLACE", place.path("")).env("HOME", place.path(""));
                let printed = place.ran(command).handled();
                assert!(
                    printed.contains("cache/models--owner--name/snapshots"),
                    "{variable}={value}: {printed}"
                );
            }
        },
    },
    Case {
        row: "variables",
        what: "what transformers before 4.22 left in its cache",
        test: |place| {
            let (url, etag) = ("ab".repeat(32), "cd".repeat(32));
            place.write(format!("old/{url}.{etag}"), "{}");
            place.write(format!("old/{url}.{etag}.json"), "{\"url\": \"x\", \"etag\": \"y\"}");
            let manifest = manifest(place, "mine", "owner/name", "");
            let mut command = place.command(["fetch", &manifest]);
            command.env("TRANSFORMERS_CACHE", place.path("old"));
            place.ran(command).refused(&[
                "(what transformers before 4.22 left in",
                "work/old is not read)",
                "HF_HUB_OFFLINE",
            ]);
        },
    },
    Case {
        row: "variables",
        what: "a token under its older name",
        test: |place| {
            let server = Server::start();
            server.hub_file("owner/name", COMMIT, "config.json", b"{}", false);
            let manifest = manifest(place, "mine", "owner/name", "");
            let mut command = online(place, &manifest, &server);
            command.env("HUGGING_FACE_HUB_TOKEN", "hf_old");
            place.ran(command).handled();
            let requests = server.requests();
            assert!(
                requests.len() >= 2 && requests.iter().all(|r| r.headers["authorization"] == "Bearer hf_old")
            );
        },
    },
    Case {
        row: "certificates",
        what: "an authority of one's own, in every variable",
        test: |place| {
            let Some(authority) = authority() else { return };
            let (server, manifest) = secure(place, &authority);
            let file = authority.certificate();
            place.write("certs/own.0", std::fs::read(&file).unwrap());
            for (variable, value) in [
                ("SSL_CERT_FILE", file.clone()),
                ("SSL_CERT_DIR", place.path("certs")),
                ("REQUESTS_CA_BUNDLE", file.clone()),
                ("REQUESTS_CA_BUNDLE", place.path("certs")),
                ("CURL_CA_BUNDLE", file.clone()),
            ] {
                let mut command = online(place, &manifest, &server);
                command.env(variable, &value);
                place.ran(command).handled();
                assert!(!server.requests().is_empty(), "{variable}");
                std::fs::remove_dir_all(place.path("hub")).unwrap();
            }
        },
    },
    Case {
        row: "certificates",
        what: "an authority that nobody knows",
        test: |place| {
            let Some(authority) = authority() else { return };
            let (server, manifest) = secure(place, &authority);
            let start = Instant::now();
            let host = server.url.trim_start_matches("https://");
            place.ran(online(place, &manifest, &server)).refused(&[
                &format!("the certificate of {host} is signed by an authority"),
                "not among those of the system and Mozilla",
                "set SSL_CERT_FILE to a PEM file",
            ]);
            assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
            let another = Authority::named("another").unwrap();
            let other = another.certificate();
            let mut command = online(place, &manifest, &server);
            command.env("REQUESTS_CA_BUNDLE", place.write("other.pem", std::fs::read(other).unwrap()));
            place.ran(command).refused(&[
                "not among those of REQUESTS_CA_BUNDLE (",
                "other.pem",
                "set REQUESTS_CA_BUNDLE",
            ]);
        },
    },
    Case {
        row: "certificates",
        what: "variables that name none",
        test: |place| {
            let manifest = manifest(place, "mine", "owner/name", "");
            place.write("empty.pem", "");
            place.write("text.pem", "no certificate\n");
            place.write("folder/readme", "");
            for (variable, value, says) in [
                ("SSL_CERT_FILE", "gone.pem", "No such file"),
                ("SSL_CERT_FILE", "empty.pem", "which has none"),
                ("SSL_CERT_DIR", "folder", "which has none"),
                ("REQUESTS_CA_BUNDLE", "text.pem", "which has none"),
                ("CURL_CA_BUNDLE", "gone.pem", "No such file"),
            ] {
                let mut command = place.command(["fetch", &manifest]);
                command.env("HF_HUB_OFFLINE", "0").env(variable, value);
                place.ran(command).refused(&[
                    &format!("`{variable}`: got {value}"),
                    says,
                    "certificates in PEM",
                ]);
            }
            // A file that is in the cache needs no certificate.
            cached(place, "cache/hub", "models--owner--name");
            let mut command = place.command(["fetch", &manifest]);
            command
                .env("HF_HUB_OFFLINE", "0")
                .env("SSL_CERT_FILE", "gone.pem")
                .env("HF_HOME", place.path("cache"));
            place.ran(command).handled();
        },
    },
    Case {
        row: "certificates",
        what: "a server that does not speak TLS",
        test: |place| {
            let server = Server::start();
            let manifest = manifest(place, "mine", "owner/name", "");
            let mut command = online(place, &manifest, &server);
            command.env("HF_ENDPOINT", server.url.replace("http://", "https://"));
            place.ran(command).refused(&["does not speak TLS", "http://"]);
        },
    },
    Case {
        row: "proxy",
        what: "one that lets through, and hosts that are asked directly",
        test: |place| {
            let Some(authority) = authority() else { return };
            let (server, manifest) = secure(place, &authority);
            for (proxy, direct) in [
                (format!("http://{}", proxy(200)), ""),
                (proxy(200), "example.org"),
                (proxy(403), "example.org, localhost"),
                (proxy(403), "*"),
            ] {
                let mut command = online(place, &manifest, &server);
                command
                    .env("SSL_CERT_FILE", authority.certificate())
                    .env("HTTPS_PROXY", proxy)
                    .env("NO_PROXY", direct);
                place.ran(command).handled();
                std::fs::remove_dir_all(place.path("hub")).unwrap();
            }
        },
    },
    Case {
        row: "proxy",
        what: "one that refuses",
        test: |place| {
            let manifest = manifest(place, "mine", "owner/name", "");
            for (status, says) in [
                (407, "HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT"),
                (403, "check HTTPS_PROXY; hosts in NO_PROXY"),
            ] {
                let proxy = proxy(status);
                let mut command = place.command(["fetch", &manifest]);
                command.env("HF_HUB_OFFLINE", "0").env("HTTPS_PROXY", format!("http://me:secret@{proxy}"));
                let ran = place.ran(command);
                let expected =
                    format!("the proxy {proxy} (HTTPS_PROXY) does not connect to it: status {status}");
                ran.refused(&["fetch https://huggingface.co/", &expected, says]);
                assert!(!ran.stderr().contains("secret"));
            }
        },
    },
    Case {
        row: "proxy",
        what: "variables that name none",
        test: |place| {
            let manifest = manifest(place, "mine", "owner/name", "");
            for value in ["ftp://me:secret@proxy", "http://", "a b"] {
                let mut command = place.command(["fetch", &manifest]);
                command.env("HF_HUB_OFFLINE", "0").env("https_proxy", value);
                let ran = place.ran(command);
                ran.refused(&[
                    "`https_proxy`: got a text that is no address, expected the address of a proxy",
                ]);
                assert!(!ran.stderr().contains("secret"));
            }
        },
    },
    Case {
        row: "names",
        what: "manifests and members that are not there",
        test: |place| {
            for (name, says) in [
                ("bert-base-cased", "did you mean `bert-base-uncased`?"),
                ("BERT-tiny", "did you mean `bert-tiny`?"),
                ("feather-bert-12", "did you mean `feather-berts`?"),
                ("feather-berts-100", "expected feather-berts-0 to feather-berts-99"),
                ("feather-berts-7@100", "only the end of training is there"),
                ("qqp-berts-7@1500", "unknown step `1500 of qqp-berts`; known: 15000, 25000, 34110"),
                (
                    "google-bert/bert-base-cased",
                    "unknown manifest `google-bert/bert-base-cased`; known: anli, bert-base-uncased",
                ),
                ("google-bert/bert-base-uncased", "config.json of google-bert/bert-base-uncased is not in"),
            ] {
                place.lmc(&format!("fetch {name}")).refused(&[says]);
            }
            assert_eq!(place.n_stored(), 0);
        },
    },
];

/// Puts a repository with a configuration into a cache.
fn cached(place: &Place, cache: &str, folder: &str) {
    place.write(format!("{cache}/{folder}/snapshots/{COMMIT}/config.json"), "{}");
}

/// Writes a manifest of a repository's configuration and returns its name.
fn manifest(place: &Place, name: &str, hub: &str, more: &str) -> String {
    let file = format!("{name}.toml");
    let head =
        format!("name = \"{name}\"\nkind = \"model\"\ntitle = \"x\"\nlicence = \"MIT\"\ncitation = \"x\"\n");
    let source = format!("[source]\nhub = \"{hub}\"\nrevision = \"{COMMIT}\"\n{more}");
    place.write(&file, format!("{head}{source}[[files]]\npath = \"config.json\"\n"));
    file
}

/// Returns the command that fetches a manifest from a server into `hub`.
fn online(place: &Place, manifest: &str, server: &Server) -> Command {
    let mut command = place.command(["fetch", manifest]);
    command.env("HF_HUB_OFFLINE", "0").env("HF_ENDPOINT", &server.url).env("HF_HOME", hub(place));
    command
}

fn hub(place: &Place) -> PathBuf {
    place.path("hub")
}

/// Returns an authority, unless there is no openssl.
fn authority() -> Option<Authority> {
    let authority = Authority::new();
    if authority.is_none() {
        eprintln!("SKIPPED: there is no openssl that makes certificates");
    }
    authority
}

/// Returns a server that speaks TLS and has the repository of a manifest.
fn secure(place: &Place, authority: &Authority) -> (Server, String) {
    let identity = authority.sound();
    let server = Server::start_by_tls(&identity.certificate, &identity.key);
    server.hub_file("owner/name", COMMIT, "config.json", b"{}", false);
    (server, manifest(place, "mine", "owner/name", ""))
}
