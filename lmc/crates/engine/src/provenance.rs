//! The record of what produced a result besides its spec: versions of code and libraries, devices, the time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use tch::{Cuda, Device, Kind, Tensor};

use lmc_base::file::sha256;
use lmc_model::parallel::n_threads;

/// Named facts in their order.
pub type Facts = Vec<(&'static str, String)>;

/// Digits that are shown of a digest.
const DIGITS: usize = 12;

/// Returns the crate, its commit, the locked dependencies (digest of `Cargo.lock` when the crate was built),
/// libtorch and rustc.
///
/// The commit is that of the clone the crate was built from, as it is now. The version of libtorch is that in
/// the headers beside the library that this process has loaded, since the library itself does not give its
/// version.
pub fn software() -> Facts {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    vec![
        ("lmc", env!("CARGO_PKG_VERSION").to_owned()),
        ("commit", commit(folder)),
        ("Cargo.lock", lock_digest(include_bytes!(concat!(env!("OUT_DIR"), "/Cargo.lock")))),
        ("libtorch", libtorch(&std::fs::read_to_string("/proc/self/maps").unwrap_or_default())),
        ("rustc", env!("LMC_RUSTC").to_owned()),
    ]
}

/// Returns the processor with cores and threads, and whether CUDA devices are there and answer.
pub fn devices() -> Facts {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, m)| m);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = n_threads();
    vec![
        ("CPU", format!("{}, {cores} cores, {threads} threads used", model.unwrap_or("unknown model"))),
        ("CUDA", cuda()),
    ]
}

