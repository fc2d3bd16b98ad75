//! The display of results in a notebook: copies, sweeps, basins, reports, errors.

use lmc_base::show::{Fields, Forms, Show, listed, range};

use crate::analyses::confidence::{Confidence, SampleSizes};
use crate::analyses::replay::{Replay, ReplayOptions};
use crate::analyses::report::Report;
use crate::confidence::Interval;
use crate::gap::Measure;
use crate::study::{Model, Models, Sweep};

impl Show for Models {
    fn forms(&self) -> Forms {
        let models = self.models();
        let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
        let spec = self.study().spec();
        let what = if spec.models.is_some() { "models from elsewhere" } else { "copies" };
        let mut rows = vec![
            (what, names.len().to_string()),
            ("names", listed(&names)),
            ("task", spec.task.name().to_owned()),
        ];
        let infos: Vec<_> = models.iter().filter_map(Model::info).collect();
        if !infos.is_empty() {
            let seconds: f64 = infos.iter().map(|info| info.seconds).fold(0.0, f64::max);
            rows.extend([
                ("recipe", spec.recipe.name.clone()),
                ("updates", self.step().to_string()),
                ("training loss", range(infos.iter().map(|info| info.train_loss), "nats")),
                ("training of a stack", format!("up to {seconds:.1} s")),
            ]);
        } else if self.step() > 0 {
            rows.push(("updates", self.step().to_string()));
        }
        Fields { heading: "Models".into(), rows }.forms()
    }
}

impl Show for Sweep {
    fn forms(&self) -> Forms {
        let all = self.labels.len();
        let examples = match &self.sample {
            Some(sample) => format!("{} of {all} examples inside lines", sample.examples.len()),
            None => format!("{all} examples"),
        };
        let measured = |measure: Measure, unit: &str| match self.matrix(measure) {
            Ok(matrix) => range(matrix.pairs().into_iter().map(|(.., value)| value), unit),
            Err(error) => error.to_string(),
        };
        let rows = vec![
            ("copies", self.models.len().to_string()),
            ("names", listed(&self.models)),
            ("lines", format!("{} of {} points", self.profiles.len(), self.n_points())),
            ("evaluation set", format!("{} ({})", self.dataset, examples)),
            ("convexity gap", measured(Measure::ConvexityGap, "nats")),
            ("barrier height", measured(Measure::BarrierHeight, "nats")),
            ("distance", measured(Measure::EuclideanDistance, "")),
        ];
        Fields { heading: "Sweep".into(), rows }.forms()
    }
}

impl Show for Replay {
    fn forms(&self) -> Forms {
        let measured = |measure: Measure, unit: &str| {
            let values: Result<Vec<f64>, _> = self.lines.iter().map(|line| line.measure(measure)).collect();
            values.map_or_else(|error| error.to_string(), |values| range(values.into_iter(), unit))
        };
        let ReplayOptions { dataset, n_examples, .. } = &*self.options;
        let mut rows = vec![
            ("models", self.models.len().to_string()),
            ("names", listed(&self.models)),
            ("lines", format!("{} of {} points", self.lines.len(), self.n_points())),
            ("evaluation set", format!("{dataset} ({n_examples} examples)")),
            ("convexity gap", measured(Measure::ConvexityGap, "nats")),
            ("barrier height", measured(Measure::BarrierHeight, "nats")),
            ("distance", measured(Measure::EuclideanDistance, "")),
        ];
        rows.extend(self.notes.iter().map(|note| ("note", note.clone())));
        Fields { heading: "Replay".into(), rows }.forms()
    }
}

