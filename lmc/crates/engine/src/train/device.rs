//! One update of a stack in the way of a device: nothing waits for the device, memory is used again.

use std::ops::Range;

use tch::{Kind, Tensor};

use super::laid::Laid;
use super::optimiser::AdamW;
use super::place::Place;
use super::scaling::{Scales, Scaling};
use super::set::TrainingSet;
use super::window::Window;
use lmc_base::error::{LmcError, Result};
use lmc_base::progress::note;
use lmc_model::guard::guarded;
use lmc_model::model::{Classifier, Counted};
use lmc_model::weights::{Layout, Parameters};

/// All that a stack in training has on its device beside weights and moments.
#[derive(Debug)]
pub(super) struct OnDevice<'a> {
    classifier: &'a Classifier,
    layout: &'a Layout,
    place: Place,
    set: Laid,
    counted: Option<Counted>,
    scaling: Option<Scaling>,
    window: Window,
    /// The copies that compute side by side; the others of the stack follow one group after another.
    side_by_side: usize,
    room: Option<Room>,
}

/// The tensors that every update writes over, for copies side by side.
#[derive(Debug)]
struct Room {
    /// `[copies, n_parameters]` f32.
    gradient: Tensor,
    scratch: Tensor,
    /// The weights and the gradient in half precision, of the same shape.
    half: Option<[Tensor; 2]>,
}

/// One update.
pub(super) struct Update<'u> {
    /// The number of the update, from 0.
    pub number: u32,
    pub learning_rate: f64,
    /// The examples of each model.
    pub batches: &'u [&'u [usize]],
    /// Says whether to stop before anything has changed.
    pub check: &'u dyn Fn() -> Result<()>,
}

impl<'a> OnDevice<'a> {
    /// Lays out what a stack needs; `trained` is the part of theta that is trained, on the device.
    pub fn new(
        classifier: &'a Classifier,
        set: &TrainingSet<'_>,
        seeds: &[u64],
        dropout: f64,
        trained: &Tensor,
        place: Place,
    ) -> Result<Self> {
        let kind = place.kind();
        let laid = Laid::new(set, classifier, kind, place.device)?;
        let counted = classifier.counted_dropout(dropout, seeds, laid.longest(), kind, place.device)?;
        Ok(Self {
            classifier,
            layout: set.layout(classifier),
            counted,
            scaling: (kind == Kind::Half).then(|| Scaling::new(trained)),
            window: Window::new(place.read_every, trained),
            side_by_side: place.side_by_side.unwrap_or(seeds.len()).clamp(1, seeds.len().max(1)),
            set: laid,
            place,
            room: None,
        })
    }

    /// Makes an update of the trained part of theta, `[stack, n_parameters]`. If memory is short, half as many
    /// copies compute side by side from there on.
    ///
    /// # Errors
    /// The errors of `check`, before anything has changed; [`LmcError::OutOfMemory`] if there is too little even
    /// for one copy; [`LmcError::Torch`].
    pub fn update(&mut self, trained: &Tensor, optimiser: &mut AdamW, update: &Update<'_>) -> Result<()> {
        let stack = update.batches.len();
        let mut next = 0;
        while next < stack {
            let models = next..(next + self.side_by_side).min(stack);
            match guarded(|| self.gradient(trained, models.clone(), update)) {
                Err(LmcError::OutOfMemory { .. }) if models.len() > 1 => {
                    self.room = None;
                    self.side_by_side = models.len().div_ceil(2);
                    note(&format!(
                        "finetuning: memory is short for {} copies side by side, it goes on with {}",
                        models.len(),
                        self.side_by_side
                    ));
                    continue;
                }
                made => made?,
            }
            let Some(Room { gradient, scratch, .. }) = &self.room else { continue };
            let n = models.len() as i64;
            let mut theta = trained.narrow(0, models.start as i64, n);
            let (mut gradient, scratch) = (gradient.narrow(0, 0, n), scratch.narrow(0, 0, n));
            let (rate, scaling) = (update.learning_rate, self.scaling.as_mut());
            let norms = tch::no_grad(|| {
                optimiser.step_models(&models, &mut theta, &mut gradient, &scratch, rate, scaling)
            });
            self.window.put_norms(&models, &norms.squeeze_dim(1));
            next = models.end;
        }
        optimiser.end_update();
        Ok(())
    }

