//! The display of basins.

use lmc_base::show::{Fields, Forms, Show, listed};
use lmc_base::shown;

use super::{BasinCount, Basins};

shown!(Basins);

/// The names of the rows of clusters; members of further ones are in the table of basins.
const CLUSTERS: [&str; BasinCount::MOST] =
    ["cluster 1", "cluster 2", "cluster 3", "cluster 4", "cluster 5", "cluster 6"];

impl Show for Basins {
    fn forms(&self) -> Forms {
        let members = |is_in: &dyn Fn(usize) -> bool| {
            let all = self.models.iter().enumerate().filter(|&(model, _)| is_in(model));
            listed(&all.map(|(_, name)| name.as_str()).collect::<Vec<_>>())
        };
        let of = |cluster: usize| members(&|model| self.basin_of(model) == Some(cluster));
        let mut rows = match self.is_divided() {
            true => {
                let clusters = CLUSTERS.into_iter().take(self.n_basins).enumerate();
                let mut rows = vec![("sizes", self.sizes_text())];
                rows.extend(clusters.map(|(cluster, name)| (name, of(cluster))));
                rows
            }
            false => vec![("models, in one cluster", of(0))],
        };
        if !self.outliers().is_empty() {
            rows.push(("in no cluster", members(&|model| self.basin_of(model).is_none())));
        }
        match self.is_divided() {
            true => rows.extend([
                ("mean gap within", format!("{:.4}", self.within)),
                ("mean gap across", format!("{:.4}", self.across)),
                ("silhouette", format!("{:.2}", self.silhouette)),
            ]),
            false => rows.push(("mean gap", format!("{:.4}", self.within))),
        }
        rows.push(("width of the kernel", format!("{:.4}", self.delta)));
        rows.extend(self.notes.iter().map(|note| ("note", note.to_string())));
        Fields { heading: "Basins".into(), rows }.forms()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basin::{ClusterOptions, cluster};
    use crate::gap::{GapMatrix, Measure};

    fn text(shown: &impl Show) -> String {
        let forms = shown.forms();
        forms.last().unwrap().1.clone()
    }

    #[test]
    fn basins_name_the_members_of_each_cluster() {
        let gaps = ndarray::array![[0.0, 0.1, 2.0], [0.1, 0.0, 2.2], [2.0, 2.2, 0.0]];
        let models = ["a", "b", "c"].map(String::from).to_vec();
        let gaps = GapMatrix::new(models, Measure::ConvexityGap, gaps).unwrap();
        let text = text(&cluster(&gaps, &ClusterOptions::paper()).unwrap());
        assert!(text.contains("cluster 1            a, b\n"), "{text}");
        assert!(text.contains("mean gap across      2.1000"), "{text}");
    }

    #[test]
    fn models_that_are_not_divided_say_why() {
        let models = ["a", "b", "c"].map(String::from).to_vec();
        let gaps = GapMatrix::new(models, Measure::ConvexityGap, ndarray::Array2::zeros((3, 3))).unwrap();
        let text = text(&cluster(&gaps, &ClusterOptions::paper()).unwrap());
        assert!(text.contains("models, in one cluster  a, b, c\n"), "{text}");
        assert!(text.ends_with("note                    no clusters: all gaps are 0"), "{text}");
        assert!(!text.contains("NaN") && !text.contains("cluster 2"), "{text}");
    }
}
