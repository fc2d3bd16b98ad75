//! Certificates of trusted authorities: those that the environment names, or the system's and Mozilla's.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use lmc_base::error::{LmcError, Result};

/// OpenSSL's variables, which are used together.
const OPENSSL: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
/// The variables of `requests` and of curl, which are used if those before them are not set.
const BUNDLES: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

/// The trusted authorities; their certificates are read for the first address that begins with `https`.
#[derive(Clone, Debug)]
pub(super) struct Trust {
    /// The paths that the environment names; empty for the system's and Mozilla's certificates.
    named: Vec<Named>,
    read: Arc<OnceLock<RootCerts>>,
}

/// A file or a list of folders, and the variable that names it.
#[derive(Clone, Debug)]
struct Named {
    variable: &'static str,
    value: OsString,
}

impl Trust {
    /// Returns the authorities that variables name.
    pub fn from(variable: impl Fn(&str) -> Option<OsString>) -> Trust {
        let named = |name: &&'static str| Some(Named { variable: name, value: variable(name)? });
        let mut all: Vec<Named> = OPENSSL.iter().filter_map(named).collect();
        if all.is_empty() {
            all.extend(BUNDLES.iter().find_map(named));
        }
        Trust { named: all, read: Arc::default() }
    }

    /// Returns the authorities in a file or folder.
    pub fn of(path: PathBuf) -> Trust {
        let named = Named { variable: "certificates", value: path.into() };
        Trust { named: vec![named], read: Arc::default() }
    }

    /// Returns their certificates.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a variable that does not name a file or folder with certificates.
    pub fn roots(&self) -> Result<RootCerts> {
        if let Some(roots) = self.read.get() {
            return Ok(roots.clone());
        }
        let mut found = BTreeSet::new();
        for named in &self.named {
            found.extend(named.certificates()?);
        }
        if self.named.is_empty() {
            found.extend(rustls_native_certs::load_native_certs().certs.iter().map(|der| der.to_vec()));
            found.extend(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|der| der.to_vec()));
        }
        let roots = found.iter().map(|der| Certificate::from_der(der).to_owned());
        Ok(self.read.get_or_init(|| RootCerts::from(roots)).clone())
    }

    /// Returns where the certificates come from, in words for errors.
    pub fn origin(&self) -> String {
        let named: Vec<String> = self
            .named
            .iter()
            .map(|Named { variable, value }| format!("{variable} ({})", value.display()))
            .collect();
        if named.is_empty() { "the system and Mozilla".into() } else { named.join(" and ") }
    }

    /// Returns the variable to set, or the one that is set.
    pub fn variable(&self) -> &'static str {
        self.named.first().map_or(OPENSSL[0], |named| named.variable)
    }
}

impl Named {
    /// Returns the certificates that are there, each once.
    fn certificates(&self) -> Result<BTreeSet<Vec<u8>>> {
        let path = Path::new(&self.value);
        let (found, expected) = if self.variable == "SSL_CERT_DIR" || path.is_dir() {
            let found = std::env::split_paths(&self.value).flat_map(|folder| in_folder(&folder)).collect();
            (found, "a folder of files with certificates in PEM")
        } else {
            let expected = "a file with certificates in PEM, each after a line -----BEGIN CERTIFICATE-----";
            let bytes = std::fs::read(path).map_err(|error| {
                LmcError::invalid(self.variable, format!("{}: {error}", path.display()), expected)
            })?;
            (in_text(&bytes), expected)
        };
        let sound = RootCertStore::empty()
            .add_parsable_certificates(found.iter().map(|der| CertificateDer::from_slice(der)))
            .0;
        if sound == 0 {
            let got = format!("{}, which has none", self.value.display());
            return Err(LmcError::invalid(self.variable, got, expected));
        }
        Ok(found)
    }
}

/// Returns the certificates in the files of a folder; a file that cannot be read has none.
fn in_folder(folder: &Path) -> BTreeSet<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path()).filter(|path| path.is_file());
    files.filter_map(|path| std::fs::read(path).ok()).flat_map(|bytes| in_text(&bytes)).collect()
}

