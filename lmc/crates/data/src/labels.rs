//! From the classes of a classifier to the labels of a set, by name and never by position.

use std::fmt;

use lmc_base::error::{LmcError, Result};

/// Names that mean the same label, as [`name`] spells them; the first of each line is the one that this crate compares by.
const SYNONYMS: [&[&str]; 4] = [
    &["contradiction", "contradictory"],
    &["duplicate", "paraphrase", "is_duplicate"],
    &["not_duplicate", "not_paraphrase", "not_is_duplicate"],
    &["unacceptable", "not_acceptable"],
];

/// The labels that one label of a two-way set stands for in a three-way one.
const MERGED: (&str, [&str; 2]) = ("not_entailment", ["neutral", "contradiction"]);

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
    /// regard to case and to whether words are joined by a hyphen, an underscore or a space; `non-` is `not_`, and the common
    /// names of one label are the same. Where the classifier tells neutral from contradiction and the set has only
    /// non-entailment, both become it.
    ///
    /// # Errors
    /// [`LmcError::Labels`] for no names, for names such as `LABEL_0`, which say nothing, for a name that is there twice, for
    /// one that is no label of the set, and for a label of the set that no class stands for.
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
        let model = names("outputs of the classifier", model_labels, || remedy(set_labels))?;
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
            return Err(wrong(problem, remedy(set_labels)));
        }
        if let Some(label) = classes.iter().position(Vec::is_empty) {
            let problem =
                format!("no output of {} stands for the label `{}`", quoted(model_labels), set_labels[label]);
            return Err(wrong(problem, remedy(set_labels)));
        }
        Ok(LabelMap { classes, n_classes: model.len(), merge })
    }

    /// Returns the map of a classifier that has that many outputs: [`LabelMap::new`] after their number was compared with that of
    /// the names.
    ///
    /// # Errors
    /// As [`LabelMap::new`]; [`LmcError::Labels`] for another number of outputs than of names, and for a single output.
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
            return Err(wrong(problem, remedy(set_labels)));
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

/// The names of labels as this crate compares them; `what` they are is said in errors.
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

fn wrong(problem: String, remedy: String) -> LmcError {
    LmcError::Labels { origin: None, problem, remedy }
}

fn remedy(set_labels: &[String]) -> String {
    format!("name every output in its order, by --labels, as {}", known(set_labels))
}

/// The names that an output may have on a set with these labels.
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

/// What configurations say of classes that nobody has named.
fn is_anonymous(name: &str) -> bool {
    let number = name.strip_prefix("label_").or_else(|| name.strip_prefix("label")).unwrap_or(name);
    number.bytes().all(|byte| byte.is_ascii_digit())
}

fn quoted(labels: &[String]) -> String {
    labels.iter().map(|label| format!("`{}`", label.trim())).collect::<Vec<_>>().join(", ")
}

