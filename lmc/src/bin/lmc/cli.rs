//! The command line: every verb with its options, the checks at its start, and its run.

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use lmc::{Result, environment, terminal};

use crate::align::Align;
use crate::basins::Basins;
use crate::computing::Computing;
use crate::connect::Connect;
use crate::convexity::Convexity;
use crate::drift::Drift;
use crate::evaluate::Evaluate;
use crate::fetch::{Fetch, list};
use crate::figures::Figures;
use crate::finetune::Finetune;
use crate::layers::Layers;
use crate::merge::Merge;
use crate::merges::Merges;
use crate::planes::Planes;
use crate::pretrain::Pretrain;
use crate::replay::Replay;
use crate::report::Report;
use crate::restart;
use crate::sharpness::Sharpness;
use crate::soup::Soup;
use crate::spec::Spec;
use crate::surface::Surface;
use crate::sweep::Sweep;
use crate::task::Task;
use crate::work::Work;

/// The end of every help text.
const AFTER: &str = "\
Verbs that take a STUDY share every run with each other and with notebooks: what is in the store is not computed again.
After Ctrl-C the same command goes on where it was. A closed pipe (| head) ends what is printed, not the work.

Exit codes: 0 done, 1 an error (one line says what and what to do), 2 wrong usage, 130 interrupted.";

#[derive(Parser)]
#[command(name = "lmc", version, about = "Linear mode connectivity of finetuned text classifiers", after_help = AFTER)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print a study with all its settings as TOML, to be changed and given to the other verbs.
    Spec(Spec),
    /// Finetune the copies of a study.
    Finetune(Finetune),
    /// Evaluate the copies of a study, or classifiers that were finetuned elsewhere.
    Evaluate(Evaluate),
    /// Sample the losses along the lines between all pairs of copies.
    Sweep(Sweep),
    /// Cluster the copies by convexity gap, and test whether the clusters say anything about generalisation.
    Basins(Basins),
    /// Measure eps-convexity of more than pairs: convex combinations inside the clusters and across them, and
    /// triangles.
    Convexity(Convexity),
    /// Average weights inside the clusters, across them and greedily, beside single copies and ensembles.
    Soup(Soup),
    /// Make one model of several by an average, task vectors, TIES, DARE or another method, and save it.
    Merge(Merge),
    /// Compare ways to merge, within clusters and across them, and tell how well gaps predict the losses.
    Merges(Merges),
    /// Average models in some layers alone, within clusters and across them: where they part.
    Layers(Layers),
    /// Sample the loss on a plane through three models.
    Planes(Planes),
    /// Sample the loss around a model, in random directions or in those of its training.
    Surface(Surface),
    /// Train curves of low loss between two models, beside the straight line.
    Connect(Connect),
    /// Measure the sharpness of every model.
    Sharpness(Sharpness),
    /// Bring the units of models into one order, and interpolate again.
    Align(Align),
    /// Follow the clusters through training, and tell how early the last ones can be known.
    Drift(Drift),
    /// Finetune, evaluate, interpolate and cluster, and write every table and figure.
    Figures(Figures),
    /// Write one HTML page of the copies: heatmap, curves, basins, evaluations and tables, linked to each
    /// other.
    Report(Report),
    /// Do the share of one task of a plan: what the jobs of --slurm run.
    Work(Work),
    /// Cluster models from logs of interpolations that others ran, without a model at hand.
    Replay(Replay),
    /// Write the manifest of a task on your own data, which the other verbs take with --task.
    #[command(subcommand)]
    Task(Task),
    /// Pretrain the encoder of the embedded task and write it as a Hugging Face folder.
    Pretrain(Pretrain),
    /// Fetch corpora and models, and say where they lie, how large they are and under which licence.
    Fetch(Fetch),
    /// List the corpora and models that are known.
    Manifests,
    /// Print the completions of a shell, for example `lmc completions bash >
    /// ~/.local/share/bash-completion/completions/lmc`.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

