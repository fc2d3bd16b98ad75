//! Values of a column, and the ways in which programs store them in Parquet.

use std::fmt;

use polars::prelude::{AnyValue, Series};
use polars_parquet::read::{ParquetType, PhysicalType, PrimitiveConvertedType, PrimitiveLogicalType};

/// The number up to which every whole number has a float64 of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value of any type.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Whole(i128),
    /// A real number.
    Real(f64),
    /// A whole number with that many of its digits behind the decimal point.
    Decimal(i128, usize),
}

impl Value {
    /// Returns text as it is and whole numbers as digits; returns the value itself if it is neither.
    pub fn into_text(self) -> Result<String, Self> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Whole(number) => Ok(number.to_string()),
            Self::Real(number) if number.fract() == 0.0 && number.abs() <= EXACT => {
                Ok(format!("{:.0}", number + 0.0))
            }
            Self::Decimal(digits, scale) => {
                let power = u32::try_from(scale).ok().and_then(|scale| 10i128.checked_pow(scale));
                match power.filter(|power| digits % power == 0) {
                    Some(power) => Ok((digits / power).to_string()),
                    None if digits == 0 => Ok("0".to_owned()),
                    None => Err(self),
                }
            }
            Self::Real(_) => Err(self),
        }
    }
}

impl Value {
    /// Returns the number, or none for text.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Text(_) => None,
            Self::Real(number) => Some(*number),
            // The nearest number to the digits: a division by a power of ten would round twice.
            Self::Whole(_) | Self::Decimal(..) => self.to_string().parse().ok(),
        }
    }
}

/// Shows the value as it would be written.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Whole(number) => number.fmt(f),
            Self::Real(number) => number.fmt(f),
            Self::Decimal(digits, 0) => digits.fmt(f),
            Self::Decimal(digits, scale) => {
                let (sign, all) = (if *digits < 0 { "-" } else { "" }, digits.unsigned_abs().to_string());
                let all = format!("{all:0>width$}", width = scale + 1);
                let (whole, rest) = all.split_at(all.len() - scale);
                write!(f, "{sign}{whole}.{rest}")
            }
        }
    }
}

/// The meaning of the bytes of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// UTF-8 text, or bytes that may be UTF-8 text.
    Text,
    /// Integers: with a sign, or of 32 or 64 bits without one.
    Signed,
    Unsigned32,
    Unsigned64,
    /// Reals: of 32 or 64 bits, or of 16 bits as two bytes.
    Real,
    Half,
    /// Whole numbers with that many digits behind the decimal point.
    Decimal(usize),
}

impl Meaning {
    /// Returns the meaning of a column of that type, or the name of the type if it becomes neither text nor a
    /// number.
    pub fn of(column: &ParquetType) -> Result<Self, String> {
        let ParquetType::PrimitiveType(primitive) = column else { return Err("lists or records".to_owned()) };
        let (logical, converted) = (primitive.logical_type, primitive.converted_type);
        match (logical, converted) {
            (Some(PrimitiveLogicalType::Decimal(_, scale)), _)
            | (None, Some(PrimitiveConvertedType::Decimal(_, scale))) => return Ok(Self::Decimal(scale)),
            (Some(PrimitiveLogicalType::Float16), _) => return Ok(Self::Half),
            _ => {}
        }
        let converted_name = converted.map(|kind| format!("{kind:?}"));
        let logical_name = logical.map(|kind| format!("{kind:?}"));
        let name = logical_name.or(converted_name).unwrap_or_default();
        let kind = name.split(' ').next().unwrap_or_default();
        let is = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
        let is_unsigned = name.to_lowercase().contains("uint");
        match primitive.physical_type {
            _ if is(&["Date", "Time", "Interval", "Uuid", "Bson"]) => Err(format!("{kind} values")),
            PhysicalType::Boolean => Ok(Self::Signed),
            PhysicalType::Int32 if is_unsigned => Ok(Self::Unsigned32),
            PhysicalType::Int64 if is_unsigned => Ok(Self::Unsigned64),
            PhysicalType::Int32 | PhysicalType::Int64 => Ok(Self::Signed),
            PhysicalType::Float | PhysicalType::Double => Ok(Self::Real),
            PhysicalType::ByteArray => Ok(Self::Text),
            PhysicalType::Int96 => Err("Timestamp values".to_owned()),
            PhysicalType::FixedLenByteArray(n) => Err(format!("records of {n} bytes")),
        }
    }

    /// Returns the value of each row of a column that was read by its bytes. A row whose text is not UTF-8 is
    /// an error. A real that is not a number has no value: pandas writes missing values like that.
    pub fn values(self, column: &Series) -> Result<Vec<Option<Value>>, String> {
        column
            .iter()
            .enumerate()
            .map(|(row, value)| self.value(value).ok_or_else(|| format!("no UTF-8 in row {row}")))
            .collect()
    }

