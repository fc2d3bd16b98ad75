//! Changes to a finished figure: its title, size, colours and axes.

use std::collections::BTreeMap;

use lmc_base::error::{LmcError, Result};
use serde_json::{Value, json};

use super::{Figure, notes};
use crate::draw::{COLOURS, Colour};
use crate::json::{is_axis, is_scene, items, number, text};
use crate::{draw, drawable, theme};

/// The least width and height of all panels together, CSS pixels.
const LEAST: f64 = 40.0;
/// The most pixels of a side.
const MOST: f64 = 10_000.0;

/// Size and margins of a figure, CSS pixels.
pub(super) struct Frame {
    pub(super) size: [f64; 2],
    /// Left, right, top and bottom margin.
    pub(super) margin: [f64; 4],
}

impl Frame {
    pub(super) fn of(described: &Value) -> Frame {
        let at = |pointer: &str| number(described, pointer).unwrap_or(0.0);
        Frame {
            size: ["/layout/width", "/layout/height"].map(at),
            margin: ["/layout/margin/l", "/layout/margin/r", "/layout/margin/t", "/layout/margin/b"].map(at),
        }
    }

    /// Returns the width and height of the plotting area.
    pub(super) fn inner(&self) -> [f64; 2] {
        let [left, right, top, bottom] = self.margin;
        [(self.size[0] - left - right).max(1.0), (self.size[1] - top - bottom).max(1.0)]
    }
}

impl Figure {
    /// Returns the figure with another title; an empty one removes it.
    ///
    /// # Examples
    /// ```
    /// # use lmc_figure as figure;
    /// let training = polars::df!("updates" => [1, 10, 100, 1000], "loss" => [1.1, 0.9, 0.4, 0.1])?;
    /// let line = figure::line(&training, "updates", "loss")?.title("Training");
    /// assert!(line.to_svg()?.contains(">Training<"));
    /// # Ok::<(), lmc_base::LmcError>(())
    /// ```
    pub fn title(mut self, title: &str) -> Figure {
        self.described["layout"]["title"]["text"] = theme::label(title).into();
        self
    }

    /// Returns the figure in another size, in CSS pixels. Margins and the room between panels keep their
    /// size; the panels take the rest.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a size that leaves no room for the panels, or beyond 10000 pixels.
    ///
    /// # Examples
    /// ```
    /// # use lmc_figure as figure;
    /// let training = polars::df!("updates" => [1, 10, 100, 1000], "loss" => [1.1, 0.9, 0.4, 0.1])?;
    /// let line = figure::line(&training, "updates", "loss")?.size(400, 300)?;
    /// assert!(line.to_svg()?.contains(r#"width="400" height="300""#));
    /// # Ok::<(), lmc_base::LmcError>(())
    /// ```
    pub fn size(mut self, width: usize, height: usize) -> Result<Figure> {
        let old = Frame::of(&self.described);
        let beside = [old.size[0] - old.inner()[0], old.size[1] - old.inner()[1]];
        let spans = [spans(&self.described, "xaxis"), spans(&self.described, "yaxis")];
        let given = [width as f64, height as f64];
        let new = Frame { size: given, margin: old.margin };
        let below = notes::height(&self.notes, &new);
        let gaps = [0, 1].map(|side| gaps(&spans[side]) * old.inner()[side]);
        let least =
            [0, 1].map(|side| beside[side] + gaps[side] + LEAST + if side == 1 { below } else { 0.0 });
        if (0..2).any(|side| given[side] < least[side] || given[side] > MOST) {
            let expected = format!(
                "at least {:.0} × {:.0} pixels for this figure, at most {MOST} of a side",
                least[0].ceil(),
                least[1].ceil()
            );
            return Err(LmcError::invalid("size", format!("{width} × {height}"), expected));
        }
        // Less room may take more rows of the legend.
        let rows = draw::more_rows(&self.described);
        self.described["layout"]["width"] = given[0].into();
        let mut margin = old.margin;
        margin[2] += draw::more_rows(&self.described) - rows;
        let new = Frame { size: [given[0], given[1] - below], margin };
        self.described["layout"]["margin"]["t"] = margin[2].into();
        let across = Stretch::new(&spans[0], old.inner()[0], new.inner()[0]);
        let up = Stretch::new(&spans[1], old.inner()[1], new.inner()[1]);
        let layout = &mut self.described["layout"];
        layout["height"] = new.size[1].into();
        // The title is placed in shares of the whole figure.
        change(layout, "/title/x", |x| x * old.size[0] / new.size[0]);
        change(layout, "/title/y", |y| 1.0 - (1.0 - y) * old.size[1] / new.size[1]);
        change(layout, "/legend/x", |x| across.at(x));
        change(layout, "/legend/y", |y| up.at(y));
        for (name, member) in layout.as_object_mut().into_iter().flatten() {
            for (kind, stretch) in [("xaxis", &across), ("yaxis", &up)] {
                let Some(domain) = domain(name, kind) else { continue };
                change(member, &format!("{domain}/0"), |share| stretch.at(share));
                change(member, &format!("{domain}/1"), |share| stretch.at(share));
            }
        }
        for note in items_mut(layout, "annotations") {
            for (side, stretch) in [("x", &across), ("y", &up)] {
                if text(note, &format!("/{side}ref")).unwrap_or("paper") == "paper" {
                    change(note, &format!("/{side}"), |share| stretch.at(share));
                }
            }
        }
        for trace in self.described["data"].as_array_mut().into_iter().flatten() {
            change(trace, "/colorbar/x", |x| across.at(x));
        }
        self.described = super::titles_fitted(self.described);
        Ok(self)
    }

