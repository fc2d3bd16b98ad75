//! Mini-NLI: natural language inference in a small grammar, with few training examples that refute lexical
//! overlap.

use std::fmt;
use std::str::FromStr;

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::grammar::{Kind, Pair, Template, entailed_pair, replaced_pair};
use super::{Dataset, Example, by_name};
use lmc_base::error::{LmcError, Result};
use lmc_base::seed;

/// The label names in order.
pub const LABELS: [&str; 2] = ["entailment", "non-entailment"];

/// The kinds of the counterexamples in training. One of [`Kind::LEXICAL`] is held out: from a passive to its
/// reversal ([`Kind::PassiveToSwap`]).
pub const COUNTEREXAMPLES: [Kind; 4] = [Kind::Swap, Kind::Preposition, Kind::Relative, Kind::Conjunction];

/// The share of counterexamples in the default distribution.
pub const COUNTEREXAMPLE_SHARE: f64 = 0.02;

/// The sets that are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// The training set.
    Train,
    /// Fresh examples of the training distribution.
    InDomain,
    /// Many more of them.
    LargeInDomain,
    /// Lexical overlap, not entailed.
    LexicalOverlap,
    /// Subsequences, not entailed.
    Subsequence,
    /// Constituents, not entailed.
    Constituent,
    /// Hypotheses of premise words that do follow.
    Entailed,
}

impl Split {
    /// All sets: the training set, then the evaluation sets.
    pub const ALL: [Split; 7] = [
        Split::Train,
        Split::InDomain,
        Split::LargeInDomain,
        Split::LexicalOverlap,
        Split::Subsequence,
        Split::Constituent,
        Split::Entailed,
    ];

    /// Returns the name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::InDomain => "id",
            Split::LargeInDomain => "id-large",
            Split::LexicalOverlap => "lo",
            Split::Subsequence => "sub",
            Split::Constituent => "con",
            Split::Entailed => "entailed",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Split {
    type Err = LmcError;

    /// Returns the set of a name.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`].
    fn from_str(name: &str) -> Result<Self> {
        by_name("split", &Self::ALL, name)
    }
}

const ENTAILMENT: i64 = 0;
const NON_ENTAILMENT: i64 = 1;

/// The description of the mini-NLI data, from which they are drawn.
///
/// Half of the training examples are entailed, a small share are counterexamples to lexical overlap (no word
/// is new, but the hypothesis does not follow), and the rest are not entailed because content words were
/// replaced. Entailed and replaced hypotheses have the same forms. The constituent and subsequence kinds, and
/// one of lexical overlap, are never trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct MiniNli {
    /// The seed of every draw; sets of the same seed share nothing except by chance.
    pub seed: u64,
    /// The number of training examples.
    pub n_train: usize,
    /// The number of in-domain validation examples.
    pub n_id: usize,
    /// The number of examples of the large in-domain validation set.
    pub n_id_large: usize,
    /// The number of examples of each diagnostic set.
    pub n_ood: usize,
    /// The share of counterexamples among the training and in-domain examples, in [0, 0.5].
    pub counterexample_share: f64,
    /// The kinds of the counterexamples, in equal shares.
    pub counterexample_kinds: Vec<Kind>,
    /// True if the premise of a replaced hypothesis may be one that asserts nothing ("if", "or", "believed").
    /// Those premises entail no hypothesis, so a model can learn to answer "non-entailment" from them alone.
    pub non_veridical_premises: bool,
    /// The number of the draw of the evaluation sets; the training set does not depend on it.
    pub evaluation_draw: u64,
}

impl Default for MiniNli {
    fn default() -> Self {
        MiniNli {
            seed: 0,
            n_train: 16_000,
            n_id: 512,
            n_id_large: 4_096,
            n_ood: 512,
            counterexample_share: COUNTEREXAMPLE_SHARE,
            counterexample_kinds: COUNTEREXAMPLES.to_vec(),
            non_veridical_premises: true,
            evaluation_draw: 0,
        }
    }
}

impl MiniNli {
    /// Returns the default data of a seed.
    pub fn new(seed: u64) -> Self {
        MiniNli { seed, ..MiniNli::default() }
    }

    /// Returns the training set, named `train`, shuffled.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if the share is not in [0, 0.5], or is above 0 without a kind.
    pub fn train(&self) -> Result<Dataset> {
        self.distribution("train", self.n_train, "train")
    }

    /// Returns the in-domain validation set, named `id`: fresh examples of the training distribution.
    ///
    /// # Errors
    /// The errors of [`MiniNli::train`].
    pub fn in_domain(&self) -> Result<Dataset> {
        self.distribution("id", self.n_id, &format!("id {}", self.evaluation_draw))
    }

    /// Returns the large in-domain validation set, named `id-large`. The examples of `id` are among them.
    ///
    /// # Errors
    /// The errors of [`MiniNli::train`].
    pub fn large_in_domain(&self) -> Result<Dataset> {
        self.distribution("id-large", self.n_id_large, &format!("id {}", self.evaluation_draw))
    }

    /// Returns the lexical overlap set, named `lo`: not entailed, no kind more than one example larger than
    /// another.
    ///
    /// # Errors
    /// The errors of [`Dataset::new`], which do not happen.
    pub fn lexical_overlap(&self) -> Result<Dataset> {
        self.diagnostic("lo", &Kind::LEXICAL)
    }

    /// Returns the subsequence set, named `sub`, like [`MiniNli::lexical_overlap`].
    ///
    /// # Errors
    /// The errors of [`Dataset::new`], which do not happen.
    pub fn subsequence(&self) -> Result<Dataset> {
        self.diagnostic("sub", &Kind::SUBSEQUENCE)
    }

