//! The settings and variables under which cells are compiled. They are the same when the template is warmed
//! and when a kernel runs; otherwise cargo would compile everything again.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

use crate::cache::Cache;
use crate::cargo;
use crate::portable;

/// evcxr's settings. Cells are compiled without optimisation: they call `lmc`, which is optimised as its
/// workspace says. evcxr notices at the first `?` that it is used, and shows the value of that cell as plain
/// text; here it learns it in advance.
pub const SETTINGS: &str = r#"[evcxr]
opt_level = "0"
prelude = "Ok::<(), String>(())?;"
"#;

/// The linker of the crates of cells. `lmc` is one dynamic library with libtorch's C functions in it, but
/// rustc exports only Rust's; cells call the C functions too, in the generic functions of tch that they
/// instantiate.
///
/// A cell is linked with an empty library of the same name instead. Reading the 350,000 names of the real
/// one, and those of libtorch, takes ten times as long as everything else, and names that are not found are
/// looked for again when the cell is loaded.
pub const LINKER: &str = r#"#!/bin/sh
is_cell=
for argument in "$@"; do
    case "$argument" in
    -Wl,--version-script=*) sed -i 's/^ *global:/& at*; get_and_reset_last_er*;/' "${argument#*=}" ;;
    */deps/libctx.so) is_cell=1 ;;
    esac
done
count=$#
while [ -n "$is_cell" ] && [ "$count" -gt 0 ]; do
    argument="$1" count=$((count - 1))
    shift
    case "$argument" in
    -ltorch | -ltorch_cpu | -lc10) continue ;;
    */deps/libctx.so) ;;
    */deps/lib*.so)
        name="${argument##*/}" empty="${argument%/*}/empty/${argument##*/}"
        if [ ! -e "$empty" ]; then
            mkdir -p "${empty%/*}"
            "${CC:-cc}" -shared -nostdlib -Wl,-soname,"$name" -o "$empty.$$" -x c /dev/null && mv "$empty.$$" "$empty"
        fi
        set -- "$@" -Wl,--no-as-needed "$empty" -Wl,--as-needed
        continue
        ;;
    esac
    set -- "$@" "$argument"
done
exec "${CC:-cc}" "$@"
"#;

/// Writes the settings that are not passed by variable: evcxr's settings, and the optimisation levels of the
/// clone's workspace, in a cargo configuration that holds for everything below `folder`.
pub fn write_settings(cache: &Cache, clone: &Path, folder: &Path) -> Result<()> {
    write_if_changed(&cache.settings().join("evcxr.toml"), SETTINGS)?;
    let linker = cache.settings().join("lmc-cc");
    write_if_changed(&linker, LINKER)?;
    fs::set_permissions(&linker, Permissions::from_mode(0o755))?;
    let linker =
        nest("target", nest("cfg(unix)", Table::from_iter([("linker".to_owned(), path_value(&linker)?)])));
    let config = format!("{}\n{}", profile(clone)?, toml::to_string(&linker)?);
    write_if_changed(&folder.join(".cargo/config.toml"), &config)
}