    /// Returns the figure in other colours, such as `#d55e00`, `rgb(213, 94, 0)` or `orange`.
    ///
    /// A figure with a colour scale takes them as its scale, from low to high, at even steps. Any other takes
    /// them in the order in which its own colours first appear, which is that of the legend; black, white and
    /// grey parts stay.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a text that is no colour, and for fewer colours than the figure
    /// has.
    ///
    /// # Examples
    /// ```
    /// # use lmc_figure as figure;
    /// let training = polars::df!("updates" => [1, 10, 100, 1000], "loss" => [1.1, 0.9, 0.4, 0.1])?;
    /// let line = figure::line(&training, "updates", "loss")?.colours(["#009e73"])?;
    /// assert!(line.to_svg()?.contains("#009e73"));
    /// # Ok::<(), lmc_base::LmcError>(())
    /// ```
    pub fn colours(mut self, colours: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Figure> {
        let mut given: Vec<String> = Vec::new();
        for colour in colours {
            let name = colour.as_ref();
            if Colour::parse(name).is_none() {
                return Err(LmcError::invalid("colours", format!("`{name}`"), COLOURS));
            }
            given.push(name.to_owned());
        }
        let too_few = |expected: String| Err(LmcError::invalid("colours", given.len(), expected));
        let is_heat = |trace: &Value| matches!(text(trace, "/type"), Some("heatmap" | "surface"));
        if items(&self.described, "/data").iter().any(is_heat) {
            let Some(last) = given.len().checked_sub(1).filter(|last| *last > 0) else {
                return too_few("at least 2 colours, from low to high".to_owned());
            };
            let stop = |(i, colour)| json!([i as f64 / last as f64, colour]);
            let scale: Value = given.iter().enumerate().map(stop).collect();
            let traces = self.described["data"].as_array_mut().into_iter().flatten();
            traces.filter(|trace| is_heat(trace)).for_each(|trace| trace["colorscale"] = scale.clone());
            return Ok(self);
        }
        let mut own = Vec::new();
        visit(&mut self.described, &mut |colour| {
            if let Some(name) = colour.as_str().filter(|name| is_of_group(name))
                && !own.iter().any(|known| known == name)
            {
                own.push(name.to_owned());
            }
        });
        if given.len() < own.len() {
            return too_few(format!("{} colours, for {}", own.len(), own.join(", ")));
        }
        let new: BTreeMap<String, String> = own.into_iter().zip(given).collect();
        visit(&mut self.described, &mut |colour| {
            if let Some(new) = colour.as_str().and_then(|name| new.get(name)) {
                *colour = new.as_str().into();
            }
        });
        Ok(self)
    }

    /// Returns the figure with logarithmic x axes.
    ///
    /// # Errors
    /// [`LmcError::Figure`] if an axis has names or values that are not above 0, and for a figure in three
    /// dimensions.
    ///
    /// # Examples
    /// ```
    /// # use lmc_figure as figure;
    /// let training = polars::df!("updates" => [1, 10, 100, 1000], "loss" => [1.1, 0.9, 0.4, 0.1])?;
    /// let line = figure::line(&training, "updates", "loss")?.logarithmic_x()?;
    /// assert!(line.to_svg()?.contains(">1000<"));
    /// # Ok::<(), lmc_base::LmcError>(())
    /// ```
    pub fn logarithmic_x(self) -> Result<Figure> {
        self.logarithmic("xaxis")
    }

    /// Returns the figure with logarithmic y axes.
    ///
    /// # Errors
    /// [`LmcError::Figure`] if an axis has names or values that are not above 0, and for a figure in three
    /// dimensions.
    ///
    /// # Examples
    /// ```
    /// # use lmc_figure as figure;
    /// let training = polars::df!("updates" => [1, 10, 100, 1000], "loss" => [1.1, 0.9, 0.4, 0.1])?;
    /// let line = figure::line(&training, "updates", "loss")?.logarithmic_y()?;
    /// assert!(line.to_svg()?.contains(">1<"));
    /// # Ok::<(), lmc_base::LmcError>(())
    /// ```
    pub fn logarithmic_y(self) -> Result<Figure> {
        self.logarithmic("yaxis")
    }

    fn logarithmic(mut self, kind: &str) -> Result<Figure> {
        let layout = self.described["layout"].as_object().into_iter().flatten();
        if let Some((scene, _)) = layout.into_iter().find(|(name, _)| is_scene(name)) {
            let what =
                format!("{scene} has linear axes; a figure in three dimensions has no logarithmic ones");
            return Err(LmcError::Figure(what));
        }
        let axes = self.described["layout"].as_object_mut().into_iter().flatten();
        let mut changed = Vec::new();
        for (name, axis) in axes.filter(|(name, _)| name.starts_with(kind)) {
            if text(axis, "/type") != Some("log") {
                // Ends and ticks of a linear axis mean nothing on a logarithmic one.
                let members = axis.as_object_mut().into_iter();
                members.for_each(|axis| {
                    axis.retain(|name, _| !["range", "dtick", "nticks"].contains(&name.as_str()))
                });
                axis["type"] = "log".into();
                changed.push(name.replace("axis", ""));
            }
        }
        let letter = &kind[..1];
        for note in items_mut(&mut self.described["layout"], "annotations") {
            for place in [letter.to_owned(), format!("a{letter}")] {
                let of = text(note, &format!("/{place}ref")).unwrap_or_default();
                if changed.iter().any(|axis| axis == of) {
                    change(note, &format!("/{place}"), |at| if at > 0.0 { at.log10() } else { at });
                }
            }
        }
        drawable::check(&self.described)?;
        Ok(self)
    }
}

/// Returns the items of an array that is a member of an object; none where there is no such member.
fn items_mut<'a>(of: &'a mut Value, name: &str) -> impl Iterator<Item = &'a mut Value> {
    of.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

