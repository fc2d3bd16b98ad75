//! Templates: for each clone a folder of cells in which `lmc` and every dependency are compiled. Kernels
//! start from a copy of it. A new clone starts from another's template and compiles only its own `lmc`.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::cache::{self, Cache};
use crate::environment;
use crate::pool;
use crate::stamp::Stamp;
use crate::tree;

const PROGRESS: Duration = Duration::from_secs(20);

/// The parts of `lmc/` that go into the compiled crate. Its documentation, tests, benchmarks and fuzz targets
/// do not.
const COMPILED: [&str; 6] = ["Cargo.toml", "build.rs", "src", "crates", "assets", "data-manifests"];

/// A template that is complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The folder.
    pub folder: PathBuf,
    /// The clone whose `lmc` it holds.
    pub clone: PathBuf,
    /// The hash of everything that went into it.
    pub stamp: String,
    rustc: String,
}

impl Template {
    fn read(folder: &Path) -> Option<Template> {
        let value: Value = serde_json::from_str(&fs::read_to_string(folder.join("ready")).ok()?).ok()?;
        let field = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let (folder, clone) = (folder.to_owned(), PathBuf::from(field("clone")?));
        Some(Template { folder, clone, stamp: field("stamp")?, rustc: field("rustc")? })
    }

    fn write(&self) -> Result<()> {
        let value = serde_json::json!({ "clone": self.clone, "stamp": self.stamp, "rustc": self.rustc });
        environment::write_if_changed(&self.folder.join("ready"), format!("{value:#}\n"))
    }
}

/// Returns the template of the clone, or else any template, which at least has the dependencies.
pub fn best(cache: &Cache, clone: Option<&Path>) -> Option<Template> {
    clone.and_then(|clone| Template::read(&folder_of(cache, clone))).or_else(|| all(cache).into_iter().next())
}

/// Returns whether the clone has a template that holds its `lmc` as it is now.
pub fn is_current(cache: &Cache, clone: &Path) -> Result<bool> {
    let Some(template) = Template::read(&folder_of(cache, clone)) else { return Ok(false) };
    Ok(template.stamp == stamp_of(clone, &rustc_version(clone)?)?)
}

/// Returns the file whose lock says that a template is being changed.
pub fn lock_file(cache: &Cache) -> Result<File> {
    pool::lock_file(&cache.evcxr().join("templates.lock"))
}

fn all(cache: &Cache) -> Vec<Template> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(cache.templates()).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders.iter().filter_map(|folder| Template::read(folder)).collect()
}

fn folder_of(cache: &Cache, clone: &Path) -> PathBuf {
    let name = Stamp::default().text("clone", &clone.to_string_lossy()).finish();
    cache.templates().join(&name[..12])
}

