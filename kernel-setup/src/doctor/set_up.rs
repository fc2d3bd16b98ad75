//! Findings about the set-up.

use std::fs;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;

use super::SET_UP;
use super::finding::Finding;
use super::machine::first_line;
use crate::cache::Cache;
use crate::{environment, install, pool, template};

/// A script that prints the versions of packages.
const PACKAGES: &str = "import importlib.metadata as m, json\n\
    names = ['jupyterlab', 'plotly', 'torch']\n\
    print(json.dumps({n: m.version(n) for n in names if any(True for _ in m.distributions(name=n))}))";

/// Returns the findings about Python packages, libtorch, the kernel, and the compiled crates.
pub fn findings(cache: &Cache, clone: Option<&Path>) -> Vec<Finding> {
    let packages = packages(cache);
    vec![
        lab(cache, &packages),
        renderer(cache, &packages),
        libtorch(cache, &packages),
        registration(cache),
        dependencies(cache, clone),
        slots(cache),
        devices(cache, clone),
    ]
}

fn packages(cache: &Cache) -> Value {
    let line = first_line(&cache.venv().join("bin/python"), &["-c", PACKAGES], Path::new("."));
    line.and_then(|line| serde_json::from_str(&line).ok()).unwrap_or_default()
}

fn lab(cache: &Cache, packages: &Value) -> Finding {
    let what = "JupyterLab";
    match packages["jupyterlab"].as_str().filter(|_| cache.venv().join("bin/jupyter").exists()) {
        Some(version) => Finding::good(what, format!("{version} in {}", cache.venv().display())),
        None => Finding::bad(what, format!("{} is not complete", cache.venv().display()), SET_UP),
    }
}

/// Returns whether JupyterLab can draw plotly's figures, for which it uses an extension of the Python
/// package.
fn renderer(cache: &Cache, packages: &Value) -> Finding {
    let what = "plotly renderer";
    let extension = cache.venv().join("share/jupyter/labextensions/jupyterlab-plotly");
    match packages["plotly"].as_str().filter(|_| extension.is_dir()) {
        Some(version) => Finding::good(what, format!("extension of plotly {version}")),
        None => {
            let found = format!("{} is missing: figures are pictures only", extension.display());
            Finding::bad(what, found, SET_UP)
        }
    }
}

fn libtorch(cache: &Cache, packages: &Value) -> Finding {
    let (what, folder) = ("libtorch", cache.libtorch());
    let needed = ["lib/libtorch_cpu.so", "lib/libc10.so", "lib/libgomp.so.1", "include/torch"];
    if let Some(name) = needed.iter().find(|name| !folder.join(name).exists()) {
        return Finding::bad(what, format!("{} is missing", folder.join(name).display()), SET_UP);
    }
    let cuda = if folder.join("lib/libtorch_cuda.so").exists() { "with CUDA" } else { "CPU only" };
    Finding::good(what, format!("{} {cuda}", packages["torch"].as_str().unwrap_or("of unknown version")))
}

fn registration(cache: &Cache) -> Finding {
    let (what, path) = ("kernel", install::default_folder(cache).join("kernel.json"));
    let kernel: Value =
        fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    match kernel["argv"][0].as_str().filter(|program| Path::new(program).is_file()) {
        Some(program) => Finding::good(what, format!("Rust (lmc): {program}")),
        None => Finding::bad(what, format!("{} does not name a program", path.display()), SET_UP),
    }
}

fn dependencies(cache: &Cache, clone: Option<&Path>) -> Finding {
    let what = "compiled dependencies";
    if template::best(cache, clone).is_none() {
        return Finding::bad(what, "none", SET_UP);
    }
    match clone.map(|clone| template::is_current(cache, clone)) {
        None => Finding::good(what, "there"),
        Some(Ok(true)) => Finding::good(what, "there, with lmc of this clone"),
        Some(Ok(false)) => Finding::good(
            what,
            "there, but lmc has changed since: a first cell compiles it; `lmc-kernel warm` does so now",
        ),
        Some(Err(error)) => Finding::bad(what, format!("{error:#}"), SET_UP),
    }
}

fn slots(cache: &Cache) -> Finding {
    let what = "slots";
    match pool::usage(cache) {
        Ok(pool::Usage { n_used, n_made, own_bytes }) => {
            let size = own_bytes as f64 / (1u64 << 20) as f64;
            Finding::good(what, format!("{n_made} warm, {n_used} in use, {size:.0} MiB"))
        }
        Err(error) => Finding::bad(what, format!("{error:#}"), format!("delete {}", cache.slots().display())),
    }
}

/// Returns the finding about NVIDIA devices. It asks a cell, because only libtorch within it knows.
fn devices(cache: &Cache, clone: Option<&Path>) -> Finding {
    let what = "devices in a cell";
    let start = Instant::now();
    let card = first_line(Path::new("nvidia-smi"), &["-L"], Path::new("."));
    let (found, is_good) = match probe(cache, clone) {
        Ok(n_devices) => {
            let seconds = start.elapsed().as_secs_f64();
            let seen = match (n_devices, &card) {
                (0, None) => "no NVIDIA device: libtorch computes on the CPU".to_owned(),
                (0, Some(card)) => format!("CUDA is not usable from tch, although there is {card}"),
                (n, card) => format!("CUDA usable from tch: {n}, {}", card.as_deref().unwrap_or_default()),
            };
            (format!("{seen} (a cell answered in {seconds:.1} s)"), n_devices > 0 || card.is_none())
        }
        Err(error) => (format!("{error:#}"), false),
    };
    let remedy = format!("{SET_UP}; if that does not help, delete {} before", cache.evcxr().display());
    if is_good { Finding::good(what, found) } else { Finding::bad(what, found, remedy) }
}

/// Returns the number of NVIDIA devices that a cell sees, after it has computed on the first.
fn probe(cache: &Cache, clone: Option<&Path>) -> anyhow::Result<u64> {
    let template = template::best(cache, clone).ok_or_else(|| anyhow::anyhow!("no cell can run yet"))?;
    let clone = clone.unwrap_or(&template.clone);
    let slot = pool::take_copy(cache, &template.folder, &template.stamp, clone)?;
    environment::write_settings(cache, clone, &slot.folder)?;
    let output = environment::command(cache, Some(clone), &slot.folder)?
        .arg("probe-cells")
        .arg("--clone")
        .arg(clone)
        .current_dir(clone)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("devices: ")?.strip_suffix(", sum: 3"));
    line.and_then(|n_devices| n_devices.parse().ok()).ok_or_else(|| {
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no answer");
        anyhow::anyhow!("a cell that computes with libtorch failed: {last}")
    })
}
