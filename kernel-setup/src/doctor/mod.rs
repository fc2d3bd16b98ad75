//! A report of everything that is set up or missing, with remedies.

mod finding;
mod machine;
mod set_up;

use anyhow::{Result, bail};

use crate::cache::{self, Cache};

/// Prints the report; fails if something is missing.
pub fn doctor() -> Result<()> {
    let cache = Cache::find()?;
    let clone = cache::clone_around(&std::env::current_dir()?);
    println!("cache: {}", cache.root().display());
    match &clone {
        Some(clone) => println!("clone: {}\n", clone.display()),
        None => println!("clone: none around this folder; run this in one to see about its lmc\n"),
    }
    let clone = clone.as_deref();
    let mut findings = machine::findings(&cache, clone);
    findings.extend(set_up::findings(&cache, clone));
    print!("{}", finding::table(&findings));
    let n_missing = findings.iter().filter(|finding| finding.remedy.is_some()).count();
    if n_missing > 0 {
        bail!("{n_missing} of these need a remedy");
    }
    Ok(())
}

/// The command that sets up everything.
const SET_UP: &str = "./kernel-setup/walkthrough in the clone";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_cache_misses_the_set_up_and_says_what_to_do() {
        let temp = tempfile::tempdir().unwrap();
        let findings = set_up::findings(&Cache::at(temp.path()), None);
        let remedy = |what: &str| {
            let finding = findings.iter().find(|finding| finding.what == what).unwrap();
            finding.remedy.clone().unwrap_or_default()
        };
        for what in ["libtorch", "JupyterLab", "plotly renderer", "kernel", "compiled dependencies"] {
            assert_eq!(remedy(what), SET_UP, "{what}");
        }
        assert_eq!(remedy("slots"), "");
    }
}