/// "1 label", "2 labels".
#[doc(hidden)]
pub fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn listed(labels: &[String]) -> String {
    labels.iter().map(|label| label.trim()).collect::<Vec<_>>().join(", ")
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
        for spelling in
            ["not_entailment", "non_entailment", "Non-Entailment", "NOT_ENTAILMENT", " not entailment"]
        {
            assert!(map(&["ENTAILMENT", spelling], &HANS, Merge::Sum).unwrap().is_identity(), "{spelling}");
        }
        let questions = map(&["not_paraphrase", "paraphrase"], &["not_duplicate", "duplicate"], Merge::Max);
        assert!(questions.unwrap().is_identity());
        for (model, set) in [
            (["not-duplicate", "is_duplicate"], ["not_duplicate", "duplicate"]),
            (["Not Paraphrase", "PARAPHRASE"], ["not_duplicate", "duplicate"]),
            (["Unacceptable", "acceptable"], ["unacceptable", "acceptable"]),
            (["not acceptable", "acceptable"], ["unacceptable", "acceptable"]),
        ] {
            assert!(map(&model, &set, Merge::Max).unwrap().is_identity(), "{model:?}");
        }
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

    const REMEDY: &str = "; name every output in its order, by --labels, as entailment, non-entailment (for which neutral \
                          and contradiction may stand)";

    #[test]
    fn names_that_say_nothing_are_refused() {
        for model in [
            ["LABEL_0", "LABEL_1", "LABEL_2"],
            ["label0", "label1", "label2"],
            ["0", "1", "2"],
            ["", "a", "b"],
        ] {
            let error = map(&model, &HANS, Merge::Max).unwrap_err().to_string();
            let names = model.join(", ");
            let expected =
                format!("the 3 outputs of the classifier have names that say nothing ({names}){REMEDY}");
            assert_eq!(error, expected);
        }
        let error = map(&GLUE, &["LABEL_0", "LABEL_1"], Merge::Max).unwrap_err().to_string();
        assert!(error.starts_with("the 2 labels of the set have names that say nothing"), "{error}");
        assert!(!error.contains("--labels"), "{error}");
    }

    #[test]
    fn labels_that_do_not_fit_are_refused() {
        let problem = |model: &[&str], set: &[&str]| map(model, set, Merge::Max).unwrap_err().to_string();
        let known = "known: entailment, non-entailment (for which neutral and contradiction may stand)";
        for (model, unknown) in [
            (&["entailment", "duplicate"][..], "duplicate"),
            (&["entailment", "neutral", "other"], "other"),
            (&["entailment", "not_entailment", "neutral"], "neutral"),
        ] {
            let expected = format!("the set has no label `{unknown}`; {known}{REMEDY}");
            assert_eq!(problem(model, &HANS), expected);
        }
        assert_eq!(
            problem(&["entailment"], &HANS),
            format!("no output of `entailment` stands for the label `non-entailment`{REMEDY}")
        );
        let two = problem(&["entailment", "neutral"], &GLUE);
        assert!(
            two.starts_with("no output of `entailment`, `neutral` stands for the label `contradiction`; "),
            "{two}"
        );
        assert!(two.ends_with("as entailment, neutral, contradiction"), "{two}");
        assert!(problem(&HANS, &GLUE).starts_with("the set has no label `non-entailment`"));
        let same = problem(&["entailment", "not_entailment", "non-entailment"], &HANS);
        assert!(
            same.starts_with("`not_entailment` and `non-entailment` mean the same among the outputs"),
            "{same}"
        );
        let twice = problem(&["entailment", "neutral", " entailment"], &HANS);
        assert!(twice.starts_with("`entailment` is there twice among the outputs"), "{twice}");
        assert!(problem(&GLUE, &[]).starts_with("the labels of the set have no names"));
        assert!(problem(&[], &GLUE).starts_with("the outputs of the classifier have no names"));
    }

    #[test]
    fn outputs_are_counted_before_their_names_are_read() {
        let owned = |labels: &[&str]| labels.iter().map(|label| label.to_string()).collect::<Vec<_>>();
        let of =
            |n, model: &[&str], set: &[&str]| LabelMap::of_outputs(n, &owned(model), &owned(set), Merge::Max);
        let problem = |n, model: &[&str], set: &[&str]| of(n, model, set).unwrap_err().to_string();
        assert_eq!(of(3, &FEATHER, &HANS).unwrap(), map(&FEATHER, &HANS, Merge::Max).unwrap());
        // The names alone would be the labels of the set in their order.
        assert_eq!(
            problem(3, &HANS, &HANS),
            format!("3 outputs, 2 labels (entailment, non-entailment){REMEDY}")
        );
        let five = problem(5, &GLUE, &GLUE);
        assert!(five.starts_with("5 outputs, 3 labels (entailment, neutral, contradiction); "), "{five}");
        assert!(problem(2, &GLUE, &GLUE).starts_with("2 outputs, 3 labels"));
        assert!(problem(2, &["LABEL_0"], &HANS).starts_with("2 outputs, 1 label (LABEL_0)"));
        let one = problem(1, &["LABEL_0"], &HANS);
        assert!(
            one.starts_with("1 output, the set has 2 labels (entailment, non-entailment); give a classifier"),
            "{one}"
        );
        assert!(of(1, &["entailment"], &["entailment"]).is_err());
    }

    #[test]
    fn another_number_of_logits_is_refused() {
        let error = map(&GLUE, &HANS, Merge::Max).unwrap().apply(&[1.0, 2.0]).unwrap_err();
        let LmcError::ShapeMismatch { got, expected, .. } = error else { panic!("{error}") };
        assert_eq!((got, expected), (vec![2], vec![3]));
    }
}