    /// Leaves the gradient of some models in the room for it, and their losses in the window.
    fn gradient(&mut self, trained: &Tensor, models: Range<usize>, update: &Update<'_>) -> Result<()> {
        if self.place.too_many.is_some_and(|too_many| models.len() >= too_many) {
            return Err(LmcError::OutOfMemory { what: "a device for tests".into(), asked: "memory".into() });
        }
        let n = models.len() as i64;
        let theta = trained.narrow(0, models.start as i64, n);
        let room = match self.room.take() {
            Some(room) => room,
            None => Room::new(&theta, self.place.kind())?,
        };
        let room = self.room.insert(room);
        let gradient = room.gradient.narrow(0, 0, n);
        let half = room.half.as_ref().map(|half| half.each_ref().map(|tensor| tensor.narrow(0, 0, n)));
        let weights = match &half {
            Some([weights, _]) => {
                let mut weights = weights.shallow_clone();
                tch::no_grad(|| weights.copy_(&theta));
                weights
            }
            None => theta,
        };
        let leaves = Parameters::leaves(&weights, self.layout)?;
        let masks = self.counted.as_ref().map(|counted| counted.at(update.number, models.clone()));
        let lists = &update.batches[models.clone()];
        let (logits, labels) =
            self.set.logits(self.classifier, &leaves, lists, masks.as_ref(), self.place.n_groups())?;
        // The way back takes twice as long as the way there.
        if models.start == 0 {
            (update.check)()?;
        }
        let losses =
            -logits.log_softmax(-1, Kind::Float).gather(-1, &labels.unsqueeze(-1), false).squeeze_dim(-1);
        let per_model = losses.mean_dim([1i64].as_slice(), false, Kind::Float);
        self.window.put_losses(&models, &per_model);
        let total = match &self.scaling {
            Some(scaling) => (per_model * scaling.of(&models)).sum(Kind::Float),
            None => per_model.sum(Kind::Float),
        };
        match &half {
            Some([_, in_half]) => {
                leaves.gradient_into(&total, in_half)?;
                let mut gradient = gradient;
                tch::no_grad(|| gradient.copy_(in_half));
            }
            None => leaves.gradient_into(&total, &gradient)?,
        }
        Ok(())
    }

    /// Returns the numbers of the updates since they were last read.
    pub fn window(&mut self) -> &mut Window {
        &mut self.window
    }

    /// Returns the copies that compute side by side.
    pub fn side_by_side(&self) -> usize {
        self.side_by_side
    }

    /// Returns the numbers of the scaling, or `None` without one; this waits for the device.
    pub fn scales(&self) -> Result<Option<Scales>> {
        self.scaling.as_ref().map(Scaling::numbers).transpose()
    }

    /// Takes up what an earlier part of the training left.
    pub fn take_up(&mut self, scales: Option<&Scales>, side_by_side: Option<usize>) {
        if let (Some(scaling), Some(scales)) = (&mut self.scaling, scales) {
            scaling.take_up(scales);
        }
        self.side_by_side = side_by_side.unwrap_or(self.side_by_side).min(self.side_by_side).max(1);
    }
}

impl Room {
    fn new(theta: &Tensor, kind: Kind) -> Result<Self> {
        let empty = |kind| Tensor::f_empty(theta.size(), (kind, theta.device()));
        let half = match kind {
            Kind::Float => None,
            kind => Some([empty(kind)?, empty(kind)?]),
        };
        Ok(Self { gradient: empty(Kind::Float)?, scratch: empty(Kind::Float)?, half })
    }
}
