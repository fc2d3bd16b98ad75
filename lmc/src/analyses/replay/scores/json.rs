//! The forms of JSON in which people keep scores.

use crate::analyses::replay::scores::records::{DATASET, MODEL, SIZE, VALUE, known, position};
use crate::analyses::replay::scores::tree::Tree;
use crate::analyses::replay::scores::{Cell, Record};

/// Names under which a file has all its scores.
const WRAPPERS: [&str; 5] = ["scores", "results", "data", "models", "evaluations"];

/// Returns the records in JSON of any form, or the problem with it.
pub(super) fn of_json(trees: &[Tree]) -> Result<Vec<Record>, String> {
    match trees {
        [Tree::List(records)] => records.iter().map(record).collect(),
        [Tree::Map(members)] => of_object(members),
        [Tree::Leaf(_)] => Err("neither an object nor a list".to_owned()),
        lines => lines.iter().map(record).collect(),
    }
}

/// Returns the record in an object with values.
fn record(tree: &Tree) -> Result<Record, String> {
    let Tree::Map(members) = tree else { return Err("a record that is no object".to_owned()) };
    let field = |(name, value): &(String, Tree)| {
        let cell = value.leaf().ok_or_else(|| format!("`{name}` is no value"))?;
        Ok((name.clone(), cell.clone()))
    };
    let fields = members.iter().map(field).collect::<Result<_, String>>()?;
    Ok(Record { at: None, model: None, dataset: None, fields })
}

/// Returns the records of columns, each a list of the cells of its rows by their keys.
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
    let is_column = |name: &String| {
        let has = |wanted: &[&str]| position(std::slice::from_ref(name), wanted).is_some();
        known(name).is_some() || has(&MODEL) || has(&DATASET) || has(&SIZE)
    };
    // The scores alone under a name that says no more, as in {"results": [...]}, and pandas' {"schema": ...,
    // "data": [...]}.
    match members {
        [(name, inner)] if WRAPPERS.contains(&name.to_lowercase().as_str()) && inner.leaf().is_none() => {
            return of_json(std::slice::from_ref(inner));
        }
        [(schema, Tree::Map(_)), (data, inner @ Tree::List(_))] if schema == "schema" && data == "data" => {
            return of_json(std::slice::from_ref(inner));
        }
        _ => {}
    }
    for part in ["columns", "index", "data"] {
        if members.iter().filter(|(name, _)| name == part).count() > 1 {
            return Err(format!("`{part}` is there twice"));
        }
    }
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
        let has_model =
            members.iter().any(|(name, _)| position(std::slice::from_ref(name), &MODEL).is_some());
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
            for (set, tree) in &sets {
                records.push(of(Some(set), tree)?);
            }
        } else {
            records.push(of(None, value)?);
        }
    }
    Ok(records)
}
