use super::*;
use crate::gap::{convexity_gap, convexity_gap_at};
use lmc_base::seed::rng;
use rand::Rng;

/// Returns all points of a triangle whose weights are multiples of 1 / n, the sides included.
fn triangle(n: usize) -> Vec<[f64; 3]> {
    let weight = |count: usize| count as f64 / n as f64;
    let rows = (0..=n).flat_map(|i| (0..=n - i).map(move |j| [i, j, n - i - j]));
    rows.map(|counts| counts.map(weight)).collect()
}

fn views<const N: usize>(points: &[[f64; N]]) -> Vec<&[f64]> {
    points.iter().map(|point| &point[..]).collect()
}

/// Returns the losses on the side without that model, in order.
fn side(points: &[[f64; 3]], losses: &[f64], without: usize) -> Vec<f64> {
    let next = (without + 1) % 3;
    let mut on_side: Vec<(f64, f64)> = points
        .iter()
        .zip(losses)
        .filter(|(point, _)| point[without] == 0.0)
        .map(|(point, &loss)| (point[next], loss))
        .collect();
    on_side.sort_by(|a, b| a.0.total_cmp(&b.0));
    on_side.into_iter().map(|(_, loss)| loss).collect()
}

#[test]
fn heights_by_hand() {
    // Corners 0, 0, 3; the centre at 2 lies 1 above their plane. A side point at -1 pulls the envelope at the
    // centre down: the centre is 2/3 of the middle of the first side and 1/3 of the third corner, which is
    // -2/3 + 1 = 1/3.
    let points = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0 / 3.0; 3], [0.5, 0.5, 0.0]];
    let heights = heights_above_envelope(&views(&points), &[0.0, 0.0, 3.0, 2.0, -1.0]).unwrap();
    for (height, expected) in heights.iter().zip([0.0, 0.0, 0.0, 5.0 / 3.0, 0.0]) {
        assert!((height - expected).abs() < 1e-12, "{heights:?}");
    }
    let without = heights_above_envelope(&views(&points[..4]), &[0.0, 0.0, 3.0, 2.0]).unwrap();
    assert!((without[3] - 1.0).abs() < 1e-12);
    assert!((excess_loss(2.0, &points[3], &[0.0, 0.0, 3.0]).unwrap() - 1.0).abs() < 1e-12);
}

#[test]
fn on_a_line_it_is_the_convexity_gap() {
    let mut rng = rng(1, "lines");
    for n in 3..30 {
        let mut alphas: Vec<f64> = (1..n - 1).map(|_| rng.random_range(0.01..0.99)).collect();
        alphas.extend([0.0, 1.0]);
        alphas.sort_by(f64::total_cmp);
        let losses: Vec<f64> = (0..n).map(|_| rng.random_range(0.0..2.0)).collect();
        let points: Vec<[f64; 2]> = alphas.iter().map(|&alpha| [alpha, 1.0 - alpha]).collect();
        let got = simplex_gap(&views(&points), &losses).unwrap();
        let expected = convexity_gap_at(&alphas, &losses).unwrap();
        assert!((got - expected).abs() < 1e-10, "{n} points: {got}, expected {expected}");
    }
}

#[test]
fn a_simplex_is_no_more_convex_than_its_sides_and_a_convex_surface_has_no_gap() {
    let (mut rng, points) = (rng(2, "triangles"), triangle(6));
    for _ in 0..20 {
        let losses: Vec<f64> = points.iter().map(|_| rng.random_range(0.0..1.0)).collect();
        let gap = simplex_gap(&views(&points), &losses).unwrap();
        for without in 0..3 {
            assert!(gap >= convexity_gap(&side(&points, &losses, without)).unwrap() - 1e-12);
        }
        let (a, b) = ([0; 3].map(|_| rng.random_range(-1.0..1.0)), rng.random_range(0.1..2.0));
        let bowl = |p: &[f64; 3]| (0..3).map(|i| b * p[i] * p[i] + a[i] * p[i]).sum::<f64>();
        let losses: Vec<f64> = points.iter().map(bowl).collect();
        assert!(simplex_gap(&views(&points), &losses).unwrap() < 1e-12);
    }
}

