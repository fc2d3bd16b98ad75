//! Axes: the map from data to pixels, and the places of the ticks.

use serde_json::Value;

use super::Page;
use crate::json::{items, number, text};

/// One axis of a panel.
pub(super) struct Axis<'a> {
    /// Plotly's name of the axis: "x", "y2".
    pub(super) id: &'a str,
    /// The axis as a member of the layout.
    pub(super) spec: &'a Value,
    /// The number at `start` and at `end`: of a logarithmic axis, the decimal logarithms.
    pub(super) range: (f64, f64),
    is_logarithmic: bool,
    /// The least and the greatest coordinate of the data on the axis, if there are any.
    extent: Option<(f64, f64)>,
    /// Pixel of the left or lower end.
    pub(super) start: f64,
    /// Pixel of the right or upper end.
    pub(super) end: f64,
    /// The categories, if the data are text.
    categories: Vec<&'a str>,
}

impl<'a> Axis<'a> {
    pub(super) fn horizontal(page: &Page<'a>, id: &'a str, traces: &[&'a Value]) -> Axis<'a> {
        Axis::new(page, id, "/x", traces, |page, share| page.x(share))
    }

    pub(super) fn vertical(page: &Page<'a>, id: &'a str, traces: &[&'a Value]) -> Axis<'a> {
        Axis::new(page, id, "/y", traces, |page, share| page.y(share))
    }

    fn new(
        page: &Page<'a>,
        id: &'a str,
        data: &str,
        traces: &[&'a Value],
        pixel: impl Fn(&Page<'a>, f64) -> f64,
    ) -> Axis<'a> {
        let spec = page.layout.get(format!("{}axis{}", &id[..1], &id[1..])).unwrap_or(&Value::Null);
        let mut categories: Vec<&str> = Vec::new();
        for name in traces.iter().flat_map(|trace| items(trace, data)).filter_map(Value::as_str) {
            if !categories.contains(&name) {
                categories.push(name);
            }
        }
        let (from, to) = (number(spec, "/domain/0").unwrap_or(0.0), number(spec, "/domain/1").unwrap_or(1.0));
        let (start, end) = (pixel(page, from), pixel(page, to));
        let is_logarithmic = text(spec, "/type") == Some("log");
        let mut axis =
            Axis { id, spec, range: (0.0, 1.0), is_logarithmic, extent: None, start, end, categories };
        let mut automatic = axis.automatic_range(data, traces);
        if text(spec, "/autorange") == Some("reversed") {
            automatic = (automatic.1, automatic.0);
        }
        let (low, high) = (number(spec, "/range/0"), number(spec, "/range/1"));
        axis.range = (low.unwrap_or(automatic.0), high.unwrap_or(automatic.1));
        if axis.range.0 == axis.range.1 {
            axis.range.1 += 1.0;
        }
        axis
    }

    /// Measures the data and gives their range with room around markers and above bars.
    fn automatic_range(&mut self, data: &str, traces: &[&Value]) -> (f64, f64) {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut room_below, mut room_above) = (0.0, 0.0);
        for trace in traces {
            let values = items(trace, data).iter().filter_map(|value| self.coordinate(value));
            let mut half = (0.0, 0.0);
            match text(trace, "/type") {
                Some("heatmap") => half = half_cells(items(trace, data), &*self),
                Some("bar") if data == "/y" => {
                    if !self.is_logarithmic {
                        (low, high) = (low.min(0.0), high.max(0.0));
                    }
                    let falls =
                        items(trace, data).iter().filter_map(Value::as_f64).any(|height| height < 0.0);
                    (room_below, room_above) = (if falls { 0.05 } else { room_below }, 0.05);
                }
                Some("bar") => {
                    let (from, to) = bar_ends(trace);
                    let least = if self.categories.is_empty() { 0.0 } else { 0.5 };
                    half = (f64::max(-from, least), f64::max(to, least));
                }
                _ if data == "/y" || text(trace, "/mode").is_none_or(|mode| mode.contains("markers")) => {
                    (room_below, room_above) = (0.06, 0.06);
                }
                _ => {}
            }
            for value in values {
                (low, high) = (low.min(value - half.0), high.max(value + half.1));
            }
        }
        if low > high {
            return (0.0, 1.0);
        }
        self.extent = Some((low, high));
        let span = if high > low { high - low } else { low.abs().max(1.0) };
        let flat = if high > low { 0.0 } else { 0.5 * span };
        (low - room_below * span - flat, high + room_above * span + flat)
    }

    /// Returns whether something lies beyond the ends of the axis.
    pub(super) fn spills(&self) -> bool {
        let (low, high) = (self.range.0.min(self.range.1), self.range.0.max(self.range.1));
        let slack = 1e-4 * (high - low);
        self.extent.is_some_and(|(least, greatest)| least < low - slack || greatest > high + slack)
    }

    /// Returns the number at which a value lies: a number itself or its logarithm, or the index of a
    /// category.
    pub(super) fn coordinate(&self, value: &Value) -> Option<f64> {
        match value {
            Value::Number(number) if self.is_logarithmic => {
                number.as_f64().filter(|value| *value > 0.0).map(f64::log10)
            }
            Value::String(name) => {
                self.categories.iter().position(|known| known == name).map(|index| index as f64)
            }
            other => other.as_f64(),
        }
    }

    /// Returns where bars begin: at 0, or at the lower end of a logarithmic axis.
    pub(super) fn base(&self) -> f64 {
        if self.is_logarithmic { self.range.0.min(self.range.1) } else { 0.0 }
    }

    /// Returns the pixel of a number on the axis.
    pub(super) fn pixel(&self, value: f64) -> f64 {
        let (low, high) = self.range;
        self.start + (value - low) / (high - low) * (self.end - self.start)
    }

    /// Returns the pixel and the text of every tick.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let (low, high) = (self.range.0.min(self.range.1), self.range.0.max(self.range.1));
        let inside = |value: f64| value >= low - 1e-9 * (high - low) && value <= high + 1e-9 * (high - low);
        let mut given = given_ticks(self.spec);
        if self.is_logarithmic {
            given.iter_mut().for_each(|(value, _)| *value = value.log10());
        }
        let labelled: Vec<(f64, String)> = if !given.is_empty() {
            given
        } else if !self.categories.is_empty() {
            self.categories.iter().enumerate().map(|(i, name)| (i as f64, (*name).to_owned())).collect()
        } else {
            // Labels stand beside each other on one axis and above each other on the other.
            let each = if self.id.starts_with('x') { 72.0 } else { 42.0 };
            let room = (self.end - self.start).abs();
            let wanted = number(self.spec, "/nticks").unwrap_or((room / each).clamp(2.0, 10.0));
            if self.is_logarithmic {
                return logarithmic_ticks(low, high, wanted)
                    .into_iter()
                    .map(|(value, text)| (self.pixel(value), text))
                    .collect();
            }
            nice_ticks(low, high, wanted, number(self.spec, "/dtick"))
        };
        labelled
            .into_iter()
            .filter(|(v, _)| inside(*v))
            .map(|(value, text)| (self.pixel(value), text))
            .collect()
    }
}

/// Returns where a bar begins and ends, relative to its place.
pub(super) fn bar_ends(trace: &Value) -> (f64, f64) {
    let width = number(trace, "/width").unwrap_or(0.8);
    let from = number(trace, "/offset").unwrap_or(-width / 2.0);
    (from, from + width)
}

/// Returns how far the first cell of a heatmap reaches below its place, and the last above it.
fn half_cells(places: &[Value], axis: &Axis<'_>) -> (f64, f64) {
    let places: Vec<f64> = places.iter().filter_map(|place| axis.coordinate(place)).collect();
    let edges = super::marks::edges(&places);
    match (edges.first().zip(places.first()), edges.last().zip(places.last())) {
        (Some((from, first)), Some((to, last))) => ((first - from).abs(), (to - last).abs()),
        _ => (0.5, 0.5),
    }
}

/// Returns ticks on a logarithmic axis between two decimal logarithms, about `wanted` of them: at 1, 2 and 5
/// of each decade, at each decade, or at every few.
fn logarithmic_ticks(low: f64, high: f64, wanted: f64) -> Vec<(f64, String)> {
    let decades = high - low;
    if decades < 0.7 {
        let ends = (10f64.powf(low), 10f64.powf(high));
        let ticks = nice_ticks(ends.0, ends.1, wanted, None).into_iter();
        return ticks.filter(|(value, _)| *value > 0.0).map(|(value, text)| (value.log10(), text)).collect();
    }
    let digits: &[f64] = if decades * 3.0 <= wanted * 1.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let step = ((decades / wanted.max(1.0)).ceil() as i32).max(1);
    let slack = 1e-9 * decades;
    let (first, last) = ((low - slack).floor() as i32, (high + slack).ceil() as i32);
    let powers = (first..=last).filter(|power| power.rem_euclid(step) == 0);
    let values = powers.flat_map(|power| digits.iter().map(move |digit| (power, *digit)));
    let ticks = values.map(|(power, digit)| {
        let text = match power {
            -3..=-1 => format!("{:.*}", power.unsigned_abs() as usize, digit * 10f64.powi(power)),
            0..=5 => format!("{:.0}", digit * 10f64.powi(power)),
            _ => format!("{digit:.0}e{power}").replace('-', "−"),
        };
        (f64::from(power) + digit.log10(), text)
    });
    ticks.filter(|(value, _)| *value >= low - slack && *value <= high + slack).collect()
}

/// Returns the ticks that an axis or a colour bar defines itself, with its texts or their numbers.
pub(super) fn given_ticks(spec: &Value) -> Vec<(f64, String)> {
    let texts = items(spec, "/ticktext");
    let label =
        |i: usize, value| texts.get(i).and_then(Value::as_str).map_or_else(|| plain(value), str::to_owned);
    let values = items(spec, "/tickvals").iter().filter_map(Value::as_f64);
    values.enumerate().map(|(i, value)| (value, label(i, value))).collect()
}

/// Returns a number with a true minus sign.
pub fn plain(value: f64) -> String {
    value.to_string().replace('-', "−")
}

/// Returns round numbers in [low, high], about `wanted` of them or `step` apart, with as many digits as they
/// need.
pub fn nice_ticks(low: f64, high: f64, wanted: f64, step: Option<f64>) -> Vec<(f64, String)> {
    let span = high - low;
    if span <= 0.0 || !span.is_finite() {
        return vec![(low, plain(low))];
    }
    let step = step.filter(|step| (high - low) / step <= 200.0 && *step > 0.0).unwrap_or_else(|| {
        let rough = (high - low) / wanted.max(1.0);
        let power = 10f64.powf(rough.log10().floor());
        // One tick alone does not show the scale, so the step becomes smaller.
        let n_ticks = |step: f64| (high / step + 1e-9).floor() - (low / step - 1e-9).ceil() + 1.0;
        let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let wanted = steps.iter().position(|step| *step >= rough).unwrap_or(3);
        steps[..=wanted].iter().copied().rfind(|step| n_ticks(*step) >= 2.0).unwrap_or(power)
    });
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    let largest = low.abs().max(high.abs());
    let digits = (-(step * 1.0000001).log10().floor()).max(0.0) as usize;
    // A step like 0.25 needs one digit more than its power of ten.
    let digits = (digits..digits + 3).find(|&d| is_whole(step * 10f64.powi(d as i32))).unwrap_or(digits);
    let label = |value: f64| {
        let text =
            if !(1e-3..1e6).contains(&largest) { format!("{value:e}") } else { format!("{value:.digits$}") };
        text.replace('-', "−")
    };
    (first..=last)
        .map(|i| i as f64 * step)
        // The product of index and step carries rounding errors that a label in scientific form would show.
        .map(|value| format!("{value:.11e}").parse().unwrap_or(value))
        .map(|value| (value, label(value)))
        .collect()
}

fn is_whole(x: f64) -> bool {
    (x - x.round()).abs() < 1e-6
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn labels(low: f64, high: f64, wanted: f64) -> Vec<String> {
        nice_ticks(low, high, wanted, None).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_numbers_with_the_digits_they_need() {
        assert_eq!(labels(0.0, 1.0, 5.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(-0.07, 0.11, 4.0), ["−0.05", "0.00", "0.05", "0.10"]);
        assert_eq!(labels(3.0, 41.0, 4.0), ["10", "20", "30", "40"]);
        assert_eq!(labels(0.0, 2.1e-4, 3.0), ["0e0", "1e−4", "2e−4"]);
        assert_eq!(labels(5.0, 5.0, 4.0), ["5"]);
        assert_eq!(labels(0.1, 0.95, 3.0), ["0.2", "0.4", "0.6", "0.8"], "not 0.5 alone");
        let quarters: Vec<_> =
            nice_ticks(0.0, 0.5, 4.0, Some(0.25)).into_iter().map(|(_, label)| label).collect();
        assert_eq!(quarters, ["0.00", "0.25", "0.50"]);
    }

    #[test]
    fn the_range_of_the_layout_wins_and_may_be_reversed() {
        let layout = json!({"width": 200, "height": 100, "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "xaxis": {"range": [10.0, 0.0]}});
        let trace = json!({"type": "scatter", "mode": "lines", "x": [1.0, 2.0], "y": [0.0, 10.0]});
        let page = Page::new(&layout);
        let x = Axis::horizontal(&page, "x", &[&trace]);
        assert_eq!((x.pixel(10.0), x.pixel(0.0), x.pixel(2.5)), (0.0, 200.0, 150.0));
        let y = Axis::vertical(&page, "y", &[&trace]);
        assert_eq!(y.range, (-0.6, 10.6));
        assert!(y.pixel(10.0) < y.pixel(0.0), "y grows upwards");
        assert!(!x.spills() && !y.spills());
        let far = json!({"type": "scatter", "x": [-1.0], "y": [0.0]});
        assert!(Axis::horizontal(&page, "x", &[&trace, &far]).spills());
    }

    #[test]
    fn categories_are_indices() {
        let layout = json!({"yaxis2": {"domain": [0.5, 1.0]}});
        let trace = json!({"type": "heatmap", "x": ["7", "3"], "y": ["7", "3"], "z": [[0, 1], [1, 0]]});
        let axis = Axis::vertical(&Page::new(&layout), "y2", &[&trace]);
        assert_eq!(axis.range, (-0.5, 1.5));
        assert_eq!(axis.coordinate(&json!("3")), Some(1.0));
        assert_eq!(axis.coordinate(&json!("4")), None);
        assert_eq!(axis.ticks().into_iter().map(|(_, label)| label).collect::<Vec<_>>(), ["7", "3"]);
    }

    #[test]
    fn a_logarithmic_axis_has_equal_steps_for_equal_factors() {
        let layout =
            json!({"width": 300, "margin": {"l": 0, "r": 0}, "xaxis": {"type": "log", "range": [0, 3]}});
        let trace = json!({"type": "scatter", "mode": "lines", "x": [1, 1000], "y": [0, 1]});
        let x = Axis::horizontal(&Page::new(&layout), "x", &[&trace]);
        let pixel = |value: f64| x.pixel(x.coordinate(&json!(value)).unwrap());
        assert_eq!([pixel(1.0), pixel(10.0), pixel(1000.0)], [0.0, 100.0, 300.0]);
        assert_eq!(x.coordinate(&json!(0.0)), None);
        assert_eq!(
            x.ticks().into_iter().map(|(_, label)| label).collect::<Vec<_>>(),
            ["1", "10", "100", "1000"]
        );
        let labels = |low, high, wanted| {
            logarithmic_ticks(low, high, wanted).into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(labels(-1.0, 0.31, 6.0), ["0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(labels(-8.0, 4.0, 4.0), ["1e−6", "0.001", "1", "1000"]);
        assert_eq!(labels(0.0, 0.5, 3.0), ["1", "2", "3"]);
    }

    #[test]
    fn an_axis_without_data_has_a_range() {
        let layout = json!({});
        let axis = Axis::horizontal(&Page::new(&layout), "x", &[]);
        assert_eq!(axis.range, (0.0, 1.0));
        let one = json!({"x": [3.0], "mode": "markers"});
        let axis = Axis::horizontal(&Page::new(&layout), "x", &[&one]);
        assert!(axis.range.0 < 3.0 && axis.range.1 > 3.0);
    }
}
