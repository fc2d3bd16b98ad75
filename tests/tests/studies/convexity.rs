//! Tests convex combinations of the copies of a study: the samples have the shapes that they claim, they are
//! found again, and triangles meet their sides.

use lmc::LmcError;
use lmc::analyses::convexity::{ConvexityOptions, TriangleOptions};
use lmc::basin::{Basins, ClusterOptions, Membership};
use lmc::eval::evaluate;
use lmc::gap::{Measure, heights_above_envelope};
use lmc::study::{Models, Sweep};
use lmc::sweep::Grid;
use lmc::table::{CONVEXITY, CONVEXITY_POINTS, TRIANGLES, Table};
use lmc::weights::Weights;
use lmc_tests::small;

/// Returns five copies of which the first three are one cluster.
fn clustered(models: &Models) -> (Sweep, Basins) {
    let sweep = models.sweep("id", Grid::new(3).unwrap()).unwrap();
    let options = ClusterOptions::default();
    let basins = Basins { n_basins: 2, cluster: vec![0, 0, 0, 1, 1], ..sweep.basins(&options).unwrap() };
    (sweep, basins)
}

/// Returns the mean loss of a combination of copies, from weights that are put together here.
fn loss_at(models: &Models, members: &[usize], weights: &[f64]) -> f64 {
    let task = models.study().task();
    let mut theta = models.weights_of(&models.models()[members[0]]).unwrap().theta() * weights[0];
    for (&member, &weight) in members.iter().zip(weights).skip(1) {
        theta += models.weights_of(&models.models()[member]).unwrap().theta() * weight;
    }
    let (set, point) =
        (task.set("id").unwrap(), Weights::new(task.classifier.layout().clone(), theta).unwrap());
    evaluate(&task.classifier, point.theta(), &set.batches(), set.encoded.len()).unwrap().mean_loss()
}

#[test]
fn combinations_are_sampled_kept_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 5);
    let (_, basins) = clustered(&models);
    let options =
        ConvexityOptions { n_points: 7, n_subsets: 2, n_resamples: 50, ..ConvexityOptions::default() };
    let convexity = models.convexity("id", &basins, &options).unwrap();
    // There are 2 and 3 models within the first cluster, 2 within the second, and 2, 3, 4 and 5 across.
    let shapes: Vec<(Membership, usize, usize, usize)> =
        convexity.samples.iter().map(|s| (s.kind, s.n_models(), s.subsets.len(), s.excess.len())).collect();
    use Membership::{Across, Within};
    assert_eq!(
        shapes,
        [
            (Within(0), 2, 2, 8),
            (Within(0), 3, 1, 7),
            (Within(1), 2, 1, 7),
            (Across, 2, 2, 8),
            (Across, 3, 2, 8),
            (Across, 4, 2, 8),
            (Across, 5, 1, 7),
        ]
    );
    let ends: Vec<f64> = models.evaluate("id").unwrap().iter().map(|e| e.outcome.mean_loss()).collect();
    for sample in &convexity.samples {
        let n = sample.points.len();
        // The points are the centre and one other point of the last subset.
        for point in [0, n - 1] {
            let (i, subset) = ((sample.subsets.len() - 1) * n + point, sample.subsets.last().unwrap());
            let weights = sample.points[point].weights();
            let expected = loss_at(&models, subset, weights);
            assert!(
                (sample.losses[i] - expected).abs() < 1e-5,
                "{sample:?}: {} {expected}",
                sample.losses[i]
            );
            let chord: f64 = subset.iter().zip(weights).map(|(&model, weight)| weight * ends[model]).sum();
            assert!((sample.excess[i] - (expected - chord)).abs() < 1e-5);
        }
        let largest = sample.excess.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(sample.estimate.eps, largest);
        assert!(sample.estimate.eps_interval.0 <= sample.estimate.eps_interval.1);
    }
    let (table, points) = (convexity.table().unwrap(), convexity.points().unwrap());
    CONVEXITY.check(&table).unwrap();
    CONVEXITY_POINTS.check(&points).unwrap();
    assert_eq!((table.height(), points.height()), (7, 8 + 7 + 7 + 8 + 8 + 8 + 7));
    let again = models.convexity("id", &basins, &options).unwrap();
    assert!(again.table().unwrap().equals(&table) && again.points().unwrap().equals(&points));

    let strangers = Basins { models: vec!["x".into(); 5], ..basins };
    let error = models.convexity("id", &strangers, &options).unwrap_err();
    assert!(matches!(error, LmcError::InvalidParameter { field: "basins", .. }), "{error}");
}

#[test]
fn triangles_meet_the_lines_of_the_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 5);
    let (sweep, basins) = clustered(&models);
    let options = TriangleOptions { n_steps: 4, n_resamples: 30, ..TriangleOptions::default() };
    let triangles = models.triangles(&sweep, &basins, &options).unwrap();
    assert_eq!(triangles.triangles.len(), 10);
    let gaps = sweep.matrix(Measure::ConvexityGap).unwrap().values;
    let ends: Vec<f64> = models.evaluate("id").unwrap().iter().map(|e| e.outcome.mean_loss()).collect();
    let middle = |a: usize, b: usize| {
        let names = [&sweep.models[a], &sweep.models[b]];
        sweep.profiles.iter().find(|p| names == [&p.a, &p.b] || names == [&p.b, &p.a]).unwrap().losses()[1]
    };
    for triangle in &triangles.triangles {
        let [a, b, c] = triangle.models;
        let largest = gaps[[a, b]].max(gaps[[a, c]]).max(gaps[[b, c]]);
        assert!((triangle.edge_gap - largest).abs() < 1e-9, "{triangle:?}");
        assert_eq!(triangle.kind == Membership::Across, basins.cluster[a] != basins.cluster[c]);
        // The same heights come from losses that are evaluated here: corners, middles of the sides, three
        // points inside.
        let inside = [[0.25, 0.25, 0.5], [0.25, 0.5, 0.25], [0.5, 0.25, 0.25]];
        let mut points = vec![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        points.extend([[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]]);
        let mut losses = vec![ends[a], ends[b], ends[c], middle(a, b), middle(a, c), middle(b, c)];
        for weights in inside {
            points.push(weights);
            losses.push(loss_at(&models, &triangle.models, &weights));
        }
        let views: Vec<&[f64]> = points.iter().map(|point| &point[..]).collect();
        let gap = heights_above_envelope(&views, &losses).unwrap()[6..].iter().copied().fold(0.0, f64::max);
        assert!((triangle.inside_gap - gap).abs() < 1e-5, "{triangle:?}: {gap}");
        let plane = |w: &[f64; 3]| w[0] * ends[a] + w[1] * ends[b] + w[2] * ends[c];
        let excess =
            inside.iter().zip(&losses[6..]).map(|(w, loss)| loss - plane(w)).fold(f64::MIN, f64::max);
        assert!(
            (triangle.inside_excess - excess).abs() < 1e-5
                && triangle.inside_excess <= triangle.inside_gap + 1e-9
        );
        assert!(triangle.interval.0 <= triangle.interval.1);
    }
    TRIANGLES.check(&triangles.table().unwrap()).unwrap();
    let few = TriangleOptions { n_steps: 2, ..options.clone() };
    let error = models.triangles(&sweep, &basins, &few).unwrap_err();
    assert!(matches!(error, LmcError::InvalidParameter { field: "triangles.n_steps", .. }), "{error}");
    let part = models.sweep_to(&[0], "id", Grid::new(3).unwrap()).unwrap();
    let error = models.triangles(&part, &basins, &options).unwrap_err();
    assert!(error.to_string().contains("no line between copies"), "{error}");
}
