//! Checks links: what a relative link names is there, and an anchor is one of the page's headings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lmc_tests::notebook::{self, clone_root};

/// The pages whose links are checked, besides those of the guide.
const OTHERS: [&str; 7] = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "kernel-setup/README.md",
    "data-manifests/README.md",
    "lmc/CHANGELOG.md",
    "lmc/benches/README.md",
];

/// Returns the lines of a page that are not in boxes of code.
fn outside_boxes(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        let is_border = line.trim_start().starts_with("```");
        inside ^= is_border;
        !inside && !is_border
    })
}

/// Returns the targets of the links and pictures of a page.
fn links(text: &str) -> Vec<String> {
    let prose = outside_boxes(text).collect::<Vec<_>>().join("\n");
    let targets = prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()));
    targets.collect()
}

/// Returns a heading with the words of its links alone.
fn words(heading: &str) -> String {
    let mut parts = heading.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once(')').map_or(part, |(_, rest)| rest))
}

/// Returns the anchor of a heading, as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let lower = words(heading).trim().to_lowercase();
    let kept = lower.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Returns the anchors of a page; the second heading of the same words has a number.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let headings = outside_boxes(text).filter_map(|line| {
        let rest = line.trim_start_matches('#');
        (rest.len() < line.len()).then_some(rest).and_then(|rest| rest.strip_prefix(' '))
    });
    let numbered = headings.map(|heading| {
        let anchor = anchor(heading);
        let n = seen.entry(anchor.clone()).or_default();
        *n += 1;
        if *n == 1 { anchor } else { format!("{anchor}-{}", *n - 1) }
    });
    numbered.collect()
}

/// Returns what is wrong with the links of a page, which lies at `page`.
fn faults(page: &Path, text: &str) -> Vec<String> {
    let told = |link: &str, fault: &str| format!("{}: {link} {fault}", page.display());
    let mut faults = Vec::new();
    for link in links(text) {
        if link.contains("://") || link.starts_with("mailto:") {
            continue;
        }
        let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
        let target = match path {
            "" => page.to_owned(),
            path => page.parent().unwrap().join(path),
        };
        if path.starts_with('/') || !target.exists() {
            faults.push(told(&link, "leads nowhere"));
            continue;
        }
        let is_page = target.extension().is_some_and(|end| end == "md");
        if !heading.is_empty() && is_page {
            let there = if path.is_empty() { text.to_owned() } else { read(&target) };
            if !anchors(&there).contains(heading) {
                faults.push(told(&link, "is no heading of that page"));
            }
        }
    }
    faults
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the pages of the guide, its list of chapters among them.
pub fn guide() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(clone_root().join("lmc/docs")).unwrap();
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.retain(|page| page.extension().is_some_and(|end| end == "md"));
    pages.sort();
    pages
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    let mut all = Vec::new();
    for page in OTHERS.map(|page| clone_root().join(page)).into_iter().chain(guide()) {
        all.extend(faults(&page, &read(&page)));
    }
    for path in notebook::course() {
        let notebook = notebook::read(&path);
        for cell in notebook["cells"].as_array().unwrap() {
            if cell["cell_type"] == "markdown" {
                let lines = cell["source"].as_array().unwrap();
                let text: String = lines.iter().map(|line| line.as_str().unwrap()).collect();
                all.extend(faults(&path, &text));
            }
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn what_is_wrong_with_a_link_is_found() {
    let text = "# A `page`: of mine\n[a](#a-page-of-mine) [b](#nowhere) [c](absent.md) ![d](b.png)\n\
                ```sh\n[e](absent.md)\n# no heading\n```\n[f](https://host/absent.md) \n\
                ## Twice\n## Twice\n[h](#twice-1)\n";
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.md");
    std::fs::write(&page, text).unwrap();
    std::fs::write(folder.path().join("b.png"), "").unwrap();
    let found = faults(&page, text);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].ends_with("#nowhere is no heading of that page"), "{found:?}");
    assert!(found[1].ends_with("absent.md leads nowhere"), "{found:?}");
    let all = ["a-page-of-mine", "twice", "twice-1"].map(str::to_owned).into();
    assert_eq!(anchors(text), all);
    assert_eq!(anchor("Two (or more) models"), "two-or-more-models");
    assert_eq!(anchor("Your own [data](data.md) & models"), "your-own-data--models");
}
