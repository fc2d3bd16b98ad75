//! The rows of a file of any form, and the roles of its columns.

use std::collections::BTreeMap;

use crate::analyses::replay::scores::{Cell, METRICS, Record, metric};
use crate::study::Metric;

/// Columns that name the model; the first that exists counts.
pub(super) const MODEL: [&str; 9] =
    ["model", "model_name", "name", "run", "run_name", "checkpoint", "seed", "id", "__index_level_0__"];
/// Columns that name the evaluated set.
pub(super) const DATASET: [&str; 4] = ["dataset", "set", "split", "evaluation_set"];
/// Columns of the number of examples.
pub(super) const SIZE: [&str; 5] = ["n_examples", "eval_samples", "n", "num_examples", "n_samples"];
/// The word for the sign of a column without a name, which pandas writes for the index of a table.
const INDEX: [&str; 3] = ["", "unnamed: 0", "index"];

/// Columns whose value is the wanted metric, if no other column is a metric.
const VALUES: [&str; 4] = [VALUE, "score", "scores", "result"];

/// Returns the metric that a column has.
pub(super) fn known(name: &str) -> Option<Metric> {
    let small = name.trim().to_lowercase().replace([' ', '-'], "_");
    let bare = ["eval_", "test_", "eval/", "test/"]
        .iter()
        .find_map(|start| small.strip_prefix(start))
        .unwrap_or(&small);
    let own = match bare {
        "acc" | "acc." | "accuracy_score" => "accuracy",
        "f1_score" => "f1",
        "matthews_corrcoef" | "matthews" => "mcc",
        // The name of a column of logs, in which it can only be the accuracy.
        "metric" => return None,
        other => metric(other)?.0,
    };
    own.parse().ok()
}

/// Returns whether a column is a metric, or may be the wanted one.
pub(super) fn is_metric(name: &str) -> bool {
    known(name).is_some() || position(&[name.to_owned()], &VALUES).is_some()
}

/// Returns the problem of columns without a metric.
pub(super) fn no_metric(names: &[String]) -> String {
    format!("no metric among {}; known: loss, {METRICS}, n_examples", names.join(", "))
}

/// Returns the position of the first of some names among the columns, whatever their case.
pub(super) fn position(names: &[String], wanted: &[&str]) -> Option<usize> {
    wanted.iter().find_map(|wanted| names.iter().position(|name| name.trim().to_lowercase() == *wanted))
}