impl Cli {
    /// Makes the checks that need no data or models: the environment and every number.
    pub fn check(&self) -> Result<()> {
        environment::check()?;
        match &self.command {
            Command::Spec(spec) => spec.check(),
            Command::Finetune(finetune) => finetune.check(),
            Command::Evaluate(evaluate) => evaluate.check(),
            Command::Sweep(sweep) => sweep.check(),
            Command::Basins(basins) => basins.check(),
            Command::Convexity(convexity) => convexity.check(),
            Command::Soup(soup) => soup.check(),
            Command::Merge(merge) => merge.check(),
            Command::Merges(merges) => merges.check(),
            Command::Layers(layers) => layers.check(),
            Command::Planes(planes) => planes.check(),
            Command::Surface(surface) => surface.check(),
            Command::Connect(connect) => connect.check(),
            Command::Sharpness(sharpness) => sharpness.check(),
            Command::Align(align) => align.check(),
            Command::Drift(drift) => drift.check(),
            Command::Figures(figures) => figures.check(),
            Command::Report(report) => report.check(),
            Command::Replay(replay) => replay.check(),
            Command::Fetch(fetch) => fetch.check(),
            Command::Work(_)
            | Command::Task(_)
            | Command::Pretrain(_)
            | Command::Manifests
            | Command::Completions { .. } => Ok(()),
        }
    }

    /// Starts the command again if libtorch has to be started in another way for it.
    fn restarted(&self) -> Result<()> {
        let verb: &dyn Computing = match &self.command {
            Command::Finetune(finetune) => finetune,
            Command::Evaluate(evaluate) => evaluate,
            Command::Sweep(sweep) => sweep,
            Command::Basins(basins) => basins,
            Command::Convexity(convexity) => convexity,
            Command::Soup(soup) => soup,
            Command::Merge(merge) => merge,
            Command::Merges(merges) => merges,
            Command::Layers(layers) => layers,
            Command::Planes(planes) => planes,
            Command::Surface(surface) => surface,
            Command::Connect(connect) => connect,
            Command::Sharpness(sharpness) => sharpness,
            Command::Align(align) => align,
            Command::Drift(drift) => drift,
            Command::Figures(figures) => figures,
            Command::Report(report) => report,
            // The tasks of a plan have the environment of the command that submitted it.
            Command::Work(work) => return restart::suited(work.uses_tf32()?, false),
            Command::Pretrain(_) => return restart::suited(false, true),
            _ => return Ok(()),
        };
        let is_embedded = verb.spec().is_ok_and(|spec| spec.is_embedded());
        restart::suited(verb.compute().uses_tf32(), is_embedded)
    }

