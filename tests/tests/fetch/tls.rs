//! Fetches from a real server that speaks TLS: tests certificates that are accepted, and the messages about
//! others.

use std::time::{Duration, Instant};

use lmc::LmcError;
use lmc_tests::certificates::{Authority, Identity};
use lmc_tests::fetching::{Setting, at_commit, network, weights};
use lmc_tests::server::Server;
use lmc_tests::skip::skipped;

/// Returns an authority, unless there is no openssl.
fn authority() -> Option<Authority> {
    let authority = Authority::new();
    if authority.is_none() {
        skipped("there is no openssl that makes certificates");
    }
    authority
}

fn setting(identity: &Identity) -> Setting {
    let server = Server::start_by_tls(&identity.certificate, &identity.key);
    Setting { server, folder: tempfile::tempdir().unwrap() }
}

#[test]
fn a_server_is_believed_whose_authority_is_trusted() {
    let Some(authority) = authority() else { return };
    let setting = setting(&authority.sound());
    setting.with_model(&weights());
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(authority.certificate(), folder.path().join("0.pem")).unwrap();
    for trusted in [authority.certificate(), folder.path().to_owned()] {
        let fetcher = setting.fetcher().with_certificates(&trusted);
        let fetched = fetcher.fetch(&at_commit()).unwrap();
        assert_eq!(std::fs::read(fetched.join("sub/weights.bin")).unwrap(), weights());
        std::fs::remove_dir_all(setting.repository()).unwrap();
    }
    assert!(setting.server.requests().len() >= 10);
}

#[test]
fn a_certificate_that_does_not_do_is_named_at_once() {
    let Some(authority) = authority() else { return };
    let localhost = "basicConstraints = CA:FALSE\nsubjectAltName = DNS:localhost";
    let other = "basicConstraints = CA:FALSE\nsubjectAltName = DNS:hub.example.org,DNS:*.example.net";
    let none = "basicConstraints = CA:FALSE";
    let cases = [
        (authority.sign("expired", localhost, [2000, 2001]), "has expired; ask whoever runs the server"),
        (
            authority.sign("early", localhost, [2089, 2090]),
            "is not valid yet; ask whoever runs the server for a new one, or check this computer's clock",
        ),
        (
            authority.sign("other", other, [2020, 2090]),
            "is for hub.example.org, *.example.net; check the address",
        ),
        (authority.sign("none", none, [2020, 2090]), "is for no host; check the address"),
        (authority.own(), "is the one of an authority (CA:TRUE) and not of a server; give the server"),
    ];
    for (identity, expected) in cases {
        let setting = setting(&identity);
        let patient = setting
            .fetcher()
            .with_certificates(authority.certificate())
            .with_retries(4, Duration::from_secs(60));
        let start = Instant::now();
        let error = patient.fetch(&at_commit()).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(30), "{error}");
        assert!(matches!(&error, LmcError::Certificate { .. }), "{error}");
        let host = setting.server.url.trim_start_matches("https://");
        assert!(error.to_string().contains(&format!("the certificate of {host} {expected}")), "{error}");
        assert!(setting.server.requests().is_empty());
    }
}

#[test]
fn an_unknown_authority_is_told_with_those_that_are_known() {
    let (Some(authority), Some(other)) = (authority(), Authority::named("other")) else { return };
    let setting = setting(&authority.sound());
    let fetcher = || setting.fetcher().with_retries(4, Duration::from_secs(60));
    let told = |known: &Authority| {
        let error = fetcher().with_certificates(known.certificate()).fetch(&at_commit()).unwrap_err();
        (error.to_string(), format!("certificates ({})", known.certificate().display()))
    };
    let (error, known) = told(&other);
    let expected = format!("is signed by an authority that is not among those of {known}");
    assert!(error.contains(&expected), "{error}");
    // This authority was made anew under its old name.
    let (error, known) = told(&Authority::new().unwrap());
    let expected = format!("is not signed by the authority of that name among those of {known}");
    assert!(error.contains(&expected), "{error}");
    let error = fetcher().with_certificates("/nowhere.pem").fetch(&at_commit()).unwrap_err();
    assert!(matches!(&error, LmcError::InvalidParameter { field: "certificates", .. }), "{error}");
}

#[test]
fn a_server_without_tls_is_told_from_one_that_is_away() {
    let setting = Setting::new();
    let endpoint = setting.server.url.replace("http://", "https://");
    let fetcher =
        setting.fetcher().with_endpoint(&endpoint).unwrap().with_retries(4, Duration::from_secs(60));
    let (status, error) = network(fetcher.fetch(&at_commit()));
    assert!(
        status.is_none() && error.contains("what answers does not speak TLS; check the address"),
        "{error}"
    );
}

#[test]
fn what_breaks_off_by_tls_is_gone_on_with() {
    use lmc_tests::server::Fault;
    let Some(authority) = authority() else { return };
    let setting = setting(&authority.sound());
    let path = setting.with_model(&weights());
    setting.server.fail("GET", &path, &[Fault::Drop(700_000)]);
    let folder = setting.fetcher().with_certificates(authority.certificate()).fetch(&at_commit()).unwrap();
    assert_eq!(std::fs::read(folder.join("sub/weights.bin")).unwrap(), weights());
    let of_weights = setting.server.requests().into_iter().filter(|request| request.path == path);
    let is_continued: Vec<bool> = of_weights.map(|request| request.headers.contains_key("range")).collect();
    assert_eq!(is_continued, [false, true]);
}