/// Changes the number at a JSON pointer, if there is one.
fn change(value: &mut Value, pointer: &str, new: impl Fn(f64) -> f64) {
    if let Some(member) = value.pointer_mut(pointer)
        && let Some(number) = member.as_f64()
    {
        *member = new(number).into();
    }
}

/// Returns where a member of the layout has the part of the plotting area that it covers along a kind of
/// axis; `None` for one that covers no part.
fn domain(name: &str, kind: &str) -> Option<&'static str> {
    match kind {
        _ if is_axis(name) => name.starts_with(kind).then_some("/domain"),
        _ if !is_scene(name) => None,
        "xaxis" => Some("/domain/x"),
        _ => Some("/domain/y"),
    }
}

/// Returns the parts of the plotting area that panels cover along one side, in order and apart.
fn spans(described: &Value, kind: &str) -> Vec<[f64; 2]> {
    let members = described["layout"].as_object().into_iter().flatten();
    let span = |(name, member): (&String, &Value)| {
        let end = |end: usize| number(member, &format!("{}/{end}", domain(name, kind)?));
        domain(name, kind).map(|_| [end(0).unwrap_or(0.0), end(1).unwrap_or(1.0)])
    };
    let mut all: Vec<[f64; 2]> = members.filter_map(span).collect();
    all.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let mut apart: Vec<[f64; 2]> = Vec::new();
    for [from, to] in all {
        match apart.last_mut() {
            Some(last) if from <= last[1] + 1e-9 => last[1] = last[1].max(to),
            _ => apart.push([from, to]),
        }
    }
    if apart.is_empty() { vec![[0.0, 1.0]] } else { apart }
}

