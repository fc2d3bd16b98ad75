//! What a matrix of gaps holds of each pair of models.

/// What is known of each pair of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Convexity gap, nats per example.
    ConvexityGap,
    /// Barrier height, nats per example.
    BarrierHeight,
    /// Area under the loss curve, nats per example times distance.
    AreaUnderCurve,
    /// Euclidean distance of the two parameter vectors.
    EuclideanDistance,
}

impl Measure {
    /// The measure in words, for titles and axes.
    pub fn name(self) -> &'static str {
        match self {
            Measure::ConvexityGap => "convexity gap",
            Measure::BarrierHeight => "barrier height",
            Measure::AreaUnderCurve => "area under the curve",
            Measure::EuclideanDistance => "Euclidean distance",
        }
    }
}