fn rustc_version(clone: &Path) -> Result<String> {
    let output = Command::new("rustc").arg("-vV").current_dir(clone).output();
    let output = output.context("run rustc; install Rust with rustup (rustup.rs)")?;
    if !output.status.success() {
        bail!("rustc -vV: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn stamp_of(clone: &Path, rustc: &str) -> Result<String> {
    let stamp = Stamp::default()
        .text("launcher", env!("CARGO_PKG_VERSION"))
        .text("settings", environment::SETTINGS)
        .text("linker", environment::LINKER)
        .text("rustc", rustc)
        .text("clone", &clone.to_string_lossy())
        .text("profile", &environment::profile(clone)?)
        .path(clone, &clone.join("Cargo.lock"))?;
    let mut parts = COMPILED.iter().map(|part| clone.join("lmc").join(part)).filter(|part| part.exists());
    Ok(parts.try_fold(stamp, |stamp, part| stamp.path(clone, &part))?.finish())
}

/// Brings the template of a clone up to date. An interrupt only loses the crate that was being compiled.
pub fn warm(clone: Option<PathBuf>) -> Result<()> {
    let (cache, clone) = (Cache::find()?, cache::clone_or_here(clone)?);
    let lock = lock_file(&cache)?;
    if lock.try_lock().is_err() {
        println!("another process is preparing the kernel, waiting for it");
        lock.lock()?;
    }
    if is_current(&cache, &clone)? {
        println!("what notebooks use is compiled and up to date");
        return Ok(());
    }
    let rustc = rustc_version(&clone)?;
    // The stamp is taken before compiling: a file that is edited meanwhile makes the template out of date,
    // not wrong.
    let stamp = stamp_of(&clone, &rustc)?;
    let folder = folder_of(&cache, &clone);
    begin(&cache, &folder, &rustc)?;
    remove_orphans(&cache)?;
    compile(&cache, &clone, &folder)?;
    pool::remove_old_cells(&folder)?;
    Template { folder, clone, stamp, rustc }.write()
}

/// Makes the folder ready to compile in: keeps its content if that is of the same compiler, otherwise copies
/// another clone's.
fn begin(cache: &Cache, folder: &Path, rustc: &str) -> Result<()> {
    if Template::read(folder).is_some_and(|template| template.rustc != rustc) {
        remove(folder)?;
    }
    if folder.exists() {
        let ready = folder.join("ready");
        return if ready.exists() { fs::remove_file(ready).context("remove a mark") } else { Ok(()) };
    }
    if let Some(other) = all(cache).into_iter().find(|other| other.rustc == rustc) {
        println!("starting from what is compiled for {}", other.clone.display());
        let new = folder.with_extension("new");
        remove(&new)?;
        tree::copy(&other.folder, &new)?;
        fs::remove_file(new.join("ready")).context("remove a mark")?;
        fs::rename(&new, folder).with_context(|| format!("rename {}", new.display()))?;
    }
    Ok(())
}

fn remove_orphans(cache: &Cache) -> Result<()> {
    all(cache)
        .iter()
        .filter(|template| !template.clone.is_dir())
        .try_for_each(|template| remove(&template.folder))
}

fn remove(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).with_context(|| format!("remove {}", folder.display()))
}

fn compile(cache: &Cache, clone: &Path, template: &Path) -> Result<()> {
    let start = Instant::now();
    println!("compiling what notebooks use (about 10 minutes the first time on two cores) ...");
    environment::write_settings(cache, clone, template)?;
    let log_path = cache.evcxr().join("warm.log");
    let mut log = fs::File::create(&log_path).with_context(|| format!("write {}", log_path.display()))?;
    let mut child = environment::command(cache, Some(clone), template)?
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

    fn clone(root: &Path, name: &str) -> PathBuf {
        let clone = root.join(name);
        fs::create_dir_all(clone.join("lmc/src")).unwrap();
        for (name, text) in
            [("Cargo.toml", "[workspace]"), ("Cargo.lock", ""), ("lmc/src/lib.rs", "//! One.")]
        {
            fs::write(clone.join(name), text).unwrap();
        }
        clone
    }

    fn template(cache: &Cache, clone: &Path) -> Template {
        let rustc = rustc_version(clone).unwrap();
        let (folder, stamp) = (folder_of(cache, clone), stamp_of(clone, &rustc).unwrap());
        let template = Template { folder, clone: clone.to_owned(), stamp, rustc };
        template.write().unwrap();
        template
    }

    #[test]
    fn a_template_is_current_until_the_library_changes() {
        let temp = tempfile::tempdir().unwrap();
        let (cache, clone) = (Cache::at(temp.path()), clone(temp.path(), "a"));
        assert!(!is_current(&cache, &clone).unwrap());
        let template = template(&cache, &clone);
        assert_eq!(Template::read(&template.folder), Some(template));
        assert!(is_current(&cache, &clone).unwrap());
        fs::create_dir(clone.join("lmc/docs")).unwrap();
        fs::write(clone.join("lmc/docs/page.md"), "Not compiled.").unwrap();
        assert!(is_current(&cache, &clone).unwrap());
        fs::write(clone.join("lmc/src/lib.rs"), "//! Two.").unwrap();
        assert!(!is_current(&cache, &clone).unwrap());
    }

    #[test]
    fn a_damaged_mark_is_no_template() {
        let temp = tempfile::tempdir().unwrap();
        let (cache, clone) = (Cache::at(temp.path()), clone(temp.path(), "a"));
        let folder = template(&cache, &clone).folder;
        fs::write(folder.join("ready"), "{ half").unwrap();
        assert_eq!(best(&cache, Some(&clone)), None);
    }

    #[test]
    fn a_clone_has_its_own_template_or_starts_from_anothers() {
        let temp = tempfile::tempdir().unwrap();
        let cache = Cache::at(temp.path());
        let (a, b) = (clone(temp.path(), "a"), clone(temp.path(), "b"));
        let of_a = template(&cache, &a);
        fs::write(of_a.folder.join("libserde.rlib"), "").unwrap();
        assert_eq!(best(&cache, Some(&b)).as_ref(), Some(&of_a));

        begin(&cache, &folder_of(&cache, &b), &of_a.rustc).unwrap();
        assert!(folder_of(&cache, &b).join("libserde.rlib").exists());
        assert_eq!(best(&cache, Some(&b)).as_ref(), Some(&of_a), "not complete yet");
        assert_eq!(template(&cache, &b), best(&cache, Some(&b)).unwrap());
    }

    #[test]
    fn another_compiler_starts_anew_and_lost_clones_are_forgotten() {
        let temp = tempfile::tempdir().unwrap();
        let (cache, clone) = (Cache::at(temp.path()), clone(temp.path(), "a"));
        let template = template(&cache, &clone);
        begin(&cache, &template.folder, "rustc 2").unwrap();
        assert!(!template.folder.exists());
        template.write().unwrap();
        remove_orphans(&cache).unwrap();
        assert!(template.folder.exists());
        fs::remove_dir_all(&clone).unwrap();
        remove_orphans(&cache).unwrap();
        assert!(!template.folder.exists());
    }
}