    /// Checks the command and runs it.
    pub fn run(self) -> Result<()> {
        self.restarted()?;
        self.check()?;
        match self.command {
            Command::Spec(spec) => spec.run(),
            Command::Finetune(finetune) => finetune.run(),
            Command::Evaluate(evaluate) => evaluate.run(),
            Command::Sweep(sweep) => sweep.run(),
            Command::Basins(basins) => basins.run(),
            Command::Convexity(convexity) => convexity.run(),
            Command::Soup(soup) => soup.run(),
            Command::Merge(merge) => merge.run(),
            Command::Merges(merges) => merges.run(),
            Command::Layers(layers) => layers.run(),
            Command::Planes(planes) => planes.run(),
            Command::Surface(surface) => surface.run(),
            Command::Connect(connect) => connect.run(),
            Command::Sharpness(sharpness) => sharpness.run(),
            Command::Align(align) => align.run(),
            Command::Drift(drift) => drift.run(),
            Command::Figures(figures) => figures.run(),
            Command::Report(report) => report.run(),
            Command::Work(work) => work.run(),
            Command::Task(task) => task.run(),
            Command::Replay(replay) => replay.run(),
            Command::Pretrain(pretrain) => pretrain.run(),
            Command::Fetch(fetch) => fetch.run(),
            Command::Manifests => list(),
            Command::Completions { shell } => {
                let mut text = Vec::new();
                clap_complete::generate(shell, &mut Self::command(), "lmc", &mut text);
                terminal::print(&String::from_utf8_lossy(&text));
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every option that takes a number, with verbs that have it.
    const NUMBERS: [(&str, &[&str]); 52] = [
        ("--n-train", &["spec", "finetune", "evaluate", "figures"]),
        ("--master-seed", &["spec", "finetune", "sweep"]),
        ("--seeds", &["spec", "finetune", "basins", "soup"]),
        ("--length", &["spec", "finetune"]),
        ("--learning-rate", &["spec", "finetune"]),
        ("--sample", &["sweep", "basins"]),
        ("--points", &["sweep", "basins", "convexity", "soup", "figures", "report"]),
        ("--tolerance", &["sweep", "finetune", "replay nowhere --scores x.json"]),
        ("--basins", &["basins", "convexity", "soup", "figures", "drift", "replay nowhere --scores x.json"]),
        ("--delta", &["basins", "convexity", "soup", "figures", "replay nowhere --scores x.json"]),
        ("--resamples", &["basins --confidence", "report", "layers"]),
        ("--sizes", &["convexity", "soup", "merges"]),
        ("--subsets", &["convexity", "soup", "merges"]),
        ("--combinations", &["convexity"]),
        ("--concentration", &["convexity"]),
        ("--triples", &["convexity"]),
        ("--n-examples", &["replay nowhere --scores x.json"]),
        ("--tasks", &["finetune --slurm", "sweep --slurm"]),
        ("--cpus", &["finetune --slurm", "sweep --slurm"]),
        ("--at-once", &["finetune --slurm"]),
        ("--retries", &["finetune --slurm"]),
        ("--time", &["finetune --slurm"]),
        ("--memory", &["finetune --slurm"]),
        ("--seed", &["pretrain out"]),
        ("--task", &["work plan.json"]),
        ("--ingredients", &["soup --save out"]),
        ("--ingredients", &["merge"]),
        ("--weights", &["merge"]),
        ("--density", &["merge --method ties"]),
        ("--gamma", &["merge --method breadcrumbs"]),
        ("--epsilon", &["merge --method della"]),
        ("--lambda", &["merge --method task_arithmetic"]),
        ("--t", &["merge --method slerp --ingredients s1,s2"]),
        ("--alpha", &["merge --method wise_ft"]),
        ("--merge-seed", &["merge"]),
        ("--spacing", &["planes"]),
        ("--margin", &["planes"]),
        ("--texts", &["merge --method fisher", "merge --method regmean", "align --repair"]),
        ("--align-seed", &["align"]),
        ("--floor", &["merge --method fisher"]),
        ("--scale", &["merge --method regmean"]),
        ("--axes", &["surface"]),
        ("--extent", &["surface"]),
        ("--surface-seed", &["surface"]),
        ("--bends", &["connect"]),
        ("--points", &["connect", "align", "drift", "surface"]),
        ("--curve-batch", &["connect"]),
        ("--curve-rate", &["connect"]),
        ("--sub-epochs", &["connect"]),
        ("--eps", &["sharpness"]),
        ("--updates", &["sharpness"]),
        ("--examples", &["sharpness"]),
    ];

    const VALUES: [&str; 27] = [
        "0",
        "1",
        "2",
        "3",
        "9",
        "1000000",
        "1000000000000000000",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551614",
        "18446744073709551615",
        "18446744073709551616",
        "-1",
        "1.5",
        "1e3",
        "1e400",
        "1e-400",
        "nan",
        "-nan",
        "inf",
        "-inf",
        "1ep",
        "4294967295ep",
        "4294967296it",
        "0it",
        "",
        "1,18446744073709551615",
    ];

    /// No number makes a verb panic or ask for memory; a refusal is one line.
    #[test]
    fn every_number_is_taken_or_refused_in_one_line() {
        let (mut taken, mut refused) = (0, 0);
        for (option, verbs) in NUMBERS {
            for (verb, value) in verbs.iter().flat_map(|verb| VALUES.map(|value| (verb, value))) {
                let argument = format!("{option}={value}");
                let arguments = ["lmc"].into_iter().chain(verb.split(' ')).chain([argument.as_str()]);
                match Cli::try_parse_from(arguments).map(|cli| cli.check()) {
                    Ok(Ok(())) => taken += 1,
                    Ok(Err(error)) => {
                        refused += 1;
                        assert_eq!(error.to_string().lines().count(), 1, "{verb} {argument}: {error}");
                    }
                    Err(usage) => {
                        refused += 1;
                        assert_eq!(usage.exit_code(), 2, "{verb} {argument}: {usage}");
                    }
                }
            }
        }
        assert!(taken > 200 && refused > 500, "{taken} taken, {refused} refused");
    }
}
