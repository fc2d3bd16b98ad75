//! Fetchers from the environment: the variables of `huggingface_hub` and of older programs, with the same
//! meaning.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Fetcher;
use lmc_base::error::{LmcError, Result};
use lmc_base::file::home;

/// The variables of older versions of transformers that name a cache.
const OF_TRANSFORMERS: [&str; 3] =
    ["TRANSFORMERS_CACHE", "PYTORCH_TRANSFORMERS_CACHE", "PYTORCH_PRETRAINED_BERT_CACHE"];

impl Fetcher {
    /// Returns a fetcher with the cache folders, endpoint and token of the environment.
    ///
    /// | variable | effect |
    /// |---|---|
    /// | `HF_HOME` | the folder of the hub's cache and token; else `huggingface` under the user's cache folder |
    /// | `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE` | the cache itself, the first that is set; else `hub` in `HF_HOME` |
    /// | `TRANSFORMERS_CACHE`, `PYTORCH_TRANSFORMERS_CACHE`, `PYTORCH_PRETRAINED_BERT_CACHE` | further caches in which repositories are looked for; where no variable above is set, the first of these is the cache itself |
    /// | `HF_ENDPOINT` | another hub; else `https://huggingface.co` |
    /// | `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN` | who asks; else what is in the file `HF_TOKEN_PATH`, or `token` in `HF_HOME` |
    /// | `HF_HUB_DISABLE_IMPLICIT_TOKEN=1` | no token is sent |
    /// | `HF_HUB_OFFLINE=1`, else `TRANSFORMERS_OFFLINE=1` | nothing is asked for, only what is in the cache is found |
    /// | `SSL_CERT_FILE` and `SSL_CERT_DIR`, else `REQUESTS_CA_BUNDLE`, else `CURL_CA_BUNDLE` | the certificates of the authorities that are trusted; else the system's and Mozilla's |
    /// | `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, in capitals or small letters | the proxy to go through, and the hosts that are asked directly |
    /// | `LMC_HOME` | the folder of what comes from other servers (`downloads`) and of the lock file (`lmc.lock`) |
    ///
    /// In the names of folders a `~` at the beginning is the home folder, and `$NAME` and `${NAME}` are other
    /// variables.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] when no home folder is known, or if the endpoint or the token is not
    /// valid.
    pub fn from_env() -> Result<Fetcher> {
        from(variable, home()?)
    }
}

/// Returns a variable of the environment; an empty one counts as not set.
pub(super) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn from(variable: impl Fn(&str) -> Option<OsString>, lmc_home: PathBuf) -> Result<Fetcher> {
    let folder = |name: &str| Some(expanded(variable(name)?, &variable));
    let user_cache = || folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    let own_home = folder("HF_HOME");
    let hf_home = own_home.clone().or_else(|| Some(user_cache()?.join("huggingface")));
    let hf_home = hf_home.ok_or_else(|| LmcError::invalid("HF_HOME", "unset, as is HOME", "a folder"))?;
    let named = ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"].into_iter().find_map(folder);
    let default = hf_home.join("hub");
    let mut others: Vec<PathBuf> = OF_TRANSFORMERS.into_iter().filter_map(folder).collect();
    let cache = match named {
        Some(named) => named,
        None => {
            others.push(default.clone());
            let first = others.first().filter(|_| own_home.is_none());
            first.cloned().unwrap_or(default)
        }
    };
    others.retain(|other| *other != cache);
    let text = |name: &str| variable(name).map(|value| value.to_string_lossy().into_owned());
    let is_set = |names: &[&str]| {
        names.iter().find_map(|name| text(name)).is_some_and(|value| {
            ["1", "ON", "YES", "TRUE"].contains(&value.trim().to_ascii_uppercase().as_str())
        })
    };
    let token = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"].into_iter().find_map(text).or_else(|| {
        let file = folder("HF_TOKEN_PATH").unwrap_or_else(|| hf_home.join("token"));
        std::fs::read_to_string(file).ok()
    });
    let token = token.filter(|_| !is_set(&["HF_HUB_DISABLE_IMPLICIT_TOKEN"]));
    let endpoint = text("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".into());
    let fetcher = Fetcher::new(cache, lmc_home)
        .with_offline(is_set(&["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"]))
        .with_endpoint(&endpoint)?
        .with_token(token.as_deref())?;
    Ok(Fetcher { other_caches: others, ..fetcher })
}

