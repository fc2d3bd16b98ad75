//! The map from the classes of a classifier to the labels of a set, by name and never by position.

mod order;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

use lmc_base::error::{LmcError, Result};
use lmc_base::show::counted;
pub use order::output_order;

/// Names that mean the same label, as [`name`] spells them; the first of each line is the one that this crate
/// compares by.
const SYNONYMS: [&[&str]; 4] = [
    &["contradiction", "contradictory"],
    &["duplicate", "paraphrase", "is_duplicate"],
    &["not_duplicate", "not_paraphrase", "not_is_duplicate"],
    &["unacceptable", "not_acceptable"],
];

/// The labels that one label of a two-way set stands for in a three-way one.
const MERGED: (&str, [&str; 2]) = ("not_entailment", ["neutral", "contradiction"]);

/// The way to merge the logits of classes that become one label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Merge {
    /// The largest of them (Juneja et al. 2023, F.3). The prediction is then the label of the class with the
    /// largest logit, which is how McCoy et al. (2019) score HANS.
    #[default]
    Max,
    /// Their sum. DIFFERENCE: this is an option of the paper's code only, which adds the logits. The
    /// probability of either class would be the sum of the probabilities, whose logit is the log of the sum
    /// of their exponentials.
    Sum,
}

/// The classes of a classifier that stand for each label of a set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LabelMap {
    classes: Vec<Vec<usize>>,
    n_classes: usize,
    merge: Merge,
}

