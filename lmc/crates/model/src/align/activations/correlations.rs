//! Correlations of the activations of two models, summed while both read texts side by side.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ndarray::Array2;
use tch::{Device, Kind, Tensor};

use super::sites::Site;
use crate::model::linear;
use crate::weights::{LinearLayer, Parameters, Watch};
use lmc_base::error::{LmcError, Result};

/// A variance below this share of the mean square is rounding: such a unit does not change.
const ROUNDING: f64 = 1e-12;

/// The sums of activations of both models at each place.
#[derive(Debug)]
pub(super) struct Correlations(Mutex<BTreeMap<Site, Option<Moments>>>);

/// The sums over rows at one place, f64.
#[derive(Debug)]
struct Moments {
    rows: f64,
    /// Of both models, `[2, units]`.
    sum: Tensor,
    /// Of both models, `[2, units]`.
    squares: Tensor,
    /// Of each unit of A and each of B, `[units, units]`.
    products: Tensor,
}

impl Moments {
    /// Returns those of activations, `[2, rows, units]`.
    fn of(activations: &Tensor) -> Self {
        let x = activations.to_kind(Kind::Double);
        let over_rows = |x: &Tensor| x.sum_dim_intlist([1i64].as_slice(), false, Kind::Double);
        Self {
            rows: x.size()[1] as f64,
            sum: over_rows(&x),
            squares: over_rows(&x.square()),
            products: x.get(0).transpose(0, 1).matmul(&x.get(1)),
        }
    }

    fn with(self, other: &Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            sum: self.sum + &other.sum,
            squares: self.squares + &other.squares,
            products: self.products + &other.products,
        }
    }

    /// Returns the correlation of each unit of A (row) with each of B (column); 0 for units that do not
    /// change.
    fn correlations(&self) -> Result<Tensor> {
        let mean = self.sum.f_div_scalar(self.rows)?;
        let square = self.squares.f_div_scalar(self.rows)?;
        let variance = square.f_sub(&mean.f_square()?)?;
        let changes = variance.f_gt_tensor(&square.f_mul_scalar(ROUNDING)?)?;
        let inverse = variance.f_rsqrt()?.f_where_self(&changes, &variance.f_zeros_like()?)?;
        let outer = |both: &Tensor| both.get(0).f_unsqueeze(1)?.f_mul(&both.get(1).f_unsqueeze(0)?);
        let covariance = self.products.f_div_scalar(self.rows)?.f_sub(&outer(&mean)?)?;
        Ok(covariance.f_mul(&outer(&inverse)?)?)
    }
}

impl Correlations {
    /// Returns sums for those places, nothing summed yet.
    pub fn of(sites: impl Iterator<Item = Site>) -> Self {
        Self(Mutex::new(sites.map(|site| (site, None)).collect()))
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Site, Option<Moments>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the sum of the correlations at those places of each of A's `n` units (row) with each of B's
    /// (column).
    pub fn sum(&self, sites: &[Site], n: usize) -> Result<Array2<f64>> {
        let all = self.all();
        let mut sum = Tensor::f_zeros([n as i64, n as i64], (Kind::Double, Device::Cpu))?;
        for moments in sites.iter().filter_map(|site| all.get(site)?.as_ref()) {
            sum = sum.f_add(&moments.correlations()?.f_to_device(Device::Cpu)?)?;
        }
        let values = Vec::<f64>::try_from(sum.f_reshape([-1])?)?;
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            let got = format!("a model with a correlation of activations of {value}");
            return Err(LmcError::invalid("weights", got, "models whose activations are finite"));
        }
        Array2::from_shape_vec((n, n), values)
            .map_err(|error| LmcError::invalid("symmetries", error, "units of the classifier"))
    }
}

impl Watch for Correlations {
    fn look(&self, p: &Parameters, layer: LinearLayer, x: &Tensor) {
        let mut all = self.all();
        for (site, moments) in all.iter_mut().filter(|(site, _)| site.weight == layer.weight) {
            let new = match site.outputs {
                None => Moments::of(x),
                Some([first, end]) => {
                    let part = |block| p.get(block).narrow(1, first, end - first);
                    let bias = layer.bias.map(part);
                    Moments::of(&linear(x, &part(layer.weight), bias.as_ref()))
                }
            };
            *moments = Some(match moments.take() {
                None => new,
                Some(sums) => sums.with(&new),
            });
        }
    }
}
