//! A fetcher as the environment wants it: the variables of `huggingface_hub`, with the same meaning.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Fetcher;
use crate::error::{LmcError, Result};
use crate::file::home;

impl Fetcher {
    /// Returns a fetcher with the cache folders, endpoint and token of the environment.
    ///
    /// | variable | effect |
    /// |---|---|
    /// | `HF_HOME` | the folder of the hub's cache and token; else `huggingface` under the user's cache folder |
    /// | `HF_HUB_CACHE` | the cache itself; else `hub` in `HF_HOME` |
    /// | `HF_ENDPOINT` | another hub; else `https://huggingface.co` |
    /// | `HF_TOKEN` | who asks; else what is in the file `HF_TOKEN_PATH`, or `token` in `HF_HOME` |
    /// | `HF_HUB_OFFLINE=1` | nothing is asked for, only what is in the cache is found |
    /// | `LMC_HOME` | the folder of what comes from other servers (`downloads`) and of the lock file (`lmc.lock`) |
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] when no home folder is known, or endpoint or token cannot be one.
    pub fn from_env() -> Result<Fetcher> {
        from(|name| std::env::var_os(name).filter(|value| !value.is_empty()), home()?)
    }
}

fn from(variable: impl Fn(&str) -> Option<OsString>, lmc_home: PathBuf) -> Result<Fetcher> {
    let folder = |name: &str| {
        let path = PathBuf::from(variable(name)?);
        Some(match (path.strip_prefix("~"), variable("HOME")) {
            (Ok(below), Some(home)) => PathBuf::from(home).join(below),
            _ => path,
        })
    };
    let user_cache = || folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    let hf_home = folder("HF_HOME").or_else(|| Some(user_cache()?.join("huggingface")));
    let hf_home = hf_home.ok_or_else(|| LmcError::invalid("HF_HOME", "unset, as is HOME", "a folder"))?;
    let cache = folder("HF_HUB_CACHE").unwrap_or_else(|| hf_home.join("hub"));
    let text = |name: &str| variable(name).map(|value| value.to_string_lossy().into_owned());
    let is_set = |name: &str| {
        text(name)
            .is_some_and(|value| ["1", "ON", "YES", "TRUE"].contains(&value.to_ascii_uppercase().as_str()))
    };
    let token = text("HF_TOKEN").or_else(|| {
        let file = folder("HF_TOKEN_PATH").unwrap_or_else(|| hf_home.join("token"));
        std::fs::read_to_string(file).ok()
    });
    let endpoint = text("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".into());
    Fetcher::new(cache, lmc_home)
        .with_offline(is_set("HF_HUB_OFFLINE") || is_set("TRANSFORMERS_OFFLINE"))
        .with_endpoint(&endpoint)?
        .with_token(token.as_deref())
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
        let cases: [(&[(&str, &str)], &str); 5] = [
            (&[("HOME", "/h")], "/h/.cache/huggingface/hub"),
            (&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")], "/x/huggingface/hub"),
            (&[("HOME", "/h"), ("HF_HOME", "/f")], "/f/hub"),
            (&[("HOME", "/h"), ("HF_HOME", "~/f")], "/h/f/hub"),
            (&[("HOME", "/h"), ("HF_HOME", "/f"), ("HF_HUB_CACHE", "/c")], "/c"),
        ];
        for (variables, expected) in cases {
            let fetcher = fetcher(variables).unwrap();
            assert_eq!(fetcher.hub_cache(), Path::new(expected), "{variables:?}");
            assert_eq!(fetcher.lock_file(), Path::new("/lmc/lmc.lock"));
        }
        assert!(fetcher(&[]).unwrap_err().to_string().starts_with("`HF_HOME`: got unset"));
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
}
