//! The methods by name.

use std::fmt;

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::fisher::Fisher;
use super::linear;
use super::reg_mean::RegMean;
use super::slerp::slerp;
use super::statistic::Statistic;
use super::stock::ModelStock;
use super::task_vectors::{Sites, TaskVectors};
use super::trim::Trim;
use lmc_base::error::{LmcError, Result};
use lmc_base::options::in_range;

/// The most texts from which a statistic is taken.
const MOST_TEXTS: usize = 1_000_000;

/// A way to make one model of several. Names and defaults are those of mergekit, which has neither `fisher`
/// nor `regmean`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum MergeMethod {
    /// The weighted mean: a model soup (Wortsman et al. 2022), or a point on the line between two models.
    Linear {
        /// Whether weights are divided by their sum.
        normalize: bool,
    },
    /// The point at `t` on the great circle from the first of two models to the second (Shoemake 1985).
    Slerp {
        /// 0 is the first model, 1 is the second.
        t: f64,
    },
    /// The point on the line from the base to the weighted mean (Wortsman et al. 2022, robust finetuning of
    /// zero-shot models).
    WiseFt {
        /// 0 is the base, 1 is the mean.
        alpha: f64,
    },
    /// A combination of task vectors.
    TaskVectors(TaskVectors),
    /// Model stock (Jang et al. 2024).
    ModelStock(ModelStock),
    /// The mean of each element, weighted by its Fisher information (Matena and Raffel 2022).
    Fisher(Fisher),
    /// The linear layers whose outputs are closest to those of all models, and the weighted mean of all other
    /// tensors (Jin et al. 2023).
    #[serde(rename = "regmean")]
    RegMean(RegMean),
}

impl fmt::Display for MergeMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl MergeMethod {
    /// The names of all methods.
    pub const NAMES: [&'static str; 14] = [
        "linear",
        "slerp",
        "wise_ft",
        "task_arithmetic",
        "ties",
        "dare_linear",
        "dare_ties",
        "breadcrumbs",
        "breadcrumbs_ties",
        "della",
        "della_linear",
        "model_stock",
        "fisher",
        "regmean",
    ];

    /// The share of a task vector that is kept if nothing else is said. mergekit keeps all.
    pub const DENSITY: f64 = 0.5;

    /// Returns the weighted mean.
    pub fn linear() -> Self {
        Self::Linear { normalize: true }
    }

    /// Returns task arithmetic: task vectors are added with their weights (Ilharco et al. 2023).
    pub fn task_arithmetic() -> Self {
        Self::vectors(Trim::Nothing, false, false)
    }

    /// Returns TIES: the largest elements are kept, signs are elected, and the mean is taken over the models
    /// that agree (Yadav et al. 2023).
    pub fn ties(density: f64) -> Self {
        Self::normalized(Trim::Magnitude { density }, false)
    }

    /// Returns DARE: elements are dropped at random and the rest is scaled up (Yu et al. 2024). If `ties`,
    /// signs are elected.
    pub fn dare(density: f64, ties: bool) -> Self {
        Self::vectors(Trim::Random { density }, true, ties)
    }

    /// Returns model breadcrumbs: the largest and the smallest elements are dropped (Davari and Belilovsky
    /// 2024). If `ties`, signs are elected.
    pub fn breadcrumbs(density: f64, gamma: f64, ties: bool) -> Self {
        Self::vectors(Trim::Outliers { density, gamma }, false, ties)
    }

    /// Returns DELLA: elements are dropped at random, small ones more often (Deep et al. 2024). If `ties`,
    /// signs are elected and the mean is taken over the models that agree.
    pub fn della(density: f64, epsilon: f64, ties: bool) -> Self {
        let trim = Trim::Ranks { density, epsilon };
        if ties { Self::normalized(trim, true) } else { Self::vectors(trim, true, false) }
    }

    /// Returns model stock with one ratio for each tensor (Jang et al. 2024).
    pub fn model_stock() -> Self {
        Self::ModelStock(ModelStock::default())
    }

    fn vectors(trim: Trim, rescale: bool, elect_signs: bool) -> Self {
        Self::TaskVectors(TaskVectors { trim, rescale, elect_signs, normalize: false, lambda: 1.0 })
    }

    fn normalized(trim: Trim, rescale: bool) -> Self {
        Self::TaskVectors(TaskVectors { trim, rescale, elect_signs: true, normalize: true, lambda: 1.0 })
    }

    /// Returns the method of that name with its usual options.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] with all names.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; pub mod analyses { pub use lmc_model::merge as merging; } }
    /// use lmc::analyses::merging::MergeMethod;
    /// assert_eq!(MergeMethod::named("ties")?, MergeMethod::ties(0.5));
    /// assert_eq!(MergeMethod::named("dare_ties")?.name(), "dare_ties");
    /// # Ok::<(), lmc_base::LmcError>(())
    /// ```
    pub fn named(name: &str) -> Result<Self> {
        let density = Self::DENSITY;
        Ok(match name {
            "linear" => Self::linear(),
            "slerp" => Self::Slerp { t: 0.5 },
            "wise_ft" => Self::WiseFt { alpha: 0.5 },
            "task_arithmetic" => Self::task_arithmetic(),
            "ties" => Self::ties(density),
            "dare_linear" => Self::dare(density, false),
            "dare_ties" => Self::dare(density, true),
            "breadcrumbs" => Self::breadcrumbs(density, 0.01, false),
            "breadcrumbs_ties" => Self::breadcrumbs(density, 0.01, true),
            "della" => Self::della(density, 0.15, true),
            "della_linear" => Self::della(density, 0.15, false),
            "model_stock" => Self::model_stock(),
            "fisher" => Self::Fisher(Fisher::default()),
            "regmean" => Self::RegMean(RegMean::default()),
            _ => {
                let known = Self::NAMES.iter().map(|&name| name.to_owned()).collect();
                return Err(LmcError::UnknownName { kind: "way to merge", name: name.to_owned(), known });
            }
        })
    }

