//! The rows of a file whatever its form, and what its columns are.

use std::collections::BTreeMap;

use super::tree::Tree;
use super::{Cell, METRICS, Record, metric};
use crate::table::Metric;

/// Columns that name the model, the first that is there counts.
const MODEL: [&str; 9] =
    ["model", "model_name", "name", "run", "run_name", "checkpoint", "seed", "id", "__index_level_0__"];
/// Columns that name the evaluated set.
const DATASET: [&str; 4] = ["dataset", "set", "split", "evaluation_set"];
/// Columns of the number of examples.
const SIZE: [&str; 5] = ["n_examples", "eval_samples", "n", "num_examples", "n_samples"];
/// The word for the sign of a column without a name, which pandas writes for the index of a table.
const INDEX: [&str; 3] = ["", "unnamed: 0", "index"];

/// The metric that a column has.
fn known(name: &str) -> Option<Metric> {
    let small = name.trim().to_lowercase().replace([' ', '-'], "_");
    let bare = ["eval_", "test_", "eval/", "test/"]
        .iter()
        .find_map(|start| small.strip_prefix(start))
        .unwrap_or(&small);
    let own = match bare {
        "acc" | "acc." | "accuracy_score" => "accuracy",
        "f1_score" => "f1",
        "matthews_corrcoef" | "matthews" => "mcc",
        // The name of a column of logs, where it can only be the accuracy.
        "metric" => return None,
        other => metric(other)?.0,
    };
    own.parse().ok()
}

/// The position of the first of some names among the columns, whatever their case.
fn position(names: &[String], wanted: &[&str]) -> Option<usize> {
    wanted.iter().find_map(|wanted| names.iter().position(|name| name.trim().to_lowercase() == *wanted))
}

