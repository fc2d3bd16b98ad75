//! The names that a user may rely on: how many there are, and which.

use std::collections::BTreeSet;
use std::path::PathBuf;

use lmc_tests::notebook::clone_root;

use crate::cargo::cargo;

/// The most names of the prelude, and the most public modules.
const MOST_NAMES: usize = 45;
const MOST_MODULES: usize = 15;
/// The crates that the library passes on.
const EXTERNAL: [&str; 6] = ["ndarray", "plotly", "polars", "rand_chacha", "tch", "tokenizers"];

fn read(path: &str) -> String {
    std::fs::read_to_string(clone_root().join(path)).unwrap()
}

/// The names that the statements `pub use` of a text bring in, those that are hidden left out.
pub fn reexported(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for statement in text.replace("#[doc(hidden)]\npub use", "").split("pub use ").skip(1) {
        let (path, _) = statement.split_once(';').unwrap();
        let group = path.split_once('{').map_or(path.rsplit("::").next().unwrap(), |(_, group)| group);
        let each = group.trim_end_matches('}').split(',').map(str::trim).filter(|name| !name.is_empty());
        names.extend(each.map(|name| name.rsplit(" as ").next().unwrap().to_owned()));
    }
    names
}

/// The public modules of the library.
fn modules() -> BTreeSet<String> {
    let text = read("lmc/src/lib.rs");
    let own = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let others = reexported(&text).into_iter().filter(|name| name.chars().next().unwrap().is_lowercase());
    own.map(str::to_owned).chain(others).filter(|name| !EXTERNAL.contains(&name.as_str())).collect()
}

#[test]
fn the_surface_fits_in_the_hand() {
    let prelude = reexported(&read("lmc/src/prelude.rs"));
    assert!(prelude.len() <= MOST_NAMES, "{} names in the prelude: {prelude:?}", prelude.len());
    assert!(prelude.contains(&"Study".to_owned()) && prelude.contains(&"figure".to_owned()), "{prelude:?}");
    let modules = modules();
    assert!(modules.len() <= MOST_MODULES, "{} modules: {modules:?}", modules.len());
    assert!(modules.contains("study") && modules.contains("stats"), "{modules:?}");
}

#[test]
fn pages_and_notebooks_name_public_modules() {
    let known = modules();
    let mut pages = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    for (folder, extension) in [("notebooks", "ipynb"), ("lmc/docs", "md")] {
        for entry in std::fs::read_dir(clone_root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            pages.extend(name.ends_with(extension).then(|| format!("{folder}/{name}")));
        }
    }
    let mut n = 0;
    for page in pages {
        for rest in read(&page).split("lmc::").skip(1) {
            let module: String = rest.chars().take_while(|c| c.is_lowercase() || *c == '_').collect();
            if !module.is_empty() {
                n += 1;
                let is_known = known.contains(&module) || EXTERNAL.contains(&module.as_str());
                assert!(is_known, "{page} names `lmc::{module}`, which no version promises");
            }
        }
    }
    assert!(n > 20, "{n} modules are named");
}

/// The items of a crate's documentation, as rustdoc lists them: kind and path.
fn documented() -> BTreeSet<String> {
    let arguments = ["doc", "--workspace", "--no-deps", "--offline", "--quiet"];
    let mut command = cargo();
    // The flags of `.ci/run`, so that both make the documentation once.
    command.env("RUSTDOCFLAGS", "-D warnings");
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| clone_root().join("target"), PathBuf::from);
    let page = std::fs::read_to_string(target.join("doc/lmc/all.html")).unwrap();
    let links = page.split("<li><a href=\"").skip(1).filter_map(|rest| rest.split_once("</a>"));
    links
        .filter_map(|(link, _)| {
            let (file, name) = link.split_once("\">")?;
            let kind = file.strip_suffix(".html")?.rsplit('/').next()?.split('.').next()?;
            Some(format!("{kind} {name}"))
        })
        .collect()
}

#[test]
fn public_names_are_those_of_the_committed_list() {
    let path = clone_root().join("lmc/docs/public-names.txt");
    let now = documented();
    assert!(now.contains("struct study::Study") && now.contains("fn gap::convexity_gap"), "{now:?}");
    if std::env::var_os("LMC_WRITE_NAMES").is_some() {
        let text: String = now.iter().map(|name| format!("{name}\n")).collect();
        std::fs::write(&path, text).unwrap();
    }
    let committed: BTreeSet<String> =
        std::fs::read_to_string(&path).unwrap_or_default().lines().map(str::to_owned).collect();
    let (new, gone): (Vec<_>, Vec<_>) =
        (now.difference(&committed).collect(), committed.difference(&now).collect());
    assert!(
        new.is_empty() && gone.is_empty(),
        "new: {new:?}\ngone: {gone:?}\nif that is meant, say so in lmc/CHANGELOG.md and run this test with \
         LMC_WRITE_NAMES=1"
    );
}