/// Returns the certificates in a text.
fn in_text(text: &[u8]) -> BTreeSet<Vec<u8>> {
    parse_pem(text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate.der().to_vec()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn trust(variables: &[(&str, &str)]) -> Trust {
        let variables: HashMap<&str, &str> = variables.iter().copied().collect();
        Trust::from(|name| variables.get(name).map(OsString::from))
    }

    /// Returns a certificate of Mozilla's as a text.
    fn pem(index: usize) -> String {
        use base64::Engine;
        let der = &webpki_root_certs::TLS_SERVER_ROOT_CERTS[index];
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    fn number(trust: &Trust) -> usize {
        match trust.roots().unwrap() {
            RootCerts::Specific(certificates) => certificates.len(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn variables_count_in_the_order_of_openssl_requests_and_curl() {
        let all = [
            ("CURL_CA_BUNDLE", "c"),
            ("REQUESTS_CA_BUNDLE", "r"),
            ("SSL_CERT_DIR", "d"),
            ("SSL_CERT_FILE", "f"),
        ];
        assert_eq!(trust(&all).origin(), "SSL_CERT_FILE (f) and SSL_CERT_DIR (d)");
        assert_eq!(trust(&all[..3]).origin(), "SSL_CERT_DIR (d)");
        assert_eq!(trust(&all[..2]).origin(), "REQUESTS_CA_BUNDLE (r)");
        assert_eq!(trust(&all[..1]).origin(), "CURL_CA_BUNDLE (c)");
        assert_eq!(
            (trust(&[]).origin().as_str(), trust(&[]).variable()),
            ("the system and Mozilla", "SSL_CERT_FILE")
        );
        assert!(number(&trust(&[])) >= webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
    }

    #[test]
    fn certificates_are_read_from_files_and_folders_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("two.pem"), format!("# a comment\n{}{}{0}", pem(0), pem(1))).unwrap();
        std::fs::create_dir(path("certs")).unwrap();
        std::fs::write(path("certs/a.0"), pem(1)).unwrap();
        std::fs::write(path("certs/b.0"), pem(2)).unwrap();
        std::fs::write(path("certs/README"), "no certificate").unwrap();
        std::os::unix::fs::symlink("gone", path("certs/dangling")).unwrap();
        assert_eq!(number(&trust(&[("SSL_CERT_FILE", &path("two.pem"))])), 2);
        let folders = format!("/nowhere:{}", path("certs"));
        assert_eq!(number(&trust(&[("SSL_CERT_DIR", &folders)])), 2);
        assert_eq!(number(&trust(&[("REQUESTS_CA_BUNDLE", &path("certs"))])), 2);
        assert_eq!(number(&trust(&[("SSL_CERT_FILE", &path("two.pem")), ("SSL_CERT_DIR", &folders)])), 3);
        assert_eq!(number(&Trust::of(path("two.pem").into())), 2);
    }

    #[test]
    fn what_has_no_certificates_is_named_with_its_variable() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("empty.pem"), "").unwrap();
        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        std::fs::write(path("garbage.pem"), garbage).unwrap();
        std::fs::write(path("der.crt"), webpki_root_certs::TLS_SERVER_ROOT_CERTS[0].as_ref()).unwrap();
        let message =
            |variable: &str, value: &str| trust(&[(variable, value)]).roots().unwrap_err().to_string();
        for file in ["empty.pem", "garbage.pem", "der.crt"] {
            let message = message("SSL_CERT_FILE", &path(file));
            let expected =
                format!("`SSL_CERT_FILE`: got {}, which has none, expected a file with", path(file));
            assert!(message.starts_with(&expected), "{message}");
        }
        let message_of_none = message("REQUESTS_CA_BUNDLE", "/nowhere.pem");
        assert!(
            message_of_none.starts_with("`REQUESTS_CA_BUNDLE`: got /nowhere.pem: No such file"),
            "{message_of_none}"
        );
        let message = message("SSL_CERT_DIR", &path(""));
        assert!(message.contains("`SSL_CERT_DIR`: got ") && message.contains("which has none"), "{message}");
    }
}
