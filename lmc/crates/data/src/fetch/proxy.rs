//! Proxies through which servers are asked, from the variables that curl and `requests` read.

use std::ffi::OsString;
use std::net::Ipv4Addr;

use ureq::Proxy;
use ureq::http::Uri;

use lmc_base::error::{LmcError, Result};

/// The variables that name a proxy for addresses that begin with `https`; the first that is set counts.
const HTTPS: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
/// The variables that name a proxy for addresses that begin with `http`; the first that is set counts.
const HTTP: [&str; 4] = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];

/// The proxies of the environment.
#[derive(Clone, Debug, Default)]
pub(super) struct Proxies {
    https: Option<Named>,
    http: Option<Named>,
    /// Hosts that are asked directly.
    direct: Vec<String>,
}

#[derive(Clone, Debug)]
struct Named {
    variable: &'static str,
    value: String,
}

/// A proxy that is used for an address.
#[derive(Clone, Debug)]
pub(super) struct Via {
    pub proxy: Proxy,
    /// The variable that names it.
    pub variable: &'static str,
}

impl Via {
    /// Returns the proxy as errors show it: without the name and password of its user.
    pub fn shown(&self) -> String {
        format!("the proxy {}:{} ({})", self.proxy.host(), self.proxy.port(), self.variable)
    }
}

impl Proxies {
    /// Returns the proxies that variables name.
    pub fn from(variable: impl Fn(&str) -> Option<OsString>) -> Proxies {
        let text = |name: &str| variable(name).map(|value| value.to_string_lossy().trim().to_owned());
        let named = |names: [&'static str; 4]| {
            names.into_iter().find_map(|name| Some(Named { variable: name, value: text(name)? }))
        };
        let direct = text("no_proxy").or_else(|| text("NO_PROXY")).unwrap_or_default();
        let separators = |c: char| c == ',' || c.is_whitespace();
        let direct = direct.split(separators).filter(|host| !host.is_empty());
        Proxies {
            https: named(HTTPS),
            http: named(HTTP),
            direct: direct.map(str::to_ascii_lowercase).collect(),
        }
    }

    /// Returns the proxy for an address; none if its server is asked directly.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] naming the variable whose value is not a proxy; it may hold a password
    /// and is not shown.
    pub fn of(&self, url: &str) -> Result<Option<Via>> {
        let Ok(uri) = url.parse::<Uri>() else { return Ok(None) };
        let (named, port) = match uri.scheme_str() {
            Some("https") => (&self.https, 443),
            _ => (&self.http, 80),
        };
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(port);
        let Some(named) =
            named.as_ref().filter(|_| !self.direct.iter().any(|entry| covers(entry, &host, port)))
        else {
            return Ok(None);
        };
        let proxy = Proxy::new(&named.value).map_err(|_| {
            let expected = "the address of a proxy, such as http://HOST:PORT or socks5://HOST:PORT";
            LmcError::invalid(named.variable, "a text that is no address", expected)
        })?;
        Ok(Some(Via { proxy, variable: named.variable }))
    }
}

/// Returns whether an entry of `NO_PROXY` covers a host: its name, a domain above it, its address or network,
/// or `*`.
fn covers(entry: &str, host: &str, port: u16) -> bool {
    let (entry, of_port) = match entry.rsplit_once(':') {
        Some((entry, digits)) if !entry.contains(':') => {
            (entry, digits.parse().is_ok_and(|digits: u16| digits == port))
        }
        _ => (entry, true),
    };
    if !of_port {
        return false;
    }
    if let (Some((network, bits)), Ok(address)) = (entry.split_once('/'), host.parse::<Ipv4Addr>())
        && let (Ok(network), Ok(bits @ 0..=32)) = (network.parse::<Ipv4Addr>(), bits.parse::<u32>())
    {
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        return u32::from(network) & mask == u32::from(address) & mask;
    }
    let domain = entry.trim_start_matches('*').trim_start_matches('.');
    entry == "*"
        || !domain.is_empty()
            && host.strip_suffix(domain).is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn via(variables: &[(&str, &str)], url: &str) -> Result<Option<String>> {
        let variables: HashMap<&str, &str> = variables.iter().copied().collect();
        let proxies = Proxies::from(|name| variables.get(name).map(OsString::from));
        Ok(proxies.of(url)?.map(|via| via.shown()))
    }

    #[test]
    fn the_proxy_is_that_of_the_scheme() {
        let both = [
            ("HTTPS_PROXY", "http://user:secret@a:3128"),
            ("http_proxy", "b:8080"),
            ("ALL_PROXY", "socks5://c"),
        ];
        let shown = |url| via(&both, url).unwrap();
        assert_eq!(shown("https://hub/x").as_deref(), Some("the proxy a:3128 (HTTPS_PROXY)"));
        assert_eq!(shown("http://hub/x").as_deref(), Some("the proxy b:8080 (http_proxy)"));
        assert_eq!(
            via(&both[2..], "https://hub/x").unwrap().as_deref(),
            Some("the proxy c:1080 (ALL_PROXY)")
        );
        assert_eq!(via(&both[1..2], "https://hub/x").unwrap(), None);
        assert_eq!(via(&[], "https://hub/x").unwrap(), None);
    }

    #[test]
    fn hosts_of_no_proxy_are_asked_directly() {
        let direct = |list: &str, url: &str| {
            via(&[("HTTPS_PROXY", "p:1"), ("NO_PROXY", list)], url).unwrap().is_none()
        };
        for (list, url) in [
            ("hub.org", "https://hub.org/x"),
            ("a, hub.org", "https://HUB.org/x"),
            ("hub.org", "https://cdn.hub.org/x"),
            (".hub.org", "https://cdn.hub.org/x"),
            ("*.hub.org", "https://cdn.hub.org/x"),
            ("hub.org:8443", "https://hub.org:8443/x"),
            ("10.0.0.0/8", "https://10.1.2.3/x"),
            ("127.0.0.1", "https://127.0.0.1:9/x"),
            ("*", "https://hub.org/x"),
        ] {
            assert!(direct(list, url), "{list} {url}");
        }
        for (list, url) in [
            ("", "https://hub.org/x"),
            ("hub.org", "https://github.org/x"),
            ("hub.org:8443", "https://hub.org/x"),
            ("10.0.0.0/8", "https://11.1.2.3/x"),
            ("cdn.hub.org", "https://hub.org/x"),
        ] {
            assert!(!direct(list, url), "{list} {url}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_showing_it() {
        for value in ["http://user:secret@", "ftp://user:secret@host", "secret secret"] {
            let message = via(&[("HTTPS_PROXY", value)], "https://hub/").unwrap_err().to_string();
            assert!(
                message.starts_with("`HTTPS_PROXY`: got a text that is no address, expected the address"),
                "{message}"
            );
            assert!(!message.contains("secret"), "{message}");
        }
    }
}
