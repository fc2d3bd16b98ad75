//! A model's parameters as one flat vector theta, and the [`Layout`] that says which tensor lies where.

mod digest;
mod line;
mod watch;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use tch::{Device, Kind, TchError, Tensor};

use lmc_base::error::{LmcError, MisshapenTensor, Result};

pub(crate) use watch::{LinearLayer, Watch};

/// The place of one named tensor in theta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name as Hugging Face spells it, for example `bert.pooler.dense.weight`.
    pub name: String,
    /// The shape of the tensor.
    pub shape: Vec<i64>,
    /// The index of its first element in theta.
    pub offset: i64,
}

/// Neighbouring tensors that are used as one, such as query, key and value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Block {
    shape: Vec<i64>,
    offset: i64,
    size: i64,
}

/// The number of a block in a [`Layout`]; a model keeps one for each operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockId(usize);

/// The order, names and shapes of all tensors in theta, without gaps.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Layout {
    entries: Vec<Entry>,
    blocks: Vec<Block>,
    len: i64,
}

impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Layout({} tensors, {} parameters)", self.entries.len(), self.len)
    }
}

impl Layout {
    /// Appends one tensor and returns its block.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } }
    /// use lmc::model::Layout;
    /// let mut layout = Layout::default();
    /// layout.push("classifier.weight", &[3, 64]);
    /// layout.push("classifier.bias", &[3]);
    /// assert_eq!(layout.n_parameters(), 3 * 64 + 3);
    /// ```
    pub fn push(&mut self, name: impl Into<String>, shape: &[i64]) -> BlockId {
        self.push_fused(&[name.into()], shape)
    }

    /// Appends tensors of one shape side by side and returns the block that spans them along the first axis.
    pub fn push_fused(&mut self, names: &[String], shape: &[i64]) -> BlockId {
        let offset = self.len;
        // A size that no machine has room for is refused when it is allocated.
        let size = shape.iter().fold(1i64, |size, &axis| size.saturating_mul(axis));
        for name in names {
            self.entries.push(Entry { name: name.clone(), shape: shape.to_vec(), offset: self.len });
            self.len = self.len.saturating_add(size);
        }
        let mut fused = shape.to_vec();
        if let Some(rows) = fused.first_mut() {
            *rows = rows.saturating_mul(names.len() as i64);
        }
        self.blocks.push(Block { shape: fused, offset, size: self.len - offset });
        BlockId(self.blocks.len() - 1)
    }

    /// Returns the number of parameters.
    pub fn n_parameters(&self) -> i64 {
        self.len
    }

    /// Returns the named tensors in the order in which they lie in theta.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the names of the tensors of a block, in their order.
    pub(crate) fn names_in(&self, id: BlockId) -> Vec<String> {
        let Block { offset, size, .. } = self.blocks[id.0];
        let within = self.entries.iter().filter(|e| (offset..offset + size).contains(&e.offset));
        within.map(|entry| entry.name.clone()).collect()
    }

    /// Returns the block of a tensor, and the rows of the block that it is.
    pub(crate) fn place_of(&self, name: &str) -> Option<(BlockId, std::ops::Range<i64>)> {
        let entry = self.entries.iter().find(|entry| entry.name == name)?;
        let holds = |block: &Block| (block.offset..block.offset + block.size).contains(&entry.offset);
        let at = self.blocks.iter().position(holds)?;
        let block = &self.blocks[at];
        let row = block.size / block.shape[0];
        let first = (entry.offset - block.offset) / row;
        Some((BlockId(at), first..first + entry.shape[0]))
    }

    /// Checks that tensors of those names and shapes are those of the layout.
    #[doc(hidden)]
    pub fn check(&self, shapes: &BTreeMap<&str, Vec<i64>>) -> Result<()> {
        let (mut missing, mut misshapen) = (Vec::new(), Vec::new());
        for Entry { name, shape, .. } in &self.entries {
            match shapes.get(name.as_str()) {
                None => missing.push(name.clone()),
                Some(got) if got != shape => {
                    misshapen.push(MisshapenTensor {
                        name: name.clone(),
                        got: got.clone(),
                        expected: shape.clone(),
                    });
                }
                Some(_) => {}
            }
        }
        let expected: BTreeSet<&str> = self.entries.iter().map(|e| e.name.as_str()).collect();
        let unexpected: Vec<String> =
            shapes.keys().filter(|name| !expected.contains(*name)).map(|&name| name.to_owned()).collect();
        if missing.is_empty() && unexpected.is_empty() && misshapen.is_empty() {
            return Ok(());
        }
        let remedy = "config.json, the number of labels and the weights must be those of one model";
        Err(LmcError::Tensors { origin: None, missing, unexpected, misshapen, remedy })
    }

