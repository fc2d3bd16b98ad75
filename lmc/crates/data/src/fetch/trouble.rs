//! Reasons why a request has no answer, and their remedies.

use rustls::{CertificateError, Error as TlsError};
use ureq::http::Uri;

use super::address::shown;
use super::client::network;
use super::proxy::Via;
use super::retry::Failure;
use super::trust::Trust;
use lmc_base::error::LmcError;

/// The reason why a request has no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server shows a certificate that cannot be accepted.
    Certificate(CertificateError),
    /// The other side does not speak TLS, or no version of it that is accepted.
    Tls(String),
    /// The proxy refuses to connect to the server.
    Proxy(String),
    /// Anything else: no such host, a refused or broken connection, silence.
    Other(String),
}

impl From<&ureq::Error> for Trouble {
    fn from(error: &ureq::Error) -> Trouble {
        let tls = match error {
            ureq::Error::Rustls(error) => Some(error),
            ureq::Error::Io(error) => error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()),
            _ => None,
        };
        match (tls, error) {
            (Some(TlsError::InvalidCertificate(error)), _) => Trouble::Certificate(error.clone()),
            (Some(TlsError::InvalidMessage(_)), _) => Trouble::Tls("what answers does not speak TLS".into()),
            (Some(error), _) => Trouble::Tls(format!("no TLS connection: {error}")),
            (None, ureq::Error::ConnectProxyFailed(reason)) => Trouble::Proxy(said_by_proxy(reason)),
            (None, error) => Trouble::Other(error.to_string()),
        }
    }
}

/// Returns the status and text of a proxy: ureq writes the status twice.
fn said_by_proxy(reason: &str) -> String {
    match reason.strip_prefix("proxy server responded ").and_then(|rest| rest.split('/').next()) {
        Some(status) => format!("status {status}"),
        None => reason.to_owned(),
    }
}

impl Trouble {
    /// Returns the failure of a request for `url`, which may have gone through a proxy.
    pub fn failure(&self, url: &str, via: Option<&Via>, trust: &Trust) -> Failure {
        match (self, via) {
            (Trouble::Certificate(error), _) => {
                let host = url.parse::<Uri>().ok().and_then(|uri| Some(uri.authority()?.to_string()));
                let (problem, remedy) = about_certificate(error, trust);
                let host = host.unwrap_or_default();
                Failure::last(LmcError::Certificate { url: shown(url), host, problem, remedy })
            }
            (Trouble::Tls(problem), _) => {
                let remedy =
                    "check the address: is it one that begins with http://, or does a proxy answer for it?";
                Failure::last(no_answer(url, problem.clone(), remedy.into()))
            }
            (Trouble::Proxy(said), Some(via)) => {
                let problem = format!("{} does not connect to it: {said}", via.shown());
                let variable = via.variable;
                let remedy = if said == "status 407" {
                    format!("it wants a name and a password: {variable}=http://NAME:PASSWORD@HOST:PORT")
                } else {
                    format!("check {variable}; hosts in NO_PROXY are asked directly")
                };
                let error = no_answer(url, problem, remedy);
                if said.starts_with("status 5") { Failure::again(error, None) } else { Failure::last(error) }
            }
            (Trouble::Other(problem), Some(via)) => {
                let problem = format!("{problem}, through {}", via.shown());
                let remedy = format!(
                    "check {} and the connection; hosts in NO_PROXY are asked directly",
                    via.variable
                );
                Failure::again(no_answer(url, problem, remedy), None)
            }
            (Trouble::Proxy(problem) | Trouble::Other(problem), _) => {
                Failure::again(network(url, None, problem.clone()), None)
            }
        }
    }
}

fn no_answer(url: &str, problem: String, remedy: String) -> LmcError {
    LmcError::Network { url: shown(url), status: None, problem, remedy }
}

/// Returns the problem with a certificate, and the remedy.
fn about_certificate(error: &CertificateError, trust: &Trust) -> (String, String) {
    let (origin, variable) = (trust.origin(), trust.variable());
    let own_network = format!(
        "where a server or proxy of your own network answers, set {variable} to a PEM file that has its authority's certificate"
    );
    let runs_it = "ask whoever runs the server for a new one, or check this computer's clock".to_owned();
    match error {
        CertificateError::UnknownIssuer => {
            (format!("is signed by an authority that is not among those of {origin}"), own_network)
        }
        CertificateError::BadSignature => {
            (format!("is not signed by the authority of that name among those of {origin}"), own_network)
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("has expired".into(), runs_it)
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("is not valid yet".into(), runs_it)
        }
        CertificateError::NotValidForName => ("is for another host".into(), "check the address".into()),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
            let names = if names.is_empty() { "no host".into() } else { names.join(", ") };
            (
                format!("is for {names}"),
                "check the address, or give the server a certificate with its name".into(),
            )
        }
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            let remedy = "give the server a certificate of its own that the authority signs (CA:FALSE)";
            ("is the one of an authority (CA:TRUE) and not of a server".into(), remedy.into())
        }
        other => {
            let problem = format!("does not do: {other}");
            (problem, "give the server a sound certificate (X.509 version 3, with its name)".into())
        }
    }
}

/// Returns the name in `DnsName("hub.org")`.
fn bare(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}
