//! Histograms of several groups with the same bins.

use lmc_figure::parts::{Axis, Chart, Note, Panels, Place};
use lmc_figure::theme;

use super::GroupPanel;
use crate::Result;
use crate::analyses::basins::{BASINS, BasinColumns};
use crate::analyses::scores::figure::{Bins, count_axis};
use crate::figures::basins::basin_name;
use crate::figures::rows::{check_panels, distinct};
use crate::figures::{Figure, capitalised};
use crate::study::{self, Metric};

/// Returns a figure of the number of models of each basin of each group by their score on one set; all panels
/// share bins and axes.
///
/// # Errors
/// The errors of [`histogram`](crate::figure::histogram) for a panel;
/// [`LmcError::InvalidParameter`](crate::LmcError::InvalidParameter) for no panel or more than 8.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let (sweep, evaluations) = (models.sweep("id", Grid::TENTHS)?, models.evaluations(&["id", "lo"])?);
/// let basins = sweep.basins(&ClusterOptions::default())?.table()?;
/// let panel = figure::GroupPanel::new("mini", &sweep.gaps()?, &basins, &evaluations);
/// figure::group_histograms(&[panel], "lo", Metric::Accuracy)?.save("groups.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn group_histograms(panels: &[GroupPanel], dataset: &str, metric: Metric) -> Result<Figure> {
    check_panels(panels.len(), super::MOST_PANELS, "panels", "")?;
    let (mut clusters, mut scores) = (Vec::new(), Vec::new());
    for panel in panels {
        BASINS.check(&panel.basins)?;
        let models = BasinColumns::model(&panel.basins)?;
        clusters.push(BasinColumns::cluster(&panel.basins)?);
        scores.push(study::scores(&panel.evaluations, dataset, metric, &models)?);
    }
    let bins = Bins::of(&scores.concat())?;
    let margin = [theme::LEFT, theme::RIGHT, 104, theme::BOTTOM];
    let places = Panels::grid(panels.len(), 250, [34, 96], margin).at_most(420);
    let title = format!("{} on {dataset} by group and basin", capitalised(&metric.to_string()));
    let mut chart = Chart::of(&title, places);
    let (mut tallest, mut known) = (0, Vec::new());
    for (index, panel) in panels.iter().enumerate() {
        let mut sizes = Vec::new();
        let basins = distinct(&clusters[index]);
        for &cluster in &basins {
            let own = scores[index].iter().zip(&clusters[index]).filter(|&(_, &of)| of == cluster);
            let members: Vec<f64> = own.map(|(&score, _)| score).collect();
            tallest = tallest.max(bins.tallest(&members));
            sizes.push(members.len().to_string());
            // Each basin has one entry of the legend. Which basin is the larger differs between the groups.
            let name = if panels.len() == 1 {
                basin_name(cluster, &clusters[index])
            } else {
                format!("basin {cluster}")
            };
            chart.add_to(
                index,
                bins.bars(&members, cluster, basins.len()).named_once(&name, known.contains(&cluster)),
            );
            known.push(cluster);
        }
        chart.panel_title(index, &format!("{}, {} models", panel.title, sizes.join(" + ")));
    }
    let [low, high] = bins.ends();
    for index in 0..panels.len() {
        let (is_first, is_lowest) = (chart.panels().is_first(index), chart.panels().is_lowest(index));
        let title = format!("{metric} on {dataset} ({})", metric.unit());
        let x = Axis::new(if is_lowest { &title } else { "" }).without_grid().range(low, high);
        let y = count_axis(tallest, is_first);
        chart.axes_of(index, x.title_size(12), if is_first { y } else { y.without_texts() });
    }
    let note = format!("bins of {}", lmc_figure::plain_number(bins.width));
    chart.note(Note::above([1.0, 1.0], &note, Place::End).moved(0.0, 22.0));
    chart.figure()
}