    /// Returns the name, as mergekit spells it if it has the method.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Linear { .. } => "linear",
            Self::Slerp { .. } => "slerp",
            Self::WiseFt { .. } => "wise_ft",
            Self::ModelStock(_) => "model_stock",
            Self::Fisher(_) => "fisher",
            Self::RegMean(_) => "regmean",
            Self::TaskVectors(vectors) => match (vectors.trim, vectors.elect_signs) {
                (Trim::Nothing, _) => "task_arithmetic",
                (Trim::Magnitude { .. }, _) => "ties",
                (Trim::Random { .. }, false) => "dare_linear",
                (Trim::Random { .. }, true) => "dare_ties",
                (Trim::Outliers { .. }, false) => "breadcrumbs",
                (Trim::Outliers { .. }, true) => "breadcrumbs_ties",
                (Trim::Ranks { .. }, true) => "della",
                (Trim::Ranks { .. }, false) => "della_linear",
            },
        }
    }

    /// Returns whether it starts from a pretrained base.
    pub fn needs_base(&self) -> bool {
        matches!(self, Self::TaskVectors(_) | Self::ModelStock(_) | Self::WiseFt { .. })
    }

    /// Returns the statistic that it needs of each model, if it needs one, and the number of texts that it is
    /// taken from.
    pub fn statistic(&self) -> Option<(Statistic, usize)> {
        match self {
            Self::Fisher(fisher) => Some((Statistic::Fisher, fisher.n_texts)),
            Self::RegMean(mean) => Some((Statistic::Gram, mean.n_texts)),
            _ => None,
        }
    }

    /// Returns the fewest and the most models that it takes.
    pub fn n_models(&self) -> (usize, usize) {
        match self {
            Self::Slerp { .. } => (2, 2),
            Self::ModelStock(_) => (2, usize::MAX),
            _ => (1, usize::MAX),
        }
    }

    /// Returns whether it takes that many models.
    #[doc(hidden)]
    pub fn takes(&self, n_models: usize) -> bool {
        let (fewest, most) = self.n_models();
        (fewest..=most).contains(&n_models)
    }

    /// Checks all numbers.
    pub(super) fn validate(&self) -> Result<()> {
        if let Some((_, n_texts)) = self.statistic() {
            in_range("merge.n_texts", n_texts, MOST_TEXTS)?;
        }
        match *self {
            Self::Linear { .. } | Self::ModelStock(_) => Ok(()),
            Self::TaskVectors(vectors) => vectors.validate(),
            Self::Fisher(fisher) => fisher.validate(),
            Self::RegMean(mean) => mean.validate(),
            Self::Slerp { t } => share("merge.t", t),
            Self::WiseFt { alpha } => share("merge.alpha", alpha),
        }
    }

    pub(super) fn without_base(&self, tensors: &[&Tensor], shares: &[f64]) -> Result<Tensor> {
        match (self, tensors) {
            (Self::Slerp { t }, [first, second]) => slerp(first, second, *t),
            (Self::Linear { normalize: false }, _) => linear::sum(tensors, shares),
            _ => linear::mean(tensors, shares),
        }
    }

    /// Returns the merged tensor of a method without a base; `statistics` are those of the tensor, of each
    /// model that has one.
    pub(super) fn with_statistics(
        &self,
        name: &str,
        tensors: &[&Tensor],
        shares: &[f64],
        statistics: &[&Tensor],
    ) -> Result<Tensor> {
        let all = statistics.len() == tensors.len();
        match self {
            Self::Fisher(fisher) if all => fisher.merged(tensors, shares, statistics),
            Self::Fisher(_) => {
                let got = format!("those of {} models for {name}", statistics.len());
                Err(LmcError::invalid("merge.statistics", got, format!("those of {}", tensors.len())))
            }
            // Only the weights of linear layers have products of inputs.
            Self::RegMean(mean) if all => mean.merged(tensors, shares, statistics),
            _ => self.without_base(tensors, shares),
        }
    }

    pub(super) fn with_base(
        &self,
        base: &Tensor,
        tensors: &[&Tensor],
        shares: &[f64],
        sites: &Sites,
    ) -> Result<Tensor> {
        match self {
            Self::TaskVectors(vectors) => vectors.merged(base, tensors, shares, sites),
            Self::ModelStock(stock) => stock.merged(base, tensors),
            Self::WiseFt { alpha } => {
                let mean = linear::mean(tensors, shares)?;
                Ok(base.f_to_kind(mean.kind())?.f_lerp(&mean, *alpha)?)
            }
            _ => self.without_base(tensors, shares),
        }
    }
}

/// Checks a place on a path from 0 to 1.
pub(super) fn share(field: &'static str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(LmcError::invalid(field, value, "from 0 to 1")) }
}