    /// Returns a float mask over theta, `[n_parameters]`, 1 where `select` returns true for a tensor's name.
    pub fn mask(&self, select: impl Fn(&str) -> bool) -> Tensor {
        let mask = Tensor::zeros([self.len], (Kind::Float, Device::Cpu));
        for entry in self.entries.iter().filter(|e| select(&e.name)) {
            let _ = mask.narrow(0, entry.offset, entry.shape.iter().product()).fill_(1.0);
        }
        mask
    }
}

/// Views of theta as the operands of a model, each `[stack, ..]`; made by [`Parameters::views`] or
/// [`Parameters::leaves`].
#[derive(Debug)]
pub struct Parameters {
    tensors: Vec<Tensor>,
    stack: i64,
    /// Tensors made from operands, by block.
    derived: RefCell<BTreeMap<usize, Tensor>>,
    /// The observer of linear layers, if there is one.
    watch: Option<Arc<dyn Watch>>,
}

impl Parameters {
    /// Returns the operands of `theta`, `[stack, n_parameters]`, without a copy.
    ///
    /// # Errors
    /// [`LmcError::ShapeMismatch`] for a tensor of another shape; [`LmcError::Torch`].
    pub fn views(theta: &Tensor, layout: &Layout) -> Result<Self> {
        let stack = match theta.size()[..] {
            [stack, n] if n == layout.len && stack > 0 => stack,
            ref size => {
                let unsigned = |n: &i64| usize::try_from(*n).unwrap_or_default();
                return Err(LmcError::ShapeMismatch {
                    what: "theta".into(),
                    got: size.iter().map(unsigned).collect(),
                    expected: vec![size.first().map_or(1, unsigned).max(1), unsigned(&layout.len)],
                });
            }
        };
        let operand = |block: &Block| {
            let shape: Vec<i64> = std::iter::once(stack).chain(block.shape.iter().copied()).collect();
            Ok(theta.f_narrow(1, block.offset, block.size)?.f_view(shape.as_slice())?)
        };
        let tensors = layout.blocks.iter().map(operand).collect::<Result<_>>()?;
        Ok(Self { tensors, stack, derived: RefCell::default(), watch: None })
    }

    /// Returns the same operands as leaves of a new graph: they share theta's storage and collect gradients.
    ///
    /// # Errors
    /// The errors of [`Parameters::views`].
    pub fn leaves(theta: &Tensor, layout: &Layout) -> Result<Self> {
        let mut leaves = Self::views(theta, layout)?;
        for tensor in &mut leaves.tensors {
            *tensor = tensor.f_detach()?.f_set_requires_grad(true)?;
        }
        Ok(leaves)
    }

    /// Returns the gradient of `loss` (a scalar) by theta, `[stack, n_parameters]`.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if the loss does not depend on every leaf; [`LmcError::Torch`].
    pub fn gradient(&self, loss: &Tensor) -> Result<Tensor> {
        let gradient = Tensor::empty([0], (loss.kind(), loss.device()));
        self.gradient_into(loss, &gradient)?;
        Ok(gradient)
    }

    /// Writes [`Parameters::gradient`] over `gradient`, whose memory is reused if it has that shape.
    ///
    /// # Errors
    /// The errors of [`Parameters::gradient`].
    pub fn gradient_into(&self, loss: &Tensor, gradient: &Tensor) -> Result<()> {
        let gradients = Tensor::f_run_backward(&[loss], &self.tensors, false, false)?;
        if let Some(i) = gradients.iter().position(|g| !g.defined()) {
            let got = format!("one that does not depend on operand {i}");
            return Err(LmcError::invalid("loss", got, "a function of all parameters"));
        }
        let flat: Vec<Tensor> = gradients.iter().map(|g| g.reshape([self.stack, -1])).collect();
        let _ = Tensor::f_cat_out(gradient, &flat, 1)?;
        Ok(())
    }

    /// Returns the operand of a block, `[stack, ..]`.
    pub fn get(&self, id: BlockId) -> &Tensor {
        &self.tensors[id.0]
    }

