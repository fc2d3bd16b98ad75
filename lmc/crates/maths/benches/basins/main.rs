//! Compares ways to find the number of basins and the models that are in none, on planted matrices of gaps.
//!
//! Each of some 470 plans (models, blocks, models alone, contrast and noise) is drawn with a number of seeds
//! from a first one on; seeds 0 and 1 served for the choice of the library's way.
//!
//! `cargo bench -p lmc-maths --bench basins -- [FIRST_SEED] [SEEDS] [PART_OF_A_NAME]`

mod density;
mod estimators;
mod linkage;
mod planted;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use density::{dbscan_otsu, optics};
use estimators::{
    Found, eigengap, gap_statistic, prediction_strength, silhouette_above, spectral, without_single,
};
use linkage::{linkage_ratio, linkage_silhouette};
use lmc_maths::basin::{BasinCount, ClusterOptions, cluster};
use lmc_maths::gap::GapMatrix;
use planted::Plan;

type Way = (String, Box<dyn Fn(&GapMatrix) -> Found>);

/// Returns the ways by name. Where a way gives a number alone, spectral clusters of that number follow, and a
/// model in a cluster of its own is alone.
fn ways() -> Vec<Way> {
    let mut ways: Vec<Way> = Vec::new();
    let mut add = |name: &str, way: Box<dyn Fn(&GapMatrix) -> Found>| ways.push((name.to_owned(), way));
    let counted = |gaps: &GapMatrix, k: usize| without_single(&spectral(gaps, k));
    add("always 2", Box::new(move |gaps| counted(gaps, 2)));
    add("eigengap", Box::new(move |gaps| counted(gaps, eigengap(gaps))));
    add("gap statistic", Box::new(|gaps| without_single(&gap_statistic(gaps, 1))));
    add("prediction strength 0.8", Box::new(move |gaps| counted(gaps, prediction_strength(gaps, 1))));
    for least in [0.25, 0.35, 0.5] {
        add(
            &format!("silhouette, at least {least}"),
            Box::new(move |gaps| counted(gaps, silhouette_above(gaps, least))),
        );
    }
    add("components (DBSCAN, 2 models)", Box::new(|gaps| dbscan_otsu(gaps, 2)));
    add("DBSCAN, 3 models", Box::new(|gaps| dbscan_otsu(gaps, 3)));
    for times in [1.5, 2.0, 3.0] {
        add(&format!("OPTICS, {times} medians"), Box::new(move |gaps| optics(gaps, 3, times)));
    }
    add("linkage, ratio of heights 1.5", Box::new(|gaps| linkage_ratio(gaps, 1.5)));
    add("linkage, silhouette 0.25", Box::new(|gaps| linkage_silhouette(gaps, 0.25)));
    add("the library", Box::new(library));
    ways
}

fn library(gaps: &GapMatrix) -> Found {
    let options = ClusterOptions { basins: BasinCount::Auto, n_init: 10, ..ClusterOptions::default() };
    let basins = cluster(gaps, &options).expect("basins");
    (0..gaps.models.len()).map(|model| basins.basin_of(model)).collect()
}

/// How often a way is right.
#[derive(Default)]
struct Tally {
    drawn: u32,
    /// The number of basins is right.
    number: u32,
    /// The number and the models that are alone are right.
    both: u32,
    /// Every model is where it was planted.
    whole: u32,
    hits: u32,
    named: u32,
    there: u32,
}

impl Tally {
    fn add(&mut self, found: &Found, truth: &Found) {
        let count = |found: &Found| found.iter().flatten().collect::<BTreeSet<_>>().len();
        let number = count(found) == count(truth);
        let both = number && found.iter().zip(truth).all(|(a, b)| a.is_some() == b.is_some());
        let pairs: BTreeSet<_> = found.iter().zip(truth).collect();
        let same = pairs.len() == count(found) + usize::from(found.contains(&None));
        self.drawn += 1;
        self.number += u32::from(number);
        self.both += u32::from(both);
        self.whole += u32::from(both && same);
        for (found, truth) in found.iter().zip(truth) {
            self.hits += u32::from(found.is_none() && truth.is_none());
            self.named += u32::from(found.is_none());
            self.there += u32::from(truth.is_none());
        }
    }
}

fn plans() -> Vec<Plan> {
    let mut plans = Vec::new();
    for n in [8, 16, 32, 100] {
        for (blocks, alone) in (1..=5).flat_map(|blocks| (0..=3).map(move |alone| (blocks, alone))) {
            for (ratio, noise) in [(3.0, 0.3), (3.0, 0.6), (10.0, 0.3), (10.0, 0.6)] {
                for (equal, line) in [(true, false), (false, false), (true, true)] {
                    plans.push(Plan { n, blocks, equal, alone, ratio, noise, line });
                }
            }
        }
    }
    plans.retain(Plan::is_possible);
    plans
}

/// The columns of the table: those of a way, of one block, of several, of numbers of models, of contrasts.
const COLUMNS: [(&str, &str); 13] = [
    ("k1", "1"),
    ("line", "line"),
    ("k2", "2"),
    ("k3", "3"),
    ("k4", "4"),
    ("k5", "5"),
    ("n8", "n = 8"),
    ("n16", "16"),
    ("n32", "32"),
    ("n100", "100"),
    ("r3", "contrast 3"),
    ("r10", "10"),
    ("all", "all"),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let number =
        |place: usize, otherwise| arguments.get(place).and_then(|a| a.parse().ok()).unwrap_or(otherwise);
    let (first, n_seeds): (u64, u64) = (number(0, 0), number(1, 2));
    let plans = plans();
    println!("{} plans, seeds {first} to {}\n", plans.len(), first + n_seeds - 1);
    let titles: Vec<&str> = COLUMNS.iter().map(|(_, title)| *title).collect();
    println!(
        "| way | {} | and those alone | and all places | precision | recall | false alarms | s |",
        titles.join(" | ")
    );
    println!("|---|{}", "---|".repeat(COLUMNS.len() + 6));
    for (name, way) in ways() {
        if arguments.get(2).is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let start = Instant::now();
        let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
        for (plan, seed) in
            plans.iter().flat_map(|plan| (first..first + n_seeds).map(move |seed| (plan, seed)))
        {
            let (truth, gaps) = plan.draw(seed);
            let found = way(&gaps);
            let mut keys = vec!["line".to_owned()];
            if !plan.line {
                let Plan { n, blocks, ratio, .. } = plan;
                keys = vec![format!("k{blocks}"), format!("n{n}"), format!("r{ratio}"), "all".to_owned()];
                if plan.blocks == 1 && plan.alone == 0 {
                    keys.push("nothing".to_owned());
                }
            }
            keys.into_iter().for_each(|key| tallies.entry(key).or_default().add(&found, &truth));
        }
        let seconds = start.elapsed().as_secs_f64();
        let share = |a: u32, b: u32| {
            if b == 0 { "-".to_owned() } else { format!("{:.2}", f64::from(a) / f64::from(b)) }
        };
        let numbers: Vec<String> = COLUMNS
            .iter()
            .map(|(key, _)| tallies.get(*key).map_or("-".into(), |t| share(t.number, t.drawn)))
            .collect();
        let (all, nothing) = (&tallies["all"], &tallies["nothing"]);
        println!(
            "| {name} | {} | {} | {} | {} | {} | {} | {seconds:.0} |",
            numbers.join(" | "),
            share(all.both, all.drawn),
            share(all.whole, all.drawn),
            share(all.hits, all.named),
            share(all.hits, all.there),
            share(nothing.drawn - nothing.both, nothing.drawn),
        );
    }
}
