//! The template: a folder of cells in which every dependency of `lmc` is compiled, that kernels start from a copy of.
//! All clones share it; each adds its own `lmc`.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use crate::cache::{self, Cache};
use crate::environment;
use crate::pool;
use crate::stamp::Stamp;

const PROGRESS: Duration = Duration::from_secs(20);

/// What is ready in the template: for each clone the stamp of what was compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Ready {
    rustc: String,
    /// Changes whenever the template does.
    pub generation: String,
    clones: Map<String, Value>,
}

impl Ready {
    /// What is ready now, or None where nothing is.
    pub fn read(cache: &Cache) -> Option<Ready> {
        let text = fs::read_to_string(cache.template().join("ready")).ok()?;
        let value: Value = serde_json::from_str(&text).ok()?;
        let field = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let clones = value.get("clones")?.as_object()?.clone();
        Some(Ready { rustc: field("rustc")?, generation: field("generation")?, clones })
    }

    /// The clone that was warmed last, for notebooks outside any clone.
    pub fn any_clone(&self) -> Option<PathBuf> {
        self.clones
            .keys()
            .next_back()
            .map(PathBuf::from)
            .filter(|clone| clone.join("lmc/Cargo.toml").is_file())
    }

    /// Whether `lmc` of this clone, as it is now, is compiled.
    pub fn is_current(&self, clone: &Path) -> Result<bool> {
        let stamp = self.clones.get(&clone.display().to_string()).and_then(Value::as_str);
        Ok(self.rustc == rustc_version(clone)? && stamp == Some(&clone_stamp(clone)?))
    }

    fn write(&self, cache: &Cache) -> Result<()> {
        let value =
            serde_json::json!({ "rustc": self.rustc, "generation": self.generation, "clones": self.clones });
        environment::write_if_changed(&cache.template().join("ready"), &format!("{value:#}\n"))
    }
}

fn rustc_version(clone: &Path) -> Result<String> {
    let output = Command::new("rustc").arg("-vV").current_dir(clone).output();
    let output = output.context("run rustc; install Rust with rustup (rustup.rs)")?;
    if !output.status.success() {
        bail!("rustc -vV: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn clone_stamp(clone: &Path) -> Result<String> {
    Stamp::default()
        .text("launcher", env!("CARGO_PKG_VERSION"))
        .text("profile", &environment::profile(clone)?)
        .path(clone, &clone.join("Cargo.lock"))?
        .path(clone, &clone.join("lmc"))
        .map(Stamp::finish)
}

/// Brings the template up to date for a clone. Being interrupted loses only the crate that was being compiled.
pub fn warm(clone: Option<PathBuf>) -> Result<()> {
    let (cache, clone) = (Cache::find()?, cache::clone_or_here(clone)?);
    let lock = pool::lock_file(&cache.evcxr().join("template.lock"))?;
    if lock.try_lock().is_err() {
        println!("another process is preparing the kernel, waiting for it");
        lock.lock()?;
    }
    let rustc = rustc_version(&clone)?;
    let mut ready = Ready::read(&cache).filter(|ready| ready.rustc == rustc);
    if let Some(ready) = &ready
        && ready.is_current(&clone)?
    {
        println!("the kernel's dependencies are compiled and up to date");
        return Ok(());
    }
    // Taken before compiling: a file edited meanwhile makes the template out of date, not wrong.
    let stamp = clone_stamp(&clone)?;
    if ready.is_none() && cache.template().join("ready").exists() {
        fs::remove_dir_all(cache.template())
            .with_context(|| format!("remove {}", cache.template().display()))?;
    }
    if let Some(ready) = &mut ready {
        ready.clones.remove(&clone.display().to_string());
        ready.clones.retain(|path, _| Path::new(path).exists());
        ready.write(&cache)?;
    }
    compile(&cache, &clone)?;
    pool::remove_old_cells(&cache.template())?;
    let mut clones = ready.map(|ready| ready.clones).unwrap_or_default();
    clones.insert(clone.display().to_string(), Value::String(stamp.clone()));
    let generation =
        Stamp::default().text("rustc", &rustc).text("clones", &Value::from(clones.clone()).to_string());
    Ready { rustc, generation: generation.finish(), clones }.write(&cache)
}

fn compile(cache: &Cache, clone: &Path) -> Result<()> {
    let (template, start) = (cache.template(), Instant::now());
    println!("compiling what notebooks use (about 10 minutes the first time on two cores) ...");
    environment::write_settings(cache, clone, &template)?;
    let log_path = cache.evcxr().join("warm.log");
    let mut log = fs::File::create(&log_path).with_context(|| format!("write {}", log_path.display()))?;
    let mut child = environment::command(cache, Some(clone), &template)?
        .arg("warm-cells")
        .arg("--clone")
        .arg(clone)
        .current_dir(clone)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let (mut n_crates, mut last) = (0, Instant::now());
    for line in child.stderr.take().into_iter().flat_map(|stderr| BufReader::new(stderr).lines()) {
        let line = line?;
        writeln!(log, "{line}")?;
        if let Some(name) = line.trim_start().strip_prefix("Compiling ") {
            n_crates += 1;
            if last.elapsed() > PROGRESS {
                last = Instant::now();
                println!("  {} s: {n_crates} crates, now {name}", start.elapsed().as_secs());
            }
        }
    }
    if !child.wait()?.success() {
        let text = fs::read_to_string(&log_path)?;
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(40)..].join("\n");
        bail!(
            "{tail}\n\nthe kernel could not compile or run its first cell; the whole log is {}",
            log_path.display()
        );
    }
    println!("compiled {n_crates} crates in {} s", start.elapsed().as_secs());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ready_survives_writing_and_reading() {
        let temp = tempfile::tempdir().unwrap();
        let cache = Cache::at(temp.path());
        assert_eq!(Ready::read(&cache), None);
        let clones =
            Map::from_iter([("/a".to_owned(), Value::from("1")), ("/b".to_owned(), Value::from("2"))]);
        let ready = Ready { rustc: "rustc 1".into(), generation: "g".into(), clones };
        ready.write(&cache).unwrap();
        assert_eq!(Ready::read(&cache), Some(ready));
        fs::write(cache.template().join("ready"), "{ half").unwrap();
        assert_eq!(Ready::read(&cache), None);
    }

    #[test]
    fn a_clone_is_current_until_its_library_changes() {
        let temp = tempfile::tempdir().unwrap();
        let clone = temp.path();
        fs::create_dir_all(clone.join("lmc/src")).unwrap();
        for (name, text) in
            [("Cargo.toml", "[workspace]"), ("Cargo.lock", ""), ("lmc/src/lib.rs", "//! One.")]
        {
            fs::write(clone.join(name), text).unwrap();
        }
        let clones =
            Map::from_iter([(clone.display().to_string(), Value::from(clone_stamp(clone).unwrap()))]);
        let ready = Ready { rustc: rustc_version(clone).unwrap(), generation: String::new(), clones };
        assert!(ready.is_current(clone).unwrap());
        fs::write(clone.join("lmc/src/lib.rs"), "//! Two.").unwrap();
        assert!(!ready.is_current(clone).unwrap());
        assert!(!Ready { rustc: "older".into(), ..ready }.is_current(clone).unwrap());
    }
}
