//! From the classes of a classifier to the labels of a set, by name and never by position.

use std::fmt;

use crate::error::{LmcError, Result};

/// Names that mean the same label; the first of each line is the one that this crate compares by.
const SYNONYMS: [&[&str]; 4] = [
    &["non-entailment", "non_entailment", "not_entailment", "not-entailment", "not entailment"],
    &["contradiction", "contradictory"],
    &["duplicate", "paraphrase", "is_duplicate"],
    &["not_duplicate", "non_duplicate", "not_paraphrase", "non-paraphrase"],
];

/// The labels that one label of a two-way set stands for in a three-way one.
const MERGED: (&str, [&str; 2]) = ("non-entailment", ["neutral", "contradiction"]);

/// How the logits of classes that become one label are merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Merge {
    /// The largest of them (Juneja et al. 2023, F.3). The prediction is then the label of the class with the largest logit,
    /// which is how McCoy et al. (2019) score HANS.
    #[default]
    Max,
    /// Their sum. DIFFERENCE: an option of the paper's code alone, which adds the logits; the probability of either class
    /// would be the sum of the probabilities, whose logit is the log of the sum of their exponentials.
    Sum,
}

/// For each label of a set the classes of a classifier that stand for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LabelMap {
    classes: Vec<Vec<usize>>,
    n_classes: usize,
    merge: Merge,
}

impl LabelMap {
    /// Returns the map from a classifier's classes, in their order, to the labels of a set. Names are compared without
    /// regard to case, and the common spellings of one label are the same. Where the classifier tells neutral from
    /// contradiction and the set has only non-entailment, both become it.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for names such as `LABEL_0`, which say nothing, for a name that is there twice, and
    /// where a label has no class or a class no label.
    ///
    /// # Examples
    /// ```
    /// use lmc::data::labels::{LabelMap, Merge};
    /// let model = ["contradiction", "entailment", "neutral"].map(String::from);
    /// let hans = ["entailment", "non-entailment"].map(String::from);
    /// let map = LabelMap::new(&model, &hans, Merge::Max)?;
    /// assert_eq!(map.apply(&[0.5, 1.0, 2.0])?, [1.0, 2.0]);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn new(model_labels: &[String], set_labels: &[String], merge: Merge) -> Result<LabelMap> {
        let model = canonical("model_labels", model_labels)?;
        let set = canonical("set_labels", set_labels)?;
        let position = |name: &str| model.iter().position(|class| class == name);
        let classes_of = |label: &String| match position(label) {
            Some(class) => vec![class],
            None if *label == MERGED.0 => MERGED.1.iter().filter_map(|name| position(name)).collect(),
            None => Vec::new(),
        };
        let classes: Vec<Vec<usize>> = set.iter().map(classes_of).collect();
        let unused = (0..model.len()).find(|class| !classes.iter().flatten().any(|used| used == class));
        if classes.iter().any(Vec::is_empty) || unused.is_some() {
            let expected = format!("classes that stand for {}, each for one", quoted(set_labels));
            return Err(LmcError::invalid("model_labels", quoted(model_labels), expected));
        }
        Ok(LabelMap { classes, n_classes: model.len(), merge })
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

    /// Returns whether nothing changes: the same labels in the same order.
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