impl LabelMap {
    /// Returns the map from a classifier's classes, in their order, to the labels of a set. Names are
    /// compared without regard to case and to whether words are joined by a hyphen, an underscore or a space.
    /// `non-` counts as `not_`, and the common names of one label count as the same. If the classifier
    /// distinguishes neutral from contradiction and the set has only non-entailment, both become that.
    ///
    /// # Errors
    /// [`LmcError::Labels`] if there are no names, if names such as `LABEL_0` say nothing, if a name occurs
    /// twice or is not a label of the set, and if no class stands for a label of the set.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::data::labels::{LabelMap, Merge};
    /// let model = ["contradiction", "entailment", "neutral"].map(String::from);
    /// let hans = ["entailment", "non-entailment"].map(String::from);
    /// let map = LabelMap::new(&model, &hans, Merge::Max)?;
    /// assert_eq!(map.apply(&[0.5, 1.0, 2.0])?, [1.0, 2.0]);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn new(model_labels: &[String], set_labels: &[String], merge: Merge) -> Result<LabelMap> {
        let set =
            names("labels of the set", set_labels, || "give the set the names of its labels".to_owned())?;
        let model =
            names("outputs of the classifier", model_labels, || remedy(model_labels.len(), set_labels))?;
        let position = |name: &str| model.iter().position(|class| class == name);
        let classes_of = |label: &String| match position(label) {
            Some(class) => vec![class],
            None if *label == MERGED.0 => MERGED.1.iter().filter_map(|name| position(name)).collect(),
            None => Vec::new(),
        };
        let classes: Vec<Vec<usize>> = set.iter().map(classes_of).collect();
        let known = known(set_labels);
        if let Some(unused) =
            (0..model.len()).find(|class| !classes.iter().flatten().any(|used| used == class))
        {
            let problem = format!("the set has no label `{}`; known: {known}", model_labels[unused].trim());
            return Err(wrong(problem, remedy(model.len(), set_labels)));
        }
        if let Some(label) = classes.iter().position(Vec::is_empty) {
            let problem =
                format!("no output of {} stands for the label `{}`", quoted(model_labels), set_labels[label]);
            return Err(wrong(problem, remedy(model.len(), set_labels)));
        }
        Ok(LabelMap { classes, n_classes: model.len(), merge })
    }

    /// Returns the map of a classifier whose classes are the labels of the set in their order, whatever their
    /// names.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::data::labels::LabelMap;
    /// assert!(LabelMap::identity(3).is_identity());
    /// ```
    pub fn identity(n_classes: usize) -> LabelMap {
        let classes = (0..n_classes).map(|class| vec![class]).collect();
        LabelMap { classes, n_classes, merge: Merge::Max }
    }

    /// Returns the map that a table of names gives: for each of a classifier's classes, the label of the set
    /// that it becomes.
    ///
    /// # Errors
    /// [`LmcError::Labels`] for a class that is not in the table or becomes no label of the set, and for a
    /// label that no class becomes.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::data::labels::{LabelMap, Merge};
    /// let [model, set] = [["bad", "good", "best"].map(String::from).to_vec(), vec!["no".into(), "yes".into()]];
    /// let table = [("bad", "no"), ("good", "yes"), ("best", "yes")];
    /// let table = table.map(|(class, label)| (class.to_owned(), label.to_owned())).into();
    /// assert_eq!(LabelMap::of_names(&table, &model, &set, Merge::Max)?.classes(), [vec![0], vec![1, 2]]);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn of_names(
        table: &BTreeMap<String, String>,
        model_labels: &[String],
        set_labels: &[String],
        merge: Merge,
    ) -> Result<LabelMap> {
        let known = || format!("give each of {} one of {}", listed(model_labels), listed(set_labels));
        let mut classes = vec![Vec::new(); set_labels.len()];
        for (class, name) in model_labels.iter().enumerate() {
            let label =
                table.get(name).ok_or_else(|| wrong(format!("`{name}` becomes no label"), known()))?;
            let place = set_labels.iter().position(|other| other == label);
            let place = place.ok_or_else(|| wrong(format!("the set has no label `{label}`"), known()))?;
            classes[place].push(class);
        }
        match classes.iter().position(Vec::is_empty) {
            Some(empty) => {
                Err(wrong(format!("nothing stands for the label `{}`", set_labels[empty]), known()))
            }
            None => Ok(LabelMap { classes, n_classes: model_labels.len(), merge }),
        }
    }

    /// Returns the map of a classifier that has that many outputs, by [`LabelMap::new`] after a check that
    /// there are as many names. Names that are spelt as the set's are these labels, whatever they say.
    ///
    /// # Errors
    /// The errors of [`LabelMap::new`]; [`LmcError::Labels`] if the numbers of outputs and names differ, and
    /// for a single output.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::data::labels::{LabelMap, Merge};
    /// let hans = ["entailment", "non-entailment"].map(String::from);
    /// let error = LabelMap::of_outputs(3, &hans, &hans, Merge::Max).unwrap_err().to_string();
    /// assert!(error.starts_with("3 outputs, 2 labels (entailment, non-entailment); "));
    /// ```
    pub fn of_outputs(
        n_outputs: usize,
        model_labels: &[String],
        set_labels: &[String],
        merge: Merge,
    ) -> Result<LabelMap> {
        if n_outputs < 2 {
            let labels = counted(set_labels.len(), "label");
            let problem =
                format!("{}, the set has {labels} ({})", counted(n_outputs, "output"), listed(set_labels));
            return Err(wrong(
                problem,
                "give a classifier with an output for each label, not a regression".to_owned(),
            ));
        }
        if n_outputs != model_labels.len() {
            let problem = format!(
                "{n_outputs} outputs, {} ({})",
                counted(model_labels.len(), "label"),
                listed(model_labels)
            );
            return Err(wrong(problem, remedy(n_outputs, set_labels)));
        }
        if let Some(order) = same_names(model_labels, set_labels) {
            let classes = order.into_iter().map(|class| vec![class]).collect();
            return Ok(LabelMap { classes, n_classes: n_outputs, merge });
        }
        Self::new(model_labels, set_labels, merge)
    }

    /// Returns, for each label of the set, the classes that stand for it.
    pub fn classes(&self) -> &[Vec<usize>] {
        &self.classes
    }

    /// Returns how the logits of several classes are merged.
    pub fn merge(&self) -> Merge {
        self.merge
    }

    /// Returns the number of the classifier's classes.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// Returns whether the map changes nothing: the same labels in the same order.
    pub fn is_identity(&self) -> bool {
        self.classes.iter().enumerate().all(|(label, classes)| *classes == [label])
    }

    /// Returns the logits of the set's labels for one example's logits, one for each class.
    ///
    /// # Errors
    /// [`LmcError::ShapeMismatch`] for another number of logits.
    pub fn apply(&self, logits: &[f64]) -> Result<Vec<f64>> {
        self.check(logits.len())?;
        let merged = |classes: &Vec<usize>| {
            let logits = classes.iter().map(|&class| logits[class]);
            match self.merge {
                Merge::Max => logits.fold(f64::NEG_INFINITY, f64::max),
                Merge::Sum => logits.sum(),
            }
        };
        Ok(self.classes.iter().map(merged).collect())
    }

    /// Checks that a classifier has as many classes as this map is for.
    ///
    /// # Errors
    /// [`LmcError::ShapeMismatch`].
    pub fn check(&self, n_classes: usize) -> Result<()> {
        if n_classes == self.n_classes {
            return Ok(());
        }
        Err(LmcError::ShapeMismatch {
            what: "logits of a classifier".into(),
            got: vec![n_classes],
            expected: vec![self.n_classes],
        })
    }
}