impl Show for Confidence {
    fn forms(&self) -> Forms {
        let above = self.lines.iter().filter(|line| line.convexity_gap.low > 0.0).count();
        let settled = self.stability.iter().filter(|share| **share >= 0.95).count();
        let agreement =
            self.agreement().map_or_else(|error| error.to_string(), |index| format!("{index:.3}"));
        let mut rows = vec![
            ("sizes", self.basins.sizes_text()),
            ("evaluation set", format!("{} ({} examples)", self.dataset, self.n_examples)),
            ("draws", format!("{} with clusters of {}", self.draws.len(), self.options.n_resamples)),
            ("pairs with a gap above 0", format!("{above} of {}", self.lines.len())),
            ("models that stay in 95 % of draws", format!("{settled} of {}", self.stability.len())),
            ("draws with the same clusters", format!("{:.3}", self.share_identical())),
            ("adjusted Rand index of draws", agreement),
        ];
        // Statements about clusters have no meaning without them.
        if self.draws.is_empty() {
            rows.truncate(4);
        }
        if !self.counts.is_empty() {
            let count = |(before, count): (usize, &usize)| format!("{} in {count}", before + 1);
            let counts: Vec<String> = self.counts.iter().enumerate().map(count).collect();
            rows.push(("number of basins, in draws", counts.join(", ")));
        }
        let interval = |Interval { value, low, high }: Interval| format!("{value:.4} [{low:.4}, {high:.4}]");
        let statistics = self.statistics().unwrap_or_default();
        rows.extend(statistics.into_iter().map(|(name, found)| (name, interval(found))));
        rows.extend(self.notes.iter().map(|note| ("note", note.to_string())));
        Fields { heading: "Confidence".into(), rows }.forms()
    }
}

impl Show for SampleSizes {
    fn forms(&self) -> Forms {
        let mut sizes: Vec<usize> = self.draws.iter().map(|draw| draw.n_examples).collect();
        sizes.dedup();
        let mut rows = vec![
            ("sizes of all examples' clusters", self.basins.sizes_text()),
            ("evaluation set", self.dataset.clone()),
            ("numbers of examples", listed(&sizes)),
            ("draws", self.draws.len().to_string()),
        ];
        rows.extend(self.basins.notes.iter().map(|note| ("note", note.to_string())));
        Fields { heading: "SampleSizes".into(), rows }.forms()
    }
}

impl Show for Report {
    fn forms(&self) -> Forms {
        let row = |(name, value): (&'static str, Option<f64>)| {
            let is_count = name.starts_with("models") || name == "further clusters";
            let text = match value {
                None => "not defined".to_owned(),
                Some(value) if is_count => format!("{value:.0}"),
                Some(value) => format!("{value:.4}"),
            };
            (name, text)
        };
        let mut rows: Vec<(&str, String)> = self.rows().into_iter().map(row).collect();
        rows.extend(self.constant.iter().map(|score| ("note", score.to_string())));
        Fields { heading: "Report".into(), rows }.forms()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Outcome;
    use crate::sweep::Profile;

    fn text(shown: &impl Show) -> String {
        let forms = shown.forms();
        forms.last().unwrap().1.clone()
    }

    #[test]
    fn a_replay_tells_what_the_logs_hold() {
        let log = include_bytes!("../../../tests/golden/logs/all_pairs.log");
        let replay = Replay::parse(log, "x.log".as_ref(), &ReplayOptions::new("id")).unwrap();
        let text = text(&replay);
        assert!(text.contains("lines           6 of 10 points\n"), "{text}");
        assert!(text.contains("evaluation set  id (512 examples)\n") && !text.contains("note"), "{text}");
        let first = std::str::from_utf8(log).unwrap().split("Completed").next().unwrap();
        let twice = [first.as_bytes(), log].concat();
        let options =
            ReplayOptions { repeated: crate::analyses::replay::Repeated::Last, ..ReplayOptions::new("id") };
        let text = super::tests::text(&Replay::parse(&twice, "x.log".as_ref(), &options).unwrap());
        assert!(
            text.contains("note            the last line counts between `0` and `7` (2 times)"),
            "{text}"
        );
    }

    #[test]
    fn a_sweep_tells_its_lines_and_the_range_of_gaps() {
        let outcome =
            |loss: f32| Outcome { losses: vec![loss], predictions: vec![0], confidences: vec![1.0] };
        let profile = Profile {
            a: "a".into(),
            b: "b".into(),
            alphas: vec![0.0, 0.5, 1.0],
            outcomes: vec![outcome(0.0), outcome(0.5), outcome(0.0)],
            distance: 2.0,
        };
        let sweep = Sweep {
            models: vec!["a".into(), "b".into()],
            dataset: "id".into(),
            labels: vec![0],
            profiles: vec![profile],
            imprecision: 0.0,
            sample: None,
        };
        let text = text(&sweep);
        assert!(text.contains("lines           1 of 3 points\n"), "{text}");
        assert!(text.contains("convexity gap   0.5000 to 0.5000 nats\n"), "{text}");
        assert!(text.ends_with("distance        2.0000 to 2.0000"), "{text}");
        assert_eq!(format!("{sweep:?}"), "Sweep(2 models on id, 1 lines of 3 points)");
    }
}