/// Returns the `[profile.dev.package]` tables of the clone's workspace as a cargo configuration.
pub fn profile(clone: &Path) -> Result<String> {
    let path = clone.join("Cargo.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let manifest: Table = text.parse().with_context(|| format!("parse {}", path.display()))?;
    let packages = manifest.get("profile").and_then(|profile| profile.get("dev")?.get("package")?.as_table());
    let mut packages = packages.cloned().unwrap_or_default();
    let all = packages.entry("*").or_insert_with(|| Value::Table(Table::new()));
    if let Some(all) = all.as_table_mut() {
        all.entry("opt-level").or_insert(Value::Integer(0));
    }
    Ok(toml::to_string(&nest("profile", nest("dev", nest("package", packages))))?)
}

fn nest(name: &str, inner: Table) -> Table {
    Table::from_iter([(name.to_owned(), Value::Table(inner))])
}

fn path_value(path: &Path) -> Result<Value> {
    let text = path
        .to_str()
        .with_context(|| format!("{} is not UTF-8; set LMC_CACHE to a folder that is", path.display()))?;
    Ok(Value::String(text.to_owned()))
}

/// Returns the path of this program, also when a newer one has taken its place.
pub fn this_program() -> Result<PathBuf> {
    let path = std::env::current_exe().context("the path of this program")?;
    let replaced = path.to_str().and_then(|path| path.strip_suffix(" (deleted)"));
    Ok(replaced.map(PathBuf::from).filter(|_| !path.exists()).unwrap_or(path))
}

/// The variable with the folder in which evcxr compiles cells.
pub const CELLS: &str = "EVCXR_TMPDIR";
/// The variable with the lock file whose versions cells use.
pub const LOCK: &str = "LMC_KERNEL_LOCK";

/// Returns a command that runs this program again for cells in `folder`.
pub fn command(cache: &Cache, clone: Option<&Path>, folder: &Path) -> Result<Command> {
    let mut command = Command::new(this_program()?);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_outer_build) {
            command.env_remove(name);
        }
    }
    let rust = Rust::find(clone.and_then(toolchain).as_deref())?;
    let (toolchain, real_cargo) = cargo::toolchain(cache, &rust.sysroot)?;
    let ours = [cache.libtorch().join("lib"), rust.library];
    let programs = std::iter::once(toolchain.join("bin"))
        .chain(std::env::var_os("PATH").iter().flat_map(std::env::split_paths))
        .collect::<Vec<_>>();
    command
        .envs(cargo::variables(&toolchain, &real_cargo, &folder.join("answers")))
        .env("PATH", std::env::join_paths(programs)?)
        .env(CELLS, cells_folder(folder))
        .env("EVCXR_CONFIG_DIR", cache.settings())
        .env("LIBTORCH", cache.libtorch())
        .env("LD_LIBRARY_PATH", with_libraries(&ours, std::env::var_os("LD_LIBRARY_PATH")))
        // evcxr_jupyter updates an installed kernel called `rust` if it finds one there: keep it away from
        // other people's.
        .env("JUPYTER_PATH", cache.settings())
        // `lmc` sends Jupyter messages and listens to interrupts if this is set.
        .env("LMC_KERNEL", "1");
    // So libtorch computes the embedded task with the same bits on every processor with AVX2.
    if portable::should_become_portable() {
        command.envs(portable::portable_variables());
    }
    match clone {
        Some(clone) => command.env(LOCK, clone.join("Cargo.lock")),
        None => command.env_remove(LOCK),
    };
    Ok(command)
}

/// Returns the folder in which evcxr keeps the crate of the cells.
pub fn cells_folder(folder: &Path) -> PathBuf {
    folder.join("cells")
}

/// Returns whether a variable comes from a build below which this runs, such as `cargo test`: build scripts
/// would run again.
fn is_of_outer_build(name: &str) -> bool {
    let of_user = ["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR"];
    ["RUSTC_WRAPPER", "OUT_DIR"].contains(&name)
        || name.starts_with("CARGO") && !of_user.iter().any(|kept| name.starts_with(kept))
}

/// The compiler of cells.
struct Rust {
    sysroot: PathBuf,
    /// The folder of Rust's own shared libraries. Cells are moved after they are linked, so their relative
    /// run path to these leads elsewhere.
    library: PathBuf,
}

impl Rust {
    fn find(channel: Option<&str>) -> Result<Rust> {
        let mut rustc = Command::new("rustc");
        rustc.args(["--print", "sysroot", "--print", "target-libdir"]);
        if let Some(channel) = channel {
            rustc.env("RUSTUP_TOOLCHAIN", channel);
        }
        let output = rustc.output().context("run rustc; install Rust with rustup (rustup.rs)")?;
        let text = String::from_utf8(output.stdout).context("the path of Rust is not UTF-8")?;
        let mut paths = text.lines().map(PathBuf::from);
        match paths.next().zip(paths.next()) {
            Some((sysroot, library)) => Ok(Rust { sysroot, library }),
            None => {
                bail!("rustc does not say where it is: {}", String::from_utf8_lossy(&output.stderr).trim())
            }
        }
    }
}