/// Which of some columns have a role.
pub(super) fn with_a_role(names: &[String]) -> Vec<usize> {
    let single = [&MODEL[..], &DATASET, &SIZE].into_iter().filter_map(|wanted| position(names, wanted));
    let index = position(names, &INDEX).filter(|_| position(names, &MODEL).is_none());
    let metrics = (0..names.len()).filter(|&i| known(&names[i]).is_some());
    let mut chosen: Vec<usize> = single.chain(index).chain(metrics).collect();
    if !chosen.iter().any(|&i| known(&names[i]).is_some()) {
        let rest: Vec<usize> = (0..names.len()).filter(|i| !chosen.contains(i)).collect();
        chosen.extend(rest.first().filter(|_| rest.len() == 1));
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// What the columns of a file are.
pub(super) struct Roles {
    model: Option<String>,
    dataset: Option<String>,
    size: Option<String>,
    metrics: Vec<(String, Metric)>,
    taken: Option<(String, Metric)>,
    others: Vec<String>,
}

impl Roles {
    /// The roles of the columns of some records. A single column that has none is the wanted metric.
    ///
    /// # Errors
    /// What is wrong: no records, or no metric.
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
        let others: Vec<String> =
            names.iter().filter(|name| !has_role(name) && known(name).is_none()).cloned().collect();
        if !metrics.is_empty() {
            return Ok(Self { model, dataset, size, metrics, taken: None, others });
        }
        match others.as_slice() {
            [one] => {
                let taken = (one.clone(), wanted);
                Ok(Self {
                    model,
                    dataset,
                    size,
                    metrics: vec![taken.clone()],
                    taken: Some(taken),
                    others: Vec::new(),
                })
            }
            _ => Err(format!("no metric among {}; known: loss, {METRICS}, n_examples", names.join(", "))),
        }
    }

    /// Whether the columns say nothing of the model, so that the file is that of one.
    pub fn is_one_model(&self) -> bool {
        self.model.is_none()
    }

    /// The model of a record.
    pub fn model(&self, record: &Record) -> Option<String> {
        record.model.clone().or_else(|| field(record, self.model.as_deref()?)?.name())
    }

    /// The set of a record.
    pub fn dataset(&self, record: &Record) -> Option<String> {
        record.dataset.clone().or_else(|| field(record, self.dataset.as_deref()?)?.name())
    }

    /// The number of examples and the metrics of a record, or what is wrong with them.
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
            let (column, quantity) =
                metric(of.column()).unwrap_or((of.column(), super::super::number::Quantity::NotNegative));
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

    /// What was taken for something, and what was passed over.
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
const VALUE: &str = "value";

/// The records in JSON of any form, or what is wrong with it.
pub(super) fn of_json(trees: &[Tree]) -> Result<Vec<Record>, String> {
    match trees {
        [Tree::List(records)] => records.iter().map(record).collect(),
        [Tree::Map(members)] => of_object(members),
        [Tree::Leaf(_)] => Err("neither an object nor a list".to_owned()),
        lines => lines.iter().map(record).collect(),
    }
}

/// The record in an object with values.
fn record(tree: &Tree) -> Result<Record, String> {
    let Tree::Map(members) = tree else { return Err("a record that is no object".to_owned()) };
    let field = |(name, value): &(String, Tree)| {
        let cell = value.leaf().ok_or_else(|| format!("`{name}` is no value"))?;
        Ok((name.clone(), cell.clone()))
    };
    let fields = members.iter().map(field).collect::<Result<_, String>>()?;
    Ok(Record { at: None, model: None, dataset: None, fields })
}

/// The records of columns, each a list of the cells of its rows by their keys.
fn of_columns(
    columns: Vec<(&String, Vec<(String, &Tree)>)>,
    keys_are_models: bool,
) -> Result<Vec<Record>, String> {
    let mut keys: Vec<String> = Vec::new();
    for (key, _) in columns.iter().flat_map(|(_, cells)| cells) {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    let one = |key: &String| {
        let mut fields = Vec::new();
        for (name, cells) in &columns {
            let mut found = cells.iter().filter(|(other, _)| other == key);
            let Some((_, tree)) = found.next() else { continue };
            if found.next().is_some() {
                return Err(format!("`{key}` is there twice in `{name}`"));
            }
            let cell = tree.leaf().ok_or_else(|| format!("`{name}` of `{key}` is no value"))?;
            fields.push(((*name).clone(), cell.clone()));
        }
        Ok(Record { at: None, model: keys_are_models.then(|| key.clone()), dataset: None, fields })
    };
    keys.iter().map(one).collect()
}

fn of_object(members: &[(String, Tree)]) -> Result<Vec<Record>, String> {
    let is_column = |name: &str| {
        let names = [name.to_owned()];
        known(name).is_some()
            || [&MODEL[..], &DATASET, &SIZE].into_iter().any(|wanted| position(&names, wanted).is_some())
    };
    let whole = Tree::Map(members.to_vec());
    // pandas: {"columns": [...], "index": [...], "data": [[...]]}
    if let (Some(Tree::List(names)), Some(Tree::List(rows))) = (whole.get("columns"), whole.get("data")) {
        let index = whole.get("index").and_then(Tree::list).unwrap_or_default();
        let names: Vec<String> = names.iter().filter_map(|name| name.leaf()?.name()).collect();
        let has_model = position(&names, &MODEL).is_some();
        return rows
            .iter()
            .enumerate()
            .map(|(i, row)| {
                let cells = row
                    .list()
                    .filter(|cells| cells.len() == names.len())
                    .ok_or_else(|| format!("row {i} of `data` has not {} values", names.len()))?;
                let fields = names
                    .iter()
                    .cloned()
                    .zip(cells.iter().map(|cell| cell.leaf().cloned().unwrap_or(Cell::Empty)))
                    .collect();
                let model = index.get(i).and_then(|key| key.leaf()?.name()).filter(|_| !has_model);
                Ok(Record { at: None, model, dataset: None, fields })
            })
            .collect();
    }
    let all = |is: fn(&Tree) -> bool| members.iter().all(|(_, value)| is(value));
    if all(|value| matches!(value, Tree::List(_))) {
        let columns = members.iter().map(|(name, value)| {
            let cells = value.list().unwrap_or_default().iter().enumerate();
            (name, cells.map(|(i, cell)| (i.to_string(), cell)).collect())
        });
        return of_columns(columns.collect(), false);
    }
    if all(|value| matches!(value, Tree::Leaf(_))) {
        if members.iter().any(|(name, _)| known(name).is_some()) {
            return Ok(vec![record(&whole)?]);
        }
        return Ok(members
            .iter()
            .map(|(model, value)| {
                let fields = vec![(VALUE.to_owned(), value.leaf().cloned().unwrap_or(Cell::Empty))];
                Record { at: None, model: Some(model.clone()), dataset: None, fields }
            })
            .collect());
    }
    if !all(|value| matches!(value, Tree::Map(_))) {
        return Err("an object of values, lists and objects, expected one of these kinds alone".to_owned());
    }
    let inner = |value: &Tree| -> Vec<(String, Tree)> {
        if let Tree::Map(members) = value { members.clone() } else { Vec::new() }
    };
    if members.iter().all(|(name, _)| is_column(name)) {
        let has_model = members.iter().any(|(name, _)| position(&[name.clone()], &MODEL).is_some());
        let columns = members.iter().map(|(name, value)| {
            let Tree::Map(cells) = value else { return (name, Vec::new()) };
            (name, cells.iter().map(|(key, cell)| (key.clone(), cell)).collect())
        });
        return of_columns(columns.collect(), !has_model);
    }
    let mut records = Vec::new();
    for (model, value) in members {
        let sets = inner(value);
        let nested = !sets.is_empty() && sets.iter().all(|(_, value)| matches!(value, Tree::Map(_)));
        let of = |dataset: Option<&String>, tree: &Tree| -> Result<Record, String> {
            let record = record(tree).map_err(|problem| format!("model `{model}`: {problem}"))?;
            Ok(Record { model: Some(model.clone()), dataset: dataset.cloned(), ..record })
        };
        if nested {
            sets.iter().try_for_each(|(set, tree)| Ok::<_, String>(records.push(of(Some(set), tree)?)))?;
        } else {
            records.push(of(None, value)?);
        }
    }
    Ok(records)
}