/// Returns a folder as `huggingface_hub` reads it: with the home folder for `~`, and with the values of other
/// variables.
fn expanded(value: OsString, variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    let Some(text) = value.to_str() else { return PathBuf::from(value) };
    let mut path = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        path.push_str(before);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (name, next) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some(braced) => braced,
            None => after.split_at(after.find(|c| !is_name(c)).unwrap_or(after.len())),
        };
        match variable(name).as_ref().and_then(|value| value.to_str()) {
            Some(value) if !name.is_empty() => path.push_str(value),
            // Text that is not a variable stays as it is written.
            _ => path.push_str(&rest[before.len()..rest.len() - next.len()]),
        }
        rest = next;
    }
    let path = PathBuf::from(path + rest);
    match (path.strip_prefix("~"), variable("HOME")) {
        (Ok(below), Some(home)) => PathBuf::from(home).join(below),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::path::Path;

    use super::*;

    fn fetcher(variables: &[(&str, &str)]) -> Result<Fetcher> {
        let variables: HashMap<&str, &str> = variables.iter().copied().collect();
        from(|name| variables.get(name).map(OsString::from), "/lmc".into())
    }

    #[test]
    fn folders_are_where_huggingface_hub_has_them() {
        let cases: [(&[(&str, &str)], &str); 11] = [
            (&[("HOME", "/h")], "/h/.cache/huggingface/hub"),
            (&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")], "/x/huggingface/hub"),
            (&[("HOME", "/h"), ("HF_HOME", "/f")], "/f/hub"),
            (&[("HOME", "/h"), ("HF_HOME", "~/f")], "/h/f/hub"),
            (&[("HOME", "/h"), ("HF_HOME", "~")], "/h/hub"),
            (&[("HOME", "/h"), ("SCRATCH", "/s"), ("HF_HOME", "$SCRATCH/f")], "/s/f/hub"),
            (
                &[("HOME", "/h"), ("SCRATCH", "s"), ("HF_HOME", "/a/${SCRATCH}_x/$NONE/$")],
                "/a/s_x/$NONE/$/hub",
            ),
            (&[("HOME", "/h"), ("HF_HOME", "/f"), ("HF_HUB_CACHE", "/c")], "/c"),
            (&[("HOME", "/h"), ("HUGGINGFACE_HUB_CACHE", "~/old")], "/h/old"),
            (&[("HOME", "/h"), ("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HUB_CACHE", "/c")], "/c"),
            (&[("HOME", "/h"), ("PYTORCH_TRANSFORMERS_CACHE", "/p"), ("TRANSFORMERS_CACHE", "/t")], "/t"),
        ];
        for (variables, expected) in cases {
            let fetcher = fetcher(variables).unwrap();
            assert_eq!(fetcher.hub_cache(), Path::new(expected), "{variables:?}");
            assert_eq!(fetcher.lock_file(), Path::new("/lmc/lmc.lock"));
        }
        assert!(fetcher(&[]).unwrap_err().to_string().starts_with("`HF_HOME`: got unset"));
    }

    #[test]
    fn caches_of_transformers_are_looked_through_as_well() {
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a [&'a str]);
        let cases: [Case<'_>; 4] = [
            (&[("HOME", "/h"), ("HF_HOME", "/f"), ("TRANSFORMERS_CACHE", "/t")], "/f/hub", &["/t"]),
            (&[("HOME", "/h"), ("HF_HUB_CACHE", "/c"), ("TRANSFORMERS_CACHE", "/t")], "/c", &["/t"]),
            (&[("HOME", "/h"), ("TRANSFORMERS_CACHE", "/t")], "/t", &["/h/.cache/huggingface/hub"]),
            (&[("HOME", "/h"), ("HF_HOME", "/f"), ("TRANSFORMERS_CACHE", "/f/hub")], "/f/hub", &[]),
        ];
        for (variables, cache, others) in cases {
            let fetcher = fetcher(variables).unwrap();
            assert_eq!(fetcher.hub_cache(), Path::new(cache), "{variables:?}");
            let others: Vec<PathBuf> = others.iter().map(PathBuf::from).collect();
            assert_eq!(fetcher.other_caches, others, "{variables:?}");
        }
    }

    #[test]
    fn endpoint_token_and_offline_are_taken_over_and_the_token_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let hf_home = folder.path().to_str().unwrap();
        let plain = fetcher(&[("HF_HOME", hf_home)]).unwrap();
        assert_eq!(plain.endpoint(), "https://huggingface.co");
        assert!(!plain.offline && plain.client.token.is_none());
        std::fs::write(folder.path().join("token"), "hf_of_file\n").unwrap();
        let with_file = fetcher(&[("HF_HOME", hf_home), ("HF_HUB_OFFLINE", "true")]).unwrap();
        assert_eq!(with_file.client.token.as_ref().unwrap().1, "hf_of_file");
        assert!(with_file.offline);
        let variables =
            [("HF_HOME", hf_home), ("HF_TOKEN", "hf_secret"), ("HF_ENDPOINT", "http://mirror:8080/")];
        let fetcher_of_variables = fetcher(&variables).unwrap();
        assert_eq!(fetcher_of_variables.client.token.as_ref().unwrap().1, "hf_secret");
        assert_eq!(fetcher_of_variables.endpoint(), "http://mirror:8080");
        assert!(!format!("{fetcher_of_variables:?}").contains("secret"));
        let error = fetcher(&[("HOME", "/h"), ("HF_TOKEN", "hf_sec\nret")]).unwrap_err().to_string();
        assert!(error.starts_with("`HF_TOKEN`") && !error.contains("ret\n"), "{error}");
        let error = fetcher(&[("HOME", "/h"), ("HF_ENDPOINT", "hub")]).unwrap_err().to_string();
        assert!(error.starts_with("`HF_ENDPOINT`: got hub, expected"), "{error}");
    }

    #[test]
    fn older_names_of_token_and_offline_come_after_the_newer() {
        let of = |variables: &[(&str, &str)]| fetcher(&[&[("HOME", "/h")], variables].concat()).unwrap();
        let token = |variables| of(variables).client.token.map(|(_, token)| token);
        assert_eq!(token(&[("HUGGING_FACE_HUB_TOKEN", "old")]).as_deref(), Some("old"));
        assert_eq!(token(&[("HUGGING_FACE_HUB_TOKEN", "old"), ("HF_TOKEN", "new")]).as_deref(), Some("new"));
        assert_eq!(token(&[("HF_TOKEN", "new"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")]), None);
        assert!(of(&[("TRANSFORMERS_OFFLINE", "yes")]).offline);
        assert!(!of(&[("HF_HUB_OFFLINE", "0"), ("TRANSFORMERS_OFFLINE", "1")]).offline);
    }
}