    /// Returns nothing if a classifier has as many classes as this map is for.
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

/// Short enough for a file name: the classes of each label, for example `max-1_0+2`.
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

fn canonical(field: &'static str, labels: &[String]) -> Result<Vec<String>> {
    let names: Vec<String> = labels.iter().map(|label| name(label)).collect();
    if names.iter().any(|name| is_anonymous(name)) {
        let expected = "names; the manifest of the model must name its classes in order";
        return Err(LmcError::invalid(field, quoted(labels), expected));
    }
    if names.is_empty() || names.iter().enumerate().any(|(index, name)| names[..index].contains(name)) {
        return Err(LmcError::invalid(field, quoted(labels), "labels of different meaning"));
    }
    Ok(names)
}

fn name(label: &str) -> String {
    let label = label.trim().to_lowercase();
    match SYNONYMS.iter().find(|names| names.contains(&label.as_str())) {
        Some(names) => names[0].to_owned(),
        None => label,
    }
}

/// What configurations say of classes that nobody has named.
fn is_anonymous(name: &str) -> bool {
    let number = name.strip_prefix("label_").or_else(|| name.strip_prefix("label")).unwrap_or(name);
    number.bytes().all(|byte| byte.is_ascii_digit())
}

fn quoted(labels: &[String]) -> String {
    labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: [&str; 3] = ["entailment", "neutral", "contradiction"];
    const FEATHER: [&str; 3] = ["contradiction", "entailment", "neutral"];
    const HANS: [&str; 2] = ["entailment", "non-entailment"];

    fn map(model: &[&str], set: &[&str], merge: Merge) -> Result<LabelMap> {
        let owned = |labels: &[&str]| labels.iter().map(|label| label.to_string()).collect::<Vec<_>>();
        LabelMap::new(&owned(model), &owned(set), merge)
    }

    #[test]
    fn the_same_labels_are_the_same_in_any_order_and_spelling() {
        let same = map(&GLUE, &GLUE, Merge::Max).unwrap();
        assert!(same.is_identity());
        assert_eq!(same.apply(&[1.0, 2.0, 3.0]).unwrap(), [1.0, 2.0, 3.0]);
        let order = map(&FEATHER, &GLUE, Merge::Max).unwrap();
        assert!(!order.is_identity());
        assert_eq!(order.classes(), [[1], [2], [0]]);
        assert_eq!(order.apply(&[0.1, 0.2, 0.3]).unwrap(), [0.2, 0.3, 0.1]);
        for spelling in ["not_entailment", "non_entailment", "Non-Entailment", "NOT_ENTAILMENT"] {
            assert!(map(&["ENTAILMENT", spelling], &HANS, Merge::Sum).unwrap().is_identity(), "{spelling}");
        }
        let questions = map(&["not_paraphrase", "paraphrase"], &["not_duplicate", "duplicate"], Merge::Max);
        assert!(questions.unwrap().is_identity());
    }

    #[test]
    fn three_classes_become_two_labels() {
        for (model, logits) in [(GLUE, [2.0, 1.5, 1.0]), (FEATHER, [1.0, 2.0, 1.5])] {
            assert_eq!(map(&model, &HANS, Merge::Max).unwrap().apply(&logits).unwrap(), [2.0, 1.5]);
            assert_eq!(map(&model, &HANS, Merge::Sum).unwrap().apply(&logits).unwrap(), [2.0, 2.5]);
        }
        let turned = map(&FEATHER, &["not_entailment", "entailment"], Merge::Max).unwrap();
        assert_eq!(turned.apply(&[1.0, 2.0, 1.5]).unwrap(), [1.5, 2.0]);
        assert_eq!(map(&FEATHER, &HANS, Merge::Max).unwrap().to_string(), "max-1_2+0");
        assert_eq!(map(&GLUE, &HANS, Merge::Sum).unwrap().to_string(), "sum-0_1+2");
    }

    #[test]
    fn names_that_say_nothing_are_refused() {
        for model in [["LABEL_0", "LABEL_1", "LABEL_2"], ["label0", "label1", "label2"], ["0", "1", "2"]] {
            let error = map(&model, &HANS, Merge::Max).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`model_labels`: got `{}`, ", model[0])), "{error}");
            assert!(error.ends_with("the manifest of the model must name its classes in order"), "{error}");
        }
    }

    #[test]
    fn labels_that_do_not_fit_are_refused() {
        let problem = |model: &[&str], set: &[&str]| map(model, set, Merge::Max).unwrap_err().to_string();
        let expected = "expected classes that stand for `entailment`, `non-entailment`, each for one";
        for model in [&["entailment", "duplicate"][..], &["entailment", "neutral", "other"], &["entailment"]]
        {
            let error = problem(model, &HANS);
            assert!(
                error.starts_with("`model_labels`: got `entailment`") && error.ends_with(expected),
                "{error}"
            );
        }
        assert!(problem(&HANS, &GLUE).contains("stand for `entailment`, `neutral`, `contradiction`"));
        let twice = problem(&["entailment", "not_entailment", "non-entailment"], &HANS);
        assert!(twice.ends_with("expected labels of different meaning"), "{twice}");
        assert!(problem(&GLUE, &[]).starts_with("`set_labels`"));
        assert!(problem(&GLUE, &["LABEL_0", "LABEL_1"]).starts_with("`set_labels`"));
    }

    #[test]
    fn another_number_of_logits_is_refused() {
        let error = map(&GLUE, &HANS, Merge::Max).unwrap().apply(&[1.0, 2.0]).unwrap_err();
        let LmcError::ShapeMismatch { got, expected, .. } = error else { panic!("{error}") };
        assert_eq!((got, expected), (vec![2], vec![3]));
    }
}