/// Returns the folders of shared libraries: ours first, and no inherited one that has another build of `lmc`.
fn with_libraries(ours: &[PathBuf], inherited: Option<OsString>) -> OsString {
    let inherited = inherited.iter().flat_map(std::env::split_paths);
    let kept = inherited.filter(|folder| !folder.join("liblmc.so").exists());
    let mut path = OsString::new();
    for (i, folder) in ours.iter().cloned().chain(kept).enumerate() {
        if i > 0 {
            path.push(":");
        }
        path.push(folder);
    }
    path
}

fn toolchain(clone: &Path) -> Option<String> {
    let file: Table = fs::read_to_string(clone.join("rust-toolchain.toml")).ok()?.parse().ok()?;
    file.get("toolchain")?.get("channel")?.as_str().map(str::to_owned)
}

/// Writes a file in one step, unless it has that content already.
pub fn write_if_changed(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let content = content.as_ref();
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        let new = path.with_extension(format!("new-{}", std::process::id()));
        fs::write(&new, content)?;
        fs::rename(&new, path)
    };
    write().with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_that_of_the_workspace_with_the_rest_unoptimised() {
        let temp = tempfile::tempdir().unwrap();
        let manifest = "[profile.dev]\ndebug = 1\n[profile.dev.package.\"*\"]\ndebug = false\n[profile.dev.package.resvg]\nopt-level = 2\n";
        fs::write(temp.path().join("Cargo.toml"), manifest).unwrap();
        let profile: Table = profile(temp.path()).unwrap().parse().unwrap();
        let packages = &profile["profile"]["dev"]["package"];
        assert_eq!(packages["*"]["opt-level"], Value::Integer(0));
        assert_eq!(packages["*"]["debug"], Value::Boolean(false));
        assert_eq!(packages["resvg"]["opt-level"], Value::Integer(2));
        assert_eq!(profile["profile"]["dev"].as_table().unwrap().len(), 1);
    }

    #[test]
    fn cells_do_not_see_the_build_around_them() {
        for name in [
            "CARGO",
            "CARGO_MANIFEST_DIR",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_TARGET_DIR",
            "RUSTC_WRAPPER",
            "OUT_DIR",
        ] {
            assert!(is_of_outer_build(name), "{name}");
        }
        for name in ["CARGO_HOME", "CARGO_NET_OFFLINE", "CARGO_HTTP_PROXY", "PATH", "RUSTUP_HOME"] {
            assert!(!is_of_outer_build(name), "{name}");
        }
        let temp = tempfile::tempdir().unwrap();
        let deps = temp.path().join("deps");
        fs::create_dir(&deps).unwrap();
        fs::write(deps.join("liblmc.so"), "").unwrap();
        let inherited = std::env::join_paths([deps.as_path(), Path::new("/opt/lib")]).unwrap();
        assert_eq!(with_libraries(&["/torch/lib".into()], Some(inherited)), "/torch/lib:/opt/lib");
        assert_eq!(with_libraries(&["/torch/lib".into(), "/rust/lib".into()], None), "/torch/lib:/rust/lib");
    }

    #[test]
    fn a_clone_without_manifest_is_named() {
        let temp = tempfile::tempdir().unwrap();
        let error = profile(temp.path()).unwrap_err().to_string();
        assert!(error.contains("Cargo.toml"), "{error}");
    }

    #[test]
    fn settings_are_written_once_and_whole() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a/b.toml");
        write_if_changed(&path, "one").unwrap();
        let written = fs::metadata(&path).unwrap().modified().unwrap();
        write_if_changed(&path, "one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written);
        write_if_changed(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(temp.path().join("a")).unwrap().count(), 1);
    }
}
