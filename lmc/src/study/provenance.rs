//! The origin of a study's results, as a table.

use polars::prelude::DataFrame;

use super::{ProvenanceColumns, Study};
use crate::error::Result;
use crate::provenance::{devices, now, software};

impl Study {
    /// Returns the origin of the study's results: the schema [`PROVENANCE`](crate::table::PROVENANCE).
    ///
    /// Versions of the crate, its commit and its dependencies, libtorch and compiler; the devices of the
    /// machine and those of the study with precision and attention; task, training set, encoder and recipe by
    /// name and SHA-256; seeds, store and the date. Digests of software are cut to 12 digits.
    ///
    /// # Errors
    /// [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let study = Study::open(StudySpec::mini_nli(0))?;
    /// println!("{}", study.provenance()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn provenance(&self) -> Result<DataFrame> {
        let (spec, task) = (self.spec(), self.task());
        let seeds: Vec<String> = spec.seeds.iter().map(u64::to_string).collect();
        let master = spec.master_seed().map_or_else(|| "none".to_owned(), |seed| seed.to_string());
        let mut rows = software();
        rows.extend(devices());
        let compute = self.compute();
        let attention = compute.devices.first().map(|&at| compute.attention.on(at, compute.precision));
        rows.extend([
            ("devices", compute.named_devices()),
            ("precision", compute.precision.to_string()),
            ("training precision", self.training_precision()),
            ("attention", attention.unwrap_or_default().to_string()),
            ("task", spec.task.name().to_owned()),
            ("training set", format!("{} examples, {}", task.train.len(), task.train_sha256)),
        ]);
        rows.extend(task.opened.iter().map(|model| ("model", format!("{}, {}", model.name(), model.key()))));
        if spec.models.is_none() {
            rows.extend([
                ("encoder", format!("{}, {}", task.model.name, task.model.sha256)),
                ("recipe", spec.recipe.name.clone()),
                ("master seed", master),
                ("seeds", seeds.join(", ")),
            ]);
        }
        rows.extend([("store", self.store().root().display().to_string()), ("date", now())]);
        let (what, value) = rows.into_iter().map(|(what, value)| (what.to_owned(), value)).unzip();
        ProvenanceColumns { what, value }.frame()
    }
}

#[cfg(test)]
mod tests {
    use crate::compute::{Compute, Precision};
    use crate::spec::TaskSpec;
    use crate::store::Store;
    use crate::study::{Study, StudySpec};

    #[test]
    fn a_study_tells_what_it_was_made_from() {
        let folder = tempfile::tempdir().unwrap();
        let task = TaskSpec::mini_nli(1).with_n_train(32).with_counterexample_share(0.0);
        let spec = StudySpec { task, ..StudySpec::mini_nli(0) }.with_seeds([3, 5]);
        let study = Study::open_in(spec, Store::open(folder.path()).unwrap()).unwrap();
        let table = study.provenance().unwrap();
        let text =
            |name: &str, row: usize| table.column(name).unwrap().str().unwrap().get(row).unwrap().to_owned();
        let rows: Vec<(String, String)> =
            (0..table.height()).map(|i| (text("what", i), text("value", i))).collect();
        let names: Vec<&str> = rows.iter().map(|(what, _)| what.as_str()).collect();
        assert_eq!(
            names,
            [
                "lmc",
                "commit",
                "Cargo.lock",
                "libtorch",
                "rustc",
                "CPU",
                "CUDA",
                "devices",
                "precision",
                "training precision",
                "attention",
                "task",
                "training set",
                "encoder",
                "recipe",
                "master seed",
                "seeds",
                "store",
                "date"
            ]
        );
        let value = |name: &str| rows.iter().find(|(what, _)| what == name).unwrap().1.clone();
        assert_eq!(value("task"), "mini-nli");
        assert_eq!((value("precision"), value("training precision")), ("float32".into(), "float32".into()));
        let study = study.on(Compute::cpu().with_precision(Precision::BFloat16)).unwrap();
        let table = study.provenance().unwrap();
        let told: Vec<Option<&str>> =
            table.column("value").unwrap().str().unwrap().iter().skip(7).take(4).collect();
        assert_eq!(told, [Some("cpu"), Some("bf16"), Some("float32"), Some("equal")]);
        assert_eq!(value("training set"), format!("32 examples, {}", study.task().train_sha256));
        assert_eq!(value("encoder"), format!("mini-bert, {}", study.task().model.sha256));
        assert_eq!((value("master seed"), value("seeds")), ("none".into(), "3, 5".into()));
        assert_eq!(value("store"), folder.path().display().to_string());
    }
}