    fn value(self, value: AnyValue<'_>) -> Option<Option<Value>> {
        let value = match value {
            AnyValue::Null => return Some(None),
            AnyValue::Boolean(value) => Value::Whole(value.into()),
            AnyValue::Int32(value) => self.whole(value.into(), value.cast_unsigned().into()),
            AnyValue::Int64(value) => self.whole(value.into(), value.cast_unsigned().into()),
            AnyValue::Float32(value) => {
                return Some(shortest(value).filter(|x| !x.is_nan()).map(Value::Real));
            }
            AnyValue::Float64(value) => return Some(Some(value).filter(|x| !x.is_nan()).map(Value::Real)),
            AnyValue::String(text) => Value::Text(text.to_owned()),
            AnyValue::Binary(bytes) => return self.bytes(bytes),
            AnyValue::BinaryOwned(bytes) => return self.bytes(&bytes),
            AnyValue::StringOwned(text) => Value::Text(text.to_string()),
            _ => return None,
        };
        Some(Some(value))
    }

    fn whole(self, signed: i128, unsigned: i128) -> Value {
        match self {
            Self::Unsigned32 | Self::Unsigned64 => Value::Whole(unsigned),
            Self::Decimal(scale) => Value::Decimal(signed, scale),
            _ => Value::Whole(signed),
        }
    }

    fn bytes(self, bytes: &[u8]) -> Option<Option<Value>> {
        match self {
            Self::Decimal(scale) => Some(Some(Value::Decimal(big_endian(bytes)?, scale))),
            Self::Half => Some(
                Some(half(u16::from_le_bytes(bytes.try_into().ok()?)))
                    .filter(|x| !x.is_nan())
                    .map(Value::Real),
            ),
            _ => Some(Some(Value::Text(std::str::from_utf8(bytes).ok()?.to_owned()))),
        }
    }
}

/// Returns the float64 with the shortest digits of a float32: 0.7 for the float32 next to 0.7.
fn shortest(value: f32) -> Option<f64> {
    value.to_string().parse().ok()
}

/// Returns a number in two's complement, the first byte the highest; none if it has more than 128 bits.
fn big_endian(bytes: &[u8]) -> Option<i128> {
    let negative = bytes.first().is_some_and(|byte| *byte >= 128);
    let fill = if negative { 255 } else { 0 };
    let (extra, bytes) = bytes.split_at(bytes.len().saturating_sub(16));
    let mut all = [fill; 16];
    all[16 - bytes.len()..].copy_from_slice(bytes);
    let number = i128::from_be_bytes(all);
    (extra.iter().all(|byte| *byte == fill) && (number < 0) == negative).then_some(number)
}

/// Returns a real number of 16 bits.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_of_any_type_are_their_digits() {
        for (value, text) in [
            (Value::Whole(-1), "-1"),
            (Value::Real(2.0), "2"),
            (Value::Real(-0.0), "0"),
            (Value::Decimal(100, 2), "1"),
            (Value::Decimal(0, 90), "0"),
            (Value::Text("x".into()), "x"),
        ] {
            assert_eq!(value.into_text().unwrap(), text);
        }
        for value in [Value::Real(0.5), Value::Real(1e300), Value::Decimal(101, 2)] {
            assert_eq!(value.clone().into_text().unwrap_err(), value);
        }
    }

    #[test]
    fn decimals_are_written_with_all_their_digits() {
        let written = [(4170, 4), (-5, 2), (7, 0), (123_456, 3)]
            .map(|(digits, scale)| Value::Decimal(digits, scale).to_string());
        assert_eq!(written, ["0.4170", "-0.05", "7", "123.456"]);
    }

    #[test]
    fn numbers_from_bytes() {
        assert_eq!(
            [big_endian(&[1, 0]), big_endian(&[255, 254]), big_endian(&[])],
            [Some(256), Some(-2), Some(0)]
        );
        let wide = |first: u8, low: u8| [[first; 16], [low; 16]].concat();
        assert_eq!(big_endian(&wide(0, 1)), Some(i128::from_be_bytes([1; 16])));
        assert_eq!((big_endian(&wide(0, 255)), big_endian(&wide(1, 0))), (None, None));
        // 1, -2, the largest, the smallest, 1/3 as numpy rounds it.
        let halves = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x3555].map(half);
        assert_eq!(halves, [1.0, -2.0, 65504.0, 5.960464477539063e-8, 0.333251953125]);
        assert!(half(0x7e00).is_nan() && half(0xfc00) == f64::NEG_INFINITY);
        assert_eq!(shortest(0.7), Some(0.7));
    }
}