/// Juneja et al. 2023, appendix B, Theorem 1: a convex surface that is moved by at most eps / 2 is
/// eps-convex, and neither a line nor the simplex in it has a convexity gap larger than eps.
#[test]
fn inside_an_eps_convex_set_every_gap_is_at_most_eps() {
    let (mut rng, points, eps) = (rng(3, "surfaces"), triangle(12), 0.3);
    let mut largest: f64 = 0.0;
    for _ in 0..20 {
        let bowl = rng.random_range(0.0..0.5);
        let losses: Vec<f64> = points
            .iter()
            .map(|p| bowl * p.iter().map(|w| w * w).sum::<f64>() + rng.random_range(-eps / 2.0..eps / 2.0))
            .collect();
        let gap = simplex_gap(&views(&points), &losses).unwrap();
        assert!(gap <= eps);
        largest = largest.max(gap);
        let corners = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
            .map(|corner| losses[points.iter().position(|p| *p == corner).unwrap()]);
        for (point, &loss) in points.iter().zip(&losses) {
            assert!(excess_loss(loss, point, &corners).unwrap() <= eps);
        }
        for without in 0..3 {
            assert!(convexity_gap(&side(&points, &losses, without)).unwrap() <= eps);
        }
    }
    assert!(largest > 0.6 * eps, "the bound is not idle: {largest}");
}

/// Pairwise connection is not sufficient: all sides are convex and the middle is a hill of any height.
#[test]
fn a_triangle_of_convex_sides_can_have_a_hill_inside() {
    let points = triangle(12);
    let bowl = |p: &[f64; 3]| 0.2 * p.iter().map(|w| w * w).sum::<f64>();
    let hill = |p: &[f64; 3]| bowl(p) + 27.0 * p[0] * p[1] * p[2];
    let losses: Vec<f64> = points.iter().map(hill).collect();
    for without in 0..3 {
        assert!(convexity_gap(&side(&points, &losses, without)).unwrap() < 1e-15);
    }
    let heights = heights_above_envelope(&views(&points), &losses).unwrap();
    let centre = points.iter().position(|p| *p == [4.0 / 12.0; 3]).unwrap();
    // Every combination at the centre lies at least as high as the bowl there.
    assert!(heights[centre] > 0.9 && heights[centre] <= 1.0, "{}", heights[centre]);
    assert_eq!(simplex_gap(&views(&points), &losses).unwrap(), heights[centre]);
}

#[test]
fn bad_surfaces_are_typed_errors() {
    let corners = [[1.0, 0.0], [0.0, 1.0]];
    let message = |points: &[&[f64]], losses: &[f64]| simplex_gap(points, losses).unwrap_err().to_string();
    let with = |point: [f64; 2]| [corners[0], corners[1], point];
    assert!(matches!(simplex_gap(&views(&corners), &[1.0]), Err(LmcError::ShapeMismatch { .. })));
    assert!(matches!(simplex_gap(&[&[1.0], &[0.5, 0.5]], &[1.0; 2]), Err(LmcError::ShapeMismatch { .. })));
    for bad in [[0.5, 0.6], [1.5, -0.5], [f64::NAN, 1.0]] {
        assert!(message(&views(&with(bad)), &[1.0; 3]).contains("sum to 1"));
    }
    assert!(message(&views(&[[1.0, 0.0], [0.5, 0.5]]), &[1.0; 2]).contains("model 1 itself"));
    assert!(message(&[], &[]).starts_with("`points`: got none"));
    let nan = message(&views(&corners), &[1.0, f64::NAN]);
    assert!(nan.contains("point 1 of 2"), "{nan}");
    assert!(matches!(excess_loss(1.0, &[1.0], &[1.0, 2.0]), Err(LmcError::ShapeMismatch { .. })));
    assert!(matches!(excess_loss(f64::NAN, &[1.0], &[1.0]), Err(LmcError::NonFiniteLoss { .. })));
}
