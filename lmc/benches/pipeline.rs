//! Times the embedded study from nothing: pretraining, 16 finetunings, and 120 lines of 11 points, with peak
//! memory. Finetuning is timed twice: by the default recipe, and by 800 updates of 32 examples. The sum takes
//! the second.
//!
//! `cargo bench -p lmc --profile dev --bench pipeline` (libtorch does the arithmetic, so the profile matters
//! little).

use std::time::Instant;

use lmc::model::Replace;
use lmc::parallel::n_threads;
use lmc::spec::Recipe;
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Study, StudySpec, pretrain_mini};
use lmc::sweep::Grid;
use lmc::train::PretrainRecipe;

fn main() -> lmc::Result<()> {
    let folder = std::env::temp_dir().join(format!("lmc-bench-{}", std::process::id()));
    let result = measure(&folder);
    let _ = std::fs::remove_dir_all(&folder);
    result
}

fn measure(folder: &std::path::Path) -> lmc::Result<()> {
    println!("{} threads; libtorch on one thread in each", n_threads());
    let start = Instant::now();
    let encoder = folder.join("encoder");
    let recipe = PretrainRecipe::mini();
    let (_, pretraining) = timed(&format!("pretraining, {} updates", recipe.n_steps), || {
        pretrain_mini(&encoder, 0, &recipe, lmc::tch::Device::Cpu, Replace::Models)
    })?;
    let spec = StudySpec { encoder: encoder.into(), ..StudySpec::mini_nli(0) };
    let finetune = |recipe: Recipe| {
        let what = format!("{} finetunings, {} of {}", spec.seeds.len(), recipe.length, recipe.batch_size);
        let study = Study::open_in(spec.clone().with_recipe(recipe), Store::open(folder.join("store"))?)?;
        timed(&what, || study.finetune())
    };
    finetune(Recipe::mini())?;
    let longer = Recipe { length: Step::Iterations(800), batch_size: 32, ..Recipe::mini() };
    let (models, finetuning) = finetune(longer)?;
    let (_, sweep) = timed("120 lines x 11 points x 512 examples", || models.sweep("id", Grid::TENTHS))?;
    println!("{:44} {:8.1} s", "pretraining, 800 of 32 and lines", pretraining + finetuning + sweep);
    println!("{:44} {:8.1} s", "everything from start to end", start.elapsed().as_secs_f64());
    match peak_memory() {
        Some(mib) => println!("{:44} {mib:8.0} MiB", "peak resident memory"),
        None => println!("peak resident memory: not known on this system"),
    }
    Ok(())
}

/// Returns the result of the work and the seconds that it took, which it also prints.
fn timed<T>(what: &str, work: impl FnOnce() -> lmc::Result<T>) -> lmc::Result<(T, f64)> {
    let start = Instant::now();
    let result = work()?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{what:44} {seconds:8.1} s");
    Ok((result, seconds))
}

/// Returns the high-water mark of this process's resident memory, in MiB.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