/// Returns the share of the plotting area between the panels.
fn gaps(spans: &[[f64; 2]]) -> f64 {
    spans.windows(2).map(|pair| pair[1][0] - pair[0][1]).sum()
}

/// A change of the plotting area along one side: panels grow, the room between and beside them does not.
struct Stretch {
    /// The ends of the panels: shares before and after.
    ends: Vec<(f64, f64)>,
    /// The length of the plotting area before and after, CSS pixels.
    lengths: [f64; 2],
}

impl Stretch {
    fn new(spans: &[[f64; 2]], old: f64, new: f64) -> Stretch {
        let [first, last] =
            [spans.first().map_or(0.0, |span| span[0]), spans.last().map_or(1.0, |span| span[1])];
        let fixed = (gaps(spans) + first + 1.0 - last) * old;
        let covered: f64 = spans.iter().map(|[from, to]| (to - from) * old).sum();
        let factor = (new - fixed) / covered;
        let (mut ends, mut before, mut at) = (Vec::new(), 0.0, 0.0);
        for [from, to] in spans {
            at += (from - before) * old / new;
            ends.push((*from, at));
            at += (to - from) * old * factor / new;
            ends.push((*to, at));
            before = *to;
        }
        Stretch { ends, lengths: [old, new] }
    }

    /// Returns the new share of a place.
    fn at(&self, share: f64) -> f64 {
        let [old, new] = self.lengths;
        let after = self.ends.iter().position(|(before, _)| *before >= share);
        match after {
            Some(after) if after > 0 => {
                let ((from, to), (low, high)) = (self.ends[after - 1], self.ends[after]);
                let (span, part) = (low - from, share - from);
                if span > 0.0 { to + part / span * (high - to) } else { high }
            }
            Some(_) => self.ends[0].1 + (share - self.ends[0].0) * old / new,
            None => {
                let (last, place) = self.ends.last().copied().unwrap_or((1.0, 1.0));
                place + (share - last) * old / new
            }
        }
    }
}

/// Returns whether a colour is one of a group: neither black, white nor grey.
fn is_of_group(name: &str) -> bool {
    Colour::parse(name).is_some_and(|colour| {
        let parts = [colour.red, colour.green, colour.blue];
        let (least, most) = (parts.iter().min(), parts.iter().max());
        name == theme::colour(6) || least.zip(most).is_some_and(|(least, most)| most - least > 8)
    })
}

/// Calls `change` for each colour of the traces and the annotations, in their order.
fn visit(described: &mut Value, change: &mut impl FnMut(&mut Value)) {
    for trace in described["data"].as_array_mut().into_iter().flatten() {
        for pointer in ["/line/color", "/marker/color", "/marker/line/color", "/textfont/color"] {
            match trace.pointer_mut(pointer) {
                Some(Value::Array(colours)) => colours.iter_mut().for_each(&mut *change),
                Some(colour) => change(colour),
                None => {}
            }
        }
    }
    for note in items_mut(&mut described["layout"], "annotations") {
        for pointer in ["/font/color", "/arrowcolor"] {
            note.pointer_mut(pointer).into_iter().for_each(&mut *change);
        }
    }
}

#[cfg(test)]
mod tests;
