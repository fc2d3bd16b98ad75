//! Colours and colour scales.

use serde_json::Value;

use lmc_base::error::{LmcError, Result};

/// A colour with its opacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Colour {
    pub(crate) red: u8,
    pub(crate) green: u8,
    pub(crate) blue: u8,
    /// The opacity, from 0 (invisible) to 1.
    pub(crate) alpha: f64,
}

/// The spellings of colours.
pub(crate) const COLOURS: &str = "#rgb, #rrggbb, rgb(r, g, b), rgba(r, g, b, a) or a name of CSS";

impl Colour {
    pub(crate) const WHITE: Colour = Colour { red: 255, green: 255, blue: 255, alpha: 1.0 };
    pub(crate) const INK: Colour = Colour { red: 0x2b, green: 0x2b, blue: 0x2b, alpha: 1.0 };

    /// Returns the colour written as one of [`COLOURS`].
    pub(crate) fn parse(text: &str) -> Option<Colour> {
        let found: svgtypes::Color = text.parse().ok()?;
        let alpha = (f64::from(found.alpha) / 255.0 * 100.0).round() / 100.0;
        Some(Colour { red: found.red, green: found.green, blue: found.blue, alpha })
    }

    /// Returns the colour with its opacity multiplied.
    pub(super) fn faded(self, opacity: f64) -> Colour {
        Colour { alpha: (self.alpha * opacity).clamp(0.0, 1.0), ..self }
    }

    /// Returns `#rrggbb`, without the opacity.
    pub(super) fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

/// A sequence of colours over [0, 1], linear in between.
pub(super) struct Scale(Vec<(f64, Colour)>);

impl Scale {
    /// Returns the scale written as `[[0, colour], .., [1, colour]]`.
    pub(super) fn parse(value: Option<&Value>) -> Result<Scale> {
        let stop = |pair: &Value| Some((pair.get(0)?.as_f64()?, Colour::parse(pair.get(1)?.as_str()?)?));
        let stops: Option<Vec<_>> =
            value.and_then(Value::as_array).and_then(|pairs| pairs.iter().map(stop).collect());
        match stops {
            Some(stops) if !stops.is_empty() => Ok(Scale(stops)),
            _ => Err(LmcError::Figure("a trace without a `colorscale` of [share, colour] pairs".to_owned())),
        }
    }

    /// Returns the shares and colours between which the scale is linear.
    pub(super) fn stops(&self) -> &[(f64, Colour)] {
        &self.0
    }

    /// Returns the colour at a share of the scale; beyond its ends, that of the end.
    pub(super) fn at(&self, share: f64) -> Colour {
        let after = self.0.iter().position(|stop| stop.0 >= share).unwrap_or(self.0.len() - 1);
        let ((from, a), (to, b)) = (self.0[after.saturating_sub(1)], self.0[after]);
        let weight = if to > from { ((share - from) / (to - from)).clamp(0.0, 1.0) } else { 1.0 };
        let mix = |a: u8, b: u8| (f64::from(a) + weight * (f64::from(b) - f64::from(a))).round() as u8;
        let (red, green, blue) = (mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue));
        Colour { red, green, blue, alpha: 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn colours_are_read_in_every_spelling() {
        let orange = Colour { red: 255, green: 136, blue: 0, alpha: 1.0 };
        assert_eq!(Colour::parse("#ff8800"), Some(orange));
        assert_eq!(Colour::parse("#f80"), Some(orange));
        assert_eq!(Colour::parse("rgb(255, 136, 0)"), Some(orange));
        assert_eq!(Colour::parse("rgba(255,136,0,0.5)"), Some(orange.faded(0.5)));
        assert_eq!(Colour::parse("transparent").unwrap().alpha, 0.0);
        for wrong in ["", "#", "#12345", "#ééé", "rgb(1,2)", "mauvish", "rgb(1"] {
            assert_eq!(Colour::parse(wrong), None, "{wrong}");
        }
        assert_eq!(orange.hex(), "#ff8800");
        assert_eq!(Colour::parse("darkorange").unwrap().hex(), "#ff8c00");
    }

    #[test]
    fn a_scale_is_linear_between_its_stops() {
        let scale =
            Scale::parse(Some(&json!([[0.0, "#000000"], [0.5, "#640000"], [1.0, "#6400c8"]]))).unwrap();
        let hex = [-1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 2.0].map(|share| scale.at(share).hex());
        assert_eq!(hex, ["#000000", "#000000", "#320000", "#640000", "#640064", "#6400c8", "#6400c8"]);
    }

    #[test]
    fn a_scale_by_name_or_without_stops_is_refused() {
        for wrong in [json!("Viridis"), json!([]), json!([[0.0]])] {
            assert!(matches!(Scale::parse(Some(&wrong)), Err(LmcError::Figure(_))));
        }
        assert!(Scale::parse(None).is_err());
    }
}
