//! An authority that signs certificates for servers of tests, by the command `openssl`.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The configuration that `openssl ca` reads.
const CONFIG: &str = "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nnew_certs_dir = .\nserial = serial\ndefault_md = sha256\npolicy = names\ncertificate = authority.pem\nprivate_key = authority.key\n[names]\ncommonName = supplied\n";

/// An authority that nobody trusts yet.
pub struct Authority {
    folder: TempDir,
}

/// The certificate of a server with its key, both PEM files.
pub struct Identity {
    /// The certificate.
    pub certificate: PathBuf,
    /// The key.
    pub key: PathBuf,
}

impl Authority {
    /// Returns a new authority, or none if there is no `openssl` that can make one.
    pub fn new() -> Option<Authority> {
        Self::named("authority")
    }

    /// Returns a new authority with a name.
    pub fn named(name: &str) -> Option<Authority> {
        let authority = Authority { folder: tempfile::tempdir().unwrap() };
        for (name, text) in [
            ("ca.cnf", CONFIG),
            ("index.txt", ""),
            ("index.txt.attr", "unique_subject = no\n"),
            ("serial", "01\n"),
        ] {
            std::fs::write(authority.folder.path().join(name), text).unwrap();
        }
        authority.openssl(&format!("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout authority.key -out authority.pem -days 30 -subj /CN={name}"))?;
        Some(authority)
    }

    /// Returns its own certificate, as a PEM file.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// Returns a certificate with extensions such as `subjectAltName = DNS:localhost`, valid between two
    /// years.
    ///
    /// # Panics
    ///
    /// If openssl, which made the authority, refuses.
    pub fn sign(&self, name: &str, extensions: &str, years: [u32; 2]) -> Identity {
        let path = |ending: &str| self.folder.path().join(format!("{name}.{ending}"));
        std::fs::write(path("ext"), format!("{extensions}\n")).unwrap();
        let signed = self
            .openssl(&format!("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"))
            .and_then(|()| {
                let [first, last] = years;
                self.openssl(&format!("ca -batch -notext -config ca.cnf -extfile {name}.ext -startdate {first}0101000000Z -enddate {last}0101000000Z -in {name}.csr -out {name}.pem"))
            });
        signed.expect("openssl signs what it made");
        Identity { certificate: path("pem"), key: path("key") }
    }

    /// Returns a sound certificate of a server on `localhost`.
    pub fn sound(&self) -> Identity {
        self.sign(
            "sound",
            "basicConstraints = CA:FALSE\nsubjectAltName = DNS:localhost,IP:127.0.0.1",
            [2020, 2090],
        )
    }

    /// Returns the authority's own certificate and key, which a server may not use.
    pub fn own(&self) -> Identity {
        Identity { certificate: self.certificate(), key: self.folder.path().join("authority.key") }
    }

    fn openssl(&self, arguments: &str) -> Option<()> {
        run(self.folder.path(), arguments)
    }
}

fn run(folder: &Path, arguments: &str) -> Option<()> {
    let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().ok()?;
    output.status.success().then_some(())
}
