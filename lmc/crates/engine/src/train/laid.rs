//! A training set on a device from the start: a batch is a few numbers for each example.

use tch::{Device, Kind, Tensor};

use super::set::TrainingSet;
use lmc_base::error::Result;
use lmc_model::encode::TokenTable;
use lmc_model::guard::guarded;
use lmc_model::model::{Classifier, Dropout, Masks};
use lmc_model::weights::Parameters;

/// A set, laid out on a device.
#[derive(Debug)]
pub(super) enum Laid {
    /// Tokens of texts.
    Tokens(TokenTable),
    /// The outputs of a frozen encoder, `[n_examples, width]`, and labels, `[n_examples]`.
    Features { values: Tensor, labels: Tensor },
}

impl Laid {
    /// Lays a set out for models that compute in that kind.
    pub fn new(set: &TrainingSet<'_>, classifier: &Classifier, kind: Kind, device: Device) -> Result<Self> {
        match set {
            TrainingSet::Examples(examples) => Ok(Self::Tokens(classifier.token_table(examples, device)?)),
            TrainingSet::Features(features) => guarded(|| {
                let (values, labels) = features.tensors();
                Ok(Self::Features {
                    values: values.to_device(device).to_kind(kind),
                    labels: labels.to_device(device),
                })
            }),
        }
    }

    /// Returns the number of tokens of the longest example; 0 for features.
    pub fn longest(&self) -> i64 {
        match self {
            Self::Tokens(table) => table.longest(),
            Self::Features { .. } => 0,
        }
    }

    /// Returns the logits, `[stack, batch, n_labels]`, and labels, `[stack, batch]`, of one list of examples
    /// for each model, in an order that is the same in both.
    pub fn logits(
        &self,
        classifier: &Classifier,
        trained: &Parameters,
        lists: &[&[usize]],
        masks: Option<&Masks>,
        n_groups: usize,
    ) -> Result<(Tensor, Tensor)> {
        match self {
            Self::Tokens(table) => {
                let (tokens, labels) = guarded(|| Ok(table.batch(lists, n_groups)))?;
                let dropout = match masks {
                    Some(masks) => classifier.stacked_dropout(&tokens, masks)?,
                    None => Dropout::NONE,
                };
                Ok((classifier.stacked_logits(trained, &tokens, &dropout)?, labels))
            }
            Self::Features { values, labels } => {
                let (stack, n) = (lists.len() as i64, lists.first().map_or(0, |list| list.len()) as i64);
                let rows: Vec<i64> = lists.iter().flat_map(|list| list.iter().map(|&i| i as i64)).collect();
                let rows = Tensor::from_slice(&rows).to_device_(values.device(), Kind::Int64, true, false);
                let dropout = match masks {
                    Some(masks) => classifier.head_dropout(n, masks)?,
                    None => Dropout::NONE,
                };
                let features = values.index_select(0, &rows).view([stack, n, -1]);
                let logits = classifier.head_logits(trained, &features, &dropout)?;
                Ok((logits, labels.index_select(0, &rows).view([stack, n])))
            }
        }
    }
}