    /// Returns what `make` makes of the operand of a block, `[stack, ..]`. It is made once and kept as long
    /// as these views, so the operand must not change meanwhile.
    ///
    /// # Errors
    /// The errors of `make`, after which nothing is kept.
    pub(crate) fn derived(
        &self,
        id: BlockId,
        make: impl FnOnce(&Tensor) -> std::result::Result<Tensor, TchError>,
    ) -> std::result::Result<Tensor, TchError> {
        if let Some(made) = self.derived.borrow().get(&id.0) {
            return Ok(made.shallow_clone());
        }
        let made = make(self.get(id))?;
        self.derived.borrow_mut().insert(id.0, made.shallow_clone());
        Ok(made)
    }

    /// Returns the same operands with an observer of linear layers.
    pub(crate) fn watched_by(self, watch: Arc<dyn Watch>) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// Shows a linear layer and its input, `[stack, rows, in]`, to what looks on, if anything does.
    pub(crate) fn show(&self, layer: LinearLayer, x: &Tensor) {
        if let Some(watch) = &self.watch {
            watch.look(self, layer, x);
        }
    }

    /// Returns the kind of numbers.
    pub(crate) fn kind(&self) -> Kind {
        self.tensors.first().map_or(Kind::Float, Tensor::kind)
    }

    /// Returns the number of models side by side.
    pub fn stack(&self) -> i64 {
        self.stack
    }
}

/// One model's parameters: theta, `[n_parameters]` f32, with its layout.
pub struct Weights {
    layout: Arc<Layout>,
    theta: Tensor,
}

impl fmt::Debug for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Weights({} tensors, {} parameters)", self.layout.entries.len(), self.layout.len)
    }
}

impl Clone for Weights {
    fn clone(&self) -> Self {
        Self { layout: self.layout.clone(), theta: self.theta.copy() }
    }
}

impl Weights {
    /// Makes weights from a flat vector.
    ///
    /// # Errors
    /// [`LmcError::ShapeMismatch`] if `theta` is not `[layout.n_parameters()]`.
    pub fn new(layout: Arc<Layout>, theta: Tensor) -> Result<Self> {
        let got: Vec<usize> = theta.size().iter().map(|&n| n as usize).collect();
        let expected = vec![layout.n_parameters() as usize];
        if got != expected {
            return Err(LmcError::ShapeMismatch { what: "flat weights".into(), got, expected });
        }
        Ok(Self { layout, theta: theta.to_kind(Kind::Float) })
    }

    /// Returns weights from named tensors; the names and shapes must be those of the layout exactly.
    ///
    /// # Errors
    /// [`LmcError::Tensors`] with all that are missing, unexpected or of another shape; [`LmcError::Torch`].
    pub fn from_named(layout: Arc<Layout>, named: BTreeMap<String, Tensor>) -> Result<Self> {
        layout.check(&named.iter().map(|(name, tensor)| (name.as_str(), tensor.size())).collect())?;
        let theta = Tensor::f_zeros([layout.len], (Kind::Float, Device::Cpu))?;
        for entry in &layout.entries {
            let tensor = &named[&entry.name];
            theta.narrow(0, entry.offset, tensor.numel() as i64).f_copy_(&tensor.f_reshape([-1])?)?;
        }
        Ok(Self { layout, theta })
    }

    /// Returns the layout of theta.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Returns the flat vector, `[n_parameters]` f32.
    pub fn theta(&self) -> &Tensor {
        &self.theta
    }

    /// Returns views of the named tensors, in the layout's order.
    pub fn named(&self) -> Vec<(String, Tensor)> {
        self.layout
            .entries
            .iter()
            .map(|e| {
                let size = e.shape.iter().product();
                (e.name.clone(), self.theta.narrow(0, e.offset, size).view(e.shape.as_slice()))
            })
            .collect()
    }

    /// Checks that the two have one layout.
    #[doc(hidden)]
    pub fn same_layout(a: &Self, b: &Self) -> Result<()> {
        if a.layout == b.layout {
            return Ok(());
        }
        let first = a.layout.entries.iter().zip(&b.layout.entries).find(|(x, y)| x != y);
        Err(LmcError::invalid(
            "weights",
            first.map_or("a different number of tensors".into(), |(x, y)| {
                format!("{} {:?} against {} {:?}", x.name, x.shape, y.name, y.shape)
            }),
            "two models of one architecture",
        ))
    }
}

#[cfg(test)]
mod tests;
