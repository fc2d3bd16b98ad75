//! Histograms of several groups with the same bins.

use plotly::Plot;
use plotly::common::{Anchor, Title};
use plotly::layout::BarMode;

use super::GroupPanel;
use crate::Result;
use crate::analyses::basins::{BASINS, BasinColumns};
use crate::analyses::scores::figure::Bins;
use crate::figures::panels::{Panels, axis_names, check_number};
use crate::figures::scatter::distinct;
use crate::figures::{Figure, axes, capitalised, theme};
use crate::study::Metric;

/// Returns a figure of how many models of each basin of each group have which score on one set; all panels
/// share bins and axes.
///
/// # Errors
/// Those of [`histogram`](crate::figure::histogram) for a panel;
/// [`LmcError::InvalidParameter`](crate::LmcError::InvalidParameter) for no panel or more than 8.
pub fn group_histograms(panels: &[GroupPanel], dataset: &str, metric: Metric) -> Result<Figure> {
    check_number(panels.len(), "panels")?;
    let (mut clusters, mut scores) = (Vec::new(), Vec::new());
    for panel in panels {
        BASINS.check(&panel.basins)?;
        let models = BasinColumns::model(&panel.basins)?;
        clusters.push(BasinColumns::cluster(&panel.basins)?);
        scores.push(crate::study::scores(&panel.evaluations, dataset, metric, &models)?);
    }
    let bins = Bins::of(&scores.concat())?;
    let width = if panels.len() == 3 { 270 } else { 350 };
    let places = Panels {
        n: panels.len(),
        size: [width, 250],
        gap: [34, 96],
        margin: [theme::LEFT, 28, 104, theme::BOTTOM],
    };
    let (mut plot, mut notes, mut tallest, mut named) = (Plot::new(), Vec::new(), 0, Vec::new());
    for (index, panel) in panels.iter().enumerate() {
        let [x_name, y_name] = axis_names(index);
        let mut sizes = Vec::new();
        for cluster in distinct(&clusters[index]) {
            let own = scores[index].iter().zip(&clusters[index]).filter(|&(_, &of)| of == cluster);
            let members: Vec<f64> = own.map(|(&score, _)| score).collect();
            tallest = tallest.max(bins.count(&members).into_iter().max().unwrap_or(0));
            sizes.push(members.len().to_string());
            // One entry of the legend for each basin.
            let is_new = !named.contains(&cluster);
            named.push(cluster);
            let name = theme::cluster_name(cluster);
            plot.add_trace(
                bins.bars(&members, cluster)
                    .legend_group(&name)
                    .name(name)
                    .show_legend(is_new)
                    .x_axis(&x_name)
                    .y_axis(&y_name),
            );
        }
        let title = format!("{}, {} models", theme::label(&panel.title), sizes.join(" + "));
        notes.push(places.title(index, &title));
    }
    let set = theme::label(dataset);
    let mut layout = places
        .layout(&format!("{} on {set} by group and basin", capitalised(&metric.to_string())))
        .bar_mode(BarMode::Overlay);
    let step = (tallest as f64 / 6.0).ceil().max(1.0);
    for index in 0..panels.len() {
        let [x_name, y_name] = axis_names(index);
        let [across, up] = places.domains(index);
        let mut x = theme::axis("")
            .show_grid(false)
            .n_ticks(4)
            .range(bins.ends().to_vec())
            .domain(&across)
            .anchor(y_name);
        let mut y =
            theme::axis("").dtick(step).range(vec![0.0, tallest as f64 * 1.06]).domain(&up).anchor(x_name);
        let [is_first, is_lowest] = places.at_edge(index);
        if is_lowest {
            let title = format!("{metric} on {set} ({})", metric.unit());
            x = x.title(Title::with_text(title).font(theme::font(13)));
        }
        if is_first {
            y = y.title(Title::with_text("number of models").font(theme::font(13)));
        } else {
            y = y.show_tick_labels(false);
        }
        layout = axes::with_axes(layout, index + 1, x, y);
    }
    let note = format!("bins of {}", lmc_figure::plain_number(bins.width));
    notes.push(theme::note(&note, 1.0, 1.0, Anchor::Right, Anchor::Bottom).y_shift(22.0));
    plot.set_layout(layout.annotations(notes));
    Ok(Figure::new(plot))
}
