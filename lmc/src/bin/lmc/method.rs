//! The options that describe a way to merge.

use clap::Args;
use lmc::analyses::merging::{Fisher, MergeMethod, MergeOptions, ModelStock, RegMean, TaskVectors, Trim};
use lmc::{LmcError, Result};

/// A method by name with the options that differ from its usual ones.
#[derive(Args)]
pub struct Method {
    /// linear (the average), slerp, wise_ft, task_arithmetic, ties, dare_linear, dare_ties, breadcrumbs,
    /// breadcrumbs_ties, della, della_linear or model_stock, whose names are those of mergekit; fisher or
    /// regmean, which read texts of the task.
    #[arg(long, default_value = "linear", value_name = "NAME")]
    method: String,
    /// The weight of each model, such as 0.7,0.3; equal weights if absent. With linear and two models, this
    /// is a point on the line between them.
    #[arg(long, value_delimiter = ',', value_name = "WEIGHT,...")]
    weights: Option<Vec<f64>>,
    /// The share of each task vector that is kept (ties, dare, breadcrumbs, della); 0.5 if absent.
    #[arg(long, value_name = "SHARE")]
    density: Option<f64>,
    /// The share of the largest elements that breadcrumbs drops; 0.01 if absent.
    #[arg(long, value_name = "SHARE")]
    gamma: Option<f64>,
    /// The most by which della's probability to keep an element differs from the density; 0.15 if absent.
    #[arg(long, value_name = "SHARE")]
    epsilon: Option<f64>,
    /// The factor of the merged task vector; 1 if absent.
    #[arg(long, value_name = "FACTOR")]
    lambda: Option<f64>,
    /// The place of slerp between the first model (0) and the second (1); 0.5 if absent.
    #[arg(long, value_name = "PLACE")]
    t: Option<f64>,
    /// The place of wise_ft between the base (0) and the average of the models (1); 0.5 if absent.
    #[arg(long, value_name = "PLACE")]
    alpha: Option<f64>,
    /// Whether the merged task vector is divided by the weights; as the method does if absent.
    #[arg(long, value_name = "BOOL")]
    normalize: Option<bool>,
    /// Whether what is kept of a task vector is scaled up to its former sum; as the method does if absent.
    #[arg(long, value_name = "BOOL")]
    rescale: Option<bool>,
    /// Gives each row of a matrix a ratio of its own (model_stock).
    #[arg(long)]
    filter_wise: bool,
    /// The texts of the training set that fisher and regmean read; 256 if absent.
    #[arg(long, value_name = "N")]
    texts: Option<usize>,
    /// The least Fisher information of an element (fisher); 1e-6 if absent.
    #[arg(long, value_name = "INFORMATION")]
    floor: Option<f64>,
    /// The factor of the products of two different inputs (regmean); 0.9 if absent.
    #[arg(long, value_name = "FACTOR")]
    scale: Option<f64>,
    /// Seeds the draws of dare and della, and of the texts.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub merge_seed: u64,
}

impl Method {
    /// Returns the method with its options.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for another name; [`LmcError::InvalidParameter`] for an option that the
    /// method does not have.
    pub fn options(&self) -> Result<MergeOptions> {
        let method = match MergeMethod::named(&self.method)? {
            MergeMethod::Linear { normalize } => {
                self.check_only(&["--normalize"])?;
                MergeMethod::Linear { normalize: self.normalize.unwrap_or(normalize) }
            }
            MergeMethod::Slerp { t } => {
                self.check_only(&["--t"])?;
                MergeMethod::Slerp { t: self.t.unwrap_or(t) }
            }
            MergeMethod::WiseFt { alpha } => {
                self.check_only(&["--alpha"])?;
                MergeMethod::WiseFt { alpha: self.alpha.unwrap_or(alpha) }
            }
            MergeMethod::ModelStock(_) => {
                self.check_only(&["--filter-wise"])?;
                MergeMethod::ModelStock(ModelStock { filter_wise: self.filter_wise })
            }
            MergeMethod::Fisher(usual) => {
                self.check_only(&["--texts", "--floor"])?;
                let n_texts = self.texts.unwrap_or(usual.n_texts);
                MergeMethod::Fisher(Fisher { n_texts, floor: self.floor.unwrap_or(usual.floor) })
            }
            MergeMethod::RegMean(usual) => {
                self.check_only(&["--texts", "--scale"])?;
                let n_texts = self.texts.unwrap_or(usual.n_texts);
                MergeMethod::RegMean(RegMean { n_texts, scale: self.scale.unwrap_or(usual.scale) })
            }
            MergeMethod::TaskVectors(usual) => {
                let (trim, known) = self.trim(usual.trim);
                self.check_only(&[known, &["--lambda", "--normalize", "--rescale"]].concat())?;
                MergeMethod::TaskVectors(TaskVectors {
                    trim,
                    rescale: self.rescale.unwrap_or(usual.rescale),
                    normalize: self.normalize.unwrap_or(usual.normalize),
                    lambda: self.lambda.unwrap_or(usual.lambda),
                    ..usual
                })
            }
        };
        Ok(MergeOptions { method, weights: self.weights.clone(), seed: self.merge_seed })
    }

    /// Returns the rule by which elements are kept, and the options that it has.
    fn trim(&self, usual: Trim) -> (Trim, &'static [&'static str]) {
        let density = |usual: f64| self.density.unwrap_or(usual);
        match usual {
            Trim::Nothing => (Trim::Nothing, &[]),
            Trim::Magnitude { density: usual } => {
                (Trim::Magnitude { density: density(usual) }, &["--density"])
            }
            Trim::Random { density: usual } => (Trim::Random { density: density(usual) }, &["--density"]),
            Trim::Outliers { density: usual, gamma } => {
                let gamma = self.gamma.unwrap_or(gamma);
                (Trim::Outliers { density: density(usual), gamma }, &["--density", "--gamma"])
            }
            Trim::Ranks { density: usual, epsilon } => {
                let epsilon = self.epsilon.unwrap_or(epsilon);
                (Trim::Ranks { density: density(usual), epsilon }, &["--density", "--epsilon"])
            }
        }
    }

    /// Checks that no option is set that the method does not have.
    fn check_only(&self, known: &[&str]) -> Result<()> {
        let set = [
            ("--density", self.density.is_some()),
            ("--gamma", self.gamma.is_some()),
            ("--epsilon", self.epsilon.is_some()),
            ("--lambda", self.lambda.is_some()),
            ("--t", self.t.is_some()),
            ("--alpha", self.alpha.is_some()),
            ("--normalize", self.normalize.is_some()),
            ("--rescale", self.rescale.is_some()),
            ("--filter-wise", self.filter_wise),
            ("--texts", self.texts.is_some()),
            ("--floor", self.floor.is_some()),
            ("--scale", self.scale.is_some()),
        ];
        let Some((option, _)) = set.into_iter().find(|(option, is_set)| *is_set && !known.contains(option))
        else {
            return Ok(());
        };
        let has = if known.is_empty() { "no options of its own".to_owned() } else { known.join(", ") };
        let got = format!("{option} with {}", self.method);
        Err(LmcError::InvalidParameter { field: "OPTION", got, expected: format!("{}: {has}", self.method) })
    }
}