/// Shows the classes of each label, short enough for a file name, for example `max-1_0+2`.
impl fmt::Display for LabelMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |classes: &Vec<usize>| classes.iter().map(usize::to_string).collect::<Vec<_>>().join("+");
        let labels: Vec<String> = self.classes.iter().map(join).collect();
        let merge = match self.merge {
            Merge::Max => "max",
            Merge::Sum => "sum",
        };
        write!(f, "{merge}-{}", labels.join("_"))
    }
}

/// Returns the names of labels as this crate compares them; errors say that they are `what`.
fn names(what: &str, labels: &[String], remedy: impl Fn() -> String) -> Result<Vec<String>> {
    let names: Vec<String> = labels.iter().map(|label| name(label)).collect();
    if names.is_empty() {
        return Err(wrong(format!("the {what} have no names"), remedy()));
    }
    if names.iter().any(|name| is_anonymous(name)) {
        let problem = format!("the {} {what} have names that say nothing ({})", labels.len(), listed(labels));
        return Err(wrong(problem, remedy()));
    }
    let is_before = |&i: &usize| names[..i].contains(&names[i]);
    if let Some(second) = (1..names.len()).find(is_before) {
        let first = names.iter().position(|name| *name == names[second]).unwrap_or(second);
        let [first, second] = [first, second].map(|i| labels[i].trim());
        let problem = match first == second {
            true => format!("`{first}` is there twice among the {what}"),
            false => format!("`{first}` and `{second}` mean the same among the {what}"),
        };
        return Err(wrong(problem, remedy()));
    }
    Ok(names)
}

/// Returns for each label of a set the output of that name, if both lists have the same names.
fn same_names(model_labels: &[String], set_labels: &[String]) -> Option<Vec<usize>> {
    let is_distinct = |labels: &[String]| {
        let names: BTreeSet<&str> = labels.iter().map(|label| label.trim()).collect();
        names.len() == labels.len()
    };
    if model_labels.len() != set_labels.len() || !is_distinct(model_labels) || !is_distinct(set_labels) {
        return None;
    }
    let class = |label: &String| model_labels.iter().position(|class| class.trim() == label.trim());
    set_labels.iter().map(class).collect()
}

fn wrong(problem: String, remedy: String) -> LmcError {
    LmcError::Labels { origin: None, problem, remedy }
}

/// Returns the remedy for a classifier with that many outputs whose names do not fit.
fn remedy(n_outputs: usize, set_labels: &[String]) -> String {
    let merged = set_labels.iter().any(|label| name(label) == MERGED.0);
    // The classes that are merged stand for one label.
    let most = set_labels.len() + if merged { MERGED.1.len() - 1 } else { 0 };
    if n_outputs > most || n_outputs < set_labels.len() {
        let (outputs, labels) = (counted(n_outputs, "output"), counted(set_labels.len(), "label"));
        return format!(
            "a classifier with {outputs} is for another task than a set with {labels}; give one for {}",
            known(set_labels)
        );
    }
    format!("name every output in its order, by --labels, as {}", known(set_labels))
}

/// Returns the names that an output may have on a set with these labels.
fn known(set_labels: &[String]) -> String {
    let mut known = listed(set_labels);
    if set_labels.iter().any(|label| name(label) == MERGED.0) {
        known += &format!(" (for which {} may stand)", MERGED.1.join(" and "));
    }
    known
}

fn name(label: &str) -> String {
    let words = label.split(|c: char| c.is_whitespace() || "-_".contains(c)).filter(|word| !word.is_empty());
    let mut label = words.map(str::to_lowercase).collect::<Vec<_>>().join("_");
    if let Some(rest) = label.strip_prefix("non_") {
        label = format!("not_{rest}");
    }
    match SYNONYMS.iter().find(|names| names.contains(&label.as_str())) {
        Some(names) => names[0].to_owned(),
        None => label,
    }
}

/// Returns whether a name is one that configurations give to classes that nobody has named.
fn is_anonymous(name: &str) -> bool {
    let number = name.strip_prefix("label_").or_else(|| name.strip_prefix("label")).unwrap_or(name);
    number.bytes().all(|byte| byte.is_ascii_digit())
}

fn quoted(labels: &[String]) -> String {
    labels.iter().map(|label| format!("`{}`", label.trim())).collect::<Vec<_>>().join(", ")
}

fn listed(labels: &[String]) -> String {
    labels.iter().map(|label| label.trim()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
