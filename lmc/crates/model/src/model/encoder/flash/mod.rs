//! The flash kernel for variable lengths of libtorch (Dao 2024), which tch does not export: a TorchScript
//! module of one line calls it.

#[cfg(test)]
pub(crate) mod stand_in;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use tch::{CModule, Device, IValue, Kind, TchError, Tensor};

use crate::encode::Borders;
use crate::model::dropout::Dropout;
use lmc_base::error::{LmcError, Result};

/// The module; `tests/golden/generate_flash_attention.py` makes it.
const MODULE: &[u8] = include_bytes!("../../../../assets/flash_attention.pt");

/// The widest head that the kernel takes.
const WIDEST: i64 = 256;

thread_local! {
    /// The module of this thread, once it was needed; threads cannot share one.
    static LOADED: RefCell<Option<CModule>> = const { RefCell::new(None) };
}

/// Checks that the kernel takes numbers of that kind on that device, and heads of that width. Dropout it does
/// not take: its masks would not be those of a run's seeds.
///
/// # Errors
/// [`LmcError::InvalidParameter`] with what it takes.
pub(super) fn check(device: Device, kind: Kind, width: i64, dropout: &Dropout) -> Result<()> {
    #[cfg(test)]
    if stand_in::is_used() {
        return Ok(());
    }
    let refused = |got: String| {
        let expected = "fp16 or bf16 on CUDA without dropout, and heads of a width of 8, 16, .., 256";
        Err(LmcError::invalid("compute.attention", got, expected))
    };
    if !device.is_cuda() {
        return refused(format!("flash on {device:?}"));
    }
    if !matches!(kind, Kind::Half | Kind::BFloat16) {
        return refused(format!("flash in {kind:?}"));
    }
    if dropout.is_active() {
        return refused("flash with dropout".to_owned());
    }
    if width % 8 != 0 || width > WIDEST {
        return refused(format!("flash with heads of width {width}"));
    }
    Ok(())
}

/// Which tokens are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Queries {
    /// Every token.
    All,
    /// The first token of each sequence.
    Firsts,
}

/// Returns the attention within each sequence: queries `[n_queries, heads, width / heads]`, keys and values
/// `[n_tokens, heads, width / heads]`, the result as the queries.
///
/// # Errors
/// [`LmcError::Torch`], also where [`check`] would have refused.
pub(super) fn attention([q, k, v]: [&Tensor; 3], borders: &Borders, queries: Queries) -> Result<Tensor> {
    let (starts, longest) = match queries {
        Queries::All => (&borders.tokens, borders.longest),
        Queries::Firsts => (&borders.firsts, 1),
    };
    #[cfg(test)]
    if stand_in::is_used() {
        return Ok(stand_in::attention([q, k, v], [starts, &borders.tokens], [longest, borders.longest]));
    }
    let tensor = |tensor: &Tensor| IValue::Tensor(tensor.shallow_clone());
    let inputs = [
        tensor(q),
        tensor(k),
        tensor(v),
        tensor(starts),
        tensor(&borders.tokens),
        IValue::Int(longest),
        IValue::Int(borders.longest),
        IValue::Double(0.0),
    ];
    LOADED.with_borrow_mut(|loaded| {
        let module = match loaded {
            Some(module) => module,
            None => loaded.insert(CModule::load_data(&mut &MODULE[..])?),
        };
        Ok(Tensor::try_from(module.forward_is(&inputs).map_err(told)?)?)
    })
}

/// Returns the error of the operator that the module calls. libtorch tells it below a trace of the module's
/// lines.
fn told(error: TchError) -> LmcError {
    let text = error.to_string();
    match (LmcError::from(error), text.split_once("Error: ")) {
        (LmcError::Torch(_), Some((_, own))) => LmcError::Torch(own.lines().next().unwrap_or(own).to_owned()),
        (other, _) => other,
    }
}
