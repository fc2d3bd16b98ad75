//! A curve between two models as it is kept: finished, or between two updates.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::Tensor;

use crate::train::headed;
use crate::train::state::bytes_of;
use lmc_base::error::{LmcError, Result};

/// The beginning of the file; its number changes with the content.
const FORMAT: &str = "lmc-curve-1 ";

/// The control points between two models after some updates.
#[derive(Debug)]
pub struct CurveState {
    /// The training loss before each update so far, in nats per example, each at another point of the curve.
    pub losses: Vec<f32>,
    /// The time that training took up to here, in seconds.
    pub seconds: f64,
    /// The control points, `[n_inner, n_parameters]`.
    pub inner: Tensor,
    /// Adam's moments, each of the same shape; `None` when training is over.
    pub(super) moments: Option<[Tensor; 2]>,
}

/// The first line of a file, after its name.
#[derive(Serialize, Deserialize)]
struct Header {
    /// All facts that decide the curve.
    of: Value,
    losses: Vec<f32>,
    seconds: f64,
    is_finished: bool,
}

impl CurveState {
    /// The advice for a damaged file.
    pub const REMEDY: &'static str =
        "delete the file and run the same call again, only this curve is trained from its start";

    /// Returns whether all updates were made.
    pub fn is_finished(&self) -> bool {
        self.moments.is_none()
    }

    /// Returns the parts of a file that [`CurveState::from_bytes`] reads: one line with the numbers and with
    /// `of`, which describes the origin of the curve, then the control points and, before the end of
    /// training, both moments, as f32, little endian.
    ///
    /// # Errors
    /// [`LmcError::Torch`] if the tensors cannot be copied.
    pub fn to_parts(&self, of: &Value) -> Result<Vec<Vec<u8>>> {
        let header = Header {
            of: of.clone(),
            losses: self.losses.clone(),
            seconds: self.seconds,
            is_finished: self.is_finished(),
        };
        let header = serde_json::to_string(&header)
            .map_err(|e| LmcError::invalid("curve", e, "serialisable numbers"))?;
        let mut parts = vec![format!("{FORMAT}{header}\n").into_bytes(), bytes_of(&self.inner)?];
        for moments in self.moments.iter().flatten() {
            parts.push(bytes_of(moments)?);
        }
        Ok(parts)
    }

    /// Reads the curve made from `of` with control points of shape `[n_inner, n_parameters]`, from the bytes
    /// of the file at `path`.
    ///
    /// # Errors
    /// [`LmcError::Format`] if the bytes are not a curve, or are another one.
    pub fn from_bytes(bytes: &[u8], path: &Path, of: &Value, shape: [i64; 2]) -> Result<Self> {
        let wrong = |problem: String| LmcError::Format {
            path: path.to_owned(),
            line: None,
            problem,
            remedy: Self::REMEDY,
        };
        let expected = |header: &Header| match header.of == *of {
            true => Ok((if header.is_finished { 1 } else { 3 }, shape)),
            false => Err(format!("it is a curve of {}, expected {of}", header.of)),
        };
        let (header, tensors) = headed::parse(bytes, FORMAT, expected).map_err(wrong)?;
        let moments = match header.is_finished {
            true => None,
            false => Some([tensors.get(1)?, tensors.get(2)?]),
        };
        Ok(Self { losses: header.losses, seconds: header.seconds, inner: tensors.get(0)?, moments })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn state(is_finished: bool) -> CurveState {
        let inner = Tensor::from_slice(&[1.5f32, -2.0, 0.25, 7.0, 0.1, -0.0]).view([2, 3]);
        let moments = [&inner * 2.0, &inner * 3.0];
        CurveState {
            losses: vec![0.1, 1.0 / 3.0],
            seconds: 1.25,
            moments: (!is_finished).then_some(moments),
            inner,
        }
    }

    #[test]
    fn a_curve_survives_its_file() {
        for is_finished in [false, true] {
            let (before, of) = (state(is_finished), json!({"a": "x"}));
            let bytes = before.to_parts(&of).unwrap().concat();
            let after = CurveState::from_bytes(&bytes, Path::new("f"), &of, [2, 3]).unwrap();
            assert_eq!((&after.losses, after.seconds), (&before.losses, before.seconds));
            assert_eq!(after.inner, before.inner);
            assert_eq!(after.is_finished(), is_finished);
            assert_eq!(after.moments, before.moments);
        }
    }

    #[test]
    fn other_bytes_are_refused() {
        let of = json!({"a": "x"});
        let bytes = state(true).to_parts(&of).unwrap().concat();
        let message = |bytes: &[u8], of: &Value, shape| {
            CurveState::from_bytes(bytes, Path::new("f"), of, shape).unwrap_err().to_string()
        };
        assert!(message(b"", &of, [2, 3]).contains("it does not begin with `lmc-curve-1`"));
        let newer = [b"lmc-curve-2 ", &bytes["lmc-curve-1 ".len()..]].concat();
        assert!(message(&newer, &of, [2, 3]).contains("it does not begin with `lmc-curve-1`"));
        assert!(message(b"lmc-curve-1 {}\n", &of, [2, 3]).contains("missing field"));
        assert!(message(&bytes, &json!({"a": "y"}), [2, 3]).contains("expected {\"a\":\"y\"}"));
        assert!(message(&bytes, &of, [3, 3]).contains("24 bytes of tensors, expected 1 of shape [3, 3]"));
        assert!(message(&bytes[..bytes.len() - 1], &of, [2, 3]).contains("23 bytes"));
    }
}
