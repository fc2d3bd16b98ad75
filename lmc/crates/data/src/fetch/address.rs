//! Addresses: how they are put together from names, and where redirects lead.

use ureq::http::Uri;

/// Scheme, host and port: a token is only sent to those of the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

/// Returns the origin of an http or https address.
pub(super) fn origin(url: &str) -> Option<Origin> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let default = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let port = uri.port_u16().unwrap_or(default);
    Some(Origin { scheme, host: uri.host()?.to_ascii_lowercase(), port })
}

/// Returns the address that `location`, found at `base`, means; nothing if it is not an address or leads away
/// from https.
pub(super) fn redirect(base: &str, location: &str) -> Option<String> {
    let from: Uri = base.parse().ok()?;
    let (scheme, authority) = (from.scheme_str()?, from.authority()?.as_str());
    let to = if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else if location.contains("://") {
        location.to_owned()
    } else {
        let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{location}")
    };
    let (before, after) = (origin(base)?, origin(&to)?);
    (before.scheme == after.scheme || after.scheme == "https").then_some(to)
}

/// Returns a path as a part of an address: everything but letters, digits, `-._~` and the slashes between
/// names is escaped.
pub(crate) fn escaped(path: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    path.bytes().map(byte).collect()
}

/// Returns an address as errors show it, without the query after the question mark, which may hold a
/// signature.
pub(super) fn shown(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_relative_or_whole_and_never_lead_away_from_https() {
        let cases = [
            ("https://hub/a/b?x=1", "/c?y", Some("https://hub/c?y")),
            ("https://hub/a/b", "c", Some("https://hub/a/c")),
            ("https://hub/a", "//cdn/c", Some("https://cdn/c")),
            ("http://hub:81/a", "https://cdn/c", Some("https://cdn/c")),
            ("http://hub/a", "http://cdn/c", Some("http://cdn/c")),
            ("https://hub/a", "http://hub/a", None),
            ("https://hub/a", "file:///etc/passwd", None),
            ("https://hub/a", "ftp://hub/a", None),
        ];
        for (base, location, expected) in cases {
            assert_eq!(redirect(base, location).as_deref(), expected, "{base} {location}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let same = [("https://Hub/a", "https://hub:443/b?c"), ("http://hub", "http://hub:80/")];
        same.iter().for_each(|(a, b)| assert_eq!(origin(a).unwrap(), origin(b).unwrap()));
        let other = ["http://hub/", "https://hub.evil/", "https://hub:444/", "https://evil/?hub"];
        other.iter().for_each(|url| assert_ne!(origin(url), origin("https://hub/"), "{url}"));
        assert_eq!(origin("file:///x"), None);
        assert_eq!(origin("no address"), None);
    }

    #[test]
    fn names_are_escaped_and_signatures_not_shown() {
        assert_eq!(escaped("a b/ü#?.txt"), "a%20b/%C3%BC%23%3F.txt");
        assert_eq!(shown("https://cdn/x?Signature=secret#y"), "https://cdn/x");
    }
}