/// Returns the columns that have a role.
pub(super) fn with_a_role(names: &[String]) -> Vec<usize> {
    let single = [&MODEL[..], &DATASET, &SIZE].into_iter().filter_map(|wanted| position(names, wanted));
    let index = position(names, &INDEX).filter(|_| position(names, &MODEL).is_none());
    let metrics = (0..names.len()).filter(|&i| known(&names[i]).is_some());
    let mut chosen: Vec<usize> = single.chain(index).chain(metrics).collect();
    if !chosen.iter().any(|&i| known(&names[i]).is_some()) {
        chosen.extend(position(names, &VALUES));
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// The roles of the columns of a file.
pub(super) struct Roles {
    model: Option<String>,
    dataset: Option<String>,
    size: Option<String>,
    metrics: Vec<(String, Metric)>,
    taken: Option<(String, Metric)>,
    others: Vec<String>,
}

impl Roles {
    /// Returns the roles of the columns of some records. If no column is a metric, a column called `score` or
    /// `value` is the wanted one.
    ///
    /// # Errors
    /// The problem: no records, or no metric.
    pub fn of(records: &[Record], wanted: Metric) -> Result<Self, String> {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in records.iter().flat_map(|record| &record.fields) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        if records.is_empty() {
            return Err("no models".to_owned());
        }
        let has_model = records.iter().all(|record| record.model.is_some());
        let name = |wanted: &[&str]| position(&names, wanted).map(|i| names[i].clone());
        let model = if has_model { None } else { name(&MODEL).or_else(|| name(&INDEX)) };
        let (dataset, size) = (name(&DATASET), name(&SIZE));
        let has_role =
            |name: &String| [&model, &dataset, &size].into_iter().flatten().any(|role| role == name);
        let mut metrics: Vec<(String, Metric)> = Vec::new();
        for name in names.iter().filter(|name| !has_role(name)) {
            let Some(metric) = known(name) else { continue };
            if let Some((other, _)) = metrics.iter().find(|(_, other)| *other == metric) {
                return Err(format!("`{other}` and `{name}` are both the {metric}"));
            }
            metrics.push((name.clone(), metric));
        }
        let value = if metrics.is_empty() { name(&VALUES) } else { None };
        let is_read = |name: &String| has_role(name) || known(name).is_some() || value.as_ref() == Some(name);
        for (record, name) in records.iter().flat_map(|record| record.names().map(move |name| (record, name)))
        {
            if is_read(name) && record.names().filter(|other| *other == name).count() > 1 {
                let of =
                    record.model.as_ref().map(|model| format!(" of model `{model}`")).unwrap_or_default();
                return Err(format!("`{name}`{of} is there twice"));
            }
        }
        let is_index = |name: &String| position(std::slice::from_ref(name), &INDEX).is_some();
        let is_other = |name: &&String| !has_role(name) && known(name).is_none() && !is_index(name);
        let others: Vec<String> = names.iter().filter(is_other).cloned().collect();
        if !metrics.is_empty() {
            return Ok(Self { model, dataset, size, metrics, taken: None, others });
        }
        let Some(value) = value else {
            return Err(no_metric(&names));
        };
        let others = others.into_iter().filter(|name| *name != value).collect();
        let taken = (value, wanted);
        Ok(Self { model, dataset, size, metrics: vec![taken.clone()], taken: Some(taken), others })
    }

    /// Returns whether no column names the model, so that the file is about a single model.
    pub fn is_one_model(&self) -> bool {
        self.model.is_none()
    }

    /// Returns the model of a record.
    pub fn model(&self, record: &Record) -> Option<String> {
        record.model.clone().or_else(|| field(record, self.model.as_deref()?)?.name())
    }

    /// Returns the set of a record.
    pub fn dataset(&self, record: &Record) -> Option<String> {
        record.dataset.clone().or_else(|| field(record, self.dataset.as_deref()?)?.name())
    }

    /// Returns the number of examples and the metrics of a record, or the problem with them.
    pub fn values(
        &self,
        record: &Record,
        model: &str,
    ) -> Result<(Option<i64>, BTreeMap<&'static str, f64>), String> {
        let number = |name: &str| {
            let cell = field(record, name).unwrap_or(&Cell::Empty);
            cell.number()
                .map_err(|text| format!("`{name}` of model `{model}` is `{text}` instead of a number"))
        };
        let mut values = BTreeMap::new();
        for (name, of) in &self.metrics {
            let Some(value) = number(name)? else { continue };
            let Some((column, quantity)) = metric(of.column()) else { continue };
            let value = quantity.read(&value.to_string()).map_err(|expected| {
                let hint = if value > 1.0 && value <= 100.0 && expected.ends_with("to 1") {
                    "; a percentage is written with %"
                } else {
                    ""
                };
                format!("`{name}` of model `{model}` is {value} instead of {expected}{hint}")
            })?;
            values.insert(column, value);
        }
        let size = match &self.size {
            None => None,
            Some(name) => number(name)?
                .map(|n| {
                    let whole = n >= 1.0 && n.fract() == 0.0 && n < 1e15;
                    whole.then_some(n as i64).ok_or_else(|| {
                        format!("model `{model}` has `{name}` = {n}, expected a whole number from 1")
                    })
                })
                .transpose()?,
        };
        Ok((size, values))
    }

    /// Returns notes on the columns that were interpreted, and on those that were passed over.
    pub fn notes(&self) -> Vec<String> {
        let taken = self
            .taken
            .as_ref()
            .filter(|(name, _)| name != VALUE)
            .map(|(name, metric)| format!("`{name}` is taken for the {metric}"));
        let others = (!self.others.is_empty()).then(|| format!("passed over: {}", self.others.join(", ")));
        taken.into_iter().chain(others).collect()
    }
}

fn field<'a>(record: &'a Record, name: &str) -> Option<&'a Cell> {
    record.fields.iter().find(|(known, _)| known == name).map(|(_, cell)| cell)
}

/// The column of a value that has no name.
pub(super) const VALUE: &str = "value";