    /// Returns the constituent set, named `con`, like [`MiniNli::lexical_overlap`].
    ///
    /// # Errors
    /// The errors of [`Dataset::new`], which do not happen.
    pub fn constituent(&self) -> Result<Dataset> {
        self.diagnostic("con", &Kind::CONSTITUENT)
    }

    /// Returns the control set, named `entailed`: hypotheses of premise words that do follow.
    ///
    /// # Errors
    /// The errors of [`Dataset::new`], which do not happen.
    pub fn entailed(&self) -> Result<Dataset> {
        let mut rng = self.rng(&format!("entailed {}", self.evaluation_draw));
        dataset("entailed", entailed(self.n_ood, &mut rng))
    }

    /// Returns `n_ood` non-entailed examples of the given kinds in turn, under the given name.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if `kinds` is empty.
    pub fn diagnostic(&self, name: &str, kinds: &[Kind]) -> Result<Dataset> {
        if kinds.is_empty() {
            return Err(LmcError::invalid("kinds", "no kind", "at least one kind"));
        }
        let mut rng = self.rng(&format!("{name} {}", self.evaluation_draw));
        dataset(name, of_kinds(kinds, self.n_ood, &mut rng))
    }

    /// Returns every evaluation set: `id`, `id-large`, `lo`, `sub`, `con`, `entailed`.
    ///
    /// # Errors
    /// The errors of [`MiniNli::train`].
    pub fn evaluation_sets(&self) -> Result<Vec<Dataset>> {
        Split::ALL[1..].iter().map(|split| self.draw(*split)).collect()
    }

    /// Returns a set under the name of its split.
    ///
    /// # Errors
    /// The errors of [`MiniNli::train`].
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::data::mini_nli::{MiniNli, Split};
    /// assert_eq!(MiniNli::new(3).draw("lo".parse()?)?, MiniNli::new(3).lexical_overlap()?);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn draw(&self, split: Split) -> Result<Dataset> {
        match split {
            Split::Train => self.train(),
            Split::InDomain => self.in_domain(),
            Split::LargeInDomain => self.large_in_domain(),
            Split::LexicalOverlap => self.lexical_overlap(),
            Split::Subsequence => self.subsequence(),
            Split::Constituent => self.constituent(),
            Split::Entailed => self.entailed(),
        }
    }

    fn rng(&self, name: &str) -> ChaCha8Rng {
        seed::rng(self.seed, &format!("mini-nli {name}"))
    }

    /// Draws `n` examples of the training distribution. Its three parts are drawn separately, so that the
    /// entailed examples are the same whatever the share of counterexamples.
    fn distribution(&self, name: &str, n: usize, draw: &str) -> Result<Dataset> {
        let share = self.counterexample_share;
        if !(0.0..=0.5).contains(&share) {
            return Err(LmcError::invalid("counterexample_share", share, "a share from 0 to 0.5"));
        }
        if share > 0.0 && self.counterexample_kinds.is_empty() {
            let expected = "at least one kind, or counterexample_share = 0";
            return Err(LmcError::invalid("counterexample_kinds", "no kind", expected));
        }
        let n_entailed = n / 2;
        let n_counterexamples = ((n as f64 * share).round() as usize).min(n - n_entailed);
        let n_replaced = n - n_entailed - n_counterexamples;
        let mut drawn = entailed(n_entailed, &mut self.rng(&format!("{draw} entailed")));
        drawn.extend(of_kinds(
            &self.counterexample_kinds,
            n_counterexamples,
            &mut self.rng(&format!("{draw} counterexamples")),
        ));
        drawn.extend(self.replaced(n_replaced, &mut self.rng(&format!("{draw} replaced"))));
        drawn.shuffle(&mut self.rng(&format!("{draw} order")));
        dataset(name, drawn)
    }

    fn replaced(&self, n: usize, rng: &mut impl Rng) -> Vec<Drawn> {
        let veridical = if self.non_veridical_premises { None } else { Some(true) };
        let templates = Template::ALL.iter().cycle().take(n);
        let drawn = templates.map(|template| {
            let kind = format!("replaced_{}", template.name());
            Drawn { pair: replaced_pair(*template, veridical, rng), label: NON_ENTAILMENT, kind }
        });
        drawn.collect()
    }
}

/// A pair with its label and kind.
struct Drawn {
    pair: Pair,
    label: i64,
    kind: String,
}

fn entailed(n: usize, rng: &mut impl Rng) -> Vec<Drawn> {
    let templates = Template::ALL.iter().cycle().take(n);
    let drawn = templates.map(|template| {
        let kind = format!("entailed_{}", template.name());
        Drawn { pair: entailed_pair(*template, rng), label: ENTAILMENT, kind }
    });
    drawn.collect()
}

fn of_kinds(kinds: &[Kind], n: usize, rng: &mut impl Rng) -> Vec<Drawn> {
    let drawn = kinds.iter().cycle().take(n).map(|kind| Drawn {
        pair: kind.draw(rng),
        label: NON_ENTAILMENT,
        kind: kind.name().to_owned(),
    });
    drawn.collect()
}

fn dataset(name: &str, drawn: Vec<Drawn>) -> Result<Dataset> {
    let examples = drawn.iter().map(|drawn| Example {
        first: drawn.pair.premise.text(),
        second: Some(drawn.pair.hypothesis.text()),
        label: drawn.label,
    });
    let examples = examples.collect();
    Dataset::new(name, &LABELS, examples, Some(drawn.into_iter().map(|drawn| drawn.kind).collect()))
}

#[cfg(test)]
mod tests;