/// Returns the time now, in UTC, as `2024-02-29 23:59:08 UTC`.
pub fn now() -> String {
    utc(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

/// Returns the short hash of the commit that the folder is at, and whether something there is not committed.
fn commit(folder: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    // A clone of something else may lie around a folder that it does not hold.
    let hash = git(&["ls-files", "--error-unmatch", "Cargo.toml"])
        .and_then(|_| git(&["rev-parse", "--short=12", "HEAD"]));
    let changed =
        git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|text| !text.is_empty());
    match hash {
        Some(hash) if changed => format!("{hash} + uncommitted changes"),
        Some(hash) => hash,
        None => "unknown (not a git clone)".to_owned(),
    }
}

fn lock_digest(lock: &[u8]) -> String {
    if lock.is_empty() { "unknown".to_owned() } else { sha256(lock).chars().take(DIGITS).collect() }
}

/// Returns the folder of the libtorch that this process has loaded.
pub(crate) fn libtorch_folder() -> Option<PathBuf> {
    loaded_libtorch(&std::fs::read_to_string("/proc/self/maps").ok()?).map(Path::to_owned)
}

/// Loads the folder of the libtorch in a process's map of its memory.
fn loaded_libtorch(maps: &str) -> Option<&Path> {
    maps.lines().find_map(|line| {
        let path = Path::new(line.get(line.find('/')?..)?);
        (path.file_name()? == "libtorch_cpu.so").then(|| path.parent()).flatten()
    })
}

/// Returns the version and folder of the libtorch in a process's map of its memory.
fn libtorch(maps: &str) -> String {
    let Some(folder) = loaded_libtorch(maps) else { return "unknown (not loaded)".to_owned() };
    let header = folder.with_file_name("include").join("torch/headeronly/version.h");
    let version = std::fs::read_to_string(header).ok().and_then(|header| header_version(&header));
    let version = version.unwrap_or_else(|| "unknown (no headers beside it)".to_owned());
    format!("{version} in {}", folder.display())
}

fn header_version(header: &str) -> Option<String> {
    let number = |part: &str| {
        let definition = format!("#define TORCH_VERSION_{part} ");
        header.lines().find_map(|line| line.strip_prefix(&definition)).map(str::trim)
    };
    Some(format!("{}.{}.{}", number("MAJOR")?, number("MINOR")?, number("PATCH")?))
}

fn cuda() -> String {
    let count = Cuda::device_count();
    if count < 1 {
        return "no device".to_owned();
    }
    let answer = Tensor::f_ones([2], (Kind::Float, Device::Cuda(0)))
        .and_then(|ones| f64::try_from(ones.sum(Kind::Float)));
    match answer {
        Ok(_) => format!("{count} devices, usable"),
        Err(error) => {
            let cause = error.to_string().lines().next().unwrap_or_default().to_owned();
            format!("{count} devices, not usable: {cause}")
        }
    }
}

/// Returns seconds since 1970 as date and time of the Gregorian calendar.
fn utc(seconds: u64) -> String {
    let (mut day, time) = (seconds / 86_400, seconds % 86_400);
    let is_leap =
        |year: u64| (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let mut year = 1970;
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let mut month = 1;
    for days in [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{year}-{month:02}-{:02} {hour:02}:{minute:02}:{second:02} UTC", day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(folder: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"];
        let mut command = Command::new("git");
        command.arg("-C").arg(folder).args(identity).args(arguments);
        assert!(command.output().unwrap().status.success(), "{arguments:?}");
    }

    #[test]
    fn a_commit_and_what_is_not_committed() {
        let clone = tempfile::tempdir().unwrap();
        let unknown = "unknown (not a git clone)";
        std::fs::write(clone.path().join("Cargo.toml"), "1").unwrap();
        assert_eq!(commit(clone.path()), unknown);
        git(clone.path(), &["init", "-q"]);
        assert_eq!(commit(clone.path()), unknown);
        git(clone.path(), &["add", "Cargo.toml"]);
        git(clone.path(), &["commit", "-q", "-m", "first"]);
        let hash = commit(clone.path());
        assert!(hash.len() >= 12 && hash.chars().all(|c| c.is_ascii_hexdigit()), "{hash}");
        std::fs::write(clone.path().join("Cargo.toml"), "2").unwrap();
        assert_eq!(commit(clone.path()), format!("{hash} + uncommitted changes"));
        let inner = clone.path().join("vendored");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(inner.join("Cargo.toml"), "3").unwrap();
        assert_eq!(commit(&inner), unknown);
        assert_eq!(commit(Path::new("/nowhere")), unknown);
    }

    #[test]
    fn the_loaded_libtorch_is_told_with_its_headers_version() {
        let root = tempfile::tempdir().unwrap();
        let library = root.path().join("a torch/lib/libtorch_cpu.so");
        let maps = format!("7f00-7f01 r-xp 00000000 fe:00 1234    {}\n", library.display());
        let folder = library.parent().unwrap().display();
        assert_eq!(libtorch(&maps), format!("unknown (no headers beside it) in {folder}"));
        let headers = root.path().join("a torch/include/torch/headeronly");
        std::fs::create_dir_all(&headers).unwrap();
        let header =
            "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 11\n#define TORCH_VERSION_PATCH 0\n";
        std::fs::write(headers.join("version.h"), header).unwrap();
        assert_eq!(libtorch(&maps), format!("2.11.0 in {folder}"));
        assert_eq!(libtorch("7f00-7f01 r-xp 00000000 fe:00 12 /lib/libc.so.6\n"), "unknown (not loaded)");
    }

    #[test]
    fn facts_of_this_process() {
        // libtorch is in the map of a process that uses it.
        assert_eq!(Tensor::from_slice(&[1i64]).numel(), 1);
        let value = |facts: &Facts, name: &str| facts.iter().find(|(n, _)| *n == name).unwrap().1.clone();
        let software = software();
        assert_eq!(value(&software, "lmc"), env!("CARGO_PKG_VERSION"));
        assert!(value(&software, "libtorch").starts_with("2."), "{software:?}");
        assert!(value(&software, "rustc").starts_with("rustc 1."), "{software:?}");
        assert_eq!(value(&software, "Cargo.lock").len(), DIGITS);
        assert!(value(&devices(), "CPU").contains(&format!("{} threads used", n_threads())));
    }

    #[test]
    fn a_lock_is_digested_and_none_is_unknown() {
        assert_eq!(lock_digest(b"abc"), "ba7816bf8f01");
        assert_eq!(lock_digest(b""), "unknown");
    }

    #[test]
    fn dates_by_the_calendar() {
        // `date -u -d @SECONDS '+%F %T'` of GNU coreutils.
        for (seconds, expected) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_868_799, "2000-02-29 23:59:59 UTC"),
            (1_709_251_148, "2024-02-29 23:59:08 UTC"),
            (1_735_689_599, "2024-12-31 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(utc(seconds), expected);
        }
        assert!(now().ends_with(" UTC") && now() > utc(1_735_689_599));
    }
}
