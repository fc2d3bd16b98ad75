//! Says what is set up and what is missing, with remedies.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::cache::{self, Cache};
use crate::install;
use crate::pool;
use crate::template;

const SET_UP: &str = "run ./kernel-setup/walkthrough in the clone";

/// One line of the report: what was found, or what is missing and what to do.
type Finding = std::result::Result<String, String>;

/// Prints the report; an error if something is missing.
pub fn doctor() -> Result<()> {
    let cache = Cache::find()?;
    let clone = cache::clone_around(&std::env::current_dir()?);
    println!("cache: {}", cache.root().display());
    let findings = [
        ("cargo", program("cargo", "--version", "install Rust with rustup (rustup.rs)")),
        ("C++ compiler", program("c++", "--version", "install one, for example apt-get install g++")),
        ("Python packages", python(&cache)),
        ("libtorch", libtorch(&cache)),
        ("NVIDIA devices", Ok(devices(&cache))),
        ("kernel", registration(&cache)),
        ("dependencies", dependencies(&cache, clone.as_deref())),
        ("slots", slots(&cache)),
    ];
    let mut n_missing = 0;
    for (name, finding) in findings {
        match finding {
            Ok(found) => println!("ok       {name}: {found}"),
            Err(missing) => {
                n_missing += 1;
                println!("MISSING  {name}: {missing}");
            }
        }
    }
    if n_missing > 0 {
        bail!("{n_missing} of these are missing");
    }
    Ok(())
}

fn first_line(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| text.lines().next().unwrap_or_default().to_owned())
}

fn program(name: &str, argument: &str, remedy: &str) -> Finding {
    first_line(Path::new(name), argument).ok_or_else(|| format!("`{name}` does not run; {remedy}"))
}

fn python(cache: &Cache) -> Finding {
    let jupyter = cache.venv().join("bin/jupyter");
    let found = first_line(&cache.venv().join("bin/python"), "--version");
    found
        .filter(|_| jupyter.exists())
        .ok_or_else(|| format!("{} is not complete; {SET_UP}", cache.venv().display()))
}

fn libtorch(cache: &Cache) -> Finding {
    let library = cache.libtorch().join("lib");
    let needed = ["lib/libtorch_cpu.so", "lib/libc10.so", "lib/libgomp.so.1", "include/torch"];
    match needed.iter().find(|name| !cache.libtorch().join(name).exists()) {
        Some(name) => Err(format!("{} is missing; {SET_UP}", cache.libtorch().join(name).display())),
        None => Ok(fs::canonicalize(&library).unwrap_or(library).display().to_string()),
    }
}

fn devices(cache: &Cache) -> String {
    let cuda = cache.libtorch().join("lib/libtorch_cuda.so").exists();
    match (first_line(Path::new("nvidia-smi"), "-L"), cuda) {
        (Some(device), true) => device,
        (Some(device), false) => format!("{device}, but libtorch is without CUDA; {SET_UP}"),
        (None, _) => "none, libtorch computes on the CPU".to_owned(),
    }
}

fn registration(cache: &Cache) -> Finding {
    let path = install::default_folder(cache).join("kernel.json");
    let missing = || format!("{} does not name a program; {SET_UP}", path.display());
    let text = fs::read_to_string(&path).map_err(|_| missing())?;
    let kernel: serde_json::Value = serde_json::from_str(&text).map_err(|_| missing())?;
    let program = kernel["argv"][0].as_str().filter(|program| Path::new(program).is_file());
    program.map(str::to_owned).ok_or_else(missing)
}

fn dependencies(cache: &Cache, clone: Option<&Path>) -> Finding {
    template::best(cache, clone).ok_or_else(|| format!("not compiled; {SET_UP}"))?;
    let Some(clone) = clone else {
        return Ok("compiled (run this in a clone to see about its lmc)".to_owned());
    };
    match template::is_current(cache, clone) {
        Ok(true) => Ok(format!("compiled, with lmc of {}", clone.display())),
        Ok(false) => {
            Ok("compiled, but lmc has changed since: the first cell compiles it; lmc-kernel warm does so now"
                .to_owned())
        }
        Err(error) => Err(format!("{error:#}")),
    }
}

fn slots(cache: &Cache) -> Finding {
    let (used, all) = pool::usage(cache).map_err(|error| format!("{error:#}"))?;
    Ok(format!("{used} in use, {all} made"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_cache_misses_everything_and_says_what_to_do() {
        let temp = tempfile::tempdir().unwrap();
        let cache = Cache::at(temp.path());
        for finding in [python(&cache), libtorch(&cache), registration(&cache), dependencies(&cache, None)] {
            let missing = finding.unwrap_err();
            assert!(missing.ends_with(SET_UP), "{missing}");
        }
        assert_eq!(slots(&cache).unwrap(), "0 in use, 0 made");
        assert!(program("no-such-program", "-V", "install it").unwrap_err().ends_with("install it"));
    }
}
